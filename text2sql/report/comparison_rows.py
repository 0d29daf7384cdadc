"""Cells of a comparison as tables show them: in percent and points, or in a unit of its own."""

from text2sql.report.content import BenchmarkReport
from text2sql.report.significance import Comparison
from text2sql.report.text import (
    OWN_UNIT,
    PERCENT,
    Unit,
    counted,
    interval,
    p_value,
    percent,
    points,
)

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


def unit_of(benchmark: BenchmarkReport) -> Unit:
    return PERCENT if benchmark.is_share else OWN_UNIT


def item_cells(compared: Comparison, p: str, unit: Unit = PERCENT) -> list[str]:
    return [
        unit.score(compared.base),
        unit.score(compared.other),
        unit.difference(compared.difference),
        interval(compared, unit),
        interval(compared.other_subtasks, unit),
        counted(compared),
        p,
    ]
