"""The layers of a model that `--lora_target_modules` names, and the size of an adapter on them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from text2sql.errors import UserError

if TYPE_CHECKING:
    from transformers import PretrainedConfig

ALL_LINEAR = "all-linear"  # PEFT's word for every linear layer but the head


def target_modules(names: Sequence[str]) -> str | list[str]:
    """Return the names as PEFT's `LoraConfig` takes them."""
    return ALL_LINEAR if list(names) == [ALL_LINEAR] else list(names)


class AdapterSize(NamedTuple):
    """What the memory of an adapter depends on, over all layers that it is on."""

    input_features: int = 0
    parameters: int = 0


NO_ADAPTER = AdapterSize()


def measure_adapter(config: "PretrainedConfig", names: Sequence[str], rank: int) -> AdapterSize:
    """Return the size of a LoRA adapter, without loading any weights.

    A `UserError` names layers that the model does not have.
    """
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.pytorch_utils import Conv1D  # GPT-2's linear layer

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    head = model.get_output_embeddings()
    layers = {
        name: module
        for name, module in model.named_modules()
        if hasattr(module, "weight") and not list(module.children())
    }
    linear = [
        name
        for name, module in layers.items()
        if isinstance(module, torch.nn.Linear | Conv1D) and module is not head
    ]
    adapted = [layer for layer in layers if any(is_named(layer, name) for name in names)]
    if list(names) == [ALL_LINEAR]:
        adapted = linear
    elif absent := [name for name in names if not any(is_named(layer, name) for layer in adapted)]:
        choices = sorted({layer.rpartition(".")[2] for layer in linear})
        raise UserError(
            f"--lora_target_modules: the model has no layer called {', '.join(absent)}. Choose "
            f"from {', '.join(choices)}; or {ALL_LINEAR} alone."
        )
    inputs = sum(input_features(layers[name]) for name in adapted)
    return AdapterSize(inputs, rank * sum(sum(layers[name].weight.shape) for name in adapted))


def input_features(layer: Any) -> int:
    """Return the features of a token that an adapter on the layer keeps; an embedding has none."""
    if hasattr(layer, "in_features"):
        return int(layer.in_features)
    return int(layer.nx) if hasattr(layer, "nx") else 0


def is_named(layer: str, name: str) -> bool:
    """Return whether PEFT takes the layer for one that is called `name`."""
    return layer == name or layer.endswith(f".{name}")
