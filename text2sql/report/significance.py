"""Paired comparisons of a recipe with the base: two readings of every difference.

A recipe has one run, or several that differ by their seed. docs/STATISTICS.md explains both
readings.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from text2sql.report.estimators import (
    Estimate,
    Floats,
    Sample,
    add_run_variance,
    clustered_mean,
    describe_sample,
    next_run_range,
    weighted_sum,
    with_floor,
)
from text2sql.report.hypotheses import sign_flip_p, smallest_detectable

MIN_RUNS_FOR_INTERVAL = 3  # the variance of two runs has one degree of freedom
MIN_RUNS_FOR_RANGE = 5


@dataclass(frozen=True)
class PairedScores:
    """Scores of the base and of each run of a recipe on the same items, in the same order."""

    base: Floats  # (n,)
    runs: dict[str, Floats]  # by variant, (n,) each

    def __post_init__(self) -> None:
        if not self.runs or not len(self.base):
            raise ValueError("a comparison needs items and a run")
        if any(len(scores) != len(self.base) for scores in self.runs.values()):
            raise ValueError("base and runs must have answered the same items")

    @property
    def differences(self) -> Floats:
        """Return other - base, (runs, n)."""
        return np.stack([scores - self.base for scores in self.runs.values()])

    @property
    def mean_differences(self) -> Floats:
        return np.asarray(self.differences.mean(axis=0), float)

    @property
    def are_right_or_wrong(self) -> bool:
        return all(bool(np.isin(s, (0, 1)).all()) for s in (self.base, *self.runs.values()))

    def take(self, chosen: NDArray[np.bool_]) -> "PairedScores":
        """Return the items for which `chosen` is true."""
        runs = {name: scores[chosen] for name, scores in self.runs.items()}
        return PairedScores(self.base[chosen], runs)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How far a difference reaches over other clusters like those of the study.

    Ends and p are None where clusters or runs are too few; `degrees_of_freedom` is None for a
    normal distribution too.
    """

    cluster: str  # what a cluster is: database, gold_query, item, passage, subtask, ...
    num_clusters: int
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    degrees_of_freedom: float | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A recipe against the base, in the unit of the scores; `difference` is other - base."""

    n: int
    base: float
    other: float
    difference: float
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    p_holm: float | None = None  # corrected over the family of comparisons
    sign_flip_p: float | None = None  # exact, with fewer than ten clusters and one run
    cluster: str
    num_clusters: int
    degrees_of_freedom: float | None = None
    standard_error: float | None = None
    same_databases: Reading | None = None
    other_subtasks: Reading | None = None
    num_better: int | None  # items on which the recipe scores higher, on average over its runs
    num_worse: int | None  # None where items have no score by themselves
    smallest_detectable: float | None = None  # true difference that is found with 80 % power
    benchmarks: list[str] | None = None  # those that a mean averages
    runs: dict[str, float] = field(default_factory=dict)  # difference of each of several runs
    run_sd: float | None = None  # standard deviation of a run, of five or more
    next_run: list[float] | None = None  # range of one more run's difference on the same items

    @property
    def estimate(self) -> Estimate | None:
        """Return the main reading; None without an interval."""
        if self.standard_error is None:
            return None
        degrees = np.inf if self.degrees_of_freedom is None else self.degrees_of_freedom
        return Estimate(self.difference, self.standard_error**2, degrees)

    def without_p(self) -> "Comparison":
        """Return the comparison as a row that is described and not tested."""
        same = self.same_databases and replace(self.same_databases, p_value=None)
        return replace(self, p_value=None, sign_flip_p=None, same_databases=same)


def compare_questions(
    scores: PairedScores, db_ids: Sequence[str], gold_queries: Sequence[str]
) -> Comparison:
    """Compare on Spider's questions: for new databases, and for these databases."""
    by_database = describe_sample(db_ids)
    by_query = describe_sample(list(zip(db_ids, gold_queries, strict=True)))
    main = estimate_difference(scores, by_database, by_query)
    same = estimate_difference(scores, by_query, by_query)
    return replace(
        describe(scores, by_database, "database", main),
        same_databases=read(same, "gold_query", by_query.num_clusters),
    )


def compare_items(
    scores: PairedScores, sample: Sample, cluster: str, subtasks: Sequence[str] = ()
) -> Comparison:
    """Compare on a benchmark's items, whose strata are its subtasks.

    `subtasks` names each item's; two or more give the second reading, other subtasks like these.
    """
    comparison = describe(scores, sample, cluster, estimate_difference(scores, sample, sample))
    num_subtasks = len(set(subtasks))
    if num_subtasks < 2:
        return comparison
    over_subtasks = estimate_over_subtasks(scores, sample)
    return replace(comparison, other_subtasks=read(over_subtasks, "subtask", num_subtasks))


def compare_means(parts: dict[str, tuple[PairedScores, Sample]]) -> Comparison:
    """Compare on the mean over benchmarks, which count equally whatever their size."""
    share = 1 / len(parts)
    estimates = [floored_mean(scores, sample, sample) for scores, sample in parts.values()]
    known = [estimate for estimate in estimates if estimate is not None]
    each = [describe(scores, sample, "item", None) for scores, sample in parts.values()]
    means = np.stack([scores.differences @ sample.weights for scores, sample in parts.values()])
    run_means = means.mean(axis=0)
    estimate = weighted_sum(known, [share] * len(known)) if len(known) == len(parts) else None
    n, num_clusters = sum(one.n for one in each), sum(one.num_clusters for one in each)
    comparison = Comparison(
        n=n,
        base=sum(share * one.base for one in each),
        other=sum(share * one.other for one in each),
        difference=float(run_means.mean()),
        cluster="item" if n == num_clusters else "cluster",
        num_clusters=num_clusters,
        num_better=sum(one.num_better or 0 for one in each),
        num_worse=sum(one.num_worse or 0 for one in each),
        benchmarks=list(parts),
    )
    names = next(iter(parts.values()))[0].runs
    return add_interval(comparison, add_runs(estimate, run_means), list(names), run_means)


def floored_mean(scores: PairedScores, sample: Sample, units: Sample) -> Estimate | None:
    """Return the mean difference over items, averaged over runs; None without an interval.

    `units` are the clusters whose items repeat each other, which the floor of the variance counts.
    """
    if not sample.has_interval:
        return None
    estimate = clustered_mean(scores.mean_differences, sample)
    return apply_floor(estimate, scores, units)


def apply_floor(estimate: Estimate, scores: PairedScores, units: Sample) -> Estimate:
    """Return the estimate with the floor of the variance, which right-or-wrong items have."""
    if not scores.are_right_or_wrong:
        return estimate
    return with_floor(estimate, scores.mean_differences, units)


def estimate_difference(scores: PairedScores, sample: Sample, units: Sample) -> Estimate | None:
    run_means = scores.differences @ sample.weights
    return add_runs(floored_mean(scores, sample, units), run_means)


def add_runs(over_items: Estimate | None, run_means: Floats) -> Estimate | None:
    """Return the estimate of a single run as it is, and that of several with their variance."""
    if over_items is None or len(run_means) == 1:
        return over_items
    if len(run_means) < MIN_RUNS_FOR_INTERVAL:
        return None
    return add_run_variance(over_items, run_means)


def estimate_over_subtasks(scores: PairedScores, sample: Sample) -> Estimate | None:
    """Return the estimate with the subtasks, which are the strata of `sample`, as clusters."""
    sizes = np.bincount(sample.strata)
    weights = np.bincount(sample.strata, sample.weights)
    values = scores.mean_differences
    if np.allclose(weights, 1 / len(sizes)):  # also where they are of one size
        values = np.bincount(sample.strata, values) / sizes
        over_subtasks = clustered_mean(values, describe_sample(range(len(sizes))))
    else:
        over_subtasks = clustered_mean(values, describe_sample(sample.strata.tolist()))
    estimate = apply_floor(over_subtasks, scores, sample)
    return add_runs(estimate, scores.differences @ sample.weights)


def describe(
    scores: PairedScores, sample: Sample, cluster: str, estimate: Estimate | None
) -> Comparison:
    differences = scores.mean_differences
    run_means = scores.differences @ sample.weights
    base = sample.mean(scores.base)
    comparison = Comparison(
        n=len(scores.base),
        base=base,
        other=base + float(run_means.mean()),
        difference=float(run_means.mean()),
        cluster=cluster,
        num_clusters=sample.num_clusters,
        num_better=int((differences > 0).sum()),
        num_worse=int((differences < 0).sum()),
    )
    comparison = add_interval(comparison, estimate, list(scores.runs), run_means)
    if estimate is None or len(run_means) > 1:
        return comparison
    return replace(comparison, sign_flip_p=sign_flip_p(differences, sample))


def add_interval(
    comparison: Comparison, estimate: Estimate | None, names: Sequence[str], run_means: Floats
) -> Comparison:
    """Return the comparison with its main reading and what is known of its runs."""
    if len(run_means) > 1:
        runs = dict(zip(names, run_means.tolist(), strict=True))
        comparison = replace(comparison, runs=runs)
    if len(run_means) >= MIN_RUNS_FOR_RANGE:
        spread = float(run_means.std(ddof=1))
        comparison = replace(comparison, run_sd=spread, next_run=[*next_run_range(run_means)])
    if estimate is None:
        return comparison
    main = read(estimate, comparison.cluster, comparison.num_clusters)
    return replace(
        comparison,
        low=main.low,
        high=main.high,
        p_value=main.p_value,
        degrees_of_freedom=main.degrees_of_freedom,
        standard_error=estimate.standard_error,
        smallest_detectable=smallest_detectable(estimate),
    )


def read(estimate: Estimate | None, cluster: str, num_clusters: int) -> Reading:
    if estimate is None:
        return Reading(cluster=cluster, num_clusters=num_clusters)
    low, high = estimate.interval()
    degrees = estimate.degrees_of_freedom
    return Reading(
        cluster=cluster,
        num_clusters=num_clusters,
        low=low,
        high=high,
        p_value=estimate.p_value(),
        degrees_of_freedom=degrees if np.isfinite(degrees) else None,
    )
