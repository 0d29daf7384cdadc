"""Out of memory in spite of the plan: the next smaller arrangement, from the last finished step."""

import gc
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from text2sql.training.cuda_graphs import drop_cuda_graphs
from text2sql.training.plan import ExecutionPlan
from text2sql.training.trainer import AdapterTrainer


def train_within_memory(
    trainer: AdapterTrainer, arrangements: Sequence[ExecutionPlan], checkpoint: str | None
) -> ExecutionPlan:
    """Train in the first of `arrangements`, which the trainer was built for; return the last used.

    Where the device runs out of memory, training goes on after the last finished step in the next
    one that needs less. Where there is none, or several processes would have to agree on it,
    torch's `OutOfMemoryError` is raised.
    """
    current, *others = arrangements
    while True:
        try:
            trainer.train(resume_from_checkpoint=checkpoint)
            return current
        except torch.OutOfMemoryError:
            smaller = next_smaller(current, others)
            if smaller is None or trainer.args.world_size > 1:
                raise
        drop_cuda_graphs(trainer.model.get_base_model().base_model)
        checkpoint = keep_finished_steps(trainer) or checkpoint
        print(f"\nThe GPU ran out of memory after step {trainer.state.global_step}.")
        print(f"Going on with {smaller} in place of {current}.\n", flush=True)
        arrange(trainer, smaller)
        current = smaller


def next_smaller(current: ExecutionPlan, others: Sequence[ExecutionPlan]) -> ExecutionPlan | None:
    """Return the first that needs less memory with the weights as they were loaded, if any.

    None of them has CUDA graphs, whose memory grows with every shape of a row.
    """
    if current.cuda_graphs:
        return replace(current, cuda_graphs=False)
    for other in others:
        same_weights = other.dequantize == current.dequantize
        if same_weights and other.expected_gib < current.expected_gib:
            return replace(other, cuda_graphs=False)
    return None


def keep_finished_steps(trainer: AdapterTrainer) -> str | None:
    """Write a checkpoint of the last finished step, if there is one, and return its folder."""
    trainer.model.zero_grad()
    gc.collect()
    torch.cuda.empty_cache()
    step = trainer.state.global_step
    if step == 0:
        return None
    folder = Path(trainer.args.output_dir) / f"checkpoint-{step}"
    if not (folder / "trainer_state.json").exists():
        trainer._save_checkpoint(trainer.model, trial=None)
    return str(folder)


def arrange(trainer: AdapterTrainer, arrangement: ExecutionPlan) -> None:
    """Have the trainer compute its steps in another arrangement from its next start on."""
    trainer.args.per_device_train_batch_size = arrangement.per_device_train_batch_size
    trainer._train_batch_size = trainer.args.train_batch_size  # as its __init__ does
    trainer.args.gradient_accumulation_steps = arrangement.gradient_accumulation_steps
    if arrangement.gradient_checkpointing and not trainer.args.gradient_checkpointing:
        trainer.args.gradient_checkpointing = trainer.args.activation_checkpointing = True
        trainer.model.enable_input_require_grads()  # transformers' trainer does the rest at a start
    for kept in trainer.token_sums.values():
        kept.clear()  # of the step that did not end
    trainer.optimizer = trainer.lr_scheduler = None
