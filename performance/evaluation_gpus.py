"""Time `evaluate.py` on one GPU and on several of one host, stage by stage, and compare the files.

    SPIDER_DIR=spider python -m performance.evaluation_gpus --work_dir DIR --gpus 1 2

Base and a random adapter at Gemma-2B's shape answer Spider's validation questions and the default
benchmarks. Prints, for each number of GPUs, the seconds of every stage and their sum without the
start (imports, fetching the data of the benchmarks, loading the model), and, beside the first
number, the share of linear and how many answers are the same. With `--keep true`, numbers of GPUs
that were timed in the folder before are not timed again.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from performance.decoding import write_random_adapter
from text2sql.benchmarks.benchmark import DEFAULT_BENCHMARKS
from text2sql.cli import run
from text2sql.errors import UserError
from text2sql.files import read_json, read_jsonl, write_json
from text2sql.flags import parse_flags

ROOT = Path(__file__).parent.parent
START = "start"
# The first line of each stage, as evaluate.py prints them.
STAGES = re.compile(
    r"(?P<answers>\w+, \w+):|(?P<scoring>gold SQL|scoring):|(?P<benchmark>[\w@]+, \w+)$"
    r"|(?P<report>Comparing the variants)"
)


@dataclass
class Flags:
    work_dir: str
    gpus: list[int] = field(default_factory=lambda: [1, 2])
    benchmarks: list[str] = field(default_factory=lambda: list(DEFAULT_BENCHMARKS))
    limit: int | None = None
    max_new_tokens: int = 64  # random weights never stop
    model_id: str | None = None  # default: a random model of the shape
    shape: str = "gemma-2b"  # of performance/shapes.py
    tokenizer_dir: str | None = None
    keep: bool = False


def main() -> None:
    flags, _ = parse_flags(Flags, __doc__)
    work_dir = Path(flags.work_dir).resolve()
    if "SPIDER_DIR" not in os.environ:
        raise UserError("Set SPIDER_DIR to a folder in Spider's official layout.")
    spider = ["--spider_dir", str(Path(os.environ["SPIDER_DIR"]).resolve())]
    tokenizer = ["--tokenizer_dir", flags.tokenizer_dir] if flags.tokenizer_dir else spider
    model_id = flags.model_id or str(work_dir / "gemma")
    if flags.model_id is None:
        shape = ["--shape", flags.shape, "--output_dir", model_id]
        command("-m", "performance.make_gemma_shape", *tokenizer, *shape)
    data_dir = str(work_dir / "processed_data")
    if not Path(data_dir, "manifest.json").exists():
        command("preprocess.py", *spider, "--model_id", model_id, "--output_dir", data_dir)
    write_random_adapter(model_id, work_dir / "adapter")
    first: dict[str, float] = {}
    for num_gpus in flags.gpus:
        output_dir = work_dir / f"on-{num_gpus}"
        seconds_path = output_dir.with_suffix(".json")
        if not (flags.keep and seconds_path.exists()):
            shutil.rmtree(output_dir, ignore_errors=True)
            write_json(seconds_path, time_evaluation(num_gpus, work_dir, output_dir, flags))
        seconds = read_json(seconds_path)
        first = first or seconds
        tell_seconds(num_gpus, seconds, flags.gpus[0], first)
        if num_gpus != flags.gpus[0]:
            compare(work_dir / f"on-{flags.gpus[0]}", output_dir)


def command(*words: str) -> None:
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def time_evaluation(
    num_gpus: int, work_dir: Path, output_dir: Path, flags: Flags
) -> dict[str, float]:
    """Return the seconds of each stage of the whole command, in order."""
    launcher = ["-m", "torch.distributed.run", "--nproc_per_node", str(num_gpus)]
    words = [sys.executable, *(launcher if num_gpus > 1 else []), "evaluate.py"]
    words += ["--data_dir", str(work_dir / "processed_data")]
    words += ["--adapters", str(work_dir / "adapter"), "--output_dir", str(output_dir)]
    words += ["--max_new_tokens", str(flags.max_new_tokens), "--benchmarks", *flags.benchmarks]
    words += ["--skip_missing_databases"] + (["--limit", str(flags.limit)] if flags.limit else [])
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "0"} if num_gpus == 1 else os.environ
    began = [(START, time.perf_counter())]
    with (
        output_dir.with_suffix(".log").open("w") as log,
        subprocess.Popen(
            words,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        for line in process.stdout or ():
            log.write(f"{time.perf_counter() - began[0][1]:7.1f} s  {line}")
            for stage in stages_in(line):
                if stage != began[-1][0]:
                    began.append((stage, time.perf_counter()))
    if process.returncode:
        raise UserError(f"evaluate.py failed; see {log.name}.")
    began.append(("end", time.perf_counter()))
    seconds: dict[str, float] = {}
    for (stage, start), (_, end) in pairwise(began):
        seconds[stage] = seconds.get(stage, 0.0) + end - start
    return seconds


def stages_in(line: str) -> Iterator[str]:
    if match := STAGES.match(line.strip()):
        yield "scoring" if match["scoring"] else match.group(match.lastgroup or 0)


def tell_seconds(
    num_gpus: int, seconds: dict[str, float], first_num: int, first: dict[str, float]
) -> None:
    work, first_work = (sum(s.values()) - s[START] for s in (seconds, first))
    print(f"\n{num_gpus} GPU(s): {sum(seconds.values()):.1f} s, without the start {work:.1f} s")
    for stage, spent in seconds.items():
        print(f"  {stage:<28} {spent:7.1f} s   {first.get(stage, 0) / spent:5.2f} x")
    linear = first_work * first_num / num_gpus / work
    print(f"  without the start: {first_work / work:.2f} x, {linear:.2f} of linear", flush=True)


def compare(one: Path, other: Path) -> None:
    """Print how many answers are the same in both folders."""
    for path in sorted(one.rglob("predictions.jsonl")):
        twin = other / path.relative_to(one)
        pairs = list(zip(read_jsonl(path), read_jsonl(twin), strict=True))
        same = sum(left == right for left, right in pairs)
        print(f"  {path.parent.relative_to(one)}: {same} of {len(pairs)} answers are the same")
    for path in sorted(one.rglob("general/*/*.json")):
        twin = other / path.relative_to(one)
        ours, theirs = (read_json(file)["samples"] for file in (path, twin))
        pairs = [pair for task in ours for pair in zip(ours[task], theirs[task], strict=True)]
        same = sum(left["resps"] == right["resps"] for left, right in pairs)
        print(f"  {path.relative_to(one)}: {same} of {len(pairs)} items to the last digit")


if __name__ == "__main__":
    run(main)
