"""The rooms of the project; `README.md` says what lies in each."""

import sys

if sys.version_info < (3, 11):
    raise SystemExit(
        "This project needs Python 3.11 or newer; this is Python %d.%d. "
        "Install a newer one and create the virtual environment with it." % sys.version_info[:2]
    )
