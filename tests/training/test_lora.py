"""The lean LoRA layers compute what PEFT's do."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import GemmaConfig, GemmaForCausalLM

from text2sql.training.lora import compute_lean, use_lean_lora


def build_model(**settings):
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "head_dim": 8}
    config = GemmaConfig(vocab_size=64, num_attention_heads=4, num_key_value_heads=2, **sizes)
    adapter = LoraConfig(r=4, lora_alpha=12, target_modules=["q_proj", "v_proj"], **settings)
    model = get_peft_model(GemmaForCausalLM(config), adapter)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(0, 0.3)
    return model


def logits_and_gradients(model) -> list[torch.Tensor]:
    torch.manual_seed(1)
    model.zero_grad()
    logits = model(input_ids=torch.arange(3, 40)[None]).logits
    if logits.requires_grad:
        logits.square().mean().backward()
    return [logits, *(p.grad for p in model.parameters() if p.requires_grad)]


@pytest.mark.parametrize("rate", [0.0, 0.4])
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_logits_and_gradients_are_those_of_peft(rate, training):
    model = build_model(lora_dropout=rate).train(training)
    expected = logits_and_gradients(model)
    use_lean_lora(model)
    for lean, own in zip(logits_and_gradients(model), expected, strict=True):
        assert torch.allclose(lean, own, rtol=1e-5, atol=1e-7)


def test_disabled_adapter_leaves_the_base():
    model = build_model().eval()
    with model.disable_adapter():
        expected = logits_and_gradients(model)[0]
        use_lean_lora(model)
        assert torch.equal(logits_and_gradients(model)[0], expected)
    assert not torch.equal(logits_and_gradients(model)[0], expected)


@pytest.mark.parametrize("settings", [{"use_dora": True}, {"lora_bias": True}])
def test_other_kinds_of_adapter_are_left_to_peft(settings):
    model = build_model(**settings)
    use_lean_lora(model)
    layer = model.get_base_model().model.layers[0].self_attn.q_proj
    assert getattr(layer.forward, "__func__", None) is not compute_lean
