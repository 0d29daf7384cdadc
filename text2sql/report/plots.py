"""The report in PNG plots, in colours that the colour-blind can tell apart.

The colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/); markers and hatches
repeat them for print in grey.
"""

import io
from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import TYPE_CHECKING, Any

from text2sql.report.content import Report, SplitReport
from text2sql.scoring.scores import HARDNESS_LEVELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BASE_COLOR = "#999999"
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
RUN_MARKERS = "osD^vP"
RING: dict[str, Any] = {
    "marker": "o",
    "markersize": 14,
    "color": "none",
    "markeredgecolor": "black",
}
DPI = 150


def new_figure(width: float, height: float) -> tuple["Figure", "Axes"]:
    from matplotlib.figure import Figure  # without pyplot there is no window system to ask for

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def as_png(figure: "Figure") -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()


def as_pdf(figure: "Figure") -> bytes:
    """Return the figure with its fonts as TrueType, which publishers accept, and no date."""
    from matplotlib import rc_context

    buffer = io.BytesIO()
    with rc_context({"pdf.fonttype": 42}):
        figure.savefig(buffer, format="pdf", metadata={"CreationDate": None})
    return buffer.getvalue()


def choose_styles(names: Iterable[str], base: str) -> dict[str, dict[str, Any]]:
    """Return a colour for each variant, hatched where the colours begin again."""
    styles: dict[str, dict[str, Any]] = {base: {"color": BASE_COLOR}}
    for number, name in enumerate(name for name in names if name != base):
        hatch = "///" if number >= len(COLORS) else None
        styles[name] = {"color": COLORS[number % len(COLORS)], "hatch": hatch}
    return styles


def main_columns(split: SplitReport, report: Report) -> dict[str, list[dict[str, Any]]]:
    """Return the finished answers of the base and of every run of the fine-tuned recipes."""
    columns = {report.base: [report.base]}
    columns |= {name: report.recipe(name).variants for name in report.main_recipes}
    return {
        name: [split.variants[variant] for variant in variants]
        for name, variants in columns.items()
        if set(variants) <= split.variants.keys()
    }


def draw_hardness(split: SplitReport, report: Report) -> bytes:
    """Execution accuracy by hardness, of a recipe on average over its runs."""
    figure, axes = new_figure(7, 4)
    columns = main_columns(split, report)
    levels = ("all", *HARDNESS_LEVELS)
    styles = choose_styles(columns, report.base)
    width = 0.8 / len(columns)
    counts = next(iter(columns.values()))[0]["scores"]["execution_accuracy"]
    for number, (name, runs) in enumerate(columns.items()):
        heights = [
            100 * fmean(run["scores"]["execution_accuracy"][level]["score"] or 0 for run in runs)
            for level in levels
        ]
        offsets = [x + (number - (len(columns) - 1) / 2) * width for x in range(len(levels))]
        axes.bar(offsets, heights, width * 0.95, label=name, **styles[name])
        if len(columns) <= 3:
            for x, height, level in zip(offsets, heights, levels, strict=True):
                label = f"{height:.0f}" if counts[level]["n"] else "–"
                axes.text(x, height + 1, label, ha="center", fontsize=8)
    labels = [f"{level}\nn = {counts[level]['n']:,}" for level in levels]
    axes.set_xticks(range(len(levels)), labels)
    axes.set_ylim(0, 105)
    axes.set_ylabel("execution accuracy, %")
    axes.set_title(f"Spider, {split.name}", loc="left", fontsize=10)
    place_legend(axes)
    return as_png(figure)


def draw_errors(split: SplitReport, report: Report) -> bytes:
    """Kinds of failure in percent of the executed questions, of a recipe on average over runs."""
    columns = main_columns(split, report)
    counts: Counter[str] = Counter()
    for runs in columns.values():
        for run in runs:
            counts.update(run["errors"])
    kinds = [kind for kind, _ in counts.most_common()]
    figure, axes = new_figure(7, 1.2 + 0.35 * max(1, len(kinds)) * max(2, len(columns)) / 2)
    styles = choose_styles(columns, report.base)
    height = 0.8 / len(columns)
    for number, (name, runs) in enumerate(columns.items()):
        shares = [100 * fmean(failure_share(run, kind) for run in runs) for kind in kinds]
        offsets = [i + (number - (len(columns) - 1) / 2) * height for i in range(len(kinds))]
        axes.barh(offsets, shares, height * 0.95, label=name, **styles[name])
    axes.set_yticks(range(len(kinds)), kinds)
    axes.invert_yaxis()
    axes.set_xlabel("questions, %")
    axes.set_title(f"Kinds of failure, {split.name}", loc="left", fontsize=10)
    place_legend(axes)
    return as_png(figure)


def failure_share(answers: Mapping[str, Any], kind: str) -> float:
    num_executed = answers["scores"]["execution_accuracy"]["all"]["n"] or 1
    return float(answers["errors"].get(kind, 0) / num_executed)


def place_legend(axes: "Axes") -> None:
    """Put the legend above the plot, where it covers nothing and takes no width."""
    axes.figure.legend(frameon=False, fontsize=8, loc="outside upper left", ncols=4)
