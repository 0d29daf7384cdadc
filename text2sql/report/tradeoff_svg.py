"""The trade-off as a drawing for report.html: one focusable mark for each recipe."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from text2sql.report.content import Report
from text2sql.report.label_placement import Box, leader, place_labels
from text2sql.report.plots import COLORS
from text2sql.report.significance import Comparison
from text2sql.report.text import mean_name, quoted
from text2sql.report.tradeoff import Point
from text2sql.report.tradeoff_plot import is_on_front, position

LEFT, RIGHT, TOP, BOTTOM = 44, 8, 8, 40  # margins, in CSS pixels
RADIUS = 6
LETTER, LINE_HEIGHT = 7.0, 14  # of the labels' font, on average
SIZES = {"wide": (760, 430), "narrow": (328, 270)}


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A recipe, in pixels; its bars are horizontal and vertical pairs of ends."""

    name: str
    variant: str  # whose answers the browser of examples shows
    kind: str
    color: str
    on_front: bool
    x: float
    y: float
    gain_bar: tuple[float, float] | None
    change_bar: tuple[float, float] | None
    label: tuple[float, float] | None  # the start of its base line
    leader: tuple[float, float] | None
    description: str


@dataclass(frozen=True, kw_only=True)
class Drawing:
    layout: str  # wide, or narrow for phones
    width: int
    height: int
    frame: Box
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    origin: tuple[float, float]
    limit: tuple[float, str]
    base: str
    x_label: str
    y_label: str
    marks: list[Mark]


@dataclass(frozen=True)
class Axis:
    """A linear scale from points to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, number: int) -> list[tuple[float, str]]:
        from matplotlib.ticker import MaxNLocator

        values = MaxNLocator(number, steps=[1, 2, 5, 10]).tick_values(self.low, self.high)
        shown = [value for value in values if self.low <= value <= self.high]
        return [(self(value), f"{value:g}".replace("-", "−")) for value in shown]


def draw_both(report: Report) -> list[Drawing]:
    """Return the drawing for screens and the one for phones; none without points."""
    return [draw(report, layout) for layout in SIZES] if report.tradeoff.points else []


def draw(report: Report, layout: str) -> Drawing:
    width, height = SIZES[layout]
    frame = Box(LEFT, TOP, width - RIGHT, height - BOTTOM)
    limit = -100 * report.tradeoff.max_forgetting
    points = report.tradeoff.points
    x = fit([e for p in points for e in ends(p.specialization_gain)], frame.left, frame.right)
    changes = [e for p in points for e in ends(p.generalization_change)]
    y = fit([limit, *changes], frame.top, frame.bottom)
    return Drawing(
        layout=layout,
        width=width,
        height=height,
        frame=frame,
        x_ticks=x.ticks(8 if layout == "wide" else 5),
        y_ticks=y.ticks(6),
        origin=(x(0), y(0)),
        limit=(y(limit), f"limit of loss: {-limit:g}"),
        base=report.base,
        x_label="gain in execution accuracy, points",
        y_label=f"change of {mean_name(report.primary.benchmarks)}, points",
        marks=list(marks_of(report, x, y, frame)),
    )


def ends(comparison: Comparison) -> list[float]:
    found = (comparison.low, comparison.difference, comparison.high)
    return [100 * end for end in found if end is not None]


def fit(values: Sequence[float], start: float, end: float) -> Axis:
    """Return an axis with a margin around the values and 0."""
    low, high = min(0.0, *values), max(0.0, *values)
    margin = 0.06 * (high - low) or 1.0
    return Axis(low - margin, high + margin, start, end)


def marks_of(report: Report, x: Axis, y: Axis, frame: Box) -> Iterator[Mark]:
    points = report.tradeoff.points
    centers = [(x(gain), y(change)) for gain, change in map(position, points)]
    gains = [bar(x, point.specialization_gain) for point in points]
    changes = [bar(y, point.generalization_change) for point in points]
    bars = [Box(a[0], p[1] - 1, a[1], p[1] + 1) for a, p in zip(gains, centers, strict=True) if a]
    bars += [
        Box(p[0] - 1, a[1], p[0] + 1, a[0]) for a, p in zip(changes, centers, strict=True) if a
    ]
    sizes = [(LETTER * len(point.variant) + 4, LINE_HEIGHT) for point in points]
    boxes = place_labels([*centers, (x(0), y(0))], [*sizes, (0, 0)], bars, frame, RADIUS)
    runs = list(dict.fromkeys(recipe.run or recipe.name for recipe in report.recipes))
    for point, center, gain, change, box in zip(
        points, centers, gains, changes, boxes, strict=False
    ):
        recipe = report.recipe(point.variant)
        yield Mark(
            name=point.variant,
            variant=recipe.variants[0],
            kind=recipe.kind,
            color=COLORS[runs.index(recipe.run or recipe.name) % len(COLORS)],
            on_front=is_on_front(point),
            x=center[0],
            y=center[1],
            gain_bar=gain,
            change_bar=change,
            label=(box.left + 2, box.top - 3) if box else None,
            leader=leader(center, box, RADIUS) if box else None,
            description=describe(point),
        )


def bar(axis: Axis, comparison: Comparison) -> tuple[float, float] | None:
    if comparison.low is None or comparison.high is None:
        return None
    return axis(100 * comparison.low), axis(100 * comparison.high)


def describe(point: Point) -> str:
    """Return what a reader hears or sees of a mark: both differences, with intervals and n."""
    gain, change = point.specialization_gain, point.generalization_change
    return (
        f"{point.variant}: gain in execution accuracy {quoted(gain, 'question')}; change of "
        f"{mean_name(change.benchmarks or [])} {quoted(change, 'item')}"
    )
