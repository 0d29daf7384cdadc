"""How the adapters of a study were trained: the settings and losses that train.py recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from text2sql.errors import UserError
from text2sql.files import read_object, sha256_of_file, sha256_of_json
from text2sql.prompts.manifest import MANIFEST, REMAKE
from text2sql.seals import find_changed, read_sealed_object
from text2sql.study.variants import Variant
from text2sql.training.checkpoints import STATE_NAME, is_complete, list_checkpoints
from text2sql.training.run_folder import has_record, read_record

REMOVE_OR_RESTORE = "Restore the file, or remove that folder."
RESTORE_OR_REMOVE_LOG = "Restore the file, or remove it to read the newest checkpoint's."
# The flags of preprocess.py that decide which prompts it makes of given sources.
DATA_FLAGS = (
    "model_id",
    "include_others",
    "holdout_fraction",
    "num_shots",
    "shot_selection",
    "schema_format",
    "max_length",
    "limit",
    "seed",
)


@dataclass(frozen=True)
class TrainingRun:
    """What is known of a run; empty where another program made the adapter."""

    settings: dict[str, Any] = field(default_factory=dict)  # as in run.json, with the seed
    effective_batch: int | None = None  # examples per optimizer step
    limit: int | None = None  # examples of a smoke run
    best_step: int | None = None  # whose adapter was kept
    losses: dict[str, list[list[float]]] = field(default_factory=dict)  # see read_curves
    general_kl: list[list[float]] = field(default_factory=list)  # see read_curves
    data_settings: dict[str, Any] | None = None  # how the prompts were made; None if unknown


def read_training_runs(variants: Sequence[Variant]) -> dict[str, TrainingRun]:
    """Return each run's training by the name of its folder."""
    return {
        variant.run: read_training(Path(variant.adapter_dir))
        for variant in variants
        if variant.kind == "finetuned" and variant.run and variant.adapter_dir
    }


def read_training(run_dir: Path) -> TrainingRun:
    record = read_record(run_dir) if has_record(run_dir) else {}
    settings = record.get("settings", {})
    return TrainingRun(
        settings=settings,
        effective_batch=settings.get("effective_batch_size"),
        limit=smallest_limit(record),
        best_step=find_kept_step(record),
        data_settings=read_data_settings(record),
        **read_curves(run_dir, record.get("log_sha256")),
    )


def find_kept_step(record: Mapping[str, Any]) -> int | None:
    """Return the step whose adapter was kept: the best, or the last where none was chosen.

    Records of earlier versions name the best step also where the last one was kept.
    """
    chooses = record.get("settings", {}).get("load_best_model_at_end", True)
    best = record.get("best_step") if chooses else None
    return record.get("steps") if best is None else best


def read_data_settings(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return how preprocess.py made the prompts of a run, from the manifest beside them.

    None where the folder is gone or was written after the run began, so that it holds other
    prompts than the run saw.
    """
    manifest_path = Path(record.get("data_dir") or "") / MANIFEST
    if not record.get("data_dir") or not manifest_path.is_file():
        return None
    manifest = read_sealed_object(manifest_path, advice=REMAKE)
    sources = manifest.get("sources", {})
    if not (isinstance(sources, dict) and isinstance(manifest.get("created", ""), str)):
        raise UserError(f"{manifest_path} is damaged: `sources` or `created`. {REMAKE}")
    if manifest.get("created", "") > record.get("created", ""):  # ISO 8601, both in UTC
        return None
    known = {name: manifest[name] for name in DATA_FLAGS if name in manifest}
    return known | {"sources_sha256": sha256_of_json(sorted(map(str, sources.values())))}


def smallest_limit(record: Mapping[str, Any]) -> int | None:
    """Return the number of examples of a smoke run: train.py's --limit or preprocess.py's."""
    limits = [record.get("limit"), record.get("prompts_limit")]
    return min((limit for limit in limits if limit), default=None)


def read_curves(run_dir: Path, log_sha256: str | None) -> dict[str, Any]:
    """Return `losses` and `general_kl` as a finished run, or the newest checkpoint, logged them.

    They are pairs of a step and a number in nats per token. Of the losses, `train` is the mean
    since the previous pair, `eval` that of the whole evaluated split, and `general` that of general
    texts, which at step 0 is the base's. `general_kl` is KL(base || fine-tuned) on those texts.
    """
    path = find_log(run_dir, log_sha256)
    log = read_object(path).get("log_history", []) if path is not None else []
    names = {"train": "loss", "eval": "eval_loss", "general": "eval_general_loss"}
    try:
        losses = {kind: read_curve(log, name) for kind, name in names.items()}
        return {"losses": losses, "general_kl": read_curve(log, "eval_general_kl")}
    except (KeyError, TypeError) as error:
        raise UserError(
            f"{path} is damaged: an entry of its log has another shape ({error}). "
            f"{REMOVE_OR_RESTORE}"
        ) from None


def find_log(run_dir: Path, log_sha256: str | None) -> Path | None:
    """Return the file with the log: the finished run's own, or the newest complete checkpoint's.

    A run that keeps its best checkpoint alone, or none, has the whole log only in its own file. A
    `UserError` names a file that was changed.
    """
    path = run_dir / STATE_NAME
    if log_sha256 is not None and path.is_file():
        if sha256_of_file(path) != log_sha256:
            raise UserError(f"{path} was changed after it was written. {RESTORE_OR_REMOVE_LOG}")
        return path
    checkpoints = [folder for folder in list_checkpoints(run_dir) if is_complete(folder)]
    if not checkpoints:
        return None
    path = checkpoints[-1] / STATE_NAME
    if find_changed(path.parent, [STATE_NAME]) is not None:
        raise UserError(f"{path} was changed after it was written. {REMOVE_OR_RESTORE}")
    return path


def read_curve(log: Sequence[Mapping[str, Any]], name: str) -> list[list[float]]:
    return [[entry["step"], entry[name]] for entry in log if name in entry]
