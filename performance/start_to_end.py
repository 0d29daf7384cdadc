"""Time train.py and evaluate.py from start to end with a small model, and what comes between.

    SPIDER_DIR=spider python -m performance.start_to_end --work_dir DIR

Eight steps of training, then base and fine-tuned answer the first validation questions. Each
command runs `--turns` times: the first may have to cache bytecode and compile kernels. Prints its
seconds, those that Python spent on importing modules, and those that passed before a line of its
output where these are half a second or more.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from performance.evaluation_gpus import command
from performance.training import ROOT, prepare_prompts
from text2sql.cli import run
from text2sql.errors import UserError
from text2sql.flags import parse_flags

IMPORTED = re.compile(r"import time:\s+(?P<own_us>\d+) \|")
SHORTEST_S = 0.5  # of the intervals that are printed


@dataclass
class Flags:
    work_dir: str
    shape: str = "smollm2-135m"  # of performance/shapes.py
    max_steps: int = 8
    limit: int = 64
    turns: int = 2


def main() -> None:
    flags, _ = parse_flags(Flags, __doc__)
    if "SPIDER_DIR" not in os.environ:
        raise UserError("Set SPIDER_DIR to a folder in Spider's official layout.")
    work_dir = Path(flags.work_dir).resolve()
    prepare_prompts(Path(os.environ["SPIDER_DIR"]), work_dir)
    model_dir, data_dir = work_dir / flags.shape, work_dir / f"{flags.shape}-data"
    prepare(work_dir, flags.shape, model_dir, data_dir)
    adapter_dir, report_dir = work_dir / "start_to_end", work_dir / "start_to_end_report"
    steps = ["--max_steps", str(flags.max_steps), "--eval_steps", str(flags.max_steps)]
    training = ["train.py", "--data_dir", str(data_dir), *steps]
    evaluation = ["evaluate.py", "--data_dir", str(data_dir), "--adapters", str(adapter_dir)]
    evaluation += ["--benchmarks", "none", "--limit", str(flags.limit), "--skip_missing_databases"]
    for turn in range(1, flags.turns + 1):
        for words, output_dir in ((training, adapter_dir), (evaluation, report_dir)):
            shutil.rmtree(output_dir, ignore_errors=True)
            print(f"{words[0]}, turn {turn}", flush=True)
            time_command([*words, "--output_dir", str(output_dir)])


def prepare(work_dir: Path, shape: str, model_dir: Path, data_dir: Path) -> None:
    """Make a random model of the shape, and its prompts of the sample of questions."""
    tokenizer = ["--tokenizer_dir", str(work_dir / "model")]
    model = ["--shape", shape, "--output_dir", str(model_dir)]
    command("-m", "performance.make_gemma_shape", *tokenizer, *model)
    if not data_dir.exists():
        source = ["--spider_dir", str(work_dir / "spider"), "--model_id", str(model_dir)]
        holdout = ["--holdout_fraction", "0.05"]
        command("preprocess.py", *source, *holdout, "--output_dir", str(data_dir))


def time_command(words: list[str]) -> None:
    """Run a script of the repository and print where its seconds went."""
    environment = os.environ | {"PYTHONPROFILEIMPORTTIME": "1", "PYTHONUNBUFFERED": "1"}
    began = last = time.perf_counter()
    lines, importing_s = [], 0.0
    with subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            if match := IMPORTED.match(line):
                importing_s += int(match["own_us"]) / 1e6
                continue
            lines.append(line)
            if not line.strip():
                continue
            now = time.perf_counter()
            if now - last >= SHORTEST_S:
                print(f"  {now - began:6.1f} s, after {now - last:5.1f}: {line.strip()[:90]}")
            last = now
    now = time.perf_counter()
    if process.returncode:
        raise UserError(f"{words[0]} failed:\n{''.join(lines[-20:])}")
    print(f"  {now - began:6.1f} s, after {now - last:5.1f}: end", flush=True)
    print(f"  of them importing modules: {importing_s:.1f} s", flush=True)


if __name__ == "__main__":
    run(main)
