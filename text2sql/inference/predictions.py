"""Prompts -> predictions.jsonl: greedy, batched, sharing what prompts have in common, resumable."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from text2sql.files import json_line, remove_cut_line, write_jsonl
from text2sql.inference.batch_plan import BatchPlan, plan_decoding
from text2sql.inference.extract_sql import extract_sql
from text2sql.inference.prediction import Prediction, read_predictions
from text2sql.models.tokenizer import end_of_turn_id
from text2sql.prompts.chat import render_chat

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase


def finished_predictions(path: Path) -> dict[int, Prediction]:
    """Return the predictions made so far, by index, from the complete and from the partial file."""
    predictions = []
    for file in (path, partial_path(path)):
        if file.exists():
            remove_cut_line(file)
            predictions += read_predictions(file)
    return {prediction.index: prediction for prediction in predictions}


def partial_path(path: Path) -> Path:
    return path.with_suffix(".part.jsonl")


def finalize_predictions(path: Path, num_rows: int) -> bool:
    """Say whether all rows are predicted, and if so leave the complete file and none that grows."""
    finished = finished_predictions(path)
    if not finished.keys() >= set(range(num_rows)):
        return False
    if partial_path(path).exists() or not path.exists():
        write_jsonl(path, (finished[index].to_json() for index in sorted(finished)))
        partial_path(path).unlink(missing_ok=True)  # another process may have been as quick
    return True


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

    if finalize_predictions(path, len(rows)):
        return
    finished = finished_predictions(path)
    prompts = {
        index: encode_prompt(tokenizer, row["prompt"])
        for index, row in enumerate(rows)
        if index not in finished
    }
    settings = greedy_settings(tokenizer, max_new_tokens)
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        partial_path(path).open("a", encoding="utf-8") as file,
        tqdm(total=len(rows), initial=len(rows) - len(prompts), desc=label, unit="question") as bar,
    ):
        for answers in answer_in_batches(model, prompts, settings, batch_size):
            for index, token_ids in answers.items():
                prediction = build_prediction(
                    tokenizer, index, rows[index], prompts[index], token_ids
                )
                file.write(json_line(prediction.to_json()))
            file.flush()
            os.fsync(file.fileno())
            bar.update(len(answers))
    finalize_predictions(path, len(rows))


def answer_in_batches(
    model: "PreTrainedModel",
    prompts: Mapping[int, Sequence[int]],
    settings: "GenerationConfig",
    batch_size: int,
) -> Iterator[dict[int, list[int]]]:
    """Yield the new token ids of each prompt by its index, a batch at a time.

    A batch that runs out of memory is asked again in halves, and so are those to come.
    """
    longest = max(map(len, prompts.values())) + settings.max_new_tokens
    plan = plan_decoding(model, longest, batch_size)
    todo = sorted(prompts, key=lambda index: prompts[index])
    while todo:
        batch = todo[: plan.share_of(len(todo))]
        generated = try_decoding(model, [prompts[index] for index in batch], settings, plan)
        if generated is None:
            plan = plan.halved()
            continue
        yield dict(zip(batch, generated, strict=True))
        todo = todo[len(batch) :]


def encode_prompt(tokenizer: "PreTrainedTokenizerBase", messages: list[dict]) -> list[int]:
    """Return the token ids of the rendered prompt, with the template's one `<bos>` and no more."""
    text = render_chat(tokenizer, messages, add_generation_prompt=True)
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def build_prediction(
    tokenizer: "PreTrainedTokenizerBase",
    index: int,
    row: dict,
    prompt: Sequence[int],
    token_ids: Sequence[int],
) -> Prediction:
    """Return the prediction in the new tokens of one answer, with its end-of-turn token if any."""
    stopped = bool(token_ids) and token_ids[-1] in stop_ids(tokenizer)
    generation = tokenizer.decode(
        token_ids[:-1] if stopped else token_ids,
        skip_special_tokens=True,
        clean_up_tokenization_spaces=False,
    )
    predicted_sql = extract_sql(generation)
    return Prediction(
        index=index,
        id=row["id"],
        db_id=row["db_id"],
        generation=generation,
        predicted_sql=predicted_sql,
        is_only_sql=is_only_sql(generation, predicted_sql),
        num_prompt_tokens=len(prompt),
        num_new_tokens=len(token_ids),
        stopped=stopped,
    )


def is_only_sql(generation: str, predicted_sql: str) -> bool:
    """Say whether the generation is the SQL and nothing else, but for white space and a `;`."""

    def bare(text: str) -> str:
        return " ".join(text.split()).rstrip("; ")

    return bool(predicted_sql) and bare(generation) == bare(predicted_sql)


def stop_ids(tokenizer: "PreTrainedTokenizerBase") -> set[int]:
    """Return the tokens that end an answer: end of sequence and the template's end of turn."""
    return {tokenizer.eos_token_id, end_of_turn_id(tokenizer)} - {None}


def greedy_settings(
    tokenizer: "PreTrainedTokenizerBase", max_new_tokens: int
) -> "GenerationConfig":
    """Return what ends an answer; nothing of the sampling that the model's authors advise."""
    from transformers import GenerationConfig

    return GenerationConfig(
        do_sample=False,
        max_new_tokens=max_new_tokens,
        eos_token_id=sorted(stop_ids(tokenizer)),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )


def try_decoding(
    model: "PreTrainedModel",
    prompts: Sequence[Sequence[int]],
    settings: "GenerationConfig",
    plan: BatchPlan,
) -> list[list[int]] | None:
    """Return what `decode_batch` returns, or None where the device's memory did not suffice."""
    import torch

    try:
        return decode_batch(model, prompts, settings, plan)
    except torch.OutOfMemoryError:
        return None


def decode_batch(
    model: "PreTrainedModel",
    prompts: Sequence[Sequence[int]],
    settings: "GenerationConfig",
    plan: BatchPlan,
) -> list[list[int]]:
    """Return the new token ids of each sorted prompt, up to and with the token that ends it."""
    from text2sql.inference import kv_cache
    from text2sql.inference.greedy import decode_greedily

    if kv_cache.is_supported(model):
        return decode_greedily(model, prompts, settings, plan.prefill_tokens)
    return generate_batch(model, prompts, settings)


def generate_batch(
    model: "PreTrainedModel", prompts: Sequence[Sequence[int]], settings: "GenerationConfig"
) -> list[list[int]]:
    """Return what `decode_batch` returns, for models whose cache is of another kind."""
    import torch

    from text2sql.inference.greedy import cut_at_stop

    width = max(map(len, prompts))
    padding = [width - len(prompt) for prompt in prompts]
    ids = [
        [settings.pad_token_id] * pad + [*prompt]
        for pad, prompt in zip(padding, prompts, strict=True)
    ]
    mask = [[0] * pad + [1] * (width - pad) for pad in padding]
    with torch.inference_mode(), own_settings_aside(model, settings):
        output = model.generate(
            input_ids=torch.tensor(ids, device=model.device),
            attention_mask=torch.tensor(mask, device=model.device),
        )
    stops = set(settings.eos_token_id)
    return [cut_at_stop(new_ids, stops) for new_ids in output[:, width:].tolist()]


@contextmanager
def own_settings_aside(model: "PreTrainedModel", settings: "GenerationConfig") -> Iterator[None]:
    """Within the block `model.generate` follows `settings` and nothing that its authors advise."""
    advised = model.generation_config
    model.generation_config = settings
    try:
        yield
    finally:
        model.generation_config = advised
