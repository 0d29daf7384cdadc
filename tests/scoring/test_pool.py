"""Hostile SQL: it ends as a named error, changes nothing, and the next query works."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from hostile_sql import (
    CROSS_JOIN,
    DEEP,
    ENDLESS,
    KINDS,
    LEGITIMATE,
    RUNAWAYS,
    TOO_LARGE,
    UNREADABLE,
    WRITES,
)

from text2sql.errors import UserError
from text2sql.scoring.execution.pool import SqlWorker, SqlWorkers
from text2sql.scoring.execution.sandbox import MAX_SQL_LENGTH, check_database_file
from text2sql.scoring.execution.worker import MAX_MEMORY

TIMEOUT_S = 1.0


@pytest.fixture(scope="module")
def birds(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("birds") / "bird.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bird (name TEXT, weight INTEGER, market_value REAL)")
    connection.executemany(
        "INSERT INTO bird VALUES (?, ?, ?)",
        [("wren", 9, 1.5), ("robin", 18, 2.5), ("crow", 500, None), ("rook", 500, 2.5)],
    )
    connection.execute("CREATE INDEX names ON bird (name)")
    connection.execute("INSERT INTO bird VALUES (CAST(x'74c3' AS TEXT), 1, 1)")  # not UTF-8
    connection.commit()
    connection.close()
    return path


@pytest.fixture
def database(birds, tmp_path) -> Path:
    return Path(shutil.copytree(birds.parent, tmp_path / "bird's #1 %41?") / birds.name)


@pytest.fixture(scope="module")
def worker():
    worker = SqlWorker(TIMEOUT_S)
    yield worker
    worker.kill()


@pytest.fixture
def ask(worker, database):
    """Compare a prediction with a gold query, and check that it left everything as it was."""

    def compare(predicted_sql, gold_sql="SELECT count(*) FROM bird"):
        gold = worker.run_gold(database, gold_sql)
        assert not gold.error, gold
        comparison = worker.compare(database, predicted_sql, gold)
        assert worker.compare(database, gold_sql, gold).distinct_removed.error is None
        return comparison

    before = database.read_bytes()
    yield compare
    assert database.read_bytes() == before
    assert [path.name for path in database.parent.iterdir()] == ["bird.sqlite"]


@pytest.mark.parametrize("predicted_sql", WRITES)
def test_statement_that_could_write_is_refused_and_nothing_changes(ask, predicted_sql):
    comparison = ask(predicted_sql)
    assert (comparison.distinct_removed.error, comparison.distinct_kept.error) == ("refused",) * 2


@pytest.mark.slow
@pytest.mark.parametrize("predicted_sql", RUNAWAYS.values(), ids=RUNAWAYS)
def test_runaway_ends_at_its_deadline(ask, predicted_sql):
    comparison = ask(predicted_sql)
    assert comparison.distinct_removed.error == "timeout"
    assert comparison.seconds < TIMEOUT_S + 1


@pytest.mark.parametrize("predicted_sql", TOO_LARGE.values(), ids=TOO_LARGE)
def test_query_beyond_memory_is_too_large(database, predicted_sql):
    worker = SqlWorker(30.0)  # the limit, not the deadline, must end it
    gold = worker.run_gold(database, "SELECT count(*) FROM bird")
    assert worker.compare(database, predicted_sql, gold).distinct_removed.error == "too_large"
    assert worker.compare(database, "SELECT 5", gold).distinct_removed.error is None
    assert peak_memory(worker) < MAX_MEMORY
    worker.kill()


def peak_memory(worker: SqlWorker) -> int:
    status = Path(f"/proc/{worker.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) << 10


def test_result_with_too_many_rows_is_too_large(database):
    with SqlWorkers(30.0) as workers:
        gold = workers.submit(SqlWorker.run_gold, database, ENDLESS + "SELECT x FROM r").result()
    assert (gold.error, "rows" in gold.error_message) == ("too_large", True)


@pytest.mark.parametrize("predicted_sql", UNREADABLE.values(), ids=UNREADABLE)
def test_text_that_is_no_sql_is_a_syntax_error_that_survives_json(ask, predicted_sql):
    outcome = ask(predicted_sql).distinct_removed
    assert outcome.error == "syntax"
    assert json.loads(json.dumps(outcome.error_message)) == outcome.error_message


@pytest.mark.slow
@pytest.mark.parametrize("predicted_sql", DEEP.values(), ids=DEEP)
def test_deep_sql_is_a_named_error(ask, predicted_sql):
    assert len(predicted_sql) < MAX_SQL_LENGTH
    assert ask(predicted_sql).distinct_removed.error in ("runtime", "timeout")


@pytest.mark.parametrize(
    ("kind", "predicted_sql"), [(kind, sql) for kind, sqls in KINDS.items() for sql in sqls]
)
def test_kind_of_failure(ask, kind, predicted_sql):
    comparison = ask(predicted_sql, "SELECT name, weight FROM bird ORDER BY weight, name")
    assert comparison.distinct_removed.error == kind


@pytest.mark.parametrize("predicted_sql", LEGITIMATE)
def test_legitimate_sql_runs(ask, predicted_sql):
    assert ask(predicted_sql, "SELECT 2").distinct_removed.error is None


def test_distinct_counts_only_in_the_second_outcome(ask):
    comparison = ask("SELECT weight FROM bird", "SELECT DISTINCT weight FROM bird")
    assert comparison.distinct_removed.error is None
    assert comparison.distinct_kept.error == "wrong_rows"


def test_second_statement_fails_where_distinct_is_kept_as_in_the_official_script(ask):
    comparison = ask("SELECT 2; SELECT 3", "SELECT 2")
    assert (comparison.distinct_removed.error, comparison.distinct_kept.error) == (None, "runtime")


def test_both_outcomes_share_one_deadline_and_the_first_is_kept(ask):
    comparison = ask(f"SELECT DISTINCT 2 {CROSS_JOIN} LIMIT 2", "VALUES (2), (2)")
    assert (comparison.distinct_removed.error, comparison.distinct_kept.error) == (None, "timeout")
    assert comparison.seconds < TIMEOUT_S + 1


def test_no_rows_match_no_rows_and_say_so(ask):
    outcome = ask("SELECT name FROM bird LIMIT 0", "SELECT 1, 2 WHERE 0").distinct_removed
    assert (outcome.error, outcome.is_empty) == (None, True)


def test_bytes_that_are_not_utf8_are_dropped_as_in_the_official_script(ask):
    gold_sql = "SELECT name FROM bird WHERE weight = 1"
    assert ask("SELECT 't'", gold_sql).distinct_removed.error is None


def test_database_may_be_named_from_the_current_folder(worker, database, monkeypatch):
    monkeypatch.chdir(database.parent)
    assert worker.run_gold(Path("bird.sqlite"), "SELECT name FROM bird").error is None


@pytest.fixture
def kill_workers(worker, monkeypatch):
    """Have the system kill the worker as soon as it has a question, a given number of times."""

    def kill(times):
        left, send = [None] * times, worker.send

        def send_and_kill(*question):
            send(*question)
            if left:
                left.pop()
                os.kill(worker.process.pid, signal.SIGSTOP)
                os.kill(worker.process.pid, signal.SIGKILL)

        monkeypatch.setattr(worker, "send", send_and_kill)

    return kill


# It takes some milliseconds, and has not ended when the kill arrives.
SLOW_GOLD = (
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 200000) "
    "SELECT count(*) FROM r"
)


@pytest.mark.parametrize("times", [1, 2])
def test_question_whose_worker_was_killed_is_asked_again(worker, database, kill_workers, times):
    kill_workers(times)
    gold = worker.run_gold(database, SLOW_GOLD)
    assert gold.error is None
    kill_workers(times)
    assert worker.compare(database, SLOW_GOLD, gold).distinct_removed.error is None


def test_question_that_killed_its_worker_also_alone_is_a_named_error(
    worker, database, kill_workers
):
    gold = worker.run_gold(database, SLOW_GOLD)
    kill_workers(3)
    lost = worker.compare(database, SLOW_GOLD, gold).distinct_removed
    assert (lost.error, "died" in lost.error_message) == ("too_large", True)
    assert worker.compare(database, "SELECT 2", gold).distinct_removed.error == "wrong_rows"
    kill_workers(3)
    assert worker.run_gold(database, SLOW_GOLD).error == "too_large"


def test_worker_that_is_killed_while_it_starts_is_started_again(worker, database, monkeypatch):
    worker.kill()
    left, start = [None], subprocess.Popen

    def start_and_kill(*args, **options):
        process = start(*args, **options)
        if left:
            left.pop()
            process.kill()
        return process

    monkeypatch.setattr(subprocess, "Popen", start_and_kill)
    assert worker.run_gold(database, "SELECT 1").error is None


def test_worker_that_died_between_queries_is_replaced_unnoticed(worker, database):
    gold = worker.run_gold(database, "SELECT 2")
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait()
    assert worker.compare(database, "SELECT 2", gold).distinct_removed.error is None


def test_worker_can_create_no_file_and_sees_no_secret(worker, database, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "secret")
    worker.kill()
    worker.run_gold(database, "SELECT 1")
    process = Path(f"/proc/{worker.process.pid}")
    limits = process.joinpath("limits").read_text()
    assert [line.split()[3] for line in limits.splitlines() if "Max file size" in line] == ["0"]
    assert b"secret" not in process.joinpath("environ").read_bytes()


SCORER = """
    import signal
    import sys
    from pathlib import Path
    from text2sql.scoring.execution.pool import SqlWorker, SqlWorkers
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's `pytest &` ignores it
    with SqlWorkers(60.0) as workers:
        sql = "WITH RECURSIVE r(x) AS (VALUES (1) UNION ALL SELECT x FROM r) SELECT max(x) FROM r"
        runaways = [workers.submit(SqlWorker.run_gold, Path(sys.argv[1]), sql) for _ in range(9)]
        while not all(worker.process for worker in workers.workers):
            pass
        print(*(worker.process.pid for worker in workers.workers), flush=True)
        runaways[-1].result()
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_worker_outlives_the_scorer(database, how):
    root = Path(__file__).parents[2]
    scorer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCORER), str(database)],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    workers = [int(pid) for pid in scorer.stdout.readline().split()]
    time.sleep(0.5)
    assert workers and all(map(is_alive, workers))
    scorer.send_signal(how)
    scorer.wait(timeout=30)  # half the deadline of its queries
    give_up = time.monotonic() + 2
    while any(map(is_alive, workers)) and time.monotonic() < give_up:
        time.sleep(0.02)
    assert not any(map(is_alive, workers))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_worker_that_cannot_start_says_why(worker, database, monkeypatch):
    worker.kill()
    monkeypatch.setattr(
        "text2sql.scoring.execution.pool.worker_environment", lambda: {"PYTHONPATH": "/nowhere"}
    )
    with pytest.raises(UserError, match=r"does not start.*No module named"):
        worker.run_gold(database, "SELECT 1")


def test_gold_on_rubbish_behind_a_good_header_says_what_is_wrong_with_the_file(worker, database):
    whole = database.read_bytes()
    database.write_bytes(whole[:100] + b"?" * (len(whole) - 100))
    check_database_file(database)
    gold = worker.run_gold(database, "SELECT name FROM bird")
    assert gold.error == "runtime" and "malformed" in gold.error_message
