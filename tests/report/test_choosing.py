"""Choosing apart from scoring: halves, out-of-bag gains, shares of resamples on the front."""

import numpy as np
import pytest

from performance.coverage import overstatement_of_chosen
from performance.simulated_studies import DEMO_SIZES, SPIDER_SIZES
from text2sql.report import choosing
from text2sql.report.choosing import (
    draw_run_means,
    front_shares,
    is_in_choosing_half,
    out_of_bag_gain,
    resample_means,
)
from text2sql.report.estimators import clustered_mean, describe_sample


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [DEMO_SIZES, SPIDER_SIZES], ids=["6 databases", "20 databases"])
def test_chosen_of_six_equal_variants_is_not_overstated(sizes):
    rng = np.random.default_rng(1)
    observed, out_of_bag, held_out = overstatement_of_chosen(sizes, 700, rng)
    assert observed > 0.01
    assert abs(held_out) <= 0.003
    assert abs(out_of_bag) <= 0.005


def test_out_of_bag_gain_of_a_clear_winner_is_its_own():
    gains = np.stack([np.full(30, 0.5), np.zeros(30)], axis=1)
    sample = describe_sample(np.repeat(range(6), 5).tolist())
    rng = np.random.default_rng(2)
    assert out_of_bag_gain(gains, sample, rng, 200) == pytest.approx(0.5)
    assert out_of_bag_gain(gains, describe_sample(["one"] * 30), rng, 200) is None


def test_halves_depend_on_names_alone_and_are_about_equal():
    names = [f"subject/{number}" for number in range(2000)]
    half = [is_in_choosing_half(name) for name in names]
    assert half == [is_in_choosing_half(name) for name in names]
    assert np.mean(half) == pytest.approx(0.5, abs=0.04)


def test_resampled_means_vary_as_the_clustered_standard_error():
    rng = np.random.default_rng(3)
    clusters = np.repeat(range(60), rng.integers(1, 8, 60))
    values = (rng.random((len(clusters), 2)) + 0.3 * rng.normal(size=60)[clusters][:, None]).round(
        1
    )
    sample = describe_sample(clusters.tolist())
    means = resample_means(values, sample, rng, 4000)
    for column in range(2):
        estimate = clustered_mean(values[:, column], sample)
        assert means[:, column].mean() == pytest.approx(estimate.mean, abs=0.005)
        assert means[:, column].std() == pytest.approx(estimate.standard_error, rel=0.1)


def test_resampling_keeps_every_stratum_and_its_weight():
    strata = ["ones"] * 30 + ["zeros"] * 10
    values = np.array([[1.0]] * 30 + [[0.0]] * 10)
    sample = describe_sample(range(40), strata, equal_strata=True)
    means = resample_means(values, sample, np.random.default_rng(4), 50)
    assert means == pytest.approx(np.full((50, 1), 0.5))


def test_resamples_drawn_in_pieces_are_as_many_and_vary_alike(monkeypatch):
    values = np.random.default_rng(7).random((40, 2)).round(1)
    sample = describe_sample(range(40))
    whole = resample_means(values, sample, np.random.default_rng(8), 2000)
    monkeypatch.setattr(choosing, "NUMBERS_AT_ONCE", 1000)
    pieces = resample_means(values, sample, np.random.default_rng(8), 2000)
    assert pieces.shape == whole.shape == (2000, 2)
    assert pieces.std(axis=0) == pytest.approx(whole.std(axis=0), rel=0.1)


def test_same_seed_gives_the_same_resamples():
    values = np.random.default_rng(5).random((40, 3))
    sample = describe_sample(range(40))
    first, second = (resample_means(values, sample, np.random.default_rng(6), 20) for _ in range(2))
    assert (first == second).all()


def test_runs_are_resampled_within_their_recipe():
    means = np.array([[0.1, 0.3, 0.7], [0.2, 0.4, 0.8]])
    draws = [np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([[1.0], [1.0]])]
    recipes = draw_run_means(means, [[0, 1], [2]], draws)
    assert recipes == pytest.approx(np.array([[0.1, 0.7], [0.3, 0.8]]))


def test_front_counts_the_resamples_in_which_nothing_is_better():
    gains = np.array([[0.3, 0.2, 0.1], [0.2, 0.3, 0.1], [-0.1, 0.2, 0.2], [0.2, 0.2, 0.2]])
    changes = np.array([[-0.1, 0.0, -0.2], [0.0, 0.1, -0.2], [-0.1, 0.0, 0.0], [0.0, 0.0, -0.1]])
    assert front_shares(gains, changes) == pytest.approx([0.5, 1.0, 0.25])


def test_base_alone_is_on_the_front_where_every_variant_lost_both():
    assert front_shares(np.array([[-0.1]]), np.array([[-0.1]])) == pytest.approx([0.0])
