"""Several processes, as `accelerate launch` starts them for several GPUs: here on a CPU."""

import os
import subprocess
import sys
from itertools import takewhile

import pytest
from conftest import ROOT
from tiny_train import losses

from text2sql.files import read_json

pytestmark = pytest.mark.slow  # each test runs a command or a model


TORCHRUN = ["-m", "torch.distributed.run", "--nproc_per_node", 2]
FORKED = ["tests/forked.py", 8]


@pytest.mark.parametrize(
    ("launcher", "num_processes", "micro_batch"), [(TORCHRUN, 2, 2), (FORKED, 8, 1)]
)
def test_several_processes_train_and_evaluate_what_one_does(
    run_train, tiny_prompts_dir, tmp_path, launcher, num_processes, micro_batch
):
    """The processes and their micro-batches do not divide the 21 rows of either split."""
    exact = "--lora_dropout 0 --learning_rate 1e-2 --warmup_steps 0 --logging_steps 1"
    exact += " --max_steps 3 --eval_steps 3 --limit 21 --eval_split validation"
    run_train(tmp_path / "one", *exact.split())
    flags = ["--data_dir", tiny_prompts_dir, "--output_dir", tmp_path / "several"]
    flags += ["--per_device_train_batch_size", micro_batch]
    command = [str(part) for part in [sys.executable, *launcher, "train.py", *flags]]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, *exact.split()], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    parts = 8 // num_processes // micro_batch
    assert f"{micro_batch} × {parts} × {num_processes} processes" in done.stdout
    assert done.stdout.count("An effective batch of 32 would train about") == 1
    assert read_json(tmp_path / "several" / "run.json")["num_processes"] == num_processes
    counts = {"loss": 3, "grad_norm": 3, "eval_loss": 1, "eval_entropy": 1}
    if launcher == TORCHRUN:
        again = [*command, *exact.split(), "--resume"]
        done = subprocess.run(
            again, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100
        )
        assert (done.returncode, done.stdout.count("nothing to do")) == (0, 1)
    for key, count in (counts | {"eval_general_loss": 2, "eval_general_kl": 2}).items():
        of_one, of_several = (losses(tmp_path / name, key) for name in ("one", "several"))
        assert len(of_one) == count
        assert of_several == pytest.approx(of_one, abs=2e-5, rel=2e-4), key


KEPT = "Finished work is kept."
FAILING = """
import os, sys, time
from text2sql.cli import run
from text2sql.errors import UserError
from text2sql.processes import rank
from text2sql.shared_work import Findings

def main():
    findings = Findings(lambda found: print(found, flush=True))
    findings.add(f"the first of {rank()}")
    time.sleep(0.6)
    findings.add(f"the second of {rank()}")
    if rank() == 1:
        time.sleep(1)
        if "killed" in sys.argv:
            os.kill(os.getpid(), 9)
        raise UserError("this process cannot continue.")
    findings.finish()

run(main)
"""


@pytest.mark.parametrize("failure", ["killed", "refused"])
def test_failure_of_one_process_ends_all_with_one_message_and_keeps_what_it_found(
    tmp_path, failure
):
    script = tmp_path / "failing.py"
    script.write_text(FAILING)
    command = [str(part) for part in [sys.executable, *TORCHRUN, script, failure]]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert sorted(done.stdout.splitlines()) == [
        f"the {which} of {rank}" for which in ("first", "second") for rank in (0, 1)
    ]
    lines = done.stderr.splitlines()
    own_words = "\n".join(takewhile(lambda line: "torch/distributed/elastic" not in line, lines))
    if failure == "killed":  # the launcher may end the main process before it says this
        assert own_words in ("", "error: Another process of this run has ended. " + KEPT)
    else:
        assert own_words == "error: this process cannot continue."
