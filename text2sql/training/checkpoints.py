"""The checkpoints of a run: which are complete, and refusals of those that are damaged."""

from collections.abc import Sequence
from pathlib import Path

from text2sql.errors import UserError
from text2sql.files import read_json, read_object
from text2sql.models.adapter_files import CHECKPOINT_PREFIX, CONFIG_NAME
from text2sql.seals import CHECKSUMS_NAME, find_changed

STATE_NAME = "trainer_state.json"
WEIGHTS_NAME = "adapter_model.safetensors"
ADAPTER_FILES = (CONFIG_NAME, WEIGHTS_NAME)
# What an evaluation reads of a checkpoint, whose optimizer may have been removed for its size.
EVALUATED_FILES = (
    *ADAPTER_FILES,
    *("chat_template.jinja", "tokenizer.json", "tokenizer_config.json"),
)
# What a checkpoint needs to continue as if nothing had happened.
STATE_FILES = ("optimizer.pt", "scheduler.pt", "rng_state*.pth")  # a generator for each process

TRAIN_FROM_BEFORE = (
    "Remove that folder, if it is there, and the checkpoints after it; then pass --resume to "
    "continue from the one before it."
)
START_FROM_ANOTHER = (
    "Restore it, pass another --resume_from_checkpoint, or, if this one is only the best so far, "
    "--load_best_model_at_end false."
)


def list_checkpoints(run_dir: Path) -> list[Path]:
    """Return the folders `checkpoint-<step>`, earliest first."""
    folders = run_dir.glob(f"{CHECKPOINT_PREFIX}*")
    numbered = [f for f in folders if f.name.removeprefix(CHECKPOINT_PREFIX).isdecimal()]
    return sorted(numbered, key=step_of)


def step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.removeprefix(CHECKPOINT_PREFIX))


def checkpoint_dir(run_dir: Path, step: int | None) -> Path:
    return run_dir / f"{CHECKPOINT_PREFIX}{step}"


def is_complete(checkpoint: Path) -> bool:
    """Return whether the trainer finished writing it, even if it was damaged since.

    `trainer_state.json` comes last, and after it the checksums, which earlier versions lack.
    """
    if (checkpoint / CHECKSUMS_NAME).exists():
        return True
    try:
        read_json(checkpoint / STATE_NAME)
    except UserError:
        return False
    return True


def holds_adapter(checkpoint: Path) -> bool:
    """Return whether the adapter is there: a kill while the folder is removed leaves a part."""
    return is_complete(checkpoint) and all((checkpoint / name).exists() for name in ADAPTER_FILES)


def refuse_damaged(
    checkpoint: Path,
    needed: Sequence[str] = ADAPTER_FILES,
    advice: str = TRAIN_FROM_BEFORE,
    compared: Sequence[str] = (),
) -> None:
    """Raise a `UserError` where a file is not as its checksum says, or one that is needed is gone.

    `advice` says how to continue without the checkpoint; `compared` are the files whose checksums
    are compared, all where none is named.
    """
    if not checkpoint.is_dir():
        raise damaged(checkpoint, "the folder is gone", advice)
    changed = find_changed(checkpoint, compared)
    if changed is not None and not changed.exists():
        raise damaged(checkpoint, f"{changed.name} is missing", advice)
    if changed is not None:
        raise damaged(checkpoint, f"{changed.name} is not as {CHECKSUMS_NAME} says", advice)
    for pattern in needed:
        if not any(checkpoint.glob(pattern)):
            raise damaged(checkpoint, f"it has no {pattern}", advice)


def refuse_damaged_to_resume(
    checkpoint: Path, *, with_state: bool, reloads_best: bool, advice: str = TRAIN_FROM_BEFORE
) -> None:
    """Raise a `UserError` where what a resumed run will read is damaged, before it trains.

    `with_state`: the optimizer and the generators are needed, which a run without
    --save_only_model keeps. `reloads_best`: the best checkpoint so far may be needed at the end.
    """
    needed = (*ADAPTER_FILES, *STATE_FILES) if with_state else ADAPTER_FILES
    refuse_damaged(checkpoint, needed, advice)
    best = find_best(checkpoint) if reloads_best else None
    if best is not None and best != checkpoint:
        refuse_damaged(best, advice=advice)


def find_best(checkpoint: Path) -> Path | None:
    """Return the best checkpoint so far, which is beside this one; None before an evaluation."""
    step = read_object(checkpoint / STATE_NAME).get("best_global_step")
    return checkpoint_dir(checkpoint.parent, step) if step else None


def damaged(checkpoint: Path, reason: str, advice: str = TRAIN_FROM_BEFORE) -> UserError:
    return UserError(f"{checkpoint} is damaged: {reason}. {advice}")
