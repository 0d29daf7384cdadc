"""The folder of a run: record, checkpoints and adapter, and whether to begin or to resume."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from text2sql.errors import UserError
from text2sql.files import read_object
from text2sql.run_record import differing_settings
from text2sql.training.settings import TrainSettings

RECORD_NAME = "run.json"
EVAL_RESULTS_NAME = ".eval_results/text2sql.yaml"  # which evaluate.py adds, for the hub
OWN_FILES = (
    *("adapter_config.json", "adapter_model.safetensors", "README.md"),
    *(RECORD_NAME, EVAL_RESULTS_NAME),
)
OWN_FOLDERS = ("tensorboard", "evaluation")

RENAMED_SETTINGS = {"arrangement": "plan"}  # in records of earlier versions


def open_run(
    settings: TrainSettings, resume: bool, overwrite: bool, resume_from_checkpoint: str | None
) -> str | None:
    """Return the checkpoint to resume from, or None; exit if the run is already finished."""
    run_dir = settings.run_dir
    checkpoint = begin_or_resume(run_dir, settings.recorded, resume=resume, overwrite=overwrite)
    if is_finished(run_dir) and not overwrite:
        print(f"{run_dir} holds this run, finished; there is nothing to do.")
        raise SystemExit(0)
    if resume:
        print(f"Resuming from {checkpoint}." if checkpoint else "No checkpoint yet: starting over.")
    return str(checkpoint) if checkpoint else resume_from_checkpoint


def list_checkpoints(run_dir: Path) -> list[Path]:
    """Return the folders `checkpoint-<step>`, earliest first."""
    numbered = [path for path in run_dir.glob("checkpoint-*") if path.name[11:].isdigit()]
    return sorted(numbered, key=lambda path: int(path.name[11:]))


def is_complete(checkpoint: Path) -> bool:
    """Return whether the trainer finished writing it: `trainer_state.json` comes last."""
    try:
        json.loads((checkpoint / "trainer_state.json").read_bytes())
    except (OSError, ValueError):
        return False
    return True


def begin_or_resume(
    run_dir: Path, settings: Mapping[str, Any], *, resume: bool, overwrite: bool
) -> Path | None:
    """Return the checkpoint to resume from, or None to begin; `overwrite` begins.

    A `UserError` protects an existing run: finished, unfinished without `resume`, or started with
    other settings. A run that ended before its first checkpoint has nothing to protect.
    """
    if overwrite or not has_record(run_dir):
        return None
    record = read_object(run_dir / RECORD_NAME, "status", "settings")
    is_done = record["status"] == "finished"
    if not is_done and not list_checkpoints(run_dir):
        return None
    if not resume:
        state, hint = ("a finished", "") if is_done else ("an unfinished", "--resume to continue, ")
        raise UserError(
            f"{run_dir} holds {state} run. Pass {hint}--overwrite to replace it, "
            "or choose another --output_dir."
        )
    refuse_other_settings(run_dir, record["settings"], settings)
    for checkpoint in reversed(list_checkpoints(run_dir)):
        if is_complete(checkpoint):
            return checkpoint
        shutil.rmtree(checkpoint)  # cut short by a kill; the trainer cannot read it
    return None


def has_record(run_dir: Path) -> bool:
    return (run_dir / RECORD_NAME).exists()


def is_finished(run_dir: Path) -> bool:
    if not has_record(run_dir):
        return False
    return bool(read_object(run_dir / RECORD_NAME, "status")["status"] == "finished")


def refuse_other_settings(
    run_dir: Path, recorded: Mapping[str, Any], settings: Mapping[str, Any]
) -> None:
    recorded = {RENAMED_SETTINGS.get(name, name): value for name, value in recorded.items()}
    differing = differing_settings(recorded, settings)
    if differing:
        raise UserError(
            f"{run_dir} was started with other settings: {', '.join(differing)}. Pass the same "
            "ones to continue, --overwrite to start over, or choose another --output_dir."
        )


def remove_run(run_dir: Path) -> None:
    """Remove what train.py and evaluate.py wrote to the folder, and nothing else."""
    for checkpoint in list_checkpoints(run_dir):
        shutil.rmtree(checkpoint)
    for name in OWN_FOLDERS:
        shutil.rmtree(run_dir / name, ignore_errors=True)
    for name in OWN_FILES:
        (run_dir / name).unlink(missing_ok=True)
