"""Work divided over the processes: who does what, and how the main one gets all that is found."""

import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, count
from typing import Any, Generic, TypeVar

from text2sql.processes import is_main_process, main_store, rank, wait_for_all, world_size

T = TypeVar("T")

SECONDS_BETWEEN_MESSAGES = 0.5
NUMBERS = count()  # all processes divide the same work in the same order, so that these agree


def own_part(costs: Sequence[float]) -> list[int]:
    """Return the indices of this process' part of a sequence that is cut into parts of equal cost.

    Neighbours stay together, as sorted prompts share their beginnings.
    """
    total = sum(costs)
    middles = (end - cost / 2 for cost, end in zip(costs, accumulate(costs), strict=True))
    owners = [int(world_size() * middle / total) if total else 0 for middle in middles]
    return [index for index, owner in enumerate(owners) if owner == rank()]


def take_units(num_units: int) -> Iterator[int]:
    """Return an iterator over the numbers of units of work; each is given to one process only.

    A process gets the next one when it asks, so that none has to wait long for another at the end.
    """
    if world_size() == 1:
        return iter(range(num_units))
    store, counter = main_store(), f"units {next(NUMBERS)}"
    return iter(lambda: min(store.add(counter, 1) - 1, num_units), num_units)


class Findings(Generic[T]):
    """What all processes find, handed to the main one soon after, since it alone writes files.

    `keep` is called there with each of them.
    """

    def __init__(self, keep: Callable[[T], None]):
        self.keep = keep
        self.unsent: list[T] = []
        self.name = f"findings {next(NUMBERS)}"
        self.num_messages = [0] * world_size()  # so far, by sender
        self.last_exchange = time.monotonic()
        if world_size() > 1:
            self.store = main_store()  # now: all processes have to connect at the same time

    def add(self, found: T) -> None:
        if is_main_process():
            self.keep(found)
        else:
            self.unsent.append(found)
        is_due = time.monotonic() > self.last_exchange + SECONDS_BETWEEN_MESSAGES
        if world_size() > 1 and is_due:
            self.exchange()

    def exchange(self) -> None:
        """Send what this process found, or on the main one, keep what the others have sent."""
        self.last_exchange = time.monotonic()
        if is_main_process():
            for sender in range(1, world_size()):
                while self.store.check([key := self.next_key(sender)]):
                    for found in pickle.loads(self.store.get(key)):
                        self.keep(found)
                    self.store.delete_key(key)
                    self.num_messages[sender] += 1
        elif self.unsent:
            message: Any = pickle.dumps(self.unsent)  # declared as text, which it need not be
            self.store.set(self.next_key(rank()), message)
            self.num_messages[rank()] += 1
            self.unsent = []

    def next_key(self, sender: int) -> str:
        return f"{self.name}, {sender}, {self.num_messages[sender]}"

    def finish(self) -> None:
        """Return when every process has come here; the main one has then kept all findings."""
        if world_size() > 1:
            self.exchange()
            wait_for_all(meanwhile=self.exchange)
            self.exchange()
