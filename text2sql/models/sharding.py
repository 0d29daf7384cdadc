"""A frozen base model of which every process holds a part (FSDP2), in NF4 or whole.

Each process reads and quantises every n-th layer and hands it to the others, which keep their
shards of it: none ever holds much more than its part. An adapter, a few MB that are attached
later, stays whole in every process.
"""

from collections.abc import Mapping
from typing import Any, cast

import torch
from accelerate import init_empty_weights
from accelerate.hooks import remove_hook_from_submodules
from accelerate.utils import broadcast_object_list
from bitsandbytes.nn.modules import Linear4bit, Params4bit
from torch.distributed.fsdp import fully_shard
from transformers import AutoModelForCausalLM, PretrainedConfig, PreTrainedModel

from text2sql.processes import this_process

# In which NF4 weights are sharded. torch 2.11 shards no integers, and FSDP2 copies bf16 on a GPU by
# way of float32, which changes packed weights whose bits are NaN (bitsandbytes issue 1945).
QUANT_STORAGE = torch.float32
META = torch.device("meta")


def find_layers(model: PreTrainedModel) -> list[str]:
    """Return the names of the layers, each of which is gathered whole while it is computed."""
    kinds = set(model._no_split_modules or ())
    return [name for name, module in model.named_modules() if type(module).__name__ in kinds]


def map_own_layers(config: PretrainedConfig, device: torch.device) -> dict[str, torch.device]:
    """Return the device map by which this process loads every n-th layer, and all other modules."""
    with init_empty_weights():
        model = AutoModelForCausalLM.from_config(config)
    process = this_process()
    device_map = {
        name: device if index % process.num_processes == process.process_index else META
        for index, name in enumerate(find_layers(model))
    }
    layers = tuple(f"{name}." for name in device_map)
    for name, module in model.named_modules():
        tensors = [*module.parameters(recurse=False), *module.buffers(recurse=False)]
        if tensors and not f"{name}.".startswith(layers):
            device_map[name] = device
    return device_map


def shard_layers(model: PreTrainedModel, device: torch.device) -> None:
    """Divide layers that were loaded by `map_own_layers`, and an untied embedding."""
    remove_hook_from_submodules(model)  # they would move activations between devices
    cast(Any, model).hf_device_map = {"": device}
    model.tie_weights()
    for index, name in enumerate(find_layers(model)):
        layer = model.get_submodule(name)
        share_layer(layer, index % this_process().num_processes, device)
        shard_layer(layer)
    embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
    if embedding.weight is not head.weight:
        fully_shard(embedding)


def shard_rest(model: torch.nn.Module) -> None:
    """Divide what is in no layer among the processes, but for trainable parameters.

    `model` is the outermost module: the one whose call computes the whole.
    """
    trainable = {parameter for parameter in model.parameters() if parameter.requires_grad}
    # By default the outermost module stays gathered after an evaluation. Saving the adapter, which
    # one process does, would divide it there alone, and the next gathering would fail.
    fully_shard(model, ignored_params=trainable, reshard_after_forward=True)


def share_layer(layer: torch.nn.Module, owner: int, device: torch.device) -> None:
    """Give every process the tensors of a layer that the owner has loaded."""
    is_owner = this_process().process_index == owner
    tensors = read_tensors(layer) if is_owner else {}
    sizes = [{name: (tensor.shape, tensor.dtype) for name, tensor in tensors.items()}]
    shared: dict[str, Any] = broadcast_object_list(sizes, from_process=owner)[0]
    for name, (shape, dtype) in shared.items():
        if is_owner:  # a quantised weight's map of values may be on the CPU
            tensors[name] = tensors[name].to(device)
        else:
            tensors[name] = torch.empty(shape, dtype=dtype, device=device)
        torch.distributed.broadcast(tensors[name], src=owner)
    if not is_owner:
        write_tensors(layer, tensors)


def read_tensors(layer: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Return parameters, buffers and the scales of NF4 weights, by name."""
    return dict(layer.named_buffers()) | layer.state_dict()


def write_tensors(layer: torch.nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Set what `read_tensors` returned in another process."""
    for name, _ in [*layer.named_parameters()]:
        module, attribute = find_owner(layer, name)
        prefix = f"{name}."  # of the scales of a quantised weight
        scales = {key[len(prefix) :]: tensors[key] for key in tensors if key.startswith(prefix)}
        weight: torch.nn.Parameter
        if scales:
            weight = Params4bit.from_prequantized(
                tensors[name], scales, device=tensors[name].device, module=module
            )
        else:
            weight = torch.nn.Parameter(tensors[name], requires_grad=False)
        setattr(module, attribute, weight)
    for name, _ in [*layer.named_buffers()]:
        module, attribute = find_owner(layer, name)
        setattr(module, attribute, tensors[name])


def find_owner(layer: torch.nn.Module, name: str) -> tuple[Any, str]:
    """Return the module that has a parameter or buffer, and its name there."""
    parent, _, attribute = name.rpartition(".")
    return layer.get_submodule(parent), attribute


def shard_layer(layer: torch.nn.Module) -> None:
    """Divide a layer; its NF4 weights get their scales, which stay whole, from their modules."""
    quantised: list[Any] = [module for module in layer.modules() if isinstance(module, Linear4bit)]
    weights = [module.weight for module in quantised]
    for module, weight in zip(quantised, weights, strict=True):
        module.quant_state = weight.quant_state
        module.weight = torch.nn.Parameter(weight.data, requires_grad=False)
    fully_shard(layer)
    for module, weight in zip(quantised, weights, strict=True):  # PEFT asks the weight for these
        module.weight.compress_statistics = weight.compress_statistics
        module.weight.quant_type = weight.quant_type
