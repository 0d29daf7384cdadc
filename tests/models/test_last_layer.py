"""The states of some positions are those of a last layer that computes all of them."""

import pytest
import torch
from tiny_layers import SIZES, build_adapted
from transformers import AutoConfig

from text2sql.models.last_layer import select_in_last_layer
from text2sql.models.packed_attention import MODEL_TYPES

TEXT = torch.tensor([[2, 5, 6, 7, 8, 9, 10, 11]])
WEIGHTS = torch.randn(3, SIZES["hidden_size"], generator=torch.Generator().manual_seed(0))
POSITIONS = torch.tensor([7, 3, 4])


def build_model(name: str, checkpointing: bool = False):
    config = AutoConfig.for_model(name, **SIZES, sliding_window=None)
    return build_adapted(config, "all-linear", checkpointing)


def states_and_gradients(model, states: torch.Tensor) -> list[torch.Tensor]:
    (states * WEIGHTS).sum().backward()  # a sum of squares would not change: states are normed
    gradients = [parameter.grad for parameter in model.parameters() if parameter.requires_grad]
    return [states.detach(), *gradients]


@pytest.mark.parametrize("name", MODEL_TYPES)
@pytest.mark.parametrize("checkpointing", [False, True])
def test_selected_positions_have_the_states_and_gradients_of_the_whole(name, checkpointing):
    whole = build_model(name)
    states = whole.get_base_model().base_model(TEXT).last_hidden_state[:, POSITIONS]
    expected = states_and_gradients(whole, states)
    model = build_model(name, checkpointing)
    select_in_last_layer(model.get_base_model())
    backbone = model.get_base_model().base_model
    states = backbone(TEXT, output_positions=POSITIONS, use_cache=False).last_hidden_state
    for found, value in zip(states_and_gradients(model, states), expected, strict=True):
        assert (found - value).norm() <= 1e-5 * value.norm()


def test_mlp_of_the_last_layer_alone_computes_fewer_positions():
    model = build_model("gemma").get_base_model()
    select_in_last_layer(model)
    seen = []
    for layer in model.base_model.layers:
        layer.mlp.register_forward_pre_hook(lambda mlp, inputs: seen.append(inputs[0].shape[1]))
    model.base_model(TEXT, output_positions=POSITIONS)
    assert seen == [8, 3]


def test_without_positions_all_states_are_computed():
    model, whole = build_model("llama").get_base_model(), build_model("llama").get_base_model()
    select_in_last_layer(model)
    found, expected = (each.base_model(TEXT).last_hidden_state for each in (model, whole))
    torch.testing.assert_close(found, expected)
