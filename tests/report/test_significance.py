"""Comparisons of a recipe with the base: both readings, runs, floors and what is not claimed."""

import os
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from text2sql.data.spider import read_examples
from text2sql.files import read_jsonl
from text2sql.report.estimators import add_run_variance, clustered_mean, describe_sample
from text2sql.report.significance import (
    PairedScores,
    compare_items,
    compare_means,
    compare_questions,
)
from text2sql.report.split_results import fold_sql
from text2sql.report.text import interval


def simulate(rng: np.random.Generator, n: int, gain: float = 0.1, num_runs: int = 1):
    """Return right-or-wrong answers of the base and of runs; most are answered alike."""
    base = (rng.random(n) < 0.4).astype(float)
    runs = {}
    for run in range(num_runs):
        independent = rng.random(n) < 0.4 + gain / 0.3
        runs[f"run{run}"] = np.where(rng.random(n) < 0.7, base, independent).astype(float)
    return PairedScores(base, runs)


def test_both_readings_have_their_own_clusters():
    scores = simulate(np.random.default_rng(1), 120)
    databases = [f"db{i % 8}" for i in range(120)]
    queries = [f"query{i // 16}" for i in range(120)]  # each asked in two wordings
    compared = compare_questions(scores, databases, queries)
    assert (compared.cluster, compared.num_clusters) == ("database", 8)
    assert (compared.same_databases.cluster, compared.same_databases.num_clusters) == (
        "gold_query",
        64,
    )
    assert compared.low < compared.same_databases.low
    assert compared.n == 120
    assert compared.other - compared.base == pytest.approx(compared.difference)


def test_few_databases_have_the_exact_p_of_swapping_whole_ones():
    scores = simulate(np.random.default_rng(2), 60)
    databases = [f"db{i % 6}" for i in range(60)]
    compared = compare_questions(scores, databases, [str(i) for i in range(60)])
    sums = np.bincount([i % 6 for i in range(60)], scores.mean_differences)
    expected = scipy.stats.permutation_test(
        (sums, np.zeros(6)), lambda a, b: (a - b).sum(), permutation_type="samples"
    )
    assert compared.sign_flip_p == pytest.approx(expected.pvalue)
    many = compare_questions(scores, [str(i) for i in range(60)], [str(i) for i in range(60)])
    assert many.sign_flip_p is None


def test_one_database_has_no_interval_for_new_ones():
    scores = simulate(np.random.default_rng(3), 40)
    compared = compare_questions(scores, ["only"] * 40, [str(i) for i in range(40)])
    assert (compared.low, compared.p_value, compared.estimate) == (None, None, None)
    assert compared.same_databases.low is not None


def test_nothing_changed_in_twenty_items_may_still_be_twelve_points():
    scores = PairedScores(np.ones(20), {"run": np.ones(20)})
    compared = compare_items(scores, describe_sample(range(20)), "item")
    assert interval(compared) == "−12.6 to +12.6"
    assert compared.p_value == 1.0
    assert compared.degrees_of_freedom is None  # the normal distribution


def test_scores_that_are_not_right_or_wrong_have_no_floor():
    rng = np.random.default_rng(4)
    scores = PairedScores(rng.random(50), {"run": rng.random(50)})
    compared = compare_items(scores, describe_sample(range(50)), "item")
    expected = scipy.stats.ttest_1samp(scores.mean_differences, 0)
    assert compared.p_value == pytest.approx(expected.pvalue)
    assert (compared.low, compared.high) == pytest.approx(tuple(expected.confidence_interval()))


def test_twins_doubled_item_by_item_leave_the_interval_as_it_is():
    scores = simulate(np.random.default_rng(5), 150)
    once = compare_items(scores, describe_sample(range(150)), "item")
    doubled = PairedScores(
        np.tile(scores.base, 2), {"run": np.tile(next(iter(scores.runs.values())), 2)}
    )
    twins = compare_items(doubled, describe_sample([*range(150), *range(150)]), "twins")
    assert (twins.low, twins.high) == pytest.approx((once.low, once.high))
    assert (twins.n, twins.num_clusters) == (300, 150)


def test_subtasks_are_strata_of_the_score_and_clusters_of_the_second_reading():
    rng = np.random.default_rng(6)
    subtasks = [f"subject{i % 10}" for i in range(500)]
    base = np.zeros(500)
    other = (rng.random(500) < np.array([0.05 * (i % 10) for i in range(500)])).astype(float)
    sample = describe_sample(range(500), subtasks, equal_strata=True)
    compared = compare_items(PairedScores(base, {"run": other}), sample, "item", subtasks)
    by_subject = other.reshape(50, 10).mean(axis=0)
    expected = scipy.stats.ttest_1samp(by_subject, 0).confidence_interval()
    assert compared.other_subtasks.num_clusters == 10
    assert (compared.other_subtasks.low, compared.other_subtasks.high) == pytest.approx(
        tuple(expected)
    )
    assert compared.high - compared.low < compared.other_subtasks.high - compared.other_subtasks.low


def test_mean_counts_each_benchmark_equally_and_names_them():
    rng = np.random.default_rng(7)
    large, small = simulate(rng, 900, 0.0), simulate(rng, 100, 0.2)
    parts = {
        "large": (large, describe_sample(range(900))),
        "small": (small, describe_sample(range(100))),
    }
    mean = compare_means(parts)
    alone = [compare_items(scores, sample, "item") for scores, sample in parts.values()]
    assert mean.difference == pytest.approx(np.mean([one.difference for one in alone]))
    assert mean.standard_error**2 == pytest.approx(sum(one.standard_error**2 for one in alone) / 4)
    assert (mean.n, mean.num_clusters, mean.benchmarks) == (1000, 1000, ["large", "small"])


def test_three_runs_have_the_interval_of_the_recipe_and_each_run():
    scores = simulate(np.random.default_rng(8), 200, num_runs=3)
    sample = describe_sample(range(200))
    compared = compare_items(scores, sample, "item")
    run_means = scores.differences.mean(axis=1)
    assert list(compared.runs.values()) == pytest.approx(run_means.tolist())
    assert compared.difference == pytest.approx(run_means.mean())
    unfloored = add_run_variance(clustered_mean(scores.mean_differences, sample), run_means)
    assert compared.standard_error >= unfloored.standard_error
    assert compared.run_sd is None


def test_two_runs_have_both_values_and_no_interval():
    compared = compare_items(
        simulate(np.random.default_rng(9), 200, num_runs=2), describe_sample(range(200)), "item"
    )
    assert len(compared.runs) == 2
    assert compared.low is None


def test_five_runs_tell_how_far_one_more_may_be():
    compared = compare_items(
        simulate(np.random.default_rng(10), 200, num_runs=5), describe_sample(range(200)), "item"
    )
    assert compared.run_sd == pytest.approx(np.std(list(compared.runs.values()), ddof=1))
    low, high = compared.next_run
    assert low < min(compared.runs.values())
    assert high > max(compared.runs.values())


def test_rows_that_are_not_tested_keep_their_intervals():
    scores = simulate(np.random.default_rng(11), 60)
    ids = [str(i) for i in range(60)]
    described = compare_questions(scores, ids, ids).without_p()
    assert (described.p_value, described.sign_flip_p) == (None, None)
    assert described.same_databases.p_value is None
    assert described.low is not None


def test_unequal_lists_and_no_items_are_refused():
    with pytest.raises(ValueError, match="same items"):
        PairedScores(np.zeros(2), {"run": np.zeros(1)})
    with pytest.raises(ValueError, match="needs items"):
        PairedScores(np.zeros(0), {"run": np.zeros(0)})


@pytest.mark.real_data
@pytest.mark.skipif("ORACLE_DIR" not in os.environ, reason="ORACLE_DIR names no official verdicts")
def test_published_systems_differ_on_these_databases_and_may_not_on_new_ones(spider_dir):
    c3sql, codes = (
        np.array([float(row["ex"]) for row in read_jsonl(oracle_path(system))])
        for system in ("c3sql_chatgpt", "codes_1b_sft")
    )
    examples = read_examples(spider_dir / "dev.json")
    compared = compare_questions(
        PairedScores(c3sql, {"codes": codes}),
        [example.db_id for example in examples],
        [fold_sql(example.gold_sql) for example in examples],
    )
    assert (compared.num_clusters, compared.same_databases.num_clusters) == (20, 551)
    assert interval(compared) == "−9.0 to +1.0"
    assert interval(compared.same_databases) == "−6.9 to −1.0"
    assert (round(compared.p_value, 2), round(compared.same_databases.p_value, 3)) == (0.11, 0.009)


def oracle_path(system: str) -> Path:
    return Path(os.environ["ORACLE_DIR"]) / f"{system}.verdicts.jsonl"
