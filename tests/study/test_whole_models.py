"""Whole models beside adapters: those of another shape, tokenizer or kind are refused early."""

import json
import shutil

import pytest

from text2sql.errors import UserError
from text2sql.files import read_json, write_json
from text2sql.models.tokenizer import load_tokenizer
from text2sql.seals import write_checksums
from text2sql.study import whole_models
from text2sql.study.whole_models import (
    has_other_template,
    hash_model,
    refuse_adapter,
    refuse_other_base,
    refuse_other_vocabulary,
)


@pytest.fixture
def copied(tiny_gemma_dir, tmp_path):
    """A copy of the small model, as a full fine-tune of it would be stored."""
    return shutil.copytree(tiny_gemma_dir, tmp_path / "copied")


def change_config(folder, **settings: object) -> None:
    write_json(folder / "config.json", read_json(folder / "config.json") | settings)


def test_copy_is_of_the_same_base_also_without_a_tokenizer(tiny_gemma_dir, copied):
    refuse_other_base(str(copied), str(tiny_gemma_dir))
    for path in copied.glob("*token*"):
        path.unlink()
    refuse_other_base(str(copied), str(tiny_gemma_dir))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_hidden_layers": 3}, "its num_layers is 3, that of the base 2"),
        ({"vocab_size": 1642}, "its vocab_size is 1,642, that of the base 640"),
        ({"model_type": "llama"}, "its architecture is llama, that of the base gemma"),
        ({"quantization_config": {"quant_method": "bitsandbytes"}}, "stored quantised"),
    ],
    ids=str,
)
def test_model_of_another_shape_is_refused(tiny_gemma_dir, copied, settings, message):
    change_config(copied, **settings)
    with pytest.raises(UserError, match=message):
        refuse_other_base(str(copied), str(tiny_gemma_dir))


def test_merged_model_that_changed_is_refused(copied):
    (copied / "extra.bin").write_bytes(b"weights")
    write_checksums(copied)
    write_json(copied / "merge.json", {})
    refuse_adapter(str(copied))
    (copied / "extra.bin").write_bytes(b"weighty")
    with pytest.raises(UserError, match=r"extra\.bin is not as --merge wrote it"):
        refuse_adapter(str(copied))
    (copied / "merge.json").unlink()  # as the message says
    refuse_adapter(str(copied))


@pytest.mark.parametrize("change", ["vocabulary", "chat template"])
def test_model_of_another_tokenizer_is_refused(tiny_gemma_dir, copied, change):
    tokenizer = load_tokenizer(str(copied))
    if change == "vocabulary":
        tokenizer.add_tokens(["<sql>"])
    else:
        tokenizer.chat_template += " "
    tokenizer.save_pretrained(copied)
    with pytest.raises(UserError, match="tokenizer or chat template"):
        refuse_other_base(str(copied), str(tiny_gemma_dir))


def test_tokens_added_beside_an_adapter_are_told_with_both_sizes(tiny_gemma_dir, tmp_path):
    base = load_tokenizer(str(tiny_gemma_dir))
    refuse_other_vocabulary([tmp_path], "tiny", base)
    base.save_pretrained(tmp_path)
    refuse_other_vocabulary([tmp_path], "tiny", base)
    larger = load_tokenizer(str(tiny_gemma_dir))
    larger.add_tokens(["<sql>", "</sql>"])
    larger.save_pretrained(tmp_path)
    sizes = f"vocabulary of {len(larger):,} tokens, but tiny has {len(base):,}.*remove the token"
    with pytest.raises(UserError, match=sizes):
        refuse_other_vocabulary([tmp_path], "tiny", base)


@pytest.mark.parametrize("name", ["chat_template.jinja", "tokenizer_config.json"])
def test_template_beside_an_adapter_is_compared_by_what_it_writes(tiny_gemma_dir, tmp_path, name):
    base = load_tokenizer(str(tiny_gemma_dir))
    assert not has_other_template(tmp_path, base)
    for template, is_other in {
        base.chat_template: False,
        "{# the same #}" + base.chat_template: False,
        base.chat_template + "<end>": True,
        "{{ raise_exception('none') }}": True,
    }.items():
        text = template if name.endswith("jinja") else json.dumps({"chat_template": template})
        (tmp_path / name).write_text(text)
        assert has_other_template(tmp_path, base) is is_other


def test_vocabulary_of_several_adapters_is_read_once_and_not_by_the_whole_tokenizer(
    tiny_gemma_dir, tmp_path, monkeypatch
):
    base = load_tokenizer(str(tiny_gemma_dir))
    adapter_dirs = [tmp_path / "one", tmp_path / "two"]
    for adapter_dir in adapter_dirs:
        base.save_pretrained(adapter_dir)
    monkeypatch.setattr("transformers.AutoTokenizer.from_pretrained", lambda *a, **k: pytest.fail())
    read = []
    has_tokens = whole_models.has_tokens
    monkeypatch.setattr(
        whole_models, "has_tokens", lambda *arguments: read.append(1) or has_tokens(*arguments)
    )
    refuse_other_vocabulary(adapter_dirs, "tiny", base)
    assert len(read) == 1


def test_adapter_is_sent_to_its_own_flag(tmp_path):
    with pytest.raises(UserError, match="There is no model in"):
        refuse_adapter(str(tmp_path))
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(
        UserError, match="is an adapter, not a whole model; pass it with --adapters"
    ):
        refuse_adapter(str(tmp_path))


def test_hash_tells_other_weights(tiny_gemma_dir, copied):
    before = hash_model(str(copied))
    hash_model.cache_clear()
    assert hash_model(str(copied)) == before == hash_model(str(tiny_gemma_dir))
    weights = copied / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    hash_model.cache_clear()
    assert hash_model(str(copied)) != before
