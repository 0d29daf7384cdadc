"""What a reader must know beside the numbers: smoke runs, seeds, floors, what is unfinished."""

from collections.abc import Iterator

from text2sql.counts import how_many
from text2sql.report.content import BenchmarkReport, Primary, Report
from text2sql.report.significance import MIN_RUNS_FOR_INTERVAL
from text2sql.report.text import listed, mean_name, points
from text2sql.scoring.scores import warning_of


def notes_of(report: Report) -> Iterator[str]:
    yield from syntax_notes(report)
    yield from smoke_notes(report)
    yield from base_notes(report)
    yield from seed_notes(report)
    yield from split_notes(report)
    yield from benchmark_notes(report)
    if len(report.recipes) > 1 and report.primary.variant:
        yield primary_note(report.primary)


def primary_note(primary: Primary) -> str:
    """Return which comparisons were named before the results."""
    named = [f"{primary.variant} on {primary.split}"] if primary.split else []
    if primary.benchmarks:
        named.append(f"{primary.variant} on {mean_name(primary.benchmarks)}")
    first = f"Primary, named before the results: {listed(named)}."
    return f"{first} All other comparisons are exploratory."


def syntax_notes(report: Report) -> Iterator[str]:
    """Yield the answers of which most are not SQL, which may be a file of another format."""
    for name, split in report.splits.items():
        for variant, answers in split.variants.items():
            if warning := warning_of({**answers, "n": split.n}):
                yield f"{name}, {variant}: {warning}"


def smoke_notes(report: Report) -> Iterator[str]:
    study = report.study
    if study.limit:
        yield (
            f"SMOKE RUN: --limit {study.limit} kept only the first questions of each split and "
            "items of each task."
        )
    if study.prompts_limit:
        yield (
            f"SMOKE RUN: preprocess.py --limit {study.prompts_limit} kept only the first questions "
            "of each split."
        )
    for run, training in study.training.items():
        if training.limit:
            examples = how_many(training.limit, "example")
            yield f"SMOKE RUN: {run} was trained on at most {examples} (--limit)."


def base_notes(report: Report) -> Iterator[str]:
    """Yield where variants have another base, or other weights, than the study names."""
    study = report.study
    recorded = {v.run: v.recorded_base for v in study.variants if v.recorded_base}
    for run, base in recorded.items():
        yield (
            f"{run} records {base} as its base model; it was evaluated on {study.model_id} "
            "(--model_id)."
        )
    for run in {v.run: None for v in study.variants if v.has_other_template}:
        yield (
            f"{run} was saved with another chat template than {study.model_id}; it was asked in "
            "the base's, which may not be the one that it was trained with."
        )
    for variant in study.variants:
        if variant.load_in_4bit is False and study.load_in_4bit:
            yield f"{variant.name} was evaluated in the 16-bit weights that --merge wrote."


def seed_notes(report: Report) -> Iterator[str]:
    """Yield what is known of other training runs."""
    for recipe in report.recipes:
        if recipe.kind != "finetuned" or recipe.run is None:
            continue
        if len(recipe.variants) == 1:
            yield (
                f"{recipe.name} is one training run: its interval is this adapter's. Another run "
                "may differ by an amount that one run cannot show."
            )
            continue
        seeds = listed([f"{name} seed" for name in recipe.seeds_varied])
        enough = len(recipe.variants) >= MIN_RUNS_FOR_INTERVAL
        yield (
            f"{recipe.name} is the mean of {listed(recipe.variants)}, which differ in their {seeds}"
            + (": its intervals are the recipe's." if enough else "; two runs give no interval.")
        )
    gain = report.gain
    if gain is not None and gain.next_run is not None:
        low, high = gain.next_run
        yield (
            f"A run's standard deviation is {points(gain.run_sd).lstrip('+')} points; one more run "
            f"would gain {points(low)} to {points(high)} on these questions."
        )


def split_notes(report: Report) -> Iterator[str]:
    for name, split in report.splits.items():
        for variant in split.unfinished:
            yield f"{name}: {variant} is not finished; run evaluate.py again."
        skipped = {
            reason: number
            for variant in split.variants.values()
            for reason, number in variant["not_executed"].items()
        }
        for reason, number in skipped.items():
            yield f"{name}: {how_many(number, 'question')} left out of execution ({reason})."
        if split.num_databases == 1:
            yield f"{name}: all questions ask one database; there is no interval for new ones."
        choices = report.tradeoff.choices.values()
        if split.role == "choosing" and any(name in choice.chosen_on for choice in choices):
            yield f"{name} only chose between variants; it scores none."


def document_note(name: str, benchmark: BenchmarkReport) -> str:
    """Return what is known of a score that no document has by itself."""
    if benchmark.n == 1:
        return (
            f"{name}: {benchmark.metric} of a single document; how much it varies between "
            "documents cannot be said."
        )
    return (
        f"{name}: {benchmark.metric} is one score of {benchmark.n:,} documents together; its "
        "interval is that of a paired bootstrap over them, and too narrow where a few long ones "
        "decide the score and change differently from the rest."
    )


def benchmark_notes(report: Report) -> Iterator[str]:
    names = [variant.name for variant in report.study.variants]
    for name, benchmark in report.benchmarks.items():
        unfinished = [variant for variant in names if variant not in benchmark.variants]
        if unfinished:
            yield f"{name}: {', '.join(unfinished)} not finished; run evaluate.py again."
        if benchmark.left_out_of_mean:
            yield f"{name} is left out of the mean: {benchmark.left_out_of_mean}."
        if benchmark.cluster == "document":
            yield document_note(name, benchmark)
    if unknown := [n for n, b in report.benchmarks.items() if b.is_share and b.chance is None]:
        yield (
            f"{listed(unknown)}: what guessing gives is unknown, so the base may be at the floor "
            "and unable to show forgetting."
        )
    prompted = [b.name for b in report.study.benchmarks if not b.as_chat]
    if prompted and report.study.model_id:
        found = sorted(
            {b.bos for name, b in report.benchmarks.items() if name in prompted and b.bos}
        )
        start = f"each text begins with {listed(found)}" if found else "no token begins a text"
        yield f"{listed(prompted)}: prompted without a chat template; {start}."
