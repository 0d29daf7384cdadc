"""Which answers in an evaluation's folder were made with other settings than those of the study."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from text2sql.benchmarks.benchmark import Benchmark
from text2sql.errors import UserError
from text2sql.files import read_object
from text2sql.inference.extract_sql import EXTRACTION_RULE
from text2sql.inference.partial_predictions import finished_predictions
from text2sql.processes import is_main_process
from text2sql.run_record import differing_settings
from text2sql.study.folder import EvaluationFolder
from text2sql.study.prepared_split import PreparedSplit
from text2sql.study.study import Study
from text2sql.study.variants import Variant

if TYPE_CHECKING:
    from text2sql.study.variant_models import LoadedVariants

TEMPLATE = "chat_template_sha256"


@dataclass(frozen=True)
class StoredAnswers:
    """Answers on disk: `files` go together, those with the settings last."""

    path: Path  # named in messages
    files: list[Path]
    recorded: Mapping[str, Any]  # the settings that they were made with
    settings: Mapping[str, Any]  # those of the study


def find_outdated(
    study: Study,
    splits: Sequence[PreparedSplit],
    folder: EvaluationFolder,
    *,
    max_new_tokens: int,
    tasks_sha256: str | None,
    overwrite: bool,
) -> list[Path]:
    """Return the files to remove; a `UserError` unless `overwrite`. Nothing is removed yet."""
    outdated: list[Path] = []
    stored_answers = [
        *find_predictions(study, splits, folder, max_new_tokens),
        *find_benchmark_results(study, folder, tasks_sha256),
    ]
    for stored in stored_answers:
        differing = differing_settings(stored.recorded, stored.settings)
        if differing and not overwrite:
            raise UserError(
                f"{stored.path} was made with other settings: {', '.join(differing)}. Pass "
                "--overwrite to replace what differs, or choose another --output_dir."
            )
        outdated += stored.files if differing else []
    return outdated


def find_predictions(
    study: Study, splits: Sequence[PreparedSplit], folder: EvaluationFolder, max_new_tokens: int
) -> Iterator[StoredAnswers]:
    for split in splits:
        for variant in study.variants:
            answers = folder.answers(split.name, variant.name)
            if not finished_predictions(answers.predictions):
                continue
            files = [path for path in answers.path.iterdir() if path.is_file()]
            yield StoredAnswers(
                answers.path,
                # A kill in between leaves no answers without settings.
                sorted(files, key=lambda path: path == answers.generation),
                recorded_settings(answers.generation),
                prediction_settings(study, split, variant, max_new_tokens),
            )


def find_benchmark_results(
    study: Study, folder: EvaluationFolder, tasks_sha256: str | None
) -> Iterator[StoredAnswers]:
    for benchmark in study.benchmarks:
        for variant in study.variants:
            path = folder.benchmark_results(benchmark.results_file, variant.name)
            if path.exists():
                recorded = recorded_settings(path)
                settings = benchmark_settings(study, benchmark, variant, tasks_sha256)
                if TEMPLATE not in recorded:  # of an earlier version, whose results stay valid
                    settings.pop(TEMPLATE, None)
                yield StoredAnswers(path, [path], recorded, settings)


def recorded_settings(path: Path) -> dict[str, Any]:
    """Return the settings in generation.json or in a benchmark's results; {} where it is lost."""
    record = read_object(path) if path.exists() else {}
    holder = record if "settings" in record else record.get("text2sql", {})
    settings = holder.get("settings", {}) if isinstance(holder, dict) else {}
    return settings if isinstance(settings, dict) else {}


def remove_outdated(outdated: Sequence[Path], models: "LoadedVariants") -> None:
    """Remove the files, after loading the model: without it nothing would replace them."""
    if outdated:
        models.load()
    for path in outdated if is_main_process() else ():
        path.unlink()


def prediction_settings(
    study: Study, split: PreparedSplit, variant: Variant, max_new_tokens: int
) -> dict[str, Any]:
    """Return the settings that the answers to a split depend on."""
    return {
        **study.settings_of(variant),
        "max_new_tokens": max_new_tokens,
        "prompts_sha256": split.prompts_sha256,
        "extraction_rule": EXTRACTION_RULE,
    }


def benchmark_settings(
    study: Study, benchmark: Benchmark, variant: Variant, tasks_sha256: str | None
) -> dict[str, Any]:
    """Return the settings that the answers to a benchmark depend on.

    `tasks_sha256` is the hash of the user's own tasks.
    """
    settings = {
        **study.settings_of(variant),
        "num_fewshot": benchmark.num_fewshot,
        "limit": study.limit,
        "own_tasks_sha256": tasks_sha256,
    }
    # Left out where false, so that results of earlier versions, which lack it, stay valid.
    as_chat = {"as_chat": True, TEMPLATE: study.chat_template_sha256}
    return settings | as_chat if benchmark.as_chat else settings
