"""The adapter's parameters and gradients, kept equal over several processes."""

from collections.abc import Sequence
from typing import cast

import torch


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
