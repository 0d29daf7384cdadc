"""Killed at a random moment, each command gives the same files when it is run again."""

import hashlib
import json
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

CASES = int(os.environ.get("FAULT_CASES", "0"))
SEED = int(os.environ.get("FAULT_SEED", "1"))
# Keys whose values differ between two runs that nothing disturbs.
VOLATILE = re.compile(
    "time|second|created|command|commit|date$|versions|output_dir|best_model_checkpoint"
    "|peak_memory|env_info|steps_per|log_sha256"
)
COMPARED = (".json", ".jsonl", ".safetensors", ".arrow", ".pt", ".pth")


def stable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: stable(v) for key, v in value.items() if not VOLATILE.search(key)}
    return [stable(entry) for entry in value] if isinstance(value, list) else value


def content(path: Path) -> bytes:
    if path.suffix == ".json":
        return json.dumps(stable(json.loads(path.read_text()))).encode()
    if path.suffix == ".jsonl":
        return json.dumps([stable(json.loads(line)) for line in path.open()]).encode()
    return path.read_bytes() if path.suffix in COMPARED else b""


def digest(folder: Path) -> dict[str, str]:
    """Return the hash of what must not differ, by file; pages and events have dates."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(content(path)).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "tfevents" not in path.name
    }


def run(command: list[str], folder: Path, kill_after: float | None = None) -> float:
    """Run the command with its output in the folder; return how long it took."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *command, "--output_dir", str(folder)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.wait(kill_after) == 0
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return time.monotonic() - started


def check(command: list[str], scratch: Path, chance: random.Random, kills: int) -> None:
    seconds = run(command, scratch / "undisturbed")
    moments = [chance.uniform(0.15, 1.0) * seconds for _ in range(kills)]
    for moment in moments:
        run(command, scratch / "killed", moment)
    run(command, scratch / "killed")
    assert digest(scratch / "killed") == digest(scratch / "undisturbed"), moments


@pytest.fixture
def commands(tiny_spider_dir, tiny_gemma_dir, tiny_prompts_dir, tiny_run_dir, strong_prompts_dir):
    """Each command with a folder of its own for what it writes."""
    preprocess = ["--spider_dir", tiny_spider_dir, "--model_id", tiny_gemma_dir, "--num_shots", "1"]
    train = ["--data_dir", tiny_prompts_dir, "--learning_rate", "1e-2", "--max_steps", "8"]
    train += ["--eval_steps", "2", "--resume"]
    evaluate = ["--data_dir", strong_prompts_dir, "--adapters", tiny_run_dir]
    evaluate += ["--benchmarks", "none", "--max_new_tokens", "8"]
    flags = {"preprocess.py": preprocess, "train.py": train, "evaluate.py": evaluate}
    return {script: [script, *map(str, own)] for script, own in flags.items()}


@pytest.mark.slow
def test_preprocessing_that_was_killed_gives_the_same_prompts_when_run_again(commands, tmp_path):
    check(commands["preprocess.py"], tmp_path, random.Random(1), kills=1)


@pytest.mark.faults
@pytest.mark.skipif(not CASES, reason="FAULT_CASES names no number of cases")
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("script", ["preprocess.py", "train.py", "evaluate.py"])
def test_campaign_of_kills(commands, tmp_path, script):
    chance = random.Random(SEED)
    for case in range(max(1, CASES // 500)):
        check(commands[script], tmp_path / str(case), chance, kills=3)
