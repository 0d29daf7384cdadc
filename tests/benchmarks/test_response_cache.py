"""Answers of the harness' model: on disk as they come, and asked once."""

import weakref
from contextlib import suppress
from types import SimpleNamespace

import pytest
import torch
from lm_eval.api.model import hash_args

from text2sql.benchmarks import response_cache
from text2sql.benchmarks.response_cache import ResponseCache


def test_answers_are_asked_once_and_those_that_json_cannot_hold_again(tmp_path):
    path, asked = tmp_path / "answers.jsonl", []
    requests = [SimpleNamespace(args=("context", end)) for end in (" a", " b", " a")]
    found = {" a": (-1.25, True), " b": (float("-inf"), False)}

    def ask(rest):
        asked.extend(request.args[1] for request in rest)
        for request in rest:
            cache.add_partial("loglikelihood", request.args, found[request.args[1]])

    for _ in range(2):
        with ResponseCache(path) as cache:
            answers = cache.complete("loglikelihood", requests, ask)
        assert answers == [found[" a"], found[" b"], found[" a"]]
    assert asked == [" a", " b", " b"]


def test_an_answer_that_a_kill_cut_short_is_asked_again(tmp_path):
    path, request = tmp_path / "answers.jsonl", SimpleNamespace(args=("context", " a"))
    with ResponseCache(path) as cache:
        cache.add_partial("generate_until", ("another",), "text")
        cache.add_partial("loglikelihood", request.args, (-1.0, False))
    path.write_bytes(path.read_bytes()[:-5])
    with ResponseCache(path) as cache:
        assert list(cache.responses.values()) == ["text"]

        def ask(rest):
            assert rest == [request]
            cache.add_partial("loglikelihood", request.args, (-1.0, False))

        assert cache.complete("loglikelihood", [request], ask) == [(-1.0, False)]


def test_answers_computed_together_are_stored_together_or_not_at_all(tmp_path):
    path = tmp_path / "answers.jsonl"
    with ResponseCache(path) as cache:
        with cache.storing_together():
            cache.add_partial("loglikelihood", ("context", " a"), (-1.0, False))
            assert path.read_text() == ""
        with suppress(KeyboardInterrupt), cache.storing_together():
            cache.add_partial("loglikelihood", ("context", " b"), (-2.0, False))
            raise KeyboardInterrupt
    with ResponseCache(path) as cache:
        assert list(cache.responses.values()) == [(-1.0, False)]


def test_answers_leave_the_memory_with_their_cache(tmp_path, no_garbage_collection):
    with ResponseCache(tmp_path / "answers.jsonl") as cache:
        cache.add_partial("loglikelihood", ("context", " a"), (-1.0, False))
    seen = weakref.ref(cache)
    del cache
    assert seen() is None


def test_short_memory_is_reported_after_what_was_found_is_stored(tmp_path):
    path, request = tmp_path / "answers.jsonl", SimpleNamespace(args=("context", " a"))

    def ask(rest):
        cache.add_partial("loglikelihood", ("context", " b"), (-2.0, False))
        raise torch.OutOfMemoryError("CUDA out of memory.")

    with ResponseCache(path) as cache, pytest.raises(torch.OutOfMemoryError, match="CUDA out"):
        cache.complete("loglikelihood", [request], ask)
    with ResponseCache(path) as cache:
        assert list(cache.responses.values()) == [(-2.0, False)]


def test_a_process_does_not_wait_to_hear_of_responses_that_are_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(response_cache, "on_main_process", lambda *a: pytest.fail("it waits"))
    with ResponseCache(tmp_path / "answers.jsonl", is_begun=False) as cache:
        assert cache.responses == {}


def test_other_processes_ask_nothing_twice_and_leave_the_responses_to_the_main_one(
    tmp_path, monkeypatch
):
    path, asked = tmp_path / "answers.jsonl", []
    request = SimpleNamespace(args=("context", " a"))
    with ResponseCache(path) as cache:
        monkeypatch.setattr(response_cache, "is_main_process", lambda: False)
        for _ in range(2):
            assert cache.complete("loglikelihood", [request], asked.append) == [None]
        monkeypatch.undo()
    assert asked == [[request]]


@pytest.mark.parametrize("arguments", [("context", " a"), ("context", {"until": ["\n"]})])
def test_requests_have_the_names_that_the_harness_gives_them(arguments):
    names = [response_cache.key_of("loglikelihood", arguments) for _ in range(2)]
    assert names == [hash_args("loglikelihood", arguments)] * 2
    assert response_cache.key_of("generate_until", arguments) not in names
