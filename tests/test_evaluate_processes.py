"""Evaluation on several processes, as on several GPUs: here on a CPU, with the files of one."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from conftest import ROOT
from tiny_run import QUICK
from tiny_tasks import WORDS, build_tiny_tasks, task_settings, write_yaml

from text2sql.files import read_jsonl

pytestmark = pytest.mark.slow  # each test runs a command or a model

# What differs between two runs of one process: times, hashes of files that contain some, and the
# state of the checkout and of the machine.
KEYS = r"created|date|seconds|sha256\w*|verdicts\.jsonl|commit|git_hash|pretty_env_info"
TIMES = re.compile(
    rf'("({KEYS})": )("(?:[^"\\]|\\.)*"|[\d.]+|null)|\d{{4}}-\d\d-\d\dT[\d:+]+|at commit \S+'
)
NUM_ITEMS = 80  # each a request for each of three choices: blocks of 128 are computed together


@pytest.fixture(scope="session")
def long_tasks_dir(tmp_path_factory) -> Path:
    """The small tasks, and one whose log-likelihoods are computed in two blocks."""
    folder = build_tiny_tasks(tmp_path_factory.mktemp("long_tasks"))
    rows = [
        {"question": f"What is number {n}?", "choices": WORDS[n % 9 :][:3], "answer": 1}
        for n in range(NUM_ITEMS)
    ]
    data_path = folder / "numbered.jsonl"
    data_path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    write_yaml(folder / "numbered.yaml", task_settings("numbered", data_path))
    return folder


@pytest.fixture
def start(strong_prompts_dir, tiny_run_dir, long_tasks_dir):
    """Return a function that starts evaluate.py by a launcher."""

    def start_evaluation(launcher, output_dir, *flags):
        command = [sys.executable, *launcher, "evaluate.py", "--data_dir", strong_prompts_dir]
        command += ["--adapters", tiny_run_dir, "--benchmarks_dir", long_tasks_dir]
        command += [*QUICK, "--output_dir", output_dir, *flags]
        return subprocess.Popen(
            list(map(str, command)),
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start_evaluation


def torchrun(num_processes: int) -> list[object]:
    return ["-m", "torch.distributed.run", "--nproc_per_node", num_processes]


def finish(process: subprocess.Popen) -> str:
    """Return what a process printed that must end well."""
    stdout, stderr = process.communicate(timeout=250)
    assert process.returncode == 0, stderr[-3000:]
    return stdout


def kill(launcher: subprocess.Popen) -> None:
    """Kill the launcher and what it started, none of which can clean up."""
    for process in [psutil.Process(launcher.pid), *psutil.Process(launcher.pid).children(True)]:
        process.kill()
    launcher.communicate()


def files_but_for_times(folder: Path) -> dict[str, object]:
    """Return every file of an evaluation, without times and the name of its folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix in (".json", ".jsonl", ".md", ".html", ".tex"):
            found[name] = TIMES.sub(r"\1", path.read_text()).replace(str(folder), "OUT")
        elif path.suffix in (".png", ".pdf"):
            found[name] = "a plot"
    return found


def test_several_processes_write_the_files_of_one_also_after_a_kill(start, tmp_path):
    flags = ["--benchmarks", "mixed", "numbered", "odd_ones@chat"]
    printed = finish(start([], tmp_path / "one", *flags))

    answers = tmp_path / "several/validation/base"
    killed = start(torchrun(2), tmp_path / "several", *flags)
    while killed.poll() is None and not any(
        path.stat().st_size for path in answers.glob("predictions.*")
    ):
        time.sleep(0.002)
    kill(killed)
    kept = [row for path in answers.glob("predictions.*") for row in read_jsonl(path)]
    assert kept

    again = finish(start(["tests/forked.py", 8], tmp_path / "several", *flags))
    assert again.replace("/several/", "/one/") == printed
    one, several = (files_but_for_times(tmp_path / name) for name in ("one", "several"))
    assert several.keys() == one.keys()
    for name in one:
        assert several[name] == one[name], name
    predictions = {row["index"]: row for row in read_jsonl(answers / "predictions.jsonl")}
    assert all(predictions[row["index"]] == row for row in kept)


def test_a_refusal_is_one_message(start, tmp_path):
    refused = start(torchrun(2), tmp_path, "--benchmarks", "none", "--splits", "nowhere")
    stdout, stderr = refused.communicate(timeout=100)
    assert refused.returncode == 1
    own_words = stderr.partition("torch/distributed/elastic")[0]
    assert own_words.count("error:") == (stdout + stderr).count("error: ") == 1
    assert "has no split nowhere; choose from" in own_words and "Traceback" not in own_words
