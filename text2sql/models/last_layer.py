"""The last layer, whose MLP is computed only at the positions whose output is used."""

from functools import partial
from typing import Any, cast

import torch
from transformers import PreTrainedModel


def select_in_last_layer(model: PreTrainedModel) -> None:
    """Make the model take `output_positions=` and return the states of these positions alone.

    Of the last layer, other positions are needed as keys and values only. Its parts are those of
    every model that `supports_packed_attention`.
    """
    layer = cast(torch.nn.ModuleList, model.base_model.layers)[-1]
    layer.forward = partial(forward_selected, layer)


def forward_selected(
    layer: Any,
    hidden_states: torch.Tensor,
    output_positions: torch.Tensor | None = None,
    **settings: object,
) -> torch.Tensor:
    """Return the layer's output (1, positions, hidden size), of all positions if none are given."""
    attended, _ = layer.self_attn(hidden_states=layer.input_layernorm(hidden_states), **settings)
    hidden_states = hidden_states + attended
    if output_positions is not None:
        hidden_states = hidden_states.index_select(1, output_positions)
    states: torch.Tensor = hidden_states + layer.mlp(layer.post_attention_layernorm(hidden_states))
    return states
