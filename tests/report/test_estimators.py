"""Intervals of clustered means: equal to published implementations, true in simulated worlds."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

from performance.coverage import (
    coverage_of_differences,
    coverage_of_rare_changes,
    coverage_of_ratio,
    old_interval,
    recipe_estimate,
)
from performance.simulated_studies import DEMO_SIZES, SPIDER_SIZES, World, simulate
from text2sql.report.estimators import (
    Estimate,
    add_run_variance,
    cluster_sizes,
    cluster_weights,
    clustered_mean,
    describe_sample,
    design_effect,
    next_run_range,
    ratio_interval,
    satterthwaite_degrees,
    weighted_sum,
    with_floor,
)

# A worked example for published implementations: 28 items in five clusters of unequal size.
CHANGES = np.array(
    [
        *(1, 1, 0, 1, -1, 0, 0, 1),
        *(0, 0, 1),
        *(1, 1, 1, 0, 1, 1),
        *(-1, 0),
        *(0, 1, 0, -1, 0, 0, 1, 0, 0),
    ],
    float,
)
CLUSTERS = list("aaaaaaaabbbccccccddeeeeeeeee")
# The same items in two strata with six clusters.
STRATA = ["first"] * 17 + ["second"] * 11
CLUSTERS_IN_STRATA = list("aaaaaaaabbbccccccddeeeefffff")


def test_variance_is_that_of_clubsandwich():
    # R 4.2.2, clubSandwich 0.5.8: vcovCR(lm(d ~ 1), cluster, type = "CR2")
    estimate = clustered_mean(CHANGES, describe_sample(CLUSTERS))
    assert estimate.mean == pytest.approx(0.32142857142857140, rel=1e-12)
    assert estimate.variance == pytest.approx(0.026086394808199291, abs=1e-12)


def test_stratified_interval_is_that_of_clubsandwich():
    # linear_contrast(lm(d ~ 0 + s), vcov = "CR2", c(0.5, 0.5), test = "Satterthwaite"); the
    # estimated correlation within clusters is 0, for which both degrees of freedom are defined.
    sample = describe_sample(CLUSTERS_IN_STRATA, STRATA, equal_strata=True)
    estimate = clustered_mean(CHANGES, sample)
    assert estimate.variance == pytest.approx(0.01361551750825107, abs=1e-12)
    assert estimate.degrees_of_freedom == pytest.approx(3.3026345116569336, abs=1e-10)
    assert estimate.interval() == pytest.approx(
        (-0.088112161175945669, 0.61752392588182825), abs=1e-10
    )


@pytest.mark.parametrize(
    ("within", "between", "expected"),
    [
        # dfadjust 1.1.0: dfadjustSE(lm(d ~ 1), cluster, IK = FALSE); clubSandwich gives the same
        (1.0, 0.0, 3.0724450194049151),
        # the same with IK = TRUE, at the variance components that it estimates itself
        (0.40954634865994588, 0.022851610523727556, 2.8669121764064527),
    ],
    ids=["Bell and McCaffrey", "Imbens and Kolesár"],
)
def test_degrees_of_freedom_are_those_of_dfadjust(within, between, expected):
    sample = describe_sample(CLUSTERS)
    sizes, left_out = cluster_sizes(sample)
    degrees = satterthwaite_degrees(
        sizes, left_out, cluster_weights(sample), sample.cluster_strata, within, between
    )
    assert degrees == pytest.approx(expected, abs=1e-10)


def test_degrees_of_freedom_in_strata_of_unequal_weight_are_those_of_dfadjust():
    # dfadjustSE(lm(d ~ 0 + s), cluster, ell = c(0.7, 0.3), IK = TRUE, rho0 = TRUE)
    clusters = list("aaaaabbbcccccccddeeee")
    sample = describe_sample(clusters, [cluster in "ab" for cluster in clusters])
    weights = np.where(sample.strata == 0, 0.3 / 8, 0.7 / 13)
    sample = replace(sample, weights=weights)
    sizes, left_out = cluster_sizes(sample)
    degrees = satterthwaite_degrees(
        sizes,
        left_out,
        weights[[0, 5, 8, 15, 17]],
        sample.cluster_strata,
        0.041438087324065849,
        0.053162416338937805,
    )
    assert degrees == pytest.approx(1.9633856998585222, abs=1e-10)


def test_singletons_give_the_t_test_on_items():
    values = np.random.default_rng(1).normal(0.1, 1, 60)
    estimate = clustered_mean(values, describe_sample(range(60)))
    expected = scipy.stats.ttest_1samp(values, 0)
    assert estimate.interval() == pytest.approx(tuple(expected.confidence_interval()), abs=1e-12)
    assert estimate.p_value() == pytest.approx(expected.pvalue, abs=1e-12)


def test_clusters_of_one_size_give_the_t_test_on_their_means():
    values = np.random.default_rng(2).normal(0.1, 1, (12, 5))
    estimate = clustered_mean(values.ravel(), describe_sample(np.repeat(range(12), 5).tolist()))
    expected = scipy.stats.ttest_1samp(values.mean(axis=1), 0)
    assert estimate.interval() == pytest.approx(tuple(expected.confidence_interval()), abs=1e-12)
    assert estimate.p_value() == pytest.approx(expected.pvalue, abs=1e-12)
    assert estimate.degrees_of_freedom == pytest.approx(11)


def test_doubling_every_item_leaves_the_interval_as_it_is():
    rng = np.random.default_rng(3)
    changes = rng.choice([-1.0, 0.0, 1.0], 80, p=[0.05, 0.85, 0.10])
    single, double = describe_sample(range(80)), describe_sample([*range(80), *range(80)])
    twice = np.concatenate([changes, changes])
    alone = with_floor(clustered_mean(changes, single), changes, single)
    doubled = with_floor(clustered_mean(twice, double), twice, double)
    assert doubled.interval() == pytest.approx(alone.interval(), abs=1e-12)


def test_doubling_items_of_which_none_changed_leaves_the_floor_as_it_is():
    sample = describe_sample([*range(20), *range(20)])
    unchanged = with_floor(clustered_mean(np.zeros(40), sample), np.zeros(40), sample)
    assert unchanged.interval()[1] == pytest.approx(0.126, abs=5e-4)


def test_none_of_twenty_changed_reaches_twelve_points():
    sample = describe_sample(range(20))
    low, high = with_floor(clustered_mean(np.zeros(20), sample), np.zeros(20), sample).interval()
    assert (low, high) == pytest.approx((-0.126, 0.126), abs=5e-4)


def test_floor_is_the_formula_of_bonett_and_price():
    changes = np.array([1.0] * 3 + [-1.0] + [0.0] * 46)
    sample = describe_sample(range(50))
    better, worse = 4 / 52, 2 / 52
    expected = (better + worse - (better - worse) ** 2) / 52
    assert with_floor(Estimate(0.04, 0.0, 49), changes, sample).variance == pytest.approx(expected)
    assert with_floor(Estimate(0.04, 1.0, 49), changes, sample).variance == 1.0


def test_design_effect_is_the_cluster_size_of_duplicates_and_one_of_strangers():
    rng = np.random.default_rng(4)
    pairs = describe_sample(np.repeat(range(500), 2).tolist())
    assert design_effect(np.repeat(rng.normal(size=500), 2), pairs) == pytest.approx(2)
    assert design_effect(rng.normal(size=1000), pairs) == pytest.approx(1, abs=0.1)


def test_one_cluster_is_refused():
    sample = describe_sample(["only"] * 10)
    assert not sample.has_interval
    with pytest.raises(ValueError, match="one cluster"):
        clustered_mean(np.zeros(10), sample)


def test_one_cluster_in_every_stratum_says_nothing_of_others():
    sample = describe_sample(["a", "a", "b", "b"], ["a", "a", "b", "b"])
    assert not sample.has_interval
    assert design_effect(np.array([1.0, -1.0, 0.0, 0.0]), sample) == 1
    assert design_effect(np.array([1.0, 0.0]), describe_sample(["a", "b"], ["a", "b"])) == 1


def test_strata_count_equally_or_by_their_items():
    values, strata = np.array([1.0] * 90 + [0.0] * 10), ["large"] * 90 + ["small"] * 10
    assert describe_sample(range(100), strata).mean(values) == pytest.approx(0.9)
    assert describe_sample(range(100), strata, True).mean(values) == pytest.approx(0.5)


def test_differences_between_strata_do_not_widen_the_interval():
    values = np.array([0.0, 0.1] * 20 + [0.9, 1.0] * 20)
    strata = ["low"] * 40 + ["high"] * 40
    stratified = clustered_mean(values, describe_sample(range(80), strata))
    pooled = clustered_mean(values, describe_sample(range(80)))
    assert stratified.mean == pytest.approx(pooled.mean)
    assert stratified.standard_error < pooled.standard_error / 5


def test_weighted_sum_of_two_means_is_welchs_test():
    rng = np.random.default_rng(5)
    first, second = rng.normal(0, 1, 20), rng.normal(0.5, 3, 35)
    parts = [clustered_mean(v, describe_sample(range(len(v)))) for v in (first, second)]
    expected = scipy.stats.ttest_ind(first, second, equal_var=False)
    difference = weighted_sum(parts, [1, -1])
    assert difference.p_value() == pytest.approx(expected.pvalue, abs=1e-12)
    assert difference.degrees_of_freedom == pytest.approx(expected.df)


def test_next_run_is_predicted_in_95_of_100_recipes():
    rng = np.random.default_rng(6)
    inside = 0
    for _ in range(2000):
        runs = rng.normal(0.3, 0.04, 6)
        low, high = next_run_range(runs[:5])
        inside += low <= runs[5] <= high
    assert inside / 2000 == pytest.approx(0.95, abs=0.02)


def test_one_run_does_not_show_how_runs_vary():
    with pytest.raises(ValueError, match="one run"):
        add_run_variance(Estimate(0.1, 0.01, 10), np.array([0.1]))


def test_ratio_is_unbounded_where_the_gain_may_be_nothing():
    loss = Estimate(0.03, 0.01**2, 300)
    assert ratio_interval(loss, Estimate(0.02, 0.02**2, 300)) is None
    low, high = ratio_interval(loss, Estimate(0.20, 0.02**2, 300))
    assert low < 0.15 < high


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [DEMO_SIZES, SPIDER_SIZES], ids=["6 databases", "20 databases"])
def test_interval_covers_new_databases_where_questions_alone_do_not(sizes):
    world = World(sizes, database_sd=0.06, wordings_agree=0.5)
    rng = np.random.default_rng(7)
    old, new_databases, these_databases = coverage_of_differences(world, 1, 1000, rng)
    assert 0.92 <= new_databases <= 0.98
    assert 0.92 <= these_databases <= 0.98
    assert old <= 0.87


@pytest.mark.slow
@pytest.mark.parametrize("num_runs", [3, 5])
@pytest.mark.parametrize("sizes", [DEMO_SIZES, SPIDER_SIZES], ids=["6 databases", "20 databases"])
def test_interval_of_a_recipe_covers_where_that_of_its_best_run_fails(sizes, num_runs):
    world = World(sizes, database_sd=0.06, wordings_agree=0.5)
    rng = np.random.default_rng(8)
    best_run, new_databases, these_databases = coverage_of_differences(world, num_runs, 600, rng)
    assert min(new_databases, these_databases) >= 0.92
    assert best_run <= 0.75


@pytest.mark.slow
def test_interval_of_rare_changes_covers_where_resampling_sees_none():
    old, new = coverage_of_rare_changes(20, 1000, np.random.default_rng(9))
    assert old < 0.25
    assert new >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [DEMO_SIZES, SPIDER_SIZES], ids=["6 databases", "20 databases"])
def test_fiellers_interval_covers_the_ratio(sizes):
    assert 0.93 <= coverage_of_ratio(sizes, 800, np.random.default_rng(10)) <= 0.98


def test_p_value_and_interval_never_disagree():
    rng = np.random.default_rng(11)
    world = World(DEMO_SIZES, gain=0.07, database_sd=0.06, wordings_agree=0.5)
    for _ in range(300):
        estimate = recipe_estimate(simulate(world, 1, rng), world.by_database, world)
        low, high = estimate.interval()
        assert (estimate.p_value() < 0.05) == (not low <= 0 <= high)


def test_old_interval_of_the_simulations_is_scipys_percentile_bootstrap():
    values = np.random.default_rng(12).choice([-1.0, 0.0, 1.0], 200, p=[0.1, 0.7, 0.2])
    low, high = old_interval(values, np.random.default_rng(0), 20_000)
    theirs = scipy.stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=20_000, rng=0
    ).confidence_interval
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.006)
