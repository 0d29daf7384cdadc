"""What lies in an evaluation's folder -> report.json: scores, paired comparisons, the trade-off.

docs/REPORT.md describes the file. Nothing here needs a model or torch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from text2sql.data.spider_splits import OWN_SPLITS
from text2sql.files import read_json
from text2sql.inference.prediction import PREDICTIONS_NAME, read_predictions
from text2sql.report.benchmark_results import (
    BenchmarkResults,
    pair_items,
    read_benchmark,
    strata_of,
)
from text2sql.report.significance import (
    Comparison,
    compare,
    compare_strata,
    correct_for_several,
    pool,
)
from text2sql.report.tradeoff import place_variants, recommend
from text2sql.run_record import build_run_record
from text2sql.scoring.scores import HARDNESS_LEVELS, SCORES_NAME
from text2sql.scoring.verdict import VERDICTS_NAME, read_verdicts
from text2sql.study.study import Study

BY_HARDNESS = ("execution_accuracy", "exact_match")


def build_report(output_dir: Path, study: Study, settings: dict) -> dict:
    """Return the content of report.json; what is not finished is left out and said in `notes`."""
    resampling = {"seed": settings["seed"], "num_bootstrap": settings["num_bootstrap"]}
    names = [variant.name for variant in study.variants]
    splits = {
        split.name: report_split(output_dir / split.folder, asdict(split), names, resampling)
        for split in study.splits
    }
    results = read_results(output_dir / "general", study, names)
    benchmarks = {
        name: report_benchmark(by_variant, resampling) for name, by_variant in results.items()
    }
    correct_over_benchmarks(benchmarks)
    changes = compare_means(results, names, resampling)
    first_split = next(iter(splits.values()))
    gains = {
        name: scores["execution_accuracy"]["all"]
        for name, scores in first_split["comparisons"].items()
    }
    report = build_run_record(
        settings=settings,
        study=study.to_json(),
        splits=splits,
        benchmarks=benchmarks,
        mean_over_benchmarks=changes,
        tradeoff=report_tradeoff(gains, changes, settings["max_forgetting"] / 100),
    )
    return as_json(report)


def as_json(value: object) -> object:
    """Return the value with every `Comparison` as an object of JSON."""
    if isinstance(value, Comparison):
        return asdict(value)
    if isinstance(value, Mapping):
        return {key: as_json(entry) for key, entry in value.items()}
    return [as_json(entry) for entry in value] if isinstance(value, list) else value


def report_split(folder: Path, split: dict, names: Sequence[str], resampling: dict) -> dict:
    """Return one split's scores of each finished variant, and each compared with the base."""
    finished = [name for name in names if (folder / name / SCORES_NAME).exists()]
    values = {name: read_item_scores(folder / name) for name in finished}
    comparisons = {
        name: compare_scores(values["base"], values[name], resampling)
        for name in finished
        if name != "base" and "base" in values
    }
    return {
        **split,
        "distance": "in domain" if split["name"] in OWN_SPLITS else "near",
        "unfinished": [name for name in names if name not in finished],
        "variants": {name: report_variant(folder / name, values[name]) for name in finished},
        "comparisons": comparisons,
    }


def report_variant(folder: Path, values: dict) -> dict:
    scores = read_json(folder / SCORES_NAME)
    predictions = read_predictions(folder / PREDICTIONS_NAME)[: scores["n"]]
    strict = [value for _, value in values["execution_accuracy_strict"] if value is not None]
    return {
        "scores": scores["scores"],
        "execution_accuracy_strict": {
            "score": sum(strict) / len(strict) if strict else None,
            "n": len(strict),
        },
        "errors": scores["errors"],
        "shares": {
            **scores["shares"],
            "only_sql": sum(bool(row.is_only_sql) for row in predictions) / len(predictions),
            "cut_short": sum(row.stopped is False for row in predictions) / len(predictions),
        },
        "not_executed": scores["not_executed"],
        "partial_match": scores["partial_match"],
    }


def read_item_scores(folder: Path) -> dict[str, list[tuple[str | None, float | None]]]:
    """Return, for each score, every example's hardness and value; None where it has none.

    `execution_accuracy_strict` counts a right generation only where it is nothing but SQL.
    """
    verdicts = read_verdicts(folder / VERDICTS_NAME)
    predictions = read_predictions(folder / PREDICTIONS_NAME)[: len(verdicts)]
    values: dict[str, list] = {}
    for verdict, prediction in zip(verdicts, predictions, strict=True):
        right = verdict.execution_match
        scores = {
            "execution_accuracy": right,
            "execution_accuracy_keep_distinct": verdict.execution_match_keep_distinct,
            "execution_accuracy_strict": (
                None if prediction.is_only_sql is None else right and prediction.is_only_sql
            ),
            "exact_match": verdict.exact_match,
            "valid_sql": verdict.is_valid_sql,
        }
        for name, value in scores.items():
            value = None if value is None else float(value)
            values.setdefault(name, []).append((verdict.hardness, value))
    return values


def compare_scores(base: dict, other: dict, resampling: dict) -> dict[str, dict[str, Comparison]]:
    """Return each score's comparison over all examples, and by hardness where that is reported."""
    comparisons: dict[str, dict] = {}
    for name in base:
        for level in ("all", *HARDNESS_LEVELS) if name in BY_HARDNESS else ("all",):
            pairs = [
                (b, o)
                for (hardness, b), (_, o) in zip(base[name], other[name], strict=True)
                if level in ("all", hardness) and b is not None and o is not None
            ]
            if pairs:
                compared = compare(*zip(*pairs, strict=True), **resampling)
                comparisons.setdefault(name, {})[level] = compared
    return comparisons


def read_results(
    general_dir: Path, study: Study, names: Sequence[str]
) -> dict[str, dict[str, BenchmarkResults]]:
    """Return the finished results by benchmark and variant."""
    results = {}
    for benchmark in study.benchmarks:
        paths = {name: general_dir / name / benchmark.results_file for name in names}
        found = {name: read_benchmark(path) for name, path in paths.items() if path.exists()}
        if found:
            results[benchmark.name] = found
    return results


def report_benchmark(results: Mapping[str, BenchmarkResults], resampling: dict) -> dict:
    first = next(iter(results.values()))
    scores = {
        name: {
            "score": result.score,
            "above_chance": None if first.chance is None else result.score - first.chance,
        }
        for name, result in results.items()
    }
    compared = {
        name: compare_strata(strata_of(results["base"], other), **resampling)
        for name, other in results.items()
        if name != "base" and "base" in results and other.n
    }
    return {
        "metric": first.metric,
        "num_fewshot": first.num_fewshot,
        "higher_is_better": first.higher_is_better,
        "chance": first.chance,
        "n": first.n,
        "variants": scores,
        "comparisons": {name: asdict(comparison) for name, comparison in compared.items()},
        "subject_groups": {
            group: compare_group(results, tasks, list(compared), resampling)
            for group, tasks in first.subject_groups.items()
        },
    }


def compare_group(
    results: Mapping[str, BenchmarkResults],
    tasks: Sequence[str],
    names: Sequence[str],
    resampling: dict,
) -> dict[str, Comparison]:
    """Return the comparisons on one group's items (MMLU's humanities), each counting the same."""
    pairs = {name: pair_items(results["base"], results[name]) for name in names}
    return {
        name: compare(*pool([pairs[name][task] for task in tasks]), **resampling) for name in names
    }


def correct_over_benchmarks(benchmarks: Mapping[str, dict]) -> None:
    """Add `p_holm` to every comparison: each variant's p-values are corrected together."""
    names = {name for benchmark in benchmarks.values() for name in benchmark["comparisons"]}
    for name in names:
        compared = [b["comparisons"][name] for b in benchmarks.values() if name in b["comparisons"]]
        corrected = correct_for_several([comparison["p_value"] for comparison in compared])
        for comparison, p_holm in zip(compared, corrected, strict=True):
            comparison["p_holm"] = p_holm


def compare_means(
    results: Mapping[str, Mapping[str, BenchmarkResults]],
    names: Sequence[str],
    resampling: dict,
) -> dict[str, Comparison]:
    """Return each variant's change of the mean over benchmarks, where it has finished them all."""
    averaged = [r for r in results.values() if all(result.is_accuracy for result in r.values())]
    changes = {}
    for name in names:
        if name == "base" or not averaged or not all({"base", name} <= set(r) for r in averaged):
            continue
        strata, weights = [], []
        for result in averaged:
            pairs = strata_of(result["base"], result[name])
            strata += pairs
            weights += [1 / (len(averaged) * len(pairs))] * len(pairs)
        changes[name] = compare_strata(strata, weights=weights, **resampling)
    return changes


def report_tradeoff(
    gains: Mapping[str, Comparison], changes: Mapping[str, Comparison], max_forgetting: float
) -> dict:
    points = place_variants(gains, changes)
    best = recommend(points, max_forgetting)
    return {
        "max_forgetting": max_forgetting,
        "points": [asdict(point) for point in points],
        "recommended": best.variant if best else None,
    }
