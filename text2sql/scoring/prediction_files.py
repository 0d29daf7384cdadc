"""Files of predictions as other systems publish them -> one prediction for each example."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from text2sql.counts import how_many
from text2sql.data.spider import Example
from text2sql.errors import UserError
from text2sql.inference.extract_sql import extract_sql, is_only_sql
from text2sql.inference.prediction import Prediction
from text2sql.inference.query_reader import read_query
from text2sql.scoring.file_formats import SQL_BEGINNING, read_text, refuse_other_text

# Names of the column or key that holds the SQL, in lower case with underscores. The first of them
# that a file has counts; `sql` and `query` may be the gold queries.
SQL_NAMES = (
    *("predicted_sql", "pred_sql", "predict_sql", "prediction_sql", "generated_sql", "final_sql"),
    *("predicted_query", "pred_query", "generated_query", "prediction", "predictions", "predicted"),
    *("predict", "pred", "sql_query", "sql", "query"),
)
GENERATION_NAMES = ("generation",)
DELIMITERS = "\t,;|"
MAX_SURPLUS = 1000  # lines beyond the number of examples that are still read
SQL_WORDS = re.compile(r"\b(?:FROM|WHERE|SELECT|JOIN|GROUP|ORDER|LIMIT)\b", re.IGNORECASE)


class Row(NamedTuple):
    """What a file says of one prediction."""

    origin: str  # of the row in the file, for messages: "line 3"
    sql: str | None
    generation: str | None = None
    example_index: int | None = None
    db_id: str | None = None
    prompt: str = ""


def read_prediction_file(
    path: Path, examples: Sequence[Example], allow_other_text: bool = False
) -> list[Prediction]:
    """Return one prediction for each example, in their order.

    docs/SCORING.md lists the formats. Refuses, with a message that names the difference, a file
    that does not have each example once, and one whose texts are not SQL, unless
    `allow_other_text`.
    """
    text = read_text(path, len(examples), allow_other_text)
    rows = list(parse_rows(path, text, examples))
    if not allow_other_text:
        sqls = [row.sql for row in rows if row.sql is not None]
        refuse_other_text(path, sqls, {example.db_id.casefold() for example in examples})
    return [
        build_prediction(index, row)
        for index, row in enumerate(in_order_of_examples(path, rows, examples))
    ]


def build_prediction(index: int, row: Row) -> Prediction:
    """Return the prediction: the row's SQL as it is, or else the one in its generation."""
    if row.sql is not None or row.generation is None:
        return Prediction(index=index, predicted_sql=row.sql or "", generation=row.generation)
    predicted_sql = extract_sql(row.generation, row.prompt)
    return Prediction(
        index=index,
        predicted_sql=predicted_sql,
        generation=row.generation,
        is_only_sql=is_only_sql(row.generation, predicted_sql, row.prompt),
    )


def parse_rows(path: Path, text: str, examples: Sequence[Example]) -> Iterator[Row]:
    """Return the rows of a file in any of the formats."""
    content = text.lstrip()
    if content.startswith(("[", "{")) and not re.match(r"\[/?\w+\]", content):
        return parse_json(path, text)
    if delimiter := find_delimiter(text):
        return parse_table(path, text, delimiter)
    return parse_lines(text, examples)


def parse_lines(text: str, examples: Sequence[Example]) -> Iterator[Row]:
    """Yield a row for each line; blank lines beyond the number of examples are dropped at the end.

    Of a file with far more lines than examples only the first ones.
    """
    newline = "\n" if "\n" in text or "\r" not in text else "\r"
    text = text.removesuffix(newline)
    lines = text.split(newline, len(examples) + MAX_SURPLUS) if text else []
    while len(lines) > len(examples) and not lines[-1].strip():
        lines.pop()
    db_ids = {example.db_id.casefold() for example in examples}
    for number, line in enumerate(lines, start=1):
        yield Row(f"line {number}", drop_db_id(line.strip("\r\n "), db_ids).strip())


def drop_db_id(line: str, db_ids: set[str]) -> str:
    """Return the SQL in front of the first tab, as the official script does.

    Where SQL itself has tabs, so that no whole query is in front of the first one, it stays whole,
    unless a database's name is behind the tab.
    """
    sql, tab, rest = line.partition("\t")
    if sql and not SQL_BEGINNING.match(sql):
        return line
    if not tab or rest.split("\t")[0].strip().casefold() in db_ids:
        return sql
    query = read_query(sql)
    is_whole = query.ending in ("text", "semicolon") and query.is_plausible
    return sql if is_whole or not SQL_WORDS.search(rest) else line


def parse_json(path: Path, text: str) -> Iterator[Row]:
    """Yield the rows of a JSON list, of JSON lines, or of an object {"0": SQL, "1": SQL}."""
    lines = [(n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if text.lstrip().startswith("{") and (len(lines) == 1 or is_json(lines[0][1])):
        values = [(f"line {number}", parse_value(path, number, line)) for number, line in lines]
    else:
        values = [("the object", parse_value(path, None, text))]
    [(_, first), *more] = values
    if not more and isinstance(first, dict):
        first = only_list(first) or first
    if not more and isinstance(first, list):
        values = [(f"entry {number}", value) for number, value in enumerate(first)]
    elif not more and isinstance(first, dict) and first and all(map(str.isdecimal, first)):
        values = [
            (f'entry "{key}"', {"index": int(key), "predicted_sql": before_tab(value)})
            for key, value in first.items()
        ]
    return (row_of_value(path, origin, value) for origin, value in values)


def only_list(members: Mapping[str, Any]) -> list[Any] | None:
    """Return the list of {"predictions": [...]}; None where no member or several are lists."""
    lists = [value for value in members.values() if isinstance(value, list)]
    return lists[0] if len(lists) == 1 else None


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def parse_value(path: Path, number: int | None, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        line = "" if number is None else f", line {number},"
        raise UserError(f"{path}{line} is not valid JSON: {error}. Nothing was scored.") from None


def before_tab(value: Any) -> Any:
    """Return the SQL of `SQL<TAB>----- bird -----<TAB>db_id`."""
    return value.partition("\t")[0] if isinstance(value, str) else value


def row_of_value(path: Path, origin: str, value: Any) -> Row:
    if value is None or isinstance(value, str):
        return Row(origin, value or "")
    if not isinstance(value, dict):
        raise UserError(f"{path}, {origin}, must be SQL or an object. Nothing was scored.")
    return row_of_members(path, origin, value)


def row_of_members(path: Path, origin: str, members: Mapping[str, Any]) -> Row:
    """Return the row in a JSON object or a line of a table."""
    sql_name, generation_name = find_name(members, SQL_NAMES), find_name(members, GENERATION_NAMES)
    if sql_name is None and generation_name is None:
        raise UserError(
            f"{path}, {origin}, has neither `predicted_sql` nor `generation`. Nothing was scored."
        )
    texts = [members[name] for name in (sql_name, generation_name) if name is not None]
    index, db_id, prompt = (members.get(name) for name in ("index", "db_id", "prompt"))
    if isinstance(index, str) and index.isdecimal():
        index = int(index)
    if not all(text is None or isinstance(text, str) for text in texts):
        raise UserError(f"{path}, {origin}, must have a string as its SQL. Nothing was scored.")
    if index is not None and type(index) is not int:
        raise UserError(f"{path}, {origin}, must have a number as `index`. Nothing was scored.")
    return Row(
        origin,
        None if sql_name is None else members[sql_name] or "",
        None if generation_name is None else members[generation_name] or "",
        index,
        db_id if isinstance(db_id, str) else None,
        prompt if isinstance(prompt, str) else "",
    )


def find_name(members: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """Return the key that is the first of `names`, whatever its case and spaces."""
    by_name = {normalized(key): key for key in reversed(list(members))}
    return next((by_name[name] for name in names if name in by_name), None)


def normalized(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def find_delimiter(text: str) -> str | None:
    """Return what separates the cells of a table whose header names a column of predictions."""
    header = text.lstrip().partition("\n")[0].strip()
    if SQL_BEGINNING.match(header):
        return None
    for delimiter in DELIMITERS:
        names = {normalized(cell.strip("\"'")) for cell in header.split(delimiter)}
        if names & {*SQL_NAMES, *GENERATION_NAMES}:
            return delimiter
    return None


def parse_table(path: Path, text: str, delimiter: str) -> Iterator[Row]:
    """Yield the rows of CSV or TSV; a `UserError` where one has not as many cells as the header."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter)
    try:
        header = [cell.strip() for cell in next(reader)]
        for cells in reader:
            if not any(map(str.strip, cells)) and len(header) > 1:
                continue
            cells = cells or [""]
            if len(cells) != len(header):
                raise UserError(
                    f"{path}, line {reader.line_num}, has {len(cells)} cells under a header of "
                    f"{len(header)}: enclose SQL that contains the separator in double quotes. "
                    "Nothing was scored."
                )
            members = dict(zip(header, cells, strict=True))
            yield row_of_members(path, f"line {reader.line_num}", members)
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: {error}. Nothing was scored.") from None


def in_order_of_examples(path: Path, rows: Sequence[Row], examples: Sequence[Example]) -> list[Row]:
    """Return the row of each example: by its `index` where the file has it, else in their order."""
    with_index = [row for row in rows if row.example_index is not None]
    if with_index and len(with_index) < len(rows):
        without = next(row for row in rows if row.example_index is None)
        raise UserError(
            f"{path}, {without.origin}, lacks the `index` that other rows have. Nothing was scored."
        )
    rows = in_order_of_index(path, rows, len(examples)) if with_index else rows
    if len(rows) != len(examples):
        raise UserError(
            f"{path} has {how_many(len(rows), 'prediction')} for "
            f"{how_many(len(examples), 'example')}: one SQL query per line is needed, and a blank "
            "line for an empty prediction. Nothing was scored."
        )
    for row, example in zip(rows, examples, strict=True):
        if row.db_id and row.db_id.casefold() != example.db_id.casefold():
            raise UserError(
                f"{path}, {row.origin}, is for the database {row.db_id}, but its question asks "
                f"{example.db_id}: are the rows in another order? Nothing was scored."
            )
    return list(rows)


def in_order_of_index(path: Path, rows: Sequence[Row], num_examples: int) -> list[Row]:
    """Return the rows by their `index`; a `UserError` names one that is missing or repeated."""
    by_index: dict[int, Row] = {}
    for row in rows:
        index = cast(int, row.example_index)
        if not 0 <= index < num_examples:
            raise UserError(
                f"{path}, {row.origin}, must have an `index` from 0 to {num_examples - 1}, not "
                f"{index}. Nothing was scored."
            )
        if index in by_index:
            raise UserError(f"{path}, {row.origin}, repeats index {index}. Nothing was scored.")
        by_index[index] = row
    missing = [index for index in range(num_examples) if index not in by_index]
    if missing:
        raise UserError(
            f"{path} has {how_many(len(by_index), 'prediction')} for "
            f"{how_many(num_examples, 'example')}; the first missing index is {missing[0]}. "
            "Nothing was scored."
        )
    return [by_index[index] for index in range(num_examples)]
