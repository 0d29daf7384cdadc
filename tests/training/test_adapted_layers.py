"""Which layers an adapter is on, and what they keep in memory for the backward pass."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig

from text2sql.errors import UserError
from text2sql.files import read_json
from text2sql.models.device import ModelShape
from text2sql.training.adapted_layers import AdapterSize, measure_adapter, target_modules
from text2sql.training.lora import use_lean_lora
from text2sql.training.plan import SAFETY, ExecutionPlan, Workload, expected_bytes

HIDDEN, INNER, NUM_LAYERS = 64, 192, 2
CONFIG = LlamaConfig(
    vocab_size=32,
    hidden_size=HIDDEN,
    intermediate_size=INNER,
    num_hidden_layers=NUM_LAYERS,
    num_attention_heads=4,
    num_key_value_heads=2,
)
OF_A_LAYER = {
    "q_proj v_proj": 2 * HIDDEN,
    "down_proj": INNER,
    "all-linear": 6 * HIDDEN + INNER,
    "layers.1.self_attn.q_proj": HIDDEN / NUM_LAYERS,
}


@pytest.mark.parametrize(("names", "features"), OF_A_LAYER.items())
def test_inputs_of_adapted_layers_are_counted_without_weights(names, features):
    assert measure_adapter(CONFIG, names.split(), 4).input_features == NUM_LAYERS * features


def test_adapters_on_embeddings_have_parameters_and_keep_no_features():
    assert measure_adapter(CONFIG, ["embed_tokens"], 4) == AdapterSize(0, 4 * (32 + HIDDEN))


def test_linear_layers_of_gpt2_are_linear_layers():
    config = GPT2Config(n_embd=HIDDEN, n_layer=NUM_LAYERS, n_head=4, vocab_size=32)
    per_layer = [(HIDDEN, 3 * HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, 4 * HIDDEN), (4 * HIDDEN, HIDDEN)]
    assert measure_adapter(config, ["all-linear"], 4) == AdapterSize(
        NUM_LAYERS * 7 * HIDDEN, NUM_LAYERS * 4 * sum(map(sum, per_layer))
    )
    with pytest.raises(UserError, match=r"Choose from c_attn, c_fc, c_proj"):
        measure_adapter(config, ["q_proj"], 4)


@pytest.mark.parametrize("names", [["no_such_layer"], ["q_proj", "fc1"], ["all-linear", "q_proj"]])
def test_layers_that_the_model_lacks_are_named_with_those_it_has(names):
    absent = next(name for name in names if name != "q_proj")
    with pytest.raises(UserError, match=f"no layer called {absent}. .* down_proj, gate_proj"):
        measure_adapter(CONFIG, names, 4)


def test_the_head_can_be_named_and_is_not_one_of_all():
    assert measure_adapter(CONFIG, ["lm_head"], 4).input_features == HIDDEN
    model = get_peft_model(
        AutoModelForCausalLM.from_config(CONFIG),
        LoraConfig(target_modules=target_modules(["all-linear"]), task_type="CAUSAL_LM"),
    )
    adapted = [module.in_features for module in model.modules() if hasattr(module, "lora_A")]
    num_trained, _ = model.get_nb_trainable_parameters()
    assert measure_adapter(CONFIG, ["all-linear"], 8) == (sum(adapted), num_trained)


@pytest.mark.slow
def test_all_linear_layers_are_adapted_by_one_word(run_train, tmp_path):
    run_train(tmp_path / "run", "--max_steps", 1, "--lora_target_modules", "all-linear")
    adapted = read_json(tmp_path / "run" / "adapter_config.json")["target_modules"]
    attention, mlp = ["k_proj", "o_proj", "q_proj", "v_proj"], ["down_proj", "gate_proj", "up_proj"]
    assert sorted({name.rpartition(".")[2] for name in adapted}) == sorted(attention + mlp)


def kept_bytes(names: list[str], num_tokens: int) -> int:
    """Return the bytes of all distinct tensors that one forward pass keeps for the backward one."""
    torch.manual_seed(0)
    config = LoraConfig(
        r=4, lora_dropout=0.1, target_modules=target_modules(names), task_type="CAUSAL_LM"
    )
    model = get_peft_model(AutoModelForCausalLM.from_config(CONFIG), config).train()
    use_lean_lora(model)
    kept = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = (storage.nbytes(), tensor)  # alive, so that no two are at once
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model(torch.arange(num_tokens)[None] % 32)
    return sum(nbytes for nbytes, _ in kept.values())


def test_the_plan_expects_what_other_layers_than_q_and_v_keep():
    num_tokens, width = 512, 4
    expected = {
        names: expected_bytes(
            ModelShape.from_config(CONFIG),
            ExecutionPlan(1, 1, False, False, "float32"),
            Workload(
                effective_batch_size=1,
                num_steps=1,
                longest_row=num_tokens,
                tokens_per_micro_batch=lambda examples: examples * num_tokens,
                load_in_4bit=False,
                adapter=AdapterSize(measure_adapter(CONFIG, names.split(), 4).input_features),
            ),
        )
        / SAFETY
        for names in ("q_proj v_proj", "all-linear")
    }
    more_expected = expected["all-linear"] - expected["q_proj v_proj"]
    on_all, on_two = (kept_bytes(names.split(), num_tokens) for names in reversed(expected))
    # On a CPU dropout keeps its mask as floats, for which the plan, made for GPUs, counts a byte.
    floats_for_bytes = (2 * width) / (width + 1)
    assert on_all - on_two == pytest.approx(more_expected * floats_for_bytes, rel=0.15)
