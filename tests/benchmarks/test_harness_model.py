"""The harness' model with our log-likelihoods: what it encodes at once, and what it keeps."""

from types import SimpleNamespace

import pytest
from tiny_gemma import load_in_float32

from text2sql.benchmarks import harness_model
from text2sql.benchmarks.harness_model import PrefixSharingHFLM
from text2sql.benchmarks.response_cache import ResponseCache
from text2sql.models.tokenizer import load_tokenizer


@pytest.fixture
def tokenizer(tiny_gemma_dir):
    return load_tokenizer(str(tiny_gemma_dir))


@pytest.fixture
def model(tiny_gemma_dir):
    return load_in_float32(tiny_gemma_dir)


def test_texts_are_encoded_at_once_as_the_harness_encodes_each(model, tokenizer, tmp_path):
    pairs = [("Which is odd?", " apple"), ("ends in blanks  ", "two words"), ("<bos>begun", " on")]
    with ResponseCache(tmp_path / "answers.jsonl") as cache:
        asked = PrefixSharingHFLM(model, tokenizer, cache, batch_size=1)
        one_by_one = [asked._encode_pair(*pair) for pair in pairs]
        asked.encoded = asked.encode_all(pairs)
        assert set(asked.encoded) > {"Which is odd?", "Which is odd? apple", "ends in blanks"}
        assert [asked._encode_pair(*pair) for pair in pairs] == one_by_one


def test_whole_texts_are_asked_as_the_harness_asks_them_and_kept_as_they_come(
    model, tokenizer, tmp_path, monkeypatch
):
    texts = ["ash oak elm " * 30, "rook", "cod eel carp " * 9, "a wren and a crow"]
    requests = [SimpleNamespace(args=(text,)) for text in texts]
    with ResponseCache(tmp_path / "harness.jsonl") as cache:
        harness = PrefixSharingHFLM(model, tokenizer, cache, batch_size=2, share_prefixes=False)
        expected = harness.loglikelihood_rolling(requests)
    monkeypatch.setattr(harness_model, "LONG_TEXTS_AT_ONCE", 2)
    with ResponseCache(tmp_path / "ours.jsonl") as cache:
        ours = PrefixSharingHFLM(model, tokenizer, cache, batch_size="auto:4")
        forward = model.model.forward
        stop_at = iter([False, True])
        monkeypatch.setattr(
            model.model,
            "forward",
            lambda **row: forward(**row) if not next(stop_at) else pytest.fail("killed"),
        )
        with pytest.raises(BaseException, match="killed"):
            ours.loglikelihood_rolling(requests)
        assert ours.batch_size_per_gpu == "auto"
    monkeypatch.setattr(model.model, "forward", forward)
    with ResponseCache(tmp_path / "ours.jsonl") as cache:
        assert len(cache.responses) == 2
        ours = PrefixSharingHFLM(model, tokenizer, cache, batch_size="auto:4")
        assert ours.loglikelihood_rolling(requests) == pytest.approx(expected, rel=1e-5)
