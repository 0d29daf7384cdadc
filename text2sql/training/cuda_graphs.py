"""CUDA graphs of the layers: all kernels of a step's row are started at once, not one by one.

Starting the thousands of kernels of a small step takes the CPU longer than they take the GPU. A
graph takes as long to make as it saves in some dozens of steps; so one is made for a shape of rows
when it has come several times, and serves all later rows of that shape.
"""

from collections import Counter
from collections.abc import Callable

import torch
from transformers.modeling_outputs import BaseModelOutputWithPast

from text2sql.models.packed_rows import PackedLayout

ROW_MULTIPLE = 256  # tokens; the fewer shapes, the more padding
ROWS_BEFORE_GRAPH = 7  # of a shape; rarer ones are not worth a graph


class RowLayers(torch.nn.Module):
    """The layers of a model as a function of tensors alone, for rows of one shape."""

    def __init__(self, backbone: torch.nn.Module, forward: Callable, layout: PackedLayout):
        super().__init__()
        self.backbone, self.compute = backbone, forward
        self.most = {"max_seqlen_q": layout.max_seqlen_q, "max_seqlen_k": layout.max_seqlen_k}

    def forward(self, input_ids, position_ids, *places: torch.Tensor) -> torch.Tensor:
        layout = PackedLayout((), (), *places, **self.most)
        inputs = {"input_ids": input_ids, "position_ids": position_ids}
        return self.compute(**inputs, shared_prefix=layout, use_cache=False).last_hidden_state


def use_cuda_graphs(backbone: torch.nn.Module) -> None:
    """From now on the backbone computes the packed rows of training by graphs.

    A step must be one row: the next row's gradients would be written over those of the one before.
    """
    eager, graphs, pool = backbone.forward, {}, torch.cuda.graph_pool_handle()
    eager_rows: Counter[tuple] = Counter()  # of each shape

    def forward(*, input_ids, position_ids, shared_prefix: PackedLayout, **settings):
        row = {"input_ids": input_ids, "position_ids": position_ids, "shared_prefix": shared_prefix}
        if not (backbone.training and torch.is_grad_enabled()):
            return eager(**row, **settings)
        places = (shared_prefix.keys, shared_prefix.cu_seqlens_q, shared_prefix.cu_seqlens_k)
        inputs = (input_ids, position_ids, *places)
        most = (shared_prefix.max_seqlen_q, shared_prefix.max_seqlen_k)
        shape = (*(tuple(tensor.shape) for tensor in inputs), *most)
        if eager_rows[shape] < ROWS_BEFORE_GRAPH:
            eager_rows[shape] += 1
            return eager(**row, **settings)
        if shape not in graphs:
            layers = RowLayers(backbone, eager, shared_prefix).train()
            graphs[shape] = make_graph(layers, inputs, pool)
        return BaseModelOutputWithPast(last_hidden_state=graphs[shape](*inputs))

    backbone.forward, backbone.eager_forward = forward, eager


def drop_cuda_graphs(backbone: torch.nn.Module) -> None:
    backbone.forward = getattr(backbone, "eager_forward", backbone.forward)


def make_graph(
    layers: RowLayers, inputs: tuple[torch.Tensor, ...], pool: tuple[int, int]
) -> Callable:
    """Return the layers for inputs of this shape as a pair of graphs, forward and backward."""
    dtype = torch.get_autocast_dtype("cuda")
    with torch.autocast("cuda", dtype, torch.is_autocast_enabled("cuda"), cache_enabled=False):
        return torch.cuda.make_graphed_callables(
            layers,
            tuple(tensor.clone() for tensor in inputs),
            num_warmup_iters=1,  # the rows before have warmed up the kernels
            allow_unused_input=True,
            pool=pool,
        )
