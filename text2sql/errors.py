"""Errors that the user can correct, and those of the machine, which say nothing about any file."""

import errno
import re

# Parts of messages with which Python and its libraries report that memory is short.
SHORT_OF_MEMORY = re.compile(
    r"out of memory|cannot allocate memory|can't allocate memory|failed to map segment"
    r"|can't start new thread|bad_alloc|insufficient memory|ThreadPoolBuildError",
    re.IGNORECASE,
)
LIMITS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EACCES)  # of files, memory and rights


class UserError(Exception):
    """Shown as one message without a traceback; it says what to do."""


def is_short_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or SHORT_OF_MEMORY.search(str(error)) is not None


def is_of_the_machine(error: BaseException) -> bool:
    """Return whether a library failed for want of memory, open files or rights.

    What it was reading may be whole: nobody is told to remove or to make it again.
    """
    return is_short_of_memory(error) or getattr(error, "errno", None) in LIMITS
