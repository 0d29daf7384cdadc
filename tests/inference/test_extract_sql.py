"""Facts about SQL as text: one line of it, and what is taken out of a generation."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text2sql.inference.extract_sql import extract_sql
from text2sql.prompts.sql_text import one_line

GENERATIONS = {
    "plain": ("SELECT a FROM t", "SELECT a FROM t"),
    "semicolon": ("SELECT a FROM t; SELECT b FROM t", "SELECT a FROM t"),
    "semicolon_in_quotes": ("SELECT a FROM t WHERE b = 'x;y'", "SELECT a FROM t WHERE b = 'x;y'"),
    "many_lines": ("SELECT a,\n       b\nFROM t\n", "SELECT a, b FROM t"),
    "blanks_in_quotes": ("SELECT a  FROM t\nWHERE b = 'x  y'", "SELECT a FROM t WHERE b = 'x  y'"),
    "lower_case": ("select a from t", "select a from t"),
    "with": ("WITH x AS (SELECT 1) SELECT * FROM x", "WITH x AS (SELECT 1) SELECT * FROM x"),
    "with_columns": (
        "WITH RECURSIVE x (n) AS (SELECT 1) SELECT n FROM x",
        "WITH RECURSIVE x (n) AS (SELECT 1) SELECT n FROM x",
    ),
    "the_word_with_is_prose": ("With this query: SELECT a FROM t", "SELECT a FROM t"),
    "fence": ("Here it is:\n```sql\nSELECT a\nFROM t;\n```\nIt works.", "SELECT a FROM t"),
    "fence_on_one_line": ("```SELECT a FROM t```", "SELECT a FROM t"),
    "fence_never_closed": ("```sql\nSELECT a FROM t", "SELECT a FROM t"),
    "fence_without_sql_first": ("```\nt(a)\n```\n```sql\nSELECT a FROM t\n```", "SELECT a FROM t"),
    "fence_before_text": ("I SELECT this:\n```sql\nSELECT a FROM t\n```", "SELECT a FROM t"),
    "blank_line_in_a_fence": (
        "```sql\nWITH x AS (SELECT 1)\n\nSELECT * FROM x\n```",
        "WITH x AS (SELECT 1) SELECT * FROM x",
    ),
    "only_a_closing_fence": ("SELECT a FROM t\n```", "SELECT a FROM t"),
    "inline_backticks": ("The query is `SELECT a FROM t`.", "SELECT a FROM t"),
    "backtick_names": ("SELECT `a b` FROM `t`", "SELECT `a b` FROM `t`"),
    "label": ("SQL: SELECT a FROM t", "SELECT a FROM t"),
    "prose_with_the_word_select": ("To select a, use: SELECT a FROM t", "SELECT a FROM t"),
    "prose_line_with_the_word_select": ("We select a:\nselect a from t", "select a from t"),
    "inner_select_on_its_own_line": (
        "SQL: SELECT a FROM t WHERE b IN (\nSELECT b FROM u)",
        "SELECT a FROM t WHERE b IN ( SELECT b FROM u)",
    ),
    "blank_line": ("SELECT a FROM t\n\nThis isn't SQL", "SELECT a FROM t"),
    "prose_line": ("SELECT a FROM t\nThis query doesn't filter.", "SELECT a FROM t"),
    "label_line": ("SELECT a FROM t\nExplanation: it's simple", "SELECT a FROM t"),
    "markdown_heading": ("SELECT a FROM t\n**Explanation:**\n", "SELECT a FROM t"),
    "markdown_list": ("SELECT a FROM t\n- It's all of them", "SELECT a FROM t"),
    "star_and_minus_on_their_own_lines": ("SELECT\n*\n- b FROM t", "SELECT * - b FROM t"),
    "next_question": ("SELECT a FROM t\nQuestion: How many?\nSELECT 2", "SELECT a FROM t"),
    "capitalised_column_line": ("SELECT\nName,\nThe_Age FROM t", "SELECT Name, The_Age FROM t"),
    "end_of_turn": ("SELECT a FROM t<end_of_turn>\n<start_of_turn>user", "SELECT a FROM t"),
    "end_of_turn_of_others": ("SELECT a FROM t<|im_end|>x", "SELECT a FROM t"),
    "line_comment": ("SELECT a -- the a\nFROM t", "SELECT a FROM t"),
    "line_comment_swallows_nothing": ("SELECT a -- b;\nFROM t", "SELECT a FROM t"),
    "comment_before": ("-- SELECT the names\nSELECT a FROM t", "SELECT a FROM t"),
    "comment_line_within": ("SELECT a\n-- of all\nFROM t", "SELECT a FROM t"),
    "block_comment": ("SELECT /* all; of\n\nit */ a FROM t", "SELECT a FROM t"),
    "comment_in_quotes": ("SELECT '--' , '/*' FROM t", "SELECT '--' , '/*' FROM t"),
    "doubled_quote": ("SELECT 'it''s; so' FROM t; x", "SELECT 'it''s; so' FROM t"),
    "open_quote": ("SELECT a FROM t WHERE b = 'x", "SELECT a FROM t WHERE b = 'x"),
    "no_sql": ("I cannot answer this question.", ""),
    "selection_is_no_select": ("My selection: none", ""),
    "another_statement": ("DROP TABLE t", ""),
    "empty": ("", ""),
    "turn_ends_at_once": ("<end_of_turn>SELECT a FROM t", ""),
}


@pytest.mark.parametrize("generation, predicted_sql", GENERATIONS.values(), ids=GENERATIONS.keys())
def test_query_is_taken_out_of_a_generation(generation, predicted_sql):
    assert extract_sql(generation) == predicted_sql


@pytest.mark.parametrize(
    "sql, line",
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


@given(st.text(alphabet="SELECT WITH AS ab'\"`[]();-/*\n\t\x00.,", max_size=200))
def test_any_text_gives_one_line_that_gives_itself_again(text):
    predicted_sql = extract_sql(text)
    assert len(predicted_sql.splitlines()) <= 1
    assert predicted_sql == "" or predicted_sql.upper().startswith(("SELECT", "WITH"))
    assert one_line(predicted_sql) == predicted_sql


@given(st.text())
def test_no_text_raises(text):
    assert isinstance(extract_sql(text), str)


PIECES_OF_GARBAGE = (
    *(
        "'",
        '"',
        "`",
        "```",
        "/*",
        "--",
        "- ",
        "\n",
        " ",
        "(",
        "[",
        "a''",
        "\n-- ",
        "\n/*",
        "\n \n-",
    ),
    *("WITH  ", "WITH a (", "WITH a AS ", "SELECT ", "<end_of_turn", "To select\n", "This x\n"),
)


@pytest.mark.parametrize("piece", PIECES_OF_GARBAGE)
def test_garbage_takes_no_time(piece):
    garbage = piece * (300_000 // len(piece))
    started = time.perf_counter()
    for beginning in ("", "SELECT ", "```sql\nSELECT a "):
        extract_sql(beginning + garbage)
    assert time.perf_counter() - started < 10  # seconds; quadratic would take an hour
