"""Numbers as people read them, in sentences and tables."""

import re

import pytest

from text2sql.report.tables import Table
from text2sql.report.text import p_value, points, price, recommendation


@pytest.mark.parametrize(
    ("fraction", "expected"),
    [(0.1234, "+12.3"), (-0.05, "−5.0"), (0.0, "0.0"), (-0.0001, "0.0"), (None, "–")],
    ids=str,
)
def test_points_are_signed_and_nothing_has_no_sign(fraction, expected):
    assert points(fraction) == expected


@pytest.mark.parametrize(
    ("paid", "expected"), [(0.224, "0.22"), (-0.07, "−0.07"), (-0.004, "0.00"), (None, "–")]
)
def test_price_that_rounds_to_nothing_has_no_sign(paid, expected):
    assert price(paid) == expected


@pytest.mark.parametrize(
    ("p", "expected"), [(0.00012, "< 0.001"), (0.0449, "0.045"), (1.0, "1.000"), (None, "–")]
)
def test_p_values_read_with_three_digits(p, expected):
    assert p_value(p) == expected


def test_cells_cannot_break_a_markdown_table():
    table = Table(["a|b", "n"], [["x|y", "1"]])
    assert table.as_markdown().splitlines()[2] == "| x\\|y | 1 |"


def test_text_table_lines_up():
    lines = Table(["name", "n"], [["a", "1,034"]]).as_text().splitlines()
    assert lines == ["name      n", "a     1,034"]


@pytest.mark.parametrize(
    ("recommended", "expected"),
    [
        ("scale-0.5", "Recommended: scale-0.5, the highest execution accuracy .* not lose more"),
        (
            None,
            "No variant is recommended: .* have lost more .* than --max_forgetting 2.5 allows",
        ),
    ],
)
def test_recommendation_says_by_which_limit(recommended, expected):
    tradeoff = {"points": [1], "max_forgetting": 0.025, "recommended": recommended}
    assert re.match(expected, recommendation({"tradeoff": tradeoff}))


def test_nothing_is_recommended_without_benchmarks():
    assert recommendation({"tradeoff": {"points": []}}) is None
