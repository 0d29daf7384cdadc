"""Flags of train.py that contradict each other or its way of training, refused in one message."""

import math
from pathlib import Path
from typing import Any

from text2sql.errors import UserError
from text2sql.training.general_texts import NONE

# What an evaluation measures, and whether more of it is better.
METRICS = {
    "loss": False,
    "entropy": False,
    "mean_token_accuracy": True,
    "general_loss": False,
    "general_kl": False,
}

# Flags of SFTConfig that would change what is trained behind the plan's back, or do nothing.
UNSUPPORTED = {
    "packing": "train.py packs rows itself, and cuts none",
    "use_liger_kernel": "train.py uses Liger's kernels by itself where liger-kernel is installed",
    "auto_find_batch_size": "train.py finds what fits by itself, and keeps the effective batch",
    "dataloader_drop_last": "which examples it drops would depend on the plan",
    "chat_template_path": "preprocess.py renders the prompts, in the model's own template",
    "push_to_hub": "it would send checkpoints and not the adapter that is kept, which `hf upload` "
    "sends after training",
}

# Flags of SFTConfig that say how workers of the data loader work.
OF_WORKERS = (
    "dataloader_persistent_workers",
    "dataloader_prefetch_factor",
    "dataloader_multiprocessing_context",
)


def needs_workers(flags: Any) -> bool:
    return any(getattr(flags, name, None) for name in OF_WORKERS)


def metric_name(metric: str) -> str:
    return metric.removeprefix("eval_")


def is_greater_better(metric: str) -> bool:
    return METRICS.get(metric_name(metric), False)


def refuse_unsupported(flags: Any) -> None:
    """Raise a `UserError` for flags that train.py takes from SFTConfig and cannot honour."""
    for name, reason in UNSUPPORTED.items():
        if getattr(flags, name):
            raise UserError(f"--{name} is not supported: {reason}. Omit it.")
    for name, value in vars(flags).items():
        if isinstance(value, float) and not math.isfinite(value) and name != "max_grad_norm":
            raise UserError(f"--{name} must be a finite number.")
    if needs_workers(flags) and flags.dataloader_num_workers == 0:
        raise UserError(f"--dataloader_num_workers 0 rules out {', '.join(OF_WORKERS)}.")
    if flags.max_steps == 0:
        raise UserError("--max_steps must be above 0, or -1: what --num_train_epochs takes.")


def refuse_unknown_metric(flags: Any) -> None:
    """Raise a `UserError` where evaluations do not measure what chooses the checkpoint."""
    name = metric_name(flags.metric_for_best_model)
    if name not in METRICS:
        raise UserError(
            f"--metric_for_best_model {name} is not measured; choose from {', '.join(METRICS)}."
        )
    if name.startswith("general_") and flags.general_texts == NONE:
        raise UserError(
            f"--metric_for_best_model {name} is measured on --general_texts; name a file."
        )


def refuse_contradicting_checkpoints(flags: Any) -> None:
    if flags.resume and flags.overwrite:
        raise UserError("--resume and --overwrite contradict each other; choose one.")
    if flags.resume and flags.resume_from_checkpoint:
        raise UserError("--resume and --resume_from_checkpoint exclude each other; choose one.")
    if flags.resume_from_checkpoint is not None:
        checkpoint, run_dir = Path(flags.resume_from_checkpoint), Path(flags.output_dir)
        if not checkpoint.is_dir():
            raise UserError(f"--resume_from_checkpoint {checkpoint}: no such folder.")
        if flags.overwrite and checkpoint.resolve().is_relative_to(run_dir.resolve()):
            raise UserError(
                f"--overwrite would remove {checkpoint}; choose another --output_dir, or use "
                "--resume to continue in this one."
            )
    if flags.load_best_model_at_end:
        refuse_missing_best(flags)


def refuse_missing_best(flags: Any) -> None:
    """Raise a `UserError` where the best step might not be on disk, or none would be chosen."""
    instead = "or pass --load_best_model_at_end false"
    if flags.eval_strategy == "no":
        raise UserError(
            "--eval_strategy no leaves nothing to choose the best checkpoint by; pass "
            "--load_best_model_at_end false too."
        )
    if flags.save_strategy not in (flags.eval_strategy, "best"):
        raise UserError(
            f"--save_strategy {flags.save_strategy} differs from --eval_strategy "
            f"{flags.eval_strategy}, so the best step may not be on disk; pass the same for both, "
            f"{instead}."
        )
    if flags.save_steps != flags.eval_steps:
        raise UserError(
            f"--save_steps must equal --eval_steps, or the best step may not be on disk; {instead}."
        )
