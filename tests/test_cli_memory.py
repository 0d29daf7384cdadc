"""What a command does about memory: a limit is a sentence, and garbage is searched for rarely."""

import os
import subprocess

import pytest
from snippets import run_python

from text2sql.cli import THREAD_COUNTS, fit_address_space


def run_limited(script: str, gigabytes: float, *flags: str) -> subprocess.CompletedProcess:
    """Run a command under a limit on its address space."""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({gigabytes * 1e9:.0f},) * 2)"
    words = f"import runpy, sys; sys.argv = {[script, *flags]!r}"
    return run_python(f"{limit}; {words}; runpy.run_path({script!r}, run_name='__main__')")


@pytest.mark.parametrize("script", ["preprocess.py", "train.py", "evaluate.py"])
@pytest.mark.parametrize("gigabytes", [0.6, 1.4, 2.4, 2.8])
def test_limit_under_which_libraries_would_abort_is_a_sentence(script, gigabytes):
    done = run_limited(script, gigabytes)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"error: Memory is limited to {gigabytes} GB (ulimit -v), but the libraries need "
        "3.2 GB and room for the model. Raise the limit."
    ]


def test_report_needs_less_memory_than_a_model(tmp_path):
    flags = ["--report_only", "--output_dir", str(tmp_path)]
    assert "libraries need 0.6 GB. Raise" in run_limited("evaluate.py", 0.3, *flags).stderr
    assert "holds no evaluation" in run_limited("evaluate.py", 0.7, *flags).stderr


@pytest.mark.parametrize("script", ["preprocess.py", "train.py", "evaluate.py"])
def test_help_needs_no_memory_to_speak_of(script):
    done = run_limited(script, 0.6, "--help")
    assert done.returncode == 0 and "usage:" in done.stdout


@pytest.mark.parametrize(
    ("gigabytes", "given", "threads"),
    [(3.3, None, "1"), (3.7, None, "3"), (3.7, "2", "2"), (9, None, None)],
    ids=["one", "three", "as the user says", "as many as there are cores"],
)
def test_threads_are_as_many_as_a_limit_on_memory_has_room_for(
    monkeypatch, gigabytes, given, threads
):
    limit = int(gigabytes * 1e9)
    monkeypatch.setattr("resource.getrlimit", lambda _: (limit, limit))
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    monkeypatch.setattr("os.environ", dict.fromkeys(THREAD_COUNTS, given) if given else {})
    fit_address_space()
    assert [os.environ.get(name) for name in THREAD_COUNTS] == [threads] * 3


def test_nothing_is_searched_for_garbage_as_a_command_ends():
    code = (
        "import atexit, gc\n"
        "from text2sql.cli import run\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 10_000))\n"
        "run(lambda: atexit.register(lambda: print(gc.get_freeze_count())))"
    )
    assert run_python(code).stdout == "0\nTrue\n"


def test_what_a_command_imports_is_not_searched_for_garbage_again_and_again():
    code = (
        "import gc\n"
        "from text2sql.cli import run\n"
        "def main():\n"
        "    before = gc.get_stats()\n"
        "    kept = [[] for _ in range(1_000_000)]\n"
        "    young, _, old = (n['collections'] - b['collections']"
        " for n, b in zip(gc.get_stats(), before))\n"
        "    print(young > 100, old)\n"
        "run(main)"
    )
    assert run_python(code).stdout == "True 0\n"
