"""Stored texts as tokens: what decoding is given, and what training is given, are the same."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasets import Dataset
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerBase


def encode_texts(
    tokenizer: "PreTrainedTokenizerBase", texts: Sequence[str], add_special_tokens: bool = False
) -> list[list[int]]:
    """Return the token ids of texts; by default they have their `<bos>` already.

    The ids are those that the tokenizer itself returns. A fast one is asked for nothing else, as
    the offsets and masks of long texts take time too.
    """
    if not texts:
        return []
    if not tokenizer.is_fast:
        asked = tokenizer(list(texts), add_special_tokens=add_special_tokens)
        return list(asked["input_ids"])
    backend: Tokenizer = tokenizer.backend_tokenizer
    backend.no_padding()  # which an earlier call may have left on
    backend.no_truncation()
    backend.encode_special_tokens = tokenizer.split_special_tokens
    encodings = backend.encode_batch_fast(list(texts), add_special_tokens=add_special_tokens)
    return [encoding.ids for encoding in encodings]


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
