"""Continuous batching gives the tokens that `generate` gives each prompt alone."""

import weakref

import pytest
import torch
from test_greedy import SETTINGS, build_llama, generate_alone, prompts  # noqa: F401

from text2sql.inference import batch_plan, continuous, decoding_rows
from text2sql.inference.batch_plan import BatchPlan
from text2sql.inference.continuous import Schedule, StopRule, decode_continuously
from text2sql.inference.decoding_rows import GRAPH_COLUMNS
from text2sql.inference.step_graphs import StepGraphs

STOP_IDS = frozenset(SETTINGS.eos_token_id)
NEVER = StopRule(STOP_IDS, SETTINGS.max_new_tokens, lambda token_ids: False)


def decode(model, prompts, num_rows, rule=NEVER, prefill_tokens=400) -> dict[int, list[int]]:  # noqa: F811
    answers: dict[int, list[int]] = {}
    plan = BatchPlan(num_rows, prefill_tokens)
    decode_continuously(model, prompts, rule, plan, 0, answers.__setitem__)
    return answers


@pytest.mark.parametrize("num_rows", [1, 3, 100])
def test_tokens_are_those_of_generate_one_by_one(prompts, num_rows):  # noqa: F811
    model = build_llama()
    expected = generate_alone(model, prompts)
    assert len({len(answer) for answer in expected}) > 3  # rows finish at different times
    answers = decode(model, prompts, num_rows)
    assert [answers[index] for index in range(len(prompts))] == expected


@pytest.mark.parametrize("schedule", [Schedule(8, 1, 2, 0.75), Schedule(3, 2, 1, 1.0)], ids=str)
def test_tokens_are_the_same_where_the_device_runs_ahead(prompts, monkeypatch, schedule):  # noqa: F811
    model = build_llama()
    expected = decode(model, prompts, num_rows=100)
    monkeypatch.setattr(continuous.Schedule, "on", lambda device, num_rows: schedule)
    assert decode(model, prompts, num_rows=5) == expected


class StandIn:
    """A graph of a step, without a GPU: replaying it computes the step."""

    def __init__(self, width: int, compute):
        self.replay = lambda: compute(width)


def test_steps_are_replayed_from_the_second_of_a_width_on(prompts, monkeypatch):  # noqa: F811
    model = build_llama()
    expected, captured = decode(model, prompts, num_rows=4), []
    monkeypatch.setattr(decoding_rows, "supports_step_graphs", lambda model: True)
    monkeypatch.setattr(
        StepGraphs,
        "capture",
        lambda graphs, width, compute: captured.append(width) or StandIn(width, compute),
    )
    assert decode(model, prompts, num_rows=4) == expected
    assert len(captured) >= 2
    longest = max(map(len, prompts)) + SETTINGS.max_new_tokens
    assert all(width % GRAPH_COLUMNS == 0 or width >= longest for width in captured)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA graphs need a GPU")
def test_graphs_give_the_tokens_of_eager_steps(prompts, monkeypatch):  # noqa: F811
    model = build_llama().to("cuda")
    graphed = decode(model, prompts, num_rows=5)
    monkeypatch.setattr(decoding_rows, "supports_step_graphs", lambda model: False)
    assert decode(model, prompts, num_rows=5) == graphed


def test_answers_are_passed_on_as_they_finish_and_rows_are_taken_over(prompts, monkeypatch):  # noqa: F811
    model = build_llama()
    sizes, forward = [], model.forward

    def counting(input_ids, **inputs):
        sizes.append(tuple(input_ids.shape))
        return forward(input_ids=input_ids, **inputs)

    monkeypatch.setattr(model, "forward", counting)
    answers = decode(model, prompts, num_rows=3)
    steps = sum(width == 1 and rows <= 3 for rows, width in sizes)
    one_batch_after_another = sum(
        max(len(answer) for answer in list(answers.values())[first : first + 3])
        for first in range(0, len(answers), 3)
    )
    assert steps < one_batch_after_another
    assert list(answers) != sorted(answers)


def test_a_row_ends_where_its_text_is_complete(prompts):  # noqa: F811
    model = build_llama()
    whole = decode(model, prompts, num_rows=4)
    rule = StopRule(STOP_IDS, SETTINGS.max_new_tokens, lambda token_ids: len(token_ids) >= 5)
    short = decode(model, prompts, num_rows=4, rule=rule)
    assert short == {index: answer[:5] for index, answer in whole.items()}


def test_out_of_memory_continues_with_fewer_rows_and_keeps_what_is_finished(
    prompts,  # noqa: F811
    monkeypatch,
    capsys,
):
    model = build_llama()
    expected = decode(model, prompts, num_rows=100)
    forward, finished = model.forward, []

    def small_memory(input_ids, **inputs):
        if finished and input_ids.shape[0] > 8:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(input_ids=input_ids, **inputs)

    monkeypatch.setattr(model, "forward", small_memory)
    monkeypatch.setattr(batch_plan.torch.cuda, "empty_cache", lambda: None)
    plan = BatchPlan(16, 400)
    decode_continuously(
        model, prompts, NEVER, plan, 0, lambda index, answer: finished.append((index, answer))
    )
    assert sorted(finished) == sorted(expected.items())
    assert "Out of memory with batches of 16; continuing with 8." in capsys.readouterr().out


def test_the_cache_is_free_as_soon_as_decoding_is_over(
    prompts,  # noqa: F811
    monkeypatch,
    no_garbage_collection,
):
    model, caches = build_llama(), []
    build = decoding_rows.BlockCache.__init__

    def watched(cache, *sizes):
        build(cache, *sizes)
        caches.append(weakref.ref(cache))

    monkeypatch.setattr(decoding_rows.BlockCache, "__init__", watched)
    decode(model, prompts, num_rows=3)
    assert [cache() for cache in caches] == [None]
