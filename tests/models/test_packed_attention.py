"""In a packed row each text has the logits, and the adapter the gradients, that it has alone."""

from functools import partial

import pytest
import torch
from tiny_layers import SIZES, build_adapted
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

from text2sql.models.packed_attention import (
    ATTENTION,
    MODEL_TYPES,
    packed_attention,
    supports_flash_attention,
    supports_packed_attention,
)
from text2sql.models.packed_rows import RowShape, Suffix, pack_row, split_shared_prefix

CONFIGS = {
    "gemma": partial(GemmaConfig, **SIZES),
    "llama": partial(LlamaConfig, **SIZES),
    "mistral": partial(MistralConfig, **SIZES, sliding_window=None),
    "qwen2": partial(Qwen2Config, **SIZES),
    "qwen3": partial(Qwen3Config, **SIZES),
}
ROWS = {
    "one prefix": ([[2, 5, 6, 7]], [Suffix([8, 9, 10], 4), Suffix([11], 4), Suffix([12, 13], 4)]),
    "at different positions": ([[2, 5, 6, 7, 8]], [Suffix([9, 10], 2), Suffix([11] * 9, 5)]),
    "nothing in common": ([[]], [Suffix([2, 9, 10]), Suffix([2, 30, 31, 32])]),
    "two prefixes": (
        [[2, 5, 6], [2, 7, 8, 9]],
        [Suffix([9, 10], 3), Suffix([11], 4, prefix=1), Suffix([12, 13, 14], 1)],
    ),
    "one text": ([[]], [Suffix([2, 5, 6, 7])]),
}


def build_model(name: str, checkpointing: bool = False):
    return build_adapted(CONFIGS[name](), ["q_proj", "v_proj"], checkpointing)


def adapter_gradients(model) -> list[torch.Tensor]:
    found = [parameter.grad.clone() for parameter in model.parameters() if parameter.requires_grad]
    model.zero_grad()
    return found


def one_by_one(model, prefixes, suffixes) -> list[torch.Tensor]:
    """Return each suffix's logits, each text computed alone, after a backward pass of their sum."""
    parts = []
    for suffix in suffixes:
        text = [*prefixes[suffix.prefix][: suffix.prefix_length], *suffix.tokens]
        parts.append(model(input_ids=torch.tensor([text])).logits[0, suffix.prefix_length :])
    sum(part.square().sum() for part in parts).backward()
    return [part.detach() for part in parts]


def packed(model, prefixes, suffixes) -> list[torch.Tensor]:
    row = pack_row(prefixes, suffixes)
    with packed_attention(model):
        logits = model(**row).logits[0]
        segments = row["shared_prefix"].suffixes
        parts = [logits[part.start : part.start + part.length] for part in segments]
        sum(part.square().sum() for part in parts).backward()
    return [part.detach() for part in parts]


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("case", ROWS)
def test_packed_texts_have_the_logits_and_gradients_that_they_have_alone(name, case):
    compare(build_model(name), *ROWS[case])


def test_checkpointing_recomputes_a_packed_row_with_its_layout():
    compare(build_model("gemma", checkpointing=True), *ROWS["at different positions"])


def compare(model, prefixes, suffixes):
    alone = one_by_one(model, prefixes, suffixes)
    alone_gradients = adapter_gradients(model)
    together = packed(model, prefixes, suffixes)
    for expected, found in zip(alone, together, strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    for expected, found in zip(alone_gradients, adapter_gradients(model), strict=True):
        assert (found - expected).norm() <= 1e-5 * expected.norm()


def test_row_without_a_layout_is_refused_and_attention_is_restored():
    model = Model.from_config(CONFIGS["gemma"]())
    text = torch.tensor([[2, 3, 4]])
    with packed_attention(model), pytest.raises(TypeError, match="shared_prefix"):
        model(input_ids=text)
    assert model.config._attn_implementation != ATTENTION
    model(input_ids=text)


def test_layout_gives_the_position_and_the_keys_of_each_segment():
    row = pack_row([[1, 2], [3, 4]], [Suffix([5], 2), Suffix([6, 7], 1, prefix=1)])
    assert row["input_ids"].tolist() == [[1, 2, 3, 4, 5, 6, 7]]
    assert row["position_ids"].tolist() == [[0, 1, 0, 1, 2, 1, 2]]
    layout = row["shared_prefix"].to(torch.device("cpu"))
    assert layout.suffixes == ((4, 1, 0, 2), (5, 2, 2, 1))
    assert layout.keys.tolist() == [0, 1, 2, 3, 0, 1, 4, 2, 5, 6]
    assert layout.cu_seqlens_q.tolist() == [0, 2, 4, 5, 7]
    assert layout.cu_seqlens_k.tolist() == [0, 2, 4, 7, 10]


def test_row_is_padded_by_segments_that_no_other_sees():
    shape = RowShape(num_tokens=12, num_keys=20, num_segments=8, max_seqlen=4, num_outputs=3)
    row = pack_row([[1, 2]], [Suffix([5, 6], 2), Suffix([7], 1)], [shape])
    layout = row["shared_prefix"]
    assert layout.shape == shape
    assert row["input_ids"].tolist() == [[1, 2, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0]]
    assert row["position_ids"].tolist() == [[0, 1, 2, 3, 1, 0, 1, 2, 3, 0, 1, 2]]
    assert layout.cu_seqlens_q.tolist() == [0, 2, 4, 5, 9, 12, 12, 12, 12]
    assert layout.cu_seqlens_k.tolist() == [0, 2, 6, 8, 12, 15, 19, 20, 20]
    assert layout.keys[:8].tolist() == [0, 1, 0, 1, 2, 3, 0, 4]


def test_row_that_no_shape_holds_is_not_padded():
    sizes = [(4, 20, 8, 4), (12, 7, 8, 4), (12, 20, 2, 4), (12, 20, 8, 3)]
    shapes = [RowShape(*size, num_outputs=3) for size in sizes]
    layout = pack_row([[1, 2]], [Suffix([5, 6], 2), Suffix([7], 1)], shapes)["shared_prefix"]
    assert layout.shape is None and len(layout.keys) == 8


@pytest.mark.parametrize("suffix", [Suffix([], 1), Suffix([4], 3)], ids=["empty", "too much"])
def test_suffix_that_cannot_be_packed_is_refused(suffix):
    with pytest.raises(ValueError, match="empty or continues beyond"):
        pack_row([[1, 2]], [suffix])


@pytest.mark.parametrize(
    ("texts", "limits", "prefix", "shared"),
    [
        ([[1, 2, 3], [1, 2, 4]], [2, 2], [1, 2], [2, 2]),
        ([[1, 2, 3], [1, 2, 4]], [1, 2], [1], [1, 1]),
        ([[1, 2, 3], [1, 2, 3, 4], [5, 6]], [2, 3, 1], [1, 2], [2, 2, 0]),
        ([[1, 2, 3, 4], [1, 2, 3, 5], [1, 6]], [3, 3, 1], [1, 2, 3], [3, 3, 1]),
        ([[1], [2]], [0, 0], [], [0, 0]),
        ([[1, 2, 3]], [2], [], [0]),
        ([[1, 2, 3], [1, 2, 3]], [2, 2], [1, 2], [2, 2]),
    ],
)
def test_shared_prefix_is_the_one_that_saves_the_most(texts, limits, prefix, shared):
    found, suffixes = split_shared_prefix(texts, limits)
    assert (found, [suffix.prefix_length for suffix in suffixes]) == (prefix, shared)
    assert [[*found[: suffix.prefix_length], *suffix.tokens] for suffix in suffixes] == texts


def test_flash_kernel_does_not_support_a_cpu():
    assert not supports_flash_attention(Model.from_config(CONFIGS["gemma"]()))


def test_models_of_other_attention_or_positions_are_not_supported():
    assert set(CONFIGS) == set(MODEL_TYPES)
    assert all(supports_packed_attention(config()) for config in CONFIGS.values())
    windowed = Qwen2Config(**SIZES, use_sliding_window=True, max_window_layers=0)
    stretched = LlamaConfig(**SIZES, rope_parameters={"rope_type": "dynamic", "factor": 2.0})
    others = (MistralConfig(), Gemma2Config(), Gemma3TextConfig(), GPT2Config())
    for config in (windowed, stretched, *others):
        assert not supports_packed_attention(config), type(config)
