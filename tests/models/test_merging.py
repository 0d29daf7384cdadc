"""The merged model computes what the adapter does, and loads without PEFT."""

import json

import pytest
import torch
from tiny_adapters import save_adapter
from tiny_gemma import load_in_float32

from text2sql.errors import UserError
from text2sql.files import read_json
from text2sql.models.adapters import attach_adapter
from text2sql.models.merging import write_merged_model
from text2sql.models.tokenizer import load_tokenizer

TOKEN_IDS = torch.arange(10, 60)[None]


def logits(model) -> torch.Tensor:
    with torch.no_grad():
        return model(TOKEN_IDS).logits


@pytest.mark.parametrize(
    "kind", ["plain", "dora", "pissa", "modules_to_save", "embeddings", "ia3", "token_indices"]
)
def test_merged_model_computes_what_the_adapter_does_but_for_16_bit_rounding(
    tiny_gemma_dir, tmp_path, kind
):
    adapter_dir = save_adapter(kind, tiny_gemma_dir, tmp_path / "adapter")
    write_merged_model(str(tiny_gemma_dir), adapter_dir, tmp_path / "merged", overwrite=False)
    merged = load_in_float32(tmp_path / "merged")
    base = load_in_float32(tiny_gemma_dir)
    expected = logits(attach_adapter(load_in_float32(tiny_gemma_dir), adapter_dir, "one"))
    rounding = (logits(merged) - expected).abs().max()
    assert rounding < 0.05 * (logits(base) - expected).abs().max()
    config = read_json(tmp_path / "merged" / "config.json")
    assert config["dtype"] == "bfloat16"
    assert config["tie_word_embeddings"] == (kind not in ("modules_to_save", "embeddings"))
    assert load_tokenizer(str(tmp_path / "merged")).chat_template is not None


def test_same_merge_is_kept_and_another_needs_overwrite(tiny_gemma_dir, tmp_path):
    plain, ia3 = (save_adapter(k, tiny_gemma_dir, tmp_path / k) for k in ("plain", "ia3"))
    output_dir = tmp_path / "merged"
    write_merged_model(str(tiny_gemma_dir), plain, output_dir, overwrite=False)
    written = (output_dir / "model.safetensors").stat().st_mtime_ns
    write_merged_model(str(tiny_gemma_dir), plain, output_dir, overwrite=False)
    assert (output_dir / "model.safetensors").stat().st_mtime_ns == written
    with pytest.raises(UserError, match="holds the merge of another adapter"):
        write_merged_model(str(tiny_gemma_dir), ia3, output_dir, overwrite=False)
    write_merged_model(str(tiny_gemma_dir), ia3, output_dir, overwrite=True)
    assert read_json(output_dir / "merge.json")["adapter_dir"] == str(ia3)


def test_folder_of_something_else_is_never_replaced(tiny_gemma_dir, tmp_path):
    (tmp_path / "thesis.tex").write_text("dear")
    adapter_dir = save_adapter("plain", tiny_gemma_dir, tmp_path / "adapter")
    with pytest.raises(UserError, match=r"holds something else\. Pass another folder"):
        write_merged_model(str(tiny_gemma_dir), adapter_dir, tmp_path, overwrite=True)
    assert (tmp_path / "thesis.tex").read_text() == "dear"


def test_virtual_tokens_cannot_be_merged(tiny_gemma_dir, tmp_path):
    adapter_dir = save_adapter("prompt_tuning", tiny_gemma_dir, tmp_path / "adapter")
    with pytest.raises(UserError, match="virtual tokens"):
        write_merged_model(str(tiny_gemma_dir), adapter_dir, tmp_path / "merged", overwrite=False)
    assert not (tmp_path / "merged").exists()


def test_quantised_base_cannot_hold_16_bit_weights(tiny_gemma_dir, tmp_path):
    adapter_dir = save_adapter("plain", tiny_gemma_dir, tmp_path / "adapter")
    config = read_json(tiny_gemma_dir / "config.json")
    config["quantization_config"] = {"load_in_4bit": True, "quant_method": "bitsandbytes"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=r"stored quantised\. Pass the 16-bit base"):
        write_merged_model(str(tmp_path), adapter_dir, tmp_path / "merged", overwrite=False)
