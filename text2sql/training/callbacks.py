"""Callbacks of the trainer: progress, the speed of training alone, and the best checkpoint."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState
from transformers.trainer_callback import ProgressCallback
from transformers.training_args import TrainingArguments

from text2sql.progress import progress_bar
from text2sql.training.checkpoints import checkpoint_dir


class ReadableProgress(ProgressCallback):
    """The progress bar, with one line per log entry instead of a dictionary."""

    training_bar: Any  # transformers declares None alone

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.is_world_process_zero:
            self.training_bar = progress_bar(
                total=state.max_steps, initial=state.global_step, unit="step", dynamic_ncols=True
            )
        self.current_step = state.global_step

    def on_prediction_step(self, *args: Any, **kwargs: Any) -> None:
        if sys.stderr.isatty():  # elsewhere its lines would mix with those of training
            super().on_prediction_step(*args, **kwargs)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        if self.training_bar is not None and logs and "train_runtime" not in logs:
            self.training_bar.write(describe_log(logs, state.global_step))


def describe_log(logs: dict[str, float], step: int) -> str:
    formats = (
        ("eval_loss", "evaluation loss {:.4f}"),
        ("eval_general_loss", "loss on general texts {:.4f}"),
        ("eval_general_kl", "KL from the base {:.4f}"),
        ("loss", "loss {:.4f}"),
        ("grad_norm", "gradient norm {:.3g}"),
        ("learning_rate", "learning rate {:.2e}"),
        ("examples_per_second", "{:.1f} examples/s"),
        ("peak_memory_gib", "peak {:.1f} GiB"),
    )
    parts = [text.format(logs[name]) for name, text in formats if name in logs]
    return f"step {step}: {', '.join(parts)}"


class ThroughputTimer(TrainerCallback):
    """Measures training alone, from a mark that is first set when the run begins or resumes."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
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


class OwnBestCheckpoint(TrainerCallback):
    """Finds the best checkpoint of a run that was moved or copied in its own folder.

    A checkpoint records it by the path that it had then, where another run may be now, or none, so
    that the last weights would be kept without a word.
    """

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        own = checkpoint_dir(Path(str(args.output_dir)), state.best_global_step)
        if own.is_dir():
            state.best_model_checkpoint = str(own)
