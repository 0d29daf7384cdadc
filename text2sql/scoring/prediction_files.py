"""Files of predictions as other systems publish them -> one prediction for each example."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from text2sql.data.spider import Example
from text2sql.errors import UserError
from text2sql.inference.extract_sql import extract_sql, is_only_sql
from text2sql.inference.prediction import Prediction
from text2sql.inference.query_reader import read_query
from text2sql.scoring.answer_rows import (
    ALL_NAMES,
    ANSWER_PATHS,
    Members,
    Row,
    answer_in,
    find_name,
    normalized,
    rows_of_members,
)
from text2sql.scoring.file_formats import SQL_BEGINNING, read_text, refuse_other_text
from text2sql.scoring.row_order import in_order_of_examples

DELIMITERS = "\t,;|"
MAX_SURPLUS = 1000  # lines beyond the number of examples that are still read
SEPARATOR_LINE = re.compile(r"\s*+sep=.[ \t]*+\r?\n", re.IGNORECASE)  # of Excel
SQL_WORDS = re.compile(r"\b(?:FROM|WHERE|SELECT|JOIN|GROUP|ORDER|LIMIT)\b", re.IGNORECASE)


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
        return parse_json(path, text, examples)
    text = SEPARATOR_LINE.sub("", text, count=1) if SEPARATOR_LINE.match(text) else text
    if delimiter := find_delimiter(text):
        return rows_of_members(path, list(parse_table(path, text, delimiter)), examples)
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
        line = line.strip("\r\n ")
        sql = drop_db_id(line, db_ids)
        noted = line.removeprefix(sql).split("\t")[1:2]
        yield Row(f"line {number}", sql.strip(), noted_database=next(iter(noted), None))


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


def parse_json(path: Path, text: str, examples: Sequence[Example]) -> Iterator[Row]:
    """Yield the rows of a JSON list, of JSON lines, or of an object {"0": SQL, "1": SQL}."""
    lines = [(n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if text.lstrip().startswith("{") and (len(lines) == 1 or is_json(lines[0][1])):
        values = [(f"line {number}", parse_value(path, number, line)) for number, line in lines]
    else:
        values = [("the object", parse_value(path, None, text))]
    if len(values) == 1:
        values = list_entries(values[0][1]) or values
    if all(isinstance(value, dict) for _, value in values):
        return rows_of_members(path, values, examples)
    return (row_of_value(path, origin, value, examples) for origin, value in values)


def list_entries(value: Any) -> list[tuple[str, Any]]:
    """Return the entries of one JSON value that holds all rows, with their origin; else []."""
    if isinstance(value, dict) and not any(
        path[0] in value for path in (*ANSWER_PATHS, ("messages",))
    ):
        value = rows_of_columns(value) or only_list(value) or value
    if isinstance(value, list):
        return [(f"entry {number}", entry) for number, entry in enumerate(value)]
    if isinstance(value, dict) and all(map(str.isdecimal, value)):
        return [(f'entry "{key}"', numbered(int(key), entry)) for key, entry in value.items()]
    return []


def numbered(index: int, value: Any) -> dict[str, Any]:
    """Return the row of an object by number: of an object, or `SQL<TAB>----- bird -----<TAB>db`."""
    if isinstance(value, dict):
        return {"index": index, **value}
    if not isinstance(value, str):
        return {"index": index, "predicted_sql": value}
    sql, *notes = value.split("\t")
    return {"index": index, "predicted_sql": sql, "database": notes[-1] if notes else None}


def rows_of_columns(members: Members) -> list[dict[str, Any]]:
    """Return the rows of {"question": […], "predicted_sql": […]}, or of pandas; else []."""
    if len(members) < 2 or find_name(members, ALL_NAMES) is None:
        return []
    columns = list(members.values())
    if all(isinstance(column, dict) and column.keys() == columns[0].keys() for column in columns):
        columns = [list(column.values()) for column in columns]
    if not all(isinstance(column, list) and len(column) == len(columns[0]) for column in columns):
        return []
    return [dict(zip(members, cells, strict=True)) for cells in zip(*columns, strict=True)]


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


def row_of_value(path: Path, origin: str, value: Any, examples: Sequence[Example]) -> Row:
    if value is None or isinstance(value, str):
        return Row(origin, value or "")
    if isinstance(value, list) and value and isinstance(value[0], (dict, list)):
        return Row(origin, None, answer_in(path, origin, value))
    if not isinstance(value, dict):
        several = ", not several: give one for each question" * isinstance(value, list)
        raise UserError(f"{path}, {origin}, must be SQL or an object{several}. Nothing was scored.")
    return next(rows_of_members(path, [(origin, value)], examples))


def find_delimiter(text: str) -> str | None:
    """Return what separates the cells of a table whose header names a column of predictions."""
    header = text.lstrip().partition("\n")[0].strip()
    if SQL_BEGINNING.match(header):
        return None
    for delimiter in DELIMITERS:
        names = {normalized(cell.strip("\"'")) for cell in header.split(delimiter)}
        if names & {*ALL_NAMES}:
            return delimiter
    return None


def parse_table(path: Path, text: str, delimiter: str) -> Iterator[tuple[str, Members]]:
    """Yield the lines of CSV or TSV, and where each is; a `UserError` where the cells are not as
    many as in the header.
    """
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
            yield f"line {reader.line_num}", dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: {error}. Nothing was scored.") from None
