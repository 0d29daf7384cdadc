"""The folder of a run: record, checkpoints and adapter, and whether to begin or to resume."""

import json
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from text2sql.errors import UserError
from text2sql.files import folder_lock, read_object
from text2sql.run_record import differing_settings
from text2sql.training.settings import TrainSettings

RECORD_NAME = "run.json"
EVAL_RESULTS_NAME = ".eval_results/text2sql.yaml"  # which evaluate.py adds, for the hub
OWN_FILES = (
    *("adapter_config.json", "adapter_model.safetensors", "README.md"),
    *(RECORD_NAME, EVAL_RESULTS_NAME),
)
OWN_FOLDERS = ("tensorboard", "evaluation")
WEIGHTS_NAME = "adapter_model.safetensors"
ADAPTER_FILES = ("adapter_config.json", WEIGHTS_NAME)
# What a checkpoint needs to continue as if nothing had happened.
STATE_FILES = ("optimizer.pt", "scheduler.pt", "rng_state*.pth")  # a generator for each process

RENAMED_SETTINGS = {"arrangement": "plan"}  # in records of earlier versions


def open_run(
    settings: TrainSettings, resume: bool, overwrite: bool, resume_from_checkpoint: str | None
) -> str | None:
    """Return the checkpoint to resume from, or None; exit if the run is already finished."""
    run_dir = settings.run_dir
    refuse_foreign_folder(run_dir)
    if overwrite:
        with lock_evaluations(run_dir):
            pass  # nobody is evaluating the run that is replaced later
    checkpoint = begin_or_resume(run_dir, settings.recorded, resume=resume, overwrite=overwrite)
    if is_finished(run_dir) and not overwrite:
        refuse_lost_adapter(run_dir)
        print(f"{run_dir} holds this run, finished; there is nothing to do.")
        raise SystemExit(0)
    if resume:
        print(f"Resuming from {checkpoint}." if checkpoint else "No checkpoint yet: starting over.")
    if resume_from_checkpoint is not None:
        refuse_damaged(Path(resume_from_checkpoint))
    return str(checkpoint) if checkpoint else resume_from_checkpoint


def refuse_foreign_folder(run_dir: Path) -> None:
    """Raise a `UserError` where a run would replace files that no run record vouches for."""
    if has_record(run_dir):
        return
    names = [*ADAPTER_FILES, "README.md", *OWN_FOLDERS]
    foreign = [run_dir / name for name in names] + list_checkpoints(run_dir)
    for path in foreign:
        if path.exists() or path.is_symlink():
            raise UserError(
                f"{run_dir} holds {path.name}, but no {RECORD_NAME} of a run of train.py. Move it "
                "away, or choose another --output_dir."
            )


def refuse_lost_adapter(run_dir: Path) -> None:
    for name in ADAPTER_FILES:
        if not (run_dir / name).exists():
            best = read_object(run_dir / RECORD_NAME).get("best_step")
            copy = f"copy it from {run_dir / f'checkpoint-{best}'}" if best else "restore it"
            raise UserError(
                f"The run in {run_dir} is finished, but {name} is missing; {copy}, or pass "
                "--overwrite to train again."
            )


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


def holds_adapter(checkpoint: Path) -> bool:
    """Return whether the adapter is there: a kill while the folder is removed leaves a part."""
    return is_complete(checkpoint) and all((checkpoint / name).exists() for name in ADAPTER_FILES)


def refuse_damaged(checkpoint: Path) -> None:
    """Raise a `UserError` where a part is missing, without which training would go another way."""
    for pattern in (*ADAPTER_FILES, *STATE_FILES):
        if not any(checkpoint.glob(pattern)):
            raise UserError(
                f"{checkpoint} is damaged: it has no {pattern}. Remove that folder and pass "
                "--resume to continue from the checkpoint before it."
            )


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
            if not settings.get("save_only_model"):
                refuse_damaged(checkpoint)
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
    """Remove what train.py and evaluate.py wrote to the folder, and nothing else.

    A `UserError` if the run is being evaluated.
    """
    with lock_evaluations(run_dir):
        for checkpoint in list_checkpoints(run_dir):
            shutil.rmtree(checkpoint)
        for name in OWN_FOLDERS:
            shutil.rmtree(run_dir / name, ignore_errors=True)
        for name in OWN_FILES:
            (run_dir / name).unlink(missing_ok=True)


def lock_evaluations(run_dir: Path) -> ExitStack:
    """Return a context that holds the folders into which evaluate.py writes by default."""
    evaluation = run_dir / "evaluation"
    with ExitStack() as locks:
        for folder in (evaluation, *evaluation.glob("limit-*")):
            if folder.is_dir():
                locks.enter_context(folder_lock(folder))
        return locks.pop_all()
