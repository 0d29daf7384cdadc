"""Counts as people read them."""

import pytest

from text2sql.counts import how_many


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "0 gold queries"), (1, "1 gold query"), (1034, "1,034 gold queries")],
    ids=["none", "one", "several"],
)
def test_one_is_singular_and_thousands_are_grouped(number, expected):
    assert how_many(number, "gold query", "gold queries") == expected


def test_plural_takes_an_s():
    assert (how_many(1, "step"), how_many(2, "step")) == ("1 step", "2 steps")
