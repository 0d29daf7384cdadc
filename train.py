"""Specialise a chat model on the prompts of preprocess.py: 4-bit LoRA by the paper's recipe.

    python train.py                                   the recipe
    python train.py --num_train_epochs 1 --limit 64   a smoke run
    python train.py --resume                          continue an interrupted run
    accelerate launch train.py                        all GPUs, the same effective batch

Writes a PEFT adapter with its model card, run.json, checkpoints and TensorBoard events to
--output_dir. Accepts every flag of TRL's SFTConfig; explicit values override the plan.
"""

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from text2sql import processes
from text2sql.cli import fit_address_space, run
from text2sql.errors import UserError
from text2sql.files import sha256_of_json, write_text
from text2sql.flags import flag, parse_flags
from text2sql.models.device import Precision
from text2sql.prompts.manifest import read_manifest
from text2sql.training.flag_conflicts import (
    is_greater_better,
    needs_workers,
    refuse_contradicting_checkpoints,
    refuse_unknown_metric,
    refuse_unsupported,
)
from text2sql.training.general_texts import read_general_texts
from text2sql.training.label_checks import preview_first_row
from text2sql.training.plan import PLAN_FLAGS, FixedByUser
from text2sql.training.rows import read_rows
from text2sql.training.run_folder import has_record, open_run, remove_run, write_record
from text2sql.training.run_record import (
    begin_record,
    finish_record,
    model_card,
    print_outcome,
    print_plan,
)
from text2sql.training.settings import (
    LossOn,
    TrainSettings,
    count_steps,
    device_defaults,
    keeps_rows_and_loss,
)

if TYPE_CHECKING:
    from datasets import Dataset


@dataclass
class TrainFlags:
    """The recipe, which is the paper's, and the flags of train.py beside SFTConfig's."""

    data_dir: str = flag("processed_data", "prompts from preprocess.py", group="Data and model")
    output_dir: str = flag("outputs/gemma-2b-it-spider", "folder of the run")
    model_id: str | None = flag(None, "hub name or folder; default: the prompts'")
    load_in_4bit: bool = flag(True, "NF4 with double quantisation")
    eval_split: str = flag("holdout", "chooses the checkpoint; the paper: validation")
    loss_on: LossOn = flag("sql", "loss on the SQL alone; the paper: text")
    max_length: int | None = flag(None, "maximum tokens per row; default: the prompts'")
    lora_r: int = flag(4, "rank", group="Adapter", above=0)
    lora_alpha: int = flag(8, "scale, divided by the rank", above=0)
    lora_dropout: float = flag(0.05, "dropout before the adapter", at_least=0, below=1)
    lora_target_modules: list[str] = flag(["q_proj", "v_proj"], "adapted layers; or all-linear")
    num_train_epochs: float = flag(5, "passes over the data", group="Optimisation", above=0)
    max_steps: int = flag(-1, "if above 0, overrides the epochs")
    per_device_train_batch_size: int = flag(1, "examples at once per device", above=0)
    gradient_accumulation_steps: int = flag(8, "micro-batches per step", above=0)
    gradient_checkpointing: bool = flag(True, "recompute activations")
    learning_rate: float = flag(1e-4, "peak learning rate", above=0)
    lr_scheduler_type: str = flag("cosine", "after the warm-up")
    warmup_steps: float = flag(0.03, "below 1: fraction of all steps")
    weight_decay: float = flag(0.01, "of AdamW", at_least=0)
    adam_beta1: float = flag(0.9, "of AdamW", at_least=0, below=1)
    adam_beta2: float = flag(0.999, "of AdamW", at_least=0, below=1)
    adam_epsilon: float = flag(1e-8, "of AdamW", at_least=0)
    optim: str = flag("paged_adamw_32bit", "optimizer")
    bf16: bool | None = flag(None, "default: where the device has it")
    fp16: bool = flag(False, "overflows with Gemma")
    train_sampling_strategy: str = flag("group_by_length", "order of the examples")
    dataloader_num_workers: int = flag(4, "workers, unless rows are packed", at_least=0)
    dataloader_pin_memory: bool = flag(True, "page-locked host memory")
    remove_unused_columns: bool = flag(False, "drop unused columns")
    seed: int = flag(42, "unless given, that of the prompts")
    eval_strategy: str = flag("steps", "no, steps or epoch", group="Evaluation, checkpoints, logs")
    eval_steps: float = flag(200, "steps between evaluations", above=0)
    per_device_eval_batch_size: int = flag(1, "examples at once per device", above=0)
    general_texts: str | None = flag(None, "FILE to see forgetting on; none: off; default: ours")
    early_stopping_patience: int = flag(3, "evaluations without gain; 0: never", at_least=0)
    save_strategy: str = flag("steps", "no, steps or epoch")
    save_steps: float = flag(200, "unless given, as eval_steps", above=0)
    save_total_limit: int = flag(3, "checkpoints to keep")
    load_best_model_at_end: bool = flag(True, "keep the best checkpoint")
    # Without this, early stopping would lose its count when a run is resumed.
    restore_callback_states_from_checkpoint: bool = flag(True, "on resume")
    metric_for_best_model: str = flag("eval_loss", "chooses the best checkpoint")
    greater_is_better: bool | None = flag(None, "default: of accuracy alone")
    logging_steps: float = flag(50, "steps between logs", above=0)
    logging_nan_inf_filter: bool = flag(False, "hide non-finite losses")
    report_to: str = flag("tensorboard", "where logs are sent")
    plan: Literal["auto", "paper"] = flag(
        "auto",
        "auto: the fastest that fits; paper: 1 × 8 with checkpointing on NF4",
        group="This run",
        alias="arrangement",
    )
    limit: int | None = flag(None, "smoke run: first N rows per split", above=0)
    resume: bool = flag(False, "continue from the newest checkpoint")
    resume_from_checkpoint: str | None = flag(None, "continue from this folder")
    overwrite: bool = flag(False, "replace the run in output_dir")


# What does not decide what is trained: how a run is divided and started, and secrets. (The plan
# does: it chooses the optimizer, whose states a checkpoint holds.)
NOT_RECORDED = {
    "data_dir",
    "output_dir",
    "resume",
    "resume_from_checkpoint",
    "restore_callback_states_from_checkpoint",
    "overwrite",
    "hub_token",
    "general_texts",
    *PLAN_FLAGS,
}


def main() -> None:
    flags, explicit = parse_flags(TrainFlags, __doc__, import_library_flags=import_sft_config)
    manifest = read_manifest(Path(flags.data_dir))
    flags = adopt_recorded_values(flags, explicit, manifest)
    refuse_contradictions(flags, explicit, manifest)
    max_length = manifest["max_length"] if flags.max_length is None else flags.max_length
    rows, eval_rows = read_rows(Path(flags.data_dir), flags.eval_split, flags.limit, max_length)
    settings = resolve_settings(flags, explicit, rows, eval_rows)
    settings = replace(settings, shards_weights=processes.take_sharding_request())

    from text2sql.training import build  # imports torch and TRL, which takes seconds
    from text2sql.training.fallback import train_within_memory

    with processes.lock_folder(settings.run_dir):
        checkpoint, is_finished = processes.on_main_process(
            open_run, settings, flags.resume, flags.overwrite, flags.resume_from_checkpoint
        )
        if is_finished:
            return
        model, tokenizer, plans = build.load_for_training(settings, rows)
        trainer = build.build_trainer(settings, plans[0], model, tokenizer, rows, eval_rows)
        if trainer.is_world_process_zero():
            preview = preview_first_row(trainer.train_dataset, tokenizer)
            print_plan(trainer, settings, plans[0], preview)
            if flags.overwrite or (checkpoint is None and has_record(settings.run_dir)):
                remove_run(settings.run_dir)  # only now: the model is there and the flags are valid
            record = begin_record(trainer, settings, plans[0], manifest["limit"])
            write_record(settings.run_dir, record)
            build.write_first_row_event(settings.run_dir, preview)
        began = time.time()
        plan = train_within_memory(trainer, plans, checkpoint)
        seconds = time.time() - began
        if trainer.is_world_process_zero():
            trainer.save_adapter(settings.run_dir, tokenizer)
            record = finish_record(record, trainer, plan, settings.run_dir, seconds)
            write_text(settings.run_dir / "README.md", model_card(record))
            write_record(settings.run_dir, record)
            print_outcome(record, settings.run_dir)


def import_sft_config() -> type:
    fit_address_space()
    from trl.trainer.sft_config import SFTConfig  # imports torch, which takes seconds

    return SFTConfig


def adopt_recorded_values(
    flags: TrainFlags, explicit: set[str], manifest: dict[str, Any]
) -> TrainFlags:
    """Return the flags with the values of the prompts' manifest where the user gave none."""
    names = {name for name in ("model_id", "max_length") if getattr(flags, name) is None}
    names |= {"seed"} - explicit
    flags = replace(flags, **{name: manifest[name] for name in names})
    if flags.greater_is_better is None:
        flags = replace(flags, greater_is_better=is_greater_better(flags.metric_for_best_model))
    if "save_steps" in explicit:
        return flags
    return replace(flags, save_steps=flags.eval_steps)  # the best step must be on disk


def refuse_contradictions(flags: TrainFlags, explicit: set[str], manifest: dict[str, Any]) -> None:
    if flags.model_id != manifest["model_id"]:
        raise UserError(
            f"The prompts in {flags.data_dir} were made for {manifest['model_id']}; make them "
            f"again with preprocess.py --model_id {flags.model_id}."
        )
    refuse_unsupported(flags)
    refuse_unknown_metric(flags)
    refuse_contradicting_checkpoints(flags)
    if {"fsdp", "fsdp_config"} & explicit:
        raise UserError(
            "Weights are sharded by `accelerate launch --config_file fsdp2.yaml train.py`; omit "
            "--fsdp and --fsdp_config."
        )
    loss_flag = "completion_only_loss"
    if loss_flag in explicit and getattr(flags, loss_flag) != (flags.loss_on == "sql"):
        raise UserError("--completion_only_loss contradicts --loss_on; omit it.")
    for name in PLAN_FLAGS if flags.plan == "paper" else ():
        if name in explicit and getattr(flags, name) != getattr(TrainFlags, name):
            raise UserError(f"--plan paper fixes --{name}; omit one of them.")
    if flags.eval_split not in manifest["splits"]:
        raise UserError(
            f"{flags.data_dir} has no split named {flags.eval_split}; choose --eval_split from "
            f"{', '.join(manifest['splits'])}."
        )


def resolve_settings(
    flags: TrainFlags, explicit: set[str], rows: "Dataset", eval_rows: "Dataset"
) -> TrainSettings:
    """Return what the run does: from here on nobody asks which flags the user typed."""
    batch = resolve_effective_batch_size(flags, explicit)
    num_steps = count_steps(len(rows), batch, flags.num_train_epochs, flags.max_steps)
    may_pack = flags.plan == "auto" and keeps_rows_and_loss(vars(flags))
    recorded = {name: value for name, value in vars(flags).items() if name not in NOT_RECORDED}
    recorded["effective_batch_size"] = batch
    recorded["data_sha256"] = sha256_of_json([list(rows["text"]), list(eval_rows["text"])])
    pins_memory = "dataloader_pin_memory" in explicit and flags.dataloader_pin_memory
    has_eval_batch = "per_device_eval_batch_size" in explicit
    return TrainSettings(
        data_dir=Path(flags.data_dir),
        run_dir=Path(flags.output_dir),
        model_id=str(flags.model_id),
        load_in_4bit=flags.load_in_4bit,
        eval_split=flags.eval_split,
        loss_on=flags.loss_on,
        limit=flags.limit,
        seed=flags.seed,
        lora_r=flags.lora_r,
        lora_alpha=flags.lora_alpha,
        lora_dropout=flags.lora_dropout,
        lora_target_modules=flags.lora_target_modules,
        early_stopping_patience=flags.early_stopping_patience * flags.load_best_model_at_end,
        effective_batch_size=batch,
        num_examples=len(rows),
        num_eval_examples=len(eval_rows),
        num_steps=num_steps,
        fixed=fixed_by_user(flags, explicit),
        paper_plan=flags.plan == "paper",
        may_pack=may_pack,
        may_use_cuda_graphs=not pins_memory,  # pinning would disturb the capture of a graph
        eval_batch_size=flags.per_device_eval_batch_size if has_eval_batch else None,
        sft=resolve_sft_arguments(flags, explicit, num_steps, may_pack),
        recorded=json.loads(json.dumps(recorded, default=str)),
        general_texts=read_general_texts(flags.general_texts),
    )


def resolve_effective_batch_size(flags: TrainFlags, explicit: set[str]) -> int:
    """Return the examples per step: the user's own if both factors are given, else the recipe's."""
    if {"per_device_train_batch_size", "gradient_accumulation_steps"} <= explicit:
        micro_batch = flags.per_device_train_batch_size
        return micro_batch * flags.gradient_accumulation_steps * processes.world_size()
    return TrainFlags.per_device_train_batch_size * TrainFlags.gradient_accumulation_steps


def resolve_sft_arguments(
    flags: TrainFlags, explicit: set[str], num_steps: int, may_pack: bool
) -> dict[str, Any]:
    """Return SFTConfig's arguments, with what the user left open chosen for the device."""
    import torch

    defaults = device_defaults(torch.cuda.is_available(), flags.plan == "paper", may_pack)
    if needs_workers(flags):
        defaults.pop("dataloader_num_workers", None)
    chosen = {name: value for name, value in defaults.items() if name not in explicit}
    if num_steps < flags.eval_steps and "eval_steps" not in explicit:
        chosen["eval_steps"] = num_steps
        if "save_steps" not in explicit or flags.load_best_model_at_end:
            chosen["save_steps"] = num_steps
    return vars(flags) | chosen


def fixed_by_user(flags: TrainFlags, explicit: set[str]) -> FixedByUser:
    """Return what the plan has to keep: the user's values, or all of the paper's."""
    precision: Precision | None = None
    if explicit & {"bf16", "fp16"}:
        precision = "fp16" if flags.fp16 else "bf16" if flags.bf16 else "float32"
    if flags.plan == "paper":  # the accumulation is what several processes leave of the batch
        return FixedByUser(
            micro_batch_size=flags.per_device_train_batch_size,
            gradient_checkpointing=flags.gradient_checkpointing,
            precision=precision,
        )
    micro_batch, accumulation, checkpointing = (
        getattr(flags, name) if name in explicit else None for name in PLAN_FLAGS
    )
    return FixedByUser(micro_batch, accumulation, checkpointing, precision)


if __name__ == "__main__":
    run(main)
