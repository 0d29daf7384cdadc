"""PEFT adapters on a loaded model: attached, checked against the base, activated and scaled."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import torch
from peft import PeftModel
from peft.helpers import rescale_adapter_scale
from transformers import PreTrainedModel

from text2sql.counts import how_many
from text2sql.errors import UserError, is_machine_failure

Model = PreTrainedModel | PeftModel

# Methods that change what layers compute and nothing else; each is tested.
LAYER_METHODS = ("LORA", "IA3", "LOHA", "LOKR", "OFT", "VERA", "TRAINABLE_TOKENS")

# Names that PEFT puts between a module of the base and its weights.
WRAPPER_NAMES = re.compile(r"\.(?:base_layer|original_module|token_adapter\.base_layer)(?=\.)")

BIT_TYPES = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
CHECKSUM_CHUNK = 2**22  # numbers

Checksums = dict[str, tuple[int, int]]


def unwrap_adapters(model: Model) -> PreTrainedModel:
    """Return the transformers model inside a PEFT model, or the model itself."""
    if isinstance(model, PeftModel):
        return cast(PreTrainedModel, model.get_base_model())
    return model


def is_spread(model: Model) -> bool:
    """Return whether the layers are on several devices, between which hooks pass their states."""
    return len(set(getattr(unwrap_adapters(model), "hf_device_map", {}).values())) > 1


def attach_adapter(model: Model, adapter_dir: Path, name: str) -> PeftModel:
    """Return the model with the adapter loaded under `name`, frozen and in evaluation mode.

    Raises `UserError` for an adapter that is damaged or does not fit the model.
    """
    model_id = str(unwrap_adapters(model).name_or_path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters of them is refused below
            if not isinstance(model, PeftModel):
                model = PeftModel.from_pretrained(model, adapter_dir, adapter_name=name)
            result = model.load_adapter(adapter_dir, name)
    except Exception as error:  # PEFT and safetensors raise errors of many types here
        if is_machine_failure(error):
            raise
        raise UserError(explain_load_error(error, adapter_dir, model_id)) from error
    foreign = [key for key in result.unexpected_keys if key.startswith("base_model.model.")]
    if unmatched := [*result.missing_keys, *foreign]:
        raise UserError(
            f"The adapter in {adapter_dir} does not fit {model_id}: there is no counterpart of "
            f"{how_many(len(unmatched), 'weight')}, such as {unmatched[0]}. Pass its own base "
            "model with --model_id."
        )
    refuse_not_finite(model, adapter_dir, name)
    return model.eval()


def refuse_not_finite(model: PeftModel, adapter_dir: Path, name: str) -> None:
    """Refuse an adapter with NaN or infinity among its weights: its training diverged."""
    for key, weight in model.named_parameters():
        if name in key.split(".") and not torch.isfinite(weight).all():
            raise UserError(
                f"The adapter in {adapter_dir} has weights that are not finite numbers, such as "
                f"{key}: its training diverged. Pass an earlier checkpoint, or train again with a "
                "lower learning rate or in bf16."
            )


def explain_load_error(error: Exception, adapter_dir: Path, model_id: str) -> str:
    """Return one sentence that names the first weight that differs in shape, if that is why."""
    mismatch = re.search(
        r"size mismatch for (\S+): .*?torch\.Size\(\[([\d, ]+)\]\).*?torch\.Size\(\[([\d, ]+)\]\)",
        str(error),
        re.DOTALL,
    )
    if "float32, float16, or bfloat16" in str(error):  # PiSSA and others decompose the weights
        return (
            f"The adapter in {adapter_dir} is attached to unquantised weights only. Pass "
            "--load_in_4bit false."
        )
    if mismatch is None:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        return (
            f"The adapter in {adapter_dir} does not load on {model_id} ({reason}). It is damaged "
            "or belongs to another base model."
        )
    weight = mismatch[1].removeprefix("base_model.model.")
    adapter_shape, base_shape = (
        [int(size) for size in shape.split(",")] for shape in mismatch.groups()[1:]
    )
    if weight.endswith(("embed_tokens.weight", "lm_head.weight", "wte.weight")):
        return (
            f"The adapter in {adapter_dir} was trained with {adapter_shape[0]:,} token embeddings, "
            f"but {model_id} has {base_shape[0]:,}: tokens were added or removed. Pass a base "
            "model with its vocabulary with --model_id."
        )
    shapes = [" × ".join(f"{size:,}" for size in shape) for shape in (adapter_shape, base_shape)]
    return (
        f"The adapter in {adapter_dir} does not fit {model_id}: {weight} is {shapes[0]} in the "
        f"adapter and {shapes[1]} in the model. Pass its own base model with --model_id."
    )


def runs_in_layers(model: Model) -> bool:
    """Return whether the active adapter, if any, changes nothing but what layers compute.

    Then the model can be computed in spans and packed rows. Prompt tuning and prefix tuning, for
    example, add virtual tokens in PEFT's own `forward` and `generate`, which must be used instead.
    """
    if not isinstance(model, PeftModel):
        return True
    config = model.active_peft_config
    return config.peft_type in LAYER_METHODS and not (
        getattr(config, "alora_invocation_tokens", None) or getattr(config, "arrow_config", None)
    )


@contextmanager
def adapter_active(model: Model, name: str | None, scale: float = 1.0) -> Iterator[None]:
    """Make the model compute with the adapter `name` at `scale` within the block; None: the base.

    Only LoRA has a scale: another one raises `ValueError` at a scale other than 1.
    """
    if not isinstance(model, PeftModel):
        yield
    elif name is None:
        with model.disable_adapter():
            yield
    else:
        model.set_adapter(name, inference_mode=True)
        if scale == 1:
            yield
        else:
            with rescale_adapter_scale(model, scale):
                yield


def checksum_base(model: Model) -> Checksums:
    """Return a checksum of each weight of the base, by its name without adapters."""
    base = unwrap_adapters(model)
    sums = {}
    with torch.inference_mode():
        for name, parameter in base.named_parameters():
            sums[WRAPPER_NAMES.sub("", name)] = checksum(parameter.data)
    return {name: (int(plain), int(weighted)) for name, (plain, weighted) in sums.items()}


def checksum(tensor: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return two 64-bit sums of the bits of a tensor, one of them weighted by position."""
    bits = tensor.contiguous().view(BIT_TYPES[tensor.element_size()]).flatten()
    plain = torch.zeros((), dtype=torch.int64, device=tensor.device)
    weighted = torch.zeros((), dtype=torch.int64, device=tensor.device)
    for start, chunk in enumerate(bits.split(CHECKSUM_CHUNK)):
        numbers = chunk.to(torch.int64)
        positions = torch.arange(len(numbers), device=tensor.device) + start * CHECKSUM_CHUNK
        plain += numbers.sum()
        weighted += (numbers * positions).sum()
    return plain, weighted


def find_changed_weight(before: Checksums, model: Model) -> str | None:
    """Return the name of a weight of the base that is no longer as it was, or None."""
    now = checksum_base(model)
    return next((name for name, value in before.items() if now.get(name) != value), None)
