"""CUDA graphs of the layers: all kernels of a row are launched at once instead of one by one.

Launching the thousands of kernels of a small step can take the CPU longer than computing them
takes the GPU. Capturing a graph costs what it saves in some steps; so rows are padded to the few
shapes of `row_shapes.py`, and each shape gets a graph before the first step.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import torch
from transformers.modeling_outputs import BaseModelOutputWithPast

from text2sql.models.packed_rows import PackedLayout, RowShape, Suffix, pack_row

if TYPE_CHECKING:
    from torch.cuda import _POOL_HANDLE

Forward = Callable[..., BaseModelOutputWithPast]
Graph = Callable[..., torch.Tensor]


class RowLayers(torch.nn.Module):
    """The layers of a model as a function of tensors alone, for rows of one shape."""

    def __init__(self, backbone: torch.nn.Module, forward: Forward, shape: RowShape):
        super().__init__()
        self.backbone, self.compute, self.shape = backbone, forward, shape

    def forward(
        self,
        input_ids: torch.Tensor,
        position_ids: torch.Tensor,
        keys: torch.Tensor,
        cu_seqlens_q: torch.Tensor,
        cu_seqlens_k: torch.Tensor,
        output_positions: torch.Tensor,
    ) -> torch.Tensor:
        bounds = (cu_seqlens_q, cu_seqlens_k, self.shape.max_seqlen, self.shape.max_seqlen)
        outputs = self.compute(
            input_ids=input_ids,
            position_ids=position_ids,
            shared_prefix=PackedLayout((), (), keys, *bounds),
            output_positions=output_positions,
            use_cache=False,
        )
        return cast(torch.Tensor, outputs.last_hidden_state)


def use_cuda_graphs(backbone: torch.nn.Module, shapes: Sequence[RowShape]) -> None:
    """Make the backbone compute the rows of training that have one of these shapes by graphs.

    A step must be one row: the gradients of a second one would overwrite those of the first.
    """
    eager: Forward = backbone.forward
    graphs: dict[RowShape, Graph] = {}

    def forward(
        *,
        input_ids: torch.Tensor,
        position_ids: torch.Tensor,
        shared_prefix: PackedLayout,
        output_positions: torch.Tensor | None = None,
        **settings: Any,
    ) -> BaseModelOutputWithPast:
        shape, in_training = shared_prefix.shape, backbone.training and torch.is_grad_enabled()
        if shape is None or output_positions is None or not in_training:
            return eager(
                input_ids=input_ids,
                position_ids=position_ids,
                shared_prefix=shared_prefix,
                output_positions=output_positions,
                **settings,
            )
        if not graphs:
            graphs.update(capture_all(backbone, eager, shapes, input_ids.device))
        layout = (shared_prefix.keys, shared_prefix.cu_seqlens_q, shared_prefix.cu_seqlens_k)
        states = graphs[shape](input_ids, position_ids, *layout, output_positions)
        return BaseModelOutputWithPast(last_hidden_state=cast(Any, states))

    backbone.forward = forward
    backbone.__dict__["eager_forward"] = eager


def drop_cuda_graphs(backbone: torch.nn.Module) -> None:
    """Make the backbone compute eagerly again; its graphs free their memory."""
    backbone.forward = backbone.__dict__.get("eager_forward", backbone.forward)


def capture_all(
    backbone: torch.nn.Module, eager: Forward, shapes: Sequence[RowShape], device: torch.device
) -> dict[RowShape, Graph]:
    """Return a graph for each shape, made in the memory of the largest."""
    pool = torch.cuda.graph_pool_handle()
    graphs: dict[RowShape, Graph] = {}
    for shape in sorted(shapes, reverse=True):
        layers = RowLayers(backbone, eager, shape).train()
        inputs = blank_row(shape, device)
        graphs[shape] = capture(layers, inputs, pool, num_warmup_iters=0 if graphs else 2)
    return graphs


def blank_row(shape: RowShape, device: torch.device) -> tuple[torch.Tensor, ...]:
    """Return the inputs of `RowLayers` for a row of one token and padding."""
    row = pack_row([[]], [Suffix([0])], [shape])
    layout = row["shared_prefix"]
    inputs = (row["input_ids"], row["position_ids"], layout.keys)
    bounds = (layout.cu_seqlens_q, layout.cu_seqlens_k)
    positions = torch.zeros(shape.num_outputs, dtype=torch.long)
    return tuple(x.to(device) for x in (*inputs, *bounds, positions))


def capture(
    layers: RowLayers, inputs: tuple[torch.Tensor, ...], pool: "_POOL_HANDLE", num_warmup_iters: int
) -> Graph:
    """Return the layers for inputs of this shape as a pair of graphs, forward and backward."""
    dtype = torch.get_autocast_dtype("cuda")
    with torch.autocast("cuda", dtype, torch.is_autocast_enabled("cuda"), cache_enabled=False):
        graphed = torch.cuda.make_graphed_callables(
            layers, inputs, num_warmup_iters=num_warmup_iters, allow_unused_input=True, pool=pool
        )
        return cast(Graph, graphed)
