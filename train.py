"""Specialise a chat model on the prompts of preprocess.py: 4-bit LoRA by the paper's recipe.

    python train.py                                   the recipe
    python train.py --num_train_epochs 1 --limit 64   a smoke run
    python train.py --resume                          go on after an interruption
    accelerate launch train.py                        all GPUs, the same effective batch

Writes a PEFT adapter with its model card, run.json, checkpoints and TensorBoard events into
--output_dir. Every flag of TRL's SFTConfig is open; what you say wins over the plan.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from text2sql.cli import run
from text2sql.errors import UserError
from text2sql.files import sha256_of_json, write_json, write_text
from text2sql.flags import flag, parse_flags
from text2sql.prompts.dataset import read_prompts
from text2sql.prompts.manifest import read_manifest
from text2sql.training.label_checks import preview_first_row
from text2sql.training.plan import PLAN_FLAGS, ExecutionPlan
from text2sql.training.run_folder import RECORD_NAME, begin_or_resume, is_finished, remove_run
from text2sql.training.run_record import begin_record, finish_record, model_card, print_plan

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

    from text2sql.training.trainer import AdapterTrainer


@dataclass
class TrainFlags:
    """The paper's values, and the flags that are not SFTConfig's own."""

    data_dir: str = flag("processed_data", "folder of preprocess.py", group="Data and model")
    output_dir: str = flag("outputs/gemma-2b-it-spider", "folder for the adapter")
    model_id: str | None = flag(None, "hub name or folder; default: that of the prompts")
    load_in_4bit: bool = flag(True, "NF4 with double quantisation")
    eval_split: str = flag("holdout", "split that chooses the checkpoint; the paper's: validation")
    loss_on: Literal["sql", "text"] = flag("sql", "loss on the SQL alone; the paper's: text")
    max_length: int | None = flag(None, "most tokens of a row; default: that of the prompts")
    lora_r: int = flag(4, "rank", group="Adapter")
    lora_alpha: int = flag(8, "scale, divided by the rank")
    lora_dropout: float = flag(0.05, "dropout before the adapter")
    lora_target_modules: list[str] = flag(["q_proj", "v_proj"], "layers that are adapted")
    num_train_epochs: float = flag(5, "passes over the train split", group="Optimisation")
    per_device_train_batch_size: int = flag(1, "examples at once, on each device")
    gradient_accumulation_steps: int = flag(8, "micro-batches per step")
    gradient_checkpointing: bool = flag(True, "recompute activations to save memory")
    learning_rate: float = flag(1e-4, "peak learning rate")
    lr_scheduler_type: str = flag("cosine", "schedule after the warm-up")
    warmup_steps: float = flag(0.03, "steps, or below 1 a fraction of them")
    weight_decay: float = flag(0.01, "of AdamW")
    optim: str = flag("paged_adamw_32bit", "optimizer")
    train_sampling_strategy: str = flag("group_by_length", "order of the examples")
    dataloader_num_workers: int = flag(4, "processes that load data")
    dataloader_pin_memory: bool = flag(True, "page-locked host memory")
    remove_unused_columns: bool = flag(False, "drop columns that the model does not take")
    seed: int = flag(42, "default: that of the prompts")
    eval_strategy: str = flag("steps", "no, steps or epoch", group="Evaluation, checkpoints, logs")
    eval_steps: float = flag(200, "steps between evaluations")
    per_device_eval_batch_size: int = flag(1, "examples at once, on each device")
    early_stopping_patience: int = flag(3, "evaluations without a better loss; 0 never stops early")
    save_strategy: str = flag("steps", "no, steps or epoch")
    save_steps: float = flag(200, "steps between checkpoints")
    save_total_limit: int = flag(3, "checkpoints that are kept")
    load_best_model_at_end: bool = flag(True, "keep the best checkpoint's adapter")
    # without it early stopping would lose its count at a restart
    restore_callback_states_from_checkpoint: bool = flag(True, "resume early stopping's count")
    metric_for_best_model: str = flag("eval_loss", "what makes a checkpoint the best")
    greater_is_better: bool = flag(False, "whether more of that metric is better")
    logging_steps: float = flag(50, "steps between logs")
    logging_nan_inf_filter: bool = flag(False, "hide losses that are not finite")
    report_to: str = flag("tensorboard", "where logs are sent")
    arrangement: Literal["auto", "paper"] = flag(
        "auto",
        "auto: the fastest that fits; paper: 1 × 8 with checkpointing on NF4",
        group="This run",
    )
    limit: int | None = flag(None, "smoke run: the first N rows of each split")
    resume: bool = flag(False, "continue from the newest checkpoint")
    overwrite: bool = flag(False, "replace the run in --output_dir")


ABOVE_ZERO = ("limit", "learning_rate", "eval_steps", "lora_alpha")
NOT_NEGATIVE = ("early_stopping_patience", "weight_decay", "adam_epsilon", "dataloader_num_workers")
SHARES = ("adam_beta1", "adam_beta2")

# These say how a run goes about it, or are secrets; none decides what is trained. (The arrangement
# does: it chooses the optimiser, whose states a checkpoint holds.)
NOT_SETTINGS = {
    "data_dir",
    "output_dir",
    "resume",
    "resume_from_checkpoint",
    "restore_callback_states_from_checkpoint",
    "overwrite",
    "hub_token",
    *PLAN_FLAGS,
}


def main() -> None:
    flags, said = parse_flags(TrainFlags, __doc__, import_library_flags=import_sft_config)
    manifest = read_manifest(Path(flags.data_dir))
    adopt_recorded_values(flags, said, manifest)
    refuse_contradictions(flags, said, manifest)
    rows, eval_rows = read_rows(flags)

    from text2sql.training import build  # imports torch and TRL, which takes seconds

    run_dir = Path(flags.output_dir)
    settings = recorded_settings(flags, rows, eval_rows)
    settings["effective_batch_size"] = build.effective_batch_size(flags, said)
    with build.lock_run_dir(run_dir):
        checkpoint = build.on_main_process(open_run, run_dir, settings, flags)
        model, tokenizer, plans = build.load_for_training(flags, said, rows)
        plan = plans[0]
        trainer = build.build_trainer(flags, said, plan, model, tokenizer, rows, eval_rows)
        if trainer.is_world_process_zero():
            preview = preview_first_row(trainer.train_dataset, tokenizer)
            num_steps = build.count_steps(flags, settings["effective_batch_size"], len(rows))
            print_plan(trainer, plan, preview, flags, num_steps)
            if flags.overwrite or (checkpoint is None and (run_dir / RECORD_NAME).exists()):
                remove_run(run_dir)  # not before the model is there and the flags work together
            record = begin_record(flags, settings, plan, len(rows), manifest["limit"])
            write_json(run_dir / RECORD_NAME, record)
            build.write_first_row_event(run_dir, preview)
        seconds, plan = train(trainer, plans, checkpoint)
        if trainer.is_world_process_zero():
            save_adapter(trainer, tokenizer, run_dir)
            record = finish_record(record, trainer, plan, run_dir, seconds)
            write_text(run_dir / "README.md", model_card(record))
            write_json(run_dir / RECORD_NAME, record)
            print_outcome(record, run_dir)


def import_sft_config() -> type:
    from trl import SFTConfig  # with torch, which takes seconds

    return SFTConfig


def adopt_recorded_values(flags: TrainFlags, said: set[str], manifest: dict) -> None:
    """Fill in what the prompts' manifest says and the user did not."""
    for name in ("model_id", "seed", "max_length"):
        if name not in said:
            setattr(flags, name, manifest[name])
    if "save_steps" not in said:
        flags.save_steps = flags.eval_steps  # the best step must be on disk


def refuse_contradictions(flags: TrainFlags, said: set[str], manifest: dict) -> None:
    if flags.model_id != manifest["model_id"]:
        raise UserError(
            f"The prompts in {flags.data_dir} were made for {manifest['model_id']}; make them "
            f"again with preprocess.py --model_id {flags.model_id}."
        )
    if flags.resume and flags.overwrite:
        raise UserError("--resume and --overwrite contradict each other; choose one.")
    if flags.resume and flags.resume_from_checkpoint:
        raise UserError("--resume and --resume_from_checkpoint exclude each other; choose one.")
    refuse_impossible(flags)
    if flags.overwrite and flags.resume_from_checkpoint:
        checkpoint, run_dir = Path(flags.resume_from_checkpoint), Path(flags.output_dir)
        if checkpoint.resolve().is_relative_to(run_dir.resolve()):
            raise UserError(
                f"--overwrite would remove {checkpoint}; choose another --output_dir, or say "
                "--resume to go on in this one."
            )
    if "completion_only_loss" in said and flags.completion_only_loss != (flags.loss_on == "sql"):
        raise UserError("--completion_only_loss contradicts --loss_on; leave it out.")
    for name in PLAN_FLAGS if flags.arrangement == "paper" else ():
        if name in said and getattr(flags, name) != getattr(TrainFlags, name):
            raise UserError(f"--arrangement paper fixes --{name}; leave one of them out.")
    if flags.load_best_model_at_end and flags.save_steps != flags.eval_steps:
        raise UserError(
            "--save_steps must equal --eval_steps, or the best step may not be on disk; or say "
            "--load_best_model_at_end false."
        )
    if flags.eval_split not in manifest["splits"]:
        raise UserError(
            f"{flags.data_dir} has no split named {flags.eval_split}; choose --eval_split from "
            f"{', '.join(manifest['splits'])}."
        )


def refuse_impossible(flags: TrainFlags) -> None:
    """Refuse values that no library refuses, or only after minutes."""
    length = "num_train_epochs" if flags.max_steps <= 0 else "max_steps"
    for name in (length, *ABOVE_ZERO, *PLAN_FLAGS[:2]):
        if getattr(flags, name) is not None and not getattr(flags, name) > 0:  # nan is not
            raise UserError(f"--{name} must be above 0.")
    for name in NOT_NEGATIVE:
        if not getattr(flags, name) >= 0:
            raise UserError(f"--{name} must not be below 0.")
    for name in SHARES:
        if not 0 <= getattr(flags, name) < 1:
            raise UserError(f"--{name} must be a share: 0 or more, below 1.")
    checkpoint = flags.resume_from_checkpoint
    if checkpoint and not Path(checkpoint).is_dir():
        raise UserError(f"--resume_from_checkpoint {checkpoint}: there is no such folder.")


def recorded_settings(flags: TrainFlags, rows: "Dataset", eval_rows: "Dataset") -> dict:
    """Return all that decides what is trained, as JSON would give it back."""
    settings = {name: value for name, value in vars(flags).items() if name not in NOT_SETTINGS}
    settings["data_sha256"] = sha256_of_json([list(rows["text"]), list(eval_rows["text"])])
    return json.loads(json.dumps(settings, default=str))


def open_run(run_dir: Path, settings: dict, flags: TrainFlags) -> str | None:
    """Return the checkpoint to go on from, or None; end the program if the run is finished."""
    checkpoint = begin_or_resume(run_dir, settings, resume=flags.resume, overwrite=flags.overwrite)
    if is_finished(run_dir) and not flags.overwrite:
        print(f"{run_dir} holds this run, finished; there is nothing to do.")
        raise SystemExit(0)
    if flags.resume:
        print(f"Going on from {checkpoint}." if checkpoint else "No checkpoint yet: beginning.")
    return str(checkpoint) if checkpoint else flags.resume_from_checkpoint


def read_rows(flags: TrainFlags) -> tuple["Dataset", "Dataset"]:
    """Return the train rows and those that choose the checkpoint, both in memory."""
    rows, eval_rows = (
        read_prompts(Path(flags.data_dir), split) for split in ("train", flags.eval_split)
    )
    if flags.limit is not None:
        rows, eval_rows = (
            split.select(range(min(flags.limit, len(split)))) for split in (rows, eval_rows)
        )
    longest = max(rows["num_tokens"])
    if longest > flags.max_length:
        raise UserError(
            f"A train row has {longest} tokens, more than --max_length {flags.max_length}, and "
            f"the SQL is never cut; run preprocess.py --max_length {flags.max_length} first."
        )
    return rows, eval_rows


def train(
    trainer: "AdapterTrainer", plans: list[ExecutionPlan], checkpoint: str | None
) -> tuple[float, ExecutionPlan]:
    """Train to the end; return the seconds that it took and the arrangement that it ended with."""
    import torch

    from text2sql.training.fallback import train_within_memory

    began = time.time()
    try:
        plan = train_within_memory(trainer, plans, checkpoint)
    except torch.OutOfMemoryError:
        raise UserError(
            "The GPU ran out of memory. Say --per_device_train_batch_size 1 "
            "--gradient_checkpointing true, and --resume to go on from the newest checkpoint."
        ) from None
    return time.time() - began, plan


def save_adapter(
    trainer: "AdapterTrainer", tokenizer: "PreTrainedTokenizerBase", run_dir: Path
) -> None:
    from text2sql.training.trainer import explain_failed_write

    trainer.check_finite()
    with explain_failed_write(str(run_dir)):
        trainer.model.save_pretrained(run_dir)
        tokenizer.save_pretrained(run_dir)


def print_outcome(record: dict, run_dir: Path) -> None:
    best = ""
    if record["best_eval_loss"] is not None:
        best = f"; best at step {record['best_step']}, loss {record['best_eval_loss']:.4f}"
    print(f"\n{record['steps']} steps in {record['train_seconds']:.0f} s{best}.")
    print(f"The adapter is in {run_dir}. Next: python evaluate.py --adapters {run_dir}")


if __name__ == "__main__":
    run(main)
