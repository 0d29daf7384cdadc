"""What can go wrong while training runs, as errors that say what to do."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from text2sql.errors import UserError, is_machine_failure, is_short_of_memory
from text2sql.training.checkpoints import damaged

# What libraries in Rust say instead of an `OSError` when a disk is full.
FULL_DISK = re.compile(r"No space left|os error \d+")
OS_ERROR = re.compile(r"os error (\d+)")


def non_finite_loss(step: int) -> UserError:
    return UserError(
        f"The loss was not finite by step {step}; the run stopped without writing an adapter. "
        "Lower --learning_rate, or train in bf16 or float32 if this was fp16."
    )


@contextmanager
def explain_damaged_checkpoint(checkpoint: str | Path | None) -> Iterator[None]:
    """Turn what the libraries raise for a damaged checkpoint into a `UserError`."""
    try:
        yield
    except Exception as error:  # torch, pickle and safetensors raise errors of all kinds
        if is_machine_failure(error):
            raise
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise damaged(Path(str(checkpoint)), reason) from error


@contextmanager
def explain_failed_write(folder: str | Path | None) -> Iterator[None]:
    """Turn what libraries raise on a full disk instead of an `OSError` into a `UserError`."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # torch: RuntimeError; tokenizers: Exception
        if is_short_of_memory(error):
            raise
        if (number := OS_ERROR.search(str(error))) and int(number[1]) != errno.ENOSPC:
            code = int(number[1])
            raise OSError(code, os.strerror(code), str(folder)) from error
        full = isinstance(error, RuntimeError) or FULL_DISK.search(str(error))
        advice = "Free some space there, and pass" if full else "Pass"
        raise UserError(
            f"{folder} could not be written ({error}). {advice} --resume to continue."
        ) from error
