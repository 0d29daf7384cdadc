"""What was gained against what was lost: points, Pareto front, price and recommendation.

`specialization_gain` is EX(variant) − EX(base); `generalization_change` is the mean benchmark
accuracy of the variant − that of the base, and negative where something was forgotten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from text2sql.report.significance import Comparison


@dataclass(frozen=True)
class Point:
    """One variant in the plane of gain and change; fractions, as everywhere in JSON."""

    variant: str
    specialization_gain: Comparison
    generalization_change: Comparison
    on_front: bool
    price: float | None  # points of general ability paid per point of EX gained


def place_variants(
    gains: Mapping[str, Comparison], changes: Mapping[str, Comparison]
) -> list[Point]:
    """Return a point for every variant that has both a gain and a change, in their order.

    The base stands at the origin and competes for the front like any other.
    """
    places = {
        variant: (gain.difference, changes[variant].difference)
        for variant, gain in gains.items()
        if variant in changes
    }
    return [
        Point(
            variant=variant,
            specialization_gain=gains[variant],
            generalization_change=changes[variant],
            on_front=is_on_front(place, [*places.values(), (0.0, 0.0)]),
            price=price_of(gains[variant], changes[variant]),
        )
        for variant, place in places.items()
    ]


def is_on_front(place: tuple[float, float], places: Sequence[tuple[float, float]]) -> bool:
    """Say whether no other place is at least as good in both and better in one."""
    return not any(
        other[0] >= place[0] and other[1] >= place[1] and other != place for other in places
    )


def price_of(gain: Comparison, change: Comparison) -> float | None:
    """Return what a point of gain cost; None where the gain may be nothing (or is a loss)."""
    if gain.low is None or gain.low <= 0:
        return None
    return -change.difference / gain.difference


def recommend(points: Sequence[Point], max_forgetting: float) -> Point | None:
    """Return the variant with the highest EX whose loss is, by its interval, within the limit.

    `max_forgetting` is a fraction. None where no variant gains anything within it.
    """
    allowed = [
        point
        for point in points
        if point.specialization_gain.difference > 0
        and point.generalization_change.low is not None
        and point.generalization_change.low >= -max_forgetting
    ]
    return max(allowed, key=lambda point: point.specialization_gain.difference, default=None)
