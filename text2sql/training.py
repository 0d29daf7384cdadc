"""The trainer: TRL's, with an order of examples that survives a restart and a guard on the loss.

Importing this room imports torch.
"""

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from datasets import Dataset
from peft import LoraConfig
from torch.utils.tensorboard import SummaryWriter
from transformers import EarlyStoppingCallback, PreTrainedModel, PreTrainedTokenizerBase
from transformers.trainer_callback import ProgressCallback, TrainerCallback
from transformers.trainer_pt_utils import LengthGroupedSampler
from trl import SFTConfig, SFTTrainer

from text2sql.device_plan import ARRANGEMENT_FLAGS, Arrangement, world_size
from text2sql.modeling import end_of_turn_id
from text2sql.records import UserError


def build_trainer(
    flags: Any,
    said: set[str],
    arrangement: Arrangement,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: Dataset,
    eval_rows: Dataset,
) -> "AdapterTrainer":
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
    try:
        return AdapterTrainer(
            model=model,
            args=sft_config(flags, said, arrangement, len(rows)),
            train_dataset=rows.select_columns(["prompt", "completion"]),
            eval_dataset=eval_rows.select_columns(["prompt", "completion"]),
            processing_class=tokenizer,
            peft_config=adapter_config,
            callbacks=stopping,
        )
    except ValueError as error:  # TRL, transformers and peft name the flag that is at fault
        raise UserError(f"These flags do not work together: {error}") from error


def sft_config(flags: Any, said: set[str], arrangement: Arrangement, num_rows: int) -> SFTConfig:
    """Return TRL's settings: what the flags say, arranged for this device."""
    values = {field.name: getattr(flags, field.name) for field in fields(SFTConfig) if field.init}
    values |= {name: getattr(arrangement, name) for name in ARRANGEMENT_FLAGS}
    values |= {
        "bf16": arrangement.precision == "bf16",
        "fp16": arrangement.precision == "fp16",
        "completion_only_loss": flags.loss_on == "sql",
        "max_length": None,  # nothing is cut: longer rows were refused
    }
    if not torch.cuda.is_available():
        on_cpu = {"optim": "adamw_torch", "dataloader_num_workers": 0}
        on_cpu["dataloader_pin_memory"] = False
        values |= {name: value for name, value in on_cpu.items() if name not in said}
    num_steps = count_steps(flags, arrangement, num_rows)
    if num_steps < flags.eval_steps and "eval_steps" not in said:
        values |= {"eval_steps": num_steps, "save_steps": num_steps}
    return SFTConfig(**values)


def count_steps(flags: Any, arrangement: Arrangement, num_rows: int) -> int:
    if flags.max_steps > 0:
        return flags.max_steps
    micro_batches = math.ceil(num_rows / (arrangement.per_device_train_batch_size * world_size()))
    an_epoch = math.ceil(micro_batches / arrangement.gradient_accumulation_steps)
    return math.ceil(an_epoch * flags.num_train_epochs)


def first_process_decides(decide: Callable, *arguments: Any) -> Any:
    """Return, on every process, what `decide` returned on the first."""
    decision = [decide(*arguments) if PartialState().is_main_process else None]
    return broadcast_object_list(decision)[0]


def tensorboard_dir(run_dir: Path) -> Path:
    return run_dir / "tensorboard"


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
    """The progress bar, with one line a log instead of a dictionary."""

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


class Pace(TrainerCallback):
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
    which the gradient scaler of fp16 refuses.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for parameter in self.trainable_parameters():
            parameter.data = parameter.data.float()
        if self.pop_callback(ProgressCallback) is not None:  # absent with --disable_tqdm
            self.add_callback(ReadableProgress)
        self.pace = Pace()
        self.add_callback(self.pace)

    def trainable_parameters(self) -> list[torch.nn.Parameter]:
        return [parameter for parameter in self.model.parameters() if parameter.requires_grad]

    def _get_train_sampler(self, train_dataset=None):
        if self.args.train_sampling_strategy != "group_by_length":
            return super()._get_train_sampler(train_dataset)
        dataset = self.train_dataset if train_dataset is None else train_dataset
        return EpochSeededSampler(
            batch_size=self.args.train_batch_size * self.args.gradient_accumulation_steps,
            lengths=[len(token_ids) for token_ids in dataset["input_ids"]],
            seed=self.args.seed,
        )

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if "loss" in logs:
            if not math.isfinite(logs["loss"]):
                raise non_finite_loss(self.state.global_step)
            logs |= self.measure_pace()
        super().log(logs, start_time)

    def measure_pace(self) -> dict[str, float]:
        """Return examples/s of the steps since the last call and the peak memory in GiB."""
        examples = self.pace.steps_since_mark(self.state.global_step)
        examples *= self.args.train_batch_size * self.args.gradient_accumulation_steps
        examples *= self.args.world_size
        pace = {"examples_per_second": round(examples / self.pace.seconds_since_mark(), 2)}
        self.pace.mark(self.state.global_step)
        if torch.cuda.is_available():
            pace["peak_memory_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
        return pace

    def evaluate(self, *args, **kwargs):
        with self.pace.paused():
            return super().evaluate(*args, **kwargs)

    def _save_checkpoint(self, *args, **kwargs) -> None:
        self.check_finite()
        with self.pace.paused():
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


def preview_first_row(rows: Dataset, tokenizer: PreTrainedTokenizerBase) -> str:
    """Check every tokenised row; return the first decoded, what the loss sees in ⟦ ⟧."""
    check_rows(rows, tokenizer, end_of_turn_id(tokenizer))
    return mark_supervised(rows[0]["input_ids"], rows[0]["labels"], tokenizer)


def write_first_row_event(run_dir: Path, preview: str) -> None:
    with SummaryWriter(str(tensorboard_dir(run_dir))) as writer:
        writer.add_text("first_example", f"```\n{preview}\n```")


def check_rows(rows, tokenizer, end_of_turn_id: int) -> None:
    """Raise a `UserError` if a tokenised row would train the model wrongly.

    Each row needs a supervised token, at most one `<bos>`, and the end of turn among its labels:
    without it the model never learns to stop.
    """
    for index, (token_ids, labels) in enumerate(
        zip(rows["input_ids"], rows["labels"], strict=True)
    ):
        supervised = [label for label in labels if label != -100]
        if not supervised:
            raise bad_row(index, "has no supervised token")
        if tokenizer.bos_token_id is not None and token_ids.count(tokenizer.bos_token_id) > 1:
            raise bad_row(index, f"has more than one {tokenizer.bos_token}")
        if end_of_turn_id not in supervised:
            raise bad_row(index, "has no end of turn among its labels")


def bad_row(index: int, fault: str) -> UserError:
    return UserError(f"Row {index} {fault}; make the prompts again with preprocess.py.")


def mark_supervised(token_ids: list[int], labels: list[int], tokenizer) -> str:
    """Return the decoded row with what the loss sees between ⟦ and ⟧."""
    pieces, inside = [], False
    start = 0
    for position in range(len(token_ids) + 1):
        at_end = position == len(token_ids)
        supervised = not at_end and labels[position] != -100
        if supervised != inside or at_end:
            pieces.append(tokenizer.decode(token_ids[start:position]))
            if supervised != inside:
                pieces.append("⟦" if supervised else "⟧")
            start, inside = position, supervised
    return "".join(pieces)
