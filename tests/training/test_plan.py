"""Plans of a training step for devices that are described by numbers."""

import dataclasses

import pytest
import torch

from text2sql.errors import UserError
from text2sql.models.device import GIB, Device, ModelShape
from text2sql.training.plan import (
    ExecutionPlan,
    FixedByUser,
    Workload,
    expected_bytes,
    gain_of_larger_batch,
    plan_training,
    relative_cost,
)

GEMMA_2B = ModelShape(
    num_layers=18,
    hidden_size=2048,
    intermediate_size=16384,
    vocab_size=256_000,
    num_linear_parameters=1_981_808_640,
    num_embedding_parameters=524_288_000,
)
LLAMA_3_8B = ModelShape(32, 4096, 14336, 128_256, 6_979_321_856, 1_050_673_152)
MISTRAL_7B = ModelShape(32, 4096, 14336, 32_000, 6_979_321_856, 262_144_000)
SHAPES = {"gemma-2b": GEMMA_2B, "llama-3-8b": LLAMA_3_8B, "mistral-7b": MISTRAL_7B}
CPU = Device("CPU", None, supports_bf16=False, is_cuda=False)


def gpu(gib: float, supports_bf16: bool = True) -> Device:
    return Device("a GPU", int(gib * GIB), supports_bf16, is_cuda=True)


def padded(micro_batch: int) -> int:
    return 1024 * micro_batch


def shared(micro_batch: int) -> int:
    return 533 + 400 * micro_batch


FIXED = {field.name for field in dataclasses.fields(FixedByUser)}


def describe_workload(**changed) -> Workload:
    usual = {"effective_batch_size": 8, "longest_row": 1024, "load_in_4bit": True}
    return Workload(**{"tokens_per_micro_batch": padded, "num_steps": 4000, **usual, **changed})


def plans(device: Device, shape: ModelShape = GEMMA_2B, **changed) -> list[ExecutionPlan]:
    fixed = FixedByUser(**{name: changed.pop(name) for name in FIXED & changed.keys()})
    return plan_training(shape, device, describe_workload(**changed), fixed)


def plan(device: Device, shape: ModelShape = GEMMA_2B, **changed) -> ExecutionPlan:
    return plans(device, shape, **changed)[0]


@pytest.mark.parametrize("tokens_per_micro_batch", [padded, shared])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("gib", [6, 8, 12, 16, 24, 40, 80, 139])
def test_plans_keep_the_effective_batch_and_stay_within_memory_where_they_can(
    tokens_per_micro_batch, shape, gib
):
    found = plans(
        gpu(gib),
        shape,
        tokens_per_micro_batch=tokens_per_micro_batch,
        packed=tokens_per_micro_batch is shared,
    )
    assert all(
        plan.per_device_train_batch_size * plan.gradient_accumulation_steps == 8 for plan in found
    )
    fitting = [expected_bytes(shape, plan, describe_workload()) <= gib * GIB for plan in found]
    smallest = ExecutionPlan(1, 8, True, False, "bf16", packed=tokens_per_micro_batch is shared)
    assert all(fitting) or found == [smallest]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_more_memory_never_gives_a_slower_plan(shape):
    costs = [relative_cost(plan(gpu(gib), shape), padded) for gib in (6, 8, 12, 16, 24, 40, 80)]
    assert costs == sorted(costs, reverse=True)


def test_plans_go_from_the_fastest_to_slower_ones():
    costs = [relative_cost(found, padded) for found in plans(gpu(24))]
    assert len(costs) > 4 and costs == sorted(costs)


def test_large_gpu_dequantises_the_weights_and_drops_checkpointing():
    assert plan(gpu(139)) == ExecutionPlan(8, 1, False, True, "bf16")


def test_cuda_graphs_are_used_where_a_step_is_one_row_with_memory_to_spare():
    assert plan(gpu(139), packed=True).cuda_graphs
    assert plan(gpu(139), packed=True, load_in_4bit=False).cuda_graphs
    assert plan(gpu(139), packed=True, world_size=2).cuda_graphs
    assert not plan(gpu(139), packed=True, num_steps=100).cuda_graphs
    assert not plan(gpu(139)).cuda_graphs
    assert not plan(gpu(139), packed=True, micro_batch_size=4).cuda_graphs
    assert not plan(gpu(139), packed=True, gradient_checkpointing=True).cuda_graphs
    assert not plan(gpu(139, supports_bf16=False), packed=True).cuda_graphs
    assert not plan(gpu(24), packed=True).cuda_graphs


def test_packed_rows_share_more_the_more_examples_they_hold():
    """On a small card checkpointing one shared row is faster than eight that share nothing."""
    found = plan(gpu(8), tokens_per_micro_batch=shared, packed=True)
    assert found.per_device_train_batch_size > 1


def test_cap_on_the_process_counts_as_the_memory_of_the_device(monkeypatch):
    device = torch.device("cuda", 0)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (70 * GIB, 80 * GIB))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "a GPU")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    monkeypatch.setattr(torch.cuda, "get_per_process_memory_fraction", lambda device: 0.1)
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: GIB)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: GIB)
    expected = Device("a GPU", 7 * GIB, supports_bf16=False, is_cuda=True)
    assert Device.of(device) == expected


def test_gpu_without_bf16_computes_in_float32():
    assert plan(gpu(15, supports_bf16=False)).precision == "float32"


def test_cpu_packs_a_step_into_one_row_or_keeps_the_recipes_micro_batch():
    assert plan(CPU, packed=True) == ExecutionPlan(8, 1, False, True, "float32", packed=True)
    assert plan(CPU) == ExecutionPlan(1, 8, False, True, "float32")


def test_micro_batch_of_the_user_is_kept():
    found = plan(gpu(139), micro_batch_size=2)
    assert (found.per_device_train_batch_size, found.gradient_accumulation_steps) == (2, 4)


def test_accumulation_of_the_user_is_kept():
    found = plan(gpu(139), gradient_accumulation_steps=4)
    assert (found.per_device_train_batch_size, found.gradient_accumulation_steps) == (2, 4)


def test_both_factors_of_the_user_are_kept():
    kept = {"micro_batch_size": 4, "gradient_accumulation_steps": 4}
    found = plan(gpu(139), effective_batch_size=16, **kept)
    assert (found.per_device_train_batch_size, found.gradient_accumulation_steps) == (4, 4)


def test_checkpointing_of_the_user_is_kept():
    assert plan(gpu(139), gradient_checkpointing=True).gradient_checkpointing
    assert not plan(gpu(6), gradient_checkpointing=False).gradient_checkpointing


def test_eight_processes_share_the_effective_batch():
    found = plan(gpu(139), world_size=8)
    assert (found.per_device_train_batch_size, found.gradient_accumulation_steps) == (1, 1)


def test_larger_batch_gains_most_where_a_process_has_little_to_compute():
    workloads = [
        describe_workload(tokens_per_micro_batch=shared, world_size=processes)
        for processes in (8, 1)
    ]
    little, much = (
        gain_of_larger_batch(plan_training(GEMMA_2B, gpu(139), each, FixedByUser())[0], each, 4)
        for each in workloads
    )
    assert 4 > little > much > 1


@pytest.mark.parametrize(
    "kept",
    [
        {"world_size": 3},
        {"micro_batch_size": 3},
        {"gradient_accumulation_steps": 3},
        {"gradient_accumulation_steps": 16},
    ],
    ids=["three processes", "micro-batch of three", "three parts", "more parts than examples"],
)
def test_batch_that_does_not_divide_is_refused(kept):
    with pytest.raises(UserError, match="is not divisible by"):
        plan(gpu(139), **kept)


def test_shape_is_read_from_gemmas_configuration():
    from transformers import GemmaConfig

    config = GemmaConfig(
        vocab_size=256_000,
        hidden_size=2048,
        intermediate_size=16384,
        num_hidden_layers=18,
        num_attention_heads=8,
        num_key_value_heads=1,
        head_dim=256,
    )
    assert ModelShape.from_config(config) == GEMMA_2B


def test_shape_of_a_multimodal_model_is_that_of_its_text_part():
    from transformers import Gemma3Config

    config = Gemma3Config()
    assert ModelShape.from_config(config) == ModelShape.from_config(config.text_config)


def test_intermediate_size_of_gpt2_is_four_times_the_hidden_size():
    from transformers import GPT2Config

    shape = ModelShape.from_config(GPT2Config(n_embd=64, n_layer=2, n_head=4))
    assert (shape.hidden_size, shape.intermediate_size) == (64, 256)


def test_weights_are_sharded_where_they_fit_no_other_way_and_several_processes_can():
    """Llama-3-70B in NF4 is 39 GiB: more than a GPU of 24 GiB, but not than four of them."""
    llama_70b = ModelShape(80, 8192, 28672, 128_256, 68_451_041_280, 2 * 128_256 * 8192)
    alone = plan(gpu(24), llama_70b)
    assert not alone.sharded and alone.expected_gib > 24
    shared = plan(gpu(24), llama_70b, world_size=4)
    assert shared.sharded and not shared.dequantize and not shared.cuda_graphs
    assert shared.expected_gib < 24
    assert not plan(gpu(24), world_size=4).sharded  # Gemma-2B fits each
    assert plan(gpu(24), world_size=4, sharded=True).sharded  # as accelerate was configured
