"""train.py refuses in one message what cannot train, and names what is damaged or full."""

import errno
import shutil
from pathlib import Path

import pytest
from tiny_train import QUICK

from text2sql.errors import UserError
from text2sql.files import folder_lock, read_json, write_json
from text2sql.seals import write_checksums
from text2sql.training.checkpoints import list_checkpoints
from text2sql.training.run_folder import read_record, write_record
from text2sql.training.training_errors import explain_damaged_checkpoint

pytestmark = pytest.mark.slow  # each test runs a command or a model


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--limit 0", "--limit must be above 0"),
        ("--learning_rate nan", "--learning_rate must be above 0"),
        ("--num_train_epochs 0", "--num_train_epochs must be above 0"),
        ("--gradient_accumulation_steps 0", "--gradient_accumulation_steps must be above 0"),
        ("--early_stopping_patience -1", "must be at least 0"),
        ("--dataloader_num_workers -1", "--dataloader_num_workers must be at least 0"),
        ("--adam_epsilon -1", "--adam_epsilon must be at least 0"),
        ("--weight_decay -1", "--weight_decay must be at least 0"),
        ("--lora_alpha -3", "--lora_alpha must be above 0"),
        ("--adam_beta1 2", "--adam_beta1 must be at least 0 and below 1"),
        ("--report_to wandb", "wandb"),
        ("--resume_from_checkpoint no_such_folder", "no such folder"),
        ("--deepspeed no_such_file.json", "deepspeed"),
        ("--gradient_accumulation_steps 3", "is not divisible by 1 process"),
        ("--packing", "--packing is not supported: train.py packs rows itself"),
        ("--use_liger_kernel", "--use_liger_kernel is not supported"),
        ("--auto_find_batch_size", "keeps the effective batch"),
        ("--dataloader_drop_last", "would depend on the plan"),
        ("--chat_template_path other", "preprocess.py renders the prompts"),
        ("--push_to_hub", "hf upload"),
        ("--eval_steps inf", "--eval_steps must be a finite number"),
        ("--num_train_epochs inf", "--num_train_epochs must be a finite number"),
        ("--neftune_noise_alpha nan", "--neftune_noise_alpha must be a finite number"),
        ("--logging_steps -1", "--logging_steps must be above 0"),
        ("--max_steps 0", "--max_steps must be above 0, or -1"),
        ("--metric_for_best_model accuracy", "is not measured; choose from loss, entropy"),
        ("--metric_for_best_model general_kl --general_texts none", "name a file"),
        ("--eval_strategy no", "pass --load_best_model_at_end false too"),
        ("--eval_strategy epoch", "differs from --eval_strategy epoch"),
        ("--save_strategy no", "--save_strategy no differs"),
        ("--lr_scheduler_type cosine_with_min_lr", "min_lr_rate"),
        ("--optim galore_adamw", "galore_torch"),
        ("--completion_only_loss false", "--completion_only_loss contradicts --loss_on"),
    ],
)
def test_value_that_cannot_train_is_refused(run_train, tmp_path, flags, message):
    with pytest.raises(UserError, match=message):
        run_train(tmp_path / "run", *flags.split())
    assert not (tmp_path / "run" / "run.json").exists()


def test_prompts_of_a_tokenizer_that_the_model_no_longer_has_are_refused(
    run_train, prompts_of_an_earlier_tokenizer, tmp_path
):
    with pytest.raises(UserError, match=r"another tokenizer.*Run preprocess\.py again"):
        run_train(tmp_path / "run", *QUICK, "--data_dir", prompts_of_an_earlier_tokenizer)
    assert not (tmp_path / "run" / "run.json").exists()


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "optimizer.pt"])
def test_damaged_checkpoint_is_named_and_the_one_before_it_is_taken(run_train, tmp_path, name):
    run_train(tmp_path / "run", *QUICK)
    record = read_json(tmp_path / "run" / "run.json")
    write_json(tmp_path / "run" / "run.json", record | {"status": "running"})
    newest = list_checkpoints(tmp_path / "run")[-1]
    (newest / name).write_bytes(b"cut short")
    with pytest.raises(UserError, match=f"{newest.name} is damaged"):
        run_train(tmp_path / "run", *QUICK, "--resume")
    shutil.rmtree(newest)
    run_train(tmp_path / "run", *QUICK, "--resume")
    assert read_json(tmp_path / "run" / "run.json")["status"] == "finished"


def damage_when_the_last_is_written(monkeypatch) -> None:
    """Let a byte of every checkpoint change as soon as the last one of `QUICK` is there."""

    def write_and_damage(folder: Path) -> None:
        write_checksums(folder)
        for checkpoint in list_checkpoints(folder.parent) if folder.name.endswith("-16") else ():
            weights = checkpoint / "adapter_model.safetensors"
            weights.write_bytes(weights.read_bytes()[:-1] + b"?")

    monkeypatch.setattr("text2sql.training.trainer.write_checksums", write_and_damage)


def test_best_checkpoint_that_changed_during_the_run_is_named(run_train, tmp_path, monkeypatch):
    damage_when_the_last_is_written(monkeypatch)
    with pytest.raises(UserError, match=r"checkpoint-\d+ is damaged: adapter_model.*--resume"):
        run_train(tmp_path / "run", *QUICK)
    assert read_json(tmp_path / "run" / "run.json")["status"] == "running"


def test_checkpoint_that_came_without_the_best_one_says_how_to_begin_from_it(run_train, tmp_path):
    flags = [*QUICK, "--greater_is_better", "true"]  # so that the first evaluation is the best
    run_train(tmp_path / "run", *flags)
    alone = shutil.copytree(tmp_path / "run/checkpoint-16", tmp_path / "sent/checkpoint-16")
    flags = [*QUICK, "--max_steps", "24", "--resume_from_checkpoint", alone]
    with pytest.raises(UserError, match=r"checkpoint-8 .* is gone.*--load_best_model_at_end false"):
        run_train(tmp_path / "other", *flags)
    run_train(tmp_path / "other", *flags, "--load_best_model_at_end", "false")
    assert read_record(tmp_path / "other")["status"] == "finished"


@pytest.mark.parametrize("place", ["moved", "copied"])
def test_run_in_another_folder_keeps_its_own_best_checkpoint(run_train, tmp_path, place):
    flags = [*QUICK, "--greater_is_better", "true"]  # so that the first evaluation is the best
    run_train(tmp_path / "run", *flags)
    shutil.copytree(tmp_path / "run", tmp_path / "other")
    own = tmp_path / "other"
    write_record(own, read_record(own) | {"status": "running"})
    if place == "moved":
        shutil.rmtree(tmp_path / "run")
    else:  # and the folder it came from has another run by now
        run_train(tmp_path / "run", *flags, "--seed", "7", "--overwrite")
    run_train(own, *flags, "--resume")
    best = own / "checkpoint-8/adapter_model.safetensors"
    assert read_record(own)["best_step"] == 8
    assert (own / "adapter_model.safetensors").read_bytes() == best.read_bytes()


MACHINE = [
    MemoryError(),
    RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    OSError(errno.EMFILE, "Too many open files"),
]


@pytest.mark.parametrize("error", MACHINE, ids=repr)
def test_failure_of_the_machine_calls_no_checkpoint_damaged(error):
    with pytest.raises(type(error)) as raised, explain_damaged_checkpoint("checkpoint-8"):
        raise error
    assert raised.value is error


def test_checkpoint_that_overwrite_would_remove_is_refused(run_train, tmp_path):
    run_train(tmp_path / "run", *QUICK)
    newest = list_checkpoints(tmp_path / "run")[-1]
    with pytest.raises(UserError, match=f"would remove .*{newest.name}"):
        run_train(tmp_path / "run", *QUICK, "--overwrite", "--resume_from_checkpoint", newest)
    assert newest.is_dir() and (tmp_path / "run" / "adapter_model.safetensors").exists()


def test_disk_that_fills_at_a_checkpoint_is_a_sentence(run_train, tmp_path, monkeypatch):
    def fill(*args, **kwargs):
        raise RuntimeError("unexpected pos 12416 vs 12304")  # as torch says it

    monkeypatch.setattr("torch.save", fill)
    with pytest.raises(UserError, match=r"could not be written .*Free some space.*--resume"):
        run_train(tmp_path / "run", *QUICK)


def test_failure_that_is_not_the_disk_gets_no_advice_on_disks(run_train, tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise ValueError("invalid truth value ''")  # as peft says of an empty HF_HUB_OFFLINE

    monkeypatch.setattr("peft.PeftModel.save_pretrained", refuse)
    with pytest.raises(UserError, match=r"invalid truth value ''\). Pass --resume"):
        run_train(tmp_path / "run", *QUICK)


def test_second_run_into_one_folder_is_told_to_wait(run_train, tmp_path):
    with folder_lock(tmp_path / "run"), pytest.raises(UserError, match="Another command"):
        run_train(tmp_path / "run", *QUICK)
    assert not (tmp_path / "run" / "run.json").exists()
