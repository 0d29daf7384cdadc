"""Where the labels of a plot go: beside their points, on no other label and on no marker."""

from collections.abc import Iterator, Sequence
from math import cos, hypot, pi, sin
from typing import NamedTuple

GAPS = (5, 11, 19, 30, 45, 65, 90)  # between a point and its label
ANGLES = [pi * step / 8 for step in (1, 0, -1, 7, 8, 9, 4, -4, 2, -2, 6, -6)]
CROSSING = 8  # how much farther a label may move to leave one bar uncrossed


class Box(NamedTuple):
    left: float
    bottom: float  # the smaller ordinate, whichever way the axis points
    right: float
    top: float

    def overlaps(self, other: "Box") -> bool:
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.top <= other.bottom or other.top <= self.bottom)

    def within(self, other: "Box") -> bool:
        inside = self.left >= other.left and self.right <= other.right
        return inside and self.bottom >= other.bottom and self.top <= other.top


def box_around(x: float, y: float, radius: float) -> Box:
    return Box(x - radius, y - radius, x + radius, y + radius)


def place_labels(
    points: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    bars: Sequence[Box],
    bounds: Box,
    radius: float,
) -> list[Box | None]:
    """Return a box for each label, of the given width and height; None where none is free.

    Every box is within `bounds`, and overlaps no other and no marker (a square of `radius` around
    each point). Of the free ones it is the nearest that crosses few `bars`.
    """
    markers = [box_around(x, y, radius) for x, y in points]
    placed: list[Box | None] = []
    for point, size in zip(points, sizes, strict=True):
        taken = [*markers, *filter(None, placed)]
        free = [
            (gap + CROSSING * sum(box.overlaps(bar) for bar in bars), number, box)
            for number, (gap, box) in enumerate(boxes_beside(point, size, radius))
            if box.within(bounds) and not any(box.overlaps(other) for other in taken)
        ]
        placed.append(min(free)[2] if free else None)
    return placed


def boxes_beside(
    point: tuple[float, float], size: tuple[float, float], radius: float
) -> Iterator[tuple[float, Box]]:
    """Yield (gap, box) around the point, the nearest first."""
    width, height = size
    for gap in GAPS:
        for angle in ANGLES:
            x = point[0] + cos(angle) * (radius + gap + width / 2)
            y = point[1] + sin(angle) * (radius + gap + height / 2)
            yield gap, Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def leader(point: tuple[float, float], box: Box, radius: float) -> tuple[float, float] | None:
    """Return the corner or edge of the box next to the point; None where it is close by."""
    x = min(max(point[0], box.left), box.right)
    y = min(max(point[1], box.bottom), box.top)
    return (x, y) if hypot(x - point[0], y - point[1]) > radius + 2 * GAPS[0] else None
