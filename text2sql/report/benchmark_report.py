"""Finished benchmarks -> their part of the report: comparisons, floors, the mean over them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from text2sql.report.benchmark_results import (
    BenchmarkResults,
    FinishedBenchmark,
    read_results,
)
from text2sql.report.choosing import is_in_choosing_half
from text2sql.report.content import BenchmarkReport
from text2sql.report.corpus_scores import compare_corpora
from text2sql.report.estimators import Sample, clustered_mean, describe_sample
from text2sql.report.hypotheses import correct_for_several
from text2sql.report.recipes import Recipe
from text2sql.report.significance import Comparison, PairedScores, compare_items, compare_means
from text2sql.study.folder import EvaluationFolder
from text2sql.study.study import Study

AT_CHANCE = "the base is at chance, so it cannot show forgetting"
NO_ACCURACY = "its score is not an accuracy"

Parts = dict[str, tuple[PairedScores, Sample]]


def read_benchmarks(
    folder: EvaluationFolder, study: Study, cluster_fields: Mapping[str, str]
) -> dict[str, FinishedBenchmark]:
    """Return the finished results by benchmark."""
    found: dict[str, dict[str, BenchmarkResults]] = {}
    for benchmark in study.benchmarks:
        for variant in study.variants:
            path = folder.benchmark_results(benchmark.results_file, variant.name)
            if not path.exists():
                continue
            field = cluster_fields.get(benchmark.name)
            for name, results in read_results(path, benchmark.name, field).items():
                found.setdefault(name, {})[variant.name] = results
    return {name: FinishedBenchmark(results) for name, results in found.items()}


def report_benchmark(
    benchmark: FinishedBenchmark, base: str, recipes: Sequence[Recipe]
) -> BenchmarkReport:
    first = benchmark.first
    finished = finished_recipes(benchmark, base, recipes)
    limits = base_interval(benchmark, base)
    chance = first.chance
    at_chance = chance is not None and limits is not None and not limits[0] > chance
    scores = {
        name: {"score": r.score, "above_chance": None if chance is None else r.score - chance}
        for name, r in benchmark.results.items()
    }
    if limits is not None:
        scores[base] |= {"low": limits[0], "high": limits[1]}
    return BenchmarkReport(
        metric=first.metric,
        is_share=is_share(benchmark),
        num_fewshot=first.num_fewshot,
        bos=first.bos,
        higher_is_better=first.higher_is_better,
        chance=chance,
        n=first.n,
        cluster=benchmark.cluster if benchmark.keys else "document",
        num_clusters=len(set(benchmark.clusters)) or first.n,
        at_chance=at_chance,
        left_out_of_mean=why_left_out(benchmark, at_chance),
        variants=scores,
        comparisons={recipe.name: compare(benchmark, base, recipe) for recipe in finished},
        subject_groups={
            group: {r.name: compare_group(benchmark, base, r, tasks) for r in finished}
            for group, tasks in first.subject_groups.items()
            if benchmark.keys
        },
    )


def finished_recipes(
    benchmark: FinishedBenchmark, base: str, recipes: Sequence[Recipe]
) -> list[Recipe]:
    """Return the recipes of which every run has finished the benchmark, and the base too."""
    return [r for r in recipes if {base, *r.variants} <= benchmark.results.keys()]


def base_interval(benchmark: FinishedBenchmark, base: str) -> tuple[float, float] | None:
    """Return the interval of the base's own score; None where there is none."""
    if base not in benchmark.results or not benchmark.keys or not benchmark.sample.has_interval:
        return None
    return clustered_mean(benchmark.scores(base), benchmark.sample).interval()


def why_left_out(benchmark: FinishedBenchmark, at_chance: bool) -> str | None:
    """Return why the mean over benchmarks leaves it out; None where it does not."""
    if not is_share(benchmark):
        return NO_ACCURACY
    return AT_CHANCE if at_chance else None


def is_share(benchmark: FinishedBenchmark) -> bool:
    """Return whether scores are fractions from 0 to 1, which people read in percent."""
    return all(results.is_accuracy for results in benchmark.results.values())


def compare(benchmark: FinishedBenchmark, base: str, recipe: Recipe) -> Comparison:
    if not benchmark.keys:
        scores = {run: benchmark.corpus_score(run) for run in recipe.variants}
        weights = benchmark.first.documents
        return compare_corpora(benchmark.corpus_score(base), scores, weights)
    paired = benchmark.paired(base, recipe.variants)
    return compare_items(paired, benchmark.sample, benchmark.cluster, benchmark.subtasks)


def compare_group(
    benchmark: FinishedBenchmark, base: str, recipe: Recipe, tasks: Sequence[str]
) -> Comparison:
    """Return the comparison on one group's items (MMLU's humanities), each counting the same."""
    chosen = np.isin(benchmark.subtasks, tasks)
    positions = np.flatnonzero(chosen)
    subtasks = [benchmark.subtasks[i] for i in positions]
    sample = describe_sample([benchmark.clusters[i] for i in positions], subtasks)
    paired = benchmark.paired(base, recipe.variants).take(chosen)
    return compare_items(paired, sample, benchmark.cluster, subtasks).without_p()


def correct_family(benchmarks: Mapping[str, BenchmarkReport]) -> dict[str, BenchmarkReport]:
    """Return the reports with `p_holm` over all benchmarks and recipes, which are one family."""
    pairs = [
        (name, recipe, comparison.p_value)
        for name, report in benchmarks.items()
        for recipe, comparison in report.comparisons.items()
        if comparison.p_value is not None
    ]
    corrected = correct_for_several([p for _, _, p in pairs])
    by_pair = {(name, recipe): p for (name, recipe, _), p in zip(pairs, corrected, strict=True)}
    return {
        name: replace(
            report,
            comparisons={
                recipe: replace(comparison, p_holm=by_pair.get((name, recipe)))
                for recipe, comparison in report.comparisons.items()
            },
        )
        for name, report in benchmarks.items()
    }


def averaged_parts(
    benchmarks: Mapping[str, FinishedBenchmark],
    reports: Mapping[str, BenchmarkReport],
    base: str,
    recipe: Recipe,
) -> Parts | None:
    """Return what the mean over benchmarks averages; None where the recipe lacks a part."""
    averaged = {n: b for n, b in benchmarks.items() if reports[n].left_out_of_mean is None}
    if not averaged or any(not finished_recipes(b, base, [recipe]) for b in averaged.values()):
        return None
    return {
        name: (benchmark.paired(base, recipe.variants), benchmark.sample)
        for name, benchmark in averaged.items()
    }


def compare_half(
    benchmarks: Mapping[str, FinishedBenchmark], parts: Parts, choosing: bool
) -> Comparison | None:
    """Return the mean over one half of each benchmark's clusters; None where a half is empty.

    One half chooses between recipes, the other scores the one that was chosen.
    """
    half: Parts = {}
    for name, (scores, _) in parts.items():
        clusters = benchmarks[name].clusters
        chosen = np.array([is_in_choosing_half(f"{name}/{c}") == choosing for c in clusters])
        if not chosen.any():
            return None
        half[name] = scores.take(chosen), benchmarks[name].sample_of(chosen)
    return compare_means(half)
