"""The scores of an adapter in its model card: a section to read, and the hub's own metadata."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from text2sql.files import write_text
from text2sql.report.content import Report
from text2sql.report.recipes import Recipe
from text2sql.report.sentences import summarize_recipe
from text2sql.report.significance import Comparison
from text2sql.report.table import Table
from text2sql.report.text import NONE, clusters, counted, interval, p_value, percent, points
from text2sql.training.run_folder import RECORD_NAME

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

CARD_NAME = "README.md"
BEGIN, END = "<!-- evaluation -->", "<!-- end of evaluation -->"


def update_model_cards(report: Report) -> list[Path]:
    """Write the scores into the card of every adapter that train.py made; return the cards.

    A smoke run writes none. Cards of other programs are left as they are.
    """
    study = report.study
    if study.limit or study.prompts_limit:
        return []
    adapter_dirs = {v.name: v.adapter_dir for v in study.variants if v.adapter_dir}
    updated = []
    for recipe in map(report.recipe, report.main_recipes):
        for variant in recipe.variants if scored(report, recipe) else ():
            if variant not in adapter_dirs:  # a whole model, or answers made elsewhere
                continue
            card_path = Path(adapter_dirs[variant]) / CARD_NAME
            if card_path.exists() and card_path.with_name(RECORD_NAME).exists():
                card = card_path.read_text(encoding="utf-8")
                write_text(card_path, add_scores(card, report, recipe, variant))
                updated.append(card_path)
    return updated


def add_scores(card: str, report: Report, recipe: Recipe, variant: str) -> str:
    """Return the card with this evaluation in place of an earlier one, metadata and section."""
    from huggingface_hub import ModelCard, ModelCardData

    before, begin, rest = card.partition(BEGIN)
    after = rest.partition(END)[2] if begin else ""
    parts = [before.rstrip(), section(report, recipe, variant), after.strip()]
    parsed = ModelCard("\n\n".join(filter(None, parts)) + "\n", ignore_metadata_errors=True)
    data = cast(ModelCardData, parsed.data)
    data.model_name = recipe.run if len(recipe.variants) == 1 and recipe.run else variant
    data.eval_results = list(evaluation_results(report, recipe, variant))
    return str(parsed)


def evaluation_results(report: Report, recipe: Recipe, variant: str) -> Iterator["EvalResult"]:
    """Yield the variant's own scores in the hub's form, in percent."""
    from huggingface_hub import EvalResult

    for split in report.scoring_splits.values():
        compared = split.comparisons.get(recipe.name, {}).get("execution_accuracy")
        if compared:
            yield EvalResult(
                task_type="text-generation",
                task_name="text-to-SQL",
                dataset_type="xlangai/spider",
                dataset_name="Spider",
                dataset_split=split.name,
                metric_type="execution_accuracy",
                metric_name="execution accuracy",
                metric_value=own_score(compared["all"], variant),
                metric_args=describe_difference(compared["all"]),
            )
    for name, benchmark in report.benchmarks.items():
        if recipe.name in benchmark.comparisons:
            comparison = benchmark.comparisons[recipe.name]
            yield EvalResult(
                task_type="text-generation",
                dataset_type=name,
                dataset_name=f"{name}, {benchmark.num_fewshot}-shot",
                metric_type=benchmark.metric,
                metric_name=benchmark.metric,
                metric_value=own_score(comparison, variant),
                metric_args=describe_difference(comparison),
            )


def own_score(comparison: Comparison, variant: str) -> float:
    """Return the score of one run, also where the comparison is that of several, in percent."""
    difference = comparison.runs.get(variant, comparison.difference)
    return round(100 * (comparison.base + difference), 1)


def describe_difference(comparison: Comparison) -> dict[str, Any]:
    """Return the difference to the base with both readings, in points."""
    readings = {"interval": comparison, "interval_these_databases": comparison.same_databases}
    intervals = {
        name: [round(100 * reading.low, 1), round(100 * reading.high, 1)]
        for name, reading in readings.items()
        if reading and reading.low is not None and reading.high is not None
    }
    return {
        "base": round(100 * comparison.base, 1),
        "difference": round(100 * comparison.difference, 1),
        **intervals,
        "n": comparison.n,
        "clusters": clusters(comparison),
    }


def section(report: Report, recipe: Recipe, variant: str) -> str:
    """Return what the card says of the evaluation, in Markdown."""
    blocks = [BEGIN, "## Evaluation", summarize_recipe(report, recipe)]
    if len(recipe.variants) > 1:
        gain = report.gain_of(recipe.name)
        own = f"; its own gain is {points(gain.runs[variant])} points" if gain else ""
        blocks.append(f"This adapter is one of the {len(recipe.variants)} runs{own}.")
    rows = [score_row(label, compared) for label, compared in scored(report, recipe)]
    header = ["in percent and points", report.base, "fine-tuned", "difference", "95 %"]
    blocks.append(Table([*header, "these databases, 95 %", "n", "p"], rows).as_markdown())
    blocks += ["The evaluation's `report.md` explains the intervals.", END]
    return "\n\n".join(blocks) + "\n"


def scored(report: Report, recipe: Recipe) -> list[tuple[str, Comparison]]:
    """Return what the recipe is compared on: each split, each benchmark, their mean."""
    found = []
    for split in report.scoring_splits.values():
        compared = split.comparisons.get(recipe.name, {}).get("execution_accuracy")
        if compared:
            found.append((f"execution accuracy, {split.name}", compared["all"]))
    for name, benchmark in report.benchmarks.items():
        if recipe.name in benchmark.comparisons:
            found.append((name, benchmark.comparisons[recipe.name]))
    mean = report.mean_over_benchmarks.get(recipe.name)
    return [*found, ("mean over benchmarks", mean)] if mean else found


def score_row(label: str, compared: Comparison) -> list[str]:
    corrected = compared.p_value if compared.p_holm is None else compared.p_holm
    return [
        label,
        percent(compared.base),
        percent(compared.other),
        points(compared.difference),
        interval(compared),
        interval(compared.same_databases) if compared.same_databases else NONE,
        counted(compared),
        p_value(corrected),
    ]
