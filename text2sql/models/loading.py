"""The base model, loaded in 4-bit NF4 or whole, on the device of this process."""

import gc
import os
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Literal

from text2sql.counts import how_many
from text2sql.errors import UserError
from text2sql.hub import explain_hub_errors
from text2sql.processes import own_gpu

if TYPE_CHECKING:
    import torch
    from transformers import PretrainedConfig, PreTrainedModel


# On one device; spread over all visible GPUs; or a part of each layer on each process.
Placement = Literal["own", "spread", "sharded"]


def choose_device() -> "torch.device":
    """Return this process' GPU, or without one the CPU, with a thread for each core."""
    import torch

    if torch.cuda.is_available():
        return torch.device("cuda", own_gpu())
    use_allowed_cores()
    return torch.device("cpu")


def use_allowed_cores() -> None:
    """Limit torch's threads to the cores that this process may use.

    By default it counts the cores of the machine, even in a container with a lower quota, where
    excess threads block one another. The user's `OMP_NUM_THREADS` takes precedence.
    """
    import joblib
    import torch

    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(torch.get_num_threads(), joblib.cpu_count()))


def load_config(model_id: str) -> "PretrainedConfig":
    from transformers import AutoConfig

    with explain_hub_errors(model_id, "model"):
        config: PretrainedConfig = AutoConfig.from_pretrained(model_id, trust_remote_code=False)
    return config


def load_base_model(
    model_id: str,
    *,
    load_in_4bit: bool,
    dtype: "torch.dtype",
    device: "torch.device",
    dequantize: bool = False,
    placement: Placement = "own",
) -> "PreTrainedModel":
    """Return the base model in evaluation mode, with its linear layers in NF4 if `load_in_4bit`.

    With `dequantize` the NF4-rounded values are converted to `dtype` once, which takes more memory
    and computes the same faster. With the placement `sharded` the outermost module has yet to be
    sharded (`shard_rest`). A `UserError` explains why a model is unavailable or too large.
    """
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    quantization = None
    if load_in_4bit:
        quantization = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        )
    device_map: Any = "auto" if placement == "spread" else {"": device}
    if placement == "sharded":
        from text2sql.models.sharding import QUANT_STORAGE, map_own_layers, shard_layers

        device_map = map_own_layers(load_config(model_id), device)
        if quantization is not None:
            quantization.bnb_4bit_quant_storage = QUANT_STORAGE
    try:
        with explain_hub_errors(model_id, "model"):
            # The declared return type ignores `output_loading_info`.
            loaded: Any = AutoModelForCausalLM.from_pretrained(
                model_id,
                dtype=dtype,
                quantization_config=quantization,
                device_map=device_map,
                output_loading_info=True,
                trust_remote_code=False,  # never ask: the answer would run code
            )
        model: PreTrainedModel = loaded[0]
        refuse_random_weights(model_id, loaded[1]["missing_keys"])
        if load_in_4bit:
            model = dequantized(model, dtype) if dequantize else keep_gradients_on_cpu(model)
        if placement == "sharded":
            shard_layers(model, device)
    except torch.OutOfMemoryError as error:
        smaller = "a smaller model" if load_in_4bit else "--load_in_4bit true"
        raise UserError(
            f"{model_id} does not fit into the GPU's free memory. Close other programs on it, or "
            f"choose {smaller}."
        ) from error
    model.eval()
    return model


def dequantized(model: "PreTrainedModel", dtype: "torch.dtype") -> "PreTrainedModel":
    """Return the model with weights of the dtype; those in NF4, which form cycles, are freed."""
    model = model.dequantize(dtype)
    gc.collect()
    return model


def refuse_random_weights(model_id: str, missing: Collection[str]) -> None:
    """Refuse a model some of whose weights were not in its files and would be random."""
    if missing:
        raise UserError(
            f"The files of {model_id} lack {how_many(len(missing), 'weight')}, such as "
            f"{sorted(missing)[0]}. They are incomplete, or of another architecture than its "
            "config.json names. Download them again, or choose another --model_id."
        )


def keep_gradients_on_cpu(model: "PreTrainedModel") -> "PreTrainedModel":
    """Turn off the CPU kernel of bitsandbytes 0.50 that has no backward pass.

    On a CPU with AVX512-BF16, `Linear4bit` repacks its weights for that kernel at the first forward
    pass in evaluation mode; from then on adapters below it silently get no gradient.
    """
    from bitsandbytes.nn.modules import Linear4bit

    for module in model.modules():
        if isinstance(module, Linear4bit):
            module.support_avx512bf16_for_cpu = False
    return model
