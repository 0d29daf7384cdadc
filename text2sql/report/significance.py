"""Paired differences with their intervals and tests, by scipy and statsmodels.

Every function takes the scores of two variants on the same items in the same order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
POWER = 0.8
NUMBERS_AT_ONCE = 10_000_000  # drawn numbers that are held in memory together

Pair = tuple[Sequence[float], Sequence[float]]  # base's and the other variant's scores


@dataclass(frozen=True)
class Comparison:
    """`difference` is other − base, in the unit of the scores."""

    n: int
    base: float
    other: float
    difference: float
    low: float | None  # None where a stratum has a single item
    high: float | None
    p_value: float
    test: str  # exact McNemar or sign-flip permutation
    num_better: int  # items on which the other variant scores higher
    num_worse: int
    smallest_detectable: float | None  # what 80 of 100 studies of this size would notice


def compare(base: Sequence[float], other: Sequence[float], **settings: int) -> Comparison:
    """Compare two variants on items that all count the same."""
    return compare_strata([(base, other)], **settings)


def compare_strata(
    strata: Sequence[Pair],
    *,
    seed: int,
    num_bootstrap: int,
    weights: Sequence[float] | None = None,
) -> Comparison:
    """Compare two variants on the mean over strata, whose items are resampled within them.

    Strata are the benchmarks of a study, or the subtasks of one. They count equally whatever
    their size, unless `weights`, which sum to 1, say otherwise.
    """
    pairs = [(np.asarray(base, float), np.asarray(other, float)) for base, other in strata]
    if not pairs or any(len(base) != len(other) or not len(base) for base, other in pairs):
        raise ValueError("every stratum needs items, and the same ones for both variants")
    weights = [1 / len(pairs)] * len(pairs) if weights is None else list(weights)
    differences = [other - base for base, other in pairs]
    low, high, standard_error = bootstrap_interval(differences, weights, seed, num_bootstrap)
    if len(pairs) == 1 and is_right_or_wrong(*pairs[0]):
        test, p_value = "exact McNemar", exact_mcnemar(*pairs[0])
    else:
        test = "sign-flip permutation"
        p_value = sign_flip_test(differences, weights, seed, num_bootstrap)
    return Comparison(
        n=sum(map(len, differences)),
        base=mean_of_means((base for base, _ in pairs), weights),
        other=mean_of_means((other for _, other in pairs), weights),
        difference=mean_of_means(differences, weights),
        low=low,
        high=high,
        p_value=p_value,
        test=test,
        num_better=sum(int((values > 0).sum()) for values in differences),
        num_worse=sum(int((values < 0).sum()) for values in differences),
        smallest_detectable=smallest_detectable(standard_error),
    )


def pool(strata: Sequence[Pair]) -> Pair:
    """Return all items of the strata as one, so that each item counts the same."""
    return tuple(np.concatenate(side) for side in zip(*strata, strict=True))


def mean_of_means(strata: Iterable[np.ndarray], weights: Sequence[float]) -> float:
    return float(np.average([values.mean() for values in strata], weights=weights))


def is_right_or_wrong(base: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.isin(base, (0, 1)).all() and np.isin(other, (0, 1)).all())


def bootstrap_interval(
    differences: Sequence[np.ndarray], weights: Sequence[float], seed: int, num_bootstrap: int
) -> tuple[float, float, float] | tuple[None, None, None]:
    """Return the ends of the paired 95 % percentile interval, and the standard error.

    None where a stratum has a single item: nothing is known of how its items vary.
    """
    if min(map(len, differences)) == 1:
        return None, None, None
    rng = np.random.default_rng(seed)
    means = sum(
        weight * resample_means(values, num_bootstrap, rng)
        for values, weight in zip(differences, weights, strict=True)
    )
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, (tail, 1 - tail))
    return float(low), float(high), float(means.std(ddof=1))


def resample_means(values: np.ndarray, num_draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return the means of so many samples of the same size, drawn with replacement.

    How often such a sample holds each distinct value is a multinomial draw. Right-or-wrong items
    have three distinct differences, however many they are: no item need be drawn by itself.
    """
    from scipy.stats import multinomial

    distinct, counts = np.unique(values, return_counts=True)
    shares = counts / len(values)
    drawn = [
        multinomial.rvs(len(values), shares, size=size, random_state=rng) @ distinct
        for size in batches(num_draws, len(distinct))
    ]
    return np.concatenate(drawn) / len(values)


def batches(num_draws: int, width: int) -> list[int]:
    """Return how many draws of so many numbers are made together, to bound the memory."""
    largest = max(1, NUMBERS_AT_ONCE // max(1, width))
    whole, rest = divmod(num_draws, largest)
    return [largest] * whole + [rest] * bool(rest)


def exact_mcnemar(base: np.ndarray, other: np.ndarray) -> float:
    """Return McNemar's exact two-sided p; 1 where no item changed."""
    from statsmodels.stats.contingency_tables import mcnemar

    table = [[int(((base == b) & (other == o)).sum()) for o in (1, 0)] for b in (1, 0)]
    if table[0][1] + table[1][0] == 0:
        return 1.0
    return float(mcnemar(table, exact=True).pvalue)


def sign_flip_test(
    differences: Sequence[np.ndarray], weights: Sequence[float], seed: int, num_permutations: int
) -> float:
    """Return the two-sided p of swapping both variants' scores of each item at random."""
    rng = np.random.default_rng(seed)
    observed, swapped = 0.0, np.zeros(num_permutations)
    for values, weight in zip(differences, weights, strict=True):
        observed += weight * values.mean()
        swapped += weight * swap_means(values, num_permutations, rng)
    as_far = np.abs(swapped) >= abs(observed) * (1 - 1e-9)  # equal but for rounding counts
    return float((as_far.sum() + 1) / (num_permutations + 1))


def swap_means(values: np.ndarray, num_draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return the means of the values with random signs; of equal ones a binomial share is +."""
    from scipy.stats import binom

    sizes, counts = np.unique(np.abs(values[values != 0]), return_counts=True)
    drawn = [
        (2 * binom.rvs(counts, 0.5, size=(size, len(counts)), random_state=rng) - counts) @ sizes
        for size in batches(num_draws, len(counts))
    ]
    return np.concatenate(drawn) / len(values)


def smallest_detectable(standard_error: float | None) -> float | None:
    """Return the true difference that a two-sided 5 % test finds with 80 % power."""
    from scipy.stats import norm

    if not standard_error:
        return None
    return float((norm.ppf((1 + CONFIDENCE) / 2) + norm.ppf(POWER)) * standard_error)


def correct_for_several(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values, in the same order."""
    from statsmodels.stats.multitest import multipletests

    return [float(p) for p in multipletests(p_values, method="holm")[1]] if p_values else []
