"""Prompts -> predictions.jsonl: greedy, batched, sharing what prompts have in common, resumable."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from text2sql.models.modeling import end_of_turn_id
from text2sql.prompts.chat import render_chat
from text2sql.prompts.sql_text import extract_sql
from text2sql.records import UserError, json_line, read_finished_rows, write_jsonl

if TYPE_CHECKING:
    import torch
    from transformers import Cache, PreTrainedModel, PreTrainedTokenizerBase

CPU_BATCH_SIZE = 16
LARGEST_BATCH_SIZE = 128
SHORTEST_SHARED_PREFIX = 16  # tokens; below, sharing costs more than it saves


def finished_predictions(path: Path) -> dict[int, dict]:
    """Return what is already predicted, by index: of a complete file and of one that grows."""
    rows = [*read_finished_rows(path), *read_finished_rows(growing_path(path))]
    return {row["index"]: row for row in rows}


def growing_path(path: Path) -> Path:
    return path.with_suffix(".part.jsonl")


def generate_predictions(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    rows: Sequence[dict],
    path: Path,
    *,
    max_new_tokens: int,
    batch_size: int = 0,
    label: str = "",
) -> None:
    """Write a prediction for each of `rows` that `path` does not have yet; 0 chooses the batch.

    Each finished batch is on disk before the next one starts. Prompts that begin alike (the same
    shots, the same schema) are neighbours, so that a batch has much to share and little to pad.
    """
    from tqdm import tqdm

    finished = finished_predictions(path)
    prompts = {
        index: encode_prompt(tokenizer, row["prompt"])
        for index, row in enumerate(rows)
        if index not in finished
    }
    if not prompts:
        return
    longest = max(map(len, prompts.values())) + max_new_tokens
    batch_size = batch_size or choose_batch_size(model, longest)
    todo = sorted(prompts, key=lambda index: prompts[index])
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        growing_path(path).open("a", encoding="utf-8") as file,
        tqdm(total=len(rows), initial=len(rows) - len(todo), desc=label, unit="question") as bar,
        greedy_decoding(model, tokenizer, max_new_tokens),
    ):
        while todo:
            batch = todo[:batch_size]
            generated = try_decoding(model, [prompts[index] for index in batch])
            if generated is None:
                batch_size = halve(batch_size)
                continue
            for index, token_ids in zip(batch, generated, strict=True):
                row = prediction_row(tokenizer, index, rows[index], prompts[index], token_ids)
                finished[index] = row
                file.write(json_line(row))
            file.flush()
            os.fsync(file.fileno())
            bar.update(len(batch))
            todo = todo[batch_size:]
    write_jsonl(path, (finished[index] for index in sorted(finished)))
    growing_path(path).unlink(missing_ok=True)  # another process may have been as quick


def encode_prompt(tokenizer: "PreTrainedTokenizerBase", messages: list[dict]) -> list[int]:
    """Return the token ids of the rendered prompt, with the template's one `<bos>` and no more."""
    text = render_chat(tokenizer, messages, add_generation_prompt=True)
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def prediction_row(
    tokenizer: "PreTrainedTokenizerBase",
    index: int,
    row: dict,
    prompt: Sequence[int],
    token_ids: Sequence[int],
) -> dict:
    """Return a line of predictions.jsonl; `stopped` is false where the limit cut it short."""
    stopped = bool(token_ids) and token_ids[-1] in stop_ids(tokenizer)
    generation = tokenizer.decode(
        token_ids[:-1] if stopped else token_ids,
        skip_special_tokens=True,
        clean_up_tokenization_spaces=False,
    )
    predicted_sql = extract_sql(generation)
    return {
        "index": index,
        "id": row["id"],
        "db_id": row["db_id"],
        "generation": generation,
        "predicted_sql": predicted_sql,
        "is_only_sql": is_only_sql(generation, predicted_sql),
        "num_prompt_tokens": len(prompt),
        "num_new_tokens": len(token_ids),
        "stopped": stopped,
    }


def is_only_sql(generation: str, predicted_sql: str) -> bool:
    """Say whether the generation is the SQL and nothing else, but for white space and a `;`."""

    def bare(text: str) -> str:
        return " ".join(text.split()).rstrip("; ")

    return bool(predicted_sql) and bare(generation) == bare(predicted_sql)


def stop_ids(tokenizer: "PreTrainedTokenizerBase") -> set[int]:
    """Return the tokens that end an answer: end of sequence and the template's end of turn."""
    return {tokenizer.eos_token_id, end_of_turn_id(tokenizer)} - {None}


@contextmanager
def greedy_decoding(
    model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", max_new_tokens: int
) -> Iterator[None]:
    """Within the block `model.generate` is greedy, whatever sampling the model's authors advise."""
    from transformers import GenerationConfig

    advised = model.generation_config
    model.generation_config = GenerationConfig(
        do_sample=False,
        max_new_tokens=max_new_tokens,
        eos_token_id=sorted(stop_ids(tokenizer)),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )
    try:
        yield
    finally:
        model.generation_config = advised


def try_decoding(
    model: "PreTrainedModel", prompts: Sequence[Sequence[int]]
) -> list[list[int]] | None:
    """Return what `decode_batch` returns, or None where the device's memory did not suffice."""
    import torch

    try:
        return decode_batch(model, prompts)
    except torch.OutOfMemoryError:
        return None


def halve(batch_size: int) -> int:
    import torch

    if batch_size == 1:
        raise UserError(
            "The GPU's memory does not suffice for a single prompt. Close other programs on it, "
            "set --load_in_4bit true, or lower --max_new_tokens."
        )
    torch.cuda.empty_cache()
    print(f"Out of memory with batches of {batch_size}; going on with {batch_size // 2}.")
    return batch_size // 2


def decode_batch(model: "PreTrainedModel", prompts: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the new token ids of each prompt, up to and with the token that ends it.

    What all prompts begin with is computed once. The padding stands behind it and is masked, so
    that the tokens are those of one prompt alone.
    """
    import torch

    shared = shared_length(model, prompts)
    width = max(map(len, prompts))
    pad_id = model.generation_config.pad_token_id
    ids, mask = [], []
    for prompt in prompts:
        padding = width - len(prompt)
        ids.append([*prompt[:shared], *[pad_id] * padding, *prompt[shared:]])
        mask.append([1] * shared + [0] * padding + [1] * (len(prompt) - shared))
    ids = torch.tensor(ids, device=model.device)
    with torch.inference_mode():
        output = model.generate(
            input_ids=ids,
            attention_mask=torch.tensor(mask, device=model.device),
            past_key_values=compute_prefix(model, ids[:1, :shared], len(prompts)),
        )
    stops = set(model.generation_config.eos_token_id)
    return [cut_at_stop(new_ids, stops) for new_ids in output[:, width:].tolist()]


def compute_prefix(
    model: "PreTrainedModel", prefix_ids: "torch.Tensor", batch_size: int
) -> "Cache | None":
    """Return keys and values of the prefix, repeated for a batch; None for an empty prefix."""
    if prefix_ids.shape[1] == 0:
        return None
    cache = model(input_ids=prefix_ids, use_cache=True, logits_to_keep=1).past_key_values
    cache.batch_repeat_interleave(batch_size)
    return cache


def cut_at_stop(token_ids: list[int], stops: set[int]) -> list[int]:
    for position, token_id in enumerate(token_ids):
        if token_id in stops:
            return token_ids[: position + 1]
    return token_ids


def shared_length(model: "PreTrainedModel", prompts: Sequence[Sequence[int]]) -> int:
    """Return how many tokens all prompts begin with, or 0 where sharing them does not pay.

    Each prompt keeps a token of its own. A sliding window counts the padding between prefix and
    prompt, so models with one share nothing.
    """
    if getattr(model.config.get_text_config(), "sliding_window", None) is not None:
        return 0
    first, last = min(prompts), max(prompts)  # what these two share, all between them share
    pairs = zip(first, last, strict=False)
    length = next((place for place, (a, b) in enumerate(pairs) if a != b), len(first))
    length = min(length, min(map(len, prompts)) - 1)
    return length if len(prompts) > 1 and length >= SHORTEST_SHARED_PREFIX else 0


def choose_batch_size(model: "PreTrainedModel", longest: int) -> int:
    """Return how many sequences of `longest` tokens fit into half of the device's free memory."""
    import torch

    if model.device.type != "cuda":
        return CPU_BATCH_SIZE
    config = model.config.get_text_config()
    heads = config.num_attention_heads
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // heads
    key_value_heads = getattr(config, "num_key_value_heads", None) or heads
    width = torch.finfo(model.dtype).bits // 8
    cached = 2 * config.num_hidden_layers * key_value_heads * head_dim * width
    computed = width * (3 * config.intermediate_size + 8 * config.hidden_size)
    # The cache is copied as it grows, and the logits of one position are in float32.
    per_sequence = longest * (2 * cached + computed) + 8 * config.vocab_size
    free_bytes, _ = torch.cuda.mem_get_info(model.device)
    return max(1, min(LARGEST_BATCH_SIZE, int(free_bytes / 2 // per_sequence)))
