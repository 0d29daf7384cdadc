"""Texts that begin alike, packed into one row whose common prefix is computed once.

A row is `[prefix 1] ... [prefix G] [suffix 1] ... [suffix N]`: every suffix belongs to one prefix,
sees it whole and itself causally, and nothing else. That gives each text's own logits and gradients
with no padding in the linear layers; only in the attention are the suffixes padded on the right,
where padded keys are seen by padded queries alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from transformers import PretrainedConfig, PreTrainedModel

ATTENTION = "shared_prefix"  # its name in transformers' AttentionInterface
MODEL_TYPES = ("gemma", "llama", "mistral", "qwen2", "qwen3")  # each is tested


@dataclass(frozen=True)
class Layout:
    """Where prefixes and suffixes lie in a packed row; a model takes it as `shared_prefix=`."""

    num_prefixes: int
    prefix_length: int  # the same for all; may be 0
    suffix_lengths: tuple[int, ...]
    prefix_of_suffix: "torch.Tensor"  # (N,) which prefix each suffix goes on from
    slots: "torch.Tensor"  # (suffix tokens,) their places among N × longest, right-padded

    @property
    def num_prefix_tokens(self) -> int:
        return self.num_prefixes * self.prefix_length

    def suffix_starts(self) -> list[int]:
        """Return where in the row each suffix begins."""
        return [*accumulate(self.suffix_lengths, initial=self.num_prefix_tokens)][:-1]

    def to(self, device: "torch.device", non_blocking: bool = False) -> "Layout":
        moved = (x.to(device, non_blocking=non_blocking) for x in self._tensors())
        return replace(self, **dict(zip(("prefix_of_suffix", "slots"), moved, strict=True)))

    def pin_memory(self) -> "Layout":
        pinned = (x.pin_memory() for x in self._tensors())
        return replace(self, **dict(zip(("prefix_of_suffix", "slots"), pinned, strict=True)))

    def _tensors(self) -> tuple["torch.Tensor", "torch.Tensor"]:
        return self.prefix_of_suffix, self.slots


def common_prefix_length(texts: Sequence[Sequence[int]]) -> int:
    """Return how many tokens all texts begin with in common."""
    ends = (min(texts), max(texts))  # all others lie between these in order
    same = [first == last for first, last in zip(*ends, strict=False)]
    return [*same, False].index(False)


def pack(
    prefixes: Sequence[Sequence[int]], suffixes: Sequence[Sequence[Sequence[int]]]
) -> dict[str, "torch.Tensor | Layout"]:
    """Return `input_ids` and `position_ids`, both (1, tokens), and the layout `shared_prefix`.

    `suffixes[g]` are those of `prefixes[g]`; a `ValueError` refuses prefixes of unequal length and
    empty suffixes. All tensors are on the CPU.
    """
    import torch

    lengths = {len(prefix) for prefix in prefixes}
    flat = [suffix for group in suffixes for suffix in group]
    if len(lengths) != 1 or not all(flat) or len(prefixes) != len(suffixes):
        raise ValueError("prefixes must be as long as each other, and suffixes not empty")
    (prefix_length,) = lengths
    longest = max(map(len, flat))
    slots = [n * longest + i for n, suffix in enumerate(flat) for i in range(len(suffix))]
    prefix_of_suffix = [g for g, group in enumerate(suffixes) for _ in group]
    positions = [range(prefix_length)] * len(prefixes)
    positions += [range(prefix_length, prefix_length + len(suffix)) for suffix in flat]
    return {
        "input_ids": torch.tensor([[*chain(*prefixes, *flat)]]),
        "position_ids": torch.tensor([[*chain(*positions)]]),
        "shared_prefix": Layout(
            num_prefixes=len(prefixes),
            prefix_length=prefix_length,
            suffix_lengths=tuple(map(len, flat)),
            prefix_of_suffix=torch.tensor(prefix_of_suffix),
            slots=torch.tensor(slots),
        ),
    }


def supports_shared_prefix(config: "PretrainedConfig") -> bool:
    """Say whether it is a model of a tested kind in which a token sees all that is before it."""
    layer_types = set(getattr(config, "layer_types", None) or ["full_attention"])
    windowed = getattr(config, "sliding_window", None) is not None
    return config.model_type in MODEL_TYPES and layer_types == {"full_attention"} and not windowed


def attend_to_shared_prefixes(model: "PreTrainedModel") -> None:
    """From now on the model computes packed rows, each with its layout, and no others."""
    from transformers import AttentionInterface

    AttentionInterface.register(ATTENTION, shared_prefix_attention)
    model.set_attn_implementation(ATTENTION)  # without a mask of that name, none is built


@contextmanager
def attending_to_shared_prefixes(model: "PreTrainedModel") -> Iterator[None]:
    """Within the block the model computes packed rows, each with its layout, and no others."""
    usual = model.config._attn_implementation
    attend_to_shared_prefixes(model)
    try:
        yield
    finally:
        model.set_attn_implementation(usual)


def shared_prefix_attention(
    module: "torch.nn.Module",
    query: "torch.Tensor",
    key: "torch.Tensor",
    value: "torch.Tensor",
    attention_mask: None,
    *,
    shared_prefix: Layout,
    scaling: float | None = None,
    dropout: float = 0.0,
    **settings: object,
) -> tuple["torch.Tensor", None]:
    """Return the attention of a packed row, (1, tokens, heads, head_dim), as transformers asks.

    `query`, `key` and `value` are (1, heads, tokens, head_dim); a batch without a layout is a
    `TypeError`.
    """
    import torch

    layout, rows = shared_prefix, [x[0].transpose(0, 1) for x in (query, key, value)]
    prefixes = [
        x[: layout.num_prefix_tokens].unflatten(0, (layout.num_prefixes, layout.prefix_length))
        for x in rows
    ]
    suffixes = [pad_suffixes(x[layout.num_prefix_tokens :], layout) for x in rows]
    seen = [
        torch.cat([prefix_of_each_suffix(prefix, layout), suffix], dim=1)
        for prefix, suffix in zip(prefixes[1:], suffixes[1:], strict=True)
    ]
    own = causal_attention(suffixes[0], *seen, scaling, dropout)
    parts = [own.flatten(0, 1).index_select(0, layout.slots)]
    if layout.prefix_length:
        parts.insert(0, causal_attention(*prefixes, scaling, dropout).flatten(0, 1))
    return torch.cat(parts)[None], None


def pad_suffixes(tokens: "torch.Tensor", layout: Layout) -> "torch.Tensor":
    """Return (suffix tokens, heads, head_dim) as (N, longest, heads, head_dim)."""
    shape = (len(layout.suffix_lengths), max(layout.suffix_lengths))
    if len(tokens) < shape[0] * shape[1]:
        padded = tokens.new_zeros(shape[0] * shape[1], *tokens.shape[1:])
        tokens = padded.index_copy(0, layout.slots, tokens)
    return tokens.unflatten(0, shape)


def prefix_of_each_suffix(prefixes: "torch.Tensor", layout: Layout) -> "torch.Tensor":
    if layout.num_prefixes == 1:
        return prefixes.expand(len(layout.suffix_lengths), -1, -1, -1)
    return prefixes.index_select(0, layout.prefix_of_suffix)


def causal_attention(
    query: "torch.Tensor",
    key: "torch.Tensor",
    value: "torch.Tensor",
    scaling: float | None,
    dropout: float,
) -> "torch.Tensor":
    """Return attention where the last query sees all keys, in (batch, tokens, heads, head_dim).

    No kernel but the flash one takes fewer key heads than query heads without a mask tensor.
    """
    from torch.backends.cuda import SDPAParams, can_use_flash_attention
    from torch.nn.attention.bias import causal_lower_right
    from torch.nn.functional import scaled_dot_product_attention

    query, key, value = (x.transpose(1, 2) for x in (query, key, value))
    grouped = key.shape[1] != query.shape[1]
    flash = SDPAParams(query, key, value, None, dropout, True, grouped)
    if grouped and query.is_cuda and not can_use_flash_attention(flash):
        repeats = query.shape[1] // key.shape[1]
        key, value = (x.repeat_interleave(repeats, dim=1) for x in (key, value))
        grouped = False
    bias = causal_lower_right(query.shape[2], key.shape[2])
    attended = scaled_dot_product_attention(
        query, key, value, bias, dropout, scale=scaling, enable_gqa=grouped
    )
    return attended.transpose(1, 2)
