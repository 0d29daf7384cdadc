"""Texts with shared prefixes, packed into one row in which each prefix appears once.

A row is `[prefix] ... [prefix] [suffix] ... [suffix]`. A suffix continues one of the prefixes from
some position: it attends causally to the prefix up to there and to itself, and to nothing else,
and its positions continue from there. So each text gets the logits and gradients that it would get
alone, without any padding.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from typing import TYPE_CHECKING, NamedTuple, TypedDict

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch


Tokens = Sequence[int] | NDArray[np.int64]


class Suffix(NamedTuple):
    """Tokens that follow the first `prefix_length` tokens of the prefix with index `prefix`."""

    tokens: Tokens
    prefix_length: int = 0
    prefix: int = 0


class Segment(NamedTuple):
    """A run of tokens in a row, and the earlier run that its tokens attend to as well."""

    start: int
    length: int
    prefix_start: int = 0
    prefix_length: int = 0

    @property
    def num_keys(self) -> int:
        return self.prefix_length + self.length

    def keys(self) -> tuple[range, range]:
        """Return the indices in the row that the last token of the segment attends to."""
        prefix = range(self.prefix_start, self.prefix_start + self.prefix_length)
        return prefix, range(self.start, self.start + self.length)


class RowSize(NamedTuple):
    """What a row takes before it is padded."""

    num_tokens: int
    num_keys: int  # that the last tokens of its segments attend to, in all


class RowShape(NamedTuple):
    """The sizes that rows are padded to, so that one CUDA graph can compute them all."""

    num_tokens: int
    num_keys: int
    num_segments: int
    max_seqlen: int  # an upper bound of the segments' lengths and of their numbers of keys
    num_outputs: int  # an upper bound of the positions whose output is used


@dataclass(frozen=True)
class PackedLayout:
    """Which tokens of a packed row attend to which; a model takes it as `shared_prefix=`."""

    segments: tuple[Segment, ...]  # prefixes, then suffixes, then padding
    suffixes: tuple[Segment, ...]
    keys: "torch.Tensor"  # (keys,) int32, indices in the row that each segment sees, concatenated
    cu_seqlens_q: "torch.Tensor"  # (segments + 1,) int32, where in the row each segment begins
    cu_seqlens_k: "torch.Tensor"  # (segments + 1,) int32, where in `keys` each segment begins
    max_seqlen_q: int  # an upper bound of the segments' lengths
    max_seqlen_k: int  # an upper bound of the segments' numbers of keys
    shape: RowShape | None = None  # what the row was padded to

    def to(self, device: "torch.device", non_blocking: bool = False) -> "PackedLayout":
        return self._map(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> "PackedLayout":
        return self._map(lambda tensor: tensor.pin_memory())

    def _map(self, change: Callable[["torch.Tensor"], "torch.Tensor"]) -> "PackedLayout":
        return replace(
            self,
            keys=change(self.keys),
            cu_seqlens_q=change(self.cu_seqlens_q),
            cu_seqlens_k=change(self.cu_seqlens_k),
        )


class PackedRow(TypedDict):
    """The keyword arguments of a model that `use_packed_attention` prepared."""

    input_ids: "torch.Tensor"  # (1, tokens)
    position_ids: "torch.Tensor"  # (1, tokens)
    shared_prefix: PackedLayout


def pack_row(
    prefixes: Sequence[Tokens],
    suffixes: Sequence[Suffix],
    shapes: Sequence[RowShape] = (),
) -> PackedRow:
    """Return the row of these prefixes and suffixes, in this order, with all tensors on the CPU.

    It is padded, by segments that no other sees, to the first of `shapes` that holds it, if any
    does. Raises `ValueError` for a suffix that is empty or continues beyond its prefix.
    """
    import torch

    if any(len(s.tokens) == 0 or s.prefix_length > len(prefixes[s.prefix]) for s in suffixes):
        raise ValueError("a suffix is empty or continues beyond its prefix")
    texts = [*prefixes, *(suffix.tokens for suffix in suffixes)]
    segments = lay_out_segments(prefixes, suffixes)
    suffix_segments = tuple(segments[len(prefixes) :])
    shape = next((shape for shape in shapes if can_pad(segments, shape)), None)
    if shape is not None:
        segments += padding_segments(segments, shape)
    lengths = [segment.length for segment in segments]
    key_lengths = [segment.num_keys for segment in segments]
    tokens = np.zeros(sum(lengths), dtype=np.int64)
    np.concatenate(texts, out=tokens[: sum(map(len, texts))], casting="unsafe")
    keys = joined(chain.from_iterable(segment.keys() for segment in segments))
    positions = joined(range(s.prefix_length, s.num_keys) for s in segments)
    return {
        "input_ids": torch.from_numpy(tokens)[None],
        "position_ids": torch.from_numpy(positions)[None],
        "shared_prefix": PackedLayout(
            segments=tuple(segments),
            suffixes=suffix_segments,
            keys=torch.from_numpy(keys.astype(np.int32)),
            cu_seqlens_q=torch.tensor([*accumulate(lengths, initial=0)], dtype=torch.int32),
            cu_seqlens_k=torch.tensor([*accumulate(key_lengths, initial=0)], dtype=torch.int32),
            max_seqlen_q=shape.max_seqlen if shape else max(lengths),
            max_seqlen_k=shape.max_seqlen if shape else max(key_lengths),
            shape=shape,
        ),
    }


def joined(ranges: Iterable[range]) -> NDArray[np.int64]:
    return np.concatenate([np.arange(part.start, part.stop) for part in ranges])


def size_of(segments: Sequence[Segment]) -> RowSize:
    return RowSize(sum(s.length for s in segments), sum(s.num_keys for s in segments))


def can_pad(segments: Sequence[Segment], shape: RowShape) -> bool:
    """Return whether a row of these segments, padded, can have this shape."""
    if max(segment.num_keys for segment in segments) > shape.max_seqlen:
        return False
    padded = [*segments, *padding_segments(segments, shape)]
    return (*size_of(padded), len(padded)) == (shape.num_tokens, shape.num_keys, shape.num_segments)


def padding_segments(segments: Sequence[Segment], shape: RowShape) -> list[Segment]:
    """Return the segments to add to a row of the shape, which no other segment sees.

    Those that fill up the tokens see themselves alone; those that fill up the keys have no tokens.
    """
    last, longest = segments[-1], shape.max_seqlen
    starts = range(last.start + last.length, shape.num_tokens, longest)
    padding = [Segment(start, min(longest, shape.num_tokens - start)) for start in starts]
    num_keys = shape.num_keys - sum(segment.num_keys for segment in [*segments, *padding])
    for first_key in range(0, num_keys, longest):
        padding.append(Segment(shape.num_tokens, 0, 0, min(longest, num_keys - first_key)))
    num_empty = shape.num_segments - len(segments) - len(padding)
    return padding + [Segment(shape.num_tokens, 0)] * num_empty


def lay_out_segments(prefixes: Sequence[Tokens], suffixes: Sequence[Suffix]) -> list[Segment]:
    """Return a segment for each prefix and then for each suffix, one behind the other."""
    lengths = [*map(len, prefixes), *(len(suffix.tokens) for suffix in suffixes)]
    starts = [*accumulate(lengths, initial=0)]
    own = [Segment(starts[index], len(prefix)) for index, prefix in enumerate(prefixes)]
    return own + [
        Segment(starts[index], len(suffix.tokens), starts[suffix.prefix], suffix.prefix_length)
        for index, suffix in enumerate(suffixes, start=len(prefixes))
    ]


def split_shared_prefix(
    texts: Sequence[Tokens], limits: Sequence[int]
) -> tuple[Tokens, list[Suffix]]:
    """Return the one prefix that saves the most tokens, and each text as a suffix of it.

    No text takes more of the prefix than its limit, which must be below the text's length.
    """
    most_saved, suffixes = -1, list[Suffix]()
    prefix: Tokens = []
    rows = aligned(texts)
    for index, candidate in enumerate(texts):
        shared = np.minimum((rows != rows[index]).argmax(axis=1), limits)  # but its own, yet 0
        shared[index] = limits[index]
        longest = int(np.sort(shared)[-2]) if len(texts) > 1 else 0  # among the other texts
        shared = np.minimum(shared, longest)
        if (saved := int(shared.sum()) - longest) > most_saved:
            most_saved, prefix = saved, candidate[:longest]
            lengths = zip(texts, shared.tolist(), strict=True)
            suffixes = [Suffix(text[length:], length) for text, length in lengths]
    return prefix, suffixes


def aligned(texts: Sequence[Tokens]) -> NDArray[np.int64]:
    """Return the texts (n, longest + 1), each filled up with a number that no other contains."""
    rows = np.empty((len(texts), max(map(len, texts)) + 1), dtype=np.int64)
    for index, text in enumerate(texts):
        rows[index, : len(text)] = text
        rows[index, len(text) :] = -1 - index
    return rows


def common_length(one: Tokens, other: Tokens, known: int = 0) -> int:
    """Return the length of the common prefix, of which the first `known` tokens are known."""
    shortest = min(len(one), len(other))
    while known < shortest and one[known] == other[known]:
        known += 1
    return known
