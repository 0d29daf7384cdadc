"""Choosing a variant apart from scoring it: halves of clusters, out-of-bag gains, fronts.

What chose a variant overstates it. Where a holdout exists it chooses; else clusters that a
resample left out tell by how much the choice overstates.
"""

import hashlib
from collections.abc import Sequence

import numpy as np

from text2sql.report.estimators import Floats, Sample

NUMBERS_AT_ONCE = 10_000_000  # drawn numbers that are held in memory together


def is_in_choosing_half(cluster_name: str) -> bool:
    """Return whether a cluster chooses variants; the others score what was chosen.

    By a hash of the name, so that the halves are the same in every study and on every machine.
    """
    return hashlib.sha256(cluster_name.encode()).digest()[0] < 128


def out_of_bag_gain(
    gains: Floats, sample: Sample, rng: np.random.Generator, num_resamples: int
) -> float | None:
    """Return the gain of the best variant on the clusters that did not choose it.

    `gains` is items x variants. Each resample of clusters chooses its best variant, whose gain is
    averaged over the clusters that were not drawn (Efron and Tibshirani 1997,
    doi:10.1080/01621459.1997.10474007). None for a single cluster.
    """
    if sample.num_clusters < 2:
        return None
    sums = np.stack([sample.cluster_sums(sample.weights * column) for column in gains.T], axis=1)
    sizes = sample.cluster_sums(sample.weights)
    counts = draw_counts(len(sizes), np.ones(len(sizes)), rng, num_resamples)
    best = (counts @ sums / (counts @ sizes)[:, None]).argmax(axis=1)
    outside = counts == 0
    gained = (outside @ sums)[np.arange(num_resamples), best].sum()
    return float(gained / (outside @ sizes).sum())


def resample_means(
    values: Floats, sample: Sample, rng: np.random.Generator, num_resamples: int
) -> Floats:
    """Return the means (resamples x columns) of `values` (items x columns).

    Whole clusters are drawn with replacement within their strata, for all columns together.
    """
    means = np.zeros((num_resamples, values.shape[1]))
    for stratum in range(int(sample.strata.max()) + 1):
        inside = sample.strata == stratum
        sizes, sums = distinct_clusters(sample.clusters[inside], values[inside])
        drawn = [
            (counts @ sums) / (counts @ sizes[:, 0])[:, None]
            for size in batches(num_resamples, len(sizes))
            for counts in [draw_counts(int(sizes[:, 1].sum()), sizes[:, 1], rng, size)]
        ]
        means += sample.weights[inside].sum() * np.concatenate(drawn)
    return means


def batches(num_resamples: int, num_kinds: int) -> list[int]:
    """Return how many resamples are drawn at a time, to bound the memory."""
    largest = max(1, NUMBERS_AT_ONCE // num_kinds)
    whole, rest = divmod(num_resamples, largest)
    return [largest] * whole + [rest] * bool(rest)


def distinct_clusters(clusters: Sequence[int], values: Floats) -> tuple[Floats, Floats]:
    """Return the distinct clusters as (items, how many there are) and their sums by column.

    Right-or-wrong items have few distinct sums: thousands of clusters become dozens of rows.
    """
    _, codes = np.unique(clusters, return_inverse=True)
    columns = [np.bincount(codes), *(np.bincount(codes, column) for column in values.T)]
    rows, counts = np.unique(np.stack(columns, axis=1), axis=0, return_counts=True)
    return np.stack([rows[:, 0], counts], axis=1), rows[:, 1:]


def draw_counts(
    num_clusters: int, shares: Floats, rng: np.random.Generator, num_resamples: int
) -> Floats:
    """Return how often each kind of cluster is drawn in each resample, (resamples, kinds)."""
    drawn = rng.multinomial(num_clusters, shares / shares.sum(), num_resamples)
    return drawn.astype(float)


def draw_run_means(
    means: Floats, recipes: Sequence[Sequence[int]], draws: Sequence[Floats]
) -> Floats:
    """Return each recipe's mean over its resampled runs, (resamples, recipes).

    `means` is resamples x runs; `recipes` are the columns of each one's runs; `draws` how often
    each of these runs was drawn, the same for gain and loss.
    """
    return np.stack(
        [
            (means[:, runs] * counts).sum(axis=1) / len(runs)
            for runs, counts in zip(recipes, draws, strict=True)
        ],
        axis=1,
    )


def front_shares(gains: Floats, changes: Floats) -> Floats:
    """Return for each variant the share of resamples in which it is on the Pareto front.

    Both are resamples x variants. The base, at 0 in both, competes too. A variant is off the front
    where another is at least as good in both and better in one.
    """
    gains, changes = (np.pad(values, ((0, 0), (0, 1))) for values in (gains, changes))
    shares = []
    for variant in range(gains.shape[1] - 1):
        gain, change = gains[:, [variant]], changes[:, [variant]]
        as_good = (gains >= gain) & (changes >= change)
        better = (gains > gain) | (changes > change)
        shares.append(1 - (as_good & better).any(axis=1).mean())
    return np.array(shares)
