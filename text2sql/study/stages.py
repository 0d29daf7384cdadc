"""The stages of an evaluation: answers, verdicts and benchmarks of every variant, onto the disk.

Each stage keeps what is finished and was made with the same settings, and does the rest. Several
processes divide the answers; the main one reads and writes the folder, and decides what is left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from text2sql.benchmarks.benchmark import Benchmark
from text2sql.benchmarks.response_cache import response_cache_path
from text2sql.data.spider import read_schemas
from text2sql.files import (
    read_jsonl,
    write_json,
    write_jsonl,
    write_text,
)
from text2sql.inference.partial_predictions import finalize_predictions
from text2sql.processes import is_main_process, on_main_process
from text2sql.run_record import build_run_record
from text2sql.scoring.judge import ScoredSplit, ScoringSettings
from text2sql.scoring.scored_folders import score_folders
from text2sql.study.folder import EvaluationFolder
from text2sql.study.outdated import benchmark_settings, prediction_settings
from text2sql.study.prepared_split import PreparedSplit
from text2sql.study.study import Study
from text2sql.study.variants import Variant

if TYPE_CHECKING:
    from lm_eval.api.group import Group
    from lm_eval.api.task import Task

    from text2sql.study.variant_models import LoadedVariants


@dataclass(frozen=True)
class BenchmarkRun:
    """A benchmark that a variant still has to answer."""

    settings: dict[str, Any]  # that the results depend on
    is_begun: bool  # an interrupted run left responses


def generate_all(
    study: Study,
    splits: Sequence[PreparedSplit],
    models: "LoadedVariants",
    folder: EvaluationFolder,
    *,
    max_new_tokens: int,
    batch_size: int,
) -> None:
    """Generate every variant's answers to every split."""
    for variant in study.variants:  # outermost, as some replace the weights in memory
        for split in splits:
            if on_main_process(prepare_answers, study, split, variant, folder, max_new_tokens):
                continue
            from text2sql.inference.generate import generate_predictions  # takes seconds

            with models.active(variant) as model:
                generate_predictions(
                    model,
                    models.tokenizer,
                    split.rows,
                    folder.answers(split.name, variant.name).predictions,
                    max_new_tokens=max_new_tokens,
                    batch_size=batch_size,
                    label=f"{split.name}, {variant.name}",
                )
            del model  # other weights may take its memory


def prepare_answers(
    study: Study,
    split: PreparedSplit,
    variant: Variant,
    folder: EvaluationFolder,
    max_new_tokens: int,
) -> bool:
    """Return whether nothing is left to generate, as where an identical variant's were copied.

    If something is, the settings that it will be generated with are on disk when this returns.
    """
    answers = folder.answers(split.name, variant.name)
    if finalize_predictions(answers.predictions, len(split.rows)):
        return True
    settings = prediction_settings(study, split, variant, max_new_tokens)
    write_json(answers.generation, build_run_record(settings=settings))
    identical = study.identical_variant(variant)
    if identical is not None:
        earlier = folder.answers(split.name, identical.name)
        write_jsonl(answers.predictions, read_jsonl(earlier.predictions))
    return identical is not None


def score_all(
    study: Study,
    splits: Sequence[PreparedSplit],
    folder: EvaluationFolder,
    settings: ScoringSettings,
) -> None:
    """Score every variant's answers to every split, those to one split together."""
    for split in splits if is_main_process() else ():
        gold = ScoredSplit(split.examples, read_schemas(split.tables_path), split.database_dir)
        folders = [folder.answers(split.name, variant.name).path for variant in study.variants]
        score_folders(gold, folders, settings, split=split.name)


def run_benchmarks(
    study: Study,
    models: "LoadedVariants",
    tasks: Mapping[str, Sequence["Task | Group"]],
    folder: EvaluationFolder,
    *,
    tasks_sha256: str | None,
    batch_size: int,
) -> None:
    """Run every benchmark that is not finished yet; `tasks` has those of `list_unfinished`.

    All processes learn at the start what is left, and then wait for nothing but answers: while the
    main one makes results of these, the others begin with the next benchmark.
    """
    left = on_main_process(list_left, study, folder, tasks_sha256, batch_size)
    for variant in study.variants:
        for benchmark in study.benchmarks:
            run = left.get((variant.name, benchmark.name))
            if run is None:
                if is_main_process():
                    copy_results(study, benchmark, variant, folder)
                continue
            from text2sql.benchmarks.run import run_benchmark  # takes seconds

            print(f"{benchmark.name}, {variant.name}", flush=True)
            with models.active(variant) as model:
                run_benchmark(
                    benchmark,
                    tasks[benchmark.name],
                    model,
                    models.tokenizer,
                    folder.benchmark_results(benchmark.results_file, variant.name),
                    settings=run.settings,
                    is_begun=run.is_begun,
                    batch_size=batch_size,
                    limit=study.limit,
                )
            del model  # other weights may take its memory


def list_left(
    study: Study, folder: EvaluationFolder, tasks_sha256: str | None, batch_size: int
) -> dict[tuple[str, str], BenchmarkRun]:
    """Return what is left to run, by variant and benchmark; identical variants are asked once."""
    left = {}
    for variant in study.variants:
        for benchmark in study.benchmarks:
            path = folder.benchmark_results(benchmark.results_file, variant.name)
            if path.exists() or study.identical_variant(variant) is not None:
                continue
            settings = benchmark_settings(study, benchmark, variant, tasks_sha256)
            is_begun = response_cache_path(path, settings, batch_size).exists()
            left[variant.name, benchmark.name] = BenchmarkRun(settings, is_begun)
    return left


def copy_results(
    study: Study, benchmark: Benchmark, variant: Variant, folder: EvaluationFolder
) -> None:
    """Give the variant the results of an identical one, unless it has some."""
    path = folder.benchmark_results(benchmark.results_file, variant.name)
    identical = study.identical_variant(variant)
    if identical is not None and not path.exists():
        earlier = folder.benchmark_results(benchmark.results_file, identical.name)
        write_text(path, earlier.read_text(encoding="utf-8"))


def list_unfinished(
    study: Study, folder: EvaluationFolder, outdated: Sequence[Path]
) -> list[Benchmark]:
    """Return the benchmarks that some variant still has to answer."""
    unfinished = []
    for benchmark in study.benchmarks:
        names = [variant.name for variant in study.variants]
        paths = [folder.benchmark_results(benchmark.results_file, name) for name in names]
        if not all(path.exists() and path not in outdated for path in paths):
            unfinished.append(benchmark)
    return unfinished
