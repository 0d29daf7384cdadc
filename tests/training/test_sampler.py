"""The order of training examples: by seed and epoch alone, and divided fairly over processes."""

import random
from itertools import chain

import pytest

from text2sql.training.sampler import EpochSeededSampler, parts_of_equal_cost

LENGTHS = [random.Random(0).randint(300, 1000) for _ in range(130)]


def steps_of(num_parts: int, epoch: int = 0, num_padding: int = 30) -> list[list[int]]:
    sampler = EpochSeededSampler(
        batch_size=32, lengths=LENGTHS, seed=1, num_padding=num_padding, num_parts=num_parts
    )
    sampler.set_epoch(epoch)
    order = list(sampler)
    return [order[start : start + 32] for start in range(0, len(order), 32)]


@pytest.mark.parametrize("num_parts", [2, 4, 8])
def test_each_step_has_the_same_examples_however_many_processes_divide_it(num_parts):
    alone = steps_of(1)
    assert [set(step) for step in steps_of(num_parts)] == [set(step) for step in alone]
    assert sorted(chain(*alone)) == list(range(160))
    assert steps_of(1, epoch=1) != alone


@pytest.mark.parametrize("num_parts", [2, 4, 8])
def test_processes_compute_nearly_as_many_tokens_in_a_step(num_parts):
    *steps, _ = steps_of(num_parts)  # the last is padded
    size = 32 // num_parts
    for step in steps:
        parts = [step[start : start + size] for start in range(0, 32, size)]
        tokens = [sum(LENGTHS[index] for index in part) for part in parts]
        assert max(tokens) < 1.02 * sum(tokens) / num_parts


def test_incomplete_last_step_stays_as_it_is():
    assert steps_of(2, num_padding=0)[-1] == steps_of(1, num_padding=0)[-1]


def test_parts_have_equal_numbers_where_one_cost_outweighs_all_others():
    parts = parts_of_equal_cost([1, 1, 100, 1, 1, 1], 2)
    assert [len(part) for part in parts] == [3, 3]
    assert sorted(chain(*parts)) == list(range(6))
