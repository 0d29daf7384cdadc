"""What lies in `outputs/<run>/`: the run record, checkpoints, the adapter; and whether to go on."""

import json
import shutil
from pathlib import Path

from text2sql.errors import UserError
from text2sql.files import read_object

RECORD_NAME = "run.json"
OWN_FILES = ("adapter_config.json", "adapter_model.safetensors", "README.md", RECORD_NAME)
OWN_FOLDERS = ("tensorboard", "evaluation")


def list_checkpoints(run_dir: Path) -> list[Path]:
    """Return the folders `checkpoint-<step>`, the earliest first."""
    numbered = [path for path in run_dir.glob("checkpoint-*") if path.name[11:].isdigit()]
    return sorted(numbered, key=lambda path: int(path.name[11:]))


def is_complete(checkpoint: Path) -> bool:
    """Tell whether the trainer finished writing it: `trainer_state.json` comes last."""
    try:
        json.loads((checkpoint / "trainer_state.json").read_bytes())
    except (OSError, ValueError):
        return False
    return True


def begin_or_resume(run_dir: Path, settings: dict, *, resume: bool, overwrite: bool) -> Path | None:
    """Return the checkpoint to go on from, or None to begin; `overwrite` begins.

    A `UserError` protects a run that is there: finished, unfinished without `resume`, or made
    with other settings. One that ended before its first checkpoint has nothing to protect.
    """
    record_path = run_dir / RECORD_NAME
    if overwrite or not record_path.exists():
        return None
    record = read_object(record_path, "status", "settings")
    is_done = record["status"] == "finished"
    if not is_done and not list_checkpoints(run_dir):
        return None
    if not resume:
        state, hint = ("a finished", "") if is_done else ("an unfinished", "--resume to go on, ")
        raise UserError(
            f"{run_dir} holds {state} run. Say {hint}--overwrite to replace it, "
            "or choose another --output_dir."
        )
    refuse_other_settings(run_dir, record["settings"], settings)
    for checkpoint in reversed(list_checkpoints(run_dir)):
        if is_complete(checkpoint):
            return checkpoint
        shutil.rmtree(checkpoint)  # cut short by a kill; the trainer would stumble over it
    return None


def is_finished(run_dir: Path) -> bool:
    record_path = run_dir / RECORD_NAME
    return record_path.exists() and read_object(record_path, "status")["status"] == "finished"


def refuse_other_settings(run_dir: Path, recorded: dict, settings: dict) -> None:
    different = [
        f"{name} {recorded.get(name)} (now {settings.get(name)})"
        for name in sorted(recorded.keys() | settings.keys())
        if recorded.get(name) != settings.get(name)
    ]
    if different:
        raise UserError(
            f"{run_dir} was begun with other settings: {', '.join(different)}. "
            "Say the same to go on, --overwrite to begin anew, or choose another --output_dir."
        )


def remove_run(run_dir: Path) -> None:
    """Remove what train.py and evaluate.py wrote there, and nothing else."""
    for checkpoint in list_checkpoints(run_dir):
        shutil.rmtree(checkpoint)
    for name in OWN_FOLDERS:
        shutil.rmtree(run_dir / name, ignore_errors=True)
    for name in OWN_FILES:
        (run_dir / name).unlink(missing_ok=True)
