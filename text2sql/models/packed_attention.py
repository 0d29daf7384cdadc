"""Texts that begin alike, packed into one row in which what they share is computed once.

A row is `[trunk] ... [trunk] [branch] ... [branch]`. A branch goes on from some place of one trunk:
it sees the trunk up to there and itself, causally, and nothing else, and its positions go on from
there. That gives each text the logits and gradients that it has alone, without any padding.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from typing import TYPE_CHECKING, NamedTuple

from text2sql.models.device import head_sizes

if TYPE_CHECKING:
    import torch
    from transformers import PretrainedConfig, PreTrainedModel

ATTENTION = "shared_prefix"  # its name in transformers' AttentionInterface
MODEL_TYPES = ("gemma", "llama", "mistral", "qwen2", "qwen3")  # each is tested
KEYS_A_TOKEN = 8  # keys of a row are filled up to this times the multiple of its tokens


class Branch(NamedTuple):
    """Tokens that go on after the first `shared` tokens of a trunk."""

    tokens: Sequence[int]
    shared: int = 0
    trunk: int = 0


class Part(NamedTuple):
    """A trunk or a branch in a row, and where in the row that begins which it also sees."""

    start: int
    length: int
    seen_start: int = 0
    seen_length: int = 0

    @property
    def num_keys(self) -> int:
        return self.seen_length + self.length

    def keys(self) -> Iterator[int]:
        """Yield the places in the row that the last token of the part sees."""
        yield from range(self.seen_start, self.seen_start + self.seen_length)
        yield from range(self.start, self.start + self.length)


@dataclass(frozen=True)
class Layout:
    """How a packed row is to be read; a model takes it as `shared_prefix=`."""

    parts: tuple[Part, ...]  # trunks, then branches, then what fills the row up
    branches: tuple[Part, ...]
    keys: "torch.Tensor"  # the places that each part sees, part after part
    cu_seqlens_q: "torch.Tensor"  # (parts + 1,) int32, where in the row each part begins
    cu_seqlens_k: "torch.Tensor"  # (parts + 1,) int32, where in `keys` each part begins
    max_seqlen_q: int  # at least as many as the longest part has
    max_seqlen_k: int  # at least as many as any part sees

    def to(self, device: "torch.device", non_blocking: bool = False) -> "Layout":
        return self._with(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> "Layout":
        return self._with(lambda tensor: tensor.pin_memory())

    def _with(self, change) -> "Layout":
        names = ("keys", "cu_seqlens_q", "cu_seqlens_k")
        return replace(self, **{name: change(getattr(self, name)) for name in names})


def pack(
    trunks: Sequence[Sequence[int]], branches: Sequence[Branch], *, multiple: int = 1
) -> dict[str, "torch.Tensor | Layout"]:
    """Return `input_ids` and `position_ids`, both (1, tokens), and `shared_prefix`, the layout.

    Branches keep their order. With a `multiple` above 1 a last part, which nothing else sees, fills
    the row and its keys up to multiples, so that rows have few shapes. All tensors are on the CPU;
    a `ValueError` refuses a branch that is empty or shares more than its trunk has.
    """
    import torch

    if any(not branch.tokens or branch.shared > len(trunks[branch.trunk]) for branch in branches):
        raise ValueError("a branch is empty or shares more than its trunk has")
    texts = [*trunks, *(branch.tokens for branch in branches)]
    starts = [*accumulate(map(len, texts), initial=0)]
    parts = [Part(start, len(trunk)) for start, trunk in zip(starts, trunks, strict=False)]
    parts += [
        Part(start, len(branch.tokens), starts[branch.trunk], branch.shared)
        for start, branch in zip(starts[len(trunks) :], branches, strict=False)
    ]
    branch_parts = tuple(parts[len(trunks) :])
    if multiple > 1:
        end = starts[-1]
        parts.append(Part(end, round_up(end + 1, multiple) - end))
    keys = [*chain.from_iterable(part.keys() for part in parts)]
    key_lengths = [part.num_keys for part in parts]
    if multiple > 1:
        fill = round_up(len(keys), KEYS_A_TOKEN * multiple) - len(keys)
        keys += [place % starts[-1] for place in range(fill)]
        key_lengths[-1] += fill
    bounds = [
        torch.tensor([*accumulate(lengths, initial=0)], dtype=torch.int32)
        for lengths in ([part.length for part in parts], key_lengths)
    ]
    positions = chain.from_iterable(range(p.seen_length, p.num_keys) for p in parts)
    filling = [0] * (parts[-1].start + parts[-1].length - starts[-1])
    return {
        "input_ids": torch.tensor([[*chain(*texts), *filling]]),
        "position_ids": torch.tensor([[*positions]]),
        "shared_prefix": Layout(
            parts=tuple(parts),
            branches=branch_parts,
            keys=torch.tensor(keys),
            cu_seqlens_q=bounds[0],
            cu_seqlens_k=bounds[1],
            max_seqlen_q=round_up(max(part.length for part in parts), 4 * multiple),
            max_seqlen_k=round_up(max(key_lengths), 2 * KEYS_A_TOKEN * multiple),
        ),
    }


def round_up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple


def share_beginnings(
    texts: Sequence[Sequence[int]], limits: Sequence[int]
) -> tuple[list[int], list[Branch]]:
    """Return one trunk that saves most, and a branch for each text that goes on from it.

    No branch shares more than its limit, which must be less than the text's length.
    """
    found: tuple[int, list[int], list[Branch]] = (-1, [], [])
    for candidate in texts:
        shared = [
            min(common_length(candidate, text), limit)
            for text, limit in zip(texts, limits, strict=True)
        ]
        longest = sorted(shared)[-2] if len(texts) > 1 else 0  # of any text but the candidate
        shared = [min(length, longest) for length in shared]
        if sum(shared) - longest > found[0]:
            ends = zip(texts, shared, strict=True)
            branches = [Branch(text[length:], length) for text, length in ends]
            found = (sum(shared) - longest, list(candidate[:longest]), branches)
    return found[1:]


def common_length(one: Sequence[int], other: Sequence[int], known: int = 0) -> int:
    """Return how many tokens both begin with in common; the first `known` are."""
    shortest = min(len(one), len(other))
    while known < shortest and one[known] == other[known]:
        known += 1
    return known


def supports_shared_prefix(config: "PretrainedConfig") -> bool:
    """Say whether it is a model of a tested kind in which a token sees all that is before it."""
    layer_types = set(getattr(config, "layer_types", None) or ["full_attention"])
    windowed = getattr(config, "sliding_window", None) is not None
    plain = layer_types == {"full_attention"} and not windowed and has_static_rope(config)
    return config.model_type in MODEL_TYPES and plain


def has_static_rope(config: "PretrainedConfig") -> bool:
    """Say whether a position is rotated alike in texts of every length, or not rotated at all."""
    rope = getattr(config, "rope_parameters", None) or {}
    settings = [rope, *(value for value in rope.values() if isinstance(value, dict))]
    return not {"dynamic", "longrope"} & {setting.get("rope_type") for setting in settings}


def supports_flash_attention(model: "PreTrainedModel") -> bool:
    """Say whether the flash kernel can train this model where it lies, in its precision."""
    import torch
    from torch.backends.cuda import SDPAParams, can_use_flash_attention

    config, place = model.config, {"device": model.device, "dtype": model.dtype}
    heads, key_value_heads, head_dim = head_sizes(config)
    shapes = [(1, number, 8, head_dim) for number in (heads, key_value_heads)]
    query, key = (torch.empty(shape, **place, requires_grad=True) for shape in shapes)
    return can_use_flash_attention(SDPAParams(query, key, key, None, 0.0, True, True))


def use_packed_attention(model: "PreTrainedModel") -> None:
    """From now on the model computes packed rows, each with its layout, and no others."""
    from transformers import AttentionInterface

    AttentionInterface.register(ATTENTION, shared_prefix_attention)
    model.set_attn_implementation(ATTENTION)  # without a mask of that name, none is built


@contextmanager
def packed_attention(model: "PreTrainedModel") -> Iterator[None]:
    """Within the block the model computes packed rows, each with its layout, and no others."""
    usual = model.config._attn_implementation
    use_packed_attention(model)
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
    from torch.backends.cuda import SDPAParams, can_use_flash_attention

    flash = SDPAParams(query, key, value, None, dropout, True, True)
    attend = attend_at_once if can_use_flash_attention(flash) else attend_part_by_part
    return attend(query, key, value, shared_prefix, scaling, dropout), None


def attend_at_once(
    query: "torch.Tensor",
    key: "torch.Tensor",
    value: "torch.Tensor",
    layout: Layout,
    scaling: float | None,
    dropout: float,
) -> "torch.Tensor":
    """Attend with the flash kernel for parts of any length, which needs no mask."""
    import torch

    query, key, value = (x[0].transpose(0, 1) for x in (query, key, value))
    # The operator under torch.nn.attention.varlen, whose own arguments change between releases.
    attended, *_ = torch.ops.aten._flash_attention_forward(
        query,
        key.index_select(0, layout.keys),
        value.index_select(0, layout.keys),
        layout.cu_seqlens_q,
        layout.cu_seqlens_k,
        layout.max_seqlen_q,
        layout.max_seqlen_k,
        dropout,
        is_causal=True,  # the last query of a part sees its last key
        return_debug_mask=False,
        scale=scaling,
    )
    return attended[None]


def attend_part_by_part(
    query: "torch.Tensor",
    key: "torch.Tensor",
    value: "torch.Tensor",
    layout: Layout,
    scaling: float | None,
    dropout: float,
) -> "torch.Tensor":
    """Attend on devices and in precisions that the flash kernel does not know."""
    import torch
    from torch.nn.attention.bias import causal_lower_right
    from torch.nn.functional import scaled_dot_product_attention

    repeats = query.shape[1] // key.shape[1]
    key, value = (x.repeat_interleave(repeats, dim=1) for x in (key, value))
    attended = []
    for part in (part for part in layout.parts if part.length):
        own = slice(part.start, part.start + part.length)
        seen = slice(part.seen_start, part.seen_start + part.seen_length)
        attended.append(
            scaled_dot_product_attention(
                query[:, :, own],
                torch.cat([key[:, :, seen], key[:, :, own]], dim=2),
                torch.cat([value[:, :, seen], value[:, :, own]], dim=2),
                causal_lower_right(part.length, part.num_keys),
                dropout,
                scale=scaling,
            )
        )
    return torch.cat(attended, dim=2).transpose(1, 2)
