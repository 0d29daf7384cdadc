"""Stored results come back as they were, from memory and from disk, and their memory is bounded."""

import random
import tempfile
import threading
import time

import pytest

from text2sql.scoring.execution.result_store import ResultStore
from text2sql.scoring.execution.turns import Turns

RESULTS = [random.Random(seed).randbytes(seed * 997) for seed in range(40)]


@pytest.fixture
def store():
    store = ResultStore(max_in_memory=20_000)
    yield store
    store.close()


def test_results_come_back_in_any_order_and_few_are_in_memory(store):
    stored = [store.keep(result) for result in RESULTS]
    assert [entry.read() for entry in reversed(stored)] == RESULTS[::-1]
    assert sum(len(entry.packed or b"") for entry in stored) <= 20_000
    assert sum(entry.num_bytes for entry in stored) > 700_000


def test_results_of_several_threads_do_not_mix(store):
    wrong = []

    def keep_and_read(result):
        for _ in range(20):
            if store.keep(result).read() != result:
                wrong.append(result)

    threads = [threading.Thread(target=keep_and_read, args=[result]) for result in RESULTS[30:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_results_stay_in_memory_where_no_file_can_be_written(store, monkeypatch):
    def refuse(*_, **__):
        raise OSError("No usable temporary directory")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert [store.keep(result).read() for result in RESULTS] == RESULTS


def test_one_query_runs_alone_while_others_wait():
    turns, running, alone_with = Turns(), [], []

    def run_together():
        with turns.together():
            running.append(1)
            time.sleep(0.02)
            running.pop()

    def run_alone():
        with turns.alone():
            alone_with.append(len(running))
            time.sleep(0.02)
            alone_with.append(len(running))

    kinds = [run_together, run_alone, run_together, run_together, run_alone, run_together]
    threads = [threading.Thread(target=kind) for kind in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert alone_with == [0] * 4
