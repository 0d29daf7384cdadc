"""Intervals and p-values, checked on simulated studies whose truth is known."""

import numpy as np
import pytest
import scipy.stats

from text2sql.report import significance
from text2sql.report.significance import compare, compare_strata, correct_for_several, pool

SETTINGS = {"seed": 0, "num_bootstrap": 400}


def simulate(rng, n, base_accuracy, gain, agreement=0.7):
    """Right-or-wrong answers of two variants; most items are answered alike."""
    base = rng.random(n) < base_accuracy
    independent = rng.random(n) < base_accuracy + gain / (1 - agreement)
    return base.astype(float), np.where(rng.random(n) < agreement, base, independent).astype(float)


def test_interval_covers_the_true_difference_in_about_95_of_100_studies():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(400):
        result = compare(*simulate(rng, 200, 0.4, 0.1), **SETTINGS)
        covered += result.low <= 0.1 <= result.high
    assert 0.92 <= covered / 400 <= 0.98


def test_interval_of_the_mean_over_benchmarks_covers_the_true_mean():
    rng = np.random.default_rng(2)
    gains, sizes, covered = (0.1, 0.0, -0.05), (300, 60, 120), 0
    for _ in range(200):
        strata = [simulate(rng, n, 0.5, g) for n, g in zip(sizes, gains, strict=True)]
        result = compare_strata(strata, **SETTINGS)
        covered += result.low <= np.mean(gains) <= result.high
    assert 0.91 <= covered / 200 <= 0.985


@pytest.mark.parametrize("continuous", [False, True], ids=["mcnemar", "sign-flip"])
def test_p_values_are_uniform_where_nothing_differs(continuous):
    rng = np.random.default_rng(3)
    p_values = []
    for _ in range(300):
        if continuous:
            base, other = rng.random(80), rng.random(80)
        else:
            base, other = simulate(rng, 400, 0.5, 0.0)
        p_values.append(compare(base, other, **SETTINGS).p_value)
    for level in (0.05, 0.25, 0.5, 0.75):
        assert abs(np.mean(np.array(p_values) <= level) - level) < 0.08


def test_smallest_detectable_difference_is_found_in_about_80_of_100_studies():
    rng = np.random.default_rng(4)
    smallest = compare(*simulate(rng, 4000, 0.4, 0.1), **SETTINGS).smallest_detectable
    gain = smallest * (4000 / 250) ** 0.5
    found = [compare(*simulate(rng, 250, 0.4, gain), **SETTINGS).p_value < 0.05 for _ in range(200)]
    assert 0.7 <= np.mean(found) <= 0.9


def test_mcnemar_counts_only_the_items_that_changed():
    base, other = [1] * 50 + [0] * 10, [1] * 50 + [1] * 9 + [0]
    result = compare(base, other, **SETTINGS)
    assert (result.test, result.num_better, result.num_worse) == ("exact McNemar", 9, 0)
    assert result.p_value == pytest.approx(2 * 0.5**9)
    assert result.difference == pytest.approx(9 / 60)


def test_nothing_changed_is_p_1_and_an_interval_of_zero():
    result = compare([1, 0, 1], [1, 0, 1], **SETTINGS)
    assert (result.p_value, result.low, result.high) == (1.0, 0.0, 0.0)
    assert result.smallest_detectable is None


def test_single_item_has_a_difference_but_no_interval():
    result = compare([0.2], [0.7], **SETTINGS)
    assert result.difference == pytest.approx(0.5)
    assert (result.low, result.high, result.p_value) == (None, None, 1.0)


def test_strata_count_equally_and_pooled_items_by_size():
    large, small = ([0.0] * 90, [1.0] * 90), ([0.0] * 10, [0.0] * 10)
    assert compare_strata([large, small], **SETTINGS).difference == pytest.approx(0.5)
    assert compare(*pool([large, small]), **SETTINGS).difference == pytest.approx(0.9)


def test_unequal_lists_are_refused():
    with pytest.raises(ValueError, match="same ones for both"):
        compare([1, 0], [1], **SETTINGS)


def test_same_seed_gives_the_same_interval():
    rng = np.random.default_rng(5)
    base, other = rng.random(50), rng.random(50)
    assert compare(base, other, **SETTINGS) == compare(base, other, **SETTINGS)


def test_holm_multiplies_the_smallest_p_most_and_keeps_the_order():
    assert correct_for_several([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert correct_for_several([]) == []


def test_many_numbers_are_drawn_in_pieces_with_the_same_result(monkeypatch):
    rng = np.random.default_rng(6)
    base, other = rng.random(100), rng.random(100)
    whole = compare(base, other, **SETTINGS)
    monkeypatch.setattr(significance, "NUMBERS_AT_ONCE", 1000)
    pieces = compare(base, other, **SETTINGS)
    assert (pieces.low, pieces.high) == pytest.approx((whole.low, whole.high), abs=0.02)
    assert pieces.p_value == pytest.approx(whole.p_value, abs=0.1)


@pytest.mark.parametrize("continuous", [False, True], ids=["right or wrong", "continuous"])
def test_interval_and_p_value_are_those_of_scipy_which_draws_every_item(continuous):
    rng = np.random.default_rng(7)
    strata = [simulate(rng, n, 0.5, 0.02) for n in (120, 40)]
    if continuous:
        strata = [(base * rng.random(len(base)), other) for base, other in strata]
    differences = [other - base for base, other in strata]

    def mean(*samples, axis=-1):
        return np.mean([sample.mean(axis=axis) for sample in samples], axis=0)

    ours = compare_strata(strata, seed=0, num_bootstrap=20_000)
    options = {"n_resamples": 20_000, "vectorized": True, "rng": 0}
    theirs = scipy.stats.bootstrap(differences, mean, method="percentile", **options)
    interval = theirs.confidence_interval
    assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high), abs=0.004)
    weighted = np.concatenate([values / len(values) for values in differences])
    tested = scipy.stats.permutation_test(
        (weighted, np.zeros_like(weighted)),
        lambda other, base, axis: (other - base).sum(axis=axis),
        permutation_type="samples",
        **options,
    )
    assert ours.p_value == pytest.approx(tested.pvalue, abs=0.02)
