"""Run a command: library defaults, exit statuses, and one message per user error."""

import atexit
import errno
import io
import logging
import os
import select
import signal
import sys
import warnings
from collections.abc import Callable
from typing import NoReturn, TextIO

from text2sql.errors import UserError

ADVICE = {
    errno.ENOSPC: "Free some space and run the command again",
    errno.EDQUOT: "Free some space and run the command again",
    errno.EACCES: "Choose another folder, or change its permissions",
    errno.EROFS: "Choose another folder",
    errno.EEXIST: "A file has the name of a folder to be created; choose another name",
    errno.ENOTDIR: "A file has the name of a folder to be created; choose another name",
    errno.ENAMETOOLONG: "Choose a shorter name",
}


def run(main: Callable[[], None]) -> NoReturn:
    """Run a command; an error that the user can cause is one message and exit status 1."""
    interrupts: list[KeyboardInterrupt] = []
    atexit.register(end_by_signal, interrupts)  # before the libraries': handlers run last to first
    set_library_defaults()
    if isinstance(sys.stdout, io.TextIOWrapper):  # None where the shell closed it: `>&-`
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may know only ASCII
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(explain_os_error(error))
    except KeyboardInterrupt as interrupt:
        interrupts.append(interrupt)
        sys.exit("\nInterrupted; finished work is kept.")
    finally:
        if sys.stdout:
            flush_or_drop(sys.stdout)
    sys.exit(0)


def end_by_signal(interrupts: list[KeyboardInterrupt]) -> None:
    """End an interrupted process by the signal itself, so that a shell's loop ends with it."""
    if interrupts:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)


def explain_os_error(error: OSError) -> int | str:
    """Return the exit status or message for a failed disk or a closed pipe; reraise a bug."""
    if error.errno == errno.EPIPE and (reader_has_left(sys.stdout) or reader_has_left(sys.stderr)):
        return 128 + signal.SIGPIPE  # what a shell reports for a program that `head` cut off
    if error.errno not in ADVICE:
        raise error
    return f"error: {error.strerror}: {error.filename or 'while writing'}. {ADVICE[error.errno]}."


def set_library_defaults() -> None:
    """Set what libraries read when they are imported, unless the user has set it."""
    # Threads that spin while they wait are ten times slower where another program uses a core.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
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
