"""The package behind the three commands; README.md maps its modules."""

import sys

if sys.version_info < (3, 11):
    raise SystemExit(
        "This project needs Python 3.11 or newer; this is Python %d.%d. "
        "Install a newer one and create the virtual environment with it." % sys.version_info[:2]
    )

if sys.platform == "win32":
    raise SystemExit(
        "This project needs Linux or macOS: it runs a model's SQL in processes that Unix can limit "
        "and kill. On Windows use WSL."
    )


def end_quietly_when_interrupted(kind, error, traceback):
    """Print a sentence for Ctrl-C, also while a command is still importing; a shell sees 130."""
    if issubclass(kind, KeyboardInterrupt):
        sys.stderr.write("\nInterrupted; what was finished is kept.\n")
    else:
        sys.__excepthook__(kind, error, traceback)


sys.excepthook = end_quietly_when_interrupted
