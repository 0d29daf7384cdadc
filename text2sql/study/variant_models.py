"""The models of a study's variants, loaded when they are needed, one set of weights at a time."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from text2sql.errors import UserError
from text2sql.models.adapter_files import can_share_base, read_adapter_config
from text2sql.models.device import (
    GIB,
    NF4_BYTES,
    Device,
    ModelShape,
    num_unused_gpus,
    weakest_device,
)
from text2sql.models.loading import choose_device, load_base_model, load_config
from text2sql.models.tokenizer import load_tokenizer
from text2sql.study.variants import Variant

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from text2sql.models.adapters import Model

DEQUANTISED_FRACTION = 0.5  # of the free memory for weights; the rest is for long batches
WEIGHTS_FRACTION = 0.9  # of the free memory, above which a model is spread over several GPUs
SHARED = ""  # the base with all adapters that leave its weights as they are


def choose_dtype() -> str:
    """Return bfloat16 where the devices of all processes compute in it, else float32."""
    device = weakest_device(Device.of(choose_device()))
    return "bfloat16" if device.supports_bf16 else "float32"


class LoadedVariants:
    """Every variant of a study, loaded on first use.

    The base and its plain LoRA adapters come from one load. An adapter that changes the base's own
    weights or its forward pass gets a base of its own, and whole models are loaded by themselves;
    these replace one another in memory, so that the variant "base" is always the untouched base.
    """

    def __init__(self, variants: Sequence[Variant], model_id: str, load_in_4bit: bool, dtype: str):
        self.model_id, self.load_in_4bit, self.dtype = model_id, load_in_4bit, dtype
        folders = dict.fromkeys(v.adapter_dir for v in variants if v.adapter_dir is not None)
        self.adapter_names = {folder: f"adapter_{n}" for n, folder in enumerate(folders)}
        self.scaled = {v.adapter_dir for v in variants if v.scale != 1}
        self.whole_models = {
            v.model_dir: load_in_4bit if v.load_in_4bit is None else v.load_in_4bit
            for v in variants
            if v.model_dir is not None
        }
        self.with_own_base = {
            folder for folder in folders if not can_share_base(read_adapter_config(Path(folder)))
        }
        self.loaded: tuple[str, Model] | None = None  # what it is, and the model
        self.is_checked = False
        self.gpu_message: str | None = None

    @cached_property
    def tokenizer(self) -> "PreTrainedTokenizerBase":
        return load_tokenizer(self.model_id)

    @property
    def model(self) -> "Model":
        """The base with the adapters that share it."""
        return self.load_weights(SHARED)

    def load(self) -> None:
        """Load every variant once, so that what does not load is refused before any generation."""
        if not self.is_checked:
            for weights in (*sorted(self.with_own_base), *self.whole_models, SHARED):
                self.load_weights(weights)
            self.is_checked = True

    @contextmanager
    def active(self, variant: Variant) -> Iterator["Model"]:
        """Yield the model, which computes as the variant within the block."""
        from text2sql.models.adapters import adapter_active

        self.load()
        weights = self.weights_of(variant)
        model = self.load_weights(weights)
        if weights == SHARED:
            name = self.adapter_names.get(variant.adapter_dir) if variant.adapter_dir else None
            with adapter_active(model, name, variant.scale):
                yield model
        else:
            yield model

    def weights_of(self, variant: Variant) -> str:
        if variant.model_dir is not None:
            return variant.model_dir
        return variant.adapter_dir if variant.adapter_dir in self.with_own_base else SHARED

    def load_weights(self, weights: str) -> "Model":
        """Return the model with these weights, in place of the one in memory."""
        if self.loaded is None or self.loaded[0] != weights:
            if self.loaded is not None:
                self.unload()
            if weights == SHARED:
                self.loaded = (SHARED, self.load_shared())
            elif weights in self.whole_models:
                load_in_4bit = self.whole_models[weights]
                self.loaded = (weights, self.load_base(weights, load_in_4bit))
            else:
                self.loaded = (weights, self.load_with_own_base(weights))
        return self.loaded[1]

    def unload(self) -> None:
        import torch

        self.loaded = None
        gc.collect()
        torch.cuda.empty_cache()

    def load_shared(self) -> "Model":
        """Return the base with its shared adapters, after checking that they left it untouched."""
        from text2sql.models.adapters import attach_adapter, checksum_base, find_changed_weight

        model: Model = self.load_base(self.model_id, self.load_in_4bit)
        folders = [folder for folder in self.adapter_names if folder not in self.with_own_base]
        before = checksum_base(model) if folders else {}
        for folder in folders:
            model = attach_adapter(model, Path(folder), self.adapter_names[folder])
            changed = find_changed_weight(before, model)
            if changed is not None:
                self.refuse_scaled(folder, changed)
                self.with_own_base.add(folder)
                del model
                self.unload()
                return self.load_shared()
        return model

    def load_with_own_base(self, folder: str) -> "Model":
        from text2sql.models.adapters import attach_adapter

        base = self.load_base(self.model_id, self.load_in_4bit)
        return attach_adapter(base, Path(folder), self.adapter_names[folder])

    def refuse_scaled(self, folder: str, changed: str) -> None:
        if folder in self.scaled:
            raise UserError(
                f"--adapter_scales has no meaning for the adapter in {folder}: it replaces "
                f"{changed} of the base. Leave the flag out to evaluate it at full strength."
            )

    def load_base(self, model_id: str, load_in_4bit: bool) -> "PreTrainedModel":
        import torch

        device = choose_device()
        weakest = weakest_device(Device.of(device))
        is_spread = num_unused_gpus() > 0 and not self.fits(weakest, load_in_4bit)
        print(f"Loading {model_id}{' in NF4' if load_in_4bit else ''}", flush=True)
        self.tell_gpus(is_spread)
        return load_base_model(
            model_id,
            load_in_4bit=load_in_4bit,
            dtype=getattr(torch, self.dtype),
            device=device,
            dequantize=load_in_4bit and not is_spread and self.fits_dequantised(weakest),
            placement="spread" if is_spread else "own",
        )

    def tell_gpus(self, is_spread: bool) -> None:
        """Print on which of several GPUs the model is, once for models that are on the same."""
        message = None
        if is_spread:
            message = (
                f"It is too large for a GPU and spread over {num_unused_gpus() + 1}: transformers' "
                "generate and the harness' own batches answer, more slowly."
            )
        elif num_unused_gpus():
            message = (
                "This command uses one GPU; `accelerate launch evaluate.py` uses all "
                f"{num_unused_gpus() + 1}."
            )
        if message and message != self.gpu_message:
            print(message, flush=True)
        self.gpu_message = message

    def fits(self, device: Device, load_in_4bit: bool) -> bool:
        """Return whether the weights fit the device, as they are loaded."""
        if device.free_bytes is None:
            return True
        width = NF4_BYTES if load_in_4bit else self.weight_width
        return self.count_bytes(width) < WEIGHTS_FRACTION * device.free_bytes

    def fits_dequantised(self, device: Device) -> bool:
        """Return whether the NF4-rounded weights fit dequantised, which is faster."""
        if device.free_bytes is None:
            return True
        width = self.weight_width + NF4_BYTES  # while they are dequantised, in both forms
        return self.count_bytes(width) < DEQUANTISED_FRACTION * device.free_bytes

    @property
    def weight_width(self) -> int:
        """The bytes of a weight that is not quantised."""
        return 2 if self.dtype == "bfloat16" else 4

    def count_bytes(self, linear_width: float) -> float:
        """Return the bytes of all weights, those of linear layers with `linear_width` each."""
        shape = ModelShape.from_config(load_config(self.model_id))
        embeddings = shape.num_embedding_parameters * self.weight_width
        return embeddings + shape.num_linear_parameters * linear_width

    def print_peak_memory(self) -> None:
        """Print the peak use of GPU memory, if a model was loaded onto a GPU."""
        import torch

        if self.loaded is not None and self.loaded[1].device.type == "cuda":
            peak = torch.cuda.max_memory_reserved(self.loaded[1].device)
            print(f"\nGPU memory: at most {peak / GIB:.1f} GiB")
