"""The plan of a training step, without a GPU: devices are described by numbers."""

import pytest

from text2sql.models.device_plan import (
    GIB,
    Arrangement,
    Device,
    ModelShape,
    expected_bytes,
    plan_training,
)
from text2sql.records import UserError

GEMMA_2B = ModelShape(
    num_layers=18,
    hidden_size=2048,
    intermediate_size=16384,
    vocab_size=256_000,
    num_linear_parameters=1_981_808_640,
    num_embedding_parameters=524_288_000,
)
LLAMA_3_8B = ModelShape(32, 4096, 14336, 128_256, 6_979_321_856, 1_050_673_152)
CPU = Device("CPU", None, supports_bf16=False, is_cuda=False)


def gpu(gib: float, supports_bf16: bool = True) -> Device:
    return Device("a GPU", int(gib * GIB), supports_bf16, is_cuda=True)


def plan(device: Device, shape: ModelShape = GEMMA_2B, **kept) -> Arrangement:
    settings = {"effective_batch_size": 8, "longest_row": 1024, "load_in_4bit": True} | kept
    return plan_training(shape, device, **settings)


@pytest.mark.parametrize("shape", [GEMMA_2B, LLAMA_3_8B])
@pytest.mark.parametrize("gib", [6, 8, 12, 16, 24, 40, 80, 139])
def test_plan_keeps_the_effective_batch_and_stays_within_memory_where_it_can(shape, gib):
    found = plan(gpu(gib), shape)
    assert found.per_device_train_batch_size * found.gradient_accumulation_steps == 8
    fits = expected_bytes(shape, found, 1024, True) <= gib * GIB
    smallest = Arrangement(1, 8, True, False, "bf16")
    assert fits or found == smallest


def test_more_memory_never_gives_a_smaller_arrangement():
    def rank(found):
        return (not found.gradient_checkpointing, found.per_device_train_batch_size)

    ranks = [rank(plan(gpu(gib))) for gib in (6, 8, 12, 16, 24, 40, 80)]
    assert ranks == sorted(ranks)


def test_large_gpu_unpacks_the_weights_and_drops_checkpointing():
    assert plan(gpu(139)) == Arrangement(8, 1, False, True, "bf16")


def test_gpu_without_bf16_computes_in_float32():
    assert plan(gpu(15, supports_bf16=False)).precision == "float32"


def test_cpu_keeps_the_recipes_micro_batch_without_checkpointing():
    assert plan(CPU) == Arrangement(1, 8, False, True, "float32")


def test_micro_batch_that_the_user_said_is_kept():
    found = plan(gpu(139), micro_batch_size=2)
    assert (found.per_device_train_batch_size, found.gradient_accumulation_steps) == (2, 4)


def test_accumulation_that_the_user_said_is_kept():
    found = plan(gpu(139), gradient_accumulation_steps=4)
    assert (found.per_device_train_batch_size, found.gradient_accumulation_steps) == (2, 4)


def test_both_that_the_user_said_are_kept():
    kept = {"micro_batch_size": 4, "gradient_accumulation_steps": 4}
    found = plan(gpu(139), effective_batch_size=16, **kept)
    assert (found.per_device_train_batch_size, found.gradient_accumulation_steps) == (4, 4)


def test_checkpointing_that_the_user_said_is_kept():
    assert plan(gpu(139), gradient_checkpointing=True).gradient_checkpointing
    assert not plan(gpu(6), gradient_checkpointing=False).gradient_checkpointing


def test_eight_processes_share_the_effective_batch():
    found = plan(gpu(139), world_size=8)
    assert (found.per_device_train_batch_size, found.gradient_accumulation_steps) == (1, 1)


@pytest.mark.parametrize(
    "kept",
    [{"world_size": 3}, {"micro_batch_size": 3}, {"gradient_accumulation_steps": 16}],
    ids=["three processes", "micro-batch of three", "more parts than examples"],
)
def test_batch_that_does_not_divide_is_refused(kept):
    with pytest.raises(UserError, match="does not divide"):
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
