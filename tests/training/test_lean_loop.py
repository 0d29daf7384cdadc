"""A step asks for what transformers' loop asks for, without going through all modules."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from tiny_train import QUICK, history
from transformers import GemmaConfig, GemmaForCausalLM, Trainer

from text2sql.training.lean_loop import LeanLoopTrainer, skip_walks
from text2sql.training.trainer import AdapterTrainer


def build_model(loaded_for_inference: bool = False):
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "vocab_size": 32}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8}
    model = GemmaForCausalLM(GemmaConfig(**sizes, **heads)).train(not loaded_for_inference)
    return get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM"))


def test_modes_of_all_modules_change_with_that_of_the_model():
    model = build_model()
    skip_walks(model, [])
    for mode in (False, True, True, False):
        assert model.train(mode) is model
        assert {module.training for module in model.modules()} == {mode}
    model.train()
    model.eval()
    assert not any(module.training for module in model.modules())


def test_base_that_was_loaded_for_inference_is_switched_to_training():
    model = build_model(loaded_for_inference=True)
    assert model.training and not model.get_base_model().training
    skip_walks(model, [])
    model.train()
    assert all(module.training for module in model.modules())


@pytest.mark.slow
def test_all_modules_train_in_every_step_whether_or_not_anything_evaluates(
    tmp_path, run_train, monkeypatch
):
    modes = []
    compute_loss = AdapterTrainer.compute_loss

    def watch(trainer, model, *args, **kwargs):
        modes.append({module.training for module in model.modules()})
        return compute_loss(trainer, model, *args, **kwargs)

    monkeypatch.setattr(AdapterTrainer, "compute_loss", watch)
    nothing = [
        "--eval_strategy",
        "no",
        "--save_strategy",
        "no",
        "--load_best_model_at_end",
        "false",
    ]
    steps = ["--max_steps", "3", "--general_texts", "none", "--load_in_4bit", "false"]
    run_train(tmp_path / "run", *steps, *nothing)
    assert modes == [{True}] * 3


@pytest.mark.parametrize("set_to_none", [True, False])
def test_gradients_of_the_adapter_are_cleared(set_to_none):
    model = build_model()
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    skip_walks(model, trainable)
    trainable[0].grad = torch.ones_like(trainable[0])
    model.zero_grad(set_to_none)
    left = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    assert len(left) == (not set_to_none) and not any(gradient.any() for gradient in left)


@pytest.mark.slow
def test_log_is_that_of_the_loop_with_its_walks(tmp_path, run_train, monkeypatch):
    run_train(tmp_path / "lean", *QUICK, "--max_grad_norm", "0.5")
    for name in ("floating_point_ops", "_clip_grad_norm"):
        monkeypatch.setattr(LeanLoopTrainer, name, getattr(Trainer, name))
    monkeypatch.setattr("text2sql.training.lean_loop.skip_walks", lambda model, trainable: None)
    run_train(tmp_path / "walks", *QUICK, "--max_grad_norm", "0.5")
    log = history(tmp_path / "lean")
    assert log == history(tmp_path / "walks")
    assert log[-1].get("total_flos", 1) > 0


def test_number_of_parameters_is_the_one_that_transformers_counts():
    trainer = LeanLoopTrainer.__new__(LeanLoopTrainer)
    trainer.model = build_model()
    inputs = {"input_ids": torch.zeros(1, 7, dtype=torch.long)}
    assert trainer.floating_point_ops(inputs) == Trainer.floating_point_ops(trainer, inputs) > 0
