"""Examples -> one row without padding, in which what their prompts share is computed once."""

from collections.abc import Sequence
from types import MethodType
from typing import TYPE_CHECKING

from text2sql.models.packed_attention import use_packed_attention
from text2sql.models.packed_rows import PackedLayout, pack_row, split_shared_prefix

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel
    from transformers.utils import ModelOutput

# What the model takes of a batch.
MODEL_INPUTS = ("input_ids", "position_ids", "shared_prefix", "supervised", "shift_labels")
VOCABULARY_CHUNK = 32_768  # rows of the head that are computed at a time


def pack_examples(examples: Sequence[dict], multiple: int = 1) -> dict:
    """Return the model's inputs for tokenised examples, packed, with only their supervised places.

    The row is filled up to a `multiple` of tokens.

    `supervised` are the places whose next token is a label, `shift_labels` (1, n) those labels, and
    `loss_weights` (1, n) what each weighs in the mean over examples of the mean over their labels.
    `labels` are the same after an ignored one, for those who count them as a language model's.
    """
    import torch

    texts = [list(example["input_ids"]) for example in examples]
    labels = [list(example["labels"]) for example in examples]
    prefix, suffixes = split_shared_prefix(texts, [first_label(own) - 1 for own in labels])
    row = pack_row([prefix], suffixes, multiple=multiple)
    supervised, shift_labels, weights = [], [], []
    for own, segment in zip(labels, row["shared_prefix"].suffixes, strict=True):
        first = segment.start - segment.prefix_length  # where the text would begin if it were whole
        places = [place for place in range(1, len(own)) if own[place] != -100]
        supervised += [first + place - 1 for place in places]
        shift_labels += [own[place] for place in places]
        weights += [1 / len(places)] * len(places)
    return row | {
        "supervised": torch.tensor(supervised),
        "labels": torch.tensor([[-100, *shift_labels]]),
        "shift_labels": torch.tensor([shift_labels]),
        "loss_weights": torch.tensor([weights]),
    }


def first_label(labels: Sequence[int]) -> int:
    """Return the first place, after that of the first token, that the loss sees."""
    return next(place for place in range(1, len(labels)) if labels[place] != -100)


def use_packed_forward(model: "PreTrainedModel") -> None:
    """From now on the model computes packed rows alone, by `packed_forward`."""
    use_packed_attention(model)
    model.forward = MethodType(packed_forward, model)


def packed_forward(
    model: "PreTrainedModel",
    *,
    supervised: "torch.Tensor",
    shift_labels: "torch.Tensor",
    **row: "torch.Tensor | PackedLayout | None",
) -> "ModelOutput":
    """Return `log_probs` of the labels (n,), `entropy` and `is_top1`, without a mask or logits.

    TRL's own fused head picks labels with a mask, whose size the CPU must wait for at each step.
    """
    from transformers.utils import ModelOutput
    from trl.kernels import ChunkedLogProbFunction

    row = {name: value for name, value in row.items() if value is not None}
    states = model.base_model(**row, use_cache=False).last_hidden_state[0]
    head, wanted = model.get_output_embeddings(), ("entropy", "is_top1")
    log_probs, entropy, _, _, is_top1 = ChunkedLogProbFunction.apply(
        states.index_select(0, supervised),
        head.weight,
        head.bias,
        shift_labels[0],
        1.0,  # the temperature
        VOCABULARY_CHUNK,
        None,  # no soft cap
        1.0,  # no scale
        wanted,
    )
    return ModelOutput(log_probs=log_probs, entropy=entropy, is_top1=is_top1)


def mean_packed_row(texts: Sequence[Sequence[int]], num_texts: int) -> int:
    """Return the mean tokens of rows that pack so many neighbours of `texts`."""
    sizes = []
    for start in range(0, max(len(texts) - num_texts, 0) + 1, num_texts):
        batch = texts[start : start + num_texts]
        prefix, suffixes = split_shared_prefix(batch, [len(text) - 1 for text in batch])
        sizes.append(len(prefix) + sum(len(suffix.tokens) for suffix in suffixes))
    return round(sum(sizes) / len(sizes))
