"""A key-value cache in one block of memory per layer, and attention that reads it in place.

Each prompt has a row, with its tokens from the left. Its generated tokens go right behind it
(`decoding_rows.py`), or behind the longest prompt into columns common to all rows (`greedy.py`). A
decoding step writes one token in each row and copies nothing. Query heads that share a key-value
head are computed as additional queries of that head, so keys and values are never repeated.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import AttentionInterface
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer

from text2sql.inference.prefix_tree import Span
from text2sql.models.adapters import Model, is_spread, runs_in_layers, unwrap_adapters
from text2sql.models.packed_attention import has_static_rope

GROUPED_ATTENTION = "text2sql_grouped"  # the name in transformers' AttentionInterface
ALIGNMENT = 16  # columns; the fast kernels need aligned rows of the mask


def supports_block_cache(model: Model) -> bool:
    """Return whether layers do all the work, each attending to all earlier tokens in full."""
    config = model.config
    return (
        config.get_text_config() is config
        and getattr(config, "sliding_window", None) is None
        and getattr(config, "attn_logit_softcapping", None) is None
        and has_static_rope(config)
        and runs_in_layers(model)
        and not is_spread(model)
        and getattr(unwrap_adapters(model), "_supports_attention_backend", False)
        and all(type(layer) is DynamicLayer for layer in DynamicCache(config=config).layers)
    )


@contextmanager
def grouped_attention(model: Model) -> Iterator[None]:
    """Make the model attend through `attend_in_groups` within the block."""
    AttentionInterface.register(GROUPED_ATTENTION, attend_in_groups)
    previous = model.config._attn_implementation
    unwrap_adapters(model).set_attn_implementation(GROUPED_ATTENTION)
    try:
        # Not cuDNN's kernel: it recompiles for every length and is slower for a single query.
        with sdpa_kernel(
            [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
        ):
            yield
    finally:
        unwrap_adapters(model).set_attn_implementation(previous)


def attend_in_groups(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor,
    scaling: float | None = None,
    **kwargs: object,
) -> tuple[torch.Tensor, None]:
    """Return the output of transformers' `sdpa` without repeating the heads of keys and values.

    Shapes: query (rows, heads, tokens, head_dim), key (rows, key-value heads, columns, head_dim),
    value as key but possibly with another head_dim, additive mask (rows, 1, tokens, columns).
    """
    rows, heads, tokens, head_dim = query.shape
    groups = heads // key.shape[1]
    mask = attention_mask[:, :, None].expand(-1, -1, groups, -1, -1)
    output = torch.nn.functional.scaled_dot_product_attention(
        query.reshape(rows, key.shape[1], groups * tokens, head_dim),
        key,
        value,
        attn_mask=mask.reshape(rows, 1, groups * tokens, -1),
        scale=scaling,
    )
    return output.reshape(rows, heads, tokens, -1).transpose(1, 2).contiguous(), None


@dataclass(frozen=True)
class SpanWrite:
    """A write of several spans, each into the rows of all prompts that share it."""

    readers: torch.Tensor  # (spans,) the row in which each span is computed
    width: int  # columns that are read
    rows: torch.Tensor
    columns: torch.Tensor
    sources: torch.Tensor  # for each row and column, the token's index in the flattened batch

    @classmethod
    def of(
        cls, spans: Sequence[Span], tokens: int, num_columns: int, device: torch.device
    ) -> "SpanWrite":
        """Return the write of spans that are computed as a batch, each padded to `tokens`."""
        rows, columns, sources = [], [], []
        for index, span in enumerate(spans):
            num_rows, offsets = span.last - span.first, torch.arange(span.length)
            rows.append(torch.arange(span.first, span.last).repeat_interleave(span.length))
            columns.append((span.start + offsets).repeat(num_rows))
            sources.append((index * tokens + offsets).repeat(num_rows))
        readers = torch.tensor([span.first for span in spans])
        return cls(
            readers.to(device),
            num_columns,
            torch.cat(rows).to(device),
            torch.cat(columns).to(device),
            torch.cat(sources).to(device),
        )

    def into(self, rows: torch.Tensor) -> "SpanWrite":
        """Return the write with each prompt in its row of `rows`."""
        return replace(self, readers=rows[self.readers], rows=rows[self.rows])

    def __call__(self, block: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        heads, head_dim = states.shape[1], states.shape[3]
        tokens = states.transpose(1, 2).reshape(-1, heads, head_dim)
        block[self.rows, :, self.columns] = tokens[self.sources]
        return block[self.readers, :, : self.width]


@dataclass(frozen=True)
class StepWrite:
    """A write of one new token in each row, in the same column of all."""

    column: int
    width: int  # columns that are read

    def __call__(self, block: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        block[:, :, self.column] = states[:, :, 0]
        return block[:, :, : self.width]


# Writes a batch's new keys or values into a block; returns those that it attends to.
CacheWrite = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class BlockLayer(DynamicLayer):
    """The keys and values of one layer in a block of fixed size that is written in place."""

    write: CacheWrite  # what the next update does

    def __init__(self, num_rows: int, num_columns: int):
        super().__init__()
        self.num_rows, self.num_columns = num_rows, num_columns

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            # Zeros, because masked values are still multiplied, by a weight of zero.
            self.keys, self.values = (
                states.new_zeros(self.num_rows, states.shape[1], self.num_columns, states.shape[3])
                for states in (key_states, value_states)
            )
            self.is_initialized = True
        keys, values = cast(torch.Tensor, self.keys), cast(torch.Tensor, self.values)
        return self.write(keys, key_states), self.write(values, value_states)


class BlockCache(Cache):
    """The keys and values of a batch, each layer's in one block of memory."""

    def __init__(self, num_layers: int, num_rows: int, num_columns: int):
        self.num_columns = num_columns
        self.blocks = [BlockLayer(num_rows, num_columns) for _ in range(num_layers)]
        super().__init__(layers=list(self.blocks))

    def write_next(self, write: CacheWrite) -> None:
        """Set where the model's next keys and values are written, and which ones it reads."""
        for layer in self.blocks:
            layer.write = write

    def keep_rows(self, rows: torch.Tensor) -> None:
        for layer in self.blocks:
            keys, values = cast(torch.Tensor, layer.keys), cast(torch.Tensor, layer.values)
            layer.keys, layer.values = keys[rows], values[rows]

    def move_rows(self, sources: torch.Tensor, targets: torch.Tensor, num_rows: int) -> None:
        """Copy rows into others, in place, and keep the first `num_rows`."""
        for layer in self.blocks:
            keys, values = cast(torch.Tensor, layer.keys), cast(torch.Tensor, layer.values)
            keys[targets], values[targets] = keys[sources], values[sources]
            layer.keys, layer.values = keys[:num_rows], values[:num_rows]


def aligned(columns: int) -> int:
    return -(-columns // ALIGNMENT) * ALIGNMENT
