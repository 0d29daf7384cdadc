"""Means of paired differences with standard errors that respect clusters, strata and seeds.

Nothing here draws random numbers: every interval and p-value is a t statistic. docs/STATISTICS.md
explains the formulas in plain words and shows how often the intervals cover the truth.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
POWER = 0.8
DUPLICATES = 2.0  # design effect assumed for clusters where no item changed

Floats = NDArray[np.float64]
Labels = Sequence[Hashable]


@dataclass(frozen=True)
class Estimate:
    """A mean, the variance of that mean, and the variance's degrees of freedom (may be inf)."""

    mean: float
    variance: float
    degrees_of_freedom: float

    @property
    def standard_error(self) -> float:
        return float(self.variance**0.5)

    def interval(self, level: float = CONFIDENCE) -> tuple[float, float]:
        from scipy.stats import t

        half = float(t.ppf((1 + level) / 2, self.degrees_of_freedom)) * self.standard_error
        return self.mean - half, self.mean + half

    def p_value(self, null: float = 0.0) -> float:
        """Return the two-sided p of a mean equal to `null`."""
        return min(1.0, 2 * min(self.p_above(null), self.p_below(null)))

    def p_above(self, null: float) -> float:
        """Return the one-sided p against a mean of at most `null`; small if it is above."""
        from scipy.stats import t

        if self.variance == 0:
            return float(self.mean <= null)
        return float(t.sf((self.mean - null) / self.standard_error, self.degrees_of_freedom))

    def p_below(self, null: float) -> float:
        """Return the one-sided p against a mean of at least `null`; small if it is below."""
        return Estimate(-self.mean, self.variance, self.degrees_of_freedom).p_above(-null)


@dataclass(frozen=True)
class Sample:
    """What ties items together: a cluster and a stratum for each, and its weight in the mean.

    Clusters are drawn at random within strata, which are fixed. Weights sum to 1 and are equal
    within a stratum.
    """

    clusters: NDArray[np.intp]  # (n,), 0 .. num_clusters - 1; none crosses a stratum
    strata: NDArray[np.intp]  # (n,), 0 .. num_strata - 1
    weights: Floats  # (n,)

    @property
    def num_clusters(self) -> int:
        return int(self.clusters.max()) + 1

    @property
    def has_interval(self) -> bool:
        """Return whether every stratum has two clusters, the fewest that can show a variance."""
        return int(np.bincount(self.cluster_strata).min()) > 1

    @property
    def cluster_strata(self) -> NDArray[np.intp]:
        strata = np.zeros(self.num_clusters, np.intp)
        strata[self.clusters] = self.strata
        return strata

    def mean(self, values: Floats) -> float:
        return float(self.weights @ values)

    def cluster_sums(self, values: Floats) -> Floats:
        return np.bincount(self.clusters, values, self.num_clusters).astype(float)


def describe_sample(
    clusters: Labels, strata: Labels | None = None, equal_strata: bool = False
) -> Sample:
    """Return the sample in which items with equal labels share a cluster, or a stratum.

    Every item counts the same, or with `equal_strata` every stratum. Equal cluster labels in two
    strata are two clusters.
    """
    if not len(clusters):
        raise ValueError("a sample needs items")
    stratum_codes = encode(strata if strata is not None else [0] * len(clusters))
    cluster_codes = encode(list(zip(stratum_codes.tolist(), clusters, strict=True)))
    weights = np.ones(len(clusters))
    if equal_strata:
        weights = 1 / np.bincount(stratum_codes)[stratum_codes]
    return Sample(cluster_codes, stratum_codes, weights / weights.sum())


def encode(labels: Labels) -> NDArray[np.intp]:
    """Return the position of each label among the distinct ones, in order of appearance."""
    codes: dict[Hashable, int] = {}
    return np.array([codes.setdefault(label, len(codes)) for label in labels], np.intp)


def clustered_mean(values: Floats, sample: Sample) -> Estimate:
    """Return the mean with its CR2 variance and Imbens and Kolesár's degrees of freedom.

    CR2 (Bell and McCaffrey 2002, Survey Methodology 28(2)) divides each cluster's sum of residuals
    by the root of 1 - its share of the stratum, which makes the variance unbiased where items are
    independent. The degrees of freedom are Satterthwaite's under random cluster effects, whose
    correlation is estimated (Imbens and Kolesár 2016, doi:10.1162/REST_a_00552) and not below 0.
    Singletons give the t-test on items, clusters of one size that on their means.
    """
    if not sample.has_interval:
        raise ValueError("a stratum with one cluster does not show how clusters vary")
    sizes, left_out = cluster_sizes(sample)
    residuals = values - stratum_means(values, sample)
    weights = cluster_weights(sample)
    variance = float((weights**2 * sample.cluster_sums(residuals) ** 2 / left_out).sum())
    between, within = variance_components(values, sample)
    if between == within == 0:
        within = 1.0
    degrees = satterthwaite_degrees(
        sizes, left_out, weights, sample.cluster_strata, within, between
    )
    return Estimate(sample.mean(values), variance, degrees)


def cluster_sizes(sample: Sample) -> tuple[Floats, Floats]:
    """Return each cluster's number of items, and the share of its stratum outside of it."""
    sizes = np.bincount(sample.clusters).astype(float)
    totals = np.bincount(sample.strata)[sample.cluster_strata]
    return sizes, 1 - sizes / totals


def cluster_weights(sample: Sample) -> Floats:
    """Return the weight of an item of each cluster."""
    weights = np.zeros(sample.num_clusters)
    weights[sample.clusters] = sample.weights
    return weights


def stratum_means(values: Floats, sample: Sample) -> Floats:
    """Return for each item the mean over its stratum."""
    means = np.bincount(sample.strata, values) / np.bincount(sample.strata)
    return means[sample.strata]


def variance_components(values: Floats, sample: Sample) -> tuple[float, float]:
    """Return the variances of cluster effects and of items within a cluster.

    Those of the one-way analysis of variance within strata, not below 0 (Searle, Casella and
    McCulloch 1992, ch. 3). Residual products as in R's dfadjust would be biased towards 0.
    """
    sizes = np.bincount(sample.clusters).astype(float)
    num_items, num_clusters, num_strata = len(values), len(sizes), int(sample.strata.max()) + 1
    cluster_means = sample.cluster_sums(values) / sizes
    inner = values - cluster_means[sample.clusters]
    outer = cluster_means[sample.clusters] - stratum_means(values, sample)
    if num_clusters == num_items:
        return 0.0, float(outer @ outer) / max(num_items - num_strata, 1)
    within = float(inner @ inner) / (num_items - num_clusters)
    if num_clusters == num_strata:  # nothing shows how clusters differ
        return 0.0, within
    totals = np.bincount(sample.strata)[sample.cluster_strata]
    size = (num_items - float((sizes**2 / totals).sum())) / (num_clusters - num_strata)
    between = (float(outer @ outer) / (num_clusters - num_strata) - within) / size
    return max(between, 0.0), within


def satterthwaite_degrees(
    sizes: Floats,
    left_out: Floats,
    weights: Floats,
    strata: NDArray[np.intp],
    within: float,
    between: float,
) -> float:
    """Return trace(G)² / |G|² of the covariance G of the clusters' adjusted residual sums.

    With D = diag(sizes), s the sizes, n their sum and M = D - s s'/n in each stratum, G is
    W (within M + between M M) W for W = diag(weights / √left_out). As M is diagonal but for a
    matrix of rank one, G is diag(a) - (u v' + v u') and costs a pass over the clusters.
    """
    scale = weights / np.sqrt(left_out)
    total = np.bincount(strata, sizes)[strata]
    squares = np.bincount(strata, sizes**2)[strata]
    a = scale**2 * (within * sizes + between * sizes**2)
    u = scale * sizes
    v = u * (within / total - between * squares / total**2) / 2 + scale * sizes**2 * between / total
    trace = (a - 2 * u * v).sum()
    uu, vv, uv = (np.bincount(strata, product) for product in (u * u, v * v, u * v))
    norm = (a**2 - 4 * a * u * v).sum() + 2 * (uu * vv + uv**2).sum()
    return float(trace**2 / norm)


def with_floor(estimate: Estimate, differences: Floats, sample: Sample) -> Estimate:
    """Return the estimate with a variance not below that of Bonett and Price.

    For paired proportions (2012, doi:10.3102/1076998611411915): one more pair in each of the two
    cells that changed, two more in n. Without it twenty unchanged items would give 0.0 to 0.0.
    The floor is known, not estimated: it raises the degrees of freedom by the square of the ratio
    of the variances, up to those of the normal distribution where nothing changed.
    """
    floor = bonett_price_variance(differences, sample)
    if floor <= estimate.variance:
        return estimate
    if estimate.variance == 0:
        return Estimate(estimate.mean, floor, np.inf)
    degrees = estimate.degrees_of_freedom * (floor / estimate.variance) ** 2
    return Estimate(estimate.mean, floor, degrees)


def bonett_price_variance(differences: Floats, sample: Sample) -> float:
    """Return the variance with one better and one worse item added.

    n is that of independent items of equal weight which would give as exact a mean: duplicates
    count once. Differences averaged over runs enter with their squares.
    """
    n = 1 / float(sample.weights @ sample.weights) / design_effect(differences, sample)
    changed = (n * sample.mean(differences**2) + 2) / (n + 2)
    change = n * sample.mean(differences) / (n + 2)
    return (changed - change**2) / (n + 2)


def design_effect(values: Floats, sample: Sample) -> float:
    """Return by how much clusters multiply the variance of a mean of equal weights (Kish 1965).

    Where no item differs from another the correlation cannot be estimated; then items are taken
    to come in identical pairs, in clusters of two or more.
    """
    sizes = np.bincount(sample.clusters)
    size = float((sizes**2).sum() / sizes.sum())  # of the cluster of a random item
    between, within = variance_components(values, sample)
    if between + within == 0:
        return min(size, DUPLICATES)
    return 1 + (size - 1) * between / (between + within)


def weighted_sum(parts: Sequence[Estimate], weights: Sequence[float]) -> Estimate:
    """Return the weighted sum of independent estimates, by Welch and Satterthwaite."""
    variances = [w**2 * part.variance for w, part in zip(weights, parts, strict=True)]
    total = sum(variances)
    spread = sum(
        variance**2 / part.degrees_of_freedom
        for variance, part in zip(variances, parts, strict=True)
    )
    degrees = total**2 / spread if spread else np.inf
    mean = sum(w * part.mean for w, part in zip(weights, parts, strict=True))
    return Estimate(mean, total, degrees)


def add_run_variance(over_items: Estimate, run_means: Floats) -> Estimate:
    """Return the estimate for a recipe whose runs differ in their seed, from that of their mean.

    Seeds and items are crossed, so the variance of the mean of runs is added (the two-way random
    effects of Cameron and Miller 2015, doi:10.3368/jhr.50.2.317, less the residual, which the
    variance over items already holds). At least two runs.
    """
    num_runs = len(run_means)
    if num_runs < 2:
        raise ValueError("one run does not show how runs vary")
    over_runs = Estimate(0.0, float(run_means.var(ddof=1)) / num_runs, num_runs - 1)
    return weighted_sum([over_items, over_runs], [1, 1])


def next_run_range(run_means: Floats, level: float = CONFIDENCE) -> tuple[float, float]:
    """Return the prediction interval of one more run's mean on the same items."""
    from scipy.stats import t

    num_runs, spread = len(run_means), float(run_means.std(ddof=1))
    half = float(t.ppf((1 + level) / 2, num_runs - 1)) * spread * (1 + 1 / num_runs) ** 0.5
    middle = float(run_means.mean())
    return middle - half, middle + half


def ratio_interval(
    numerator: Estimate, denominator: Estimate, covariance: float = 0.0, level: float = CONFIDENCE
) -> tuple[float, float] | None:
    """Return Fieller's interval (1954) of a ratio; None where it is not bounded.

    Degrees of freedom are Satterthwaite's of numerator - ratio x denominator at the estimated
    ratio. It is unbounded exactly where the denominator's own interval at those degrees of freedom
    includes 0.
    """
    from scipy.stats import t

    if denominator.mean == 0:
        return None
    ratio = numerator.mean / denominator.mean
    difference = weighted_sum([numerator, denominator], [1, -ratio])
    quantile = float(t.ppf((1 + level) / 2, difference.degrees_of_freedom))
    a = denominator.mean**2 - quantile**2 * denominator.variance
    b = numerator.mean * denominator.mean - quantile**2 * covariance
    c = numerator.mean**2 - quantile**2 * numerator.variance
    if a <= 0:
        return None
    half = max(b**2 - a * c, 0.0) ** 0.5
    return (b - half) / a, (b + half) / a
