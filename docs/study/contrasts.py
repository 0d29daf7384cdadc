"""Recipes against each other, which the report does not compare: the contrasts of docs/STUDY.md.

    python -m docs.study.contrasts outputs/study outputs/parts/bf16

Reads evaluations of the same questions and benchmarks, as evaluate.py writes them. Prints a table
in Markdown: the second recipe minus the first, with both readings on execution accuracy.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np

from text2sql.cli import run
from text2sql.errors import UserError
from text2sql.report.benchmark_report import read_benchmarks, report_benchmark
from text2sql.report.benchmark_results import FinishedBenchmark
from text2sql.report.estimators import (
    Estimate,
    Floats,
    Sample,
    add_run_variance,
    clustered_mean,
    describe_sample,
    weighted_sum,
)
from text2sql.report.hypotheses import correct_for_several
from text2sql.report.recipes import find_recipes
from text2sql.report.significance import MIN_RUNS_FOR_INTERVAL
from text2sql.report.split_results import SplitResults, read_split_results
from text2sql.report.table import Table
from text2sql.report.text import NONE, p_value, percent, points
from text2sql.study.folder import EvaluationFolder
from text2sql.study.study import read_study

CONTRASTS = (  # the first is what the second is compared with
    ("paper", "lr3e-4"),
    ("paper", "lr1e-3"),
    ("lr1e-3", "r16"),
    ("r16", "all-r16"),
    ("paper", "text"),
    ("paper", "bf16"),
)


@dataclass(frozen=True)
class Evaluation:
    """One folder: its scores on the first split and on the benchmarks above chance."""

    base: str
    runs: dict[str, list[str]]  # by recipe
    split: SplitResults
    benchmarks: dict[str, FinishedBenchmark]

    @classmethod
    def read(cls, output_dir: Path) -> "Evaluation":
        folder, study = EvaluationFolder(output_dir), read_study(output_dir)
        names = [variant.name for variant in study.variants]
        recipes = find_recipes(study)
        base, *tuned = names
        benchmarks = read_benchmarks(folder, study, {})
        above_chance = {
            name: benchmark
            for name, benchmark in benchmarks.items()
            if report_benchmark(benchmark, base, recipes).left_out_of_mean is None
        }
        runs: dict[str, list[str]] = {}
        for name in tuned:
            runs.setdefault(name.partition("-seed")[0], []).append(name)
        return cls(base, runs, read_split_results(folder, study.splits[0], names), above_chance)

    def gains(self, recipe: str) -> Floats:
        """Return the gain in execution accuracy of each run on each question, (runs, questions)."""
        scores = {name: own["execution_accuracy"] for name, own in self.split.scores.items()}
        return np.stack([scores[run] - scores[self.base] for run in self.runs[recipe]])

    def changes(self, recipe: str, benchmark: str) -> Floats:
        """Return the change of each run on each item of a benchmark, (runs, items)."""
        return self.benchmarks[benchmark].paired(self.base, self.runs[recipe]).differences


def main() -> None:
    if len(sys.argv) < 2:
        raise UserError("Name the folders of the evaluations: python -m docs.study.contrasts DIR")
    print(contrasts_table([Path(name) for name in sys.argv[1:]]).as_markdown())


def contrasts_table(
    folders: Sequence[Path], folders_with_benchmarks: Sequence[Path] | None = None
) -> Table:
    """Return the contrasts whose recipes are in the folders with three runs or more.

    The changes of the mean are those of `folders_with_benchmarks` where other folders have runs
    that answered SQL alone.
    """
    gains = recipes_of(folders)
    means = gains if folders_with_benchmarks is None else recipes_of(folders_with_benchmarks)
    contrasts = [
        pair
        for pair in CONTRASTS
        if all(r in gains and len(gains[r].runs[r]) >= MIN_RUNS_FOR_INTERVAL for r in pair)
    ]
    found = [compare_gains(*pair, gains) for pair in contrasts]
    changes = [compare_means(*pair, means) for pair in contrasts]
    p_gain = correct_for_several([new.p_value() for new, _ in found])
    p_mean = iter(correct_for_several([change.p_value() for change in changes if change]))
    rows = [
        [
            f"`{second}` − `{first}`",
            show(new),
            p_value(p),
            show(same),
            *([show(change), p_value(next(p_mean))] if change else [NONE, NONE]),
        ]
        for (first, second), (new, same), change, p in zip(
            contrasts, found, changes, p_gain, strict=True
        )
    ]
    columns = ["gain, new databases", "p (Holm)", "gain, these databases", "mean", "p (Holm)"]
    return Table(["", *columns], rows)


def recipes_of(folders: Sequence[Path]) -> dict[str, Evaluation]:
    """Return the evaluation that has each recipe."""
    return {name: e for e in map(Evaluation.read, folders) for name in e.runs}


def gains_table(folder: Path) -> Table:
    """Return each recipe's accuracy and gain, as means over its runs, in both readings."""
    evaluation = Evaluation.read(folder)
    split = evaluation.split
    queries = list(zip(split.db_ids, split.gold_queries, strict=True))
    rows = []
    for recipe, runs in evaluation.runs.items():
        scores = np.stack([split.scores[run]["execution_accuracy"] for run in runs])
        gains = evaluation.gains(recipe)
        readings = [show(gain_of(gains, describe_sample(of))) for of in (split.db_ids, queries)]
        each = ", ".join(percent(score) for score in scores.mean(axis=1))
        rows.append([f"`{recipe}`", str(len(runs)), each, percent(scores.mean()), *readings])
    columns = ["recipe", "runs", "EX of each", "mean", "gain, new databases", "these databases"]
    return Table(columns, rows)


def gain_of(gains: Floats, sample: Sample) -> Estimate:
    """Return the mean gain of a recipe from that of each run on each question, (runs, questions).

    One run says nothing of how runs vary: its interval is that adapter's.
    """
    over_items = clustered_mean(gains.mean(axis=0), sample)
    return add_run_variance(over_items, gains @ sample.weights) if len(gains) > 1 else over_items


def compare_gains(
    first: str, second: str, of_recipe: dict[str, Evaluation]
) -> tuple[Estimate, Estimate]:
    """Return second - first in gain, for new and for these databases."""
    one, other = of_recipe[first], of_recipe[second]
    if one.split.gold_queries != other.split.gold_queries:
        raise UserError(f"{first} and {second} were not asked the same.")
    db_ids = one.split.db_ids
    queries = list(zip(db_ids, one.split.gold_queries, strict=True))
    gains = one.gains(first), other.gains(second)
    new, same = (contrast([(*gains, describe_sample(clusters))]) for clusters in (db_ids, queries))
    return new, same


def compare_means(first: str, second: str, of_recipe: dict[str, Evaluation]) -> Estimate | None:
    """Return second - first in the change of the mean, where benchmarks were asked."""
    one, other = of_recipe[first], of_recipe[second]
    if one.benchmarks.keys() != other.benchmarks.keys():
        raise UserError(f"{first} and {second} were not asked the same.")
    changes = [
        (one.changes(first, name), other.changes(second, name), benchmark.sample)
        for name, benchmark in one.benchmarks.items()
    ]
    return contrast(changes) if changes else None


def contrast(parts: list[tuple[Floats, Floats, Sample]]) -> Estimate:
    """Return second - first, averaged over parts: (runs of the first, runs of the second, sample).

    The variance is CR2 over clusters of the mean over runs, plus s²/S of each recipe's run means.
    """
    share = 1 / len(parts)
    over_items = weighted_sum(
        [clustered_mean(b.mean(axis=0) - a.mean(axis=0), sample) for a, b, sample in parts],
        [share] * len(parts),
    )
    of_first = share * sum(a @ sample.weights for a, _, sample in parts)
    of_second = share * sum(b @ sample.weights for _, b, sample in parts)
    return reduce(add_run_variance, (of_first, of_second), over_items)


def show(estimate: Estimate) -> str:
    low, high = estimate.interval()
    return f"{points(estimate.mean)} ({points(low)} to {points(high)})"


if __name__ == "__main__":
    run(main)
