"""Spans of sorted prompts cover every token once, shared ones once, parents before children."""

import random

import pytest

from text2sql.inference.prefix_tree import SMALLEST_SAVING, Span, shared_spans


def text(seed: int, length: int) -> list[int]:
    return random.Random(seed).choices(range(100), k=length)


def covered(prompts, levels: list[list[Span]]) -> list[list[int]]:
    """Rebuild the prompts from the tokens of the spans' first prompts, level by level."""
    built = [[] for _ in prompts]
    for spans in levels:
        for span in spans:
            for row in range(span.first, span.last):
                assert len(built[row]) == span.start, "a span precedes its parent"
                built[row] += prompts[span.first][span.start : span.end]
    return built


def test_instruction_schema_and_question_are_three_levels():
    instruction, schemas = text(1, 200), [text(2, 100), text(3, 120)]
    prompts = sorted(
        instruction + schema + [question, *text(question, 10)]
        for schema in schemas
        for question in range(200, 203)
    )
    levels = shared_spans(prompts)
    assert [sorted(span.length for span in spans) for spans in levels] == [
        [200],
        [100, 120],
        [11] * 6,
    ]
    assert covered(prompts, levels) == prompts


@pytest.mark.parametrize("seed", range(20))
def test_spans_cover_every_prompt(seed):
    choose = random.Random(seed)
    prefixes = [text(n, choose.randint(0, 90)) for n in range(4)]
    prompts = sorted(
        choose.choice(prefixes)[: choose.randint(0, 90)] + text(n, choose.randint(0, 5))
        for n in range(choose.randint(1, 40))
    )
    levels = shared_spans(prompts)
    assert covered(prompts, levels) == prompts
    assert all(span.length > 0 for spans in levels for span in spans)
    for spans in levels[:-1]:
        for span in spans:
            assert span.length * (span.last - span.first - 1) >= SMALLEST_SAVING


def test_short_common_prefix_is_computed_for_each_prompt():
    prompts = [[1, 2, 3], [1, 2, 4]]
    assert shared_spans(prompts) == [[Span(0, 3, 1, 2), Span(0, 3, 0, 1)]]


def test_repeated_prompt_is_computed_once():
    prompt = text(1, 100)
    assert shared_spans([prompt, prompt]) == [[Span(0, 100, 0, 2)]]
