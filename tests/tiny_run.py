"""A run of the small Gemma as train.py would leave it, and evaluate.py in this process."""

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import pytest
from tiny_gemma import load_in_float32
from tiny_tasks import build_tiny_tasks

from text2sql.files import read_json
from text2sql.models.tokenizer import load_tokenizer
from text2sql.seals import SEAL_KEY, write_sealed_object

ROOT = Path(__file__).parent.parent
QUICK = ["--max_new_tokens", "4", "--num_resamples", "100"]

# Runs a script as a user would, and fails where it imported torch.
WITHOUT_TORCH = """
import os, runpy, sys
sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
assert "torch" not in sys.modules, "torch was imported"
"""


@pytest.fixture(scope="session")
def evaluate_script():
    """evaluate.py under a name that is not that of the installed package."""
    spec = importlib.util.spec_from_file_location("evaluate_script", ROOT / "evaluate.py")
    sys.modules["evaluate_script"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def tiny_tasks_dir(tmp_path_factory) -> Path:
    return build_tiny_tasks(tmp_path_factory.mktemp("tasks"))


@pytest.fixture(scope="session")
def strong_gemma(tiny_gemma_dir):
    """The small Gemma, with layers so strong that it does not only repeat its last token."""
    model = load_in_float32(tiny_gemma_dir)
    for layer in model.model.layers:
        layer.mlp.down_proj.weight.data *= 30
        layer.self_attn.o_proj.weight.data *= 30
    return model


@pytest.fixture(scope="session")
def strong_gemma_dir(strong_gemma, tiny_gemma_dir, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    strong_gemma.save_pretrained(folder)
    load_tokenizer(str(tiny_gemma_dir)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def strong_prompts_dir(strong_gemma_dir, tiny_prompts_dir, tmp_path_factory) -> Path:
    folder = shutil.copytree(tiny_prompts_dir, tmp_path_factory.mktemp("prompts") / "data")
    manifest = read_json(folder / "manifest.json")
    manifest.pop(SEAL_KEY)
    write_sealed_object(folder / "manifest.json", manifest | {"model_id": str(strong_gemma_dir)})
    return folder


@pytest.fixture(scope="session")
def tiny_run_dir(strong_gemma, strong_gemma_dir, tmp_path_factory) -> Path:
    """A run with an adapter that changes what the model says, and two checkpoints."""
    import torch
    from peft import LoraConfig, get_peft_model

    settings = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"])
    settings.task_type = "CAUSAL_LM"
    strong_gemma.name_or_path = str(strong_gemma_dir)
    model = get_peft_model(strong_gemma, settings)
    run_dir = tmp_path_factory.mktemp("outputs") / "tiny-spider"
    torch.manual_seed(0)
    for folder in (run_dir / "checkpoint-10", run_dir / "checkpoint-20", run_dir):
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.data.normal_(0, 1.0)
        model.save_pretrained(folder)
        (folder / "trainer_state.json").write_text("{}")
    record = {"model_id": str(strong_gemma_dir), "load_in_4bit": False, "status": "finished"}
    (run_dir / "run.json").write_text(json.dumps(record))
    return run_dir


@pytest.fixture
def run_evaluate(
    evaluate_script, tiny_run_dir, strong_prompts_dir, tiny_tasks_dir, monkeypatch, capsys
):
    """Run evaluate.main() in this process; return what it printed."""
    monkeypatch.setattr("lm_eval.evaluator.add_env_info", lambda storage: None)

    def run(*flags, adapters=(tiny_run_dir,), data_dir=strong_prompts_dir) -> str:
        command = ["evaluate.py", "--data_dir", data_dir, *QUICK]
        command += ["--adapters", *adapters] if adapters else []
        command += ["--benchmarks_dir", tiny_tasks_dir] if "none" not in flags else []
        monkeypatch.setattr(sys, "argv", [str(part) for part in [*command, *flags]])
        evaluate_script.main()
        return capsys.readouterr().out

    return run


@pytest.fixture
def no_model(monkeypatch):
    """Fail where a model is loaded."""
    monkeypatch.setattr(
        "text2sql.study.variant_models.load_base_model",
        lambda *a, **k: pytest.fail("a model is loaded"),
    )
