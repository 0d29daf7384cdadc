"""Print the tables of docs/STUDY.md from a folder of its evaluations.

    tar -xf docs/study/evaluations.tar.xz -C FOLDER
    python -m docs.study.tables FOLDER

Each evaluation in it is one of evaluate.py, which `--report_only` makes into a report as well.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from docs.study.contrasts import contrasts_table, gains_table
from text2sql.cli import run
from text2sql.errors import UserError
from text2sql.files import read_jsonl
from text2sql.inference.prediction import read_all_predictions
from text2sql.report.build import build_report
from text2sql.report.content import Report
from text2sql.report.table import Table
from text2sql.report.tables import distances_table, recipes_table, runs_table, with_interval
from text2sql.report.text import NONE, percent
from text2sql.study.folder import EvaluationFolder
from text2sql.study.study import read_study

STEPS = (406, 812, 1218, 1624)
CURVES = Path(__file__).parent / "curves.jsonl"
HALF = "half strength"
EX = "execution accuracy"


def main() -> None:
    if len(sys.argv) != 2:
        raise UserError("Name the folder of the evaluations: python -m docs.study.tables FOLDER")
    root = Path(sys.argv[1])
    found = {path.parent.name: path.parent for path in sorted(root.glob("*/study.json"))}
    reports = {name: build_report(folder, read_study(folder), {}) for name, folder in found.items()}
    for name in ("study", "bf16", "once", "gsm8k"):
        if name in reports:
            print_table(f"{name}: gain and loss", recipes_table(reports[name]))
            print_table(f"{name}: in domain, near and far", distances_table(reports[name]))
            print_table(f"{name}: benchmarks", benchmarks_table(reports[name]))
    if "study" in reports:
        print_table("study: run by run", runs_table(reports["study"]))
        print_choice(reports["study"])
    if "answers" in found:
        print_table("answers: execution accuracy on validation", gains_table(found["answers"]))
        print_table("answers: gain on each split", near_table(reports["answers"]))
        with_seeds, with_benchmarks = (
            [found[name] for name in names if name in found]
            for names in (("answers", "bf16"), ("study", "bf16"))
        )
        print_table("Recipes against each other", contrasts_table(with_seeds, with_benchmarks))
    curves = read_jsonl(CURVES)
    print_table("Losses at the end of training", losses_table(curves))
    print_table("Losses in the course of training", course_of_losses_table(curves))
    for kind, what in (
        ("course", EX),
        ("course", "hellaswag"),
        ("chat", "ifeval"),
    ):
        courses = {n.removeprefix(f"{kind}-"): r for n, r in reports.items() if n.startswith(kind)}
        if courses:
            print_table(f"In the course of training: {what}", course_table(courses, what))
    for name in sorted(n for n in reports if n.startswith("merged-")):
        print_table(f"{name}: gain", recipes_table(reports[name]))
        print(f"{equal_answers(found[name])}\n")


def print_table(title: str, table: Table) -> None:
    print(f"### {title}\n\n{table.as_markdown()}\n")


def print_choice(report: Report) -> None:
    choice = report.tradeoff.choices["all"]
    gain, change = choice.specialization_gain, choice.generalization_change
    print(f"### Chosen on {' and '.join(choice.chosen_on)}: {choice.chosen or 'none'}\n")
    print(f"Scored on the rest: gain {with_interval(gain)}, change {with_interval(change)};")
    print(f"recommended: {choice.recommended} {choice.reason}\n")


def benchmarks_table(report: Report) -> Table:
    """Return the base's score on each benchmark, and each recipe's difference with its interval."""
    rows = []
    for name, content in report.benchmarks.items():
        base = percent(content.variants[report.base]["score"])
        label = f"{name}, at chance" if content.at_chance else name
        compared = (content.comparisons.get(recipe) for recipe in report.main_recipes)
        rows.append([label, base, *map(with_interval, compared)])
    return Table(["benchmark", "base", *report.main_recipes], rows)


def near_table(report: Report) -> Table:
    """Return each recipe's gain in execution accuracy on every split, for new databases."""
    splits = report.scoring_splits
    rows = [
        [
            f"`{recipe.removesuffix('-seed*')}`",
            *(
                with_interval(split.comparisons[recipe]["execution_accuracy"]["all"])
                for split in splits.values()
            ),
        ]
        for recipe in report.main_recipes
    ]
    return Table(["recipe", *splits], rows)


def course_table(courses: dict[str, Report], what: str) -> Table:
    """Return a score of each run by step and at half strength, in percent."""
    rows = []
    for recipe, report in courses.items():
        names = {r.step: r.name for r in report.recipes if r.kind == "checkpoint"}
        names[HALF] = next((r.name for r in report.recipes if r.kind == "scaled"), None)
        columns = [report.base, *(names.get(key) for key in (*STEPS, HALF)), "finetuned"]
        rows.append([recipe, *(score_of(report, name, what) for name in columns)])
    return Table(["run", "base", *map(str, STEPS), HALF, "best checkpoint"], rows)


def losses_table(curves: list[dict[str, Any]]) -> Table:
    """Return what each recipe's runs logged last, mean (lowest to highest), in nats per token."""
    recipes: dict[str, list[dict[str, Any]]] = {}
    for curve in curves:
        if curve["steps"][-1] == STEPS[-1]:
            recipes.setdefault(recipe_of(curve), []).append(curve)
    rows = []
    for recipe, runs in recipes.items():
        rises = [run["general_loss"][-1] - run["base_general_loss"] for run in runs]
        last = (
            [run["evaluation_loss"][-1] for run in runs],
            rises,
            [run["general_kl"][-1] for run in runs],
        )
        rows.append([f"`{recipe}`", str(len(runs)), *map(mean_and_range, last)])
    columns = ["recipe", "trainings", "holdout loss", "rise on general texts", "KL from the base"]
    return Table(columns, rows)


def course_of_losses_table(curves: list[dict[str, Any]]) -> Table:
    """Return the holdout loss and the divergence at each evaluation, means over trainings."""
    whole = [curve for curve in curves if curve["steps"][-1] == STEPS[-1]]
    rows = []
    for recipe in dict.fromkeys(map(recipe_of, whole)):
        runs = [curve for curve in whole if recipe_of(curve) == recipe]
        means = (
            np.mean([run[name] for run in runs], axis=0)
            for name in ("evaluation_loss", "general_kl")
        )
        rows.append([f"`{recipe}`", *(" → ".join(f"{x:.2f}" for x in mean) for mean in means)])
    steps = ", ".join(f"{step:,}" for step in STEPS)
    return Table(["recipe", f"holdout loss at steps {steps}", "KL from the base"], rows)


def recipe_of(curve: dict[str, Any]) -> str:
    recipe: str = curve["run"].partition("-seed")[0]
    return recipe


def mean_and_range(values: list[float]) -> str:
    return f"{np.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def score_of(report: Report, variant: str | None, what: str) -> str:
    if variant is None:
        return NONE
    if what == EX:
        scores = report.splits["validation"].variants[variant]["scores"]
        return percent(scores["execution_accuracy"]["all"]["score"])
    found = (b for name, b in report.benchmarks.items() if name.startswith(what))
    scores = next((benchmark.variants for benchmark in found), {})
    return percent(scores[variant]["score"]) if variant in scores else NONE


def equal_answers(output_dir: Path) -> str:
    """Return how many answers of the merged model are those of its adapter."""
    folder = EvaluationFolder(output_dir)
    ours, merged = (
        read_all_predictions(folder.answers("validation", name).predictions)
        for name in ("finetuned", "merged")
    )
    equal = sum(a.generation == b.generation for a, b in zip(ours, merged, strict=True))
    return f"{equal:,} of {len(ours):,} answers of the merged model are the adapter's."


if __name__ == "__main__":
    run(main)
