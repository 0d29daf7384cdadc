"""The trade-off as a plot: gain in execution accuracy against the change of the mean."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from text2sql.report.content import Report
from text2sql.report.label_placement import Box, leader, place_labels
from text2sql.report.plots import BASE_COLOR, COLORS, as_pdf, as_png, new_figure, place_legend
from text2sql.report.recipes import Recipe
from text2sql.report.significance import Comparison
from text2sql.report.text import mean_name
from text2sql.report.tradeoff import Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = {"finetuned": "o", "checkpoint": "s", "scaled": "^"}
LABEL_SIZE = 8
MAX_LABEL_WIDTH = 44  # of the vertical axis, in characters
RADIUS = 8  # of a marker, in pixels of the figure
MOST = 0.5  # share of resamples from which a recipe is drawn as on the front


def draw_tradeoff(report: Report, file_format: Literal["png", "pdf"] = "png") -> bytes:
    """Gain in EX against change of the mean: one point per recipe, a small dot for each run."""
    figure, axes = new_figure(7, 5)
    points = {point.variant: point for point in report.tradeoff.points}
    recipes = [recipe for recipe in report.recipes if recipe.name in points]
    axes.axhline(0, color="#cccccc", zorder=0)
    axes.axvline(0, color="#cccccc", zorder=0)
    axes.plot(0, 0, "D", color=BASE_COLOR, markersize=8, label=report.base)
    runs = dict.fromkeys(recipe.run or recipe.name for recipe in recipes)
    for number, run in enumerate(runs):
        color = COLORS[number % len(COLORS)]
        of_run = [recipe for recipe in recipes if (recipe.run or recipe.name) == run]
        for recipe in of_run:
            draw_point(axes, points[recipe.name], recipe.kind, color)
        for kind in ("checkpoint", "scaled"):
            draw_path(axes, of_run, points, kind, color)
        axes.plot(
            [], [], color=color, linewidth=4, label=of_run[0].name if several_runs(of_run) else run
        )
    add_legend_entries(axes, recipes, points)
    limit = 100 * report.tradeoff.max_forgetting
    axes.axhline(-limit, color="black", linestyle=":", label=f"limit of loss, {limit:g}")
    axes.set_xlabel("gain in execution accuracy, points (95 %, new databases)")
    changed = f"change of {mean_name(report.primary.benchmarks)}, points (95 %)"
    axes.set_ylabel(textwrap.fill(changed, MAX_LABEL_WIDTH))
    place_legend(axes)
    label_points(figure, axes, points)
    return as_pdf(figure) if file_format == "pdf" else as_png(figure)


def add_legend_entries(
    axes: "Axes", recipes: Sequence[Recipe], points: Mapping[str, Point]
) -> None:
    """Name the markers that need a name."""
    for kind in dict.fromkeys(recipe.kind for recipe in recipes):
        axes.plot([], [], MARKERS[kind], color="none", markeredgecolor="#555555", label=kind)
    if any(is_on_front(point) for point in points.values()):
        label = "on the front in most resamples (black edge)"
        axes.plot(
            [], [], "o", color="none", markeredgecolor="black", markeredgewidth=2, label=label
        )
    if several_runs(recipes):
        axes.plot([], [], ".", color="#555555", markersize=4, label="one run of a recipe")


def several_runs(recipes: Sequence[Recipe]) -> bool:
    return any(len(recipe.variants) > 1 for recipe in recipes)


def is_on_front(point: Point) -> bool:
    return point.front_share > MOST


def label_points(figure: "Figure", axes: "Axes", points: Mapping[str, Point]) -> None:
    """Write each point's name beside it, on no other name and no marker, legible over lines."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2, foreground="white")]
    labels: dict[tuple[float, float], list[str]] = {}
    for name, point in points.items():
        labels.setdefault(position(point), []).append(name)
    figure.draw_without_rendering()  # the limits are known after it
    texts = [", ".join(names) for names in labels.values()]
    centers = [tuple(axes.transData.transform(where)) for where in labels]
    sizes = [text_size(axes, text) for text in texts]
    frame = Box(*axes.get_window_extent().extents)
    base = tuple(axes.transData.transform((0, 0)))
    bars = [Box(*axes.transData.transform(bar).flatten()) for bar in bars_of(points.values())]
    boxes = place_labels([*centers, base], [*sizes, (0, 0)], bars, frame, RADIUS)
    for text, where, (x, y), box in zip(texts, labels, centers, boxes, strict=False):
        if box is None:
            continue
        offset = ((box.left - x) * 72 / figure.dpi, (box.bottom - y) * 72 / figure.dpi)
        line = {"arrowstyle": "-", "linewidth": 0.5} if leader((x, y), box, RADIUS) else None
        label = axes.annotate(
            text, where, offset, textcoords="offset points", fontsize=LABEL_SIZE, arrowprops=line
        )
        label.set(in_layout=False, path_effects=halo)


def text_size(axes: "Axes", text: str) -> tuple[float, float]:
    """Return the width and height of a label, in pixels."""
    label = axes.text(0, 0, text, fontsize=LABEL_SIZE)
    extent = label.get_window_extent()
    label.remove()
    return extent.width + 2, extent.height + 2


def bars_of(points: Iterable[Point]) -> Iterator[list[tuple[float, float]]]:
    """Yield both intervals of each point as two corners, in points."""
    for point in points:
        x, y = position(point)
        gain, change = point.specialization_gain, point.generalization_change
        if gain.low is not None and gain.high is not None:
            yield [(100 * gain.low, y), (100 * gain.high, y)]
        if change.low is not None and change.high is not None:
            yield [(x, 100 * change.low), (x, 100 * change.high)]


def position(point: Point) -> tuple[float, float]:
    gain, change = point.specialization_gain, point.generalization_change
    return 100 * gain.difference, 100 * change.difference


def draw_point(axes: "Axes", point: Point, kind: str, color: str) -> None:
    x, y = position(point)
    gain, change = point.specialization_gain, point.generalization_change
    for run in gain.runs:
        dot = 100 * gain.runs[run], 100 * change.runs[run]
        axes.plot(*dot, ".", color=color, markersize=4, alpha=0.7)
    axes.errorbar(
        x,
        y,
        xerr=reach(gain),
        yerr=reach(change),
        fmt=MARKERS[kind],
        markersize=9 if kind == "finetuned" else 6,
        color=color,
        ecolor=color,
        elinewidth=1,
        capsize=2,
        alpha=0.9,
        markeredgecolor="black" if is_on_front(point) else color,
        markeredgewidth=1.5,
    )


def reach(comparison: Comparison) -> list[list[float]] | None:
    """Return how far the interval reaches below and above, in points; None without one."""
    if comparison.low is None or comparison.high is None:
        return None
    middle = comparison.difference
    return [[100 * (middle - comparison.low)], [100 * (comparison.high - middle)]]


def draw_path(
    axes: "Axes", recipes: Sequence[Recipe], points: Mapping[str, Point], kind: str, color: str
) -> None:
    """Join the checkpoints by step, or the scales from the base over each to the full adapter."""
    chosen = [recipe for recipe in recipes if recipe.kind == kind]
    if not chosen:
        return
    chosen.sort(key=lambda recipe: (recipe.step or 0, recipe.scale))
    positions = [position(points[recipe.name]) for recipe in chosen]
    if kind == "scaled":
        full = [recipe for recipe in recipes if recipe.kind == "finetuned"]
        scales = [(r.scale, position(points[r.name])) for r in [*chosen, *full]]
        positions = [where for _, where in sorted([(0.0, (0.0, 0.0)), *scales])]
    style = "--" if kind == "scaled" else "-"
    axes.plot(*zip(*positions, strict=True), style, color=color, linewidth=1, alpha=0.6, zorder=1)
