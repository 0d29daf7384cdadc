"""Examples -> one row without padding, in which what their prompts share is computed once."""

from collections.abc import Mapping, Sequence
from types import MethodType
from typing import Any, NamedTuple, TypedDict

import numpy as np
import torch
from datasets import Dataset, concatenate_datasets
from transformers import PreTrainedModel
from trl.kernels import ChunkedLogProbFunction

from text2sql.models.last_layer import select_in_last_layer
from text2sql.models.packed_attention import use_packed_attention
from text2sql.models.packed_rows import (
    PackedLayout,
    RowShape,
    RowSize,
    common_length,
    lay_out_segments,
    pack_row,
    size_of,
    split_shared_prefix,
)

# What the model takes of a batch.
MODEL_INPUTS = ("input_ids", "position_ids", "shared_prefix", "supervised", "shift_labels")
WEIGHT = "weight"  # column with 0 for rows that pad a batch; without it all rows count
SAMPLED_TEXTS = 64  # among which the prefix that many texts share is looked for
VOCABULARY_CHUNK = 32_768  # rows of the head that are computed at a time


class PackedBatch(TypedDict):
    """A packed row with its n labels."""

    input_ids: torch.Tensor  # (1, tokens)
    position_ids: torch.Tensor  # (1, tokens)
    shared_prefix: PackedLayout
    supervised: torch.Tensor  # (n,) positions whose next token is a label; padded with 0
    shift_labels: torch.Tensor  # (1, n) those labels, -100 in rows of weight 0
    labels: torch.Tensor  # (1, n + 1) the same after an ignored one, as language models count them
    loss_weights: torch.Tensor  # (1, n) weights in the mean over examples of their labels' means


class LabelOutputs(NamedTuple):
    """What a packed row gives for its n labels."""

    log_probs: torch.Tensor  # (n,)
    entropy: torch.Tensor  # (n,) of the predicted distribution, in nats
    is_top1: torch.Tensor  # (n,) whether the label is the likeliest token


def pack_examples(
    examples: Sequence[Mapping[str, Any]], shapes: Sequence[RowShape] = ()
) -> PackedBatch:
    """Return tokenised examples as one row, padded to the first of `shapes` that holds it."""
    texts = [np.asarray(example["input_ids"]) for example in examples]
    labels = [np.asarray(example["labels"]) for example in examples]
    labelled = [1 + np.flatnonzero(own[1:] != -100) for own in labels]  # in each text
    num_labels = sum(map(len, labelled))
    prefix, suffixes = split_shared_prefix(texts, [own[0] - 1 for own in labelled])
    row = pack_row([prefix], suffixes, [s for s in shapes if s.num_outputs >= num_labels])
    supervised, shift_labels, weights = [], [], []
    segments = row["shared_prefix"].suffixes
    for example, own, places, segment in zip(examples, labels, labelled, segments, strict=True):
        start = segment.start - segment.prefix_length  # as if the whole text were in one piece
        weight = example.get(WEIGHT, 1.0)
        supervised.append(start + places - 1)
        shift_labels.append(own[places] if weight else np.full(len(places), -100))
        weights.append(np.full(len(places), weight / len(places), dtype=np.float32))
    shape = row["shared_prefix"].shape
    padding = np.zeros(shape.num_outputs - num_labels if shape else 0, dtype=np.int64)
    return {
        **row,
        "supervised": torch.from_numpy(np.concatenate([*supervised, padding])),
        "labels": torch.from_numpy(np.concatenate([[-100], *shift_labels]))[None],
        "shift_labels": torch.from_numpy(np.concatenate(shift_labels))[None],
        "loss_weights": torch.from_numpy(np.concatenate(weights))[None],
    }


def add_padding_rows(rows: Dataset, multiple: int) -> Dataset:
    """Return the rows and as many copies of the first, with weight 0, as a multiple needs."""
    num_padding = -len(rows) % multiple
    padded = concatenate_datasets([rows, rows.select([0] * num_padding)])
    return padded.add_column(WEIGHT, [1.0] * len(rows) + [0.0] * num_padding)


def first_label(labels: Sequence[int]) -> int:
    """Return the index of the first supervised token, after the first token of the text."""
    return next(index for index in range(1, len(labels)) if labels[index] != -100)


def count_labels(labels: Sequence[int]) -> int:
    """Return the number of supervised tokens after the first token of the text."""
    return sum(label != -100 for label in labels[1:])


def use_packed_forward(model: PreTrainedModel) -> None:
    """Make the model compute packed rows, and nothing else, by `packed_forward`."""
    use_packed_attention(model)
    select_in_last_layer(model)
    model.forward = MethodType(packed_forward, model)


def packed_forward(
    model: PreTrainedModel,
    *,
    supervised: torch.Tensor,
    shift_labels: torch.Tensor,
    **row: torch.Tensor | PackedLayout | None,
) -> LabelOutputs:
    """Return the outputs for the labels, without a mask and without logits of other tokens.

    TRL's own fused head selects labels with a mask, whose size the CPU has to wait for at each
    step.
    """
    row = {name: value for name, value in row.items() if value is not None}
    outputs = model.base_model(**row, output_positions=supervised, use_cache=False)
    labels = shift_labels[0]
    head, wanted = model.get_output_embeddings(), ("entropy", "is_top1")
    log_probs, entropy, _, _, is_top1 = ChunkedLogProbFunction.apply(
        outputs.last_hidden_state[0, : len(labels)],  # without those that pad the positions
        head.weight,
        head.bias,
        labels.clamp(min=0),  # the loss leaves out what is ignored
        1.0,  # the temperature
        VOCABULARY_CHUNK,
        None,  # no soft cap
        1.0,  # no scale
        wanted,
    )
    return LabelOutputs(log_probs, entropy, is_top1)


def own_tokens(texts: Sequence[Sequence[int]], limits: Sequence[int]) -> list[int]:
    """Return how many tokens of each text are not those of the prefix that many texts share.

    A packed row computes about as many for the text. No text shares more tokens than its limit.
    """
    sampled = slice(None, None, max(len(texts) // SAMPLED_TEXTS, 1))
    prefix, _ = split_shared_prefix(texts[sampled], limits[sampled])
    return [
        len(text) - min(common_length(prefix, text), limit)
        for text, limit in zip(texts, limits, strict=True)
    ]


def packed_row_sizes(
    texts: Sequence[Sequence[int]], limits: Sequence[int], num_texts: int
) -> list[RowSize]:
    """Return the sizes of the rows that pack each `num_texts` neighbours of `texts`.

    No text shares more tokens than its limit. The last texts are left out where they do not fill
    a row, unless there is no other.
    """
    sizes = []
    for start in range(0, max(len(texts) - num_texts, 0) + 1, num_texts):
        batch = slice(start, start + num_texts)
        prefix, suffixes = split_shared_prefix(texts[batch], limits[batch])
        sizes.append(size_of(lay_out_segments([prefix], suffixes)))
    return sizes
