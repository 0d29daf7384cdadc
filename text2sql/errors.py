"""Errors that the user can correct, and failures of the machine, for which no file is to blame."""

import errno
import re

# Parts of messages with which Python and its libraries report that memory is short.
SHORT_OF_MEMORY = re.compile(
    r"out of memory|cannot allocate memory|can't allocate memory|failed to map segment"
    r"|can't start new thread|bad_alloc|insufficient memory|ThreadPoolBuildError",
    re.IGNORECASE,
)
# Too many open files, no memory, no permission.
MACHINE_ERRORS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EACCES)


class UserError(Exception):
    """An error shown as one message without a traceback: what is wrong, and what to do."""


def is_short_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or SHORT_OF_MEMORY.search(str(error)) is not None


def is_machine_failure(error: BaseException) -> bool:
    """Return whether a library failed for lack of memory, file handles or permissions.

    What it was reading may be intact, so nobody is told to remove or remake it.
    """
    return is_short_of_memory(error) or getattr(error, "errno", None) in MACHINE_ERRORS
