"""Test suites: where a database's folder has several files, a prediction must match on each."""

import contextlib
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
from scored_spider import gold_sqls, score, scored_split

from text2sql.data.spider import suite_paths
from text2sql.errors import UserError
from text2sql.scoring.execution.pool import SqlWorker
from text2sql.scoring.judge import ScoringSettings, score_split
from text2sql.scoring.scores import hash_databases, summarize_verdicts

BY_LUCK = "SELECT style FROM wing WHERE floor < 99"  # for "SELECT style FROM wing" in the museum


@pytest.fixture
def suite(spider) -> Path:
    """The small data set with a second file for the museum, in which one wing is on floor 99."""
    folder = spider / "database" / "museum"
    shutil.copyfile(folder / "museum.sqlite", folder / "museum_2.sqlite")
    execute(folder / "museum_2.sqlite", "UPDATE wing SET floor = 99 WHERE wing_id = 1")
    return spider


def execute(path: Path, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
        connection.commit()


def test_prediction_that_matches_on_one_file_alone_fails_the_test_suite(suite):
    predicted_sqls = gold_sqls(suite)
    predicted_sqls[1] = BY_LUCK
    verdicts = score(suite, predicted_sqls)
    assert [verdict.execution_match for verdict in verdicts] == [True] * 16
    assert [verdict.test_suite_match for verdict in verdicts] == [True, False, *[True] * 14]
    assert verdicts[1].test_suite_match_keep_distinct is False
    scores = summarize_verdicts(verdicts)["scores"]
    assert scores["test_suite_accuracy"]["all"] == {"score": 15 / 16, "n": 16}
    assert scores["execution_accuracy"]["all"]["score"] == 1.0


def test_prediction_that_is_wrong_on_the_database_itself_fails_the_test_suite(suite):
    execute(suite / "database/museum/museum_2.sqlite", "DELETE FROM wing")
    verdicts = score(suite, ["SELECT count(*) FROM painting", "SELECT name FROM wing"])
    assert (verdicts[1].execution_match, verdicts[1].test_suite_match) == (False, False)


def test_readings_fail_the_test_suite_each_for_itself(suite):
    """With DISTINCT removed the prediction matches everywhere, with DISTINCT kept on one file."""
    execute(suite / "database/museum/museum.sqlite", "UPDATE wing SET style = name")
    verdicts = score(suite, ["SELECT count(*) FROM painting", "SELECT DISTINCT style FROM wing"])
    assert verdicts[1].execution_match and verdicts[1].execution_match_keep_distinct
    assert verdicts[1].test_suite_match
    assert not verdicts[1].test_suite_match_keep_distinct


def test_database_of_one_file_is_a_test_suite_of_one(suite):
    predicted_sqls = gold_sqls(suite)
    predicted_sqls[8] = "SELECT 1"
    verdicts = score(suite, predicted_sqls)
    assert [verdict.test_suite_match for verdict in verdicts[8:]] == [False, *[True] * 7]


def test_without_other_files_there_is_no_test_suite_accuracy(spider):
    verdicts = score(spider, gold_sqls(spider))
    assert {verdict.test_suite_match for verdict in verdicts} == {None}
    assert "test_suite_accuracy" not in summarize_verdicts(verdicts)["scores"]


def test_gold_query_that_fails_on_another_file_is_named_with_the_file(suite):
    execute(suite / "database/museum/museum_2.sqlite", "ALTER TABLE wing RENAME COLUMN style TO s")
    with pytest.raises(UserError, match=r"on museum_2\.sqlite, no such column: style"):
        score(suite, gold_sqls(suite))


def test_example_whose_gold_query_fails_on_another_file_has_no_test_suite_match(suite):
    execute(suite / "database/museum/museum_2.sqlite", "ALTER TABLE wing RENAME COLUMN style TO s")
    verdicts = score(suite, gold_sqls(suite), allow_gold_errors=True)
    assert (verdicts[1].execution_match, verdicts[1].test_suite_match) == (True, None)
    accuracy = summarize_verdicts(verdicts)["scores"]["test_suite_accuracy"]["all"]
    assert accuracy == {"score": 1.0, "n": sum(v.test_suite_match is not None for v in verdicts)}


def test_predictions_do_not_wait_where_a_gold_query_fails_on_another_file(suite):
    execute(suite / "database/museum/museum_2.sqlite", "ALTER TABLE wing RENAME COLUMN style TO s")
    began = time.monotonic()
    score(suite, gold_sqls(suite), allow_gold_errors=True, query_timeout_s=60)
    assert time.monotonic() - began < 30


def test_other_file_that_is_damaged_is_named(suite):
    (suite / "database/museum/museum_2.sqlite").write_bytes(b"")
    with pytest.raises(UserError, match=r"museum_2\.sqlite is not an SQLite database"):
        score(suite, gold_sqls(suite))


def test_only_sqlite_files_belong_to_a_test_suite(suite):
    folder = suite / "database" / "museum"
    (folder / "._museum.sqlite").write_bytes(b"of macOS")
    (folder / "museum.sqlite.bak").write_bytes(b"")
    (folder / "copies.sqlite").mkdir()
    assert [path.name for path in suite_paths(suite / "database", "museum")] == ["museum_2.sqlite"]


def test_prediction_that_writes_changes_no_file_of_the_test_suite(suite):
    paths = sorted((suite / "database" / "museum").iterdir())
    before = [path.read_bytes() for path in paths]
    verdicts = score(suite, ["DELETE FROM painting"])
    assert (verdicts[0].error, verdicts[0].test_suite_match) == ("refused", False)
    assert sorted((suite / "database" / "museum").iterdir()) == paths
    assert [path.read_bytes() for path in paths] == before


def test_gold_queries_run_once_per_file_and_equal_predictions_once_for_all_variants(
    suite, monkeypatch
):
    calls = []

    def record(worker, database, sql, *rest, run, **options):
        calls.append((run.__name__, database.stem, sql))
        return run(worker, database, sql, *rest, **options)

    for method in (SqlWorker.run_gold, SqlWorker.compare):
        recorded = lambda *a, run=method, **o: record(*a, run=run, **o)  # noqa: E731
        monkeypatch.setattr(SqlWorker, method.__name__, recorded)
    answers = [gold_sqls(suite), [*gold_sqls(suite)[:15], "SELECT 1"]]
    list(score_split(scored_split(suite), answers, ScoringSettings()))
    assert len(calls) == len(set(calls))
    assert len([call for call in calls if call[:2] == ("run_gold", "museum_2")]) == 8


def test_every_file_of_a_test_suite_is_hashed(suite):
    assert list(hash_databases(scored_split(suite))) == [
        "museum",
        "museum/museum_2.sqlite",
        "stable",
    ]
