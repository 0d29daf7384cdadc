"""How work is divided, without starting processes: each test is every process in turn."""

import pytest

from text2sql import processes
from text2sql.errors import UserError
from text2sql.processes import own_gpu
from text2sql.shared_work import Findings, own_part, take_units


@pytest.fixture
def parts_of(monkeypatch):
    """Return a function from the number of processes to each one's part of what costs so much."""

    def parts(num_processes: int, costs: list[float]) -> list[list[int]]:
        monkeypatch.setenv("WORLD_SIZE", str(num_processes))
        found = []
        for rank in range(num_processes):
            monkeypatch.setenv("RANK", str(rank))
            found.append(own_part(costs))
        return found

    return parts


@pytest.mark.parametrize("num_processes", [1, 2, 3, 8])
def test_parts_are_neighbours_and_together_everything(parts_of, num_processes):
    costs = [1 + (7 * index) % 5 for index in range(40)]
    parts = parts_of(num_processes, costs)
    assert [index for part in parts for index in part] == list(range(40))
    loads = [sum(costs[index] for index in part) for part in parts]
    assert max(loads) - min(loads) <= 2 * max(costs)


def test_one_dear_piece_of_work_is_a_part_by_itself(parts_of):
    assert parts_of(2, [9, 1, 1, 1]) == [[0], [1, 2, 3]]


def test_more_processes_than_work_leave_some_without(parts_of):
    assert sorted(map(len, parts_of(4, [1, 1]))) == [0, 0, 1, 1]
    assert parts_of(2, []) == [[], []]


def test_single_process_does_and_keeps_everything():
    kept = []
    findings = Findings(kept.append)
    for unit in take_units(3):
        findings.add(unit)
    findings.finish()
    assert kept == [0, 1, 2]


def test_a_process_alone_is_the_main_one_whatever_its_environment_says(monkeypatch):
    monkeypatch.setenv("RANK", "3")
    assert processes.is_main_process()


def test_each_process_has_a_gpu_of_its_own(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert own_gpu() == 1
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(UserError, match="--nproc_per_node 2"):
        own_gpu()


def test_only_the_main_process_speaks(monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank in (0, 1):
        monkeypatch.setenv("RANK", str(rank))
        with processes.silent_unless_main():
            print(f"I am {rank}")
    assert capsys.readouterr().out == "I am 0\n"
