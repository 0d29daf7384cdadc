"""Greedy decoding in which waiting prompts take the rows of finished ones (continuous batching).

Each row of the cache holds a prompt and, right behind it, the tokens generated for it; a step
writes one token per row, each into a column of its own. On a GPU the next steps are launched before
the tokens of the last ones are looked at, so that it never waits for the CPU. A batch in which no
prompt waits is decoded the same way (`decode_batch_by_graphs`).
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from transformers import GenerationConfig

from text2sql.inference.batch_plan import BatchPlan
from text2sql.inference.decoding_rows import DecodingRows, Launched
from text2sql.inference.greedy import CHECK_EVERY, LARGEST_LIVE_FRACTION
from text2sql.inference.kv_cache import grouped_attention
from text2sql.models.adapters import Model

Finished = Callable[[int, list[int]], None]  # is given a prompt's index and its new token ids

WAITING_FRACTION = 16  # a prefill waits until one in 16 rows is free: it costs a step of all rows


@dataclass(frozen=True)
class Schedule:
    """How decoding alternates between steps, looking at their tokens, and taking in prompts."""

    num_steps: int  # launched together
    num_ahead: int  # launches that may be under way while the tokens of an earlier one are read
    min_free: int  # rows that must be free before waiting prompts are taken in
    largest_live_fraction: float  # of the rows; below it, free rows are left out of the batch

    @classmethod
    def on(cls, device: torch.device, num_rows: int) -> "Schedule":
        if device.type != "cuda":
            return cls(num_steps=1, num_ahead=0, min_free=1, largest_live_fraction=1.0)
        return cls(
            num_steps=CHECK_EVERY,
            num_ahead=1,
            min_free=max(num_rows // WAITING_FRACTION, 1),
            largest_live_fraction=LARGEST_LIVE_FRACTION,
        )


@dataclass(frozen=True)
class StopRule:
    """When a row has finished: at a stop token, at the limit, or when its text is complete."""

    stop_ids: frozenset[int]
    max_new_tokens: int
    is_complete: Callable[[list[int]], bool]  # may be asked only every few tokens

    def cut(self, token_ids: list[int], num_checked: int) -> tuple[list[int], bool]:
        """Return the tokens up to and including the one that ends them, and whether they end.

        The first `num_checked` tokens are known not to.
        """
        new = enumerate(token_ids[num_checked:], start=num_checked + 1)
        stops = (length for length, token_id in new if token_id in self.stop_ids)
        length = min(next(stops, self.max_new_tokens), self.max_new_tokens)
        kept = token_ids[:length]
        ends = len(token_ids) >= length or self.is_complete(kept)
        return kept, ends


def decode_batch_by_graphs(
    model: Model,
    prompts: Sequence[Sequence[int]],
    settings: GenerationConfig,
    prefill_tokens: int,
) -> list[list[int]]:
    """Return what `decode_greedily` returns, by steps that are replayed as CUDA graphs.

    All prompts have a row from the start, so that each shared prefix is computed once.
    """
    answers: dict[int, list[int]] = {}
    stop_ids = frozenset(settings.eos_token_id)
    rule = StopRule(stop_ids, settings.max_new_tokens, is_complete=lambda token_ids: False)
    plan = BatchPlan(len(prompts), prefill_tokens)
    pad_id = settings.pad_token_id
    decode_pending(model, dict(enumerate(prompts)), rule, plan, pad_id, answers.__setitem__)
    return [answers[index] for index in range(len(prompts))]


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
    num_rows = min(plan.num_prompts, len(prompts))
    schedule = Schedule.on(model.device, num_rows)
    rows = DecodingRows(model, num_rows, longest, pad_id)
    launched: deque[Launched] = deque()
    with torch.inference_mode(), grouped_attention(model):
        while waiting or rows.is_busy:
            if waiting and len(rows.free) >= min(schedule.min_free, len(waiting)):
                admitted = [waiting.pop() for _ in rows.free[: len(waiting)]]
                rows.admit({index: prompts[index] for index in admitted}, plan.prefill_tokens)
            elif not waiting:
                rows.shrink(schedule.largest_live_fraction)
            launched.append(rows.advance(schedule.num_steps))
            if len(launched) > schedule.num_ahead:
                for index, token_ids in rows.take_finished(launched.popleft(), rule.cut):
                    on_finished(index, token_ids)
