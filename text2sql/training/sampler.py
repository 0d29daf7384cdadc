"""The order of the training examples, which survives a restart."""

from collections.abc import Iterator

import torch
from transformers.trainer_pt_utils import LengthGroupedSampler


class EpochSeededSampler(LengthGroupedSampler):
    """Groups by length in an order that depends on the seed and the epoch alone.

    The stock sampler draws from the global generator, whose state at the start of an epoch is
    lost when a run is resumed in the middle of it. Rows that pad the last batch come last.
    """

    def __init__(self, *, batch_size: int, lengths: list[int], seed: int, num_padding: int = 0):
        super().__init__(batch_size, lengths=lengths, generator=torch.Generator())
        self.seed, self.num_padding = seed, num_padding
        self.set_epoch(0)

    def __len__(self) -> int:
        return len(self.lengths) + self.num_padding

    def __iter__(self) -> Iterator[int]:
        yield from super().__iter__()
        yield from range(len(self.lengths), len(self))

    def set_epoch(self, epoch: int) -> None:
        self.generator.manual_seed(self.seed + epoch)
