"""From settings to a trainer that is ready to start: plans, model, TRL's configuration."""

import os
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from peft import LoraConfig
from torch.utils.tensorboard import SummaryWriter
from transformers import (
    EarlyStoppingCallback,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    TrainerCallback,
)
from transformers.integrations.liger import apply_liger_kernel
from transformers.utils.import_utils import is_liger_kernel_available
from trl.trainer.sft_config import SFTConfig

from text2sql.errors import UserError
from text2sql.models.device import Device, ModelShape, Precision, weakest_device
from text2sql.models.loading import choose_device, load_base_model, load_config
from text2sql.models.packed_attention import supports_flash_attention, supports_packed_attention
from text2sql.models.tokenizer import load_tokenizer
from text2sql.processes import this_process, world_size
from text2sql.prompts.manifest import refuse_other_tokenizer
from text2sql.prompts.tokens import encode_rows
from text2sql.training.adapted_layers import measure_adapter, target_modules
from text2sql.training.general_texts import affordable_tokens, encode_general_texts
from text2sql.training.packing import packed_row_sizes
from text2sql.training.plan import (
    PLAN_FLAGS,
    ExecutionPlan,
    Workload,
    gain_of_larger_batch,
    plan_training,
)
from text2sql.training.settings import TrainSettings
from text2sql.training.trainer import AdapterTrainer

SAMPLED_ROWS = 128  # from which the typical size of a micro-batch is estimated
LARGER_BATCH = 4  # times the effective batch, whose gain several processes report
EVALUATED_AT_ONCE = 8  # times as many rows as in training where memory is ample
DTYPES: dict[Precision, torch.dtype] = {
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
    "float32": torch.float32,
}


def load_for_training(
    settings: TrainSettings, rows: Dataset
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, list[ExecutionPlan]]:
    """Return the model loaded for the fastest plan, its tokenizer, and all plans that fit."""
    tokenizer = load_tokenizer(settings.model_id)
    refuse_other_tokenizer(settings.data_dir, tokenizer)
    tokenizer.padding_side = "right"
    torch_device = choose_device()
    config = load_config(settings.model_id)
    device = weakest_device(Device.of(torch_device))
    workload = describe_workload(settings, config, device, rows, tokenizer)
    plans = choose_plans(settings, config, device, workload)
    if workload.world_size > 1 and this_process().is_main_process:
        gain = gain_of_larger_batch(plans[0], workload, LARGER_BATCH)
        batch = LARGER_BATCH * settings.effective_batch_size
        print(f"An effective batch of {batch} would train about {gain:.1f} × as many examples/s.")
    model = load_base_model(
        settings.model_id,
        load_in_4bit=settings.load_in_4bit,
        dtype=DTYPES[plans[0].precision],
        device=torch_device,
        dequantize=plans[0].dequantize,
        placement="sharded" if plans[0].sharded else "own",
    )
    # Other attention kernels cannot be captured in a graph.
    if not (settings.may_use_cuda_graphs and supports_flash_attention(model)):
        plans = [replace(plan, cuda_graphs=False) for plan in plans]
    return model, tokenizer, plans


def describe_workload(
    settings: TrainSettings,
    config: PreTrainedConfig,
    device: Device,
    rows: Dataset,
    tokenizer: PreTrainedTokenizerBase,
) -> Workload:
    packed = settings.may_pack and supports_packed_attention(config)
    shares_prefixes = packed and settings.loss_on == "sql"
    return Workload(
        effective_batch_size=settings.effective_batch_size,
        num_steps=settings.num_steps,
        longest_row=max(rows["num_tokens"]),
        tokens_per_micro_batch=micro_batch_token_counter(rows, tokenizer, shares_prefixes),
        load_in_4bit=settings.load_in_4bit,
        world_size=world_size(),
        packed=packed,
        fused=packed and device.is_cuda and is_liger_kernel_available(),
        sharded=settings.shards_weights,
        adapter=measure_adapter(config, settings.lora_target_modules, settings.lora_r),
    )


def micro_batch_token_counter(
    rows: Dataset, tokenizer: PreTrainedTokenizerBase, shares_prefixes: bool
) -> Callable[[int], int]:
    """Return a function from the examples of a micro-batch to its typical number of tokens."""
    if not shares_prefixes:
        mean = float(np.mean(rows["num_tokens"]))
        return lambda micro_batch: round(micro_batch * mean)
    order = np.random.default_rng(0).permutation(len(rows))[:SAMPLED_ROWS]
    texts = tokenizer(list(rows.select(order)["text"]), add_special_tokens=False)["input_ids"]
    limits = [len(text) - 1 for text in texts]

    def typical_tokens(examples: int) -> int:
        sizes = packed_row_sizes(texts, limits, examples)
        return round(float(np.mean([size.num_tokens for size in sizes])))

    return typical_tokens


def choose_plans(
    settings: TrainSettings, config: PreTrainedConfig, device: Device, workload: Workload
) -> list[ExecutionPlan]:
    """Return the plans to try on this device, the best first; the paper has a single one."""
    lacks_bf16 = device.is_cuda and not device.supports_bf16
    if lacks_bf16 and settings.fixed.precision is None and this_process().is_main_process:
        print(f"{device.name} lacks bf16, and Gemma overflows in fp16: training in float32.")
    plans = plan_training(ModelShape.from_config(config), device, workload, settings.fixed)
    if settings.paper_plan:
        kept = [plan for plan in plans if not plan.dequantize] or plans
        return [replace(kept[0], dequantize=False)]
    return plans


def build_trainer(
    settings: TrainSettings,
    plan: ExecutionPlan,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: Dataset,
    eval_rows: Dataset,
) -> AdapterTrainer:
    """Return the trainer; a `UserError` names flags that contradict each other."""
    adapter_config = LoraConfig(
        r=settings.lora_r,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=target_modules(settings.lora_target_modules),
        bias="none",
        task_type="CAUSAL_LM",
    )
    callbacks: list[TrainerCallback] = []
    if settings.early_stopping_patience:
        callbacks.append(EarlyStoppingCallback(settings.early_stopping_patience))
    # One folder of events, also after a restart; the callback reads it from the environment.
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(tensorboard_dir(settings.run_dir))
    if plan.fused:
        fuse_layers(model)
    completion_only = settings.loss_on == "sql"
    encoded = [encode_rows(each, tokenizer, completion_only) for each in (rows, eval_rows)]
    general_texts = choose_general_texts(settings, plan, model.config, rows, tokenizer)
    # Data-loader workers are forked, and threads of the tokenizer do not survive a fork.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        trainer = AdapterTrainer(
            model=model,
            args=build_sft_config(settings, plan),
            train_dataset=encoded[0],
            eval_dataset=encoded[1],
            processing_class=tokenizer,
            peft_config=adapter_config,
            callbacks=callbacks,
            plan=plan,
            general_texts=general_texts,
        )
        if not plan.sharded:
            try_optimizer(trainer, settings.num_steps)
    except (ValueError, ImportError, OSError, RuntimeError) as error:
        lacks_package = "requires" in str(error)  # transformers' wording, in a RuntimeError
        if getattr(error, "errno", None) or (isinstance(error, RuntimeError) and not lacks_package):
            raise  # the disk or the GPU, not a flag
        # TRL, transformers and peft name the flag at fault, or the package that it needs.
        raise UserError(f"Unsupported combination of flags: {error}") from error
    if plan.sharded:
        from text2sql.models.sharding import shard_rest

        shard_rest(trainer.adapted_model)
    return trainer


def try_optimizer(trainer: AdapterTrainer, num_steps: int) -> None:
    """Make the optimizer and the schedule once, so that flags they refuse end no other run."""
    try:
        trainer.create_optimizer_and_scheduler(num_steps)
    except TypeError as error:  # an argument of the flags' that they do not have
        raise ValueError(str(error)) from error
    trainer.optimizer = trainer.lr_scheduler = None  # training makes its own


def choose_general_texts(
    settings: TrainSettings,
    plan: ExecutionPlan,
    config: PreTrainedConfig,
    rows: Dataset,
    tokenizer: PreTrainedTokenizerBase,
) -> list[list[int]]:
    """Return the tokens of the general texts that the run's evaluations can afford.

    The choice depends on the settings that a resumed run has to keep, so it is the same there.
    """
    if settings.general_texts is None or settings.num_evaluations == 0:
        return []
    shares_prefixes = plan.packed and settings.loss_on == "sql"
    tokens_per_step = micro_batch_token_counter(rows, tokenizer, shares_prefixes)(
        settings.effective_batch_size
    )
    affordable = affordable_tokens(
        ModelShape.from_config(config),
        settings.num_steps * tokens_per_step,
        settings.num_evaluations,
    )
    return encode_general_texts(settings.general_texts, tokenizer, affordable)


def fuse_layers(model: PreTrainedModel) -> None:
    """Compute norms, rotary embeddings and gated MLPs with Liger's kernels."""
    apply_liger_kernel(model, {"fused_linear_cross_entropy": False, "cross_entropy": False})


def build_sft_config(settings: TrainSettings, plan: ExecutionPlan) -> SFTConfig:
    """Return TRL's configuration: the settings, arranged by the plan."""
    values = {f.name: settings.sft[f.name] for f in fields(SFTConfig) if f.init}
    values |= {name: getattr(plan, name) for name in PLAN_FLAGS}
    values |= {
        "bf16": plan.precision == "bf16",
        "fp16": plan.precision == "fp16",
        "completion_only_loss": settings.loss_on == "sql",
        "max_length": None,  # nothing is truncated: longer rows were refused
        "disable_tqdm": bool(settings.sft["disable_tqdm"]),  # else a quiet transformers hides it
    }
    if settings.eval_batch_size is not None:
        values["per_device_eval_batch_size"] = settings.eval_batch_size
    elif plan.packed:
        at_once = EVALUATED_AT_ONCE if plan.cuda_graphs else 1
        values["per_device_eval_batch_size"] = at_once * plan.per_device_train_batch_size
    if plan.cuda_graphs:
        values["dataloader_pin_memory"] = False  # its thread must not allocate during a capture
    return use_one_gpu(SFTConfig(**values))


def use_one_gpu(config: SFTConfig) -> SFTConfig:
    """Keep transformers from splitting batches over all GPUs that this process sees.

    It would use `DataParallel`, which this trainer refuses and which is slower than one GPU.
    """
    if config.n_gpu > 1:
        config._n_gpu = 1
    return config


def tensorboard_dir(run_dir: Path) -> Path:
    return run_dir / "tensorboard"


def write_first_row_event(run_dir: Path, preview: str) -> None:
    with SummaryWriter(str(tensorboard_dir(run_dir))) as writer:
        writer.add_text("first_example", f"```\n{preview}\n```")
