"""The files of an evaluation's folder -> the content of report.json.

docs/REPORT.md describes the file. Nothing here needs a model or torch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from text2sql.data.spider_splits import OWN_SPLITS
from text2sql.report.benchmark_report import (
    Parts,
    averaged_parts,
    correct_family,
    read_benchmarks,
    report_benchmark,
)
from text2sql.report.benchmark_results import FinishedBenchmark
from text2sql.report.content import BenchmarkReport, Primary, Report, SplitReport
from text2sql.report.hypotheses import correct_for_several
from text2sql.report.recipes import Recipe, find_recipes
from text2sql.report.recommendation import Evidence, choose, resample_fronts
from text2sql.report.significance import Comparison, compare_means
from text2sql.report.split_results import (
    SCORES,
    SplitResults,
    describe_answers,
    read_split_results,
)
from text2sql.report.tradeoff import (
    Point,
    Tradeoff,
    forgetting_per_point,
    judge,
    loss_test,
)
from text2sql.run_record import build_run_record
from text2sql.scoring.scores import HARDNESS_LEVELS
from text2sql.study.evaluate_flags import REPORT_FLAGS, EvaluateFlags
from text2sql.study.folder import EvaluationFolder
from text2sql.study.study import Study

SCORES_BY_HARDNESS = ("execution_accuracy", "exact_match")
RENAMED = {"num_bootstrap": "num_resamples"}
DEFAULT_SETTINGS = EvaluateFlags().report_settings(REPORT_FLAGS)


def build_report(output_dir: Path, study: Study, flags: Mapping[str, Any]) -> Report:
    """Return the report of what is finished; `flags` overrule what study.json has of settings."""
    settings = DEFAULT_SETTINGS | rename_settings(study.report_settings) | rename_settings(flags)
    folder = EvaluationFolder(output_dir)
    base = next(variant.name for variant in study.variants if variant.kind == "base")
    recipes = find_recipes(study)
    names = [variant.name for variant in study.variants]
    results = {s.name: read_split_results(folder, s, names) for s in study.splits}
    splits = {n: report_split(folder, r, base, recipes, names) for n, r in results.items()}
    benchmarks = read_benchmarks(folder, study, settings["benchmark_clusters"])
    reports = correct_family(
        {name: report_benchmark(b, base, recipes) for name, b in benchmarks.items()}
    )
    parts = find_parts(benchmarks, reports, base, recipes)
    means = {name: compare_means(part) for name, part in parts.items()}
    primary = name_primary(recipes, splits, reports)
    splits = correct_questions(splits, primary)
    tradeoff = Tradeoff(max_forgetting=settings["max_forgetting"] / 100)
    if primary.split is not None:
        gains = execution_gains(splits[primary.split])
        holdout = next((r for r in results.values() if r.split.role == "choosing"), None)
        placed = [r for r in recipes if r.name in gains and r.name in means]
        scoring = results[primary.split]
        evidence = Evidence(base, placed, scoring, holdout, benchmarks, parts)
        tradeoff = report_tradeoff(evidence, gains, means, settings)
    return Report(
        study=study,
        base=base,
        recipes=recipes,
        settings={name: settings[name] for name in DEFAULT_SETTINGS},
        primary=primary,
        splits=splits,
        benchmarks=reports,
        mean_over_benchmarks=means,
        tradeoff=tradeoff,
        made_by=build_run_record(),
    )


def rename_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings under today's names, also those of a study made by an earlier version."""
    return {RENAMED.get(name, name): value for name, value in settings.items()}


def report_split(
    folder: EvaluationFolder,
    results: SplitResults,
    base: str,
    recipes: Sequence[Recipe],
    variants: Sequence[str],
) -> SplitReport:
    """Return one split's scores of each finished variant, and each recipe against the base."""
    split = results.split
    finished = list(results.scores)
    compared = [r for r in recipes if {base, *r.variants} <= results.scores.keys()]
    return SplitReport(
        name=split.name,
        n=split.n,
        num_databases=len(set(results.db_ids)),
        num_gold_queries=len(set(zip(results.db_ids, results.gold_queries, strict=True))),
        role=split.role,
        distance="in domain" if split.name in OWN_SPLITS else "near",
        missing_databases=split.missing_databases,
        unfinished=[name for name in variants if name not in finished],
        variants={
            name: describe_answers(
                folder.answers(split.folder, name),
                results.scores[name]["execution_accuracy_strict"],
            )
            for name in finished
        },
        comparisons={r.name: compare_scores(results, base, r) for r in compared},
        by_feature={r.name: results.compare_by_feature(base, r.variants) for r in compared},
        by_database={r.name: results.compare_by_database(base, r.variants) for r in compared},
    )


def compare_scores(
    results: SplitResults, base: str, recipe: Recipe
) -> dict[str, dict[str, Comparison]]:
    """Return each score's comparison over all questions, and by hardness where that is reported."""
    comparisons: dict[str, dict[str, Comparison]] = {}
    for score in SCORES:
        for level in ("all", *HARDNESS_LEVELS) if score in SCORES_BY_HARDNESS else ("all",):
            comparison = results.compare(base, recipe.variants, score, level)
            if comparison is not None:
                comparisons.setdefault(score, {})[level] = comparison
    return comparisons


def correct_questions(
    splits: Mapping[str, SplitReport], primary: Primary
) -> dict[str, SplitReport]:
    """Return the splits with `p_holm` over all scores, recipes and splits but the primary one."""
    named = (primary.split, primary.variant, "execution_accuracy")
    family = {
        (name, recipe, score): levels["all"].p_value
        for name, split in splits.items()
        for recipe, scores in split.comparisons.items()
        for score, levels in scores.items()
        if (name, recipe, score) != named and levels["all"].p_value is not None
    }
    corrected = correct_for_several([p for p in family.values() if p is not None])
    p_holm = dict(zip(family, corrected, strict=True))
    return {name: set_p_holm(split, p_holm) for name, split in splits.items()}


def set_p_holm(split: SplitReport, p_holm: Mapping[tuple[str, str, str], float]) -> SplitReport:
    comparisons = {
        recipe: {
            score: {
                **levels,
                "all": replace(levels["all"], p_holm=p_holm.get((split.name, recipe, score))),
            }
            for score, levels in scores.items()
        }
        for recipe, scores in split.comparisons.items()
    }
    return replace(split, comparisons=comparisons)


def execution_gains(split: SplitReport) -> dict[str, Comparison]:
    return {
        recipe: scores["execution_accuracy"]["all"]
        for recipe, scores in split.comparisons.items()
        if "execution_accuracy" in scores
    }


def find_parts(
    benchmarks: Mapping[str, FinishedBenchmark],
    reports: Mapping[str, BenchmarkReport],
    base: str,
    recipes: Sequence[Recipe],
) -> dict[str, Parts]:
    """Return what each recipe's mean over benchmarks averages, where it has finished them all."""
    found = {r.name: averaged_parts(benchmarks, reports, base, r) for r in recipes}
    return {name: parts for name, parts in found.items() if parts is not None}


def name_primary(
    recipes: Sequence[Recipe],
    splits: Mapping[str, SplitReport],
    benchmarks: Mapping[str, BenchmarkReport],
) -> Primary:
    """Return the two primary comparisons: those of the first fine-tuned recipe.

    They are named by the order of --adapters, not by the results.
    """
    split = next((name for name, s in splits.items() if s.role == "scoring"), None)
    finetuned = (recipe.name for recipe in recipes if recipe.kind == "finetuned")
    return Primary(
        variant=next(finetuned, None),
        split=split,
        benchmarks=[name for name, b in benchmarks.items() if b.left_out_of_mean is None],
    )


def report_tradeoff(
    evidence: Evidence,
    gains: Mapping[str, Comparison],
    means: Mapping[str, Comparison],
    settings: Mapping[str, Any],
) -> Tradeoff:
    limit, seed = settings["max_forgetting"] / 100, settings["seed"]
    shares = resample_fronts(evidence, settings["num_resamples"], seed)
    points = [
        Point(
            variant=name,
            specialization_gain=gains[name],
            generalization_change=means[name],
            front_share=share,
            forgetting_per_point=forgetting_per_point(gains[name], means[name]),
            loss=loss_test(means[name], limit),
        )
        for name, share in shares.items()
    ]
    choices = {
        what: choose(evidence.only(recipes), limit, settings["num_resamples"], seed)
        for what, recipes in candidates_of(evidence.recipes).items()
    }
    if len(evidence.recipes) == 1:  # named before, it is scored on everything
        name = evidence.recipes[0].name
        choices["all"] = judge([name], name, [], gains[name], means[name], limit)
    best = choices.get("all")
    return Tradeoff(
        max_forgetting=limit,
        points=points,
        choices=choices,
        recommended=best.chosen if best and best.recommended else None,
    )


def candidates_of(recipes: Sequence[Recipe]) -> dict[str, list[Recipe]]:
    """Return the sets of recipes that a choice is asked for: all, the checkpoints, the scales."""
    checkpoints = [recipe for recipe in recipes if recipe.kind == "checkpoint"]
    scales = [recipe for recipe in recipes if recipe.kind in ("scaled", "finetuned")]
    if not any(recipe.kind == "scaled" for recipe in scales):
        scales = []
    sets = {"all": list(recipes), "checkpoint": checkpoints, "scale": scales}
    return {what: candidates for what, candidates in sets.items() if len(candidates) > 1}
