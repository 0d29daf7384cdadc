"""TRL's trainer for an adapter, with an order of examples that survives a restart."""

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from transformers.trainer_callback import ProgressCallback, TrainerCallback
from transformers.trainer_pt_utils import LengthGroupedSampler
from transformers.utils import ModelOutput
from trl import SFTTrainer

from text2sql.errors import UserError
from text2sql.progress import progress_bar
from text2sql.training.cuda_graphs import ROW_MULTIPLE, use_cuda_graphs
from text2sql.training.packing import MODEL_INPUTS, pack_examples, use_packed_forward
from text2sql.training.plan import ExecutionPlan


class EpochSeededSampler(LengthGroupedSampler):
    """Groups by length in an order that depends on the seed and the epoch alone.

    The stock sampler draws from the global generator, whose state at the start of an epoch is
    gone when a run is resumed in its middle.
    """

    def __init__(self, *, batch_size: int, lengths: list[int], seed: int):
        super().__init__(batch_size, lengths=lengths, generator=torch.Generator())
        self.seed = seed
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        self.generator.manual_seed(self.seed + epoch)


class ReadableProgress(ProgressCallback):
    """The progress bar, with one line per log entry instead of a dictionary."""

    def on_train_begin(self, args, state, control, **kwargs):
        if state.is_world_process_zero:
            self.training_bar = progress_bar(
                total=state.max_steps, initial=state.global_step, unit="step", dynamic_ncols=True
            )
        self.current_step = state.global_step

    def on_prediction_step(self, args, state, control, eval_dataloader=None, **kwargs):
        if sys.stderr.isatty():  # elsewhere its lines would come between those of training
            super().on_prediction_step(args, state, control, eval_dataloader, **kwargs)

    def on_log(self, args, state, control, logs=None, **kwargs):
        if self.training_bar is not None and "train_runtime" not in logs:
            self.training_bar.write(describe_log(logs, state.global_step))


def describe_log(logs: dict[str, float], step: int) -> str:
    parts = (
        ("eval_loss", "evaluation loss {:.4f}"),
        ("loss", "loss {:.4f}"),
        ("grad_norm", "gradient norm {:.3g}"),
        ("learning_rate", "learning rate {:.2e}"),
        ("examples_per_second", "{:.1f} examples/s"),
        ("peak_memory_gib", "peak {:.1f} GiB"),
    )
    told = [text.format(logs[name]) for name, text in parts if name in logs]
    return f"step {step}: {', '.join(told)}"


class ThroughputTimer(TrainerCallback):
    """A clock of training alone, from a mark that begins where the run begins or goes on."""

    def on_train_begin(self, args, state, control, **kwargs):
        self.mark(state.global_step)

    def mark(self, step: int) -> None:
        self._marked_at, self._marked_step = time.perf_counter(), step

    def seconds_since_mark(self) -> float:
        return time.perf_counter() - self._marked_at

    def steps_since_mark(self, step: int) -> int:
        return step - self._marked_step

    @contextmanager
    def paused(self) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._marked_at += time.perf_counter() - began


class AdapterTrainer(SFTTrainer):
    """TRL's `SFTTrainer` for an adapter whose weights are kept in float32.

    TRL makes the adapter of a quantised model bf16, which is too coarse for an exact resume and
    which the gradient scaler of fp16 refuses. Where the arrangement is packed the examples of a
    micro-batch are one row in which what their prompts share is computed once.
    """

    def __init__(self, *args, arrangement: ExecutionPlan, **kwargs):
        multiple = ROW_MULTIPLE if arrangement.cuda_graphs else 1
        collator = partial(pack_examples, multiple=multiple) if arrangement.packed else None
        super().__init__(*args, data_collator=collator, **kwargs)
        self.packed = arrangement.packed
        self.token_sums: dict[bool, list[torch.Tensor]] = {True: [], False: []}  # by model.training
        if arrangement.packed:
            use_packed_forward(self.model.get_base_model())
        if arrangement.cuda_graphs:
            use_cuda_graphs(self.model.get_base_model().base_model)
        for parameter in self.trainable_parameters():
            parameter.data = parameter.data.float()
        if self.pop_callback(ProgressCallback) is not None:  # absent with --disable_tqdm
            self.add_callback(ReadableProgress)
        self.pace = ThroughputTimer()
        self.add_callback(self.pace)

    def trainable_parameters(self) -> list[torch.nn.Parameter]:
        return [parameter for parameter in self.model.parameters() if parameter.requires_grad]

    def step_size(self) -> int:
        """Return the examples of a step, on all processes."""
        own = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return own * self.args.world_size

    def _get_train_sampler(self, train_dataset=None):
        if self.args.train_sampling_strategy != "group_by_length":
            return super()._get_train_sampler(train_dataset)
        dataset = self.train_dataset if train_dataset is None else train_dataset
        return EpochSeededSampler(
            batch_size=self.step_size(),
            lengths=[len(token_ids) for token_ids in dataset["input_ids"]],
            seed=self.args.seed,
        )

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        """Return the loss of a packed row as TRL defines it, without waiting for the device.

        In training that is the mean over the step's labels; in evaluation the mean over examples
        of the mean over their labels, which is what batches of one give.
        """
        if not self.packed:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        weights = inputs["loss_weights"][0]
        outputs = model(**{name: inputs[name] for name in MODEL_INPUTS})
        self.keep_token_sums(outputs, weights)
        if not model.training:
            return -(outputs.log_probs * weights).sum() / weights.sum()
        loss = -outputs.log_probs.sum() / num_items_in_batch
        if self.args.average_tokens_across_devices:
            # The labels of all processes were counted, whose gradients are averaged.
            loss = loss * self.accelerator.num_processes
        return loss

    def keep_token_sums(self, outputs: ModelOutput, weights: torch.Tensor) -> None:
        sums = (outputs.entropy.detach(), outputs.is_top1, weights.ne(0))
        kept = self.token_sums[self.model.training]
        kept.append(torch.stack([tokens.sum() for tokens in sums]))

    def token_metrics(self) -> dict[str, float]:
        """Return entropy and accuracy a label since the last call in this mode."""
        kept = self.token_sums[self.model.training]
        sums = self.accelerator.reduce(torch.stack(kept).sum(0))
        kept.clear()
        entropy, top1, labels = sums.tolist()
        return {"entropy": entropy / labels, "mean_token_accuracy": top1 / labels}

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if self.token_sums[self.model.training]:
            prefix = "" if self.model.training else "eval_"
            logs |= {f"{prefix}{name}": value for name, value in self.token_metrics().items()}
        if "loss" in logs:
            if not math.isfinite(logs["loss"]):
                raise non_finite_loss(self.state.global_step)
            logs |= self.measure_pace()
        super().log(logs, start_time)

    def measure_pace(self) -> dict[str, float]:
        """Return examples/s of the steps since the last call and the peak memory in GiB."""
        examples = self.pace.steps_since_mark(self.state.global_step) * self.step_size()
        pace = {"examples_per_second": round(examples / self.pace.seconds_since_mark(), 2)}
        self.pace.mark(self.state.global_step)
        if torch.cuda.is_available():
            pace["peak_memory_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
        return pace

    def evaluate(self, *args, **kwargs):
        with self.pace.paused():
            return super().evaluate(*args, **kwargs)

    def _load_from_checkpoint(self, resume_from_checkpoint, *args, **kwargs) -> None:
        with explain_damage(resume_from_checkpoint):
            super()._load_from_checkpoint(resume_from_checkpoint, *args, **kwargs)

    def _load_optimizer_and_scheduler(self, checkpoint) -> None:
        with explain_damage(checkpoint):
            super()._load_optimizer_and_scheduler(checkpoint)

    def _load_rng_state(self, checkpoint) -> None:
        with explain_damage(checkpoint):
            super()._load_rng_state(checkpoint)

    def _save_checkpoint(self, *args, **kwargs) -> None:
        self.check_finite()
        with self.pace.paused(), explain_failed_write(self.args.output_dir):
            super()._save_checkpoint(*args, **kwargs)

    def check_finite(self) -> None:
        """Raise a `UserError` if any weight of the adapter is no finite number."""
        if not all(parameter.isfinite().all() for parameter in self.trainable_parameters()):
            raise non_finite_loss(self.state.global_step)


def non_finite_loss(step: int) -> UserError:
    return UserError(
        f"The loss was not finite by step {step}; the run stopped and no adapter was written "
        "from it. Lower --learning_rate, or train in bf16 or float32 if this was fp16."
    )


@contextmanager
def explain_damage(checkpoint: str | None) -> Iterator[None]:
    """Turn what the libraries raise of a damaged checkpoint into a `UserError`."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # torch, pickle and safetensors raise of every kind
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise UserError(
            f"{checkpoint} is damaged ({reason}). Remove that folder, and --resume goes on from "
            "the checkpoint before it."
        ) from error


@contextmanager
def explain_failed_write(folder: str) -> Iterator[None]:
    """Turn what libraries raise on a full disk in place of an `OSError` into a `UserError`."""
    try:
        yield
    except (OSError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # torch: RuntimeError; tokenizers: Exception
        raise UserError(
            f"{folder} could not be written ({error}). Free some space there, and say --resume "
            "to go on."
        ) from error
