"""The scores of an adapter in its model card: a section to read, and the hub's own metadata.

The hub shows `model-index` of the card's metadata, and `.eval_results/*.yaml` of datasets that it
knows as benchmarks (https://huggingface.co/docs/hub/eval-results).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from text2sql.data.spider_splits import HUB_DATASET
from text2sql.files import write_text
from text2sql.report.comparison_rows import unit_of
from text2sql.report.content import Report, SplitReport
from text2sql.report.recipes import Recipe
from text2sql.report.sentences import summarize_recipe
from text2sql.report.significance import Comparison
from text2sql.report.table import Table, escape_markdown
from text2sql.report.text import (
    NONE,
    PERCENT,
    Unit,
    clusters,
    counted,
    interval,
    p_value,
    points,
    quoted,
)
from text2sql.training.run_folder import EVAL_RESULTS_NAME, RECORD_NAME

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, EvalResultEntry

CARD_NAME = "README.md"
BEGIN, END = "<!-- evaluation -->", "<!-- end of evaluation -->"
SECTION = re.compile(f"{BEGIN}(?:(?!{BEGIN}).)*?{END}", re.DOTALL)
METRICS = {
    "execution_accuracy": "execution accuracy",
    "test_suite_accuracy": "test-suite accuracy",
}


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
                write_hub_results(card_path.parent / EVAL_RESULTS_NAME, report, recipe, variant)
                updated.append(card_path)
    return updated


def add_scores(card: str, report: Report, recipe: Recipe, variant: str) -> str:
    """Return the card with this evaluation in place of an earlier one, metadata and section.

    Text outside the section, and results and a name that people gave, are kept.
    """
    from huggingface_hub import ModelCard, ModelCardData

    scores = section(report, recipe, variant)
    text, num_replaced = SECTION.subn(lambda _: scores, card, count=1)
    if not num_replaced:
        text = f"{card.rstrip()}\n\n{scores}\n"
    parsed = ModelCard(text, ignore_metadata_errors=True)
    data = cast(ModelCardData, parsed.data)
    kept = [result for result in data.eval_results or [] if not made_here(result)]
    own_name = recipe.run if len(recipe.variants) == 1 and recipe.run else variant
    data.model_name = data.model_name or own_name
    data.eval_results = [*kept, *evaluation_results(report, recipe, variant)]
    return str(parsed)


def made_here(result: "EvalResult") -> bool:
    """Return whether `evaluation_results` made it: no other program writes its clusters."""
    return "clusters" in (result.metric_args or {})


def compared_scores(split: SplitReport, recipe: Recipe) -> dict[str, Comparison]:
    """Return the comparisons that the card tells, by the name of the score."""
    compared = split.comparisons.get(recipe.name, {})
    return {name: compared[name]["all"] for name in METRICS if name in compared}


def write_hub_results(path: Path, report: Report, recipe: Recipe, variant: str) -> None:
    """Write the scores on Spider's own validation split as `.eval_results` has them."""
    import yaml
    from huggingface_hub import eval_result_entries_to_yaml

    entries = list(hub_entries(report, recipe, variant))
    if entries:
        path.parent.mkdir(exist_ok=True)
        write_text(path, yaml.safe_dump(eval_result_entries_to_yaml(entries), sort_keys=False))
    else:
        path.unlink(missing_ok=True)


def hub_entries(report: Report, recipe: Recipe, variant: str) -> Iterator["EvalResultEntry"]:
    from huggingface_hub import EvalResultEntry

    split = report.scoring_splits.get("validation")
    if split is None:
        return
    for name, compared in compared_scores(split, recipe).items():
        yield EvalResultEntry(
            dataset_id=HUB_DATASET,
            task_id=name,
            value=own_score(compared, variant),
            date=report.made_by.get("created"),
            notes=f"{METRICS[name]}; against the base: {quoted(compared, 'question')}",
        )


def evaluation_results(report: Report, recipe: Recipe, variant: str) -> Iterator["EvalResult"]:
    """Yield the variant's own scores in the hub's form, in percent."""
    from huggingface_hub import EvalResult

    for split in report.scoring_splits.values():
        is_spider = split.distance == "in domain"
        for name, compared in compared_scores(split, recipe).items():
            yield EvalResult(
                task_type="text-generation",
                task_name="text-to-SQL",
                dataset_type=HUB_DATASET if is_spider else split.name,
                dataset_name="Spider" if is_spider else split.name,
                dataset_split=split.name,
                metric_type=name,
                metric_name=METRICS[name],
                metric_value=own_score(compared, variant),
                metric_args=describe_difference(compared),
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
                metric_value=own_score(comparison, variant, benchmark.is_share),
                metric_args=describe_difference(comparison, benchmark.is_share),
            )


def own_score(comparison: Comparison, variant: str, is_share: bool = True) -> float:
    """Return the score of one run, also where the comparison is that of several, in percent."""
    difference = comparison.runs.get(variant, comparison.difference)
    return rounded(comparison.base + difference, is_share)


def rounded(score: float, is_share: bool) -> float:
    """Return a share in percent, and any other score in its own unit."""
    return round(100 * score, 1) if is_share else float(f"{score:.4g}")


def describe_difference(comparison: Comparison, is_share: bool = True) -> dict[str, Any]:
    """Return the difference to the base with both readings, in points."""
    readings = {"interval": comparison, "interval_these_databases": comparison.same_databases}
    intervals = {
        name: [rounded(reading.low, is_share), rounded(reading.high, is_share)]
        for name, reading in readings.items()
        if reading and reading.low is not None and reading.high is not None
    }
    return {
        "base": rounded(comparison.base, is_share),
        "difference": rounded(comparison.difference, is_share),
        **intervals,
        "n": comparison.n,
        "clusters": clusters(comparison),
    }


def section(report: Report, recipe: Recipe, variant: str) -> str:
    """Return what the card says of the evaluation, in Markdown."""
    blocks = [BEGIN, "## Evaluation", escape_markdown(summarize_recipe(report, recipe))]
    if len(recipe.variants) > 1:
        gain = report.gain_of(recipe.name)
        own = f"; its own gain is {points(gain.runs[variant])} points" if gain else ""
        blocks.append(f"This adapter is one of the {len(recipe.variants)} runs{own}.")
    rows = [score_row(*row) for row in scored(report, recipe)]
    header = ["in percent and points", report.base, "fine-tuned", "difference", "95 %"]
    blocks.append(Table([*header, "these databases, 95 %", "n", "p"], rows).as_markdown())
    blocks += ["The evaluation's `report.md` explains the intervals.", END]
    return "\n\n".join(blocks)


def scored(report: Report, recipe: Recipe) -> list[tuple[str, Comparison, Unit]]:
    """Return what the recipe is compared on: each split, each benchmark, their mean."""
    found = []
    for split in report.scoring_splits.values():
        for name, compared in compared_scores(split, recipe).items():
            found.append((f"{METRICS[name]}, {split.name}", compared, PERCENT))
    for name, benchmark in report.benchmarks.items():
        if recipe.name in benchmark.comparisons:
            label = name if benchmark.is_share else f"{name}, {benchmark.metric}"
            found.append((label, benchmark.comparisons[recipe.name], unit_of(benchmark)))
    mean = report.mean_over_benchmarks.get(recipe.name)
    return [*found, ("mean over benchmarks", mean, PERCENT)] if mean else found


def score_row(label: str, compared: Comparison, unit: Unit) -> list[str]:
    corrected = compared.p_value if compared.p_holm is None else compared.p_holm
    return [
        label,
        unit.score(compared.base),
        unit.score(compared.other),
        unit.difference(compared.difference),
        interval(compared, unit),
        interval(compared.same_databases) if compared.same_databases else NONE,
        counted(compared),
        p_value(corrected),
    ]
