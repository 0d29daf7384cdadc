"""Predictions and gold queries become verdicts and scores, in order and in full."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from text2sql.data.spider import Example, read_examples, read_schemas
from text2sql.errors import UserError
from text2sql.files import read_json, read_jsonl
from text2sql.scoring import verdict as scoring
from text2sql.scoring.scores import (
    drop_db_ids,
    read_predictions,
    score_file,
    summarize_verdicts,
)
from text2sql.scoring.verdict import ScoringSettings, score_predictions

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


@pytest.fixture
def spider(tiny_spider_dir, tmp_path):
    """A copy of the tiny data set that a test may damage; gold results are not kept from others."""
    scoring.KEPT_GOLD_RESULTS.clear()
    return Path(shutil.copytree(tiny_spider_dir, tmp_path / "spider"))


def score(spider, predicted_sqls, **changes):
    settings = ScoringSettings(**{"query_timeout_s": 1.0} | changes)
    examples = read_examples(spider / "dev.json")[: len(predicted_sqls)]
    schemas = read_schemas(spider / "tables.json")
    return score_predictions(predicted_sqls, examples, schemas, spider / "database", settings)


def gold_sqls(spider):
    return [example.gold_sql for example in read_examples(spider / "dev.json")]


@pytest.fixture(scope="module")
def verdicts(tiny_spider_dir):
    return score(tiny_spider_dir, [sql for sql, _, _ in PREDICTIONS.values()])


@pytest.mark.parametrize("index", PREDICTIONS, ids=[error for _, error, _ in PREDICTIONS.values()])
def test_verdict_names_the_kind_of_failure(verdicts, index):
    _, error, exact_match = PREDICTIONS[index]
    verdict = verdicts[index]
    assert (verdict["index"], verdict["db_id"]) == (index, "museum" if index < 8 else "stable")
    assert (verdict["error"], verdict["exact_match"]) == (error, exact_match)
    assert verdict["execution_match"] is verdict["execution_match_keep_distinct"] is (error is None)


def test_verdicts_of_one_run_are_those_of_another(spider, verdicts):
    again = score(spider, [sql for sql, _, _ in PREDICTIONS.values()])
    assert [v | {"seconds": 0} for v in again] == [v | {"seconds": 0} for v in verdicts]


def test_gold_against_gold_is_right_everywhere(spider):
    scores = summarize_verdicts(score(spider, gold_sqls(spider)))
    assert {name: levels["all"]["score"] for name, levels in scores["scores"].items()} == {
        "exact_match": 1.0,
        "execution_accuracy": 1.0,
        "execution_accuracy_keep_distinct": 1.0,
        "valid_sql": 1.0,
    }
    assert all(clause["f1"] == 1.0 for clause in scores["partial_match"].values())


def test_scores_count_what_the_verdicts_say(verdicts):
    scores = summarize_verdicts(verdicts)
    assert scores["n"] == 12
    assert scores["scores"]["execution_accuracy"]["all"] == {"score": 1 / 12, "n": 12}
    assert scores["scores"]["valid_sql"]["all"]["score"] == 4 / 12
    assert scores["errors"] == {error: 1 for _, error, _ in PREDICTIONS.values() if error}
    assert scores["shares"]["timeout"] == 1 / 12
    by_hardness = scores["scores"]["exact_match"]
    assert sum(by_hardness[level]["n"] for level in ("easy", "medium", "hard", "extra")) == 12


def test_no_rows_beside_no_rows_is_counted(spider):
    example = Example("museum", "?", "SELECT name FROM wing WHERE floor > 99")
    schemas = read_schemas(spider / "tables.json")
    verdicts = score_predictions(
        ["SELECT name FROM wing WHERE floor < 0"],
        [example],
        schemas,
        spider / "database",
        ScoringSettings(),
    )
    assert verdicts[0]["execution_match"] is True
    assert summarize_verdicts(verdicts)["shares"]["empty_equals_empty"] == 1.0


def test_another_number_of_predictions_is_refused(spider):
    examples = read_examples(spider / "dev.json")
    with pytest.raises(UserError, match="2 predictions for 16 examples"):
        score_predictions(["SELECT 1"] * 2, examples, {}, spider / "database", ScoringSettings())


def test_absent_database_is_named_and_not_created(spider):
    absent = spider / "database" / "stable" / "stable.sqlite"
    absent.unlink()
    with pytest.raises(UserError, match=r"missing from .*: stable\. .*--skip_missing_databases"):
        score(spider, gold_sqls(spider))
    assert not absent.exists()


def test_examples_without_database_can_be_counted_apart(spider):
    (spider / "database" / "stable" / "stable.sqlite").unlink()
    verdicts = score(spider, gold_sqls(spider), skip_missing_databases=True)
    assert (verdicts[8]["execution_match"], verdicts[8]["exact_match"]) == (None, True)
    scores = summarize_verdicts(verdicts)
    assert scores["not_executed"] == {"missing_database": 8}
    assert scores["scores"]["execution_accuracy"]["all"] == {"score": 1.0, "n": 8}
    assert scores["scores"]["exact_match"]["all"]["n"] == 16


def test_damaged_database_stops_the_run(spider):
    (spider / "database" / "stable" / "stable.sqlite").write_bytes(b"")
    with pytest.raises(UserError, match=r"stable\.sqlite is not an SQLite database"):
        score(spider, gold_sqls(spider))


def break_gold(spider, gold_sql):
    rows = read_json(spider / "dev.json")
    rows[2]["query"] = gold_sql
    (spider / "dev.json").write_text(json.dumps(rows))


BROKEN_GOLD = {
    "fails": ("SELECT nickname FROM wing", "unknown_column: no such column: nickname"),
    "runs_away": ("SELECT count(*) FROM " + ", ".join("wing" for _ in range(30)), "timeout"),
    "is_empty": ("-- nothing", "no_sql"),
}


@pytest.mark.parametrize(("gold_sql", "message"), BROKEN_GOLD.values(), ids=BROKEN_GOLD)
def test_gold_query_that_fails_is_named_and_stops_the_run(spider, gold_sql, message):
    predicted_sqls = gold_sqls(spider)
    break_gold(spider, gold_sql)
    with pytest.raises(UserError) as stopped:
        score(spider, predicted_sqls)
    assert f"example 2 (museum): {gold_sql}" in str(stopped.value)
    assert message in str(stopped.value)


def test_gold_query_that_fails_can_be_counted_apart(spider):
    predicted_sqls = gold_sqls(spider)
    break_gold(spider, "SELECT nickname FROM wing")
    verdicts = score(spider, predicted_sqls, allow_gold_errors=True)
    assert (verdicts[2]["execution_match"], verdicts[2]["not_executed"]) == (None, "gold_error")
    scores = summarize_verdicts(verdicts)
    assert scores["scores"]["execution_accuracy"]["all"] == {"score": 1.0, "n": 15}
    assert scores["scores"]["exact_match"]["all"] == {"score": 1.0, "n": 15}


def test_gold_results_are_kept_while_the_database_file_is_the_same(spider, monkeypatch):
    score(spider, gold_sqls(spider))
    ran = []
    monkeypatch.setattr(scoring.SqlWorker, "run_gold", lambda *question: ran.append(question))
    score(spider, gold_sqls(spider))
    assert not ran
    database = spider / "database" / "museum" / "museum.sqlite"
    database.write_bytes(database.read_bytes() + bytes(4096))
    with pytest.raises(AttributeError):  # the stand-in gives no result
        score(spider, gold_sqls(spider))
    assert {question[1] for question in ran} == {database}


def json_line(index, predicted_sql, **more):
    return json.dumps({"index": index, "predicted_sql": predicted_sql, **more}) + "\n"


LINES = {
    "one_sql_a_line": "SELECT 1\nSELECT 2\n",
    "no_newline_at_the_end": "SELECT 1\nSELECT 2",
    "windows_lines_and_a_mark_in_front": "\ufeffSELECT 1\r\nSELECT 2\r\n",
    "json_lines": json_line(0, "SELECT 1") + json_line(1, "SELECT 2"),
    "json_lines_in_another_order": json_line(1, "SELECT 2")
    + "\n"
    + json_line(0, "SELECT 1").strip(),
    "json_lines_that_say_more": json_line(0, "SELECT 1", id=7) + json_line(1, "SELECT 2", id=8),
}
EMPTY = {
    "blank_line": "\nSELECT 2\n",
    "empty_text_in_json": "\n" + json_line(0, "") + json_line(1, "SELECT 2"),
    "null_in_json": json_line(0, None) + json_line(1, "SELECT 2"),
}
WRONG = {
    "too_few_lines": ("SELECT 1\n", "1 lines for 2 examples"),
    "too_many_lines": ("SELECT 1\nSELECT 2\n\n", "3 lines for 2 examples"),
    "empty_file": ("", "0 lines for 2 examples"),
    "missing_index": ('{"index": 0, "predicted_sql": "SELECT 1"}', "first missing index is 1"),
    "repeated_index": ('{"index": 0, "predicted_sql": ""}\n' * 2, "line 2, repeats index 0"),
    "index_out_of_range": ('{"index": 2, "predicted_sql": ""}', "line 1, must hold"),
    "negative_index": ('{"index": -1, "predicted_sql": ""}', "line 1, must hold"),
    "index_that_is_true": ('{"index": true, "predicted_sql": ""}', "line 1, must hold"),
    "no_predicted_sql": ('{"index": 0, "sql": "SELECT 1"}', "line 1, must hold"),
    "predicted_sql_that_is_a_number": ('{"index": 0, "predicted_sql": 1}', "line 1, must hold"),
    "broken_json": ('{"index": 0, "predicted_sql": "SELECT 1', "line 1, must hold"),
    "bottomless_json": ('{"index": ' + "[" * 100_000, "line 1, must hold"),
}


@pytest.mark.parametrize("text", LINES.values(), ids=LINES)
def test_predictions_are_read(tmp_path, text):
    path = tmp_path / "predictions"
    path.write_bytes(text.encode())
    assert read_predictions(path, 2) == ["SELECT 1", "SELECT 2"]


@pytest.mark.parametrize("text", EMPTY.values(), ids=EMPTY)
def test_empty_prediction_keeps_its_place(tmp_path, text):
    path = tmp_path / "predictions"
    path.write_text(text)
    assert read_predictions(path, 2) == ["", "SELECT 2"]


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_wrong_predictions_file_is_refused(tmp_path, text, message):
    path = tmp_path / "predictions"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_predictions(path, 2)


def test_absent_predictions_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.sql"):
        read_predictions(tmp_path / "nowhere.sql", 2)


def test_stray_bytes_spoil_only_their_own_line(spider, tmp_path):
    path = tmp_path / "predictions.sql"
    path.write_bytes(b"SELECT '\xff\xfe'\n" + "\n".join(gold_sqls(spider)[1:]).encode())
    examples = read_examples(spider / "dev.json")
    schemas = read_schemas(spider / "tables.json")
    scores = score_file(
        path,
        examples,
        schemas,
        spider / "database",
        tmp_path,
        ScoringSettings(),
        split="validation",
    )
    verdicts = read_jsonl(tmp_path / "verdicts.jsonl")
    assert [verdict["error"] for verdict in verdicts] == ["syntax", *[None] * 15]
    assert scores == read_json(tmp_path / "scores.json")
    assert scores["flags"]["query_timeout_s"] == 10.0
    assert scores["split"] == "validation"
    assert set(scores["databases"]) == {"museum", "stable"}


def test_official_file_of_gold_queries_is_a_predictions_file(spider, tmp_path):
    examples = read_examples(spider / "dev.json")
    lines = [f"{example.gold_sql}\t{example.db_id}" for example in examples]
    assert drop_db_ids(lines, examples) == gold_sqls(spider)
    tabs_within = [sql.replace(" ", "\t") for sql in gold_sqls(spider)]
    assert drop_db_ids(tabs_within, examples) == tabs_within
    assert drop_db_ids([""] * 16, examples) == [""] * 16


def test_scoring_imports_neither_torch_nor_transformers(spider, tmp_path):
    program = f"""
import sys
from pathlib import Path
from text2sql.scoring.scores import ScoringSettings, score_file
from text2sql.data.spider import read_examples, read_schemas
spider = Path({str(spider)!r})
(spider / "predictions.sql").write_text("SELECT 1\\n" * 16)
if __name__ == "__main__":
    score_file(spider / "predictions.sql", read_examples(spider / "dev.json"),
               read_schemas(spider / "tables.json"), spider / "database", spider, ScoringSettings())
    sys.exit(bool({{"torch", "transformers", "datasets", "nltk"}} & sys.modules.keys()))
"""
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program], cwd=root).returncode == 0
