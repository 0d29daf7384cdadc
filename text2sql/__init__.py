"""The package behind the three commands; docs/MODULES.md lists its modules."""

import sys

__version__ = "0.2.0"

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
