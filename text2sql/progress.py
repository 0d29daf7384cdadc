"""Progress bars: drawn in place on a terminal, a line now and then in a file or a pipe."""

import sys
from collections.abc import Iterable
from typing import Any, TextIO

from tqdm import tqdm

SECONDS_PER_LINE = 30


def progress_bar(iterable: Iterable[Any] | None = None, **settings: Any) -> "tqdm[Any]":
    """Return tqdm's bar for standard error; `settings` are tqdm's own."""
    if sys.stderr is None or sys.stderr.isatty():
        return tqdm(iterable, **settings)
    lines = {"file": Lines(sys.stderr), "mininterval": SECONDS_PER_LINE, "dynamic_ncols": False}
    return tqdm(iterable, **settings | lines)


class Lines:
    """A text file for tqdm that turns what overwrites a line into lines of their own."""

    def __init__(self, file: TextIO):
        self.file, self.last_state = file, ""

    def write(self, text: str) -> None:
        line = text.strip()
        state = line.partition("[")[0]  # without the time, so that the end is printed once
        if line and state != self.last_state:
            self.file.write(f"{line}\n")
            self.last_state = state

    def flush(self) -> None:
        self.file.flush()
