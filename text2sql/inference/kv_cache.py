"""Keys and values of a batch in one block of memory, and the attention that reads it as it is.

A prompt has a row: its tokens from the left, unused columns up to the longest prompt, then the
generated tokens, in columns that all rows have in common. A step writes one column and copies
nothing. Query heads that share a key-value head stand side by side as if they were more queries,
so that no keys and values are repeated.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import AttentionInterface, PreTrainedModel
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer

from text2sql.inference.prefix_tree import Span
from text2sql.models.packed_attention import has_static_rope

GROUPED_ATTENTION = "text2sql_grouped"  # as transformers knows it
ALIGNMENT = 16  # of the columns; the fast kernels want rows of a mask aligned


def is_supported(model: PreTrainedModel) -> bool:
    """Say whether every layer attends to all earlier tokens, through transformers' interface."""
    config = model.config
    return (
        config.get_text_config() is config
        and getattr(config, "sliding_window", None) is None
        and getattr(config, "attn_logit_softcapping", None) is None
        and has_static_rope(config)
        and getattr(base_of(model), "_supports_attention_backend", False)
        and all(type(layer) is DynamicLayer for layer in DynamicCache(config=config).layers)
    )


def base_of(model: PreTrainedModel) -> PreTrainedModel:
    """Return the model itself, out of the adapters that may be around it."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


@contextmanager
def grouped_attention_active(model: PreTrainedModel) -> Iterator[None]:
    """Within the block the model attends through `grouped_attention`."""
    AttentionInterface.register(GROUPED_ATTENTION, grouped_attention)
    usual = model.config._attn_implementation
    base_of(model).set_attn_implementation(GROUPED_ATTENTION)
    try:
        # Not cuDNN's kernel: it is compiled anew for every length, and slower at a single query.
        with sdpa_kernel(
            [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
        ):
            yield
    finally:
        base_of(model).set_attn_implementation(usual)


def grouped_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor,
    scaling: float | None = None,
    **kwargs: object,
) -> tuple[torch.Tensor, None]:
    """Return what transformers' `sdpa` does, without repeating the heads of keys and values.

    Shapes: query (rows, heads, tokens, size), key (rows, key-value heads, columns, size), value the
    same or of another size, mask (rows, 1, tokens, columns), to be added.
    """
    rows, heads, tokens, size = query.shape
    groups = heads // key.shape[1]
    mask = attention_mask[:, :, None].expand(-1, -1, groups, -1, -1)
    output = torch.nn.functional.scaled_dot_product_attention(
        query.reshape(rows, key.shape[1], groups * tokens, size),
        key,
        value,
        attn_mask=mask.reshape(rows, 1, groups * tokens, -1),
        scale=scaling,
    )
    return output.reshape(rows, heads, tokens, -1).transpose(1, 2).contiguous(), None


@dataclass(frozen=True)
class SpanWrite:
    """Keys and values of several spans, each put into the rows of all prompts that share it."""

    readers: torch.Tensor  # the row that each span is computed in
    width: int  # columns that are read
    rows: torch.Tensor
    columns: torch.Tensor
    sources: torch.Tensor  # for each row and column, the token in the flattened batch

    @classmethod
    def of(
        cls, spans: Sequence[Span], tokens: int, num_columns: int, device: torch.device
    ) -> "SpanWrite":
        """Return the write of spans that are computed as a batch, each padded to `tokens`."""
        rows, columns, sources = [], [], []
        for place, span in enumerate(spans):
            num_rows, places = span.last - span.first, torch.arange(span.length)
            rows.append(torch.arange(span.first, span.last).repeat_interleave(span.length))
            columns.append((span.start + places).repeat(num_rows))
            sources.append((place * tokens + places).repeat(num_rows))
        readers = torch.tensor([span.first for span in spans])
        return cls(
            readers.to(device),
            num_columns,
            torch.cat(rows).to(device),
            torch.cat(columns).to(device),
            torch.cat(sources).to(device),
        )

    def __call__(self, block: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        heads, size = states.shape[1], states.shape[3]
        tokens = states.transpose(1, 2).reshape(-1, heads, size)
        block[self.rows, :, self.columns] = tokens[self.sources]
        return block[self.readers, :, : self.width]


@dataclass(frozen=True)
class StepWrite:
    """The keys and values of one new token in each row."""

    column: int
    width: int

    def __call__(self, block: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        block[:, :, self.column] = states[:, :, 0]
        return block[:, :, : self.width]


class BlockLayer(DynamicLayer):
    """One layer's keys and values in a block of so many rows and columns, written in place."""

    def __init__(self, num_rows: int, num_columns: int):
        super().__init__()
        self.num_rows, self.num_columns = num_rows, num_columns
        self.write: SpanWrite | StepWrite | None = None  # what the next update is

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            # Zeros, as what is masked is multiplied by nought all the same.
            self.keys, self.values = (
                states.new_zeros(self.num_rows, states.shape[1], self.num_columns, states.shape[3])
                for states in (key_states, value_states)
            )
            self.is_initialized = True
        return self.write(self.keys, key_states), self.write(self.values, value_states)


class BlockCache(Cache):
    """The keys and values of a batch, each layer's in one block of memory."""

    def __init__(self, num_layers: int, num_rows: int, num_columns: int):
        self.num_columns = num_columns
        super().__init__(layers=[BlockLayer(num_rows, num_columns) for _ in range(num_layers)])

    def write_next(self, write: SpanWrite | StepWrite) -> None:
        """Say where the model's next keys and values go, and which it reads."""
        for layer in self.layers:
            layer.write = write

    def keep_rows(self, rows: torch.Tensor) -> None:
        for layer in self.layers:
            layer.keys, layer.values = layer.keys[rows], layer.values[rows]


def aligned(columns: int) -> int:
    return -(-columns // ALIGNMENT) * ALIGNMENT
