"""A LIMIT that cuts through tied rows is found, one between rows that differ is not."""

import contextlib
import sqlite3

import pytest

from text2sql.scoring.execution.pool import SqlWorker
from text2sql.scoring.ties import limit_depends_on_ties

QUERIES = {
    "SELECT name FROM bird ORDER BY weight DESC LIMIT 1": True,  # crow and rook
    "SELECT name FROM bird ORDER BY weight desc limit 1 ; ": True,
    "SELECT name FROM bird ORDER BY weight DESC LIMIT 2": True,  # the order counts
    "SELECT weight FROM bird ORDER BY weight DESC LIMIT 2": False,
    "SELECT name FROM bird ORDER BY weight LIMIT 1": False,
    "SELECT name FROM bird ORDER BY name LIMIT 1": False,
    "SELECT name FROM bird ORDER BY weight": False,
    "SELECT name FROM bird LIMIT 1": False,
    "SELECT place FROM bird GROUP BY place ORDER BY count(*) DESC LIMIT 1": True,
    "SELECT place FROM bird GROUP BY place ORDER BY max(weight), count(*) LIMIT 1": False,
    "SELECT max(weight) FROM bird ORDER BY count(*) LIMIT 1": False,
    "SELECT * FROM bird ORDER BY abs(weight) DESC LIMIT 1": True,
    "SELECT name FROM bird WHERE weight = (SELECT weight FROM bird ORDER BY weight LIMIT 1)": False,
}


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    path = tmp_path_factory.mktemp("ties") / "bird.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bird (name TEXT, weight INTEGER, place TEXT)")
        rows = [("wren", 9, "a"), ("robin", 18, "b"), ("crow", 500, "a"), ("rook", 500, "b")]
        connection.executemany("INSERT INTO bird VALUES (?, ?, ?)", [*rows, ("swift", 40, "c")])
        connection.commit()
    return path


@pytest.fixture(scope="module")
def worker():
    worker = SqlWorker(10.0)
    yield worker
    worker.kill()


@pytest.mark.parametrize(("gold_sql", "cuts_ties"), QUERIES.items(), ids=QUERIES)
def test_limit_that_cuts_through_ties_is_found(worker, database, gold_sql, cuts_ties):
    assert limit_depends_on_ties(worker, database, gold_sql) is cuts_ties
