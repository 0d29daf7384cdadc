"""Packed rows give each text the logits and the adapter the gradients that it gets alone."""

from functools import partial

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM as Model
from transformers import (
    Gemma2Config,
    Gemma3TextConfig,
    GemmaConfig,
    GPT2Config,
    LlamaConfig,
    MistralConfig,
    Qwen2Config,
    Qwen3Config,
)

from text2sql.models.shared_prefix import (
    ATTENTION,
    MODEL_TYPES,
    attend_to_shared_prefixes,
    attending_to_shared_prefixes,
    common_prefix_length,
    pack,
    supports_shared_prefix,
)

SIZES = {
    "vocab_size": 96,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "initializer_range": 0.3,
}
CONFIGS = {
    "gemma": partial(GemmaConfig, **SIZES),
    "llama": partial(LlamaConfig, **SIZES),
    "mistral": partial(MistralConfig, **SIZES, sliding_window=None),
    "qwen2": partial(Qwen2Config, **SIZES),
    "qwen3": partial(Qwen3Config, **SIZES),
}
GROUPS = {
    "one shared prefix": ([[2, 5, 6, 7]], [[[8, 9, 10], [11], [12, 13, 14, 15, 16]]]),
    "nothing in common": ([[]], [[[2, 9, 10], [2, 30, 31, 32]]]),
    "two prefixes": ([[2, 5, 6], [2, 7, 8]], [[[9, 10], [11]], [[12, 13, 14]]]),
    "suffixes of one length": ([[2, 5]], [[[6, 7], [8, 9]]]),
    "one text": ([[]], [[[2, 5, 6, 7]]]),
}


def build_model(name: str, checkpointing: bool = False):
    torch.manual_seed(0)
    model = Model.from_config(CONFIGS[name]()).train()
    adapter = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(model, adapter)
    for parameter_name, parameter in model.named_parameters():
        if "lora_B" in parameter_name:
            parameter.data.normal_(0, 0.3)
    if checkpointing:
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable({"use_reentrant": False})
    return model


def adapter_gradients(model) -> list[torch.Tensor]:
    found = [parameter.grad.clone() for parameter in model.parameters() if parameter.requires_grad]
    model.zero_grad()
    return found


def one_by_one(model, texts: list[list[int]], first: int) -> list[torch.Tensor]:
    """Return each text's logits from its token `first` on, after a backward pass of their sum."""
    logits = [model(input_ids=torch.tensor([text])).logits[0, first:] for text in texts]
    sum(part.square().sum() for part in logits).backward()
    return [part.detach() for part in logits]


def packed(model, prefixes, suffixes) -> list[torch.Tensor]:
    attend_to_shared_prefixes(model)
    row = pack(prefixes, suffixes)
    logits = model(**row).logits[0]
    starts, lengths = row["shared_prefix"].suffix_starts(), row["shared_prefix"].suffix_lengths
    parts = [logits[start : start + n] for start, n in zip(starts, lengths, strict=True)]
    sum(part.square().sum() for part in parts).backward()
    return [part.detach() for part in parts]


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("case", GROUPS)
def test_packed_texts_have_the_logits_and_gradients_that_they_have_alone(name, case):
    prefixes, suffixes = GROUPS[case]
    compare(build_model(name), prefixes, suffixes)


def test_checkpointing_computes_a_packed_row_again_with_its_layout():
    compare(build_model("gemma", checkpointing=True), *GROUPS["one shared prefix"])


def compare(model, prefixes, suffixes):
    texts = [
        prefix + suffix
        for prefix, group in zip(prefixes, suffixes, strict=True)
        for suffix in group
    ]
    alone = one_by_one(model, texts, len(prefixes[0]))
    alone_gradients = adapter_gradients(model)
    together = packed(model, prefixes, suffixes)
    for expected, found in zip(alone, together, strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    for expected, found in zip(alone_gradients, adapter_gradients(model), strict=True):
        assert (found - expected).norm() <= 1e-5 * expected.norm()


def test_row_without_a_layout_is_refused_and_the_usual_attention_comes_back():
    model = Model.from_config(CONFIGS["gemma"]())
    text = torch.tensor([[2, 3, 4]])
    with attending_to_shared_prefixes(model), pytest.raises(TypeError, match="shared_prefix"):
        model(input_ids=text)
    assert model.config._attn_implementation != ATTENTION
    model(input_ids=text)


def test_layout_says_where_suffixes_begin_and_positions_go_on_from_the_prefix():
    row = pack([[1, 2], [3, 4]], [[[5], [6, 7]], [[8]]])
    assert row["input_ids"].tolist() == [[1, 2, 3, 4, 5, 6, 7, 8]]
    assert row["position_ids"].tolist() == [[0, 1, 0, 1, 2, 2, 3, 2]]
    layout = row["shared_prefix"]
    assert layout.suffix_starts() == [4, 5, 7]
    assert layout.prefix_of_suffix.tolist() == [0, 0, 1]
    assert layout.slots.tolist() == [0, 2, 3, 4]
    assert layout.to(torch.device("cpu")).slots.tolist() == [0, 2, 3, 4]


@pytest.mark.parametrize(
    ("prefixes", "suffixes"), [([[1], [2, 3]], [[[4]], [[5]]]), ([[1]], [[[2], []]])]
)
def test_what_cannot_be_packed_is_refused(prefixes, suffixes):
    with pytest.raises(ValueError, match="must be as long"):
        pack(prefixes, suffixes)


@pytest.mark.parametrize(
    ("texts", "length"),
    [
        ([[1, 2, 3], [1, 2, 4], [1, 2]], 2),
        ([[1, 2], [1, 2]], 2),
        ([[1], [2]], 0),
        ([[5, 6, 7]], 3),
    ],
)
def test_common_prefix_is_what_all_texts_begin_with(texts, length):
    assert common_prefix_length(texts) == length


def test_models_with_windows_or_soft_caps_take_the_plain_path():
    assert set(CONFIGS) == set(MODEL_TYPES)
    assert all(supports_shared_prefix(config()) for config in CONFIGS.values())
    windowed = Qwen2Config(**SIZES, use_sliding_window=True, max_window_layers=0)
    for config in (windowed, MistralConfig(), Gemma2Config(), Gemma3TextConfig(), GPT2Config()):
        assert not supports_shared_prefix(config), type(config)
