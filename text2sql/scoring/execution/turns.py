"""Turns of queries: many run together, or one of them alone."""

import contextlib
import threading
from collections.abc import Iterator


class Turns:
    """Whose turn it is; a query waits until it may run."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.num_running = 0
        self.is_alone = False

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        with self.changed:
            self.changed.wait_for(lambda: not self.is_alone)
            self.num_running += 1
        try:
            yield
        finally:
            with self.changed:
                self.num_running -= 1
                self.changed.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no query runs, and let none begin in the block."""
        with self.changed:
            self.changed.wait_for(lambda: not self.is_alone)
            self.is_alone = True
            self.changed.wait_for(lambda: not self.num_running)
        try:
            yield
        finally:
            with self.changed:
                self.is_alone = False
                self.changed.notify_all()
