"""LoRA layers computed in fewer kernels and in the precision of the base model.

PEFT casts each layer's input to the adapter's float32, drops out, and has autocast cast it back,
and scales and adds in kernels of their own: for a small model that is half of all kernels.
"""

from types import MethodType
from typing import cast

import torch
from peft import PeftModel
from peft.tuners.lora.layer import LoraLayer
from torch.nn.functional import dropout, linear


def use_lean_lora(model: PeftModel) -> None:
    """Make the model compute its active adapter by `compute_lean`, if all its layers are plain."""
    layers = [module for module in model.modules() if isinstance(module, LoraLayer)]
    if all(is_plain(layer) for layer in layers):
        for layer in layers:
            layer.forward = MethodType(compute_lean, layer)


def is_plain(layer: LoraLayer) -> bool:
    """Return whether the layer is linear and has one LoRA adapter without variant or bias."""
    plain = len(layer.lora_A) == len(layer.lora_B) == 1 and not layer.lora_variant
    return plain and all(
        isinstance(module, torch.nn.Linear) and module.bias is None
        for module in (*layer.lora_A.values(), *layer.lora_B.values())
    )


def compute_lean(layer: LoraLayer, x: torch.Tensor) -> torch.Tensor:
    """Return what PEFT's forward does: the base layer's output and the scaled adapter's."""
    result = layer.base_layer(x)
    if layer.disable_adapters:
        return cast(torch.Tensor, result)
    (name,) = layer.lora_A
    if isinstance(drop := layer.lora_dropout[name], torch.nn.Dropout):
        x = dropout(x, drop.p, drop.training)
    down = linear(x, weight(layer.lora_A[name]))
    flat = torch.addmm(
        result.flatten(0, -2),
        down.flatten(0, -2),
        weight(layer.lora_B[name]).t(),
        alpha=layer.scaling[name],
    )
    return flat.view_as(result)


def weight(module: torch.nn.Module) -> torch.Tensor:
    return cast(torch.Tensor, module.weight)
