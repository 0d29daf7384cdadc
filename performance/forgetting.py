"""Measure what the curve of forgetting costs a training: with and without it, in turn.

    python -m performance.forgetting --work_dir DIR                           the demo's training
    python -m performance.forgetting --work_dir DIR --spider_dir DIR --shape gemma-2b   on a GPU

Every row is train.py itself in this process; with a shape, with random weights and real Spider
prompts (performance/training.py). Prints one JSON line a row: the seconds of the run, of them those
of evaluations without the curve and those of the curve, and the curve's share of the rest, which is
training. On a busy machine the seconds of the CPU, `cpu_`, tell more than those of the clock.
"""

import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from performance.training import ROOT, emulated, prepare_prompts, run_train
from text2sql.cli import run
from text2sql.files import read_json
from text2sql.flags import parse_flags
from text2sql.training.forgetting import ForgettingCurve
from text2sql.training.trainer import AdapterTrainer

DEMO_PROMPTS = ["--schema_format", "compact", "--num_shots", "0", "--holdout_fraction", "0.24"]
DEMO_TRAINING = ["--learning_rate", "5e-3", "--max_steps", "120", "--eval_steps", "40"]
ROWS = {"with": [], "without": ["--general_texts", "none"]}
CLOCKS = {"": time.perf_counter, "cpu_": time.process_time}


@dataclass
class Flags:
    work_dir: str
    spider_dir: str = "demo/spider"
    shape: str | None = None  # of performance/shapes.py; None is the demo's own model
    max_steps: int = 800  # of a shape, evaluated every `eval_steps`
    eval_steps: int = 200
    turns: int = 2
    without: bool = True  # also train without the curve


def main() -> None:
    flags, _ = parse_flags(Flags, __doc__)
    work_dir = Path(flags.work_dir)
    if flags.shape is None:
        training, emulate = DEMO_TRAINING, nullcontext
        prepare_demo(work_dir)
    else:
        steps = ["--max_steps", str(flags.max_steps), "--eval_steps", str(flags.eval_steps)]
        training, shape = [*steps, "--logging_steps", "20"], flags.shape
        prepare_prompts(Path(flags.spider_dir), work_dir)

        def emulate() -> Any:
            return emulated(shape, None, {})

    for turn in range(flags.turns):
        for name, texts in ROWS.items():
            if name == "without" and not flags.without:
                continue
            with emulate():
                row = measure(work_dir, [*training, *texts])
            print(json.dumps({"turn": turn + 1, "row": name, **row}), flush=True)


def prepare_demo(work_dir: Path) -> None:
    if not (work_dir / "processed_data").exists():
        command = ["preprocess.py", "--spider_dir", "demo/spider", "--model_id", "demo/model"]
        command += [*DEMO_PROMPTS, "--output_dir", str(work_dir / "processed_data")]
        subprocess.run([sys.executable, *command], cwd=ROOT, check=True, capture_output=True)


def measure(work_dir: Path, training: list[str]) -> dict[str, Any]:
    spent: Counter[str] = Counter()
    run_dir = work_dir / "run"
    shutil.rmtree(run_dir, ignore_errors=True)
    command = ["train.py", "--data_dir", str(work_dir / "processed_data"), "--output_dir"]
    command += [str(run_dir), "--disable_tqdm", "true", *training]
    with (
        timed(AdapterTrainer, "train", "run", spent),
        timed(AdapterTrainer, "evaluate", "evaluations", spent),
        timed(ForgettingCurve, "on_train_begin", "curve", spent),
        timed(ForgettingCurve, "measure", "curve", spent),
    ):
        run_train(command)
    record = read_json(run_dir / "run.json")
    general = record["general_texts"] or {}
    row: dict[str, Any] = {name: general.get(name) for name in ("num_texts", "num_tokens")}
    for clock in CLOCKS:
        of_run, of_evaluations, of_curve = (
            spent[f"{clock}{name}"] for name in ("run", "evaluations", "curve")
        )
        start = spent[f"{clock}curve_first"]  # which is no part of an evaluation
        plain_evaluations = of_evaluations - (of_curve - start)
        row |= {
            f"{clock}seconds": round(of_run, 2),
            f"{clock}evaluations": round(plain_evaluations, 2),
            f"{clock}curve": round(of_curve, 3),
            f"{clock}curve_start": round(start, 3),
            f"{clock}share": round(of_curve / (of_run - plain_evaluations - of_curve), 4),
        }
    keys = ("steps", "best_eval_loss", "general_loss_of_base", "general_loss", "general_kl")
    return row | {key: record.get(key) for key in keys}


@contextmanager
def timed(owner: type, method: str, name: str, spent: Counter[str]) -> Iterator[None]:
    """Add the seconds that the method takes within the block to `spent`, by both clocks."""
    original: Callable[..., Any] = getattr(owner, method)

    @wraps(original)
    def measured(*args: Any, **kwargs: Any) -> Any:
        began = {clock: now() for clock, now in CLOCKS.items()}
        try:
            return original(*args, **kwargs)
        finally:
            for clock, now in CLOCKS.items():
                seconds = now() - began[clock]
                spent.setdefault(f"{clock}{name}_first", seconds)
                spent[f"{clock}{name}"] += seconds

    setattr(owner, method, measured)
    try:
        yield
    finally:
        setattr(owner, method, original)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    run(main)
