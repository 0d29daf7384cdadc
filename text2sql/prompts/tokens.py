"""Stored texts as tokens: what decoding is given, and what training is given, are the same."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase


def encode_texts(tokenizer: "PreTrainedTokenizerBase", texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of texts that have their `<bos>` already."""
    if not texts:
        return []
    return list(tokenizer(list(texts), add_special_tokens=False)["input_ids"])


def encode_examples(
    tokenizer: "PreTrainedTokenizerBase", prompts: Sequence[str], completions: Sequence[str]
) -> list[tuple[list[int], list[int]]]:
    """Return the token ids of each prompt and of its completion.

    They are those of the whole text, split where the prompt ends. Where a token would span that
    boundary, prompt and completion are encoded apart, because the model is asked the prompt alone.
    """
    encoded = encode_texts(tokenizer, prompts)
    wholes = encode_texts(tokenizer, [p + c for p, c in zip(prompts, completions, strict=True)])
    return [
        (prompt, whole[len(prompt) :])
        if whole[: len(prompt)] == prompt
        else (prompt, encode_texts(tokenizer, [completion])[0])
        for prompt, whole, completion in zip(encoded, wholes, completions, strict=True)
    ]


def encode_rows(
    rows: "Dataset", tokenizer: "PreTrainedTokenizerBase", completion_only: bool
) -> "Dataset":
    """Return the rows as TRL trains on them: `input_ids` and `labels`, -100 where there is no loss.

    `rows` need `text` and `num_prompt_chars`. The chat template is not rendered again.
    """
    from datasets import Dataset

    splits = [(t[:n], t[n:]) for t, n in zip(rows["text"], rows["num_prompt_chars"], strict=True)]
    encoded = encode_examples(tokenizer, [p for p, _ in splits], [c for _, c in splits])
    return Dataset.from_dict(
        {
            "input_ids": [prompt + completion for prompt, completion in encoded],
            "labels": [
                ([-100] * len(prompt) if completion_only else prompt) + completion
                for prompt, completion in encoded
            ],
        }
    )
