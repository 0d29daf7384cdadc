"""CUDA graphs of a decoding step: its kernels are launched at once instead of one by one.

A step of a small model is hundreds of small kernels, and launching them from Python can take longer
than the GPU takes to compute them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from text2sql.models.adapters import Model

if TYPE_CHECKING:
    from torch.cuda import _POOL_HANDLE


def supports_step_graphs(model: Model) -> bool:
    """Return whether a step only launches kernels; those of packed weights may wait for the GPU."""
    return model.device.type == "cuda" and not getattr(model, "is_quantized", False)


class StepGraphs:
    """A step that is computed in place, replayed as a graph for each number of columns it reads.

    The first step of a width is computed eagerly, which loads its kernels; the second is captured.
    """

    def __init__(self, is_enabled: bool):
        self.is_enabled = is_enabled
        self.graphs: dict[int, torch.cuda.CUDAGraph | None] = {}  # by width; None: seen once
        self.pool: _POOL_HANDLE | None = None

    def step(self, width: int, compute: Callable[[int], None]) -> None:
        """Run `compute(width)`, which is not kept: its tensors are to be freed with their owner."""
        if not self.is_enabled or width not in self.graphs:
            self.graphs[width] = None
            compute(width)
            return
        graph = self.graphs[width]
        if graph is None:
            graph = self.graphs[width] = self.capture(width, compute)
        graph.replay()

    def capture(self, width: int, compute: Callable[[int], None]) -> torch.cuda.CUDAGraph:
        if self.pool is None:
            self.pool = torch.cuda.graph_pool_handle()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self.pool):
            compute(width)
        return graph

    def forget(self) -> None:
        """Drop the graphs, whose tensors have moved."""
        self.graphs.clear()
        self.pool = None
