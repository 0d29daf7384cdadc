"""Log-likelihoods in packed rows are those of each text alone, and prefixes are computed once."""

from itertools import chain

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from text2sql.errors import UserError
from text2sql.inference import log_likelihood
from text2sql.inference.batch_plan import ScoringPlan
from text2sql.inference.log_likelihood import (
    group_texts,
    one_late,
    read_texts,
    score_blocks,
    shared_length,
    take_row,
)

VOCABULARY = 97


@pytest.fixture(scope="module")
def model() -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=48,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=2,
        initializer_range=0.3,
    )
    return LlamaForCausalLM(config).eval()


def draw(length: int) -> list[int]:
    return torch.randint(0, VOCABULARY, (length,)).tolist()


@pytest.fixture(scope="module")
def requests() -> list[tuple[list[int], list[int]]]:
    """One-letter choices after long solved examples, endings after stems, and unrelated texts."""
    torch.manual_seed(1)
    shots = draw(60)
    questions = [shots + draw(5 + n) for n in range(6)]
    letters = [(question, [letter]) for question in questions for letter in (7, 8, 9)]
    stems = [draw(12) for _ in range(4)]
    endings = [(stem, draw(1 + 3 * n)) for stem in stems for n in range(4)]
    alone = [(draw(9), draw(4)), (draw(1), draw(1)), ([5], draw(20))]
    return [*letters, *endings, *alone, letters[0], (stems[0], endings[2][1][:3])]


def score_alone(model, request, max_length=10_000) -> tuple[float, bool]:
    context, continuation = request
    tokens = (context + continuation)[-(max_length + 1) :]
    with torch.inference_mode():
        logits = model(torch.tensor([tokens[:-1]])).logits[0, -len(continuation) :]
    found = torch.log_softmax(logits, dim=-1)[range(len(continuation)), continuation]
    return float(found.sum()), logits.argmax(-1).tolist() == continuation


def score(model, requests, plan, max_length=10_000) -> list[tuple[float, bool]]:
    (answers,) = score_blocks(model, [requests], max_length, plan)
    return answers


@pytest.mark.parametrize("tokens_at_once", [1, 50, 170, 10_000])
@pytest.mark.parametrize("logits_at_once", [1, 7, 1000])
def test_answers_are_those_of_each_text_alone(model, requests, tokens_at_once, logits_at_once):
    answers = score(model, requests, ScoringPlan(tokens_at_once, logits_at_once))
    for (found, greedy), request in zip(answers, requests, strict=True):
        expected, is_greedy = score_alone(model, request)
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)
        assert greedy == is_greedy


@pytest.mark.skipif(not torch.cuda.is_available(), reason="copies wait for nothing on a GPU alone")
def test_answers_that_are_fetched_while_a_gpu_computes_are_those_of_the_cpu(model, requests):
    plan, blocks = ScoringPlan(tokens_at_once=64, logits_at_once=8), [requests * 25] * 2
    expected = list(score_blocks(model, blocks, 10_000, plan))
    on_gpu = LlamaForCausalLM(model.config).eval().cuda()
    on_gpu.load_state_dict(model.state_dict())
    found = list(score_blocks(on_gpu, blocks, 10_000, plan))
    for ours, theirs in zip(chain(*found), chain(*expected), strict=True):
        assert ours[0] == pytest.approx(theirs[0], abs=1e-2)
        assert ours[1] == theirs[1]


@pytest.mark.parametrize("tokens_at_once", [50, 10_000])
def test_blocks_are_answered_in_order_and_share_no_row(
    model, requests, monkeypatch, tokens_at_once
):
    plan, blocks = ScoringPlan(tokens_at_once, 100), [requests[:9], requests[9:20], requests[20:]]
    alone = [score(model, block, plan) for block in blocks]
    launch, launched = log_likelihood.score_row, []

    def score_row(model, row, asked, *settings):
        launched.append(asked)
        return launch(model, row, asked, *settings)

    monkeypatch.setattr(log_likelihood, "score_row", score_row)
    answered = score_blocks(model, blocks, 10_000, plan)
    for block, expected in zip(blocks, alone, strict=True):
        assert next(answered) == expected
        assert launched[-1] == block, "on a CPU a block is not kept until another is computed"
    assert len(launched) == 3 if tokens_at_once == 10_000 else len(launched) > 6


def test_each_item_comes_when_the_next_one_is_there():
    made = []
    items = (made.append(number) or number for number in range(3))
    assert [(item, len(made)) for item in one_late(items)] == [(0, 2), (1, 3), (2, 3)]
    assert list(one_late([])) == []


def test_most_likely_continuation_is_recognised(model, requests):
    context = requests[0][0]
    with torch.inference_mode():
        greedy = model(torch.tensor([context])).logits[0, -1].argmax().item()
    others = [(context, [token]) for token in (greedy, (greedy + 1) % VOCABULARY)]
    answers = score(model, others, ScoringPlan(100, 100))
    assert [is_most_likely for _, is_most_likely in answers] == [True, False]


def test_text_that_is_too_long_loses_its_beginning(model, requests):
    answers = score(model, requests, ScoringPlan(500, 100), max_length=30)
    for (found, _), request in zip(answers, requests, strict=True):
        assert found == pytest.approx(score_alone(model, request, 30)[0], rel=1e-6, abs=1e-6)


def test_solved_examples_are_computed_once_and_a_letter_not_at_all(requests):
    groups = group_texts(read_texts(requests, 10_000))
    shared = {shared_length(group): len(group) for group in groups if len(group) > 1}
    assert shared[60] == 6, "six questions after the same examples, each with its letters at once"
    assert [length for length in shared if length != 60] == [12] * (len(shared) - 1)


def test_rows_hold_every_text_once_within_the_token_limit(requests):
    texts = read_texts(requests, 10_000)
    groups, seen = group_texts(texts), []
    while groups:
        row, groups = take_row(groups, 100)
        own = sum(len(text.tokens) - shared_length(group) for group in row for text in group)
        size = own + sum(shared_length(group) for group in row)
        assert size <= 100 or sum(map(len, row)) == 1
        seen += [text.tokens for group in row for text in group]
    assert seen == [text.tokens for text in texts]


def test_out_of_memory_makes_rows_smaller(model, requests, monkeypatch, capsys):
    expected = score(model, requests, ScoringPlan(400, 100))
    forward, sizes = model.model.forward, []

    def small_memory(input_ids, **arguments):
        if input_ids.numel() > 100:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        sizes.append(input_ids.numel())
        return forward(input_ids, **arguments)

    monkeypatch.setattr(model.model, "forward", small_memory)
    answers = score(model, requests, ScoringPlan(400, 100))
    assert [found for found, _ in answers] == pytest.approx([found for found, _ in expected])
    assert "rows of 100 tokens" in capsys.readouterr().out
    assert max(sizes) <= 100


def test_text_that_never_fits_is_an_error(model, requests, monkeypatch):
    def no_memory(**arguments):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(model.model, "forward", no_memory)
    with pytest.raises(UserError, match="one item"):
        score(model, requests, ScoringPlan(400, 100))


def test_attention_of_the_model_is_restored(model, requests):
    usual = model.config._attn_implementation
    score(model, requests[:2], ScoringPlan(100, 100))
    assert model.config._attn_implementation == usual
