"""The tables of the whole study: recipes, their runs, three distances, benchmarks, training."""

from collections.abc import Mapping, Sequence

from text2sql.report.comparison_rows import (
    QUESTION_COLUMNS,
    item_cells,
    question_row,
    shown_p,
    unit_of,
)
from text2sql.report.content import BenchmarkReport, Report, SplitReport
from text2sql.report.significance import Comparison
from text2sql.report.table import Table
from text2sql.report.text import (
    NONE,
    PERCENT,
    Unit,
    counted,
    interval,
    p_value,
    percent,
    points,
    ratio_with_interval,
)

SHOWN_SCORES = ("execution_accuracy", "exact_match", "valid_sql")


def recipes_table(report: Report) -> Table:
    """Every recipe on the first split and on the benchmarks, as far as finished."""
    split = report.splits.get(report.primary.split or "")
    placed = {point.variant: point for point in report.tradeoff.points}
    rows = [[report.base, *base_scores(split, report.base), *[NONE] * 3, ""]] if split else []
    for recipe in report.recipes:
        compared = split.comparisons.get(recipe.name, {}) if split else {}
        change = report.mean_over_benchmarks.get(recipe.name)
        point = placed.get(recipe.name)
        if not compared and change is None:
            continue
        gain = compared.get("execution_accuracy", {}).get("all")
        runs = f" ({len(recipe.variants)} runs)" if len(recipe.variants) > 1 else ""
        rows.append(
            [
                recipe.name + runs,
                *(percent(other_score(compared, score)) for score in SHOWN_SCORES),
                with_interval(gain),
                with_interval(change),
                ratio_with_interval(point.forgetting_per_point if point else None),
                f"{100 * point.front_share:.0f} %" if point else NONE,
            ]
        )
    header = ["variant", "EX", "EM", "valid SQL", "gain in EX, 95 %", "change of the mean, 95 %"]
    return Table([*header, "forgetting per point, 95 %", "on the front"], rows)


def base_scores(split: SplitReport, base: str) -> list[str]:
    if base not in split.variants:
        return [NONE] * len(SHOWN_SCORES)
    scores = split.variants[base]["scores"]
    return [percent(scores[score]["all"]["score"]) for score in SHOWN_SCORES]


def other_score(compared: Mapping[str, Mapping[str, Comparison]], score: str) -> float | None:
    return compared[score]["all"].other if score in compared else None


def with_interval(comparison: Comparison | None) -> str:
    if comparison is None:
        return NONE
    return f"{points(comparison.difference)} ({interval(comparison)})"


def runs_table(report: Report) -> Table:
    """The runs of every replicated recipe, one by one and never ranked."""
    rows = []
    for recipe in report.recipes:
        gain = report.gain_of(recipe.name)
        change = report.mean_over_benchmarks.get(recipe.name)
        for run in recipe.variants if len(recipe.variants) > 1 else ():
            gained = points(gain.runs[run]) if gain else NONE
            changed = points(change.runs[run]) if change else NONE
            rows.append([run, recipe.name, gained, changed])
    return Table(["run", "recipe", "gain in EX", "change of the mean"], rows)


def distances_table(report: Report) -> Table:
    """Each fine-tuned recipe against the base: in domain, near and far."""
    rows = []
    for name in report.main_recipes:
        for split in report.scoring_splits.values():
            compared = split.comparisons.get(name, {}).get("execution_accuracy")
            if compared:
                label = f"{split.distance}: {split.name}, EX"
                rows.append([label, name, *question_row("", compared["all"])[1:]])
        mean = report.mean_over_benchmarks.get(name)
        if mean:
            rows.append(["far: mean over benchmarks", name, *mean_row(mean)])
    return Table(["distance", "variant", "base", "variant's", *QUESTION_COLUMNS], rows)


def mean_row(mean: Comparison) -> list[str]:
    """Return the cells of a mean over benchmarks among those of questions."""
    scores = [percent(mean.base), percent(mean.other), points(mean.difference)]
    return [*scores, interval(mean), NONE, counted(mean), p_value(mean.p_value)]


def training_table(report: Report) -> Table:
    """How each run was trained: its main settings and its losses."""
    rows = []
    for run, training in report.study.training.items():
        names = ("learning_rate", "lora_r", "num_train_epochs")
        values = [training.settings.get(name) for name in names]
        if training.settings.get("max_steps", -1) > 0:
            values[-1] = None  # the number of steps overrides that of epochs
        values += [training.effective_batch, training.best_step]
        shown = [NONE if value is None else f"{value:g}" for value in values]
        general = training.losses.get("general", [])
        measured = [
            at_step(training.losses.get("eval", []), training.best_step),
            at_step(general, 0),
            at_step(general, training.best_step),
            at_step(training.general_kl, training.best_step),
        ]
        numbers = [NONE if value is None else f"{value:.3f}" for value in measured]
        rows.append([run, *shown, *numbers])
    header = ["run", "learning rate", "LoRA r", "epochs at most", "examples per step", "step kept"]
    header += ["its evaluation loss", "general loss of the base", "its general loss"]
    return Table([*header, "its KL from the base"], rows)


def at_step(curve: Sequence[Sequence[float]], step: int | None) -> float | None:
    return next((value for at, value in curve if at == step), None)


def benchmarks_table(report: Report, name: str) -> Table:
    """One recipe against the base, benchmark by benchmark, and their mean."""
    rows = [
        benchmark_row(benchmark, content, name, report)
        for benchmark, content in report.benchmarks.items()
    ]
    mean = report.mean_over_benchmarks.get(name)
    if mean:
        label = f"mean of {len(mean.benchmarks or [])} above chance"
        rows.append([label, *item_cells(mean, p_value(mean.p_value)), NONE, NONE, detectable(mean)])
    header = ["benchmark", report.base, name, "difference", "95 %", "other subtasks, 95 %"]
    return Table([*header, "n", "p", "chance", f"{name} above chance", "detectable"], rows)


def benchmark_row(benchmark: str, content: BenchmarkReport, name: str, report: Report) -> list[str]:
    label = f"{benchmark} ({content.num_fewshot}-shot, {content.metric})"
    if content.at_chance:
        label += ", at chance: cannot show forgetting"
    compared, unit = content.comparisons.get(name), unit_of(content)
    if compared is None:  # a variant has not finished it
        variants = [report.base, *report.recipe(name).variants[:1]]
        scores = [content.variants.get(variant, {}).get("score") for variant in variants]
        return [label, *map(unit.score, scores), *[NONE] * 8]
    above = None if content.chance is None else compared.other - content.chance
    cells = item_cells(compared, shown_p(compared), unit)
    return [label, *cells, shown_chance(content), points(above), detectable(compared, unit)]


def shown_chance(content: BenchmarkReport) -> str:
    if content.is_share and content.chance is None:
        return "unknown"
    return percent(content.chance)


def detectable(compared: Comparison, unit: Unit = PERCENT) -> str:
    return unit.difference(compared.smallest_detectable).lstrip("+")


def subject_groups_table(content: BenchmarkReport, base: str, name: str) -> Table:
    rows = [
        [group, *item_cells(compared[name], "", unit_of(content))[:-1]]
        for group, compared in content.subject_groups.items()
        if name in compared
    ]
    header = ["subjects", base, name, "difference", "95 %", "other subtasks, 95 %", "n"]
    return Table(header, rows)
