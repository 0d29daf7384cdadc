"""The base model with its adapters, loaded once and only when the first answer is needed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from text2sql.models.adapters import adapter_active, attach_adapters
from text2sql.models.device import GIB, NF4_BYTES, Device, ModelShape
from text2sql.models.loading import choose_device, load_base_model, load_config
from text2sql.models.tokenizer import load_tokenizer
from text2sql.study.variants import Variant

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedTokenizerBase

LARGEST_SHARE = 0.5  # of the free memory for dequantised weights; the rest is for long batches


def choose_dtype() -> str:
    """Return bfloat16 where the device computes in it, else float32."""
    return "bfloat16" if Device.of(choose_device()).supports_bf16 else "float32"


class LoadedVariants:
    """Every variant of a study from one load of the base; nothing loads before it is used."""

    def __init__(self, variants: Sequence[Variant], model_id: str, load_in_4bit: bool, dtype: str):
        self.model_id, self.load_in_4bit, self.dtype = model_id, load_in_4bit, dtype
        folders = dict.fromkeys(v.adapter_dir for v in variants if v.adapter_dir is not None)
        self.adapter_names = {folder: f"adapter_{n}" for n, folder in enumerate(folders)}

    @cached_property
    def tokenizer(self) -> "PreTrainedTokenizerBase":
        return load_tokenizer(self.model_id)

    @cached_property
    def model(self) -> "PeftModel":
        import torch

        device = choose_device()
        print(f"Loading {self.model_id}{' in NF4' if self.load_in_4bit else ''}", flush=True)
        model = load_base_model(
            self.model_id,
            load_in_4bit=self.load_in_4bit,
            dtype=getattr(torch, self.dtype),
            device=device,
            dequantize=self.load_in_4bit and self.fits_dequantised(Device.of(device)),
        )
        adapters = {name: Path(folder) for folder, name in self.adapter_names.items()}
        return attach_adapters(model, adapters)

    def load(self) -> None:
        """Load the model now: a `UserError` where it cannot be had."""
        _ = self.model

    def fits_dequantised(self, device: Device) -> bool:
        """Say whether there is room for the NF4-rounded weights dequantised, which is faster."""
        if device.free_bytes is None:
            return True
        shape = ModelShape.from_config(load_config(self.model_id))
        width = 2 if self.dtype == "bfloat16" else 4
        # While it is dequantised, a model is there in both forms.
        needed = shape.num_embedding_parameters * width
        needed += shape.num_linear_parameters * (width + NF4_BYTES)
        return needed < LARGEST_SHARE * device.free_bytes

    def print_peak_memory(self) -> None:
        """Say what of the GPU's memory was taken at most, if a model was loaded onto one."""
        import torch

        if "model" in vars(self) and self.model.device.type == "cuda":
            peak = torch.cuda.max_memory_reserved(self.model.device)
            print(f"\nGPU memory: at most {peak / GIB:.1f} GiB")

    @contextmanager
    def active(self, variant: Variant) -> Iterator["PeftModel"]:
        """Yield the model, which computes as the variant within the block."""
        name = self.adapter_names.get(variant.adapter_dir)
        with adapter_active(self.model, name, variant.scale):
            yield self.model
