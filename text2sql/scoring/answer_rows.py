"""A row of a file of predictions -> its SQL or raw answer, wherever another tool put it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from text2sql.data.spider import Example
from text2sql.errors import UserError

Members = Mapping[str, Any]  # a JSON object or a line of a table

# Names of the column or key with the SQL, in lower case with underscores; the first of them counts.
SQL_NAMES = (
    *("predicted_sql", "pred_sql", "predict_sql", "prediction_sql", "generated_sql", "final_sql"),
    *("predicted_query", "pred_query", "generated_query", "prediction", "predictions", "predicted"),
    *("predict", "pred"),
)
GENERATION_NAMES = ("generation",)
# These may hold the gold queries, or no SQL at all: their content tells.
DOUBTFUL_SQL_NAMES = ("sql_query", "sql", "query")
DOUBTFUL_GENERATION_NAMES = (
    *("generated_text", "generated", "model_output", "model_response", "model_answer"),
    *("raw_output", "raw_response", "raw_generation", "llm_output", "llm_response", "output_text"),
    *("response", "completion", "output", "answer"),
)
ALL_NAMES = (
    *SQL_NAMES,
    *GENERATION_NAMES,
    *DOUBTFUL_SQL_NAMES,
    *DOUBTFUL_GENERATION_NAMES,
)
# Names of what tells which question a row answers.
NUMBER_NAMES = (
    *("custom_id", "doc_id", "question_id", "example_id", "instance_id", "sample_id"),
    *("idx", "row_idx", "key", "id", "", "unnamed:_0"),
)
QUESTION_NAMES = ("question", "nlq", "nl_question", "question_text", "utterance", "user_question")
DATABASE_NAMES = ("db_id", "db_name", "db", "database", "database_name", "database_id")
# Where batches of OpenAI, vLLM, Anthropic and Gemini, servers, the harness and chats put answers.
ANSWER_PATHS = (
    *(("response", "body", "choices"), ("response", "body", "output"), ("response", "candidates")),
    *(("result", "message"), ("choices",), ("outputs",), ("resps",)),
)
ANSWER_KEYS = ("message", "content", "parts", "text", "generated_text", "function", "arguments")
SHARE_OF_GOLD = 0.9  # of a column that equals the gold queries, from which on it holds them
QUERY = re.compile(r"\b(?:SELECT|WITH|VALUES)\b", re.IGNORECASE)


class Row(NamedTuple):
    """What a file says of one prediction."""

    origin: str  # of the row in the file, for messages: "line 3"
    sql: str | None
    generation: str | None = None
    example_index: int | None = None
    db_id: str | None = None
    prompt: str = ""
    question: str | None = None
    noted_database: str | None = None  # behind a tab or under another name: it may be anything
    numbers: Mapping[str, str] = {}  # what may number the questions, by its name


def rows_of_members(
    path: Path, rows: Sequence[tuple[str, Members]], examples: Sequence[Example]
) -> Iterator[Row]:
    """Yield the rows of a file of objects or cells; a `UserError` where one has no answer."""
    rows = [(origin, lift_answer(path, origin, members)) for origin, members in rows]
    names = choose_columns(path, [members for _, members in rows], examples)
    return (row_of_members(path, origin, members, names) for origin, members in rows)


def lift_answer(path: Path, origin: str, members: Members) -> Members:
    """Return the members with an answer in a response, a chat or samples as `generation`.

    Of a request that failed there is none: a `UserError`.
    """
    if find_name(members, (*SQL_NAMES, *GENERATION_NAMES)) is not None:
        return members
    if has_failed(members):
        raise UserError(
            f"{path}, {origin}, is a request that failed. Ask again, or put an empty `generation` "
            "there. Nothing was scored."
        )
    for answer_path in ANSWER_PATHS:
        found: Any = members
        for key in answer_path:
            found = found.get(key) if isinstance(found, Mapping) else None
        if isinstance(found, (list, Mapping)):
            return {**facts_of_doc(members), "generation": answer_in(path, origin, found)}
    if ends_with_answer(members.get("messages")) and find_name(members, ALL_NAMES) is None:
        return {**members, "generation": answer_in(path, origin, members["messages"][-1])}
    return members


def facts_of_doc(members: Members) -> Members:
    """Return the members with the question and database of the harness' `doc`, if there is one."""
    doc = members.get("doc")
    facts = doc if isinstance(doc, Mapping) else {}
    return {**members, **{name: facts[name] for name in ("question", "db_id") if name in facts}}


def ends_with_answer(messages: Any) -> bool:
    last = messages[-1] if isinstance(messages, list) and messages else None
    return isinstance(last, Mapping) and last.get("role") in ("assistant", "model")


def has_failed(members: Members) -> bool:
    """Return whether this is a line of a batch for which no model answered."""
    response, result = members.get("response"), members.get("result")
    if isinstance(response, Mapping) and response.get("status_code", 200) != 200:
        return True
    if isinstance(result, Mapping) and result.get("type", "succeeded") != "succeeded":
        return True
    return bool(members.get("error")) and response is None and "custom_id" in members


def answer_in(path: Path, origin: str, value: Any) -> str:
    """Return the text of the one answer in a response; a `UserError` where there are several."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, Mapping):
        keys = [key for key in ANSWER_KEYS if value.get(key) is not None]
        found = value[keys[0]] if keys else value.get("tool_calls")
        return answer_in(path, origin, found)
    if not isinstance(value, list) or not value:
        return ""
    if ends_with_answer(value):
        return answer_in(path, origin, value[-1])
    parts = [part for part in value if not (isinstance(part, Mapping) and is_reasoning(part))]
    if len(parts) > 1 and not all(isinstance(part, Mapping) and "type" in part for part in parts):
        raise UserError(
            f"{path}, {origin}, has {len(parts)} answers. Give one for each question. Nothing was "
            "scored."
        )
    return "\n".join(answer_in(path, origin, part) for part in parts)


def is_reasoning(part: Members) -> bool:
    return part.get("type") in ("reasoning", "thinking", "redacted_thinking") or bool(
        part.get("thought")
    )


class Columns(NamedTuple):
    """Names, in lower case, of what holds the SQL and the raw answers."""

    sql: str | None
    generation: str | None


def choose_columns(path: Path, rows: Sequence[Members], examples: Sequence[Example]) -> Columns:
    """Return which columns hold predictions; a `UserError` where they are the gold queries.

    Of names that may mean anything those count that hold queries, but not the gold ones.
    """
    present = {normalized(key) for members in rows for key in members}
    sql = next((name for name in SQL_NAMES if name in present), None)
    generation = next((name for name in GENERATION_NAMES if name in present), None)
    if sql is not None or generation is not None:
        return Columns(sql, generation)
    doubtful = [name for name in ALL_NAMES if name in present]
    with_sql = [name for name in doubtful if holds_queries(rows, name)]
    others = [name for name in with_sql if not holds_gold(rows, name, examples)]
    name = next(iter(others or with_sql or doubtful), None)
    if with_sql and not others:
        refuse_gold(path, rows, with_sql)
    return Columns(None, name) if name in DOUBTFUL_GENERATION_NAMES else Columns(name, None)


def refuse_gold(path: Path, rows: Sequence[Members], gold_names: Sequence[str]) -> None:
    """Raise a `UserError` where predictions may be under another name than the gold queries."""
    keys = {normalized(key): key for members in rows for key in members}
    for name, key in keys.items():
        is_answer = name in DOUBTFUL_GENERATION_NAMES and texts_of(rows, name)
        is_gold = name in gold_names or name.startswith("gold")
        if not is_gold and (is_answer or holds_queries(rows, name)):
            raise UserError(
                f"{path} has the gold queries under `{keys[gold_names[0]]}`: are the predictions "
                f"under `{key}`? Call them `predicted_sql`, or `generation` if they are raw "
                "answers. Nothing was scored."
            )


def texts_of(rows: Sequence[Members], name: str) -> list[str]:
    """Return the texts under a name that are not empty."""
    values = (members[key] for members in rows if (key := find_name(members, [name])) is not None)
    return [value for value in values if isinstance(value, str) and value.strip()]


def holds_queries(rows: Sequence[Members], name: str) -> bool:
    return 2 * sum(QUERY.search(text) is not None for text in texts_of(rows, name)) > len(rows)


def holds_gold(rows: Sequence[Members], name: str, examples: Sequence[Example]) -> bool:
    """Return whether nearly all texts are gold queries, whatever their case and white space."""
    golds = {squeezed(example.gold_sql) for example in examples}
    texts = texts_of(rows, name)
    return sum(squeezed(text) in golds for text in texts) >= SHARE_OF_GOLD * len(texts)


def squeezed(sql: str) -> str:
    return re.sub(r"[\s;]+", "", sql).casefold()


def row_of_members(path: Path, origin: str, members: Members, columns: Columns) -> Row:
    """Return the row in a JSON object or a line of a table."""
    names = [None if name is None else find_name(members, [name]) for name in columns]
    if not any(name is not None for name in names):
        raise UserError(
            f"{path}, {origin}, has neither `predicted_sql` nor `generation`. Nothing was scored."
        )
    sql, generation = (text_under(path, origin, members, name) for name in names)
    db_id, prompt = members.get("db_id"), members.get("prompt")
    return Row(
        origin,
        sql,
        generation,
        index_of(path, origin, members),
        db_id if isinstance(db_id, str) else None,
        prompt if isinstance(prompt, str) else "",
        text_or_none(members, QUESTION_NAMES),
        text_or_none(members, DATABASE_NAMES),
        {name: number for name in NUMBER_NAMES if (number := number_under(members, name))},
    )


def text_under(path: Path, origin: str, members: Members, name: str | None) -> str | None:
    """Return the text under a name, "" for null and NaN; None where there is no name."""
    if name is None:
        return None
    value = members[name]
    if value is None or value != value:  # NaN
        return ""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str):
        several = ", not several: give one for each question" * isinstance(value, list)
        raise UserError(
            f"{path}, {origin}, must have a string as its SQL{several}. Nothing was scored."
        )
    return value


def index_of(path: Path, origin: str, members: Members) -> int | None:
    """Return the question's number under `index`, from 0; None where there is none."""
    name = find_name(members, ["index"])
    index = whole_number(members[name]) if name is not None else None
    if isinstance(index, str) and index.isdecimal():
        index = int(index)
    if index is not None and type(index) is not int:
        raise UserError(f"{path}, {origin}, must have a number as `index`. Nothing was scored.")
    return index


def whole_number(value: Any) -> Any:
    """Return 3 for 3.0 and "3" for "3.0", as spreadsheets and pandas write numbers."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return re.sub(r"(?<=\d)\.0+\Z", "", value) if isinstance(value, str) else value


def number_under(members: Members, name: str) -> str | None:
    key = find_name(members, [name])
    value = None if key is None else whole_number(members[key])
    return str(value) if isinstance(value, (str, int)) and type(value) is not bool else None


def text_or_none(members: Members, names: Sequence[str]) -> str | None:
    name = find_name(members, names)
    return members[name] if name is not None and isinstance(members[name], str) else None


def find_name(members: Members, names: Sequence[str]) -> str | None:
    """Return the key that is the first of `names`, whatever its case and spaces."""
    by_name = {normalized(key): key for key in reversed(list(members))}
    return next((by_name[name] for name in names if name in by_name), None)


def normalized(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().lower())
