"""Gain against loss: the front, the price and what is recommended."""

import pytest

from text2sql.report.significance import Comparison
from text2sql.report.tradeoff import place_variants, recommend


def comparison(difference: float, reach: float | None = 0.01) -> Comparison:
    low, high = (None, None) if reach is None else (difference - reach, difference + reach)
    return Comparison(
        n=100,
        base=0.5,
        other=0.5 + difference,
        difference=difference,
        low=low,
        high=high,
        p_value=0.5,
        test="exact McNemar",
        num_better=0,
        num_worse=0,
        smallest_detectable=None,
    )


def place(**places: tuple[float, float]) -> list:
    """Return the points of variants with these gains and changes, each sure to 0.01."""
    return place_variants(
        {name: comparison(gain) for name, (gain, _) in places.items()},
        {name: comparison(change) for name, (_, change) in places.items()},
    )


def test_front_holds_what_nothing_beats_in_both():
    points = place(best=(0.3, -0.02), beaten=(0.2, -0.03), gentle=(0.1, 0.0), worse=(-0.1, -0.1))
    assert [point.variant for point in points if point.on_front] == ["best", "gentle"]


def test_base_beats_what_gained_nothing_and_lost_something():
    (point,) = place(useless=(0.0, -0.01))
    assert not point.on_front


def test_equal_variants_share_the_front():
    assert all(point.on_front for point in place(one=(0.2, 0.0), two=(0.2, 0.0)))


def test_price_is_what_a_point_of_gain_cost():
    (point,) = place(finetuned=(0.2, -0.05))
    assert point.price == pytest.approx(0.25)


@pytest.mark.parametrize("gain", [0.005, -0.2], ids=["may be nothing", "is a loss"])
def test_price_needs_a_gain_that_is_sure(gain):
    (point,) = place(finetuned=(gain, -0.05))
    assert point.price is None


def test_variant_without_benchmarks_has_no_place():
    assert place_variants({"finetuned": comparison(0.2)}, {}) == []


def test_recommended_is_the_highest_gain_among_those_that_surely_lose_little():
    points = place(greedy=(0.4, -0.05), balanced=(0.3, 0.005), gentle=(0.1, 0.01))
    assert recommend(points, max_forgetting=0.01).variant == "balanced"
    assert recommend(points, max_forgetting=0.1).variant == "greedy"


def test_loss_that_may_be_too_large_by_its_interval_is_not_recommended():
    assert recommend(place(unsure=(0.4, -0.005)), max_forgetting=0.01) is None


def test_nothing_is_recommended_that_gained_nothing():
    assert recommend(place(useless=(-0.1, 0.05)), max_forgetting=0.01) is None


def test_change_without_an_interval_is_not_recommended():
    points = place_variants({"one": comparison(0.2)}, {"one": comparison(0.0, reach=None)})
    assert recommend(points, max_forgetting=0.01) is None
