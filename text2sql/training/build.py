"""From the flags of train.py to a trainer that is ready: plan, model, TRL's settings."""

import math
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, gather_object
from datasets import Dataset
from peft import LoraConfig
from torch.utils.tensorboard import SummaryWriter
from transformers import (
    EarlyStoppingCallback,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.integrations.liger import apply_liger_kernel
from transformers.utils import is_liger_kernel_available
from trl import SFTConfig

from text2sql.errors import UserError
from text2sql.files import folder_lock
from text2sql.models.device import Device, ModelShape, world_size
from text2sql.models.loading import choose_device, load_base_model, load_config
from text2sql.models.packed_attention import supports_flash_attention, supports_packed_attention
from text2sql.models.tokenizer import load_tokenizer
from text2sql.prompts.manifest import refuse_other_tokenizer
from text2sql.prompts.tokens import encode_rows
from text2sql.training.packing import mean_packed_row
from text2sql.training.plan import PLAN_FLAGS, ExecutionPlan, plan_training
from text2sql.training.trainer import AdapterTrainer

SAMPLED_ROWS = 128  # of which the size of micro-batches is read off
DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "float32": torch.float32}


def load_for_training(
    flags: Any, said: set[str], rows: Dataset
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, list[ExecutionPlan]]:
    """Load the model for the first of the arrangements that fit this device, the fastest first."""
    # A data loader's worker is forked, which threads of the tokenizer do not survive.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    tokenizer = load_tokenizer(flags.model_id)
    refuse_other_tokenizer(Path(flags.data_dir), tokenizer)
    tokenizer.padding_side = "right"
    device = choose_device()
    config = load_config(flags.model_id)
    packed = can_pack(flags, config)
    sizes = micro_batch_token_counter(rows, tokenizer, shared=packed and flags.loss_on == "sql")
    arrangements = plan(flags, said, config, weakest_device(Device.of(device)), rows, sizes)
    model = load_base_model(
        flags.model_id,
        load_in_4bit=flags.load_in_4bit,
        dtype=DTYPES[arrangements[0].precision],
        device=device,
        dequantize=arrangements[0].dequantize,
    )
    # A graph cannot be made of another attention kernel, nor while a thread pins memory.
    wants_pinning = "dataloader_pin_memory" in said and flags.dataloader_pin_memory
    if wants_pinning or not supports_flash_attention(model):
        arrangements = [replace(found, cuda_graphs=False) for found in arrangements]
    return model, tokenizer, arrangements


def weakest_device(own: Device) -> Device:
    """Return the device that all processes plan for, so that they cut the same micro-batches."""
    devices = gather_object([own])
    free = [device.free_bytes for device in devices if device.free_bytes is not None]
    bf16 = all(device.supports_bf16 for device in devices)
    return replace(own, free_bytes=min(free, default=None), supports_bf16=bf16)


def micro_batch_token_counter(
    rows: Dataset, tokenizer: PreTrainedTokenizerBase, *, shared: bool
) -> Callable[[int], int]:
    """Return what gives the tokens that a micro-batch of so many rows has as a rule."""
    if not shared:
        return lambda micro_batch: round(micro_batch * np.mean(rows["num_tokens"]))
    order = np.random.default_rng(0).permutation(len(rows))[:SAMPLED_ROWS]
    texts = tokenizer(list(rows.select(order)["text"]), add_special_tokens=False)["input_ids"]
    return partial(mean_packed_row, texts)


def plan(
    flags: Any,
    said: set[str],
    config: PreTrainedConfig,
    device: Device,
    rows: Dataset,
    sizes: Callable[[int], int],
) -> list[ExecutionPlan]:
    """Return the plans for this device, with what the user or the paper fixes kept."""
    precision = None
    if said & {"bf16", "fp16"}:
        precision = "fp16" if flags.fp16 else "bf16" if flags.bf16 else "float32"
    elif device.is_cuda and not device.supports_bf16:
        print(f"{device.name} has no bf16, and Gemma overflows in fp16: float32 it is.")
    fixed = set(PLAN_FLAGS) if flags.arrangement == "paper" else said
    batch, accumulation, checkpointing = (
        getattr(flags, name) if name in fixed else None for name in PLAN_FLAGS
    )
    if flags.arrangement == "paper":
        accumulation = None  # what several processes leave of the effective batch
    packed = can_pack(flags, config)
    step_size = effective_batch_size(flags, said)
    planned = plan_training(
        ModelShape.from_config(config),
        device,
        effective_batch_size=step_size,
        longest_row=max(rows["num_tokens"]),
        tokens_per_micro_batch=sizes,
        load_in_4bit=flags.load_in_4bit,
        num_steps=count_steps(flags, step_size, len(rows)),
        world_size=world_size(),
        packed=packed,
        fused=packed and device.is_cuda and is_liger_kernel_available(),
        micro_batch_size=batch,
        gradient_accumulation_steps=accumulation,
        gradient_checkpointing=checkpointing,
        precision=precision,
    )
    if flags.arrangement == "paper":
        kept = [found for found in planned if not found.dequantize] or planned
        return [replace(kept[0], dequantize=False)]
    return planned


def effective_batch_size(flags: Any, said: set[str]) -> int:
    """Return the examples a step: what the user said in full, else the recipe's 1 × 8."""
    batch, accumulation = "per_device_train_batch_size", "gradient_accumulation_steps"
    if {batch, accumulation} <= said:
        return getattr(flags, batch) * getattr(flags, accumulation) * world_size()
    recipe = type(flags)
    return getattr(recipe, batch) * getattr(recipe, accumulation)


def build_trainer(
    flags: Any,
    said: set[str],
    arrangement: ExecutionPlan,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: Dataset,
    eval_rows: Dataset,
) -> AdapterTrainer:
    """Return the trainer for the flags of train.py; a `UserError` says which contradict."""
    adapter_config = LoraConfig(
        r=flags.lora_r,
        lora_alpha=flags.lora_alpha,
        lora_dropout=flags.lora_dropout,
        target_modules=flags.lora_target_modules,
        bias="none",
        task_type="CAUSAL_LM",
    )
    stopping = []
    if flags.early_stopping_patience and flags.load_best_model_at_end:
        stopping.append(EarlyStoppingCallback(flags.early_stopping_patience))
    # One folder of events, also after a restart; the callback reads it from the environment.
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(tensorboard_dir(Path(flags.output_dir)))
    if arrangement.fused:
        fuse_layers(model)
    try:
        return AdapterTrainer(
            model=model,
            args=sft_config(flags, said, arrangement, len(rows), len(eval_rows)),
            train_dataset=encode_rows(rows, tokenizer),
            eval_dataset=encode_rows(eval_rows, tokenizer),
            processing_class=tokenizer,
            peft_config=adapter_config,
            callbacks=stopping,
            arrangement=arrangement,
        )
    except (ValueError, ImportError, OSError, RuntimeError) as error:
        lacks_package = "requires" in str(error)  # as transformers says it in a RuntimeError
        if getattr(error, "errno", None) or (isinstance(error, RuntimeError) and not lacks_package):
            raise  # the disk or the GPU, and no flag
        # TRL, transformers and peft name the flag that is at fault, or the package it needs.
        raise UserError(f"These flags do not work together, or here: {error}") from error


def can_pack(flags: Any, config: PreTrainedConfig) -> bool:
    """Say whether the model and the flags leave it open to pack a micro-batch into one row."""
    other_loss = flags.label_smoothing_factor > 0 or flags.loss_type == "dft"
    other_rows = flags.packing or flags.padding_free
    free = not (other_loss or other_rows or flags.arrangement == "paper")
    return free and supports_packed_attention(config)


def fuse_layers(model: PreTrainedModel) -> None:
    """Compute norms, rotations and gates with Liger's kernels."""
    apply_liger_kernel(model, {"fused_linear_cross_entropy": False, "cross_entropy": False})


def sft_config(
    flags: Any, said: set[str], arrangement: ExecutionPlan, num_rows: int, num_eval_rows: int
) -> SFTConfig:
    """Return TRL's settings: what the flags say, arranged for this device."""
    values = {field.name: getattr(flags, field.name) for field in fields(SFTConfig) if field.init}
    values |= {name: getattr(arrangement, name) for name in PLAN_FLAGS}
    values |= {
        "bf16": arrangement.precision == "bf16",
        "fp16": arrangement.precision == "fp16",
        "completion_only_loss": flags.loss_on == "sql",
        "max_length": None,  # nothing is cut: longer rows were refused
        "disable_tqdm": bool(flags.disable_tqdm),  # else a quiet transformers hides the bar
    }
    if arrangement.packed and "per_device_eval_batch_size" not in said:
        most = arrangement.per_device_train_batch_size
        values["per_device_eval_batch_size"] = eval_batch_size(most, num_eval_rows)
    if not torch.cuda.is_available():
        on_cpu = {"use_cpu": True, "optim": "adamw_torch", "dataloader_num_workers": 0}
        on_cpu["dataloader_pin_memory"] = False
        values |= {name: value for name, value in on_cpu.items() if name not in said}
    elif flags.arrangement == "auto" and "optim" not in said:
        values["optim"] = "adamw_torch_fused"  # the same arithmetic in one kernel
    if arrangement.packed and "accelerator_config" not in said:
        values["accelerator_config"] = {"non_blocking": True}  # rows go to the device meanwhile
    if arrangement.cuda_graphs:
        values["dataloader_pin_memory"] = False  # its thread may not allocate while a graph is made
    num_steps = count_steps(flags, effective_batch_size(flags, said), num_rows)
    if num_steps < flags.eval_steps and "eval_steps" not in said:
        values |= {"eval_steps": num_steps, "save_steps": num_steps}
    return SFTConfig(**values)


def eval_batch_size(most: int, num_rows: int) -> int:
    """Return how many rows are evaluated together, so that the loss is that of each row alone.

    Of several processes one would fill a shorter last batch up with rows of the first.
    """
    if world_size() == 1:
        return most
    return next(size for size in range(most, 0, -1) if num_rows % size == 0)


def count_steps(flags: Any, step_size: int, num_rows: int) -> int:
    if flags.max_steps > 0:
        return flags.max_steps
    return math.ceil(math.ceil(num_rows / step_size) * flags.num_train_epochs)


def processes() -> PartialState:
    """Return which of the processes this is that `accelerate launch` or `torchrun` started."""
    return PartialState(cpu=not torch.cuda.is_available())


def lock_run_dir(run_dir: Path) -> AbstractContextManager[None]:
    """Keep another run out of the folder; the other processes of this run share the hold."""
    return folder_lock(run_dir) if processes().is_main_process else nullcontext()


def on_main_process(decide: Callable, *arguments: Any) -> Any:
    """Return, on every process, what `decide` returned on the first."""
    decision = [decide(*arguments) if processes().is_main_process else None]
    return broadcast_object_list(decision)[0]


def tensorboard_dir(run_dir: Path) -> Path:
    return run_dir / "tensorboard"


def write_first_row_event(run_dir: Path, preview: str) -> None:
    with SummaryWriter(str(tensorboard_dir(run_dir))) as writer:
        writer.add_text("first_example", f"```\n{preview}\n```")
