"""Answers made elsewhere, as the variants of a study: no model is loaded, and no torch imported.

The first file, or folder, is the base that the others are compared with.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from text2sql.benchmarks.benchmark import Benchmark
from text2sql.benchmarks.harness_samples import (
    Results,
    read_samples,
    refuse_unpaired,
    split_by_benchmark,
)
from text2sql.benchmarks.resampling import registered_aggregation, resample_tasks
from text2sql.data.spider_splits import SPIDER_FILES, Split, read_questions
from text2sql.errors import UserError
from text2sql.files import read_object, sha256_of_file, write_json, write_jsonl
from text2sql.inference.prediction import Prediction
from text2sql.run_record import build_run_record
from text2sql.scoring.judge import ScoredSplit, ScoringSettings
from text2sql.scoring.prediction_files import read_prediction_file
from text2sql.scoring.scored_folders import score_folders
from text2sql.study.examples import write_examples
from text2sql.study.folder import GENERAL_NAME, EvaluationFolder
from text2sql.study.study import EvaluatedSplit, Study, read_study
from text2sql.study.variants import Variant

OWN_NAMES = (GENERAL_NAME, "tensorboard")  # of folders that are not a variant's


@dataclass(frozen=True)
class AnswerFiles:
    """Files with SQL for the same questions, by the variant's name; read and checked."""

    paths: dict[str, Path]
    predictions: dict[str, list[Prediction]]
    split_name: str
    split: Split
    database_dir: Path


def name_sources(paths: Sequence[Path]) -> list[str]:
    """Return a name for each file or folder, behind its folder's name where two agree."""
    paths = [path.resolve() for path in paths]
    names = [path.name if path.is_dir() else path.stem for path in paths]
    if len(set(names)) < len(names):
        names = [f"{path.parent.name}-{name}" for path, name in zip(paths, names, strict=True)]
    for name in names:
        if names.count(name) > 1 or name in OWN_NAMES:
            raise UserError(
                f"Two answers would be called {name}. Give each file or folder another name."
                if names.count(name) > 1
                else f"Answers cannot be called {name}; rename the file or folder."
            )
    return names


def list_sources(names: Sequence[str]) -> list[Variant]:
    return [Variant(name, "finetuned" if number else "base") for number, name in enumerate(names)]


def read_answer_files(
    paths: Sequence[Path],
    names: Sequence[str],
    spider_dir: Path,
    split_name: str,
    allow_other_text: bool = False,
) -> AnswerFiles:
    """Return the predictions in the files; a `UserError` where one does not fit the questions."""
    split = read_questions(spider_dir, split_name)
    predictions = {}
    for name, path in zip(names, paths, strict=True):
        read = read_prediction_file(path, split.examples, allow_other_text)
        predictions[name] = [
            replace(prediction, db_id=example.db_id)
            for prediction, example in zip(read, split.examples, strict=True)
        ]
    return AnswerFiles(
        paths=dict(zip(names, paths, strict=True)),
        predictions=predictions,
        split_name=split_name,
        split=split,
        database_dir=spider_dir / SPIDER_FILES[split_name].databases,
    )


def read_sample_folders(paths: Sequence[Path], names: Sequence[str]) -> dict[str, Results]:
    """Return the harness' results in the folders; a `UserError` where their items differ."""
    results = [read_samples(path) for path in paths]
    for path, others in zip(paths[1:], results[1:], strict=True):
        refuse_unpaired(paths[0], results[0], path, others)
    return dict(zip(names, results, strict=True))


def plan_external_study(
    names: Sequence[str],
    answers: AnswerFiles | None,
    samples: dict[str, Results] | None,
    report_settings: dict[str, Any],
) -> Study:
    study = Study(
        limit=None,
        variants=list_sources(names),
        splits=[],
        benchmarks=[],
        report_settings=report_settings,
    )
    if answers is not None:
        split = EvaluatedSplit(
            name=answers.split_name,
            n=len(answers.split.examples),
            database_dir=str(answers.database_dir),
            missing_databases=answers.split.missing_databases(),
            folder=".",
        )
        study = replace(study, splits=[split])
    if samples is not None:
        base = split_by_benchmark(samples[names[0]])
        facts_of = {name: results["text2sql"] for name, results in base.items()}
        benchmarks = [
            Benchmark(name, facts["num_fewshot"], facts["benchmark"], as_chat=facts["as_chat"])
            for name, facts in facts_of.items()
        ]
        study = replace(study, benchmarks=benchmarks)
    return study


def refuse_other_answers(folder: EvaluationFolder, answers: AnswerFiles | None) -> None:
    """Refuse to replace an evaluation of models, or the scores of another file.

    The same file may have changed.
    """
    refuse_evaluation_of_models(folder)
    for name, path in answers.paths.items() if answers is not None else ():
        settings_path = folder.answers(".", name).generation
        if not settings_path.exists():
            continue
        made_from = read_object(settings_path).get("settings", {})
        same_path = made_from.get("file") == str(path.resolve())
        if not same_path and made_from.get("sha256") != sha256_of_file(path):
            raise UserError(
                f"{settings_path.parent} holds the scores of {made_from.get('file')}. Choose "
                "another folder with --output_dir, or pass --overwrite."
            )


def refuse_evaluation_of_models(folder: EvaluationFolder) -> None:
    if folder.study.exists() and read_study(folder.root).model_id is not None:
        raise UserError(
            f"{folder.root} holds an evaluation of models. Choose another folder with "
            "--output_dir, or pass --overwrite."
        )


def score_answer_files(
    folder: EvaluationFolder, answers: AnswerFiles, settings: ScoringSettings
) -> None:
    """Write the questions, and for each file its predictions, verdicts and scores."""
    split = answers.split
    write_examples(folder, ".", split.examples, split.schemas)
    for name, predictions in answers.predictions.items():
        path = answers.paths[name]
        made_from = {"file": str(path.resolve()), "sha256": sha256_of_file(path)}
        write_json(folder.answers(".", name).generation, build_run_record(settings=made_from))
        rows = (prediction.to_json() for prediction in predictions)
        write_jsonl(folder.answers(".", name).predictions, rows)
    gold = ScoredSplit(split.examples, split.schemas, answers.database_dir)
    folders = [folder.answers(".", name).path for name in answers.paths]
    score_folders(gold, folders, settings, split=answers.split_name)


def write_samples(folder: EvaluationFolder, samples: dict[str, Results]) -> None:
    """Write the results of each benchmark and variant where the report reads them."""
    for variant, results in samples.items():
        for name, part in split_by_benchmark(results).items():
            part["text2sql"]["resampled_scores"] = resample_tasks(part, registered_aggregation)
            path = folder.benchmark_results(Benchmark(name, None).results_file, variant)
            write_json(path, part)
