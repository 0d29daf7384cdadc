"""Copies between the CPU and a GPU that wait for nothing of what the GPU still computes."""

from dataclasses import dataclass
from typing import TypeVar

import torch

from text2sql.models.packed_rows import PackedLayout

Data = TypeVar("Data", torch.Tensor, PackedLayout)


@dataclass(frozen=True)
class ArrivingTensors:
    """Tensors on their way from the device to the CPU."""

    tensors: tuple[torch.Tensor, ...]  # in the CPU's memory once they have arrived
    arrived: torch.cuda.Event | None  # None: from the beginning

    @classmethod
    def of(cls, *tensors: torch.Tensor) -> "ArrivingTensors":
        if tensors[0].device.type != "cuda":
            return cls(tuple(tensor.cpu() for tensor in tensors), None)
        copied = tuple(tensor.to("cpu", non_blocking=True) for tensor in tensors)
        arrived = torch.cuda.Event()
        arrived.record()  # after these copies, and before what the GPU is told next
        return cls(copied, arrived)

    def read(self) -> tuple[torch.Tensor, ...]:
        """Return the tensors once they have arrived."""
        if self.arrived is not None:
            self.arrived.synchronize()
        return self.tensors


def send(data: Data, device: torch.device) -> Data:
    """Return the data on the device; a GPU may still have to copy them."""
    if device.type != "cuda":
        return data.to(device)
    return data.pin_memory().to(device, non_blocking=True)
