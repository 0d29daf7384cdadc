"""What in an evaluation's folder was made with other settings than those asked for now."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from text2sql.benchmarks.run import Benchmark
from text2sql.errors import UserError
from text2sql.files import read_object
from text2sql.inference.partial_predictions import finished_predictions
from text2sql.inference.prediction import PREDICTIONS_NAME
from text2sql.study.study import STUDY_NAME, PreparedSplit, Study
from text2sql.study.variants import Variant

if TYPE_CHECKING:
    from text2sql.study.variant_models import LoadedVariants

SETTINGS_NAME = "generation.json"  # of the answers that lie beside it


def find_outdated(
    study: Study, output_dir: Path, max_new_tokens: int, tasks_sha256: str | None, overwrite: bool
) -> list[Path]:
    """Return the files that must go; nothing is removed yet. A `UserError` unless `overwrite`.

    The settings of answers come after the answers, so that a kill in between leaves no answers
    without settings.
    """
    stale = []
    for split in study.splits:
        for variant in study.variants:
            folder = output_dir / split.name / variant.name
            if not finished_predictions(folder / PREDICTIONS_NAME):
                continue
            settings = prediction_settings(study, split, variant, max_new_tokens)
            if is_outdated(folder, recorded_settings(folder / SETTINGS_NAME), settings, overwrite):
                files = [path for path in folder.iterdir() if path.is_file()]
                stale += sorted(files, key=lambda path: path.name == SETTINGS_NAME)
    for benchmark in study.benchmarks:
        for variant in study.variants:
            path = benchmark.path(output_dir / "general", variant.name, study.limit)
            settings = benchmark_settings(study, benchmark, variant, tasks_sha256)
            if path.exists() and is_outdated(path, recorded_settings(path), settings, overwrite):
                stale.append(path)
    return stale


def recorded_settings(path: Path) -> dict:
    """Return the settings in generation.json or a benchmark's file; none where it is lost."""
    record = read_object(path) if path.exists() else {}
    return record.get("text2sql", record).get("settings", {})


def is_outdated(made: Path, recorded: Mapping, settings: Mapping, overwrite: bool) -> bool:
    """Say whether other settings made `made`; a `UserError` unless it may be overwritten."""
    differing = [
        f"{key} ({recorded.get(key, 'not recorded')}, now {settings.get(key)})"
        for key in sorted(recorded.keys() | settings.keys())
        if recorded.get(key) != settings.get(key)
    ]
    if differing and not overwrite:
        raise UserError(
            f"{made} was made with other settings: {', '.join(differing)}. Say --overwrite "
            "to replace what differs, or choose another --output_dir."
        )
    return bool(differing)


def refuse_smaller_study(output_dir: Path, limit: int | None, overwrite: bool) -> None:
    """Refuse to put the report of a smoke run in the place of a larger study's."""
    path = output_dir / STUDY_NAME
    if overwrite or limit is None or not path.exists():
        return
    earlier = read_object(path).get("limit")
    if earlier is None or earlier > limit:
        size = "all questions" if earlier is None else f"{earlier} questions a split"
        raise UserError(
            f"{output_dir} holds an evaluation of {size}, whose verdicts and report --limit "
            f"{limit} would replace. Choose another --output_dir, or say --overwrite."
        )


def remove_outdated(stale: Sequence[Path], models: "LoadedVariants") -> None:
    """Remove the files once the model is there, since without it nothing would replace them."""
    if stale:
        models.load()
    for path in stale:
        path.unlink()


def prediction_settings(
    study: Study, split: PreparedSplit, variant: Variant, max_new_tokens: int
) -> dict:
    """Return on what the answers to a split depend."""
    return {
        **study.settings_of(variant),
        "max_new_tokens": max_new_tokens,
        "prompts_sha256": split.prompts_sha256,
    }


def benchmark_settings(
    study: Study, benchmark: Benchmark, variant: Variant, tasks_sha256: str | None
) -> dict:
    """Return what the answers to a benchmark depend on; `tasks_sha256` hashes its folder."""
    return {
        **study.settings_of(variant),
        "num_fewshot": benchmark.num_fewshot,
        "limit": study.limit,
        "own_tasks_sha256": tasks_sha256,
    }
