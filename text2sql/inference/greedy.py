"""Greedy decoding of many prompts at once: shared prefixes computed once, finished rows dropped.

Where a step can be a CUDA graph, `continuous.py` decodes instead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from transformers import GenerationConfig

from text2sql.inference.kv_cache import (
    BlockCache,
    SpanWrite,
    StepWrite,
    aligned,
    grouped_attention,
)
from text2sql.inference.prefix_tree import Span, shared_spans
from text2sql.models.adapters import Model

CHECK_EVERY = 8  # steps; finding out whether rows have finished waits for the GPU
LARGEST_LIVE_FRACTION = 0.75  # of the rows; below it, finished rows are dropped


def decode_greedily(
    model: Model,
    prompts: Sequence[Sequence[int]],
    settings: GenerationConfig,
    prefill_tokens: int,
) -> list[list[int]]:
    """Return the new token ids of each sorted prompt, up to and including the stop token.

    `prefill_tokens` bounds how many prompt tokens are computed at once.
    """
    max_new_tokens, pad_id = settings.max_new_tokens, settings.pad_token_id
    longest = max(map(len, prompts)) - 1
    num_columns = aligned(longest + max_new_tokens)
    cache = BlockCache(model.config.num_hidden_layers, len(prompts), num_columns)
    with torch.inference_mode(), grouped_attention(model):
        # The last token of each prompt is the input of the first step.
        prefill(model, cache, [prompt[:-1] for prompt in prompts], pad_id, prefill_tokens)
        rows = LiveRows.after_prefill(prompts, num_columns, model)
        generated = torch.full((len(prompts), max_new_tokens), pad_id, device=model.device)
        stop_ids = torch.tensor(settings.eos_token_id, device=model.device)
        for step in range(max_new_tokens):
            rows.step(model, cache, longest + step)
            generated[rows.indices, step] = rows.tokens
            rows.finished |= torch.isin(rows.tokens, stop_ids)
            if model.device.type == "cpu" or step % CHECK_EVERY == 0:
                rows.drop_finished(cache)
            if len(rows.indices) == 0:
                break
    return [cut_at_stop(tokens, set(settings.eos_token_id)) for tokens in generated.tolist()]


def prefill(
    model: Model,
    cache: BlockCache,
    prompts: Sequence[Sequence[int]],
    pad_id: int,
    tokens_at_once: int,
    rows: torch.Tensor | None = None,
) -> None:
    """Write the keys and values of all prompts, computing each shared prefix once.

    `rows` has the row of the cache for each prompt; by default they are in the same order.
    """
    for spans in shared_spans(prompts):
        for batch in batch_spans(spans, tokens_at_once):
            prefill_spans(model, cache, prompts, batch, pad_id, rows)


def batch_spans(spans: Sequence[Span], tokens_at_once: int) -> Iterator[list[Span]]:
    """Yield batches of spans of similar lengths, of up to `tokens_at_once` tokens with padding."""
    batch: list[Span] = []
    for span in sorted(spans, key=lambda span: span.length):
        if batch and (len(batch) + 1) * span.length > tokens_at_once:
            yield batch
            batch = []
        batch.append(span)
    yield batch


def prefill_spans(
    model: Model,
    cache: BlockCache,
    prompts: Sequence[Sequence[int]],
    spans: Sequence[Span],
    pad_id: int,
    rows: torch.Tensor | None,
) -> None:
    """Write the keys and values of one batch of spans, padded on the right."""
    device, width = model.device, max(span.length for span in spans)
    ids = [[*prompts[s.first][s.start : s.end], *[pad_id] * (width - s.length)] for s in spans]
    starts = torch.tensor([span.start for span in spans])[:, None]
    ends = torch.tensor([span.end for span in spans])[:, None]
    # Padding repeats its span's last position, as the model may have no position beyond it.
    positions = torch.minimum(starts + torch.arange(width), ends - 1).to(device)
    num_columns = min(aligned(max(span.end for span in spans)), cache.num_columns)
    visible = torch.arange(num_columns, device=device) <= positions[..., None]
    write = SpanWrite.of(spans, width, num_columns, device)
    cache.write_next(write if rows is None else write.into(rows))
    model(
        input_ids=torch.tensor(ids, device=device),
        position_ids=positions,
        attention_mask=additive_mask(visible[:, None], model),
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=torch.empty(0, dtype=torch.long, device=device),  # none
    )


@dataclass
class LiveRows:
    """The prompts that are still being answered, each a row of the cache."""

    indices: torch.Tensor  # (rows,) among all prompts
    tokens: torch.Tensor  # (rows,) the newest token of each
    positions: torch.Tensor  # (rows,)
    mask: torch.Tensor  # (rows, 1, 1, columns), additive
    finished: torch.Tensor  # (rows,) bool

    @classmethod
    def after_prefill(
        cls, prompts: Sequence[Sequence[int]], num_columns: int, model: Model
    ) -> "LiveRows":
        """Return rows whose newest token is the last of each prompt."""
        device = model.device
        positions = torch.tensor([len(prompt) - 1 for prompt in prompts], device=device)
        visible = torch.arange(num_columns, device=device) < positions[:, None]
        return cls(
            indices=torch.arange(len(prompts), device=device),
            tokens=torch.tensor([prompt[-1] for prompt in prompts], device=device),
            positions=positions,
            mask=additive_mask(visible[:, None, None], model),
            finished=torch.zeros(len(prompts), dtype=torch.bool, device=device),
        )

    def step(self, model: Model, cache: BlockCache, column: int) -> None:
        """Compute the next token of each row, writing the keys of the newest into `column`."""
        width = aligned(column + 1)
        self.mask[..., column] = 0
        cache.write_next(StepWrite(column, width))
        logits = model(
            input_ids=self.tokens[:, None],
            position_ids=self.positions[:, None],
            attention_mask=self.mask[..., :width],
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits
        self.tokens = logits[:, -1].argmax(-1)
        self.positions = self.positions + 1

    def drop_finished(self, cache: BlockCache) -> None:
        """Remove the finished rows from the batch once there are enough of them."""
        keep = (~self.finished).nonzero()[:, 0]
        if len(keep) > LARGEST_LIVE_FRACTION * len(self.finished):
            return
        for name in ("indices", "tokens", "positions", "mask", "finished"):
            setattr(self, name, getattr(self, name)[keep])
        cache.keep_rows(keep)


def additive_mask(visible: torch.Tensor, model: Model) -> torch.Tensor:
    """Return a mask in the model's precision: 0 where `visible`, else minus infinity."""
    embeddings = cast(torch.nn.Embedding, model.get_input_embeddings())
    dtype = embeddings.weight.dtype
    mask = torch.zeros(visible.shape, dtype=dtype, device=visible.device)
    return mask.masked_fill_(~visible, float("-inf"))


def cut_at_stop(token_ids: list[int], stop_ids: set[int]) -> list[int]:
    """Return the tokens up to and including the first stop token."""
    for position, token_id in enumerate(token_ids):
        if token_id in stop_ids:
            return token_ids[: position + 1]
    return token_ids
