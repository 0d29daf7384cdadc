"""CUDA graphs of the layers: all kernels of a row are launched at once instead of one by one.

Launching the thousands of kernels of a small step can take the CPU longer than computing them
takes the GPU. Capturing a graph costs what it saves in some dozens of steps; so a shape of rows
gets a graph when it has occurred several times, and the graph serves all later rows of that shape.
"""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import torch
from transformers.modeling_outputs import BaseModelOutputWithPast

from text2sql.models.packed_rows import PackedLayout

if TYPE_CHECKING:
    from torch.cuda import _POOL_HANDLE

ROW_MULTIPLE = 256  # tokens; the fewer shapes, the more padding
ROWS_BEFORE_GRAPH = 7  # of one shape; rarer shapes are not worth a graph

Forward = Callable[..., BaseModelOutputWithPast]
Graph = Callable[..., torch.Tensor]


class RowLayers(torch.nn.Module):
    """The layers of a model as a function of tensors alone, for rows of one shape."""

    def __init__(self, backbone: torch.nn.Module, forward: Forward, layout: PackedLayout):
        super().__init__()
        self.backbone, self.compute = backbone, forward
        self.max_seqlen_q, self.max_seqlen_k = layout.max_seqlen_q, layout.max_seqlen_k

    def forward(
        self,
        input_ids: torch.Tensor,
        position_ids: torch.Tensor,
        keys: torch.Tensor,
        cu_seqlens_q: torch.Tensor,
        cu_seqlens_k: torch.Tensor,
    ) -> torch.Tensor:
        bounds = (cu_seqlens_q, cu_seqlens_k, self.max_seqlen_q, self.max_seqlen_k)
        outputs = self.compute(
            input_ids=input_ids,
            position_ids=position_ids,
            shared_prefix=PackedLayout((), (), keys, *bounds),
            use_cache=False,
        )
        return cast(torch.Tensor, outputs.last_hidden_state)


def use_cuda_graphs(backbone: torch.nn.Module) -> None:
    """Make the backbone compute the packed rows of training by graphs.

    A step must be one row: the gradients of a second one would overwrite those of the first.
    """
    eager: Forward = backbone.forward
    graphs: dict[tuple[object, ...], Graph] = {}
    num_eager_rows: Counter[tuple[object, ...]] = Counter()  # by shape
    pool = torch.cuda.graph_pool_handle()

    def forward(
        *,
        input_ids: torch.Tensor,
        position_ids: torch.Tensor,
        shared_prefix: PackedLayout,
        **settings: Any,
    ) -> BaseModelOutputWithPast:
        row = {"input_ids": input_ids, "position_ids": position_ids, "shared_prefix": shared_prefix}
        if not (backbone.training and torch.is_grad_enabled()):
            return eager(**row, **settings)
        layout = (shared_prefix.keys, shared_prefix.cu_seqlens_q, shared_prefix.cu_seqlens_k)
        inputs = (input_ids, position_ids, *layout)
        bounds = (shared_prefix.max_seqlen_q, shared_prefix.max_seqlen_k)
        shape = (*(tuple(tensor.shape) for tensor in inputs), *bounds)
        if num_eager_rows[shape] < ROWS_BEFORE_GRAPH:
            num_eager_rows[shape] += 1
            return eager(**row, **settings)
        if shape not in graphs:
            layers = RowLayers(backbone, eager, shared_prefix).train()
            graphs[shape] = capture(layers, inputs, pool)
        return BaseModelOutputWithPast(last_hidden_state=graphs[shape](*inputs))

    backbone.forward = forward
    backbone.__dict__["eager_forward"] = eager


def drop_cuda_graphs(backbone: torch.nn.Module) -> None:
    """Make the backbone compute eagerly again; its graphs free their memory."""
    backbone.forward = backbone.__dict__.get("eager_forward", backbone.forward)


def capture(layers: RowLayers, inputs: tuple[torch.Tensor, ...], pool: "_POOL_HANDLE") -> Graph:
    """Return the layers for inputs of this shape as a pair of graphs, forward and backward."""
    dtype = torch.get_autocast_dtype("cuda")
    with torch.autocast("cuda", dtype, torch.is_autocast_enabled("cuda"), cache_enabled=False):
        graphed = torch.cuda.make_graphed_callables(
            layers,
            tuple(tensor.clone() for tensor in inputs),
            num_warmup_iters=1,  # the rows before have warmed up the kernels
            allow_unused_input=True,
            pool=pool,
        )
        return cast(Graph, graphed)
