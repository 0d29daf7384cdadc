"""Out of memory despite the plan: continue with a smaller one from the last finished step."""

import gc
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from text2sql.errors import UserError
from text2sql.training.checkpoints import STATE_NAME, checkpoint_dir
from text2sql.training.data_loaders import forget_data_loaders
from text2sql.training.plan import ExecutionPlan
from text2sql.training.trainer import AdapterTrainer


def train_within_memory(
    trainer: AdapterTrainer, plans: Sequence[ExecutionPlan], checkpoint: str | None
) -> ExecutionPlan:
    """Train by the first of `plans`, which the trainer was built for; return the last one used.

    If the device runs out of memory, training continues after the last finished step with the
    next plan that needs less. A `UserError` if there is none, or if several processes would have
    to agree on it.
    """
    current, *others = plans
    while True:
        try:
            trainer.train(resume_from_checkpoint=checkpoint)
            return current
        except torch.OutOfMemoryError:
            smaller = next_smaller(current, others)
            if smaller is None or trainer.args.world_size > 1:
                raise UserError(
                    "The GPU ran out of memory. Retry with --per_device_train_batch_size 1 "
                    "--gradient_checkpointing true --resume."
                ) from None
        finally:
            forget_data_loaders(trainer)
        trainer.stop_using_cuda_graphs()
        checkpoint = save_finished_steps(trainer) or checkpoint
        print(f"\nThe GPU ran out of memory after step {trainer.state.global_step}.")
        print(f"Continuing with {smaller} instead of {current}.\n", flush=True)
        apply_plan(trainer, smaller)
        current = smaller


def next_smaller(current: ExecutionPlan, others: Sequence[ExecutionPlan]) -> ExecutionPlan | None:
    """Return the first plan that needs less memory with the weights as they were loaded, if any.

    None of them has CUDA graphs, whose memory grows with every shape of a row.
    """
    if current.cuda_graphs:
        return replace(current, cuda_graphs=False)
    for other in others:
        same_weights = other.dequantize == current.dequantize
        if same_weights and other.expected_gib < current.expected_gib:
            return replace(other, cuda_graphs=False)
    return None


def save_finished_steps(trainer: AdapterTrainer) -> str | None:
    """Write a checkpoint of the last finished step and return its folder; None before the first."""
    trainer.adapted_model.zero_grad()
    gc.collect()
    torch.cuda.empty_cache()
    step = trainer.state.global_step
    if step == 0:
        return None
    folder = checkpoint_dir(Path(str(trainer.args.output_dir)), step)
    if not (folder / STATE_NAME).exists():
        trainer._save_checkpoint(trainer.model, trial=None)
    return str(folder)


def apply_plan(trainer: AdapterTrainer, plan: ExecutionPlan) -> None:
    """Make the trainer compute its steps by another plan when it is next started."""
    trainer.args.per_device_train_batch_size = plan.per_device_train_batch_size
    trainer._train_batch_size = trainer.args.train_batch_size  # as its __init__ does
    trainer.args.gradient_accumulation_steps = plan.gradient_accumulation_steps
    if plan.gradient_checkpointing and not trainer.args.gradient_checkpointing:
        trainer.args.gradient_checkpointing = trainer.args.activation_checkpointing = True
        # The rest is done by transformers' trainer at its next start.
        trainer.adapted_model.enable_input_require_grads()
    for kept in trainer.token_sums.values():
        kept.clear()  # of the step that was cut short
    trainer.optimizer = trainer.lr_scheduler = None
