"""Run a command: library defaults, exit statuses, and one message per user error."""

import errno
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
    errno.EACCES: "Choose another place, or change its permissions",
    errno.EROFS: "Choose another place",
    errno.EEXIST: "A file is in the way of a folder; choose another place",
    errno.ENOTDIR: "A file is in the way of a folder; choose another place",
    errno.ENAMETOOLONG: "Choose a shorter name",
}


def run(main: Callable[[], None]) -> NoReturn:
    """Run a command; what a user can cause ends in one message and exit status 1."""
    set_library_defaults()
    if sys.stdout:
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may know ASCII alone
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if error.errno == errno.EPIPE and (stdout_closed(sys.stdout) or stdout_closed(sys.stderr)):
            sys.exit(128 + signal.SIGPIPE)  # as a shell sees a program that `head` cut off
        if error.errno not in ADVICE:
            raise
        place = error.filename or "while writing"
        sys.exit(f"error: {error.strerror}: {place}. {ADVICE[error.errno]}.")
    finally:
        if sys.stdout:  # none where the shell closed it: `>&-`
            flush_or_drop(sys.stdout)
    sys.exit(0)


def set_library_defaults() -> None:
    """Set what libraries read when they are imported; what the user set stays."""
    # Threads that spin while they wait slow down ten times where another program uses a core.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Nobody is told that and how these commands are used; HF_HUB_DISABLE_TELEMETRY=0 allows it.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Advice to the authors of libraries would bury the command's own lines.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    warnings.simplefilter("ignore", FutureWarning)
    # peft says so at every checkpoint without a hub; nothing here changes a vocabulary.
    warnings.filterwarnings("ignore", "Could not find a config file in")


def stdout_closed(stream: TextIO) -> bool:
    """Tell whether nobody reads this pipe any more, as after `| head`."""
    poll = select.poll()
    poll.register(stream.fileno(), 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))


def flush_or_drop(stream: TextIO) -> None:
    """Print what is left, or drop it where it cannot be: Python's own exit would complain."""
    try:
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if error.errno != errno.EPIPE:
            sys.exit(f"error: {error.strerror}: standard output.")
