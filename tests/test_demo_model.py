"""The demo's model as it is committed: its files, its tokenizer and its card."""

import re

import pytest
import torch
from conftest import ROOT
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

from text2sql.data.spider import read_examples
from text2sql.files import read_json

pytestmark = pytest.mark.slow  # each test loads the tokenizer or the model

MODEL_DIR = ROOT / "demo" / "model"


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return AutoTokenizer.from_pretrained(MODEL_DIR)


def test_the_tokenizer_writes_gemmas_chat_format_with_one_bos(tokenizer: PreTrainedTokenizerFast):
    special_tokens = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
    assert tokenizer.convert_ids_to_tokens(list(range(6))) == special_tokens
    messages = [{"role": "user", "content": "How many?"}]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert text == "<bos><start_of_turn>user\nHow many?<end_of_turn>\n<start_of_turn>model\n"
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True)["input_ids"]
    assert ids.count(tokenizer.bos_token_id) == 1
    answered = [*messages, {"role": "assistant", "content": " SELECT 1 "}]
    text = tokenizer.apply_chat_template(answered, tokenize=False)
    assert text.endswith("<start_of_turn>model\nSELECT 1<end_of_turn>\n")
    with pytest.raises(Exception, match="System role not supported"):
        tokenizer.apply_chat_template([{"role": "system", "content": "Be short."}, *messages])


def test_the_tokenizer_round_trips_any_text(tokenizer: PreTrainedTokenizerFast):
    text = "SELECT T1.name FROM pot AS T1 WHERE glaze = 'x_Y'\n\n  Zoë's 12,5 % … a.b/c>d=e"
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(ids) == text


def test_the_model_is_small_complete_and_loadable_in_4_bit(tokenizer: PreTrainedTokenizerFast):
    model = AutoModelForCausalLM.from_pretrained(MODEL_DIR)
    assert model.config.model_type == "gemma"
    assert model.dtype == torch.bfloat16
    assert model.generation_config.eos_token_id == [1, 5]
    assert 8_000_000 < model.num_parameters() < 12_000_000
    assert sum(path.stat().st_size for path in MODEL_DIR.iterdir()) < 25_000_000
    assert len(tokenizer) == model.config.vocab_size
    for name, weight in model.named_parameters():
        assert torch.isfinite(weight).all(), name
        if name.endswith("proj.weight"):
            assert weight.shape[0] % 32 == 0, name
            assert weight.shape[1] % 64 == 0, name


def test_the_model_card_names_its_sources_and_how_it_was_made():
    card = (MODEL_DIR / "README.md").read_text(encoding="utf-8")
    assert "python -m demo.pretraining.pretrain" in card
    for source in ("OpenStax", "CockroachDB", "Win32", "public domain", "CC BY 4.0"):
        assert source in card, source


def test_the_model_card_states_the_facts_of_the_training_run():
    card = (MODEL_DIR / "README.md").read_text(encoding="utf-8")
    facts = read_json(MODEL_DIR / "build.json")
    for fact in (
        f"{facts['steps']:,} steps",
        f"{facts['tokens'] / 1e6:,.0f} million tokens",
        f"{facts['loss_on_held_out_english']:.3f}",
        facts["english_sha256"],
    ):
        assert fact in card, fact


def test_the_demo_generates_enough_tokens_for_every_gold_query(tokenizer: PreTrainedTokenizerFast):
    limits = re.findall(r"--max_new_tokens (\d+)", (ROOT / "Makefile").read_text())
    examples = read_examples(ROOT / "demo/spider/dev.json")
    lengths = [len(tokenizer(example.gold_sql)["input_ids"]) for example in examples]
    assert limits
    assert all(max(lengths) <= int(limit) for limit in limits)  # <bos> counts for <end_of_turn>
