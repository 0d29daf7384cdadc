"""report.json -> sentences in points: the one to quote, what to know, what to take."""

from collections.abc import Iterator, Mapping

UNMOVED = "did not measurably change"


def percent(fraction: float | None) -> str:
    return "–" if fraction is None else f"{100 * fraction:.1f}"


def points(fraction: float | None) -> str:
    """Return a signed difference in points; one that rounds to nothing has no sign."""
    if fraction is None:
        return "–"
    rounded = round(100 * fraction, 1)
    return f"{rounded:+.1f}".replace("-", "−") if rounded else "0.0"


def interval(comparison: Mapping) -> str:
    if comparison["low"] is None:
        return "–"
    return f"{points(comparison['low'])} to {points(comparison['high'])}"


def p_value(p: float | None) -> str:
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def price(points_paid: float | None) -> str:
    """Return points of general ability paid per point gained; negative where it rose."""
    if points_paid is None:
        return "–"
    rounded = round(points_paid, 2)
    return f"{rounded:.2f}".replace("-", "−") if rounded else "0.00"


def quoted(comparison: Mapping, what: str) -> str:
    """Return a difference as a sentence quotes it: with its interval and n."""
    if comparison["low"] is None:
        return f"{points(comparison['difference'])} points (n = {comparison['n']:,} {what})"
    return (
        f"{points(comparison['difference'])} points "
        f"(95 % interval {interval(comparison)}, n = {comparison['n']:,} {what})"
    )


def moved(comparison: Mapping) -> str | None:
    """Return which way a score went; None where its interval leaves that open."""
    low, high = comparison["low"], comparison["high"]
    if low is None or low <= 0 <= high:
        return None
    return "rose" if low > 0 else "fell"


def summarize(report: Mapping) -> str:
    """Return one sentence that a reader could quote."""
    split, name = main_comparison(report)
    if name is None:
        return "Nothing is compared yet: base and a fine-tuned variant are not both finished."
    gain = report["splits"][split]["comparisons"][name]["execution_accuracy"]["all"]
    change = report["mean_over_benchmarks"].get(name)
    base, other = percent(gain["base"]), percent(gain["other"])
    went = moved(gain)
    path = f"{went} from {base} to {other} %" if went else f"{UNMOVED} ({base} and {other} %)"
    sentence = (
        f"With fine-tuning{'' if name == 'finetuned' else f' ({name})'}, execution accuracy "
        f"{path}: {quoted(gain, f'{split} questions')}"
    )
    if change is None:
        return f"{sentence}; general ability was not measured."
    num_benchmarks = sum(name in b["comparisons"] for b in report["benchmarks"].values())
    what = f"items of {num_benchmarks} benchmark{'s' if num_benchmarks > 1 else ''}"
    return f"{sentence}; general ability {moved(change) or UNMOVED}: {quoted(change, what)}."


def main_comparison(report: Mapping) -> tuple[str, str | None]:
    """Return the first split and its best fine-tuned variant, None where there is none yet."""
    split, content = next(iter(report["splits"].items()))
    finetuned = [v["name"] for v in report["study"]["variants"] if v["kind"] == "finetuned"]
    gains = {
        name: content["comparisons"][name]["execution_accuracy"]["all"]["difference"]
        for name in finetuned
        if "execution_accuracy" in content["comparisons"].get(name, {})
    }
    return split, max(gains, key=gains.get, default=None)


def notes_of(report: Mapping) -> Iterator[str]:
    """Yield what a reader must know beside the numbers."""
    study = report["study"]
    if study["limit"]:
        yield (
            f"SMOKE RUN: only the first {study['limit']} questions of a split and items of a task "
            "(--limit)."
        )
    if study["prompts_limit"]:
        yield (
            f"SMOKE RUN: only the first {study['prompts_limit']} questions of a split have prompts "
            "(preprocess.py --limit)."
        )
    for run, training in study["training"].items():
        if training.get("limit"):
            yield f"SMOKE RUN: {run} was trained on at most {training['limit']} examples (--limit)."
    for name, split in report["splits"].items():
        for variant in split["unfinished"]:
            yield f"{name}: {variant} is not finished; run evaluate.py again."
        skipped = {
            reason: number
            for variant in split["variants"].values()
            for reason, number in variant["not_executed"].items()
        }
        for reason, number in skipped.items():
            yield f"{name}: {number} questions are left out of execution ({reason})."
    for name, benchmark in report["benchmarks"].items():
        names = [variant["name"] for variant in study["variants"]]
        unfinished = [variant for variant in names if variant not in benchmark["variants"]]
        if unfinished:
            yield f"{name}: {', '.join(unfinished)} not finished; run evaluate.py again."
    if report["benchmarks"]:
        yield "The benchmarks are asked without a chat template, with one <bos>."
    yield (
        "Intervals are 95 % paired bootstrap intervals; p is two-sided (exact McNemar for right "
        "or wrong, else sign-flip permutation), over the benchmarks after Holm."
    )


def recommendation(report: Mapping) -> str | None:
    """Return which variant to take, or that none is within the limit; None without benchmarks."""
    tradeoff = report["tradeoff"]
    if not tradeoff["points"]:
        return None
    limit = (
        f"more general ability than --max_forgetting {100 * tradeoff['max_forgetting']:g} allows"
    )
    if tradeoff["recommended"] is None:
        return (
            "No variant is recommended: each that gains execution accuracy may, by its interval, "
            f"have lost {limit}."
        )
    return (
        f"Recommended: {tradeoff['recommended']}, the highest execution accuracy of the variants "
        f"that, by their intervals, did not lose {limit}."
    )
