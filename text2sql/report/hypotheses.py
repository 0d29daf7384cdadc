"""Tests that go with the estimates: what a study shows, what it could have shown, how many at once.

Tests of a limit are one-sided at half of 1 - CONFIDENCE, so that each agrees with the 95 % interval
that is printed beside it.
"""

from collections.abc import Sequence
from functools import cache
from itertools import product

import numpy as np

from text2sql.report.estimators import CONFIDENCE, POWER, Estimate, Floats, Sample

ALPHA = 1 - CONFIDENCE
ONE_SIDED_ALPHA = ALPHA / 2
MAX_FLIPPED_CLUSTERS = 9  # 2^9 assignments of signs are all tried
NORMAL_FROM = 1e4  # degrees of freedom


def sign_flip_p(differences: Floats, sample: Sample) -> float | None:
    """Return the exact two-sided p of exchanging both variants in whole clusters.

    Fisher's randomisation test (1935, The Design of Experiments, section 21) with a cluster as the
    unit. None for ten clusters or more, where the t-test is close enough. The smallest possible
    value is 2 / 2^clusters.
    """
    if sample.num_clusters > MAX_FLIPPED_CLUSTERS:
        return None
    sums = sample.cluster_sums(sample.weights * differences)
    signs = np.array(list(product((1, -1), repeat=len(sums))))
    flipped = np.abs(signs @ sums)
    return float((flipped >= abs(sums.sum()) * (1 - 1e-9)).mean())


def noninferiority_p(change: Estimate, limit: float) -> float:
    """Return the one-sided p against a loss of `limit` or more; small if less was lost."""
    return change.p_above(-limit)


def equivalence_p(change: Estimate, limit: float) -> float:
    """Return the larger p of both one-sided tests (Schuirmann 1987, doi:10.1007/BF01068419)."""
    return max(change.p_above(-limit), change.p_below(limit))


def smallest_detectable(estimate: Estimate) -> float | None:
    """Return the true difference that the two-sided test finds with 80 % power.

    It is also the smallest limit of loss that a variant without any loss would pass with 80 %
    power. None where the variance is 0.
    """
    if estimate.variance == 0:
        return None
    return detectable_multiple(estimate.degrees_of_freedom) * estimate.standard_error


@cache  # a report asks for the same degrees of freedom again and again
def detectable_multiple(degrees: float) -> float:
    """Return the difference in standard errors that a t-test finds with 80 % power."""
    from scipy.optimize import brentq
    from scipy.stats import nct, norm, t

    if degrees > NORMAL_FROM:
        return float(norm.ppf(1 - ALPHA / 2) + norm.ppf(POWER))
    critical = float(t.ppf(1 - ALPHA / 2, degrees))

    def missing_power(shift: float) -> float:
        return float(nct.sf(critical, degrees, shift)) - POWER

    return float(brentq(missing_power, 0, 3 * critical + 5))


def correct_for_several(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values (1979, Scand. J. Statist. 6), in the same order."""
    p = np.asarray(p_values, float)
    order = np.argsort(p)
    adjusted = np.empty(len(p))
    factors = len(p) - np.arange(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1)
    return [float(value) for value in adjusted]
