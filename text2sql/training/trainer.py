"""TRL's trainer for an adapter, whose rows are packed and whose layers may be CUDA graphs."""

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from accelerate.utils import DistributedType
from datasets import Dataset
from peft import LoraConfig
from torch.utils.data import Sampler
from transformers import PreTrainedTokenizerBase
from transformers.trainer_callback import ProgressCallback
from transformers.trainer_utils import EvalLoopOutput

from text2sql.counts import how_many
from text2sql.models.device import GIB, ModelShape
from text2sql.seals import write_checksums
from text2sql.training.callbacks import OwnBestCheckpoint, ReadableProgress, ThroughputTimer
from text2sql.training.checkpoints import STATE_NAME, checkpoint_dir, refuse_damaged
from text2sql.training.cuda_graphs import drop_cuda_graphs, use_cuda_graphs
from text2sql.training.data_loaders import forget_data_loaders
from text2sql.training.forgetting import ForgettingCurve
from text2sql.training.gradients import average_gradients, broadcast_parameters
from text2sql.training.lean_loop import LeanLoopTrainer
from text2sql.training.lora import use_lean_lora
from text2sql.training.packing import (
    MODEL_INPUTS,
    LabelOutputs,
    add_padding_rows,
    first_label,
    own_tokens,
    pack_examples,
    use_packed_forward,
)
from text2sql.training.plan import ExecutionPlan
from text2sql.training.row_shapes import shapes_of_run
from text2sql.training.sampler import EpochSeededSampler
from text2sql.training.settings import count_steps
from text2sql.training.training_errors import (
    explain_damaged_checkpoint,
    explain_failed_write,
    non_finite_loss,
)

DATA_PARALLEL = (DistributedType.MULTI_GPU, DistributedType.MULTI_CPU)


class AdapterTrainer(LeanLoopTrainer):
    """TRL's `SFTTrainer` for an adapter whose weights are kept in float32.

    TRL makes the adapter of a quantised model bf16, which is too coarse for an exact resume and
    which the gradient scaler of fp16 refuses. In a packed plan the examples of a micro-batch are
    one row, in which what their prompts share is computed once. Several processes average the
    adapter's gradients once per step, without torch's DistributedDataParallel, whose hooks cannot
    be captured in CUDA graphs.
    """

    def __init__(
        self, *, plan: ExecutionPlan, general_texts: Sequence[Sequence[int]] = (), **kwargs: Any
    ):
        super().__init__(data_collator=cast(Any, pack_examples if plan.packed else None), **kwargs)
        self.packed = plan.packed
        self.token_sums: dict[bool, list[torch.Tensor]] = {True: [], False: []}  # by model.training
        if plan.packed:
            use_packed_forward(self.base_model)
        if plan.packed and self.args.bf16 and not plan.sharded:
            use_lean_lora(self.adapted_model)
        for parameter in self.trainable_parameters:
            parameter.data = parameter.data.float()
        config = cast(LoraConfig, self.adapted_model.active_peft_config)
        modules: object = config.target_modules
        if isinstance(modules, set):  # whose order changes from run to run
            config.target_modules = sorted(modules)
        if self.pop_callback(ProgressCallback) is not None:  # absent with --disable_tqdm
            self.add_callback(ReadableProgress)
        self.num_train_rows = len(cast(Dataset, self.train_dataset))
        self.num_eval_rows = len(cast(Dataset, self.eval_dataset))
        if plan.packed and self.args.world_size > 1:
            self.pad_splits()
        if plan.cuda_graphs:
            self.use_cuda_graphs()
        self.averages_gradients = self.accelerator.distributed_type in DATA_PARALLEL
        if self.averages_gradients:
            # With evaluation_mode, accelerate prepares mixed precision and does not wrap the model.
            self.accelerator.prepare_model = partial(
                self.accelerator.prepare_model, evaluation_mode=True
            )
            broadcast_parameters(self.trainable_parameters)
        self.forgetting = None
        if general_texts:
            self.forgetting = ForgettingCurve(self, general_texts, plan.packed)
            self.add_callback(self.forgetting)
        self.timer = ThroughputTimer()
        self.add_callback(self.timer)
        self.add_callback(OwnBestCheckpoint)

    def step_size(self) -> int:
        """Return the examples of a step, over all processes."""
        own = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return int(own * self.args.world_size)

    def use_cuda_graphs(self) -> None:
        """Pad rows to few shapes, and compute the layers of each by a graph."""
        args, rows = self.args, cast(Dataset, self.train_dataset)
        shapes = shapes_of_run(
            rows,
            order=cast(Sampler[int], self._get_train_sampler()),
            num_texts=args.train_batch_size,
            num_rows=count_steps(
                len(rows), self.step_size(), args.num_train_epochs, args.max_steps
            ),
            model=ModelShape.from_config(self.base_model.config),
        )
        self.data_collator = cast(Any, partial(pack_examples, shapes=shapes))
        use_cuda_graphs(self.base_model.base_model, shapes)

    def stop_using_cuda_graphs(self) -> None:
        self.data_collator = cast(Any, pack_examples)
        drop_cuda_graphs(self.base_model.base_model)

    def pad_splits(self) -> None:
        """Fill up the last batches, in which accelerate would have processes repeat rows."""
        if self.args.train_sampling_strategy == "group_by_length":
            train_dataset = cast(Dataset, self.train_dataset)
            self.train_dataset = add_padding_rows(train_dataset, self.step_size())
        per_step = self.args.eval_batch_size * self.args.world_size
        self.eval_dataset = add_padding_rows(cast(Dataset, self.eval_dataset), per_step)

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> Sampler[int] | None:
        if self.args.train_sampling_strategy != "group_by_length":
            return super()._get_train_sampler(train_dataset)
        dataset = cast(Dataset, self.train_dataset if train_dataset is None else train_dataset)
        lengths = [len(token_ids) for token_ids in dataset["input_ids"]]
        num_parts, costs = 1, lengths
        if self.args.world_size > 1:
            num_parts = self.step_size() // self.args.train_batch_size
        if num_parts > 1 and self.packed:
            limits = [first_label(labels) - 1 for labels in dataset["labels"]]
            costs = own_tokens(dataset["input_ids"], limits)
        return EpochSeededSampler(
            batch_size=self.step_size(),
            lengths=lengths[: self.num_train_rows],
            seed=self.args.seed if self.args.data_seed is None else self.args.data_seed,
            num_padding=len(lengths[self.num_train_rows :]),
            num_parts=num_parts,
            costs=costs[: self.num_train_rows],
        )

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        """Return the loss of a packed row as TRL defines it, without waiting for the device.

        In training that is the mean over the step's labels; in evaluation the mean over examples
        of the mean over their labels, which is what batches of one give. Rows that pad the last
        batches of several processes have no weight; in evaluation they raise that of the others.
        """
        if not self.packed:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        weights = inputs["loss_weights"][0]
        outputs = model(**{name: inputs[name] for name in MODEL_INPUTS})
        self.keep_token_sums(outputs, weights)
        if not model.training:
            num_rows = len(inputs["shared_prefix"].suffixes)
            share = self.num_eval_rows / len(cast(Dataset, self.eval_dataset))
            return -(outputs.log_probs * weights).sum() / (num_rows * share)
        loss = -(outputs.log_probs * weights.ne(0)).sum() / num_items_in_batch
        if self.args.average_tokens_across_devices:
            # The labels of all processes were counted, and their gradients are averaged.
            loss = loss * self.accelerator.num_processes
        return loss

    def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        loss: torch.Tensor = super().training_step(*args, **kwargs)
        if (
            self.averages_gradients and self.accelerator.sync_gradients
        ):  # after the last micro-batch
            average_gradients(self.trainable_parameters)
        return loss

    def keep_token_sums(self, outputs: LabelOutputs, weights: torch.Tensor) -> None:
        is_counted = weights.ne(0)
        sums = (outputs.entropy.detach() * is_counted, outputs.is_top1 & is_counted, is_counted)
        kept = self.token_sums[self.adapted_model.training]
        kept.append(torch.stack([tokens.sum() for tokens in sums]))

    def token_metrics(self) -> dict[str, float]:
        """Return entropy and accuracy per label since the last call in this mode."""
        kept = self.token_sums[self.adapted_model.training]
        sums = self.accelerator.reduce(torch.stack(kept).sum(0))
        kept.clear()
        entropy, top1, labels = sums.tolist()
        return {"entropy": entropy / labels, "mean_token_accuracy": top1 / labels}

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if self.token_sums[self.adapted_model.training]:
            prefix = "" if self.adapted_model.training else "eval_"
            logs |= {f"{prefix}{name}": value for name, value in self.token_metrics().items()}
        if "loss" in logs:
            if not math.isfinite(logs["loss"]):
                raise non_finite_loss(self.state.global_step)
            logs |= self.measure_speed()
        logs.pop("train_loss", None)  # the sum since a restart, divided by the steps of the run
        super().log(logs, start_time)

    def measure_speed(self) -> dict[str, float]:
        """Return examples/s of the steps since the last call and the peak memory in GiB."""
        examples = self.timer.steps_since_mark(self.state.global_step) * self.step_size()
        speed = {"examples_per_second": round(examples / self.timer.seconds_since_mark(), 2)}
        self.timer.mark(self.state.global_step)
        if torch.cuda.is_available():
            speed["peak_memory_gib"] = round(torch.cuda.max_memory_allocated() / GIB, 2)
        return speed

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Return the metrics; where memory runs out, those of rows with fewer examples."""
        with self.timer.paused():
            while True:
                try:
                    return super().evaluate(*args, **kwargs)
                except torch.OutOfMemoryError:
                    if not self.can_evaluate_fewer_at_once():
                        raise
                self.evaluate_fewer_at_once()

    def can_evaluate_fewer_at_once(self) -> bool:
        """Return whether smaller rows give the same metrics, and no other process waits."""
        is_alone = self.args.world_size == 1
        return self.packed and is_alone and self.args.per_device_eval_batch_size > 1

    def evaluate_fewer_at_once(self) -> None:
        self.args.per_device_eval_batch_size //= 2
        forget_data_loaders(self)
        self.token_sums[False].clear()
        torch.cuda.empty_cache()
        examples = how_many(self.args.per_device_eval_batch_size, "example")
        print(f"\nThe GPU ran out of memory; evaluating {examples} at once.", flush=True)

    def evaluation_loop(self, *args: Any, **kwargs: Any) -> EvalLoopOutput:
        """Return the output of the loop, with what general texts show of forgetting among it."""
        output = super().evaluation_loop(*args, **kwargs)
        if self.forgetting is not None:
            prefix = kwargs.get("metric_key_prefix", "eval")
            general = self.forgetting.measure()
            named = {f"{prefix}_{name}": value for name, value in general.items()}
            cast(dict[str, float], output.metrics).update(named)
        return output

    def _load_from_checkpoint(self, resume_from_checkpoint: str, *args: Any, **kwargs: Any) -> None:
        with explain_damaged_checkpoint(resume_from_checkpoint):
            super()._load_from_checkpoint(resume_from_checkpoint, *args, **kwargs)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        with explain_damaged_checkpoint(checkpoint):
            super()._load_optimizer_and_scheduler(checkpoint)

    def _load_rng_state(self, checkpoint: str | None) -> None:
        with explain_damaged_checkpoint(checkpoint):
            super()._load_rng_state(checkpoint)

    def _load_best_model(self) -> None:
        best = Path(str(self.state.best_model_checkpoint))
        refuse_damaged(best)  # it was written long ago
        with explain_damaged_checkpoint(best):
            super()._load_best_model()

    def _save_checkpoint(self, *args: Any, **kwargs: Any) -> None:
        self.check_finite()
        with self.timer.paused(), explain_failed_write(self.args.output_dir):
            super()._save_checkpoint(*args, **kwargs)
            self.accelerator.wait_for_everyone()  # each process writes its generator's state
            if self.is_world_process_zero():
                run_dir, step = Path(str(self.args.output_dir)), self.state.global_step
                write_checksums(checkpoint_dir(run_dir, step))

    def _save(self, *args: Any, **kwargs: Any) -> None:
        token, self.args.hub_token = self.args.hub_token, None  # else in training_args.bin
        try:
            super()._save(*args, **kwargs)
        finally:
            self.args.hub_token = token

    def save_adapter(self, folder: Path, tokenizer: PreTrainedTokenizerBase) -> None:
        """Write the adapter, its tokenizer and the log; a `UserError` if weights are not finite."""
        self.check_finite()
        with explain_failed_write(folder):
            self.adapted_model.save_pretrained(str(folder))
            tokenizer.save_pretrained(folder)
            self.state.save_to_json(str(folder / STATE_NAME))

    def check_finite(self) -> None:
        """Raise a `UserError` if any weight of the adapter is not a finite number."""
        if not all(parameter.isfinite().all() for parameter in self.trainable_parameters):
            raise non_finite_loss(self.state.global_step)
