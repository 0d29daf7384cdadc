"""A model of which every process holds a part, and one that is spread over several GPUs."""

import os
import subprocess
import sys

import pytest
import torch
from conftest import ROOT, run_command
from safetensors.torch import load_file
from tiny_gemma import load_in_float32
from tiny_train import losses
from transformers import GenerationConfig

from text2sql.inference.batch_plan import plan_decoding
from text2sql.inference.generate import decode_batch
from text2sql.inference.kv_cache import supports_block_cache
from text2sql.models.adapters import is_spread
from text2sql.models.device import Device
from text2sql.study import variant_models

LAUNCH = ["-m", "accelerate.commands.launch", "--config_file", "fsdp2.yaml", "train.py"]
EXACT = "--lora_dropout 0 --learning_rate 1e-2 --warmup_steps 0 --logging_steps 1 --limit 21"
EXACT += " --max_steps 4 --eval_steps 2 --eval_split validation --load_best_model_at_end false"


def train_sharded(prompts_dir, output_dir, *flags) -> str:
    own = ["--data_dir", prompts_dir, "--output_dir", output_dir, *flags]
    command = [str(part) for part in [sys.executable, *LAUNCH, *own]]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, *EXACT.split()], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_sharded_nf4_weights_train_and_resume_as_one_process_does(
    run_train, tiny_prompts_dir, tmp_path
):
    one = run_train(tmp_path / "one", *EXACT.split())
    sharded = train_sharded(tiny_prompts_dir, tmp_path / "two")
    assert "2 processes" in sharded and "weights as loaded, packed, weights sharded" in sharded
    trainable = [next(x for x in out.splitlines() if "trainable" in x) for out in (one, sharded)]
    assert trainable[0] == trainable[1]
    for key in ("loss", "grad_norm", "eval_loss", "eval_general_loss", "eval_general_kl"):
        expected = losses(tmp_path / "one", key)
        assert losses(tmp_path / "two", key) == pytest.approx(expected, abs=2e-5, rel=2e-4), key
    adapters = [load_file(tmp_path / n / "adapter_model.safetensors") for n in ("one", "two")]
    assert adapters[0].keys() == adapters[1].keys()
    assert all(torch.allclose(adapters[0][k], adapters[1][k], atol=2e-4) for k in adapters[0])

    halfway = ["--resume_from_checkpoint", tmp_path / "two" / "checkpoint-2"]
    train_sharded(tiny_prompts_dir, tmp_path / "resumed", *halfway)
    assert losses(tmp_path / "resumed") == losses(tmp_path / "two")
    resumed = load_file(tmp_path / "resumed" / "adapter_model.safetensors")
    assert all(torch.equal(resumed[name], weight) for name, weight in adapters[1].items())


@pytest.mark.parametrize(
    ("settings", "advice"),
    [({"FSDP_VERSION": "1"}, "fsdp_version: 2"), ({"FSDP_OFFLOAD_PARAMS": "true"}, "offload")],
)
def test_other_kinds_of_sharding_are_refused(tiny_prompts_dir, tmp_path, settings, advice):
    flags = ["--data_dir", tiny_prompts_dir, "--output_dir", tmp_path / "run"]
    environment = os.environ | {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"} | settings
    done = run_command("train.py", *flags, check=False, env=environment)
    assert done.returncode == 1 and advice in done.stderr
    assert "Traceback" not in done.stderr


def test_evaluation_under_fsdp_is_refused():
    environment = os.environ | {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"}
    done = run_command("evaluate.py", check=False, env=environment)
    assert done.returncode == 1 and "`python evaluate.py`, which spreads it" in done.stderr


def test_spread_model_answers_through_generate_as_it_does_alone(tiny_gemma_dir):
    model = load_in_float32(tiny_gemma_dir)
    settings = GenerationConfig(
        do_sample=False, max_new_tokens=6, eos_token_id=[1], pad_token_id=0, bos_token_id=2
    )
    prompts = [[2, 17, 300, 9], [2, 17, 300, 40, 41, 42, 43]]
    alone = decode_batch(model, prompts, settings, plan_decoding(model, 60))
    assert supports_block_cache(model) and not is_spread(model)
    model.hf_device_map = {"model.layers.0": 0, "model.layers.1": 1}
    assert is_spread(model) and not supports_block_cache(model)
    assert decode_batch(model, prompts, settings, plan_decoding(model, 60)) == alone


@pytest.mark.parametrize(
    ("free_bytes", "num_unused", "placement"),
    [(10_000, 1, "spread"), (10_000, 0, "own"), (10**9, 1, "own")],
)
def test_model_is_spread_where_one_gpu_is_too_small_and_there_are_others(
    tiny_gemma_dir, monkeypatch, capsys, free_bytes, num_unused, placement
):
    gpu = Device("GPU", free_bytes, supports_bf16=True, is_cuda=True)
    monkeypatch.setattr(variant_models, "weakest_device", lambda own: gpu)
    monkeypatch.setattr(variant_models, "num_unused_gpus", lambda: num_unused)
    monkeypatch.setattr(variant_models, "load_base_model", lambda *a, **settings: settings)
    models = variant_models.LoadedVariants([], str(tiny_gemma_dir), True, "bfloat16")
    loaded = models.load_base(str(tiny_gemma_dir), load_in_4bit=True)
    assert loaded["placement"] == placement
    models.load_base(str(tiny_gemma_dir), load_in_4bit=True)
    printed = capsys.readouterr().out
    assert printed.count("spread over 2") == (placement == "spread")
    assert printed.count("uses one GPU") == (placement == "own" and num_unused > 0)
