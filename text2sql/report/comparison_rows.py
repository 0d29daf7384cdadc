"""Cells of a comparison as the tables of the report show them, in percent and points."""

from text2sql.report.significance import Comparison
from text2sql.report.text import counted, interval, p_value, percent, points

QUESTION_COLUMNS = ["difference", "new databases, 95 %", "these databases, 95 %", "n", "p"]


def question_row(label: str, compared: Comparison) -> list[str]:
    """Return a row with both readings."""
    return [
        label,
        percent(compared.base),
        percent(compared.other),
        points(compared.difference),
        interval(compared),
        interval(compared.same_databases),
        counted(compared),
        shown_p(compared),
    ]


def shown_p(compared: Comparison) -> str:
    """Return Holm's p, and of a primary comparison its own with the exact one of few databases."""
    if compared.p_holm is not None:
        return p_value(compared.p_holm)
    if compared.p_value is None or compared.sign_flip_p is None:
        return p_value(compared.p_value)
    return f"{p_value(compared.p_value)} (exact {p_value(compared.sign_flip_p)})"


def item_cells(compared: Comparison, p: str) -> list[str]:
    return [
        percent(compared.base),
        percent(compared.other),
        points(compared.difference),
        interval(compared),
        interval(compared.other_subtasks),
        counted(compared),
        p,
    ]
