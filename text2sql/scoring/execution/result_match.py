"""Whether the results of two queries match, as the official test-suite script decides it.

The definition is taoyds/test-suite-sql-eval, `exec_eval.py` (Zhong et al., 2020): how both queries
are rewritten before they run, and when two results count as the same. docs/SCORING.md lists the
differences.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import sqlparse.engine

Value = int | float | str | bytes | None
Row = tuple[Value, ...]
ColumnValues = tuple[Value, ...]  # of one column, row by row
CURRENT_YEAR = re.compile(r"YEAR\s*\(\s*CURDATE\s*\(\s*\)\s*\)\s*", re.IGNORECASE)


def join_operators(sql: str) -> str:
    """Return `sql` with split operators joined."""
    for split, joined in (("> =", ">="), ("< =", "<="), ("! =", "!=")):
        sql = sql.replace(split, joined)
    return sql


def replace_current_year(sql: str) -> str:
    """Return `sql` with MySQL's current year replaced by 2020, as the official script does last."""
    return CURRENT_YEAR.sub("2020", sql)


def remove_distinct(sql: str) -> str:
    """Return the first statement of `sql` without its DISTINCT keywords."""
    first = next(statements(sql), [])
    return "".join(word for word in first if word.lower() != "distinct")


def replace_placeholder(sql: str) -> str:
    """Return `sql` with each bare word `value` replaced by 1; `t.value`, `value_of` are names."""
    words = ["", *itertools.chain.from_iterable(statements(sql)), ""]
    return "".join(
        "1" if word == "value" and "." not in (words[index - 1], words[index + 1]) else word
        for index, word in enumerate(words)
    )


def statements(sql: str) -> Iterator[list[str]]:
    """Yield the tokens of each statement, as sqlparse splits them."""
    # Not `sqlparse.parse`: its grouping is quadratic and recursive, and changes no token.
    for statement in sqlparse.engine.FilterStack().run(sql):
        yield [token.value for token in statement.flatten()]


def asks_for_order(gold_sql: str) -> bool:
    return "order by" in gold_sql.lower()


def results_match(gold_rows: Sequence[Row], predicted_rows: Sequence[Row], ordered: bool) -> bool:
    """Return whether the rows are the same bag (list, if `ordered`) under some order of columns."""
    if len(gold_rows) != len(predicted_rows):
        return False
    if not gold_rows:
        return True
    if len(gold_rows[0]) != len(predicted_rows[0]):
        return False
    if not rows_hold_same_values(gold_rows, predicted_rows, ordered):
        return False
    gold_columns = list(zip(*gold_rows, strict=True))
    predicted_columns = list(zip(*predicted_rows, strict=True))
    if ordered:
        return Counter(gold_columns) == Counter(predicted_columns)
    return columns_can_be_paired(gold_columns, predicted_columns)


def rows_hold_same_values(
    gold_rows: Sequence[Row], predicted_rows: Sequence[Row], ordered: bool
) -> bool:
    """Return whether the rows agree when each is sorted by the text of its values.

    The official script checks this first. It follows from a match except where 1 is compared with
    1.0 in rows that the two texts sort differently; then the official answer is "no match".
    """
    gold, predicted = map(sort_within_rows, (gold_rows, predicted_rows))
    return gold == predicted if ordered else set(gold) == set(predicted)


def sort_within_rows(rows: Sequence[Row]) -> list[Row]:
    if len(rows[0]) == 1:
        return list(rows)
    return [tuple(sorted(row, key=lambda value: str(value) + str(type(value)))) for row in rows]


def columns_can_be_paired(
    gold_columns: Sequence[ColumnValues], predicted_columns: Sequence[ColumnValues]
) -> bool:
    """Return whether some order of the predicted columns gives the gold query's bag of rows.

    The search is exact: it pairs one column after another, and continues only where the paired
    parts of the rows are equal bags. The columns with the most values come first, so that a wrong
    pair is found early.
    """
    gold_columns = sorted(gold_columns, key=num_values, reverse=True)
    predicted_columns = sorted(predicted_columns, key=num_values, reverse=True)
    nothing_paired = [0] * len(gold_columns[0])
    search = [pair_next(Pairing(nothing_paired, nothing_paired), gold_columns, predicted_columns)]
    while search:
        pairing = next(search[-1], None)
        if pairing is None:
            search.pop()
        elif len(pairing.used) == len(gold_columns):
            return True
        else:
            search.append(pair_next(pairing, gold_columns, predicted_columns))
    return False


class Pairing(NamedTuple):
    """Two classifications of rows by their paired values, and the predicted columns in use."""

    gold_classes: list[int]
    predicted_classes: list[int]
    used: frozenset[int] = frozenset()


def pair_next(
    pairing: Pairing,
    gold_columns: Sequence[ColumnValues],
    predicted_columns: Sequence[ColumnValues],
) -> Iterator[Pairing]:
    """Yield each way to pair the first gold column that is not paired yet."""
    gold_column = gold_columns[len(pairing.used)]
    gold_parts = list(zip(pairing.gold_classes, gold_column, strict=True))
    gold_bag = Counter(gold_parts)
    class_of = {part: number for number, part in enumerate(gold_bag)}
    gold_classes = [class_of[part] for part in gold_parts]
    tried = set()
    for index, column in enumerate(predicted_columns):
        if index in pairing.used or column in tried:
            continue
        tried.add(column)
        parts = list(zip(pairing.predicted_classes, column, strict=True))
        if Counter(parts) == gold_bag:
            classes = [class_of[part] for part in parts]
            yield Pairing(gold_classes, classes, pairing.used | {index})


def num_values(column: ColumnValues) -> int:
    return len(set(column))
