"""Every prediction gets a verdict that names its failure; what cannot be scored stops the run."""

import json
from dataclasses import replace
from typing import get_args

import pytest
from scored_spider import gold_sqls, score, scored_split

from text2sql.errors import UserError
from text2sql.files import read_json
from text2sql.scoring import judge
from text2sql.scoring.failures import FailureKind
from text2sql.scoring.judge import ScoringSettings, find_first_wordings, score_split
from text2sql.scoring.scores import summarize_verdicts

ENDLESS_SQL = "WITH RECURSIVE r(x) AS (VALUES (1) UNION ALL SELECT x FROM r) SELECT max(x) FROM r"


PREDICTIONS = {  # index in dev.json: prediction, error, exact_match
    0: ("SELECT count(*) FROM painting", None, True),
    1: ("", "no_sql", False),
    2: ("SELECT name FROM wing", "wrong_rows", False),
    3: ("SELECT name, price FROM painting ORDER BY price", "wrong_order", False),
    4: ("SELECT technique FROM painting GROUP BY technique", "wrong_columns", False),
    5: ("SELECT style FROM hall", "unknown_table", False),
    6: ("SELECT nickname FROM wing", "unknown_column", False),
    7: ("DROP TABLE wing", "refused", False),
    8: ("SELECT count(*) FRO horse", "syntax", False),
    9: ("SELECT no_such_function(1)", "runtime", False),
    10: ("SELECT zeroblob(1000000000)", "too_large", False),
    11: (ENDLESS_SQL, "timeout", False),
}


@pytest.fixture(scope="module")
def verdicts(tiny_spider_dir):
    return score(tiny_spider_dir, [sql for sql, _, _ in PREDICTIONS.values()])


@pytest.mark.parametrize("index", PREDICTIONS, ids=[error for _, error, _ in PREDICTIONS.values()])
def test_verdict_names_the_kind_of_failure(verdicts, index):
    _, error, exact_match = PREDICTIONS[index]
    verdict = verdicts[index]
    assert (verdict.index, verdict.db_id) == (index, "museum" if index < 8 else "stable")
    assert (verdict.error, verdict.exact_match) == (error, exact_match)
    assert verdict.execution_match is verdict.execution_match_keep_distinct is (error is None)


def test_every_kind_of_failure_is_among_them():
    assert {error for _, error, _ in PREDICTIONS.values()} - {None} == set(get_args(FailureKind))


@pytest.mark.slow
def test_verdicts_of_one_run_are_those_of_another(spider, verdicts):
    again = score(spider, [sql for sql, _, _ in PREDICTIONS.values()])
    assert [replace(v, seconds=0) for v in again] == [replace(v, seconds=0) for v in verdicts]


def test_another_number_of_predictions_is_refused(spider):
    answers = [["SELECT 1"] * 16, ["SELECT 1"] * 2]
    with pytest.raises(UserError, match="2 predictions for 16 examples"):
        next(score_split(scored_split(spider), answers, ScoringSettings()))


def test_absent_database_is_named_and_not_created(spider):
    absent = spider / "database" / "stable" / "stable.sqlite"
    absent.unlink()
    with pytest.raises(UserError, match=r"lacks 1 database: stable\. .*--skip_missing_databases"):
        score(spider, gold_sqls(spider))
    assert not absent.exists()


def test_damaged_database_stops_the_run(spider):
    (spider / "database" / "stable" / "stable.sqlite").write_bytes(b"")
    with pytest.raises(UserError, match=r"stable\.sqlite is not an SQLite database"):
        score(spider, gold_sqls(spider))


def break_gold(spider, gold_sql):
    rows = read_json(spider / "dev.json")
    rows[2]["query"] = gold_sql
    (spider / "dev.json").write_text(json.dumps(rows))


ENDLESS_JOIN = "SELECT count(*) FROM " + ", ".join("wing" for _ in range(30))
BROKEN_GOLD = [
    pytest.param("SELECT nickname FROM wing", "unknown_column: no such column", id="fails"),
    pytest.param(ENDLESS_JOIN, "timeout", id="runs_away", marks=pytest.mark.slow),
    pytest.param("-- nothing", "no_sql", id="is_empty"),
]


@pytest.mark.parametrize(("gold_sql", "message"), BROKEN_GOLD)
def test_gold_query_that_fails_is_named_and_stops_the_run(spider, gold_sql, message):
    predicted_sqls = gold_sqls(spider)
    break_gold(spider, gold_sql)
    with pytest.raises(UserError) as stopped:
        score(spider, predicted_sqls)
    assert f"example 2 (museum): {gold_sql}" in str(stopped.value)
    assert message in str(stopped.value)


def test_first_wording_is_the_first_example_with_the_same_database_and_gold_query(spider):
    split = scored_split(spider)
    first, other = split.examples[0], split.examples[8]
    spaced = replace(first, question="?", gold_sql=f" {first.gold_sql.upper()}\n")
    elsewhere = replace(first, db_id="stable", gold_sql=first.gold_sql)
    assert find_first_wordings([first, other, spaced, elsewhere, other]) == [0, 1, 0, 3, 1]


def test_each_gold_query_runs_once_for_all_variants(spider, monkeypatch):
    split = scored_split(spider)
    ran = []

    def run_gold(worker, database, gold_sql, run=judge.SqlWorker.run_gold):
        ran.append((database.stem, gold_sql))
        return run(worker, database, gold_sql)

    monkeypatch.setattr(judge.SqlWorker, "run_gold", run_gold)
    right, wrong = score_split(split, [gold_sqls(spider), ["SELECT 1"] * 16], ScoringSettings())
    assert [verdict.execution_match for verdict in right] == [True] * 16
    assert not any(verdict.execution_match for verdict in wrong)
    assert sorted(ran) == sorted({(ex.db_id, ex.gold_sql) for ex in split.examples})


def test_gold_query_that_fails_can_be_counted_apart(spider):
    predicted_sqls = gold_sqls(spider)
    break_gold(spider, "SELECT nickname FROM wing")
    verdicts = score(spider, predicted_sqls, allow_gold_errors=True)
    assert (verdicts[2].execution_match, verdicts[2].not_executed) == (None, "gold_error")
    scores = summarize_verdicts(verdicts)
    assert scores["scores"]["execution_accuracy"]["all"] == {"score": 1.0, "n": 15}
    assert scores["scores"]["exact_match"]["all"] == {"score": 1.0, "n": 15}


def test_gold_query_outside_spiders_grammar_is_scored_by_execution_without_a_flag(spider):
    predicted_sqls = gold_sqls(spider)
    predicted_sqls[2] = "SELECT CAST(count(*) AS REAL) FROM wing"
    break_gold(spider, predicted_sqls[2])
    verdicts = score(spider, predicted_sqls)
    assert (verdicts[2].execution_match, verdicts[2].not_executed) == (True, None)
    assert (verdicts[2].exact_match, verdicts[2].hardness) == (None, None)
    scores = summarize_verdicts(verdicts)["scores"]
    assert scores["execution_accuracy"]["all"] == {"score": 1.0, "n": 16}
    assert scores["exact_match"]["all"] == {"score": 1.0, "n": 15}
