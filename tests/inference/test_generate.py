"""Greedy generation in batches: the tokens of each prompt alone, and no finished work lost."""

import json

import pytest
import torch
from tiny_gemma import load_in_float32

from text2sql.errors import UserError
from text2sql.files import read_jsonl
from text2sql.inference import generate as generate_module
from text2sql.inference.generate import build_prediction, generate_predictions
from text2sql.inference.partial_predictions import (
    finalize_predictions,
    finished_predictions,
    partial_path,
)
from text2sql.models.tokenizer import load_tokenizer
from text2sql.prompts.tokens import encode_texts
from text2sql.seals import SEAL_KEY

SCHEMA = "CREATE TABLE pupil (pupil_id, name, hobby, grade)"
QUESTIONS = [
    "How many pupils are there?",
    "List the name of every teacher.",
    "Count the pupils of each hobby, and say which hobby has the most pupils of grade 3.",
    "Which ships are heavy?",
    "How many pupils are older than 7 and like 'amber'?",
    "x",
    "Which books have more than 3 pages? Give the genre and the number of pages of each.",
]


@pytest.fixture(scope="module")
def tokenizer(tiny_gemma_dir):
    return load_tokenizer(str(tiny_gemma_dir))


@pytest.fixture
def model(tiny_gemma_dir):
    """The small Gemma with a random head of its own: tied to the input it repeats one token."""
    model = load_in_float32(tiny_gemma_dir)
    torch.manual_seed(1)
    head = torch.nn.Linear(*model.lm_head.weight.shape[::-1], bias=False)
    model.lm_head = head.requires_grad_(False)
    return model


@pytest.fixture(scope="module")
def rows():
    def prompt(question):
        content = f"{SCHEMA}\n\nQuestion: {question}"
        return f"<bos><start_of_turn>user\n{content}<end_of_turn>\n<start_of_turn>model\n"

    return [
        {"id": f"validation-{n}", "db_id": "school", "prompt_text": prompt(question)}
        for n, question in enumerate(QUESTIONS)
    ]


def generate(model, tokenizer, rows, path, batch_size, max_new_tokens=12) -> list[dict]:
    generate_predictions(
        model, tokenizer, rows, path, max_new_tokens=max_new_tokens, batch_size=batch_size
    )
    return read_jsonl(path)


def force_token(model, token_id: int, after: int) -> None:
    """Make the model answer with `token_id` once `after` tokens were generated."""
    steps = []

    def raise_logit(module, inputs, logits):
        if logits.numel() > 0:  # reading a prompt asks for none
            steps.append(1)
        if len(steps) > after:
            logits[..., token_id] += 1e6
        return logits

    model.lm_head.register_forward_hook(raise_logit)


def count_prompts(monkeypatch) -> list[int]:
    """Return a list that grows by the number of prompts of each batch."""
    decoded, decode_batch = [], generate_module.decode_batch

    def counting(model, prompts, *arguments):
        decoded.append(len(prompts))
        return decode_batch(model, prompts, *arguments)

    monkeypatch.setattr(generate_module, "decode_batch", counting)
    return decoded


def test_batches_give_the_tokens_of_one_prompt_alone(model, tokenizer, rows, tmp_path):
    alone = [
        generate(model, tokenizer, [row], tmp_path / f"{n}.jsonl", batch_size=1)[0]["generation"]
        for n, row in enumerate(rows)
    ]
    assert len(set(alone)) > 3, "a model that always answers the same shows nothing"
    for batch_size in (2, 7):
        batched = generate(model, tokenizer, rows, tmp_path / f"b{batch_size}.jsonl", batch_size)
        assert [row["generation"] for row in batched] == alone


def test_model_without_a_block_cache_is_decoded_by_generate(
    model, tokenizer, rows, tmp_path, monkeypatch
):
    expected = generate(model, tokenizer, rows, tmp_path / "p.jsonl", batch_size=7)
    monkeypatch.setattr(generate_module, "supports_block_cache", lambda model: False)
    assert generate(model, tokenizer, rows, tmp_path / "plain.jsonl", batch_size=7) == expected


@pytest.mark.parametrize("batch_size", [3, 7])
def test_model_whose_steps_have_graphs_gets_the_same_answers(
    model, tokenizer, rows, tmp_path, monkeypatch, batch_size
):
    expected = generate(model, tokenizer, rows, tmp_path / "eager.jsonl", batch_size)
    monkeypatch.setattr(generate_module, "supports_step_graphs", lambda model: True)
    monkeypatch.setattr(generate_module, "decode_greedily", None)
    assert generate(model, tokenizer, rows, tmp_path / "graphs.jsonl", batch_size) == expected


@pytest.mark.parametrize("token", ["<end_of_turn>", "<eos>"])
def test_generation_stops_at_end_of_turn_and_of_sequence(model, tokenizer, rows, tmp_path, token):
    force_token(model, tokenizer.convert_tokens_to_ids(token), after=4)
    predictions = generate(model, tokenizer, rows[:1], tmp_path / "p.jsonl", batch_size=1)
    (prediction,) = predictions
    assert prediction["stopped"] is True
    assert prediction["num_new_tokens"] == 5
    assert token not in prediction["generation"]


def test_generation_cut_short_by_the_limit_is_not_stopped(model, tokenizer, rows, tmp_path):
    (prediction,) = generate(model, tokenizer, rows[:1], tmp_path / "p.jsonl", 1, max_new_tokens=3)
    assert (prediction["stopped"], prediction["num_new_tokens"]) == (False, 3)


def test_rows_come_in_the_order_of_the_questions(model, tokenizer, rows, tmp_path):
    predictions = generate(model, tokenizer, rows, tmp_path / "p.jsonl", batch_size=3)
    assert [row["index"] for row in predictions] == list(range(len(rows)))
    assert [row["id"] for row in predictions] == [row["id"] for row in rows]
    assert set(predictions[0]) == {
        *("index", "id", "db_id", "generation", "predicted_sql", "is_only_sql"),
        *("num_prompt_tokens", "num_new_tokens", "stopped", SEAL_KEY),
    }


def test_killed_run_resumes_after_its_last_whole_line(
    model, tokenizer, rows, tmp_path, monkeypatch
):
    whole = generate(model, tokenizer, rows, tmp_path / "whole.jsonl", batch_size=2)
    path = tmp_path / "p.jsonl"
    lines = [json.dumps(row) for row in whole[:3]]
    partial_path(path).write_text("\n".join(lines) + '\n{"index": 3, "id": "validat')
    decoded = count_prompts(monkeypatch)
    assert generate(model, tokenizer, rows, path, batch_size=2) == whole
    assert sum(decoded) == len(rows) - 3
    assert not partial_path(path).exists()


def test_run_killed_after_its_last_answer_is_completed(tokenizer, rows, tmp_path, model):
    path = tmp_path / "predictions.jsonl"
    whole = generate(model, tokenizer, rows[:4], path, batch_size=2)
    first, *rest = path.read_text().splitlines(keepends=True)
    partial_path(path).write_text(first + "".join(rest))
    path.unlink()
    assert finalize_predictions(path, 4) and read_jsonl(path) == whole
    path.write_text(first)  # of a smoke run
    partial_path(path).write_text("".join(rest))
    assert generate(None, tokenizer, rows[:4], path, batch_size=2) == whole
    assert not partial_path(path).exists() and not finalize_predictions(path, 5)


def test_each_batch_is_on_disk_before_the_next_starts(
    model, tokenizer, rows, tmp_path, monkeypatch
):
    path, decode_batch = tmp_path / "p.jsonl", generate_module.decode_batch

    def fail_on_the_third(*arguments):
        if len(finished_predictions(path)) == 4:
            raise KeyboardInterrupt
        return decode_batch(*arguments)

    monkeypatch.setattr(generate_module, "decode_batch", fail_on_the_third)
    with pytest.raises(KeyboardInterrupt):
        generate(model, tokenizer, rows, path, batch_size=2)
    assert len(finished_predictions(path)) == 4
    assert not path.exists()


def test_smoke_run_is_the_beginning_of_the_whole_and_removes_nothing(
    model, tokenizer, rows, tmp_path, monkeypatch
):
    path = tmp_path / "p.jsonl"
    generate(model, tokenizer, rows[:2], path, batch_size=2)
    decoded = count_prompts(monkeypatch)
    whole = generate(model, tokenizer, rows, path, batch_size=2)
    assert sum(decoded) == len(rows) - 2
    assert generate(model, tokenizer, rows[:2], path, batch_size=2) == whole


def test_out_of_memory_halves_the_batch(model, tokenizer, rows, tmp_path, monkeypatch, capsys):
    whole = generate(model, tokenizer, rows, tmp_path / "whole.jsonl", batch_size=2)
    decode_batch = generate_module.decode_batch

    def small_memory(model, prompts, *arguments):
        if len(prompts) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return decode_batch(model, prompts, *arguments)

    monkeypatch.setattr(generate_module, "decode_batch", small_memory)
    assert generate(model, tokenizer, rows, tmp_path / "p.jsonl", batch_size=7) == whole
    assert "continuing with 3" in capsys.readouterr().out


def test_prompt_that_never_fits_is_an_actionable_error(
    model, tokenizer, rows, tmp_path, monkeypatch
):
    def no_memory(*arguments):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(generate_module, "decode_batch", no_memory)
    with pytest.raises(UserError, match="--max_new_tokens"):
        generate(model, tokenizer, rows, tmp_path / "p.jsonl", batch_size=4)


@pytest.mark.parametrize("supported", [True, False], ids=["block cache", "generate"])
def test_sampling_defaults_of_the_model_are_ignored_and_restored(
    model, tokenizer, rows, tmp_path, monkeypatch, supported
):
    monkeypatch.setattr(generate_module, "supports_block_cache", lambda model: supported)
    greedy = generate(model, tokenizer, rows[:2], tmp_path / "greedy.jsonl", batch_size=2)
    model.generation_config.do_sample = True
    model.generation_config.temperature = 50.0
    model.generation_config.repetition_penalty = 5.0
    again = generate(model, tokenizer, rows[:2], tmp_path / "again.jsonl", batch_size=2)
    assert again == greedy
    assert model.generation_config.temperature == 50.0


def test_special_tokens_stay_in_the_generation_and_end_the_answer(tokenizer, rows):
    (prompt,) = encode_texts(tokenizer, [rows[0]["prompt_text"]])
    stops = {tokenizer.eos_token_id}
    token_ids = tokenizer("SELECT 1<eos>SELECT 2", add_special_tokens=False)["input_ids"]
    prediction = build_prediction(tokenizer, 0, rows[0], prompt, token_ids, stops)
    assert prediction.generation == "SELECT 1<eos>SELECT 2"
    assert (prediction.predicted_sql, prediction.is_only_sql) == ("SELECT 1", False)


def test_think_block_that_the_prompt_opens_belongs_to_the_answer(tokenizer, rows):
    prompt = tokenizer("Which?<think>\n", add_special_tokens=False)["input_ids"]
    token_ids = tokenizer("SELECT 1?</think>SELECT 2", add_special_tokens=False)["input_ids"]
    stops = {tokenizer.eos_token_id}
    cut_short = build_prediction(tokenizer, 0, rows[0], prompt, token_ids[:2], stops)
    assert cut_short.predicted_sql == ""
    assert (
        build_prediction(tokenizer, 0, rows[0], prompt, token_ids, stops).predicted_sql
        == "SELECT 2"
    )
