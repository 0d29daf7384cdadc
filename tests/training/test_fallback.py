"""Out of memory despite the plan: on a described device, with a step that raises."""

import pytest
import torch

from text2sql.errors import UserError
from text2sql.files import read_json
from text2sql.models import device
from text2sql.models.device import GIB, Device
from text2sql.training import run_record
from text2sql.training.fallback import next_smaller
from text2sql.training.plan import ExecutionPlan
from text2sql.training.trainer import AdapterTrainer

pytestmark = pytest.mark.slow  # each test runs a command or a model

EXACT = "--lora_dropout 0 --learning_rate 1e-3 --max_steps 6 --eval_steps 6 --logging_steps 1"


@pytest.fixture
def large_gpu(monkeypatch):
    """The plan is made for a large GPU without bf16; the arithmetic is the CPU's."""
    described = Device("a GPU", 80 * GIB, supports_bf16=False, is_cuda=True)
    monkeypatch.setattr(Device, "of", lambda device: described)


@pytest.fixture
def short_of_memory(monkeypatch):
    """Return a function that makes micro-batches above a size run out after some steps."""
    original = AdapterTrainer.training_step

    def limit(most_examples: int, after_step: int) -> None:
        def training_step(self, model, inputs, *args, **kwargs):
            too_large = len(inputs["shared_prefix"].suffixes) > most_examples
            if too_large and self.state.global_step >= after_step:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return original(self, model, inputs, *args, **kwargs)

        monkeypatch.setattr(AdapterTrainer, "training_step", training_step)

    return limit


def losses(run_dir) -> dict[int, float]:
    """Return the loss of each step, which must have been logged once."""
    history = read_json(run_dir / "checkpoint-6" / "trainer_state.json")["log_history"]
    steps = [entry["step"] for entry in history if "loss" in entry]
    assert steps == [1, 2, 3, 4, 5, 6]
    return {entry["step"]: entry["loss"] for entry in history if "loss" in entry}


@pytest.mark.parametrize("after_step", [0, 3])
def test_run_continues_with_the_next_smaller_plan_and_loses_no_finished_step(
    run_train, tmp_path, large_gpu, short_of_memory, after_step
):
    run_train(tmp_path / "whole", *EXACT.split())
    short_of_memory(2, after_step)
    printed = run_train(tmp_path / "short", *EXACT.split())
    assert printed.count("ran out of memory") >= 1 and f"after step {after_step}." in printed
    plan = read_json(tmp_path / "short" / "run.json")["plan"]
    assert plan["per_device_train_batch_size"] <= 2
    micro_batch, parts = (
        plan[name] for name in ("per_device_train_batch_size", "gradient_accumulation_steps")
    )
    assert micro_batch * parts == 8
    assert losses(tmp_path / "short") == pytest.approx(losses(tmp_path / "whole"), abs=2e-5)


def test_evaluation_that_runs_out_of_memory_reads_fewer_examples_at_once(
    run_train, tmp_path, monkeypatch
):
    flags = [*EXACT.split(), "--per_device_eval_batch_size", 8]
    run_train(tmp_path / "whole", *flags)
    original = AdapterTrainer.prediction_step

    def prediction_step(self, model, inputs, *args, **kwargs):
        if len(inputs["shared_prefix"].suffixes) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return original(self, model, inputs, *args, **kwargs)

    monkeypatch.setattr(AdapterTrainer, "prediction_step", prediction_step)
    printed = run_train(tmp_path / "short", *flags)
    assert printed.count("evaluating 4 examples at once") == 1
    assert printed.count("evaluating 2 examples at once") == 1
    for key in ("best_eval_loss", "steps"):
        found = [read_json(tmp_path / name / "run.json")[key] for name in ("short", "whole")]
        assert found[0] == pytest.approx(found[1], rel=1e-5)


def test_micro_batch_of_the_user_is_not_made_smaller(
    run_train, tmp_path, large_gpu, short_of_memory
):
    short_of_memory(2, 0)
    flags = ["--per_device_train_batch_size", 8, "--gradient_checkpointing", "false"]
    with pytest.raises(UserError, match="ran out of memory"):
        run_train(tmp_path / "run", *EXACT.split(), *flags)


def test_gpu_without_bf16_computes_in_float32_and_one_of_three_says_how_to_use_all(
    run_train, tmp_path, large_gpu, monkeypatch
):
    monkeypatch.setattr(run_record, "num_unused_gpus", lambda: 2)
    printed = run_train(tmp_path / "run", "--max_steps", 1)
    assert "`accelerate launch train.py` uses all 3 GPUs" in printed
    assert "a GPU lacks bf16, and Gemma overflows in fp16: training in float32." in printed
    assert read_json(tmp_path / "run" / "run.json")["plan"]["precision"] == "float32"


def test_cuda_graphs_are_dropped_first_and_never_come_back():
    plans = [
        ExecutionPlan(
            8 // parts, parts, False, True, "bf16", cuda_graphs=True, expected_gib=20 / parts
        )
        for parts in (1, 2)
    ]
    eager = next_smaller(plans[0], plans[1:])
    assert str(eager) == str(plans[0]).removesuffix(", CUDA graphs")
    smaller = next_smaller(eager, plans[1:])
    assert smaller.per_device_train_batch_size == 4 and not smaller.cuda_graphs
    assert next_smaller(smaller, []) is None


def test_processes_plan_for_the_weakest_of_their_devices(monkeypatch):
    own = Device("a GPU", 80 * GIB, supports_bf16=True, is_cuda=True)
    other = Device("another", 24 * GIB, supports_bf16=False, is_cuda=True)
    monkeypatch.setattr(device, "gather", lambda own: [own, other])
    expected = Device("a GPU", 24 * GIB, supports_bf16=False, is_cuda=True)
    assert device.weakest_device(own) == expected


def test_papers_plan_expects_the_memory_of_nf4(run_train, tmp_path, large_gpu):
    run_train(tmp_path / "run", "--max_steps", 1, "--plan", "paper")
    run_train(tmp_path / "nf4", "--max_steps", 1, "--load_in_4bit", "false", "--plan", "paper")
    expected, unpacked = (
        read_json(tmp_path / name / "run.json")["plan"]["expected_gib"] for name in ("run", "nf4")
    )
    assert expected < unpacked
