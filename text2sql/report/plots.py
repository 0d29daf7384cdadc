"""report.json -> PNG plots, in colours that the colour-blind can tell apart.

The colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/); markers and hatches say
the same again for print in grey.
"""

import io
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from text2sql.scoring.scores import HARDNESS_LEVELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BASE_COLOR = "#999999"
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = {"finetuned": "o", "checkpoint": "s", "scaled": "^"}
RUN_MARKERS = "osD^vP"
RING = {"marker": "o", "markersize": 14, "color": "none", "markeredgecolor": "black"}
DPI = 150
LINE = 5  # points by which a label moves down from another


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


def draw_tradeoff(report: Mapping) -> bytes:
    """One point a variant: gain in EX against change of general ability, base at the origin."""
    figure, axes = new_figure(7, 5)
    variants = {variant["name"]: variant for variant in report["study"]["variants"]}
    points = {point["variant"]: point for point in report["tradeoff"]["points"]}
    runs = list(dict.fromkeys(variants[name]["run"] for name in points))
    axes.axhline(0, color="#cccccc", zorder=0)
    axes.axvline(0, color="#cccccc", zorder=0)
    axes.plot(0, 0, "D", color=BASE_COLOR, markersize=8, label="base")
    for number, run in enumerate(runs):
        color = COLORS[number % len(COLORS)]
        of_run = {name: p for name, p in points.items() if variants[name]["run"] == run}
        for name, point in of_run.items():
            draw_point(axes, point, variants[name]["kind"], color)
        draw_path(axes, [variants[name] for name in of_run], points, "checkpoint", color)
        draw_path(axes, [variants[name] for name in of_run], points, "scaled", color)
        axes.plot([], [], color=color, linewidth=4, label=run)
    for kind in dict.fromkeys(variants[name]["kind"] for name in points):
        axes.plot([], [], MARKERS[kind], color="none", markeredgecolor="#555555", label=kind)
    if any(point["on_front"] for point in points.values()):
        style = {"color": "none", "markeredgecolor": "black", "markeredgewidth": 2}
        axes.plot([], [], "o", **style, label="Pareto front (black edge)")
    limit = 100 * report["tradeoff"]["max_forgetting"]
    axes.axhline(-limit, color="black", linestyle=":", label=f"limit of loss, {limit:g}")
    axes.set_xlabel("gain in execution accuracy, points (95 %)")
    axes.set_ylabel("change of general ability, points (95 %)")
    place_legend(axes)
    name_places(axes, points)
    return as_png(figure)


def name_places(axes: "Axes", points: Mapping) -> None:
    """Write the variants' names; those that share a place (a kept checkpoint) share a label."""
    labels: dict[tuple, list[str]] = {}
    for name, point in points.items():
        labels.setdefault(place(point), []).append(name)
    axes.figure.draw_without_rendering()  # the limits are known after it
    taken = []
    for where in sorted(labels, key=lambda where: -where[1]):
        text = ", ".join(labels[where])
        label = axes.annotate(text, where, (6, 6), textcoords="offset points", fontsize=8)
        while any(label.get_window_extent().overlaps(box) for box in taken):
            x, y = label.get_position()
            label.set_position((x, y - LINE))
        taken.append(label.get_window_extent())


def place(point: Mapping) -> tuple[float, float]:
    gain, change = point["specialization_gain"], point["generalization_change"]
    return 100 * gain["difference"], 100 * change["difference"]


def draw_point(axes: "Axes", point: Mapping, kind: str, color: str) -> None:
    x, y = place(point)
    axes.errorbar(
        x,
        y,
        xerr=reach(point["specialization_gain"]),
        yerr=reach(point["generalization_change"]),
        fmt=MARKERS[kind],
        markersize=9 if kind == "finetuned" else 6,
        color=color,
        ecolor=color,
        elinewidth=1,
        capsize=2,
        alpha=0.9,
        markeredgecolor="black" if point["on_front"] else color,
        markeredgewidth=1.5,
    )


def reach(comparison: Mapping) -> list[list[float]] | None:
    """Return how far the interval reaches below and above, in points; None without one."""
    if comparison["low"] is None:
        return None
    middle = comparison["difference"]
    below, above = middle - comparison["low"], comparison["high"] - middle
    # The mean can lie outside of a percentile interval by a rounding error.
    return [[100 * max(below, 0)], [100 * max(above, 0)]]


def draw_path(axes: "Axes", variants: list, points: Mapping, kind: str, color: str) -> None:
    """Join the checkpoints by step, or the scales from the base over each to the full adapter."""
    chosen = [variant for variant in variants if variant["kind"] == kind]
    if not chosen:
        return
    chosen.sort(key=lambda variant: (variant["step"] or 0, variant["scale"]))
    places = [place(points[variant["name"]]) for variant in chosen]
    if kind == "scaled":
        full = [v["name"] for v in variants if v["kind"] == "finetuned"]
        scales = [(v["scale"], place(points[v["name"]])) for v in chosen]
        scales += [(0.0, (0.0, 0.0))] + [(1.0, place(points[name])) for name in full]
        places = [where for _, where in sorted(scales)]
    style = "--" if kind == "scaled" else "-"
    axes.plot(*zip(*places, strict=True), style, color=color, linewidth=1, alpha=0.6, zorder=1)


def draw_learning_curves(training: Mapping[str, Mapping]) -> bytes:
    """Training and evaluation loss of each run by step; a ring marks the step that was kept."""
    figure, axes = new_figure(7, 4)
    for number, (run, content) in enumerate(training.items()):
        color = COLORS[number % len(COLORS)]
        losses = content["losses"]
        if losses["train"]:
            axes.plot(*zip(*losses["train"], strict=True), "-", color=color, linewidth=1, alpha=0.6)
        if losses["eval"]:
            marker = RUN_MARKERS[number % len(RUN_MARKERS)]
            axes.plot(*zip(*losses["eval"], strict=True), f"--{marker}", color=color)
        best = [pair for pair in losses["eval"] if pair[0] == content["best_step"]]
        if best:
            axes.plot(*zip(*best, strict=True), **RING)
        axes.plot([], [], color=color, linewidth=4, label=run)
    axes.plot([], [], "-", color="#555555", linewidth=1, label="training loss")
    axes.plot([], [], "--o", color="#555555", label="evaluation loss")
    axes.plot([], [], label="the step that was kept", **RING)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("step")
    axes.set_ylabel("loss, nats a token")
    place_legend(axes)
    return as_png(figure)


def styles_of(names: Iterable[str]) -> dict[str, dict]:
    """Return a colour for each variant, hatched where the colours begin again."""
    styles = {"base": {"color": BASE_COLOR}}
    for number, name in enumerate(name for name in names if name != "base"):
        hatch = "///" if number >= len(COLORS) else None
        styles[name] = {"color": COLORS[number % len(COLORS)], "hatch": hatch}
    return styles


def draw_hardness(name: str, variants: Mapping[str, Mapping]) -> bytes:
    """Execution accuracy of the variants by hardness."""
    figure, axes = new_figure(7, 4)
    levels = ("all", *HARDNESS_LEVELS)
    styles = styles_of(variants)
    width = 0.8 / len(variants)
    for number, (variant, content) in enumerate(variants.items()):
        scores = [content["scores"]["execution_accuracy"][level] for level in levels]
        heights = [100 * (score["score"] or 0) for score in scores]
        offsets = [place + (number - (len(variants) - 1) / 2) * width for place in range(5)]
        axes.bar(offsets, heights, width * 0.95, label=variant, **styles[variant])
        if len(variants) <= 3:
            for x, height, score in zip(offsets, heights, scores, strict=True):
                label = f"{height:.0f}" if score["n"] else "–"
                axes.text(x, height + 1, label, ha="center", fontsize=8)
    counts = next(iter(variants.values()))["scores"]["execution_accuracy"]
    labels = [f"{level}\nn = {counts[level]['n']:,}" for level in levels]
    axes.set_xticks(range(5), labels)
    axes.set_ylim(0, 105)
    axes.set_ylabel("execution accuracy, %")
    axes.set_title(f"Spider, {name}", loc="left", fontsize=10)
    place_legend(axes)
    return as_png(figure)


def draw_errors(name: str, variants: Mapping[str, Mapping]) -> bytes:
    """Kinds of failure of the variants, in percent of the executed questions."""
    counts: Counter[str] = Counter()
    for content in variants.values():
        counts.update(content["errors"])
    kinds = [kind for kind, _ in counts.most_common()]
    figure, axes = new_figure(7, 1.2 + 0.35 * max(1, len(kinds)) * max(2, len(variants)) / 2)
    styles = styles_of(variants)
    height = 0.8 / len(variants)
    for number, (variant, content) in enumerate(variants.items()):
        n = content["scores"]["execution_accuracy"]["all"]["n"] or 1
        shares = [100 * content["errors"].get(kind, 0) / n for kind in kinds]
        offsets = [i + (number - (len(variants) - 1) / 2) * height for i in range(len(kinds))]
        axes.barh(offsets, shares, height * 0.95, label=variant, **styles[variant])
    axes.set_yticks(range(len(kinds)), kinds)
    axes.invert_yaxis()
    axes.set_xlabel("questions, %")
    axes.set_title(f"Kinds of failure, {name}", loc="left", fontsize=10)
    place_legend(axes)
    return as_png(figure)


def place_legend(axes: "Axes") -> None:
    """Put the legend above the plot, where it covers nothing and takes no width."""
    axes.figure.legend(frameon=False, fontsize=8, loc="outside upper left", ncols=4)
