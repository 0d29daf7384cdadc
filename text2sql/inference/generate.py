"""Greedy generation of predictions: batched, with shared prefixes computed once, resumable."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from transformers import GenerationConfig, PreTrainedTokenizerBase

from text2sql.inference.batch_plan import BatchPlan, plan_decoding
from text2sql.inference.continuous import decode_batch_by_graphs
from text2sql.inference.extract_sql import extract_sql, is_only_sql
from text2sql.inference.greedy import cut_at_stop, decode_greedily
from text2sql.inference.kv_cache import supports_block_cache
from text2sql.inference.partial_predictions import (
    append_predictions,
    finalize_predictions,
    finished_predictions,
)
from text2sql.inference.prediction import Prediction
from text2sql.inference.step_graphs import supports_step_graphs
from text2sql.models.adapters import Model, runs_in_layers, unwrap_adapters
from text2sql.models.packed_rows import common_length
from text2sql.models.tokenizer import end_of_turn_id
from text2sql.processes import on_main_process
from text2sql.progress import progress_bar
from text2sql.prompts.tokens import encode_texts
from text2sql.shared_work import Findings, own_part

PROMPT_END_TOKENS = 32  # enough to see whether the template opens a think block for the answer


def generate_predictions(
    model: Model,
    tokenizer: PreTrainedTokenizerBase,
    rows: Sequence[dict[str, Any]],
    path: Path,
    *,
    max_new_tokens: int,
    batch_size: int = 0,
    label: str = "",
) -> None:
    """Write a prediction for each of `rows` that `path` does not have yet, given its `prompt_text`.

    Each finished batch is on disk before the next one starts. A `batch_size` of 0 chooses it from
    the free memory. Several processes divide the prompts, and the main one writes all predictions.
    """
    if on_main_process(finalize_predictions, path, len(rows)):
        return
    finished = on_main_process(finished_predictions, path)
    pending = [index for index in range(len(rows)) if index not in finished]
    texts = [rows[index]["prompt_text"] for index in pending]
    prompts = dict(zip(pending, encode_texts(tokenizer, texts), strict=True))
    settings = greedy_settings(tokenizer, max_new_tokens)
    stops = set(settings.eos_token_id)
    with progress_bar(
        total=len(rows), initial=len(rows) - len(prompts), desc=label, unit="question"
    ) as bar:

        def keep(predictions: list[Prediction]) -> None:
            append_predictions(path, predictions)
            bar.update(len(predictions))

        findings = Findings(keep)
        own = own_prompts(prompts, max_new_tokens)
        for answers in generate_in_batches(model, own, settings, batch_size):
            findings.add(
                [
                    build_prediction(tokenizer, index, rows[index], prompts[index], new_ids, stops)
                    for index, new_ids in answers.items()
                ]
            )
        findings.finish()
    on_main_process(finalize_predictions, path, len(rows))


def own_prompts(prompts: Mapping[int, list[int]], max_new_tokens: int) -> dict[int, list[int]]:
    """Return the prompts that this process answers: neighbours in sorted order, at equal costs.

    A prompt costs the tokens that it does not share with the one before, and those of its answer.
    """
    indices = sorted(prompts, key=lambda index: prompts[index])
    costs, before = [], list[int]()
    for index in indices:
        prompt = prompts[index]
        costs.append(len(prompt) - common_length(before, prompt) + max_new_tokens)
        before = prompt
    return {indices[position]: prompts[indices[position]] for position in own_part(costs)}


def generate_in_batches(
    model: Model,
    prompts: Mapping[int, list[int]],
    settings: GenerationConfig,
    batch_size: int,
) -> Iterator[dict[int, list[int]]]:
    """Yield the new token ids of each prompt by its index, one batch at a time.

    Sorted prompts put those with a common prefix (the same solved examples, the same schema) into
    one batch. A batch that runs out of memory is retried in halves, as are all later ones.
    """
    longest = max(map(len, prompts.values()), default=0) + settings.max_new_tokens
    plan = plan_decoding(model, longest, batch_size)
    pending = sorted(prompts, key=lambda index: prompts[index])
    while pending:
        batch = pending[: plan.next_batch_size(len(pending))]
        generated = try_decoding(model, [prompts[index] for index in batch], settings, plan)
        if generated is None:
            plan = plan.halved()
            continue
        yield dict(zip(batch, generated, strict=True))
        pending = pending[len(batch) :]


def build_prediction(
    tokenizer: PreTrainedTokenizerBase,
    index: int,
    row: dict[str, Any],
    prompt: list[int],
    token_ids: list[int],
    stops: Set[int],
) -> Prediction:
    """Return the prediction that the new tokens amount to; the last may be one of `stops`."""
    stopped = bool(token_ids) and token_ids[-1] in stops
    generation = cast(
        str,
        tokenizer.decode(
            token_ids[:-1] if stopped else token_ids,
            skip_special_tokens=False,  # they tell channels and turns from text
            clean_up_tokenization_spaces=False,
        ),
    )
    prompt_end = cast(str, tokenizer.decode(prompt[-PROMPT_END_TOKENS:]))
    predicted_sql = extract_sql(generation, prompt_end)
    return Prediction(
        index=index,
        id=row["id"],
        db_id=row["db_id"],
        generation=generation,
        predicted_sql=predicted_sql,
        is_only_sql=is_only_sql(generation, predicted_sql, prompt_end),
        num_prompt_tokens=len(prompt),
        num_new_tokens=len(token_ids),
        stopped=stopped,
    )


def stop_ids(tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Return the tokens that end an answer: end of sequence and the template's end of turn."""
    ids = (tokenizer.eos_token_id, end_of_turn_id(tokenizer))
    return {token_id for token_id in ids if token_id is not None}


def greedy_settings(tokenizer: PreTrainedTokenizerBase, max_new_tokens: int) -> GenerationConfig:
    """Return settings for greedy generation, without the model's own sampling defaults."""
    return GenerationConfig(
        do_sample=False,
        max_new_tokens=max_new_tokens,
        eos_token_id=sorted(stop_ids(tokenizer)),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )


def try_decoding(
    model: Model,
    prompts: Sequence[Sequence[int]],
    settings: GenerationConfig,
    plan: BatchPlan,
) -> list[list[int]] | None:
    """Return what `decode_batch` returns, or None when the device runs out of memory."""
    try:
        return decode_batch(model, prompts, settings, plan)
    except torch.OutOfMemoryError:
        return None


def decode_batch(
    model: Model,
    prompts: Sequence[Sequence[int]],
    settings: GenerationConfig,
    plan: BatchPlan,
) -> list[list[int]]:
    """Return the new token ids of each sorted prompt, up to and including the stop token."""
    if not supports_block_cache(model):
        return generate_batch(model, prompts, settings)
    decode = decode_batch_by_graphs if supports_step_graphs(model) else decode_greedily
    return decode(model, prompts, settings, plan.prefill_tokens)


def generate_batch(
    model: Model, prompts: Sequence[Sequence[int]], settings: GenerationConfig
) -> list[list[int]]:
    """Return what `decode_batch` returns, by transformers' own `generate`.

    Prompts of different lengths are padded on the left. Virtual tokens come before that padding,
    so a model that has some is given prompts of one length at a time.
    """
    groups: dict[int, list[int]] = {}  # indices of prompts by the key of their batch
    for index, prompt in enumerate(prompts):
        groups.setdefault(0 if runs_in_layers(model) else len(prompt), []).append(index)
    answers: dict[int, list[int]] = {}
    for indices in groups.values():
        generated = generate_padded(model, [prompts[index] for index in indices], settings)
        answers |= zip(indices, generated, strict=True)
    return [answers[index] for index in range(len(prompts))]


def generate_padded(
    model: Model, prompts: Sequence[Sequence[int]], settings: GenerationConfig
) -> list[list[int]]:
    width = max(map(len, prompts))
    padding = [width - len(prompt) for prompt in prompts]
    ids = [
        [settings.pad_token_id] * pad + [*prompt]
        for pad, prompt in zip(padding, prompts, strict=True)
    ]
    mask = [[0] * pad + [1] * (width - pad) for pad in padding]
    generate = cast(Callable[..., torch.Tensor], model.generate)
    with torch.inference_mode(), generation_settings(model, settings):
        output = generate(
            input_ids=torch.tensor(ids, device=model.device),
            attention_mask=torch.tensor(mask, device=model.device),
        )
    stop_ids = set(settings.eos_token_id)
    return [cut_at_stop(new_ids, stop_ids) for new_ids in output[:, width:].tolist()]


@contextmanager
def generation_settings(model: Model, settings: GenerationConfig) -> Iterator[None]:
    """Replace the model's own defaults for `generate` by `settings` within the block."""
    holders = (model, unwrap_adapters(model))  # with virtual tokens, PEFT reads that of the base
    defaults = [holder.generation_config for holder in holders]
    for holder in holders:
        holder.generation_config = settings
    try:
        yield
    finally:
        for holder, default in zip(holders, defaults, strict=True):
            holder.generation_config = default
