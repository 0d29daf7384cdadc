"""Batch sizes that fit 6 to 80 GB with a vocabulary of 256,000, and what happens when none does."""

from types import SimpleNamespace

import pytest
import torch
from transformers import GemmaConfig, LlamaConfig

from text2sql.errors import UserError
from text2sql.inference import batch_plan
from text2sql.inference.batch_plan import (
    BatchPlan,
    ScoringPlan,
    plan_decoding,
    plan_scoring,
    scoring_plan_of,
)

GB = 10**9
GEMMA_2B = GemmaConfig(
    vocab_size=256_000,
    hidden_size=2048,
    intermediate_size=16_384,
    num_hidden_layers=18,
    num_attention_heads=8,
    num_key_value_heads=1,
    head_dim=256,
)
LLAMA_8B = LlamaConfig(
    vocab_size=128_256,
    hidden_size=4096,
    intermediate_size=14_336,
    num_hidden_layers=32,
    num_attention_heads=32,
    num_key_value_heads=8,
)


@pytest.fixture
def plan_on_gpu(monkeypatch):
    def plan(config, free_gb: float, longest: int = 1024) -> BatchPlan:
        monkeypatch.setattr(batch_plan, "free_bytes", lambda device: int(free_gb * GB))
        model = SimpleNamespace(device=torch.device("cuda"), dtype=torch.bfloat16, config=config)
        return plan_decoding(model, longest)

    return plan


def bytes_of(config, plan: BatchPlan, longest: int = 1024) -> int:
    """Return the bytes of all keys, values and logits, and of the prefill's activations."""
    head_dim = config.head_dim or config.hidden_size // config.num_attention_heads
    cached = 2 * config.num_hidden_layers * config.num_key_value_heads * head_dim * 2
    read = plan.prefill_tokens * 2 * 3 * config.intermediate_size
    return plan.num_prompts * (longest * cached + 2 * config.vocab_size) + read


@pytest.mark.parametrize("config", [GEMMA_2B, LLAMA_8B], ids=["Gemma-2B", "Llama-3-8B"])
@pytest.mark.parametrize("free_gb", [1.5, 3, 8, 18, 60, 130])
def test_plan_uses_most_of_the_free_memory_and_not_more(plan_on_gpu, config, free_gb):
    plan = plan_on_gpu(config, free_gb)
    needed = bytes_of(config, plan) / (free_gb * GB)
    assert needed < 0.85
    assert needed > 0.5 or plan.num_prompts == batch_plan.LARGEST_BATCH_SIZE


def test_processes_score_by_the_plan_of_the_smallest_free_memory(monkeypatch):
    model = SimpleNamespace(device=torch.device("cuda"), dtype=torch.bfloat16, config=GEMMA_2B)
    monkeypatch.setattr(batch_plan, "free_bytes", lambda device: 3 * GB)
    alone = plan_scoring(model)
    monkeypatch.setattr(batch_plan, "free_bytes", lambda device: 60 * GB)
    assert plan_scoring(model) != alone
    monkeypatch.setattr(batch_plan, "gather", lambda own: [own, 3 * GB])
    assert plan_scoring(model) == alone


def test_processes_agree_on_the_plan_of_a_model_once(monkeypatch):
    model, another = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
    monkeypatch.setattr(batch_plan, "plan_scoring", lambda model: ScoringPlan(2, 2))
    assert scoring_plan_of(model) == ScoringPlan(2, 2)
    monkeypatch.setattr(batch_plan, "plan_scoring", lambda model: ScoringPlan(1, 1))
    assert scoring_plan_of(model) == ScoringPlan(2, 2)
    assert scoring_plan_of(another) == ScoringPlan(1, 1)


def test_6_gb_gpu_still_decodes_many_questions_of_gemma_at_once(plan_on_gpu):
    assert plan_on_gpu(GEMMA_2B, 3).num_prompts > 50


@pytest.mark.parametrize("config", [GEMMA_2B, LLAMA_8B], ids=["Gemma-2B", "Llama-3-8B"])
@pytest.mark.parametrize("free_gb", [1.5, 3, 8, 18, 60, 130])
def test_rows_and_their_logits_fit_together(plan_on_gpu, config, free_gb):
    plan_on_gpu(config, free_gb)
    model = SimpleNamespace(device=torch.device("cuda"), dtype=torch.bfloat16, config=config)
    plan = plan_scoring(model)
    row = plan.tokens_at_once * 2 * (3 * config.intermediate_size + 10 * config.hidden_size)
    logits = plan.logits_at_once * 3 * 2 * config.vocab_size  # logits, their logarithms, and a copy
    assert row + logits < 0.6 * free_gb * GB
    assert plan.tokens_at_once >= 1000 or free_gb < 3


def test_rows_are_halved_down_to_one_token(capsys):
    assert ScoringPlan(300, 1).halved() == ScoringPlan(150, 1)
    assert "rows of 150 tokens" in capsys.readouterr().out
    with pytest.raises(UserError, match="one item"):
        ScoringPlan(1, 1).halved()


def test_batches_have_similar_sizes():
    plan = BatchPlan(num_prompts=500, prefill_tokens=8192)
    assert [plan.next_batch_size(1034), plan.next_batch_size(689), plan.next_batch_size(345)] == [
        345,
        345,
        345,
    ]
    assert plan.next_batch_size(20) == 20


def test_explicit_batch_size_is_kept(plan_on_gpu):
    model = SimpleNamespace(device=torch.device("cpu"))
    assert plan_decoding(model, 100, num_prompts=3).num_prompts == 3


def test_plan_is_halved_down_to_one_prompt(capsys):
    plan = BatchPlan(num_prompts=3, prefill_tokens=300)
    assert plan.halved() == BatchPlan(num_prompts=1, prefill_tokens=256)
    assert "continuing with 1" in capsys.readouterr().out
    with pytest.raises(UserError, match="--max_new_tokens"):
        plan.halved().halved()
