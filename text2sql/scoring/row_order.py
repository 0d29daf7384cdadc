"""Which question each row of a file of predictions answers: never a guess, never a wrong pair."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from text2sql.counts import how_many
from text2sql.data.spider import Example
from text2sql.errors import UserError
from text2sql.scoring.answer_rows import NUMBER_NAMES, Row

NUMBER = re.compile(r"\d{1,9}\Z")  # of "request-12"
IN_WHICH_ORDER = (
    "Sort the rows as the questions, or give each its question's number, from 0, as `index`. "
    "Nothing was scored."
)


def in_order_of_examples(path: Path, rows: Sequence[Row], examples: Sequence[Example]) -> list[Row]:
    """Return the row of each example: by its number where the file has it, else in their order.

    Refuses a file whose rows name other databases or questions than this order gives them.
    """
    with_index = [row for row in rows if row.example_index is not None]
    if with_index and len(with_index) < len(rows):
        without = next(row for row in rows if row.example_index is None)
        raise UserError(
            f"{path}, {without.origin}, lacks the `index` that other rows have. Nothing was scored."
        )
    if with_index:
        rows = in_order_of_index(path, rows, len(examples))
    elif len(rows) == len(examples):
        rows = in_order_of_numbers(path, rows)
    if len(rows) != len(examples):
        raise UserError(
            f"{path} has {how_many(len(rows), 'prediction')} for "
            f"{how_many(len(examples), 'example')}: one SQL query per line is needed, and a blank "
            f"line for an empty prediction.{count_other_lines(rows, len(examples))} Nothing was "
            "scored."
        )
    refuse_other_databases(path, rows, examples)
    refuse_other_questions(path, rows, examples)
    return list(rows)


def count_other_lines(rows: Sequence[Row], num_examples: int) -> str:
    """Return a hint where a file has more lines than questions, and some are blank or comments."""
    texts = [row.sql.strip() for row in rows if row.sql is not None]
    num_others = sum(not text or text.startswith(("--", "/*", "#")) for text in texts)
    if num_others == 0 or len(rows) <= num_examples:
        return ""
    return f" Of these lines {num_others:,} are blank or comments: leave such lines out."


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


def in_order_of_numbers(path: Path, rows: Sequence[Row]) -> list[Row]:
    """Return the rows by what numbers them without a gap, else as they are.

    A `UserError` where numbers or names of requests show another order, but not which.
    """
    for name in NUMBER_NAMES:
        names = [row.numbers[name] for row in rows if name in row.numbers]
        if len(names) < len(rows) or len(rows) < 2:
            continue
        numbers = read_numbers(names)
        if 1 < len(set(names)) < len(names) and (numbers or name == "custom_id"):
            refuse_order(path, name, "is the same in several rows: give one row for each question")
        order = sorted(range(len(numbers)), key=numbers.__getitem__)
        if numbers and [numbers[place] - numbers[order[0]] for place in order] == [
            *range(len(rows))
        ]:
            return [rows[place] for place in order]
        if name == "custom_id" or numbers != sorted(numbers):
            refuse_order(path, name, "does not number the questions one by one")
    return list(rows)


def refuse_order(path: Path, name: str, problem: str) -> None:
    column = f"`{name}`" if name else "the first column"
    raise UserError(f"{path}: {column} {problem}. {IN_WHICH_ORDER}")


def read_numbers(names: Sequence[str]) -> list[int]:
    """Return the numbers that names of one form end in; [] where they have no common form."""
    forms = {NUMBER.sub("#", name) for name in names}
    is_numbered = len(forms) == 1 and forms.pop().endswith("#")
    return [int(NUMBER.findall(name)[0]) for name in names] if is_numbered else []


def refuse_other_databases(path: Path, rows: Sequence[Row], examples: Sequence[Example]) -> None:
    """Refuse a row whose database is not its question's; what only may be one if it is known."""
    known = {example.db_id.casefold() for example in examples}
    for row, example in zip(rows, examples, strict=True):
        noted = (row.noted_database or "").strip().casefold()
        db_id = row.db_id or (row.noted_database if noted in known else None)
        if db_id and db_id.strip().casefold() != example.db_id.casefold():
            raise UserError(
                f"{path}, {row.origin}, is for the database {db_id.strip()}, but its question asks "
                f"{example.db_id}: are the rows in another order? {IN_WHICH_ORDER}"
            )


def refuse_other_questions(path: Path, rows: Sequence[Row], examples: Sequence[Example]) -> None:
    """Refuse a row whose question is that of another example."""
    questions = [letters_of(example.question) for example in examples]
    index_of = {question: index for index, question in reversed(list(enumerate(questions)))}
    for row, own in zip(rows, questions, strict=True):
        asked = letters_of(row.question or "")
        if asked and asked != own and asked in index_of:
            raise UserError(
                f"{path}, {row.origin}, is for the question with index {index_of[asked]}: the rows "
                f"are in another order. {IN_WHICH_ORDER}"
            )


def letters_of(question: str) -> str:
    return "".join(re.findall(r"\w+", question)).casefold()
