"""Learning curves of the training runs: their losses, and what general texts show of forgetting."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

from text2sql.report.plots import (
    BASE_COLOR,
    COLORS,
    RING,
    RUN_MARKERS,
    as_png,
    new_figure,
    place_legend,
)
from text2sql.study.training_history import TrainingRun

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Style = dict[str, Any]  # a colour and a marker
StyledRuns = Sequence[tuple[TrainingRun, Style]]

KEY_COLOR = "#555555"  # of a line that stands for every run's in the legend


def draw_learning_curves(
    training: Mapping[str, TrainingRun], recipe_of_run: Mapping[str, str] | None = None
) -> bytes:
    """Losses of each run by step; where they were measured, its curves on general texts below.

    Runs of one recipe have one colour and differ in their markers.
    """
    labels = {run: (recipe_of_run or {}).get(run, run) for run in training}
    runs = list(zip(training.values(), run_styles(labels), strict=True))
    has_general = any(run.general_kl for run in training.values())
    figure, axes = new_figure(7, 7 if has_general else 4)
    draw_losses(axes, runs)
    if has_general:
        grid = figure.add_gridspec(2, 2, height_ratios=(4, 3))
        axes.set_subplotspec(grid[0, :])
        draw_general_losses(figure.add_subplot(grid[1, 0]), runs)
        draw_divergences(figure.add_subplot(grid[1, 1]), runs)
    for label, color in zip(dict.fromkeys(labels.values()), cycle(COLORS)):
        axes.plot([], [], color=color, linewidth=4, label=label)
    axes.plot([], [], "-", color=KEY_COLOR, linewidth=1, label="training loss")
    axes.plot([], [], "--o", color=KEY_COLOR, label="evaluation loss")
    if has_general:
        axes.plot([], [], ":", color=BASE_COLOR, label="the base")
    axes.plot([], [], label="the step that was kept", **RING)
    place_legend(axes)
    return as_png(figure)


def run_styles(labels: Mapping[str, str]) -> Iterator[Style]:
    """Yield the style of each run: a colour for its label, a marker among those of that label."""
    colors = dict(zip(dict.fromkeys(labels.values()), cycle(COLORS)))
    markers = {label: cycle(RUN_MARKERS) for label in colors}
    for label in labels.values():
        yield {"color": colors[label], "marker": next(markers[label])}


def draw_losses(axes: "Axes", runs: StyledRuns) -> None:
    for run, style in runs:
        trained = run.losses.get("train", [])
        if trained:
            color = style["color"]
            axes.plot(*zip(*trained, strict=True), "-", color=color, linewidth=1, alpha=0.6)
        draw_curve(axes, run.losses.get("eval", []), run, style)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("step")
    axes.set_ylabel("loss, nats per token")


def draw_general_losses(axes: "Axes", runs: StyledRuns) -> None:
    """The loss on general texts, with a line at each base's own."""
    for run, style in runs:
        curve = run.losses.get("general", [])
        if curve and curve[0][0] == 0:
            axes.axhline(curve[0][1], linestyle=":", color=BASE_COLOR)
        draw_curve(axes, curve, run, style)
    label_panel(axes, "loss on general texts")


def draw_divergences(axes: "Axes", runs: StyledRuns) -> None:
    for run, style in runs:
        draw_curve(axes, run.general_kl, run, style)
    axes.axhline(0, linestyle=":", color=BASE_COLOR)
    label_panel(axes, "KL(base || fine-tuned) on them")


def draw_curve(axes: "Axes", curve: list[list[float]], run: TrainingRun, style: Style) -> None:
    """Draw what was measured at evaluations, with a ring around the step that was kept."""
    if curve:
        axes.plot(*zip(*curve, strict=True), "--", **style)
    kept = [pair for pair in curve if pair[0] == run.best_step]
    if kept:
        axes.plot(*zip(*kept, strict=True), **RING)


def label_panel(axes: "Axes", title: str) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(title, loc="left", fontsize=10)
    axes.set_xlabel("step")
    axes.set_ylabel("nats per token")
