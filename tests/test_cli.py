"""A command ends in a sentence for what its user can cause, and in a traceback for a bug."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from snippets import ROOT, run_python

from text2sql.cli import run


def raising(error: BaseException):
    def main() -> None:
        raise error

    return main


def status_and_message(capsys, main) -> tuple[object, str]:
    """Return what `run` exits with, and what Python prints of it."""
    with pytest.raises(SystemExit) as stop:
        run(main)
    return stop.value.code, capsys.readouterr().err


def test_command_that_returns_ends_with_status_0(capsys):
    assert status_and_message(capsys, lambda: None) == (0, "")


def test_error_of_the_user_is_one_line_and_status_1():
    code = (
        "from text2sql.cli import run\n"
        "from text2sql.errors import UserError\n"
        "def main(): raise UserError('There is no file caf\\udce9. Name another.')\n"
        "run(main)"
    )
    ended = run_python(code)
    assert ended.returncode == 1
    assert ended.stderr == "error: There is no file caf\\udce9. Name another.\n"
    assert ended.stdout == ""


def test_output_that_the_terminal_cannot_show_is_spelt_out():
    code = "from text2sql.cli import run; run(lambda: print('1 × 8 ⟦', 'caf\\udce9'))"
    ended = run_python(code, env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "1 \\xd7 8 \\u27e6 caf\\udce9\n"


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("ü", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        (b"\xff", {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}),
    ],
    ids=["a locale without letters", "a byte that is not UTF-8"],
)
def test_path_that_the_libraries_would_spell_otherwise_is_a_sentence(name, environment):
    code = "from text2sql.cli import run; run(lambda: print('ran'))"
    command = [sys.executable, "-c", code, "--output_dir", name]
    ended = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=os.environ | environment
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "does not spell it in UTF-8" in ended.stderr
    assert "PYTHONUTF8=1" in ended.stderr


def test_status_that_a_command_chose_is_kept(capsys):
    assert status_and_message(capsys, lambda: sys.exit(2))[0] == 2


INTERRUPTED = """
import sys
import {command}
def parse_flags(*arguments, **settings):
    print("as far as here")
    raise KeyboardInterrupt
{command}.parse_flags = parse_flags
{command}.run({command}.main)
"""


@pytest.mark.parametrize("command", ["preprocess", "train", "evaluate"])
def test_interrupt_is_a_sentence_and_the_end_that_a_shell_expects(command):
    ended = run_python(INTERRUPTED.format(command=command))
    assert ended.stdout == "as far as here\n"
    assert ended.stderr == "\nInterrupted; finished work is kept.\n"
    assert ended.returncode == -signal.SIGINT  # 130 in a shell, which ends its own loop too


DISK = {
    errno.ENOSPC: "No space left on device: /data/x. Free some space",
    errno.EDQUOT: "quota exceeded: /data/x. Free some space",
    errno.EACCES: "Permission denied: /data/x. Choose another folder",
    errno.EROFS: "Read-only file system: /data/x. Choose another folder",
    errno.EEXIST: "File exists: /data/x. A file has the name of a folder",
    errno.ENAMETOOLONG: "File name too long: /data/x. Choose a shorter name",
    errno.EMFILE: "Too many open files: /data/x. Raise the limit on open files",
    errno.EFBIG: "File too large: /data/x. Raise the limit on the size of a file",
    errno.EISDIR: "Is a directory: /data/x. A folder has the name of a file",
    errno.ENOTDIR: "Not a directory: /data/x. A file has the name of a folder",
}


@pytest.mark.parametrize(("number", "message"), DISK.items(), ids=map(errno.errorcode.get, DISK))
def test_full_or_forbidden_disk_is_a_sentence_with_its_place(capsys, number, message):
    error = OSError(number, os.strerror(number), "/data/x")
    status, _ = status_and_message(capsys, raising(error))
    assert status.startswith("error: ")
    assert message in status


def test_full_disk_without_a_name_is_a_sentence_too(capsys):
    status, _ = status_and_message(capsys, raising(OSError(errno.ENOSPC, "No space left")))
    assert status.startswith("error: No space left: while writing. Free some space")


class PanicException(BaseException):
    """As libraries in Rust raise."""


MEMORY = [
    PanicException("The global thread pool has not been initialized.: ThreadPoolBuildError"),
    MemoryError(),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
    ImportError("libtorch_cpu.so: failed to map segment from shared object"),
    RuntimeError("can't start new thread"),
    Exception("Error while reading: Cannot allocate memory (os error 12)"),  # safetensors
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
]


@pytest.mark.parametrize("error", MEMORY, ids=repr)
def test_lack_of_memory_is_a_sentence(capsys, error):
    status, _ = status_and_message(capsys, raising(error))
    assert status.startswith("error: Memory ran out.")


def test_control_characters_of_names_reach_no_terminal():
    code = (
        "from text2sql.cli import run\n"
        "from text2sql.errors import UserError\n"
        "def main():\n"
        "    print('model \\x1b[2J\\x9b1m\\ttab')\n"
        "    raise UserError('name \\x1b]0;title\\x07')\n"
        "run(main)"
    )
    ended = run_python(code)
    assert ended.stdout == "model \\x1b[2J\\x9b1m\ttab\n"
    assert ended.stderr == "error: name \\x1b]0;title\\x07\n"


BUGS = [
    KeyError("rows"),
    ImportError("no module"),
    RuntimeError("x"),
    ValueError("x"),
    FileNotFoundError(errno.ENOENT, "x"),
    OSError("x"),
]


@pytest.mark.parametrize("bug", BUGS, ids=repr)
def test_mistake_of_the_program_is_not_hidden(bug):
    with pytest.raises(type(bug)) as raised:
        run(raising(bug))
    assert raised.value is bug


def test_broken_pipe_that_is_not_the_output_is_not_hidden():
    code = (
        "import os\n"
        "from text2sql.cli import run\n"
        "def main():\n"
        "    reading, writing = os.pipe()\n"
        "    os.close(reading)\n"
        "    os.write(writing, b'to a worker that died')\n"
        "run(main)"
    )
    ended = run_python(code)
    assert ended.returncode == 1
    assert "BrokenPipeError" in ended.stderr


PRINTING = """
import sys
from text2sql.cli import run
def main():
    for line in range({num_lines}):
        print("line", line)
        {after_a_line}
run(main)
"""
CUT_OFF = {
    "long output": {"num_lines": 100_000, "after_a_line": "pass"},
    "each line at once": {"num_lines": 100_000, "after_a_line": "sys.stdout.flush()"},
    "still in the buffer at the end": {"num_lines": 100, "after_a_line": "pass"},
    "exit before the end": {"num_lines": 100, "after_a_line": "if line == 99: sys.exit(0)"},
}


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("how", CUT_OFF.values(), ids=CUT_OFF)
def test_reader_that_leaves_early_gets_no_complaint(how, unbuffered):
    reading, writing = os.pipe()
    os.close(reading)
    ended = run_python(
        PRINTING.format(**how),
        capture_output=False,
        stdout=writing,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
    )
    os.close(writing)
    assert ended.stderr == ""
    assert ended.returncode in (0, 128 + signal.SIGPIPE)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("num_lines", [100, 100_000])
def test_output_onto_a_full_disk_is_a_sentence(num_lines):
    with Path("/dev/full").open("w") as full:
        ended = run_python(
            PRINTING.format(num_lines=num_lines, after_a_line="pass"),
            capture_output=False,
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: No space left on device")
    assert ended.stderr.count("\n") == 1


def test_closed_output_does_not_spoil_the_end_of_a_command():
    code = "from text2sql.cli import run; run(lambda: print('done'))"
    ended = subprocess.run(
        ["sh", "-c", f'exec "{sys.executable}" -c "{code}" >&-'],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_older_python_is_told_in_a_sentence():
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.version_info = (3, 9, 1)\n"
    code += "import preprocess"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("This project needs Python 3.11 or newer; this is Python 3.9.")
    assert "Traceback" not in done.stderr
