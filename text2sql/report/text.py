"""Numbers as people read them: percent, points, intervals, and how many items in what clusters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from text2sql.counts import how_many
from text2sql.report.significance import MIN_RUNS_FOR_INTERVAL, Comparison, Reading
from text2sql.report.tradeoff import Ratio

NONE = "–"
CLUSTERS = {  # one, several
    "database": ("database", "databases"),
    "gold_query": ("gold query", "gold queries"),
    "item": ("item", "items"),
    "twins": ("pair of twins", "pairs of twins"),
    "phenomenon": ("phenomenon", "phenomena"),
}


def percent(fraction: float | None) -> str:
    return NONE if fraction is None else f"{100 * fraction:.1f}"


def points(fraction: float | None) -> str:
    """Return a signed difference in points; one that rounds to nothing has no sign."""
    if fraction is None:
        return NONE
    rounded = round(100 * fraction, 1)
    return f"{rounded:+.1f}".replace("-", "−") if rounded else "0.0"


def number(score: float | None) -> str:
    """Return a score that is not a fraction, such as a perplexity."""
    return NONE if score is None else f"{score:.4g}"


def signed_number(difference: float | None) -> str:
    if difference is None:
        return NONE
    return f"{difference:+.3g}".replace("-", "−") if difference else "0"


@dataclass(frozen=True)
class Unit:
    """How the scores of a table's row, and their differences, are written."""

    score: Callable[[float | None], str]
    difference: Callable[[float | None], str]


PERCENT = Unit(percent, points)
OWN_UNIT = Unit(number, signed_number)


def interval(reading: Comparison | Reading | None, unit: Unit = PERCENT) -> str:
    if reading is None or reading.low is None or reading.high is None:
        return NONE
    return f"{unit.difference(reading.low)} to {unit.difference(reading.high)}"


def p_value(p: float | None) -> str:
    if p is None:
        return NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def ratio(value: float | None) -> str:
    """Return points lost per point gained; negative where the score rose."""
    if value is None:
        return NONE
    rounded = round(value, 2)
    return f"{rounded:.2f}".replace("-", "−") if rounded else "0.00"


def ratio_with_interval(found: Ratio | None) -> str:
    if found is None:
        return NONE
    return f"{ratio(found.value)} ({ratio(found.low)} to {ratio(found.high)})"


def clusters(reading: Comparison | Reading) -> str:
    """Return "20 databases"; a field that the user named keeps its own word."""
    one, several = CLUSTERS.get(reading.cluster, (reading.cluster, f"{reading.cluster}s"))
    return how_many(reading.num_clusters, one, several)


def counted(comparison: Comparison, what: str = "") -> str:
    """Return "1,034 questions in 20 databases", or "400 items" where each is a cluster.

    `what` is one of them: "question".
    """
    if comparison.cluster == "document":
        return clusters(comparison)
    n = how_many(comparison.n, what) if what else f"{comparison.n:,}"
    return n if comparison.num_clusters == comparison.n else f"{n} in {clusters(comparison)}"


def listed(names: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def mean_name(benchmarks: Sequence[str]) -> str:
    return benchmarks[0] if len(benchmarks) == 1 else f"the mean of {listed(benchmarks)}"


def quoted(comparison: Comparison, what: str) -> str:
    """Return a difference as a sentence quotes it: both readings, n and its clusters."""
    shown = f"{points(comparison.difference)} points"
    n = f"n = {counted(comparison, what)}"
    same = comparison.same_databases
    here = f"on these databases {interval(same)}" if same and same.low is not None else ""
    if comparison.low is None:
        return f"{shown} ({'; '.join(filter(None, [no_interval(comparison), here, n]))})"
    return f"{shown} (95 % interval {interval(comparison)}, {n}{'; ' + here if here else ''})"


def no_interval(comparison: Comparison) -> str:
    """Return why a comparison has no interval."""
    if len(comparison.runs) > 1 and len(comparison.runs) < MIN_RUNS_FOR_INTERVAL:
        runs = listed([points(difference) for difference in comparison.runs.values()])
        return f"two runs, {runs}: too few for an interval"
    if comparison.cluster == "database":
        return "one database: no interval for new ones"
    return "no interval: too few clusters"


def moved(comparison: Comparison) -> str | None:
    """Return which way a score went; None where its interval leaves that open."""
    low, high = comparison.low, comparison.high
    if low is None or high is None or low <= 0 <= high:
        return None
    return "rose" if low > 0 else "fell"
