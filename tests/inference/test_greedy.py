"""Decoding in one block of memory gives the tokens that `generate` gives each prompt alone."""

import gc
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    Gemma2Config,
    GenerationConfig,
    GPT2Config,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
)
from transformers.models.gpt2.modeling_gpt2 import GPT2LMHeadModel

from text2sql.inference import greedy, kv_cache
from text2sql.models.adapters import adapter_active, attach_adapter

SIZES = {
    "vocab_size": 97,
    "hidden_size": 48,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 512,
    "tie_word_embeddings": False,
}
SETTINGS = GenerationConfig(
    do_sample=False, max_new_tokens=16, eos_token_id=[*range(1, 13)], pad_token_id=0
)


def build_llama() -> LlamaForCausalLM:
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**SIZES, initializer_range=0.3)).eval()
    model.name_or_path = "tiny-llama"
    return model


@pytest.fixture(scope="module")
def prompts() -> list[list[int]]:
    """Prompts with common prefixes of three lengths, one with none, and one of a single token."""
    torch.manual_seed(1)
    draw = lambda length: torch.randint(30, 97, (length,)).tolist()  # noqa: E731
    prefix = draw(60)
    schemas = [prefix + draw(40) for _ in range(3)]
    asked = [schema + draw(3 + 2 * n) for n, schema in enumerate(schemas * 4)]
    return sorted([*asked, draw(25), [31], prefix, prefix])


def decode(model, prompts, prefill_tokens=400) -> list[list[int]]:
    return greedy.decode_greedily(model, prompts, SETTINGS, prefill_tokens)


def generate_alone(model, prompts) -> list[list[int]]:
    answers = []
    for prompt in prompts:
        ids = torch.tensor([prompt])
        with torch.inference_mode():
            output = model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                generation_config=SETTINGS,
            )
        answers.append(output[0, len(prompt) :].tolist())
    return answers


@pytest.mark.parametrize("prefill_tokens", [1, 150, 10_000])
def test_tokens_are_those_of_generate_one_by_one(prompts, prefill_tokens):
    model = build_llama()
    expected = generate_alone(model, prompts)
    lengths = {len(answer) for answer in expected}
    assert len(lengths) > 4, "answers must end at different steps"
    assert SETTINGS.max_new_tokens in lengths, "and some not at all"
    assert decode(model, prompts, prefill_tokens) == expected


@pytest.mark.parametrize("scale", [None, 0.0, 0.5, 1.0])
def test_adapters_decode_as_one_by_one(prompts, tmp_path, scale):
    from peft import LoraConfig, get_peft_model

    model = build_llama()
    settings = LoraConfig(
        r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False, task_type="CAUSAL_LM"
    )
    get_peft_model(model, settings).save_pretrained(tmp_path)
    model = attach_adapter(build_llama(), Path(tmp_path), "one")
    base = decode(build_llama(), prompts)
    with adapter_active(model, None if scale is None else "one", scale or 0.0):
        answers = decode(model, prompts)
        assert answers == generate_alone(model, prompts)
    assert (answers == base) is (scale in (None, 0.0))


def test_each_shared_prefix_is_computed_once(prompts):
    model, shapes = build_llama(), []
    model.model.embed_tokens.register_forward_hook(
        lambda module, inputs, output: shapes.append(tuple(inputs[0].shape))
    )
    decode(model, prompts, prefill_tokens=10_000)
    steps = [rows for rows, tokens in shapes if tokens == 1]
    assert shapes[:2] == [(1, 59), (3, 41)]  # the last token of the shortest is a step's
    assert len(shapes) == 3 + len(steps)


def test_finished_rows_leave_the_batch(prompts):
    model, rows = build_llama(), []
    model.model.embed_tokens.register_forward_hook(
        lambda module, inputs, output: rows.append(len(inputs[0]))
    )
    decode(model, prompts)
    steps = rows[-SETTINGS.max_new_tokens :]
    assert steps[0] == len(prompts)
    assert steps == sorted(steps, reverse=True)
    assert steps[-1] < len(prompts) / 2


def test_attention_of_the_model_is_restored(prompts):
    model = build_llama()
    usual = model.config._attn_implementation
    decode(model, prompts[:2])
    assert model.config._attn_implementation == usual


def test_windowed_and_capped_attention_are_not_supported():
    windowed = MistralForCausalLM(MistralConfig(**SIZES, sliding_window=8))
    assert not kv_cache.supports_block_cache(windowed)
    assert kv_cache.supports_block_cache(
        MistralForCausalLM(MistralConfig(**SIZES, sliding_window=None))
    )
    capped = build_llama()
    capped.config.attn_logit_softcapping = Gemma2Config().attn_logit_softcapping
    assert not kv_cache.supports_block_cache(capped)


@pytest.mark.parametrize("model_type", ["gemma", "mistral", "qwen2", "qwen3", "phi3", "olmo2"])
def test_other_families_decode_as_one_by_one(prompts, model_type):
    torch.manual_seed(0)
    sizes = {**SIZES, "sliding_window": None} if model_type == "mistral" else SIZES
    config = AutoConfig.for_model(model_type, **sizes, initializer_range=0.3, pad_token_id=0)
    model = AutoModelForCausalLM.from_config(config).eval()
    assert kv_cache.supports_block_cache(model)
    some = prompts[::3]
    assert decode(model, some) == generate_alone(model, some)


def test_learned_positions_are_those_of_each_row(prompts):
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=97, n_embd=48, n_layer=2, n_head=6, n_positions=512, initializer_range=0.3
    )
    model = GPT2LMHeadModel(config).eval()
    assert kv_cache.supports_block_cache(model)
    assert decode(model, prompts) == generate_alone(model, prompts)


def test_padding_needs_no_position_beyond_the_prompts():
    """A short late span is computed in one batch with a long early one."""
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=97, n_embd=48, n_layer=2, n_head=6, n_positions=160, initializer_range=0.3
    )
    model = GPT2LMHeadModel(config).eval()
    prefix = torch.randint(30, 97, (130,)).tolist()
    late, early = [prefix + [5] * 3, prefix + [6] * 5], torch.randint(30, 97, (80,)).tolist()
    some = sorted([*late, early])
    assert decode(model, some, prefill_tokens=10_000) == generate_alone(model, some)


def test_values_may_have_another_head_dim_than_keys(prompts):
    """Latent attention, as in DeepSeek's models."""
    torch.manual_seed(0)
    latent = {"q_lora_rank": 16, "kv_lora_rank": 16, "qk_rope_head_dim": 8, "qk_nope_head_dim": 16}
    sizes = SIZES | {"head_dim": 8, "num_key_value_heads": 6, "num_hidden_layers": 2}
    config = AutoConfig.for_model(
        "deepseek_v3", **sizes, **latent, v_head_dim=8, first_k_dense_replace=2, pad_token_id=0
    )
    model = AutoModelForCausalLM.from_config(config).eval()
    assert kv_cache.supports_block_cache(model)
    some = prompts[::3]
    assert decode(model, some) == generate_alone(model, some)


@pytest.mark.parametrize("rope_type", ["dynamic", "longrope"])
def test_positions_that_depend_on_the_longest_text_are_not_supported(rope_type):
    model = build_llama()
    model.config.rope_parameters = {"rope_type": rope_type, "rope_theta": 1e4, "factor": 2.0}
    assert not kv_cache.supports_block_cache(model)
    model.config.rope_parameters = {"full_attention": model.config.rope_parameters}
    assert not kv_cache.supports_block_cache(model)


def test_cache_is_freed_when_decoding_returns(prompts, no_garbage_collection):
    """An 8 GB GPU has no room for the last batch's block until the garbage collector runs."""

    model = build_llama()
    decode(model, prompts)
    assert not [item for item in gc.get_objects() if isinstance(item, kv_cache.BlockLayer)]
