"""The processes that `accelerate launch` or `torchrun` started: one writes, all agree.

Objects pass between them on the CPU, and a process waits for the others as long as they live.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import (
    AbstractContextManager,
    contextmanager,
    nullcontext,
    redirect_stderr,
    redirect_stdout,
)
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from text2sql.counts import how_many
from text2sql.errors import UserError
from text2sql.files import folder_lock

if TYPE_CHECKING:
    from accelerate import PartialState
    from torch.distributed import ProcessGroup, TCPStore  # type: ignore[attr-defined]

P = ParamSpec("P")
T = TypeVar("T")

FOREVER = timedelta(weeks=52)  # another process may score for hours; a dead one is noticed at once
SECONDS_TO_CONNECT = 10


def world_size() -> int:
    """Return the number of processes that were started."""
    return int(os.environ.get("WORLD_SIZE", 1))


def rank() -> int:
    """Return the number of this process, from 0, which is the main one's."""
    return int(os.environ.get("RANK", 0)) if world_size() > 1 else 0


def is_main_process() -> bool:
    return rank() == 0


def own_gpu() -> int:
    """Return the index of this process' GPU; a `UserError` if its host has fewer than processes."""
    import torch

    local_rank, num_gpus = int(os.environ.get("LOCAL_RANK", 0)), torch.cuda.device_count()
    if local_rank >= num_gpus:
        raise UserError(
            f"This host has {how_many(num_gpus, 'visible GPU')}, and more processes were started. "
            f"Start one for each: --num_processes {num_gpus} with `accelerate launch`, "
            f"--nproc_per_node {num_gpus} with `torchrun`."
        )
    return local_rank


def this_process() -> "PartialState":
    """Return the state of this process among those of the run, which it joins."""
    import torch
    from accelerate import PartialState

    return PartialState(cpu=not torch.cuda.is_available())


def leave() -> None:
    """Close the connections to the other processes; torch warns where that was forgotten."""
    if world_size() > 1 and "torch" in sys.modules:
        from torch import distributed

        if distributed.is_initialized():
            distributed.destroy_process_group()


@cache
def all_processes() -> "ProcessGroup":
    """Return the connection between all processes, made when they first need it."""
    import torch

    this_process()
    group: ProcessGroup = torch.distributed.new_group(backend="gloo", timeout=FOREVER)
    return group


@cache
def main_store() -> "TCPStore":
    """Return the main process' table of messages and counters, which all can read and change."""
    from torch.distributed import TCPStore  # type: ignore[attr-defined]

    host, timeout = os.environ["MASTER_ADDR"], FOREVER
    if is_main_process():
        store = TCPStore(host, 0, is_master=True, wait_for_workers=False, timeout=timeout)
        on_main_process(lambda: store.port)
        return store
    port = on_main_process(lambda: 0)
    return TCPStore(host, port, is_master=False, timeout=timeout)


def take_sharding_request() -> bool:
    """Return whether the configuration of `accelerate launch` asks for FSDP, from now on our own.

    The libraries, which would shard the adapter too, do not see it any more. A `UserError` if it
    asks for what this project's sharding does not do.
    """
    if os.environ.pop("ACCELERATE_USE_FSDP", "false").lower() != "true":
        return False
    if os.environ.get("FSDP_VERSION", "1") != "2":
        raise UserError("Weights are sharded by FSDP2; set fsdp_version: 2 in accelerate's file.")
    if os.environ.get("FSDP_OFFLOAD_PARAMS", "false") == "true":
        raise UserError("Weights are sharded over GPUs only; set fsdp_offload_params: false.")
    return True


def lock_folder(path: Path) -> AbstractContextManager[None]:
    """Keep other runs out of the folder; the main process holds the lock for all of this run."""
    return folder_lock(path) if is_main_process() else nullcontext()


def on_main_process(decide: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return, on every process, what `decide` returned on the main one."""
    if world_size() == 1:
        return decide(*args, **kwargs)
    import torch

    decision = [decide(*args, **kwargs) if is_main_process() else None]
    torch.distributed.broadcast_object_list(decision, src=0, group=all_processes())
    decided: T = decision[0]  # type: ignore[assignment]
    return decided


def gather(value: T) -> list[T]:
    """Return the values of all processes, on every process, in the order of their ranks."""
    if world_size() == 1:
        return [value]
    import torch

    values: list[T | None] = [None] * world_size()
    torch.distributed.all_gather_object(values, value, group=all_processes())
    return values  # type: ignore[return-value]


def wait_for_all(meanwhile: Callable[[], None]) -> None:
    """Return when all processes have come here; until then, call `meanwhile` now and then."""
    import torch

    arrival = torch.distributed.barrier(group=all_processes(), async_op=True)
    assert arrival is not None
    while not arrival.is_completed():
        meanwhile()
        time.sleep(0.05)
    arrival.wait()


@contextmanager
def silent_unless_main() -> Iterator[None]:
    """Print nothing within the block but on the main process: what one says, all would say."""
    if is_main_process():
        yield
        return
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115 (loggers may keep it, so it stays open)
    with redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


def is_first_to_fail() -> bool:
    """Return whether this process is the first of the run that ends with an error.

    It says why; the others fail for the same reason, or because it has gone.
    """
    if world_size() == 1:
        return True
    from torch.distributed import TCPStore  # type: ignore[attr-defined]

    attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    try:
        store = TCPStore(  # the launcher's
            os.environ["MASTER_ADDR"],
            int(os.environ["MASTER_PORT"]),
            is_master=False,
            timeout=timedelta(seconds=SECONDS_TO_CONNECT),
        )
        return store.add(f"text2sql: failed in attempt {attempt}", 1) == 1
    except (RuntimeError, KeyError):
        return is_main_process()
