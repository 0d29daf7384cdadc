"""Adapters on a loaded model: on, off and scaled; what does not fit, and what touches the base."""

import shutil

import pytest
import torch
from peft import get_peft_model
from safetensors.torch import load_file, save_file
from tiny_adapters import KINDS, LAYER_METHODS, VIRTUAL_TOKENS, lora, save_adapter
from tiny_gemma import load_in_float32

from text2sql.errors import UserError
from text2sql.models.adapters import (
    adapter_active,
    attach_adapter,
    checksum_base,
    find_changed_weight,
    runs_in_layers,
)

TOKEN_IDS = torch.arange(10, 60)[None]


def logits(model) -> torch.Tensor:
    with torch.no_grad():
        return model(TOKEN_IDS).logits


@pytest.fixture(scope="module")
def adapter_dirs(tiny_gemma_dir, tmp_path_factory):
    folders = tmp_path_factory.mktemp("adapters")
    return {kind: save_adapter(kind, tiny_gemma_dir, folders / kind) for kind in KINDS}


def attach(model_dir, folder, name="one"):
    return attach_adapter(load_in_float32(model_dir), folder, name)


def test_scales_lead_from_the_base_to_the_adapter(tiny_gemma_dir, adapter_dirs):
    base = logits(load_in_float32(tiny_gemma_dir))
    model = attach(tiny_gemma_dir, adapter_dirs["plain"])
    whole = logits(model)

    def at(name, scale=1.0):
        with adapter_active(model, name, scale):
            return logits(model)

    assert not torch.allclose(base, whole)
    assert torch.equal(at(None), base)
    assert torch.equal(at("one", 0.0), base)
    assert torch.equal(at("one", 1.0), whole)
    assert not torch.equal(at("one", 0.5), whole)
    assert torch.equal(logits(model), whole)  # the scale is restored


def test_several_adapters_share_one_base(tiny_gemma_dir, adapter_dirs):
    model = attach(tiny_gemma_dir, adapter_dirs["plain"], "plain")
    model = attach_adapter(model, adapter_dirs["dora"], "dora")
    for name in ("dora", "plain"):
        with adapter_active(model, name):
            alone = attach(tiny_gemma_dir, adapter_dirs[name])
            assert torch.equal(logits(model), logits(alone)), name


def test_model_without_adapters_is_always_the_base(tiny_gemma_dir):
    model = load_in_float32(tiny_gemma_dir)
    with adapter_active(model, None):
        assert torch.equal(logits(model), logits(load_in_float32(tiny_gemma_dir)))


@pytest.mark.parametrize("kind", KINDS)
def test_checksums_find_exactly_the_adapters_that_change_the_base(
    tiny_gemma_dir, adapter_dirs, kind
):
    base = load_in_float32(tiny_gemma_dir)
    before = checksum_base(base)
    model = attach_adapter(base, adapter_dirs[kind], "one")
    changed = find_changed_weight(before, model)
    assert (changed is not None) == (kind in ("pissa", "olora"))


@pytest.mark.parametrize("change", ["one number", "two rows swapped", "a sign"])
def test_checksums_tell_weights_apart(tiny_gemma_dir, change):
    model = load_in_float32(tiny_gemma_dir)
    before = checksum_base(model)
    assert find_changed_weight(before, model) is None
    weight = model.model.layers[1].mlp.up_proj.weight.data
    if change == "one number":
        weight[3, 5] += 1e-6
    elif change == "a sign":
        weight[0, 0] *= -1
    else:
        weight[[0, 1]] = weight[[1, 0]]
    assert find_changed_weight(before, model) == "model.layers.1.mlp.up_proj.weight"


def test_embeddings_saved_with_an_adapter_are_seen_to_change_the_base(tiny_gemma_dir, tmp_path):
    other = load_in_float32(tiny_gemma_dir)
    other.get_input_embeddings().weight.data += 0.1
    get_peft_model(other, lora()).save_pretrained(tmp_path, save_embedding_layers=True)
    base = load_in_float32(tiny_gemma_dir)
    before = checksum_base(base)
    model = attach_adapter(base, tmp_path, "one")
    assert find_changed_weight(before, model) == "model.embed_tokens.weight"


@pytest.mark.parametrize("kind", [*LAYER_METHODS, *VIRTUAL_TOKENS])
def test_virtual_tokens_do_not_run_in_layers(tiny_gemma_dir, adapter_dirs, kind):
    model = attach(tiny_gemma_dir, adapter_dirs[kind])
    assert runs_in_layers(model) == (kind in LAYER_METHODS)
    assert runs_in_layers(load_in_float32(tiny_gemma_dir))


@pytest.mark.parametrize("damage", ["cut short", "empty", "absent"])
def test_damaged_adapter_is_named(tiny_gemma_dir, adapter_dirs, tmp_path, damage):
    damaged = shutil.copytree(adapter_dirs["plain"], tmp_path / "damaged")
    weights = damaged / "adapter_model.safetensors"
    if damage == "absent":
        weights.unlink()
    else:
        weights.write_bytes(weights.read_bytes()[:1000] if damage == "cut short" else b"")
    with pytest.raises(UserError, match=f"{damaged}.*damaged or belongs to another base"):
        attach(tiny_gemma_dir, damaged)


def test_adapter_that_decomposes_weights_needs_unquantised_ones(tiny_gemma_dir, adapter_dirs):
    base = load_in_float32(tiny_gemma_dir, load_in_4bit=True)
    with pytest.raises(UserError, match=r"unquantised weights only\. Pass --load_in_4bit false"):
        attach_adapter(base, adapter_dirs["pissa"], "one")


def test_added_tokens_are_told_with_both_sizes(tiny_gemma_dir, tmp_path):
    resized = load_in_float32(tiny_gemma_dir)
    resized.resize_token_embeddings(1642)
    get_peft_model(resized, lora()).save_pretrained(tmp_path, save_embedding_layers=True)
    with pytest.raises(UserError, match=r"1,642 token embeddings, but .* has 640"):
        attach(tiny_gemma_dir, tmp_path)


def test_weight_of_another_shape_is_named_with_both_shapes(tiny_gemma_dir, adapter_dirs):
    base = load_in_float32(tiny_gemma_dir)
    for layer in base.model.layers:
        layer.self_attn.q_proj = torch.nn.Linear(64, 96)
    with pytest.raises(UserError, match=r"q_proj\.lora_B.* is 64 × 4 in the adapter and 96 × 4"):
        attach_adapter(base, adapter_dirs["plain"], "one")


def test_adapter_of_a_deeper_model_does_not_fit(tiny_gemma_dir, adapter_dirs):
    base = load_in_float32(tiny_gemma_dir)
    del base.model.layers[1]
    with pytest.raises(UserError, match=r"no counterpart of .* weights?, such as .*layers\.1"):
        attach_adapter(base, adapter_dirs["plain"], "one")


def test_adapter_of_a_shallower_model_does_not_fit(tiny_gemma_dir, adapter_dirs):
    base = load_in_float32(tiny_gemma_dir)
    base.model.layers.append(base.model.layers[0])
    with pytest.raises(UserError, match=r"no counterpart of .* weights?, such as .*layers\.2"):
        attach_adapter(base, adapter_dirs["plain"], "one")


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_adapter_whose_training_diverged_is_refused(tiny_gemma_dir, adapter_dirs, tmp_path, number):
    folder = shutil.copytree(adapter_dirs["plain"], tmp_path / "diverged")
    weights = load_file(folder / "adapter_model.safetensors")
    next(iter(weights.values()))[0, 0] = number
    save_file(weights, folder / "adapter_model.safetensors")
    with pytest.raises(UserError, match=r"not finite numbers.*its training diverged"):
        attach(tiny_gemma_dir, folder)
