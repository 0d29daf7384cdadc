"""From free memory to the arrangement of a training step that fits and is fastest.

An arrangement changes where and in which pieces a step is computed, never what it computes: the
effective batch, the NF4-rounded weights and the optimiser stay those of the recipe.
"""

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from text2sql.records import UserError

if TYPE_CHECKING:
    import torch
    from transformers import PretrainedConfig

Precision = Literal["bf16", "fp16", "float32"]

# What an arrangement sets, under TRL's names.
ARRANGEMENT_FLAGS = (
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "gradient_checkpointing",
)

GIB = 2**30
NF4_BYTES = 0.52  # 4 bits a weight and its doubly quantised scale
SAFETY = 1.15  # fragmentation and the allocator's own blocks
SCRATCH_GIB = 0.8  # CUDA context, cuBLAS workspaces, logits of the supervised tokens


@dataclass(frozen=True)
class ModelShape:
    """The sizes that memory depends on."""

    num_layers: int
    hidden_size: int
    intermediate_size: int
    vocab_size: int
    num_linear_parameters: int  # what NF4 packs
    num_embedding_parameters: int

    @classmethod
    def from_config(cls, config: "PretrainedConfig") -> "ModelShape":
        hidden, inner, layers = (
            config.hidden_size,
            config.intermediate_size,
            config.num_hidden_layers,
        )
        heads = config.num_attention_heads
        head_dim = getattr(config, "head_dim", None) or hidden // heads
        key_value_heads = getattr(config, "num_key_value_heads", None) or heads
        attention = 2 * hidden * head_dim * (heads + key_value_heads)
        embedding = config.vocab_size * hidden * (1 if config.tie_word_embeddings else 2)
        linear = layers * (attention + 3 * hidden * inner)
        return cls(layers, hidden, inner, config.vocab_size, linear, embedding)


@dataclass(frozen=True)
class Device:
    """What the plan must know of a device; `free_bytes` is None where memory is not the limit."""

    name: str
    free_bytes: int | None
    supports_bf16: bool
    is_cuda: bool

    @classmethod
    def of(cls, device: "torch.device") -> "Device":
        import torch

        if device.type != "cuda":
            return cls("CPU", None, supports_bf16=False, is_cuda=False)
        free_bytes, _ = torch.cuda.mem_get_info(device)
        name = torch.cuda.get_device_name(device)
        # Emulated bf16 (before Ampere) counts as none: it is slower than float32.
        supports_bf16 = torch.cuda.get_device_capability(device) >= (8, 0)
        return cls(name, free_bytes, supports_bf16, is_cuda=True)


def world_size() -> int:
    """Return the number of processes that `accelerate launch` or `torchrun` started."""
    return int(os.environ.get("WORLD_SIZE", 1))


@dataclass(frozen=True)
class Arrangement:
    per_device_train_batch_size: int
    gradient_accumulation_steps: int
    gradient_checkpointing: bool
    dequantize: bool
    precision: Precision

    def __str__(self) -> str:
        processes = f" × {world_size()} processes" if world_size() > 1 else ""
        return (
            f"{self.per_device_train_batch_size} × {self.gradient_accumulation_steps}{processes}, "
            f"{self.precision}, "
            f"{'with' if self.gradient_checkpointing else 'no'} checkpointing, "
            f"{'weights unpacked from NF4' if self.dequantize else 'weights as loaded'}"
        )


def plan_training(
    shape: ModelShape,
    device: Device,
    *,
    effective_batch_size: int,
    longest_row: int,
    load_in_4bit: bool,
    world_size: int = 1,
    micro_batch_size: int | None = None,
    gradient_accumulation_steps: int | None = None,
    gradient_checkpointing: bool | None = None,
    precision: Precision | None = None,
) -> Arrangement:
    """Return the fastest arrangement that fits, or the smallest where none does.

    The arguments that may be None fix what the user said; `longest_row` is in tokens. A
    `UserError` tells of an effective batch that the processes cannot share evenly.
    """
    if gradient_accumulation_steps:
        micro_batch_size = effective_batch_size // (gradient_accumulation_steps * world_size)
    share = effective_batch_size // world_size  # of one process, in examples
    micro_batch = 1 if micro_batch_size is None else micro_batch_size
    if micro_batch == 0 or share // micro_batch * micro_batch * world_size != effective_batch_size:
        raise UserError(
            f"An effective batch of {effective_batch_size} does not divide into {world_size} "
            f"process(es) with micro-batches of {micro_batch}; choose numbers that do."
        )
    smallest = Arrangement(
        per_device_train_batch_size=micro_batch,
        gradient_accumulation_steps=share // micro_batch,
        gradient_checkpointing=gradient_checkpointing is not False,
        dequantize=False,
        precision=precision or ("bf16" if device.supports_bf16 else "float32"),
    )
    if not device.is_cuda:
        # Padding costs more than batching gives on a few cores, and memory is plenty.
        checkpointing = bool(gradient_checkpointing)
        return replace(smallest, gradient_checkpointing=checkpointing, dequantize=load_in_4bit)
    for candidate in candidates(smallest, share, load_in_4bit, micro_batch_size):
        if gradient_checkpointing not in (None, candidate.gradient_checkpointing):
            continue
        needed = expected_bytes(shape, candidate, longest_row, load_in_4bit)
        if needed * SAFETY <= device.free_bytes:
            return candidate
    return smallest


def candidates(
    smallest: Arrangement, share: int, load_in_4bit: bool, micro_batch_size: int | None
) -> list[Arrangement]:
    """Return arrangements from the fastest to the smallest."""
    micro_batches = [share // parts for parts in (1, 2, 4, 8) if share % parts == 0]
    if micro_batch_size is not None:
        micro_batches = [micro_batch_size]
    found = []
    for checkpointing in (False, True):
        for micro_batch in micro_batches:
            for dequantize in (True, False) if load_in_4bit else (False,):
                found.append(
                    replace(
                        smallest,
                        per_device_train_batch_size=micro_batch,
                        gradient_accumulation_steps=share // micro_batch,
                        gradient_checkpointing=checkpointing,
                        dequantize=dequantize,
                    )
                )
    return found


def expected_bytes(
    shape: ModelShape, arrangement: Arrangement, longest_row: int, load_in_4bit: bool
) -> float:
    """Return the peak memory to expect of a step, in bytes.

    Weights, plus what the backward pass keeps of the longest micro-batch. The number of kept
    activations a layer was read off the forward pass of Gemma and checked on a GPU
    (docs/PERFORMANCE.md).
    """
    width = 4 if arrangement.precision == "float32" else 2
    packed = load_in_4bit and not arrangement.dequantize
    weights = shape.num_embedding_parameters * width
    weights += shape.num_linear_parameters * (NF4_BYTES if packed else width)
    tokens = arrangement.per_device_train_batch_size * longest_row
    layer = tokens * width * (3 * shape.intermediate_size + 10 * shape.hidden_size)
    if arrangement.gradient_checkpointing:
        kept = layer + shape.num_layers * tokens * width * shape.hidden_size
    else:
        kept = layer * shape.num_layers
    return weights + kept + SCRATCH_GIB * GIB
