"""Facts about the query that is taken out of a generation."""

import json
import time
from pathlib import Path

import pytest
from generations.explained import EXPLAINED
from generations.text_around import DRAFTS, TEXT_AROUND
from generations.turns import REASONING, TURNS
from generations.within import WITHIN
from generations.wrappers import OTHER, SQL, WRAPPERS
from hypothesis import given, settings
from hypothesis import strategies as st

from text2sql.inference.extract_sql import extract_sql, is_only_sql
from text2sql.prompts.sql_text import one_line

DEMO_SPIDER = Path(__file__).parents[2] / "demo" / "spider"
KINDS = {
    "plain": {
        "plain": (SQL, SQL),
        "semicolon": (f"{SQL};", SQL),
        "small_letters": (SQL.lower(), SQL.lower()),
        "with": ("WITH x AS (SELECT 1) SELECT * FROM x", "WITH x AS (SELECT 1) SELECT * FROM x"),
        "with_columns": (
            "WITH RECURSIVE x (n) AS (SELECT 1) SELECT n FROM x",
            "WITH RECURSIVE x (n) AS (SELECT 1) SELECT n FROM x",
        ),
        "nothing": ("", ""),
        "a_word_that_begins_alike": ("My selection: none", ""),
    },
    "reasoning": REASONING,
    "wrapper": WRAPPERS,
    "text": TEXT_AROUND,
    "draft": DRAFTS,
    "explained": EXPLAINED,
    "within": WITHIN,
    "turn": TURNS,
}
CASES = {f"{kind}-{name}": case for kind, cases in KINDS.items() for name, case in cases.items()}


@pytest.mark.parametrize(("generation", "sql"), CASES.values(), ids=CASES)
def test_query_is_taken_out_of_a_generation(generation, sql):
    assert extract_sql(generation) == one_line(sql)


@pytest.mark.parametrize(
    ("prompt_end", "generation", "sql"),
    {
        "think": ("assistant\n<think>\n", f"{OTHER}? No.\n</think>\n\n{SQL}", SQL),
        "think_cut": ("assistant\n<think>\n", f"I take {SQL}", ""),
        "think_opened_again": ("<think>", f"<think>{OTHER}</think>{SQL}", SQL),
        "think_closed_by_the_prompt": ("<think>\n\n</think>\n\n", SQL, SQL),
        "think_in_the_question": ("What is <think>?<|im_end|>\n<|im_start|>assistant\n", SQL, SQL),
        "brackets": ("[/INST][THINK]", f"{OTHER}[/THINK]{SQL}", SQL),
        "channel_of_analysis": ("<|start|>assistant<|channel|>analysis<|message|>", SQL, ""),
        "channel_final": ("<|start|>assistant<|channel|>final<|message|>", f"{SQL}<|return|>", SQL),
        "fence": ("model\n```sql\n", f"{SQL}\n```\nThis lists names.", SQL),
        "tag": ("assistant\n<sql>", f"{SQL}</sql>", SQL),
        "nothing": ("<start_of_turn>model\n", SQL, SQL),
    }.values(),
)
def test_what_the_prompt_opened_belongs_to_the_generation(prompt_end, generation, sql):
    assert extract_sql(generation, prompt_end) == sql


@pytest.mark.parametrize(
    ("generation", "expected"),
    {
        "sql": (SQL, True),
        "semicolon": (f"{SQL} ;\n", True),
        "lines": (SQL.replace(" FROM", "\n  FROM"), True),
        "comment": (f"{SQL} -- names", True),
        "empty_think_block": (f"<think>\n\n</think>\n\n{SQL}", True),
        "reasoning": (f"<think>{OTHER}?</think>{SQL}", True),
        "text": (f"Here it is: {SQL}", False),
        "text_behind": (f"{SQL}\nThis lists names.", False),
        "fence": (f"```sql\n{SQL}\n```", False),
        "quotes": (f'"{SQL}"', False),
        "two_statements": (f"{SQL}; {OTHER}", False),
        "padding": (f"{SQL}<pad><pad>", True),
        "another_turn": (f"{SQL}<|im_end|>\n<|im_start|>user\nMore?", False),
        "nothing": ("", False),
        "no_sql": ("I cannot.", False),
    }.values(),
)
def test_only_sql_is_an_answer_of_sql_and_nothing_else(generation, expected):
    assert is_only_sql(generation, extract_sql(generation)) is expected


def gold_sqls() -> list[str]:
    rows = json.loads((DEMO_SPIDER / "dev.json").read_text(encoding="utf-8"))
    return sorted({row["query"] for row in rows})


def on_lines(sql: str) -> str:
    """Return the query with each clause on a line of its own, and blank lines between."""
    for keyword in ("FROM", "WHERE", "GROUP BY", "ORDER BY", "LIMIT", "JOIN", "AND", "UNION"):
        sql = sql.replace(f" {keyword} ", f"\n\n  {keyword} ")
    return sql


WRAP = {
    "nothing": lambda sql: sql,
    "semicolon": lambda sql: f"{sql};",
    "lines": on_lines,
    "small_lines": lambda sql: on_lines(sql).replace("SELECT", "Select"),
    "fence": lambda sql: f"```sql\n{sql};\n```",
    "tildes": lambda sql: f"~~~\n{sql}\n~~~",
    "json": lambda sql: json.dumps({"thought": "I SELECT it", "sql": sql}),
    "tags": lambda sql: f"<sql>{sql}</sql>",
    "brackets": lambda sql: f"[SQL] {sql} [/SQL]",
    "backticks": lambda sql: f"`{sql}`",
    "label": lambda sql: f"SQL: {sql}",
    "token": lambda sql: f"{sql}<|im_end|>",
}
AROUND = {
    "nothing": lambda text: text,
    "text": lambda text: f"Here is the query.\n{text}\n\nIn it, rows of the table are chosen.",
    "chinese": lambda text: f"查询如下：\n{text}\n这个查询返回结果。",
    "think": lambda text: f"<think>Should I SELECT * FROM it? I'd say no.</think>\n{text}",
    "draft": lambda text: f"```sql\nSELECT 1 FROM draft\n```\nNo, that's wrong:\n{text}",
    "table": lambda text: f"{text}\n\n| a |\n|---|\n| 1 |",
    "next_question": lambda text: f"{text}\nQuestion: How many?\nSQL: SELECT count(*) FROM t",
    "padding": lambda text: f"{text}<pad><pad>",
}


@pytest.mark.slow
@given(st.sampled_from(gold_sqls()), st.sampled_from([*WRAP]), st.sampled_from([*AROUND]))
@settings(derandomize=True, max_examples=600, deadline=None)
def test_any_query_comes_out_of_any_wrapper(gold_sql, wrapper, around):
    generation = AROUND[around](WRAP[wrapper](gold_sql))
    expected = gold_sql.replace("SELECT", "Select") if wrapper == "small_lines" else gold_sql
    assert extract_sql(generation) == one_line(expected).rstrip("; ")


PIECES = [
    *(
        "SELECT ",
        "SELECT a FROM t",
        "select b from t",
        " FROM t",
        " WHERE a > 3",
        "WITH a AS (",
        "(",
        ")",
    ),
    *(
        "\n",
        "\n\n",
        " ",
        ";",
        ".",
        "?",
        ":",
        ",",
        "'",
        '"',
        "```",
        "```sql\n",
        "~~~",
        "--",
        "/*",
        "*/",
    ),
    *("<think>", "</think>", "<sql>", "</sql>", '{"sql": "', '"}', "<|im_end|>", "<pad>", "[", "]"),
    *("user\n", "Question: x?\n", ". This is", "。", "这个", "AND x ", "GROUP BY ", "name ", "30 "),
    *(
        "\\",
        "\\n",
        "&gt;",
        "**",
        "* ",
        "- ",
        "| ",
        "#",
        "\r\n",
        "\x00",
        "\u2028",
        "“",
        "LIMIT 5",
        "<br>",
    ),
]


@pytest.mark.slow
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@settings(derandomize=True, max_examples=1000, deadline=None)
def test_any_text_gives_one_line_of_sql_that_gives_itself_again(text):
    predicted_sql = extract_sql(text)
    assert len(predicted_sql.splitlines()) <= 1
    assert one_line(predicted_sql) == predicted_sql
    assert predicted_sql == "" or predicted_sql.upper().startswith(("SELECT", "WITH", "(SELECT"))
    assert extract_sql(predicted_sql) == predicted_sql


@pytest.mark.slow
@given(st.text())
def test_no_text_raises(text):
    assert isinstance(extract_sql(text, prompt_end=text), str)


@pytest.mark.parametrize(
    ("sql", "line"),
    {
        "runs_of_blanks": ("SELECT a ,  b\n\tFROM t ", "SELECT a , b FROM t"),
        "quotes": ("SELECT 'a  b' ,  \"c  d\"", "SELECT 'a  b' , \"c  d\""),
        "line_break_in_quotes": ("SELECT 'a\nb'", "SELECT 'a b'"),
        "comments": ("SELECT a -- b\n/* c */ FROM t", "SELECT a FROM t"),
        "minus_and_division": ("SELECT a-b/c - 1", "SELECT a-b/c - 1"),
    }.values(),
)
def test_sql_is_put_on_one_line(sql, line):
    assert one_line(sql) == line


GARBAGE = [
    *("'", '"', "`", "```", "/*", "--", "- ", "\n", " ", "(", "[", "<", "&", "\\", "a.", "1."),
    *("a''", "''a ", "= 'a\n", "\n-- ", "\n/*", "\n \n-", "a: ", "a b c: d?\n", "user\n"),
    *("WITH  ", "WITH a (", "WITH a AS ", "SELECT ", "(SELECT ", "select a\n) ", "To select\n"),
    *("SELECT a FROM t\n", "SELECT a FROM t\nOr c ", 'SELECT a = "', "SELECT 'a\n", "This x\n"),
    *("<think>", "</think>", "<|channel|>", "<|", "<end_of_turn", "<pad>", "<a", "[/a", "&lt;"),
    *('"a": "', '{"sql": "', '"sql": \'\\', '"""\nSELECT ', "INSERT INTO t ", "<!--"),
]
GARBAGE_LENGTH = 100_000  # characters; quadratic time would take minutes


@pytest.mark.slow
@pytest.mark.parametrize("piece", GARBAGE)
def test_garbage_takes_linear_time(piece):
    garbage = piece * (GARBAGE_LENGTH // len(piece))
    started = time.process_time()
    for beginning in ("", "SELECT a = ", '{"sql": "SELECT a '):
        extract_sql(beginning + garbage)
    assert time.process_time() - started < 8
