"""Numbers as people read them, in sentences and tables."""

import pytest

from text2sql.report.significance import Comparison, Reading
from text2sql.report.table import Table
from text2sql.report.text import (
    counted,
    interval,
    listed,
    mean_name,
    p_value,
    points,
    quoted,
    ratio_with_interval,
)
from text2sql.report.tradeoff import Ratio


def comparison(**facts: object) -> Comparison:
    known = {
        "n": 1034,
        "base": 0.5,
        "other": 0.6,
        "difference": 0.1,
        "cluster": "database",
        "num_clusters": 20,
        "num_better": 0,
        "num_worse": 0,
    }
    return Comparison(**(known | facts))


@pytest.mark.parametrize(
    ("fraction", "expected"),
    [(0.1234, "+12.3"), (-0.05, "−5.0"), (0.0, "0.0"), (-0.0001, "0.0"), (None, "–")],
    ids=str,
)
def test_points_are_signed_and_nothing_has_no_sign(fraction, expected):
    assert points(fraction) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Ratio(value=0.224, low=-0.004, high=0.5), "0.22 (0.00 to 0.50)"),
        (Ratio(value=-0.07, low=-0.2, high=0.06), "−0.07 (−0.20 to 0.06)"),
        (None, "–"),
    ],
    ids=["loss", "gain", "unknown"],
)
def test_forgetting_per_point_reads_with_its_interval(found, expected):
    assert ratio_with_interval(found) == expected


@pytest.mark.parametrize(
    ("p", "expected"), [(0.00012, "< 0.001"), (0.0449, "0.045"), (1.0, "1.000"), (None, "–")]
)
def test_p_values_read_with_three_digits(p, expected):
    assert p_value(p) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, "1,034 questions in 20 databases"),
        ({"num_clusters": 1}, "1,034 questions in 1 database"),
        ({"n": 1, "num_clusters": 1, "cluster": "topic"}, "1 question"),
        ({"cluster": "item", "num_clusters": 1034}, "1,034 questions"),
        ({"cluster": "phenomenon", "num_clusters": 12}, "1,034 questions in 12 phenomena"),
        ({"cluster": "topic", "num_clusters": 7}, "1,034 questions in 7 topics"),
    ],
    ids=["databases", "one", "one question", "items", "phenomena", "own field"],
)
def test_n_is_told_with_its_clusters(facts, expected):
    assert counted(comparison(**facts), "question") == expected


def test_quote_has_both_readings_the_main_one_first():
    same = Reading(cluster="gold_query", num_clusters=551, low=0.04, high=0.16)
    quote = quoted(comparison(low=0.02, high=0.18, same_databases=same), "question")
    assert quote == (
        "+10.0 points (95 % interval +2.0 to +18.0, n = 1,034 questions in 20 databases; "
        "on these databases +4.0 to +16.0)"
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"num_clusters": 1}, "one database: no interval for new ones"),
        ({"runs": {"a": 0.05, "b": 0.15}}, "two runs, +5.0 and +15.0: too few for an interval"),
        ({"cluster": "item", "num_clusters": 1}, "no interval: too few clusters"),
    ],
    ids=["one database", "two runs", "one item"],
)
def test_quote_says_why_there_is_no_interval(facts, expected):
    assert expected in quoted(comparison(**facts), "question")
    assert interval(comparison(**facts)) == "–"


def test_names_are_listed_and_a_mean_names_what_it_averages():
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert mean_name(["hellaswag", "arc_easy"]) == "the mean of hellaswag and arc_easy"
    assert mean_name(["hellaswag"]) == "hellaswag"


def test_cells_cannot_break_a_markdown_table():
    table = Table(["a|b", "n"], [["x|y", "1"]])
    assert table.as_markdown().splitlines()[2] == "| x\\|y | 1 |"


def test_text_table_lines_up():
    lines = Table(["name", "n"], [["a", "1,034"]]).as_text().splitlines()
    assert lines == ["name      n", "a     1,034"]
