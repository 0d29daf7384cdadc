"""The processes that `accelerate launch` or `torchrun` started: one writes, all agree."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, gather_object

from text2sql.files import folder_lock
from text2sql.models.device import Device

P = ParamSpec("P")
T = TypeVar("T")


def this_process() -> PartialState:
    """Return the state of this process among those of the run."""
    return PartialState(cpu=not torch.cuda.is_available())


def lock_run_dir(run_dir: Path) -> AbstractContextManager[None]:
    """Keep other runs out of the folder; the main process holds the lock for all of this run."""
    return folder_lock(run_dir) if this_process().is_main_process else nullcontext()


def on_main_process(decide: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return, on every process, what `decide` returned on the main one."""
    decision = [decide(*args, **kwargs) if this_process().is_main_process else None]
    decided: T = broadcast_object_list(decision)[0]
    return decided


def weakest_device(own: Device) -> Device:
    """Return the device that all processes plan for, so that they cut the same micro-batches."""
    devices: list[Device] = gather_object([own])
    free = [device.free_bytes for device in devices if device.free_bytes is not None]
    bf16 = all(device.supports_bf16 for device in devices)
    return replace(own, free_bytes=min(free, default=None), supports_bf16=bf16)


def broadcast_parameters(parameters: Sequence[torch.nn.Parameter]) -> None:
    """Give every process the main one's values."""
    for parameter in parameters:
        torch.distributed.broadcast(parameter.data, src=0)


def average_gradients(parameters: Sequence[torch.nn.Parameter]) -> None:
    """Replace the gradients by their means over the processes, in a single all-reduce."""
    trained = [parameter for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([cast(torch.Tensor, parameter.grad).flatten() for parameter in trained])
    torch.distributed.all_reduce(flat)
    flat /= torch.distributed.get_world_size()
    pieces = flat.split([parameter.numel() for parameter in trained])
    for parameter, piece in zip(trained, pieces, strict=True):
        parameter.grad = piece.view_as(parameter)
