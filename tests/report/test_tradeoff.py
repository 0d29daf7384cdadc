"""Gain against loss: forgetting per point, tests of the limit, what is chosen and recommended."""

import pytest

from text2sql.report.significance import Comparison
from text2sql.report.tradeoff import forgetting_per_point, judge, loss_test, name_best


def comparison(difference: float, error: float | None = 0.005, **facts: object) -> Comparison:
    """Return a comparison with this standard error and normal intervals."""
    known = {}
    if error is not None:
        known = {
            "low": difference - 1.96 * error,
            "high": difference + 1.96 * error,
            "standard_error": error,
            "smallest_detectable": 2.8 * error,
        }
    return Comparison(
        n=100,
        base=0.5,
        other=0.5 + difference,
        difference=difference,
        cluster="item",
        num_clusters=100,
        num_better=0,
        num_worse=0,
        **known,
        **facts,
    )


def test_forgetting_per_point_is_the_loss_that_a_point_of_gain_cost():
    ratio = forgetting_per_point(comparison(0.2), comparison(-0.05))
    assert ratio.value == pytest.approx(0.25)
    assert 0.18 < ratio.low < 0.22 < 0.28 < ratio.high < 0.32


def test_runs_that_gain_and_lose_together_narrow_the_ratio():
    runs = {
        "gain": {"a": 0.15, "b": 0.20, "c": 0.25},
        "change": {"a": -0.03, "b": -0.05, "c": -0.07},
    }
    apart = forgetting_per_point(comparison(0.2, 0.03), comparison(-0.05, 0.01))
    together = forgetting_per_point(
        comparison(0.2, 0.03, runs=runs["gain"]), comparison(-0.05, 0.01, runs=runs["change"])
    )
    assert together.high - together.low < apart.high - apart.low


@pytest.mark.parametrize(
    ("gain", "error"),
    [(0.005, 0.005), (0.2, 0.08), (-0.2, 0.005), (0.2, None)],
    ids=["may be nothing", "not far from nothing", "is a loss", "has no interval"],
)
def test_forgetting_per_point_needs_a_gain_well_above_0(gain, error):
    assert forgetting_per_point(comparison(gain, error), comparison(-0.05)) is None


def test_loss_within_the_limit_is_passed_where_the_interval_is_above_it():
    passed = loss_test(comparison(0.0), 0.01)
    assert passed.passed
    assert passed.p_value == pytest.approx(0.0228, abs=1e-4)
    assert passed.smallest_provable_limit == pytest.approx(0.014)
    failed = loss_test(comparison(-0.005), 0.01)
    assert not failed.passed
    assert loss_test(comparison(0.0, None), 0.01) is None


def test_best_is_the_highest_gain_within_the_limit_on_what_chooses():
    gains = {"greedy": 0.4, "balanced": 0.3, "gentle": 0.1, "untested": 0.5, "useless": -0.1}
    changes = {"greedy": -0.05, "balanced": -0.005, "gentle": 0.01, "useless": 0.05}
    assert name_best(gains, changes, 0.01) == "balanced"
    assert name_best(gains, changes, 0.1) == "greedy"
    assert name_best({"useless": -0.1}, changes, 0.01) is None


@pytest.mark.parametrize(
    ("gain", "change", "reason"),
    [
        (comparison(0.2), comparison(0.0), ""),
        (comparison(0.005), comparison(0.0), "its gain may be nothing"),
        (comparison(0.2), comparison(-0.005), "it may have lost more than the limit"),
        (comparison(0.2, None), comparison(0.0), "its gain has no interval"),
        (comparison(0.2), comparison(0.0, None), "its loss has no interval"),
        (comparison(0.2), None, "its loss has no interval"),
    ],
    ids=["recommended", "no gain", "loss", "gain unknown", "loss unknown", "loss not measured"],
)
def test_recommended_is_what_surely_gains_and_surely_loses_little(gain, change, reason):
    choice = judge(["one"], "one", [], gain, change, 0.01)
    assert (choice.reason, choice.recommended) == (reason, not reason)


def test_nothing_chosen_is_not_recommended():
    choice = judge(["one", "two"], None, ["holdout"], None, None, 0.01)
    assert not choice.recommended
    assert choice.reason
