"""The kinds of failure of a prediction; docs/SCORING.md says what each means."""

from typing import Literal

FailureKind = Literal[
    "no_sql",
    "syntax",
    "unknown_table",
    "unknown_column",
    "refused",
    "timeout",
    "too_large",
    "runtime",
    "wrong_columns",
    "wrong_rows",
    "wrong_order",
]
NotExecuted = Literal["missing_database", "gold_error"]

OF_VALID_SQL: tuple[FailureKind, ...] = ("wrong_columns", "wrong_rows", "wrong_order")
