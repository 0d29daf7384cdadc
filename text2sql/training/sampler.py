"""The order of the training examples, which survives a restart."""

from collections.abc import Iterator, Sequence

import torch
from transformers.trainer_pt_utils import LengthGroupedSampler


class EpochSeededSampler(LengthGroupedSampler):
    """Groups by length in an order that depends on the seed and the epoch alone.

    The stock sampler draws from the global generator, whose state at the start of an epoch is
    lost when a run is resumed in the middle of it. Rows that pad the last batch come last. A batch
    is the examples of a step; its `num_parts` micro-batches get examples of nearly equal `costs`
    in all, as a step of several processes lasts as long as its longest part.
    """

    def __init__(
        self,
        *,
        batch_size: int,
        lengths: list[int],
        seed: int,
        num_padding: int = 0,
        num_parts: int = 1,
        costs: Sequence[int] = (),
    ):
        super().__init__(batch_size, lengths=lengths, generator=torch.Generator())
        self.seed, self.num_padding, self.num_parts = seed, num_padding, num_parts
        self.costs = [*(costs or lengths), *[0] * num_padding]
        self.set_epoch(0)

    def __len__(self) -> int:
        return len(self.lengths) + self.num_padding

    def __iter__(self) -> Iterator[int]:
        order = [*super().__iter__(), *range(len(self.lengths), len(self))]
        for start in range(0, len(order), self.batch_size):
            step = order[start : start + self.batch_size]
            if self.num_parts == 1 or len(step) < self.batch_size:
                yield from step
                continue
            costs = [self.costs[index] for index in step]
            for part in parts_of_equal_cost(costs, self.num_parts):
                yield from (step[position] for position in part)

    def set_epoch(self, epoch: int) -> None:
        self.generator.manual_seed(self.seed + epoch)


def parts_of_equal_cost(costs: Sequence[int], num_parts: int) -> list[list[int]]:
    """Return the positions of `costs` in parts of equal number and nearly equal sums.

    The dearest goes first, each into the part with the least so far that has room.
    """
    room = len(costs) // num_parts
    parts: list[list[int]] = [[] for _ in range(num_parts)]
    sums = [0] * num_parts
    for position in sorted(range(len(costs)), key=lambda position: -costs[position]):
        with_room = (part for part in range(num_parts) if len(parts[part]) < room)
        cheapest = min(with_room, key=lambda part: sums[part])
        parts[cheapest].append(position)
        sums[cheapest] += costs[position]
    return parts
