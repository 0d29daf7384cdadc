"""train.py on a random Gemma of 100,000 parameters and the prompts of a small data set."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from conftest import ROOT, run_command
from safetensors.torch import load_file
from tiny_train import QUICK, history, losses

import train
from text2sql.errors import UserError
from text2sql.files import read_json, write_json

pytestmark = pytest.mark.slow  # each test runs a command or a model


@pytest.fixture(scope="module")
def finished_run(tiny_prompts_dir, tmp_path_factory) -> Path:
    run_dir = tmp_path_factory.mktemp("outputs") / "run"
    flags = ["--data_dir", tiny_prompts_dir, "--output_dir", run_dir, *QUICK]
    done = run_command("train.py", *flags)
    (run_dir.parent / "printed.txt").write_text(done.stdout + done.stderr)
    return run_dir


def test_loss_falls(finished_run):
    first, *_, last = losses(finished_run, "eval_loss")
    assert last < first < losses(finished_run)[0]


@pytest.mark.parametrize(("set_by_user", "used"), [(None, "false"), ("true", "true")])
def test_tokenizer_has_no_threads_that_a_fork_would_lose_unless_the_user_wants_them(
    run_train, tmp_path, monkeypatch, set_by_user, used
):
    monkeypatch.delenv("TOKENIZERS_PARALLELISM")
    if set_by_user:
        monkeypatch.setenv("TOKENIZERS_PARALLELISM", set_by_user)
    with pytest.raises(UserError, match="deepspeed"):  # once the model is there
        run_train(tmp_path / "run", "--deepspeed", "absent.json")
    assert os.environ["TOKENIZERS_PARALLELISM"] == used


def test_recipe_is_the_default():
    recipe = train.TrainFlags()
    assert (recipe.lora_r, recipe.lora_alpha, recipe.lora_dropout) == (4, 8, 0.05)
    assert recipe.lora_target_modules == ["q_proj", "v_proj"]
    assert (recipe.learning_rate, recipe.lr_scheduler_type) == (1e-4, "cosine")
    assert (recipe.warmup_steps, recipe.weight_decay) == (0.03, 0.01)
    assert recipe.per_device_train_batch_size * recipe.gradient_accumulation_steps == 8
    assert (recipe.num_train_epochs, recipe.eval_steps, recipe.save_total_limit) == (5, 200, 3)


def test_adapter_file_holds_only_lora_weights_of_q_and_v(finished_run):
    names = load_file(finished_run / "adapter_model.safetensors")
    assert names and all("lora_" in name for name in names)
    assert {name.split(".self_attn.")[1].split(".")[0] for name in names} == {"q_proj", "v_proj"}


def test_only_adapter_weights_change(run_train, tmp_path, monkeypatch):
    from text2sql.training.trainer import AdapterTrainer

    seen = {}
    original = AdapterTrainer.train

    def compare_before_and_after(self, **kwargs):
        before = {name: value.clone() for name, value in self.model.state_dict().items()}
        original(self, **kwargs)
        after = self.model.state_dict()
        seen["changed"] = {name for name in before if not torch.equal(before[name], after[name])}

    monkeypatch.setattr(AdapterTrainer, "train", compare_before_and_after)
    run_train(tmp_path / "run", *QUICK)
    assert seen["changed"] and all("lora_" in name for name in seen["changed"])


def test_adapter_loads_with_plain_peft_and_gives_the_trained_models_probabilities(
    tiny_gemma_dir, run_train, tmp_path, monkeypatch
):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    from text2sql.training.packing import MODEL_INPUTS, pack_examples
    from text2sql.training.trainer import AdapterTrainer

    text = list(range(10, 60))
    found = {}
    original = AdapterTrainer.train

    def keep_log_probs(self, **kwargs):
        original(self, **kwargs)
        batch = pack_examples([{"input_ids": text, "labels": text}])
        with torch.no_grad():
            outputs = self.model.eval()(**{name: batch[name] for name in MODEL_INPUTS})
        found["trained"] = outputs.log_probs

    def log_probs(model) -> torch.Tensor:
        with torch.no_grad():
            logits = model(torch.tensor([text])).logits[0, :-1]
        return logits.log_softmax(-1).gather(1, torch.tensor(text[1:])[:, None])[:, 0]

    monkeypatch.setattr(AdapterTrainer, "train", keep_log_probs)
    run_train(tmp_path / "run", *QUICK, "--load_in_4bit", "false")
    base = AutoModelForCausalLM.from_pretrained(tiny_gemma_dir, dtype=torch.float32).eval()
    base_log_probs = log_probs(base)
    adapted = log_probs(PeftModel.from_pretrained(base, tmp_path / "run").eval())
    torch.testing.assert_close(adapted, found["trained"], atol=1e-5, rtol=1e-5)
    assert not torch.allclose(adapted, base_log_probs)


def test_killed_run_resumes_to_the_same_losses_bit_for_bit(tiny_prompts_dir, tmp_path):
    flags = ["--data_dir", tiny_prompts_dir, "--learning_rate", "1e-2", "--logging_steps", "1"]
    flags += ["--eval_steps", "6", "--max_steps", "30", "--save_total_limit", "9"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run_command("train.py", *flags, "--output_dir", whole)

    command = [sys.executable, ROOT / "train.py", *flags, "--output_dir", killed]
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for(killed / "checkpoint-12" / "trainer_state.json", process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (killed / "adapter_model.safetensors").exists()

    refused = run_command("train.py", *flags, "--output_dir", killed, check=False)
    assert refused.returncode == 1 and "--resume" in refused.stderr
    run_command("train.py", *flags, "--output_dir", killed, "--resume")
    assert history(killed) == history(whole)
    adapters = [load_file(run / "adapter_model.safetensors") for run in (whole, killed)]
    assert all(torch.equal(adapters[0][name], adapters[1][name]) for name in adapters[0])


def wait_for(path: Path, process: subprocess.Popen, timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not path.exists():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.01)


def test_early_stopping_stops_and_the_best_checkpoint_is_what_is_saved(run_train, tmp_path):
    worse = "--learning_rate 5 --lr_scheduler_type constant --warmup_steps 0 --max_grad_norm 0"
    flags = [*worse.split(), "--eval_steps", 2, "--max_steps", 60, "--early_stopping_patience", 2]
    run_train(tmp_path / "run", *flags, "--save_total_limit", 40)
    record = read_json(tmp_path / "run" / "run.json")
    assert record["steps"] < 60
    assert record["best_step"] < record["steps"]
    assert record["best_eval_loss"] == min(losses(tmp_path / "run", "eval_loss"))
    best = load_file(
        tmp_path / "run" / f"checkpoint-{record['best_step']}/adapter_model.safetensors"
    )
    saved = load_file(tmp_path / "run" / "adapter_model.safetensors")
    assert all(torch.equal(best[name], saved[name]) for name in best)


def test_patience_is_kept_when_a_run_is_resumed(run_train, tmp_path):
    worse = "--learning_rate 5 --lr_scheduler_type constant --warmup_steps 0 --max_grad_norm 0"
    flags = [*worse.split(), "--eval_steps", 1, "--max_steps", 30, "--early_stopping_patience", 3]
    run_train(tmp_path / "run", *flags, "--save_total_limit", 40)
    record = read_json(tmp_path / "run" / "run.json")
    last = record["steps"]
    shutil.rmtree(tmp_path / "run" / f"checkpoint-{last}")
    write_json(tmp_path / "run" / "run.json", record | {"status": "running"})
    run_train(tmp_path / "run", *flags, "--save_total_limit", 40, "--resume")
    assert read_json(tmp_path / "run" / "run.json")["steps"] == last


def test_metrics_of_an_evaluation_are_of_its_rows_alone(run_train, tmp_path):
    found = []
    for logging_steps in (2, 50):
        run_dir = tmp_path / str(logging_steps)
        run_train(run_dir, "--max_steps", 2, "--eval_steps", 2, "--logging_steps", logging_steps)
        history = read_json(run_dir / "checkpoint-2" / "trainer_state.json")["log_history"]
        evaluation = next(entry for entry in history if "eval_loss" in entry)
        found.append((evaluation["eval_entropy"], evaluation["eval_mean_token_accuracy"]))
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_loss_that_is_not_finite_stops_the_run_and_leaves_no_adapter(run_train, tmp_path):
    flags = "--learning_rate 1e30 --warmup_steps 0 --max_steps 16 --eval_steps 16".split()
    with pytest.raises(UserError, match="not finite"):
        run_train(tmp_path / "run", *flags, "--logging_steps", 16)
    assert not list((tmp_path / "run").rglob("adapter_model.safetensors"))


def test_finished_run_is_left_alone_without_overwrite(finished_run, run_train, capsys):
    adapter = (finished_run / "adapter_model.safetensors").read_bytes()
    with pytest.raises(UserError, match="--overwrite"):
        run_train(finished_run, *QUICK)
    assert "nothing to do" in run_train(finished_run, *QUICK, "--resume")
    shown = ["--run_name", "another", "--disable_tqdm", "true", "--save_total_limit", 9]
    assert "nothing to do" in run_train(finished_run, *QUICK, *shown, "--resume")
    with pytest.raises(UserError, match=r"learning_rate \(0\.01, now 0\.001\)"):
        run_train(finished_run, *QUICK, "--resume", "--learning_rate", "1e-3")
    assert (finished_run / "adapter_model.safetensors").read_bytes() == adapter


def test_run_that_died_before_a_checkpoint_leaves_no_events_to_the_next(run_train, tmp_path):
    events = tmp_path / "run" / "tensorboard" / "events.out.tfevents.dead"
    write_json(tmp_path / "run" / "run.json", {"status": "running", "settings": {}})
    events.parent.mkdir()
    events.write_bytes(b"dead")
    run_train(tmp_path / "run", "--max_steps", 1)
    assert not events.exists()
    assert read_json(tmp_path / "run" / "run.json")["status"] == "finished"


def test_overwrite_replaces_a_run_only_when_the_model_is_there(run_train, tmp_path, monkeypatch):
    run_dir = tmp_path / "run"
    run_train(run_dir, "--max_steps", 2)
    with monkeypatch.context() as patch, pytest.raises(UserError, match="gated"):
        patch.setattr("text2sql.training.build.load_base_model", refuse)
        run_train(run_dir, "--max_steps", 1, "--overwrite")
    assert (run_dir / "adapter_model.safetensors").exists()
    assert read_json(run_dir / "run.json")["steps"] == 2
    run_train(run_dir, "--max_steps", 1, "--overwrite")
    assert read_json(run_dir / "run.json")["steps"] == 1
    assert [path.name for path in run_dir.glob("checkpoint-*")] == ["checkpoint-1"]


def refuse(*arguments, **settings):
    raise UserError("The model is gated.")


def test_progress_is_shown(finished_run):
    shown = (finished_run.parent / "printed.txt").read_text()
    assert "16/16" in shown and "step 16: evaluation loss" in shown


def test_progress_in_a_file_is_few_lines(finished_run):
    shown = (finished_run.parent / "printed.txt").read_text()
    assert shown.count("%|") <= 3  # of 16 steps and two evaluations, within half a minute


def test_plan_is_printed_before_the_first_step(run_train, tmp_path):
    printed = run_train(tmp_path / "run", *QUICK)
    assert "⟦SELECT" in printed and "<end_of_turn>\n⟧" in printed
    assert "16, with 2 evaluations" in printed
    assert "a step      8 × 1, float32, no checkpointing" in printed and "packed" in printed
    assert "device      CPU (threads: " in printed


def test_loss_on_text_supervises_the_prompt_too(run_train, tmp_path):
    printed = run_train(tmp_path / "run", *QUICK, "--loss_on", "text")
    assert "⟦<bos><start_of_turn>user" in printed


def test_run_record_says_where_the_adapter_came_from(finished_run, tiny_gemma_dir):
    record = read_json(finished_run / "run.json")
    assert record["status"] == "finished" and record["steps"] == 16
    assert record["model_id"] == str(tiny_gemma_dir)
    assert record["settings"]["learning_rate"] == 1e-2
    assert record["seed"] == 42 and record["load_in_4bit"] is True
    config = read_json(finished_run / "adapter_config.json")
    assert config["base_model_name_or_path"] == str(tiny_gemma_dir)
    assert str(tiny_gemma_dir) in (finished_run / "README.md").read_text()


def test_tensorboard_has_both_losses_the_pace_and_the_first_example(finished_run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(finished_run / "tensorboard")).Reload()
    wanted = {"train/loss", "eval/loss", "train/learning_rate", "train/grad_norm"}
    assert wanted | {"train/examples_per_second"} <= set(events.Tags()["scalars"])
    (text,) = events.Tensors("first_example/text_summary")
    assert b"SELECT" in text.tensor_proto.string_val[0]


def test_short_run_is_evaluated_once_at_its_end(run_train, tmp_path):
    run_train(tmp_path / "run", "--max_steps", 2)
    assert read_json(tmp_path / "run" / "run.json")["best_step"] == 2


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--resume --overwrite", "contradict"),
        ("--resume --resume_from_checkpoint x", "exclude"),
        ("--plan paper --per_device_train_batch_size 4", "fixes"),
        ("--eval_steps 10 --save_steps 20", "must equal"),
        ("--eval_split test", "no split named test"),
        ("--model_id google/gemma-7b-it", "preprocess.py --model_id google/gemma-7b-it"),
        ("--max_length 16", "preprocess.py --max_length 16"),
        ("--per_device_train_batch_size 3", "is not divisible by"),
        ("--lora_target_modules no_such_layer", "no_such_layer"),
        ("--data_dir no_such_folder", "preprocess.py"),
    ],
)
def test_contradiction_ends_in_one_message(run_train, tmp_path, flags, message):
    with pytest.raises(UserError, match=message):
        run_train(tmp_path / "run", *flags.split())
    assert not (tmp_path / "run" / "run.json").exists()


def test_misspelt_flag_is_refused_with_status_2():
    done = run_command("train.py", "--learnin_rate", "1", check=False)
    assert done.returncode == 2 and "learnin_rate" in done.stderr
    assert "Traceback" not in done.stderr


def test_run_that_was_killed_while_saving_is_finished_by_resume(run_train, tmp_path):
    run_train(tmp_path / "run", *QUICK)
    record = read_json(tmp_path / "run" / "run.json")
    adapter = (tmp_path / "run" / "adapter_model.safetensors").read_bytes()
    write_json(tmp_path / "run" / "run.json", record | {"status": "running"})
    (tmp_path / "run" / "adapter_model.safetensors").unlink()
    run_train(tmp_path / "run", *QUICK, "--resume")
    assert (tmp_path / "run" / "adapter_model.safetensors").read_bytes() == adapter
    assert read_json(tmp_path / "run" / "run.json")["best_step"] == record["best_step"]
