"""Tests of a limit, exact tests of few clusters, corrections for several."""

import numpy as np
import pytest
import scipy.stats

from performance.coverage import false_findings, recipe_estimate
from performance.simulated_studies import DEMO_SIZES, SPIDER_SIZES, World, simulate
from text2sql.report.estimators import Estimate, describe_sample
from text2sql.report.hypotheses import (
    correct_for_several,
    detectable_multiple,
    equivalence_p,
    noninferiority_p,
    sign_flip_p,
    smallest_detectable,
)


def test_sign_flips_are_those_of_scipys_exact_permutation_test():
    rng = np.random.default_rng(1)
    values, clusters = rng.normal(0.4, 1, 35), np.repeat(range(7), 5)
    sums = np.bincount(clusters, values)
    expected = scipy.stats.permutation_test(
        (sums, np.zeros(7)), lambda a, b: (a - b).sum(), permutation_type="samples"
    )
    assert sign_flip_p(values, describe_sample(clusters.tolist())) == pytest.approx(expected.pvalue)


def test_sign_flips_are_left_to_fewer_than_ten_clusters():
    assert sign_flip_p(np.ones(9), describe_sample(range(9))) == pytest.approx(2 / 2**9)
    assert sign_flip_p(np.ones(10), describe_sample(range(10))) is None


def test_noninferiority_agrees_with_the_lower_end_of_the_interval():
    change = Estimate(-0.004, 0.003**2, 40)
    low, _ = change.interval()
    assert noninferiority_p(change, -low) == pytest.approx(0.025)
    assert noninferiority_p(change, -low + 0.001) < 0.025 < noninferiority_p(change, -low - 0.001)


def test_equivalence_needs_both_ends_within_the_limit():
    assert equivalence_p(Estimate(0.0, 0.003**2, 100), 0.01) < 0.025
    assert equivalence_p(Estimate(0.02, 0.003**2, 100), 0.01) > 0.5
    assert equivalence_p(Estimate(-0.02, 0.003**2, 100), 0.01) > 0.5


@pytest.mark.parametrize("degrees", [3.7, 12, 400, np.inf])
def test_detectable_difference_has_80_percent_power(degrees):
    shift = detectable_multiple(degrees)
    critical = scipy.stats.t.ppf(0.975, degrees)
    if np.isinf(degrees):
        power = scipy.stats.norm.sf(critical - shift)
    else:
        power = scipy.stats.nct.sf(critical, degrees, shift)
    assert power == pytest.approx(0.8, abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [DEMO_SIZES, SPIDER_SIZES], ids=["6 databases", "20 databases"])
def test_smallest_detectable_difference_is_found_in_80_of_100_studies(sizes):
    rng = np.random.default_rng(2)
    settings = {"database_sd": 0.06, "wordings_agree": 0.5}
    null = World(sizes, gain=0.0, **settings)
    estimates = [
        recipe_estimate(simulate(null, 1, rng), null.by_database, null) for _ in range(300)
    ]
    typical = Estimate(
        0.0,
        float(np.mean([estimate.variance for estimate in estimates])),
        float(np.median([estimate.degrees_of_freedom for estimate in estimates])),
    )
    gain = smallest_detectable(typical)
    world = World(sizes, gain=gain, **settings)
    p_values = [
        recipe_estimate(simulate(world, 1, rng), world.by_database, world).p_value()
        for _ in range(500)
    ]
    # The floor of the variance makes the promise cautious where there are few databases.
    assert 0.76 <= np.mean(np.array(p_values) < 0.05) <= 0.92


def test_difference_without_variance_has_no_detectable_size():
    assert smallest_detectable(Estimate(0.1, 0.0, 10)) is None


def test_holm_multiplies_the_smallest_p_most_and_keeps_the_order():
    assert correct_for_several([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert correct_for_several([0.9, 0.8]) == [1.0, 1.0]
    assert correct_for_several([]) == []


@pytest.mark.slow
def test_seven_variants_without_effect_show_a_false_finding_in_at_most_6_of_100_studies():
    assert false_findings(400, np.random.default_rng(4)) <= 0.06
