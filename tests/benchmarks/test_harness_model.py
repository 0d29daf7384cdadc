"""The harness' model with our log-likelihoods: what it encodes at once, and what it keeps."""

from types import SimpleNamespace

import pytest
import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from tiny_adapters import save_adapter
from tiny_gemma import load_in_float32
from tokenizers.processors import TemplateProcessing

from text2sql.benchmarks import harness_model
from text2sql.benchmarks.harness_model import PrefixSharingHFLM, choose_bos
from text2sql.benchmarks.response_cache import ResponseCache
from text2sql.models.adapters import attach_adapter
from text2sql.models.tokenizer import load_tokenizer


@pytest.fixture
def tokenizer(tiny_gemma_dir):
    return load_tokenizer(str(tiny_gemma_dir))


@pytest.fixture
def model(tiny_gemma_dir):
    return load_in_float32(tiny_gemma_dir)


def test_texts_are_encoded_at_once_as_the_harness_encodes_each(
    model, tokenizer, tmp_path, monkeypatch
):
    pairs = [("Which is odd?", " apple"), ("ends in blanks  ", "two words"), ("<bos>begun", " on")]
    with ResponseCache(tmp_path / "answers.jsonl") as cache:
        asked = PrefixSharingHFLM(model, tokenizer, cache, batch_size=1)
        one_by_one = [asked._encode_pair(*pair) for pair in pairs]
        asked.encoded = asked.encode_all(pairs)
        assert set(asked.encoded) == {
            *(
                "Which is odd?",
                "Which is odd? apple",
                "ends in blanks",
                "ends in blanks  two words",
            ),
            *("<bos>begun", "<bos>begun on"),
        }
        assert [asked._encode_pair(*pair) for pair in pairs] == one_by_one
        asked.encoded = {}
        monkeypatch.setattr(HFLM, "tok_encode", lambda *a: pytest.fail("a text alone was encoded"))
        assert asked.encode_requests([SimpleNamespace(args=pair) for pair in pairs]) == one_by_one


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


GREEDY = {"until": ["\n\n"], "max_gen_toks": 24, "do_sample": False}
TEXTS = ["Which is odd?", "ash oak elm " * 30, "rook\n", "a wren and a crow", "cod eel carp"]


def ask(*generation_settings) -> list[Instance]:
    """Return requests to continue each text, by each of the settings."""
    pairs = [(text, settings) for settings in generation_settings for text in TEXTS]
    return [
        Instance("generate_until", {}, pair, number, metadata=("task", number, 1))
        for number, pair in enumerate(pairs)
    ]


def answers_of_the_harness(model, tokenizer, requests) -> list[str]:
    """Return what HFLM answers to each request in a batch of its own."""
    own = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=1, add_bos_token=True)
    return own.generate_until(requests)


def test_generations_are_those_of_the_harness_whatever_ends_them(
    strong_gemma, tokenizer, tmp_path, monkeypatch
):
    model = strong_gemma
    wanted = ask(GREEDY, GREEDY | {"max_gen_toks": 3}, {"until": "a"}, GREEDY | {"until": []})
    expected = answers_of_the_harness(model, tokenizer, wanted)
    monkeypatch.setattr(HFLM, "generate_until", lambda *a: pytest.fail("the harness was asked"))
    with ResponseCache(tmp_path / "answers.jsonl") as cache:
        ours = PrefixSharingHFLM(model, tokenizer, cache, batch_size=1)
        assert ours.generate_until(wanted) == expected
    assert len({len(text) for text in expected}) > 3


def test_generations_are_kept_as_they_come(strong_gemma, tokenizer, tmp_path, monkeypatch):
    wanted, done = ask(GREEDY), []
    with ResponseCache(tmp_path / "answers.jsonl") as cache:
        add = cache.add_partial

        def killed_at_the_third(*arguments):
            if len(done) == 2:
                raise KeyboardInterrupt
            done.append(arguments[1][0])
            add(*arguments)

        monkeypatch.setattr(cache, "add_partial", killed_at_the_third)
        ours = PrefixSharingHFLM(strong_gemma, tokenizer, cache, batch_size=1)
        with pytest.raises(KeyboardInterrupt):
            ours.generate_until(wanted)
    with ResponseCache(tmp_path / "answers.jsonl") as cache:
        ours = PrefixSharingHFLM(strong_gemma, tokenizer, cache, batch_size=1)
        encoded, encode = [], ours.encode_prompt
        monkeypatch.setattr(
            ours, "encode_prompt", lambda text: encoded.append(text) or encode(text)
        )
        texts = ours.generate_until(wanted)
    assert sorted(encoded) == sorted(set(TEXTS) - set(done))
    assert texts == answers_of_the_harness(strong_gemma, tokenizer, wanted)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"num_beams": 2}, "num_beams"), ({"repetition_penalty": 1.3}, "repetition_penalty")],
    ids=str,
)
def test_what_greedy_decoding_cannot_do_is_left_to_the_harness(
    strong_gemma, tokenizer, tmp_path, capsys, settings, reason
):
    wanted = ask(GREEDY | settings)
    with ResponseCache(tmp_path / "answers.jsonl") as cache:
        ours = PrefixSharingHFLM(strong_gemma, tokenizer, cache, batch_size=1)
        assert ours.generate_until(wanted) == answers_of_the_harness(
            strong_gemma, tokenizer, wanted
        )
    assert f"Generating as the harness does, because of {reason}." in capsys.readouterr().out


@pytest.mark.parametrize("settings", [{"do_sample": True}, {"temperature": 0.7}], ids=str)
def test_samples_are_the_harness_own_and_one_line_says_so(
    strong_gemma, tokenizer, tmp_path, capsys, monkeypatch, settings
):
    monkeypatch.setattr(
        HFLM, "generate_until", lambda self, requests, *a: [str(n) for n, _ in enumerate(requests)]
    )
    sampled = ask({"until": ["\n"], "max_gen_toks": 4} | settings)[:1] * 2
    greedy = ask(GREEDY)[:1]
    with ResponseCache(tmp_path / "answers.jsonl") as cache:
        ours = PrefixSharingHFLM(strong_gemma, tokenizer, cache, batch_size=1)
        first, text, second = ours.generate_until([sampled[0], *greedy, sampled[1]])
        assert list(cache.responses.values()) == [text]
    assert (first, second) == ("0", "1")  # a repeated request gets another sample
    assert (
        "Generating 2 answers as the harness does, as they are sampled" in capsys.readouterr().out
    )


def test_virtual_tokens_are_generated_with_by_the_harness_without_padding(
    strong_gemma_dir, tokenizer, tmp_path
):
    adapter_dir = save_adapter("prompt_tuning", strong_gemma_dir, tmp_path / "adapter")
    model = attach_adapter(load_in_float32(strong_gemma_dir), adapter_dir, "one")
    wanted = ask(GREEDY)
    with ResponseCache(tmp_path / "answers.jsonl") as cache:
        ours = PrefixSharingHFLM(model, tokenizer, cache, batch_size=4)
        assert ours.generate_until(wanted) == answers_of_the_harness(model, tokenizer, wanted)


def test_virtual_tokens_count_in_log_likelihoods(strong_gemma_dir, tokenizer, tmp_path):
    adapter_dir = save_adapter("prompt_tuning", strong_gemma_dir, tmp_path / "adapter")
    model = attach_adapter(load_in_float32(strong_gemma_dir), adapter_dir, "one")
    context, continuation = tokenizer.encode("Which is odd?"), tokenizer.encode(" rook")[1:]
    with torch.no_grad():
        logits = model(torch.tensor([context + continuation])).logits[0, -len(continuation) - 1 :]
    chosen = logits[:-1].log_softmax(-1)[range(len(continuation)), continuation]
    pair = ("Which is odd?", " rook")
    request = Instance("loglikelihood", {}, pair, 0, metadata=("task", 0, 1))
    with ResponseCache(tmp_path / "answers.jsonl") as cache:
        ((found, _),) = PrefixSharingHFLM(model, tokenizer, cache, 4).loglikelihood([request])
    assert found == pytest.approx(float(chosen.sum()), abs=1e-4)


@pytest.fixture
def without_bos(tokenizer):
    """A tokenizer that knows a `<bos>` and does not put it before a text, as SmolLM2's."""
    nothing = TemplateProcessing(single="$A", special_tokens=[])
    tokenizer.backend_tokenizer.post_processor = nothing
    return tokenizer


def test_texts_begin_with_the_bos_that_the_tokenizer_itself_adds(tokenizer, without_bos):
    assert choose_bos("llama", load_tokenizer(tokenizer.name_or_path)) == "<bos>"
    assert choose_bos("llama", without_bos) is None
    assert without_bos("a").input_ids[0] != without_bos.bos_token_id


def test_gemma_gets_its_bos_from_a_tokenizer_that_leaves_it_out(model, without_bos, tmp_path):
    with ResponseCache(tmp_path / "answers.jsonl") as cache:
        asked = PrefixSharingHFLM(model, without_bos, cache, batch_size=1)
        assert asked.bos == "<bos>"
        assert asked.tok_encode("rook").count(without_bos.bos_token_id) == 1
        assert asked.tok_encode("<bos>rook").count(without_bos.bos_token_id) == 1
