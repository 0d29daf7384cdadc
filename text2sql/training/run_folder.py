"""The folder of a run: record, checkpoints and adapter, and whether to begin or to resume."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from text2sql.errors import UserError
from text2sql.files import folder_lock, is_part, lock, sha256_of_file
from text2sql.models.adapter_files import CONFIG_NAME, hash_adapter_config
from text2sql.run_record import differing_settings
from text2sql.seals import SEAL_KEY, read_sealed_object, write_sealed_object
from text2sql.training.checkpoints import (
    ADAPTER_FILES,
    START_FROM_ANOTHER,
    STATE_NAME,
    TRAIN_FROM_BEFORE,
    WEIGHTS_NAME,
    checkpoint_dir,
    is_complete,
    list_checkpoints,
    refuse_damaged_to_resume,
)
from text2sql.training.general_texts import GeneralTexts
from text2sql.training.settings import TrainSettings, with_effect

RECORD_NAME = "run.json"
EVAL_RESULTS_NAME = ".eval_results/text2sql.yaml"  # which evaluate.py adds, for the hub
OWN_FILES = (
    *ADAPTER_FILES,
    *("README.md", RECORD_NAME, STATE_NAME, EVAL_RESULTS_NAME),
)
OWN_FOLDERS = ("tensorboard", "evaluation")

# What other commands read of run.json, with the types in JSON. Other programs may leave keys out.
RECORD_TYPES: dict[str, tuple[type, ...]] = {
    "status": (str,),
    "settings": (dict,),
    "created": (str,),
    "data_dir": (str,),
    "model_id": (str, type(None)),
    "load_in_4bit": (bool, type(None)),
    "limit": (int, type(None)),
    "prompts_limit": (int, type(None)),
    "steps": (int, type(None)),
    "best_step": (int, type(None)),
    "general_texts": (dict, type(None)),
    "log_sha256": (str,),
    "adapter_sha256": (str,),
    "adapter_config_sha256": (str,),
}
UNSEALED = ("status",)  # which may be set to "running" to train on

RENAMED_SETTINGS = {"arrangement": "plan"}  # in records of earlier versions


def open_run(
    settings: TrainSettings, resume: bool, overwrite: bool, resume_from_checkpoint: str | None
) -> tuple[str | None, bool]:
    """Return the checkpoint to resume from, or None, and whether the run is already finished."""
    run_dir = settings.run_dir
    refuse_foreign_folder(run_dir)
    if overwrite:
        with lock_evaluations(run_dir):
            pass  # nobody is evaluating the run that is replaced later
    checkpoint = begin_or_resume(run_dir, settings.recorded, resume=resume, overwrite=overwrite)
    if is_finished(run_dir) and not overwrite:
        refuse_lost_adapter(run_dir)
        print(f"{run_dir} holds this run, finished; there is nothing to do.")
        return None, True
    if checkpoint:
        refuse_other_general_texts(run_dir, settings.general_texts)
    if resume:
        print(f"Resuming from {checkpoint}." if checkpoint else "No checkpoint yet: starting over.")
    if resume_from_checkpoint is not None:
        refuse_unusable(Path(resume_from_checkpoint), settings.recorded, START_FROM_ANOTHER)
    return str(checkpoint) if checkpoint else resume_from_checkpoint, False


def refuse_foreign_folder(run_dir: Path) -> None:
    """Raise a `UserError` where the folder is not empty and no run record vouches for it."""
    if has_record(run_dir) or not run_dir.is_dir():
        return
    foreign = sorted(path.name for path in run_dir.iterdir() if not is_part(path))
    if foreign:
        raise UserError(
            f"{run_dir} holds {foreign[0]}, but no {RECORD_NAME} of a run of train.py. Move it "
            "away, or choose another --output_dir."
        )


def write_record(run_dir: Path, record: Mapping[str, Any]) -> None:
    write_sealed_object(run_dir / RECORD_NAME, record, UNSEALED)


def read_record(run_dir: Path, *keys: str) -> dict[str, Any]:
    """Return run.json; a `UserError` where it was changed, or lacks `keys` or has another type."""
    path = run_dir / RECORD_NAME
    advice = f"Restore it; or if that was on purpose, remove `{SEAL_KEY}` from it."
    record = read_sealed_object(path, *keys, advice=advice, unsealed=UNSEALED)
    for key, types in RECORD_TYPES.items():
        if key in record and type(record[key]) not in types:
            raise UserError(f"{path} is damaged: `{key}` has another type. Restore the file.")
    return record


def describe_adapter(run_dir: Path) -> dict[str, str]:
    """Return the hashes of an adapter's weights and settings, as run.json has them."""
    return {
        "adapter_sha256": sha256_of_file(run_dir / WEIGHTS_NAME),
        "adapter_config_sha256": hash_adapter_config(run_dir),
    }


def refuse_changed_adapter(run_dir: Path) -> None:
    """Refuse an adapter that is not the one that its run.json records."""
    if not (has_record(run_dir) and all((run_dir / name).exists() for name in ADAPTER_FILES)):
        return
    record = read_record(run_dir)
    for (key, sha256), name in zip(
        describe_adapter(run_dir).items(), reversed(ADAPTER_FILES), strict=True
    ):
        if record.get(key, sha256) != sha256:
            raise UserError(
                f"{run_dir / name} is not what train.py wrote: its hash differs from `{key}` in "
                f"{RECORD_NAME}. Restore it; or if it was replaced on "
                f"purpose, remove the keys `{key}` and `{SEAL_KEY}` from {RECORD_NAME}."
            )


def refuse_lost_adapter(run_dir: Path) -> None:
    """Raise a `UserError` where the adapter of a finished run is missing or was changed."""
    refuse_changed_adapter(run_dir)
    for name in ADAPTER_FILES:
        if not (run_dir / name).exists():
            best = read_record(run_dir).get("best_step")
            copy = f"copy it from {checkpoint_dir(run_dir, best)}" if best else "restore it"
            raise UserError(
                f"The run in {run_dir} is finished, but {name} is missing; {copy}, or pass "
                "--overwrite to train again."
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
    record = read_record(run_dir, "status", "settings")
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
            if not is_done:
                refuse_unusable(checkpoint, settings)
            return checkpoint
        shutil.rmtree(checkpoint)  # cut short by a kill; the trainer cannot read it
    return None


def refuse_unusable(
    checkpoint: Path, settings: Mapping[str, Any], advice: str = TRAIN_FROM_BEFORE
) -> None:
    """Raise a `UserError` where a run with these settings cannot continue from the checkpoint."""
    refuse_damaged_to_resume(
        checkpoint,
        with_state=not settings.get("save_only_model"),
        reloads_best=bool(settings.get("load_best_model_at_end")),
        advice=advice,
    )


def has_record(run_dir: Path) -> bool:
    return (run_dir / RECORD_NAME).exists()


def is_finished(run_dir: Path) -> bool:
    if not has_record(run_dir):
        return False
    return bool(read_record(run_dir, "status")["status"] == "finished")


def refuse_other_settings(
    run_dir: Path, recorded: Mapping[str, Any], settings: Mapping[str, Any]
) -> None:
    recorded = {RENAMED_SETTINGS.get(name, name): value for name, value in recorded.items()}
    differing = differing_settings(with_effect(recorded), with_effect(settings))
    if differing:
        raise UserError(
            f"{run_dir} was started with other settings: {', '.join(differing)}. Pass the same "
            "ones to continue, --overwrite to start over, or choose another --output_dir."
        )


def refuse_other_general_texts(run_dir: Path, general: GeneralTexts | None) -> None:
    """Raise a `UserError` where the points of one curve would be measured on different texts."""
    recorded = read_record(run_dir).get("general_texts")
    if general is not None and recorded and recorded.get("sha256") != general.sha256:
        raise UserError(
            f"{run_dir} has measured forgetting on the texts of {recorded.get('path')}, and "
            f"{general.path} has others. Pass the same file to continue, or --general_texts none."
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
    """Return a context in which nobody evaluates the run, or reports on it in its own folder."""
    evaluation = run_dir / "evaluation"
    with ExitStack() as locks:
        for folder in (evaluation, *evaluation.glob("limit-*")):
            if folder.is_dir():
                locks.enter_context(folder_lock(folder))
        for adapter_dir in (run_dir, *list_checkpoints(run_dir)):
            locks.enter_context(adapter_lock(adapter_dir, exclusive=True))
        return locks.pop_all()


@contextmanager
def adapter_lock(adapter_dir: Path, *, exclusive: bool) -> Iterator[None]:
    """Hold a lock on the adapter: evaluations share it, a run that replaces the adapter does not.

    The lock is on a file that is there already, since an adapter's folder may be read-only. Raises
    a `UserError` where another process holds it.
    """
    path = adapter_dir / CONFIG_NAME
    if not path.is_file():
        yield
        return
    with path.open("rb") as file:
        if not lock(file.fileno(), exclusive=exclusive):
            doing = "evaluating" if exclusive else "replacing"
            raise UserError(f"Another command is {doing} {adapter_dir}: wait for it.")
        yield
