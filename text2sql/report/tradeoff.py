"""What was gained against what was lost: points, Pareto front, forgetting per point, a choice.

`specialization_gain` is EX(recipe) - EX(base); `generalization_change` is the mean accuracy of the
recipe over benchmarks above chance - that of the base, and negative where something was forgotten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from text2sql.report.estimators import Estimate, ratio_interval
from text2sql.report.hypotheses import ONE_SIDED_ALPHA, equivalence_p, noninferiority_p
from text2sql.report.significance import Comparison

MIN_GAIN = 2  # times the reach of its interval, from which a ratio of it is meaningful


@dataclass(frozen=True, kw_only=True)
class Ratio:
    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class LossTest:
    """The test of whether less than `limit` was lost (non-inferiority); all are fractions."""

    limit: float
    p_value: float
    passed: bool
    equivalence_p: float  # of neither losing nor gaining as much
    smallest_provable_limit: float  # passed with 80 % power by a variant without loss


@dataclass(frozen=True, kw_only=True)
class Point:
    """One recipe in the plane of gain and change; fractions, as everywhere in JSON."""

    variant: str
    specialization_gain: Comparison
    generalization_change: Comparison
    front_share: float  # of joint resamples in which it is on the Pareto front
    forgetting_per_point: Ratio | None  # points of accuracy lost per point of EX gained
    loss: LossTest | None  # None without an interval


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One recipe of several, named by some of the data and scored by the rest."""

    candidates: list[str]
    chosen: str | None  # None where none gained anything within the limit on what chooses
    chosen_on: list[str]
    specialization_gain: Comparison | None = None  # on what scores
    generalization_change: Comparison | None = None
    loss: LossTest | None = None
    gain_out_of_bag: float | None = None  # where the same questions choose and score
    recommended: bool = False
    reason: str = ""  # why it is not


@dataclass(frozen=True, kw_only=True)
class Tradeoff:
    max_forgetting: float
    points: list[Point] = field(default_factory=list)
    choices: dict[str, Choice] = field(default_factory=dict)  # among all, checkpoint, scale
    recommended: str | None = None


def forgetting_per_point(gain: Comparison, change: Comparison) -> Ratio | None:
    """Return the loss per point gained, by Fieller; None where the gain is not well above 0."""
    gained, changed = gain.estimate, change.estimate
    if gained is None or changed is None:
        return None
    reach = gained.mean - gained.interval()[0]
    if gained.mean < MIN_GAIN * reach:
        return None
    lost = Estimate(-changed.mean, changed.variance, changed.degrees_of_freedom)
    interval = ratio_interval(lost, gained, -covariance_of_runs(gain, change))
    if interval is None:
        return None
    return Ratio(value=lost.mean / gained.mean, low=interval[0], high=interval[1])


def covariance_of_runs(gain: Comparison, change: Comparison) -> float:
    """Return the covariance of both means over the same runs; 0 for a single run."""
    if len(gain.runs) < 2:
        return 0.0
    pairs = [[gain.runs[run], change.runs[run]] for run in gain.runs]
    return float(np.cov(np.array(pairs).T)[0, 1]) / len(pairs)


def loss_test(change: Comparison, limit: float) -> LossTest | None:
    """Return the test of a loss below `limit`, a fraction; None without an interval."""
    estimate = change.estimate
    if estimate is None or change.smallest_detectable is None:
        return None
    p_value = noninferiority_p(estimate, limit)
    return LossTest(
        limit=limit,
        p_value=p_value,
        passed=p_value < ONE_SIDED_ALPHA,
        equivalence_p=equivalence_p(estimate, limit),
        smallest_provable_limit=change.smallest_detectable,
    )


def name_best(gains: Mapping[str, float], changes: Mapping[str, float], limit: float) -> str | None:
    """Return the recipe with the highest gain among those whose loss is within the limit.

    By what was observed: other data test the recipe afterwards. None where no recipe gains anything
    within the limit.
    """
    allowed = {
        name: gain
        for name, gain in gains.items()
        if gain > 0 and name in changes and changes[name] >= -limit
    }
    return max(allowed, key=lambda name: allowed[name], default=None)


def judge(
    candidates: Sequence[str],
    chosen: str | None,
    chosen_on: Sequence[str],
    gain: Comparison | None,
    change: Comparison | None,
    limit: float,
    gain_out_of_bag: float | None = None,
) -> Choice:
    """Return the choice with what the scoring data say of it, and whether it is recommended.

    Recommended is what surely gains and surely loses less than the limit.
    """
    loss = loss_test(change, limit) if change else None
    reason = why_not(chosen, gain, loss)
    return Choice(
        candidates=list(candidates),
        chosen=chosen,
        chosen_on=list(chosen_on),
        specialization_gain=gain,
        generalization_change=change,
        loss=loss,
        gain_out_of_bag=gain_out_of_bag,
        recommended=not reason,
        reason=reason,
    )


def why_not(chosen: str | None, gain: Comparison | None, loss: LossTest | None) -> str:
    """Return why the chosen recipe is not recommended; "" where it is."""
    if chosen is None:
        return "none gains execution accuracy within the limit"
    if gain is None or gain.low is None:
        return "its gain has no interval"
    if gain.low <= 0:
        return "its gain may be nothing"
    if loss is None:
        return "its loss has no interval"
    if not loss.passed:
        return "it may have lost more than the limit"
    return ""
