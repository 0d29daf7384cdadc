"""Run a command: library defaults, exit statuses, and one message per user error."""

import atexit
import contextlib
import errno
import gc
import io
import logging
import os
import re
import resource
import select
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from text2sql.errors import UserError, is_short_of_memory
from text2sql.processes import (
    is_first_to_fail,
    is_main_process,
    leave,
    silent_unless_main,
    world_size,
)

ADVICE = {
    errno.EMFILE: "Raise the limit on open files, for example with `ulimit -n 4096`",
    errno.ENFILE: "Close other programs, or raise the system's limit on open files",
    errno.EFBIG: "Raise the limit on the size of a file (`ulimit -f`), or use another disk",
    errno.EISDIR: "A folder has the name of a file to be written; move it away",
    errno.ENOMEM: "Close other programs, or raise the limit on memory",
    errno.ENOSPC: "Free some space and run the command again",
    errno.EDQUOT: "Free some space and run the command again",
    errno.EACCES: "Choose another folder, or change its permissions",
    errno.EROFS: "Choose another folder",
    errno.EEXIST: "A file has the name of a folder to be created; choose another name",
    errno.ENOTDIR: "A file has the name of a folder to be created; choose another name",
    errno.ENAMETOOLONG: "Choose a shorter name",
}

SEARCHES_BEFORE_ALL = 1000  # of what is recent, where Python's default is 10

SURROGATE = re.compile("[\ud800-\udfff]")  # a byte that the locale cannot decode
CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

# Bytes of address space (`ulimit -v`) with which every command runs on a CPU, with one thread and
# the demo's model of 24 MB: train.py failed at 3.0 GB, evaluate.py at 2.7 GB, and at 0.45 GB where
# no model answers. With less, libraries abort, hang or raise anything. A further thread of OpenMP,
# OpenBLAS and Rayon took 0.2 GB.
LEAST_ADDRESS_SPACE = 3_200_000_000
LEAST_WITHOUT_MODEL = 600_000_000
ADDRESS_SPACE_PER_THREAD = 200_000_000
THREAD_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")

# Parts of messages with which gloo and NCCL report that a process of the run is no longer there.
LOST_PROCESS = re.compile(
    r"Connection (closed|reset) by peer|Connection refused|Broken pipe|remote process exited"
)


class PrintableOutput(io.TextIOWrapper):
    r"""Standard output that spells control characters of names and SQL as `\x1b`.

    A terminal would obey them; newlines, tabs and carriage returns pass.
    """

    def write(self, text: str) -> int:
        super().write(escape_control_characters(text))
        return len(text)


def escape_control_characters(text: str) -> str:
    return CONTROL_CHARACTER.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def run(main: Callable[[], None]) -> NoReturn:
    """Run a command; an error that the user can cause is one message and exit status 1."""
    interrupts: list[KeyboardInterrupt] = []
    # Before the libraries', as handlers run last to first.
    atexit.register(end_by_signal, interrupts)
    atexit.register(skip_final_garbage_collection)
    set_library_defaults()
    search_all_for_garbage_rarely()
    protect_terminal()
    try:
        with silent_unless_main():
            refuse_unspellable(sys.argv[1:])
            main()
            leave()
    except KeyboardInterrupt as interrupt:
        interrupts.append(interrupt)
        sys.exit("\nInterrupted; finished work is kept." if is_main_process() else 1)
    except BaseException as error:
        if not isinstance(error, Exception):
            # Libraries in Rust panic, with a class of their own, where memory is refused.
            if type(error).__name__ != "PanicException":
                raise
            error = RuntimeError(str(error))
        if not is_first_to_fail():
            sys.exit(1)
        sys.exit(explain_failure(error))
    finally:
        if sys.stdout:
            flush_or_drop(sys.stdout)
    sys.exit(0)


def refuse_unspellable(arguments: Sequence[str]) -> None:
    """Raise a `UserError` where the libraries would not find a path of the command.

    They spell every name in UTF-8; Python spells it as the locale says.
    """
    encoding = sys.getfilesystemencoding()
    with contextlib.suppress(OSError):  # a folder that is gone has no name
        arguments = [*arguments, str(Path.cwd())]
    for text in arguments:
        in_utf_8 = encoding.lower() in ("utf-8", "utf8") and not SURROGATE.search(text)
        if not text.isascii() and not in_utf_8:
            raise UserError(
                f"The libraries cannot find {text}: this locale ({encoding}) does not spell it in "
                "UTF-8. Set PYTHONUTF8=1 or LC_ALL=C.UTF-8, or choose a name of ASCII letters."
            )


def end_by_signal(interrupts: list[KeyboardInterrupt]) -> None:
    """End an interrupted process by the signal itself, so that a shell's loop ends with it."""
    if interrupts:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)


def search_all_for_garbage_rarely() -> None:
    """Let Python search what is new for garbage as usual, and all that is there hardly ever.

    While libraries are imported or a benchmark's items are made, all that is there grows and is no
    garbage: the searches took a sixth of the imports' time.
    """
    new, recent, _ = gc.get_threshold()
    gc.set_threshold(new, recent, SEARCHES_BEFORE_ALL)


def skip_final_garbage_collection() -> None:
    """Keep Python from searching all imported modules for garbage as it ends: it takes seconds."""
    gc.freeze()


def fit_address_space(*, loads_model: bool = True) -> None:
    """Let the libraries start as many threads as a limit on memory has room for.

    Called before they are imported. A `UserError` where not even one fits: they abort then, which
    no handler could tell.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return
    least = LEAST_ADDRESS_SPACE if loads_model else LEAST_WITHOUT_MODEL
    if limit < least:
        raise UserError(
            f"Memory is limited to {limit / 1e9:.1f} GB (ulimit -v), but the libraries need "
            f"{least / 1e9:.1f} GB{' and room for the model' * loads_model}. Raise the limit."
        )
    num_threads = 1 + (limit - least) // ADDRESS_SPACE_PER_THREAD
    if num_threads < (os.cpu_count() or 1):
        for name in THREAD_COUNTS:
            os.environ.setdefault(name, str(num_threads))


def protect_terminal() -> None:
    """Print nothing that a terminal obeys, and spell out what it cannot show."""
    stream = sys.stdout
    if stream is sys.__stdout__ and isinstance(stream, io.TextIOWrapper):  # None after `>&-`
        encoding, lines, unbuffered = stream.encoding, stream.line_buffering, stream.write_through
        sys.stdout = PrintableOutput(
            stream.detach(),
            encoding=encoding,
            errors="backslashreplace",
            line_buffering=lines,
            write_through=unbuffered,
        )


def explain_failure(error: Exception) -> int | str:
    """Return the exit status or message for what is not a bug; reraise a bug."""
    if isinstance(error, UserError):
        return escape_control_characters(f"error: {error}")
    is_of_a_process = world_size() > 1 and isinstance(error, RuntimeError)
    if is_of_a_process and LOST_PROCESS.search(str(error)):
        return "error: Another process of this run has ended. Finished work is kept."
    if is_short_of_memory(error):
        return "error: Memory ran out. Close other programs, or raise the limit on memory."
    return explain_failed_file(error)


def explain_failed_file(error: Exception) -> int | str:
    """Return the exit status or message for lack of disk or of a reader; reraise a bug."""
    if not isinstance(error, OSError) or error.errno not in {*ADVICE, errno.EPIPE}:
        raise error
    if error.errno == errno.EPIPE:
        if not (reader_has_left(sys.stdout) or reader_has_left(sys.stderr)):
            raise error
        return 128 + signal.SIGPIPE  # what a shell reports for a program that `head` cut off
    return f"error: {error.strerror}: {error.filename or 'while writing'}. {ADVICE[error.errno]}."


def set_library_defaults() -> None:
    """Set what libraries read when they are imported, unless the user has set it."""
    # Threads that spin while they wait are ten times slower where another program uses a core.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # The tokenizers of several processes share the cores of their host.
    if (num_local := int(os.environ.get("LOCAL_WORLD_SIZE", 1))) > 1:
        num_threads = max((os.cpu_count() or 1) // num_local, 1)
        os.environ.setdefault("RAYON_NUM_THREADS", str(num_threads))
    # Usage is not reported to anyone; HF_HUB_DISABLE_TELEMETRY=0 allows it.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Advice to library authors would bury the command's own output.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    if sys.stderr is None or not sys.stderr.isatty():
        # Bars drawn in place would leave thousands of lines in a file; ours do not (progress.py).
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    warnings.simplefilter("ignore", FutureWarning)
    # peft warns at every checkpoint written without a hub; nothing here changes a vocabulary.
    warnings.filterwarnings("ignore", "Could not find a config file in")


def reader_has_left(stream: TextIO | None) -> bool:
    """Return whether the reader of this pipe has gone, as after `| head`."""
    if stream is None:
        return False
    poll = select.poll()
    poll.register(stream.fileno(), 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))


def flush_or_drop(stream: TextIO) -> None:
    """Print what is buffered, or drop it if that fails: Python's own exit would complain."""
    try:
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if error.errno != errno.EPIPE:
            sys.exit(f"error: {error.strerror}: standard output.")
