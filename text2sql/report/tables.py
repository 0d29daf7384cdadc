"""The report in tables, in percent and points."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from text2sql.report.content import BenchmarkReport, Report, SplitReport
from text2sql.report.significance import Comparison
from text2sql.report.text import (
    NONE,
    counted,
    interval,
    p_value,
    percent,
    points,
    ratio_with_interval,
)
from text2sql.scoring.scores import HARDNESS_LEVELS

SCORE_NAMES = {
    "execution_accuracy": "execution accuracy (EX)",
    "execution_accuracy_strict": "EX where the answer is nothing but SQL",
    "execution_accuracy_keep_distinct": "EX with DISTINCT kept",
    "test_suite_accuracy": "test-suite accuracy",
    "test_suite_accuracy_keep_distinct": "test-suite accuracy with DISTINCT kept",
    "neighbour_survival": "right answers that survive on neighbour databases",
    "exact_match": "exact match (EM)",
    "valid_sql": "valid SQL",
}
SHOWN_SCORES = ("execution_accuracy", "exact_match", "valid_sql")
QUESTION_COLUMNS = ["difference", "new databases, 95 %", "these databases, 95 %", "n", "p"]
ONLY_OF_SEVERAL_DATABASES = ("new databases, 95 %", "p")
FEATURE_NAMES = {
    "join": "JOIN",
    "nesting": "a subquery",
    "set_operation": "UNION, INTERSECT or EXCEPT",
    "aggregation": "an aggregate",
    "group_by": "GROUP BY",
    "order_by_limit": "ORDER BY or LIMIT",
    "none": "none of these",
}


@dataclass(frozen=True)
class Table:
    """Cells are text; the first column names the row, the others are numbers."""

    header: list[str]
    rows: list[list[str]]

    def as_markdown(self) -> str:
        lines = [self.header, ["---", *["---:"] * (len(self.header) - 1)], *self.rows]
        return "\n".join(f"| {' | '.join(escape_cell(c) for c in line)} |" for line in lines)

    def as_text(self) -> str:
        lines = [self.header, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.header))]
        return "\n".join(
            "  ".join(
                [line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])],
            ).rstrip()
            for line in lines
        )


def escape_cell(cell: str) -> str:
    return cell.replace("|", "\\|")


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
        values += [training.effective_batch, training.best_step]
        shown = [NONE if value is None else f"{value:g}" for value in values]
        losses = {int(step): loss for step, loss in training.losses.get("eval", [])}
        best = losses.get(training.best_step or 0)
        rows.append([run, *shown, NONE if best is None else f"{best:.3f}"])
    header = ["run", "learning rate", "LoRA r", "epochs at most", "examples per step", "step kept"]
    return Table([*header, "its evaluation loss"], rows)


def comparison_table(split: SplitReport, base: str, name: str) -> Table:
    """One recipe against the base, score by score."""
    compared = split.comparisons[name]
    rows = [
        question_row(label, compared[score]["all"])
        for score, label in SCORE_NAMES.items()
        if score in compared
    ]
    return Table(["score", base, name, *QUESTION_COLUMNS], rows)


def question_row(label: str, compared: Comparison) -> list[str]:
    """Return a row with both readings."""
    return [
        label,
        percent(compared.base),
        percent(compared.other),
        points(compared.difference),
        interval(compared),
        interval(compared.same_databases),
        counted(compared),
        shown_p(compared),
    ]


def shown_p(compared: Comparison) -> str:
    """Return Holm's p, and of a primary comparison its own with the exact one of few databases."""
    if compared.p_holm is not None:
        return p_value(compared.p_holm)
    if compared.p_value is None or compared.sign_flip_p is None:
        return p_value(compared.p_value)
    return f"{p_value(compared.p_value)} (exact {p_value(compared.sign_flip_p)})"


def hardness_table(split: SplitReport, base: str, name: str, score: str) -> Table:
    compared = split.comparisons[name].get(score, {})
    rows = [question_row(lv, compared[lv])[:-1] for lv in HARDNESS_LEVELS if lv in compared]
    return Table(["hardness", base, name, *QUESTION_COLUMNS[:-1]], rows)


def features_table(split: SplitReport, base: str, name: str) -> Table:
    """Execution accuracy by what the gold query uses; a query counts for everything it uses."""
    compared = split.by_feature[name]
    rows = [question_row(FEATURE_NAMES[feature], compared[feature])[:-1] for feature in compared]
    return Table(["the gold query uses", base, name, *QUESTION_COLUMNS[:-1]], rows)


def databases_table(split: SplitReport, base: str, name: str) -> Table:
    """Execution accuracy on each database."""
    rows = [
        [*(row := question_row(db_id, compared))[:4], *row[5:-1]]  # one database has no spread
        for db_id, compared in split.by_database[name].items()
    ]
    columns = [column for column in QUESTION_COLUMNS if column not in ONLY_OF_SEVERAL_DATABASES]
    return Table(["database", base, name, *columns], rows)


def errors_table(split: SplitReport) -> Table:
    """Kinds of failure, in questions, with a column for each variant."""
    variants = split.variants
    kinds = sorted(
        {kind for variant in variants.values() for kind in variant["errors"]},
        key=lambda kind: -max(variant["errors"].get(kind, 0) for variant in variants.values()),
    )
    rows = [[kind, *(str(v["errors"].get(kind, 0)) for v in variants.values())] for kind in kinds]
    return Table(["kind of failure", *variants], rows)


def shares_table(split: SplitReport) -> Table:
    """Shares of the questions that tell how to read the scores, in percent."""
    labels = {
        "only_sql": "the answer is nothing but SQL",
        "cut_short": "the answer was cut at --max_new_tokens",
        "unparsable": "SQL outside Spider's grammar (EM counts it wrong)",
        "empty_equals_empty": "correct because both results are empty",
        "timeout": "stopped at the deadline",
    }
    variants = split.variants
    rows = [
        [label, *(percent(variant["shares"][key]) for variant in variants.values())]
        for key, label in labels.items()
    ]
    return Table(["share of the questions, %", *variants], [*rows, *consistency_rows(split)])


def consistency_rows(split: SplitReport) -> list[list[str]]:
    """Return shares of gold queries with several wordings, and of correct answers that survive."""
    wordings = [variant["wordings"] or {} for variant in split.variants.values()]
    labels = {
        "all_right": "of gold queries in several wordings: all right",
        "some_right": "of gold queries in several wordings: only some right",
    }
    rows = [[label, *(percent(w.get(key)) for w in wordings)] for key, label in labels.items()]
    survival = [v["scores"].get("neighbour_survival") for v in split.variants.values()]
    if any(survival):
        shown = [percent(levels and levels["all"]["score"]) for levels in survival]
        rows.append(["of correct answers: survive on neighbour databases", *shown])
    return rows if any(w.get("n") for w in wordings) else rows[2:]


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
    compared = content.comparisons.get(name)
    if compared is None:
        # A metric such as perplexity is not a share, and its items cannot be paired.
        variants = [report.base, *report.recipe(name).variants[:1]]
        scores = [content.variants.get(variant, {}).get("score") for variant in variants]
        shown = [NONE if score is None else f"{score:.4g}" for score in scores]
        return [label, *shown, *[NONE] * 8]
    above = None if content.chance is None else compared.other - content.chance
    cells = item_cells(compared, shown_p(compared))
    return [label, *cells, percent(content.chance), points(above), detectable(compared)]


def item_cells(compared: Comparison, p: str) -> list[str]:
    return [
        percent(compared.base),
        percent(compared.other),
        points(compared.difference),
        interval(compared),
        interval(compared.other_subtasks),
        counted(compared),
        p,
    ]


def detectable(compared: Comparison) -> str:
    return points(compared.smallest_detectable).lstrip("+")


def subject_groups_table(content: BenchmarkReport, base: str, name: str) -> Table:
    rows = [
        [group, *item_cells(compared[name], "")[:-1]]
        for group, compared in content.subject_groups.items()
        if name in compared
    ]
    header = ["subjects", base, name, "difference", "95 %", "other subtasks, 95 %", "n"]
    return Table(header, rows)


def scores_table(scores: Mapping[str, Any]) -> Table:
    """The scores of one file of predictions, by hardness."""
    rows = [
        [label, *(percent(level["score"]) for level in scores["scores"][name].values())]
        for name, label in SCORE_NAMES.items()
        if name in scores["scores"]
    ]
    counts = scores["scores"]["execution_accuracy"]
    rows.append(["questions that were executed", *(str(level["n"]) for level in counts.values())])
    return Table(["%", *counts], rows)
