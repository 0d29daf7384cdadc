"""Examples -> one row without padding, in which what their prompts share is computed once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from text2sql.models.shared_prefix import attend_to_shared_prefixes, pack, share_beginnings

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


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
    trunk, branches = share_beginnings(texts, [first_label(own) - 1 for own in labels])
    row = pack([trunk], branches, multiple=multiple)
    supervised, shift_labels, weights = [], [], []
    for own, part in zip(labels, row["shared_prefix"].branches, strict=True):
        first = part.start - part.seen_length  # where the text would begin if it were whole
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


def compute_packed(model: "PreTrainedModel") -> None:
    """From now on the model computes packed rows, and its head only the supervised places."""
    attend_to_shared_prefixes(model)
    model.base_model.register_forward_hook(keep_supervised, with_kwargs=True)


def keep_supervised(
    backbone: "torch.nn.Module", arguments: tuple, settings: dict, output: dict
) -> dict:
    kept = output["last_hidden_state"].index_select(1, settings["supervised"])
    output["last_hidden_state"] = kept
    return output


def mean_packed_row(texts: Sequence[Sequence[int]], num_texts: int) -> int:
    """Return the mean tokens of rows that pack so many neighbours of `texts`."""
    sizes = []
    for start in range(0, max(len(texts) - num_texts, 0) + 1, num_texts):
        batch = texts[start : start + num_texts]
        trunk, branches = share_beginnings(batch, [len(text) - 1 for text in batch])
        sizes.append(len(trunk) + sum(len(branch.tokens) for branch in branches))
    return round(sum(sizes) / len(sizes))
