"""Greedy decoding in which waiting prompts take the rows of finished ones (continuous batching).

Each row of the cache holds a prompt and, right behind it, the tokens generated for it; a step
writes one token per row, each into a column of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from text2sql.inference.batch_plan import BatchPlan
from text2sql.inference.greedy import CHECK_EVERY, LARGEST_LIVE_FRACTION, additive_mask, prefill
from text2sql.inference.kv_cache import BlockCache, aligned, grouped_attention
from text2sql.models.adapters import Model

Finished = Callable[[int, list[int]], None]  # is given a prompt's index and its new token ids


@dataclass(frozen=True)
class StopRule:
    """When a row has finished: at a stop token, at the limit, or when its text is complete."""

    stop_ids: frozenset[int]
    max_new_tokens: int
    is_complete: Callable[[list[int]], bool]  # may be asked only every few tokens

    def cut(self, token_ids: list[int]) -> tuple[list[int], bool]:
        """Return the tokens up to and including the one that ends them, and whether they end."""
        stops = (n for n, token_id in enumerate(token_ids, start=1) if token_id in self.stop_ids)
        length = min(next(stops, self.max_new_tokens), self.max_new_tokens)
        kept = token_ids[:length]
        ends = len(token_ids) >= length or self.is_complete(kept)
        return kept, ends


def decode_continuously(
    model: Model,
    prompts: Sequence[Sequence[int]],
    rule: StopRule,
    plan: BatchPlan,
    pad_id: int,
    on_finished: Finished,
) -> None:
    """Decode every prompt and pass its new token ids to `on_finished` as soon as it has finished.

    `plan.num_prompts` rows are decoded at a time. Running out of memory starts the unfinished
    prompts again with fewer rows.
    """
    pending = dict(enumerate(prompts))

    def finish(index: int, token_ids: list[int]) -> None:
        del pending[index]
        on_finished(index, token_ids)

    while pending:
        if not try_decoding(model, dict(pending), rule, plan, pad_id, finish):
            plan = plan.halved()


def try_decoding(
    model: Model,
    prompts: dict[int, Sequence[int]],
    rule: StopRule,
    plan: BatchPlan,
    pad_id: int,
    on_finished: Finished,
) -> bool:
    """Return whether the memory was enough; if not, it is free again when this returns."""
    try:
        decode_pending(model, prompts, rule, plan, pad_id, on_finished)
    except torch.OutOfMemoryError:
        return False
    return True


def decode_pending(
    model: Model,
    prompts: dict[int, Sequence[int]],
    rule: StopRule,
    plan: BatchPlan,
    pad_id: int,
    on_finished: Finished,
) -> None:
    # Neighbours in sorted order share their beginnings, which are then computed once.
    waiting = sorted(prompts, key=lambda index: list(prompts[index]), reverse=True)
    longest = max(map(len, prompts.values())) + rule.max_new_tokens
    rows = DecodingRows(model, min(plan.num_prompts, len(prompts)), longest, pad_id)
    steps = 1 if model.device.type == "cpu" else CHECK_EVERY
    with torch.inference_mode(), grouped_attention(model):
        while waiting or rows.is_busy:
            if free := rows.free[: len(waiting)]:
                admitted = [waiting.pop() for _ in free]
                rows.admit({index: prompts[index] for index in admitted}, plan.prefill_tokens)
            elif not waiting:
                rows.shrink()
            rows.advance(steps)
            for index, token_ids in rows.take_finished(rule):
                on_finished(index, token_ids)


@dataclass(frozen=True)
class RowWrite:
    """A write of one new token in each row, in the column behind the row's last one."""

    rows: torch.Tensor  # (rows,) all rows of the block
    columns: torch.Tensor  # (rows,)
    width: int  # columns that are read

    def __call__(self, block: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        block[self.rows, :, self.columns] = states[:, :, 0]
        return block[:, :, : self.width]


class DecodingRows:
    """The rows of the cache: which prompt each holds, and what was generated for it."""

    def __init__(self, model: Model, num_rows: int, longest: int, pad_id: int):
        self.model, self.longest, self.pad_id = model, longest, pad_id
        self.cache = BlockCache(model.config.num_hidden_layers, num_rows, aligned(longest))
        self.tokens = torch.full((num_rows,), pad_id, device=model.device)  # the newest of each
        self.positions = torch.zeros(num_rows, dtype=torch.long, device=model.device)
        self.lengths = [0] * num_rows  # tokens of prompt and generation, the newest included
        self.indices: list[int | None] = [None] * num_rows  # of the prompts; None for a free row
        self.generated: list[list[int]] = [[] for _ in range(num_rows)]

    @property
    def is_busy(self) -> bool:
        return any(index is not None for index in self.indices)

    @property
    def free(self) -> list[int]:
        return [row for row, index in enumerate(self.indices) if index is None]

    def admit(self, prompts: dict[int, Sequence[int]], prefill_tokens: int) -> None:
        """Put sorted prompts into free rows and compute all but their last tokens."""
        slots = self.free[: len(prompts)]
        for slot, (index, prompt) in zip(slots, prompts.items(), strict=True):
            self.indices[slot], self.generated[slot] = index, []
            self.lengths[slot] = len(prompt)
            self.tokens[slot], self.positions[slot] = prompt[-1], len(prompt) - 1
        rows = torch.tensor(slots, device=self.model.device)
        contexts = [prompt[:-1] for prompt in prompts.values()]
        prefill(self.model, self.cache, contexts, self.pad_id, prefill_tokens, rows)

    def advance(self, num_steps: int) -> None:
        """Generate the next tokens of every row, without waiting for the device in between."""
        steps = []
        for _ in range(num_steps):
            self.step()
            steps.append(self.tokens)
        for row, token_ids in enumerate(torch.stack(steps, dim=1).tolist()):
            self.generated[row] += token_ids

    def step(self) -> None:
        width = aligned(min(max(self.lengths), self.longest))
        columns = torch.arange(width, device=self.model.device)
        visible = columns <= self.positions[:, None]
        rows = torch.arange(len(self.lengths), device=self.model.device)
        self.cache.write_next(RowWrite(rows, self.positions, width))
        logits = self.model(
            input_ids=self.tokens[:, None],
            position_ids=self.positions[:, None],
            attention_mask=additive_mask(visible[:, None, None], self.model),
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits
        self.tokens = logits[:, -1].argmax(-1)
        # A finished row may go a few tokens too far before that is noticed.
        self.positions = (self.positions + 1).clamp(max=self.longest - 1)
        self.lengths = [length + 1 for length in self.lengths]

    def take_finished(self, rule: StopRule) -> list[tuple[int, list[int]]]:
        """Free the rows that have finished; return their prompts and what was generated."""
        finished = []
        for row, index in enumerate(self.indices):
            if index is None:
                self.lengths[row] = 0
                continue
            token_ids, ends = rule.cut(self.generated[row])
            if ends:
                finished.append((index, token_ids))
                self.indices[row], self.lengths[row] = None, 0
        return finished

    def shrink(self) -> None:
        """Remove the free rows from the batch once there are enough of them."""
        keep = [row for row, index in enumerate(self.indices) if index is not None]
        if len(keep) > LARGEST_LIVE_FRACTION * len(self.indices):
            return
        rows = torch.tensor(keep, device=self.model.device)
        self.tokens, self.positions = self.tokens[rows], self.positions[rows]
        self.lengths = [self.lengths[row] for row in keep]
        self.indices = [self.indices[row] for row in keep]
        self.generated = [self.generated[row] for row in keep]
        self.cache.keep_rows(rows)
