"""The stages of an evaluation: answers, verdicts and benchmarks of every variant, onto the disk.

Each stage keeps what is finished and was made with the same settings, and does the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from text2sql.benchmarks.run import run_benchmark
from text2sql.benchmarks.tasks import load_tasks
from text2sql.data.spider import read_schemas
from text2sql.files import (
    read_json,
    read_jsonl,
    sha256_of_file,
    sha256_of_json,
    write_json,
    write_jsonl,
    write_text,
)
from text2sql.inference.generate import generate_predictions
from text2sql.inference.partial_predictions import finalize_predictions
from text2sql.inference.prediction import PREDICTIONS_NAME, read_predictions
from text2sql.prompts.schema_text import render_schema
from text2sql.report.example_browser import SCHEMAS_NAME
from text2sql.run_record import build_run_record
from text2sql.scoring.scores import write_scores
from text2sql.scoring.verdict import ScoringSettings, score_predictions
from text2sql.study.outdated import SETTINGS_NAME, benchmark_settings, prediction_settings
from text2sql.study.study import PreparedSplit, Study
from text2sql.study.variants import Variant

if TYPE_CHECKING:
    from text2sql.study.variant_models import LoadedVariants


def hash_tasks(benchmarks_dir: Path | None) -> str | None:
    """Return one hash of the folder's files, so that changed tasks are run again.

    What Python or a file manager leaves there (`__pycache__`, hidden files) changes no task.
    """
    if benchmarks_dir is None:
        return None
    files = (path.relative_to(benchmarks_dir) for path in benchmarks_dir.rglob("*"))
    tasks = sorted(
        file
        for file in files
        if (benchmarks_dir / file).is_file()
        and not any(part == "__pycache__" or part.startswith(".") for part in file.parts)
    )
    return sha256_of_json({str(file): sha256_of_file(benchmarks_dir / file) for file in tasks})


def generate_all(
    study: Study,
    models: "LoadedVariants",
    output_dir: Path,
    *,
    max_new_tokens: int,
    batch_size: int,
) -> None:
    for split in study.splits:
        write_jsonl(
            output_dir / split.name / "examples.jsonl",
            (
                {"index": index, **{key: row[key] for key in row if key != "prompt"}}
                for index, row in enumerate(split.rows)
            ),
        )
        write_json(output_dir / split.name / SCHEMAS_NAME, schemas_of(split))
        for variant in study.variants:
            folder = output_dir / split.name / variant.name
            path = folder / PREDICTIONS_NAME
            if finalize_predictions(path, len(split.rows)):
                continue
            settings = prediction_settings(study, split, variant, max_new_tokens)
            write_json(folder / SETTINGS_NAME, build_run_record(settings=settings))
            if twin := study.identical_variant(variant):
                write_jsonl(path, read_jsonl(output_dir / split.name / twin.name / path.name))
                continue
            with models.active(variant) as model:
                generate_predictions(
                    model,
                    models.tokenizer,
                    split.rows,
                    path,
                    max_new_tokens=max_new_tokens,
                    batch_size=batch_size,
                    label=f"{split.name}, {variant.name}",
                )


def schemas_of(split: PreparedSplit) -> dict[str, str]:
    """Return each database's schema as a reader sees it, one line a table."""
    schemas = read_schemas(split.tables_path)
    db_ids = dict.fromkeys(row["db_id"] for row in split.rows)
    return {db_id: render_schema(schemas[db_id], "compact") for db_id in db_ids}


def score_all(study: Study, output_dir: Path, settings: ScoringSettings) -> None:
    for split in study.splits:
        for variant in study.variants:
            score_variant(split, variant, output_dir / split.name / variant.name, settings)


def score_variant(
    split: PreparedSplit, variant: Variant, folder: Path, settings: ScoringSettings
) -> None:
    """Write verdicts and scores, unless those of the same predictions and settings are there."""
    predictions = read_predictions(folder / PREDICTIONS_NAME)[: len(split.rows)]
    predicted_sqls = [prediction.predicted_sql for prediction in predictions]
    scored = {
        "predictions_sha256": sha256_of_json(predicted_sqls),
        "examples_sha256": sha256_of_json([asdict(example) for example in split.examples]),
        "tables_sha256": sha256_of_file(split.tables_path),
        "missing_databases": split.missing_databases,
        **asdict(settings),
    }
    scores_path = folder / "scores.json"
    if scores_path.exists() and read_json(scores_path).get("scored") == scored:
        return
    verdicts = score_predictions(
        predicted_sqls,
        split.examples,
        read_schemas(split.tables_path),
        split.database_dir,
        settings,
    )
    write_scores(folder, verdicts, split=split.name, variant=variant.name, scored=scored)


def run_benchmarks(
    study: Study,
    models: "LoadedVariants",
    tasks: Mapping[str, Sequence],
    output_dir: Path,
    *,
    tasks_sha256: str | None,
    batch_size: int,
) -> None:
    """Run every benchmark that is not finished yet; `tasks` come from `load_unfinished_tasks`."""
    for benchmark in study.benchmarks:
        for variant in study.variants:
            path = benchmark.path(output_dir / "general", variant.name, study.limit)
            if path.exists():
                continue
            if twin := study.identical_variant(variant):
                twin_path = benchmark.path(output_dir / "general", twin.name, study.limit)
                write_text(path, twin_path.read_text(encoding="utf-8"))
                continue
            print(f"{benchmark.name}, {variant.name}", flush=True)
            with models.active(variant) as model:
                run_benchmark(
                    benchmark,
                    tasks[benchmark.name],
                    model,
                    models.tokenizer,
                    path,
                    settings=benchmark_settings(study, benchmark, variant, tasks_sha256),
                    batch_size=batch_size,
                    limit=study.limit,
                )


def load_unfinished_tasks(
    study: Study, output_dir: Path, benchmarks_dir: Path | None, stale: Sequence[Path]
) -> Mapping[str, Sequence]:
    """Fetch the benchmarks that some variant still has to answer, before the model loads."""

    def is_finished(path: Path) -> bool:
        return path.exists() and path not in stale

    general_dir = output_dir / "general"
    unfinished = [
        benchmark.name
        for benchmark in study.benchmarks
        if not all(
            is_finished(benchmark.path(general_dir, variant.name, study.limit))
            for variant in study.variants
        )
    ]
    return load_tasks(unfinished, benchmarks_dir) if unfinished else {}
