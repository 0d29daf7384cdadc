"""The device's free memory and precision, and the model sizes that memory depends on."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from text2sql.processes import gather, world_size

if TYPE_CHECKING:
    import torch
    from transformers import PretrainedConfig

Precision = Literal["bf16", "fp16", "float32"]

GIB = 2**30

NF4_BYTES = 0.52  # per weight: 4 bits and a share of the doubly quantised scales


@dataclass(frozen=True)
class ModelShape:
    """The sizes of a model that memory depends on."""

    num_layers: int
    hidden_size: int
    intermediate_size: int
    vocab_size: int
    num_linear_parameters: int  # those that NF4 quantises
    num_embedding_parameters: int

    @classmethod
    def from_config(cls, config: "PretrainedConfig") -> "ModelShape":
        """Return the sizes of the model, or of the text part of a multimodal one."""
        config = config.get_text_config()
        hidden, layers = config.hidden_size, config.num_hidden_layers
        inner = getattr(config, "intermediate_size", None) or 4 * hidden  # as in GPT-2 and OPT
        heads, key_value_heads, head_dim = head_sizes(config)
        attention = 2 * hidden * head_dim * (heads + key_value_heads)
        embedding = config.vocab_size * hidden * (1 if config.tie_word_embeddings else 2)
        linear = layers * (attention + 3 * hidden * inner)
        return cls(layers, hidden, inner, config.vocab_size, linear, embedding)


def head_sizes(config: "PretrainedConfig") -> tuple[int, int, int]:
    """Return the numbers of query heads and of key-value heads, and the size of a head."""
    heads = config.num_attention_heads
    key_value_heads = getattr(config, "num_key_value_heads", None) or heads
    return heads, key_value_heads, getattr(config, "head_dim", None) or config.hidden_size // heads


@dataclass(frozen=True)
class Device:
    """What plans depend on; `free_bytes` is None where memory is not the limit."""

    name: str
    free_bytes: int | None
    supports_bf16: bool
    is_cuda: bool

    @classmethod
    def of(cls, device: "torch.device") -> "Device":
        import torch

        if device.type != "cuda":
            name = f"CPU (threads: {torch.get_num_threads()})"
            return cls(name, None, supports_bf16=False, is_cuda=False)
        name = torch.cuda.get_device_name(device)
        # Emulated bf16 (before Ampere) does not count: it is slower than float32.
        supports_bf16 = torch.cuda.get_device_capability(device) >= (8, 0)
        return cls(name, free_bytes(device), supports_bf16, is_cuda=True)


def weakest_device(own: Device) -> Device:
    """Return the device that all processes plan for, so that they cut the same batches."""
    devices = gather(own)
    free = [device.free_bytes for device in devices if device.free_bytes is not None]
    bf16 = all(device.supports_bf16 for device in devices)
    return replace(own, free_bytes=min(free, default=None), supports_bf16=bf16)


def free_bytes(device: "torch.device") -> int:
    """Return the bytes that this process can still allocate on the GPU, its own unused blocks too.

    `torch.cuda.set_per_process_memory_fraction` limits the total.
    """
    import torch

    free, total = torch.cuda.mem_get_info(device)
    reserved, allocated = torch.cuda.memory_reserved(device), torch.cuda.memory_allocated(device)
    allowed = torch.cuda.get_per_process_memory_fraction(device) * total - reserved
    return int(min(free, allowed)) + reserved - allocated


def num_unused_gpus() -> int:
    """Return how many GPUs this process sees and leaves unused; it uses one at most."""
    import torch

    return max(torch.cuda.device_count() - 1, 0) if world_size() == 1 else 0
