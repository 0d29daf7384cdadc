"""Greedy decoding of many prompts at once: shared beginnings once, ended rows out of the batch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import GenerationConfig, PreTrainedModel

from text2sql.inference.kv_cache import (
    BlockCache,
    SpanWrite,
    StepWrite,
    aligned,
    grouped_attention_active,
)
from text2sql.inference.prefix_tree import Span, shared_spans

CHECK_EVERY = 8  # steps; looking whether rows have ended waits for the GPU
LARGEST_LIVE_SHARE = 0.75  # of the rows; below, rows that have ended are taken out


def decode_greedily(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    settings: GenerationConfig,
    prefill_tokens: int,
) -> list[list[int]]:
    """Return the new token ids of each sorted prompt, up to and with the token that ends it.

    `prefill_tokens` bounds how many tokens of prompts are computed at once.
    """
    max_new_tokens, pad_id = settings.max_new_tokens, settings.pad_token_id
    longest = max(map(len, prompts)) - 1
    num_columns = aligned(longest + max_new_tokens)
    cache = BlockCache(model.config.num_hidden_layers, len(prompts), num_columns)
    with torch.inference_mode(), grouped_attention_active(model):
        # The last token of a prompt is the first step's input.
        prefill(model, cache, [prompt[:-1] for prompt in prompts], pad_id, prefill_tokens)
        rows = LiveRows.behind(prompts, num_columns, model)
        generated = torch.full((len(prompts), max_new_tokens), pad_id, device=model.device)
        stop_ids = torch.tensor(settings.eos_token_id, device=model.device)
        for step in range(max_new_tokens):
            rows.step(model, cache, longest + step)
            generated[rows.indices, step] = rows.tokens
            rows.ended |= torch.isin(rows.tokens, stop_ids)
            if model.device.type == "cpu" or step % CHECK_EVERY == 0:
                rows.drop_ended(cache)
            if len(rows.indices) == 0:
                break
    return [cut_at_stop(tokens, set(settings.eos_token_id)) for tokens in generated.tolist()]


def prefill(
    model: PreTrainedModel,
    cache: BlockCache,
    prompts: Sequence[Sequence[int]],
    pad_id: int,
    tokens_at_once: int,
) -> None:
    """Write the keys and values of all prompts; what several begin with is computed once."""
    for spans in shared_spans(prompts):
        for batch in batches_of(spans, tokens_at_once):
            prefill_spans(model, cache, prompts, batch, pad_id)


def batches_of(spans: Sequence[Span], tokens_at_once: int) -> Iterator[list[Span]]:
    """Yield spans of similar lengths together, up to so many tokens with their padding."""
    batch: list[Span] = []
    for span in sorted(spans, key=lambda span: span.length):
        if batch and (len(batch) + 1) * span.length > tokens_at_once:
            yield batch
            batch = []
        batch.append(span)
    yield batch


def prefill_spans(
    model: PreTrainedModel,
    cache: BlockCache,
    prompts: Sequence[Sequence[int]],
    spans: Sequence[Span],
    pad_id: int,
) -> None:
    device, width = model.device, max(span.length for span in spans)
    ids = [[*prompts[s.first][s.start : s.end], *[pad_id] * (width - s.length)] for s in spans]
    starts = torch.tensor([span.start for span in spans])[:, None]
    ends = torch.tensor([span.end for span in spans])[:, None]
    # Padding has its span's last position, as a model may know none beyond.
    positions = torch.minimum(starts + torch.arange(width), ends - 1).to(device)
    num_columns = min(aligned(max(span.end for span in spans)), cache.num_columns)
    visible = torch.arange(num_columns, device=device) <= positions[..., None]
    cache.write_next(SpanWrite.of(spans, width, num_columns, device))
    model(
        input_ids=torch.tensor(ids, device=device),
        position_ids=positions,
        attention_mask=additive(visible[:, None], model),
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=torch.empty(0, dtype=torch.long, device=device),  # none
    )


@dataclass
class LiveRows:
    """The prompts that are still being answered: a row of the cache each."""

    indices: torch.Tensor  # among all prompts
    tokens: torch.Tensor  # the newest of each
    positions: torch.Tensor
    mask: torch.Tensor  # (rows, 1, 1, columns), to be added
    ended: torch.Tensor

    @classmethod
    def behind(
        cls, prompts: Sequence[Sequence[int]], num_columns: int, model: PreTrainedModel
    ) -> "LiveRows":
        """Return rows whose newest token is the last of each prompt."""
        device = model.device
        positions = torch.tensor([len(prompt) - 1 for prompt in prompts], device=device)
        visible = torch.arange(num_columns, device=device) < positions[:, None]
        return cls(
            indices=torch.arange(len(prompts), device=device),
            tokens=torch.tensor([prompt[-1] for prompt in prompts], device=device),
            positions=positions,
            mask=additive(visible[:, None, None], model),
            ended=torch.zeros(len(prompts), dtype=torch.bool, device=device),
        )

    def step(self, model: PreTrainedModel, cache: BlockCache, column: int) -> None:
        """Compute the next token of each row; the newest one's keys go into `column`."""
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

    def drop_ended(self, cache: BlockCache) -> None:
        """Take the rows that have ended out of the batch once they are many."""
        keep = (~self.ended).nonzero()[:, 0]
        if len(keep) > LARGEST_LIVE_SHARE * len(self.ended):
            return
        for name in ("indices", "tokens", "positions", "mask", "ended"):
            setattr(self, name, getattr(self, name)[keep])
        cache.keep_rows(keep)


def additive(visible: torch.Tensor, model: PreTrainedModel) -> torch.Tensor:
    """Return a mask in the model's precision: 0 where `visible`, else minus infinity."""
    dtype = model.get_input_embeddings().weight.dtype
    mask = torch.zeros(visible.shape, dtype=dtype, device=visible.device)
    return mask.masked_fill_(~visible, float("-inf"))


def cut_at_stop(token_ids: list[int], stops: set[int]) -> list[int]:
    for position, token_id in enumerate(token_ids):
        if token_id in stops:
            return token_ids[: position + 1]
    return token_ids
