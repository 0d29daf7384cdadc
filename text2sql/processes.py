"""The processes that `accelerate launch` or `torchrun` started: one writes, all agree."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from text2sql.files import folder_lock

if TYPE_CHECKING:
    from accelerate import PartialState

P = ParamSpec("P")
T = TypeVar("T")


def world_size() -> int:
    """Return the number of processes that were started."""
    return int(os.environ.get("WORLD_SIZE", 1))


def this_process() -> "PartialState":
    """Return the state of this process among those of the run, which it joins."""
    import torch
    from accelerate import PartialState

    return PartialState(cpu=not torch.cuda.is_available())


def lock_folder(path: Path) -> AbstractContextManager[None]:
    """Keep other runs out of the folder; the main process holds the lock for all of this run."""
    return folder_lock(path) if this_process().is_main_process else nullcontext()


def on_main_process(decide: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return, on every process, what `decide` returned on the main one."""
    from accelerate.utils import broadcast_object_list

    decision = [decide(*args, **kwargs) if this_process().is_main_process else None]
    decided: T = broadcast_object_list(decision)[0]
    return decided


def gather(value: T) -> list[T]:
    """Return the values of all processes, on every process, in the order of their ranks."""
    from accelerate.utils import gather_object

    gathered: list[T] = gather_object([value])
    return gathered
