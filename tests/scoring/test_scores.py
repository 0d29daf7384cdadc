"""The scores of verdicts, of folders of predictions and of a file that somebody else wrote."""

import contextlib
import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from scored_spider import gold_sqls, score, scored_split

from text2sql.data.spider import Example, read_examples, read_schemas
from text2sql.errors import UserError
from text2sql.files import read_json, write_jsonl
from text2sql.inference.prediction import PREDICTIONS_NAME
from text2sql.scoring.judge import ScoringSettings, score_split
from text2sql.scoring.scores import (
    SCORES_NAME,
    drop_db_ids,
    read_prediction_file,
    score_file,
    score_folders,
    summarize_verdicts,
)
from text2sql.scoring.verdict import VERDICTS_NAME, Verdict, read_verdicts


def test_gold_against_gold_is_right_everywhere(spider):
    scores = summarize_verdicts(score(spider, gold_sqls(spider)))
    assert {name: levels["all"]["score"] for name, levels in scores["scores"].items()} == {
        "exact_match": 1.0,
        "execution_accuracy": 1.0,
        "execution_accuracy_keep_distinct": 1.0,
        "valid_sql": 1.0,
    }
    assert all(clause["f1"] == 1.0 for clause in scores["partial_match"].values())


def executed(index, error=None, hardness="easy"):
    return Verdict(
        index=index,
        db_id="museum",
        hardness=hardness,
        exact_match=error is None,
        unparsable=error == "syntax",
        execution_match=error is None,
        execution_match_keep_distinct=False,
        error=error,
        empty_equals_empty=False,
    )


def test_scores_count_what_the_verdicts_say():
    verdicts = [
        executed(0),
        executed(1, "wrong_rows", hardness="extra"),
        executed(2, "wrong_rows"),
        executed(3, "syntax", hardness="medium"),
        Verdict(index=4, db_id="stable", unparsable=False, not_executed="gold_error"),
    ]
    scores = summarize_verdicts(verdicts)
    assert scores["n"] == 5
    accuracies = scores["scores"]["execution_accuracy"]
    assert accuracies == {
        "all": {"score": 1 / 4, "n": 4},
        "easy": {"score": 1 / 2, "n": 2},
        "medium": {"score": 0.0, "n": 1},
        "hard": {"score": None, "n": 0},
        "extra": {"score": 0.0, "n": 1},
    }
    assert scores["scores"]["execution_accuracy_keep_distinct"]["all"] == {"score": 0.0, "n": 4}
    assert scores["scores"]["valid_sql"]["all"] == {"score": 3 / 4, "n": 4}
    assert scores["errors"] == {"wrong_rows": 2, "syntax": 1}
    assert scores["shares"] == {"unparsable": 1 / 5, "empty_equals_empty": 0.0, "timeout": 0.0}
    assert scores["not_executed"] == {"gold_error": 1}


def right_or_wrong(index, right, first_wording, features, db_id="museum"):
    return Verdict(
        index=index,
        db_id=db_id,
        first_wording=first_wording,
        gold_features=features,
        unparsable=False,
        execution_match=right,
    )


def test_scores_are_split_by_what_the_gold_query_uses_and_by_database():
    scores = summarize_verdicts(
        [
            right_or_wrong(0, True, 0, ["join", "group_by"]),
            right_or_wrong(1, False, 1, ["join"]),
            right_or_wrong(2, True, 2, []),
            right_or_wrong(3, True, 3, None, db_id="stable"),  # its query cannot be parsed
            right_or_wrong(4, None, 4, ["join"]),
        ]
    )
    by_feature = scores["execution_accuracy_by_feature"]
    assert by_feature["join"] == {"score": 1 / 2, "n": 2}
    assert by_feature["group_by"] == {"score": 1.0, "n": 1}
    assert by_feature["none"] == {"score": 1.0, "n": 1}
    assert by_feature["nesting"] == {"score": None, "n": 0}
    by_database = scores["execution_accuracy_by_database"]
    assert by_database == {"museum": {"score": 2 / 3, "n": 3}, "stable": {"score": 1.0, "n": 1}}


def test_wordings_of_one_gold_query_are_compared():
    rights = [(True, 0), (True, 0), (True, 2), (False, 2), (False, 4), (False, 4), (True, 6)]
    rights += [(True, 7), (None, 7)]  # the second was not executed
    verdicts = [right_or_wrong(i, right, first, []) for i, (right, first) in enumerate(rights)]
    share = pytest.approx(1 / 3)
    expected = {"n": 3, "all_right": share, "some_right": share, "none_right": share}
    assert summarize_verdicts(verdicts)["wordings"] == expected


def test_no_rows_beside_no_rows_is_counted(spider):
    example = Example("museum", "?", "SELECT name FROM wing WHERE floor > 99")
    split = replace(scored_split(spider), examples=[example])
    answers = [["SELECT name FROM wing WHERE floor < 0"]]
    [verdicts] = score_split(split, answers, ScoringSettings())
    assert verdicts[0].execution_match is True
    assert summarize_verdicts(verdicts)["shares"]["empty_equals_empty"] == 1.0


def test_examples_without_database_can_be_counted_apart(spider):
    (spider / "database" / "stable" / "stable.sqlite").unlink()
    verdicts = score(spider, gold_sqls(spider), skip_missing_databases=True)
    assert (verdicts[8].execution_match, verdicts[8].exact_match) == (None, True)
    scores = summarize_verdicts(verdicts)
    assert scores["not_executed"] == {"missing_database": 8}
    assert scores["scores"]["execution_accuracy"]["all"] == {"score": 1.0, "n": 8}
    assert scores["scores"]["exact_match"]["all"]["n"] == 16


@pytest.fixture
def folders(spider, tmp_path):
    """The folders of two variants with their predictions."""
    for name, predicted_sqls in (("base", ["SELECT 1"] * 16), ("finetuned", gold_sqls(spider))):
        rows = [{"index": i, "predicted_sql": sql} for i, sql in enumerate(predicted_sqls)]
        write_jsonl(tmp_path / name / PREDICTIONS_NAME, rows)
    return [tmp_path / "base", tmp_path / "finetuned"]


def execution_accuracies(folders):
    scores = [read_json(folder / SCORES_NAME)["scores"] for folder in folders]
    return [score["execution_accuracy"]["all"]["score"] for score in scores]


def test_only_folders_whose_scores_are_outdated_are_scored(spider, folders):
    split = scored_split(spider)
    score_folders(split, folders, ScoringSettings(), split="validation")
    assert execution_accuracies(folders) == [0.0, 1.0]
    before = (folders[1] / SCORES_NAME).read_bytes()
    write_jsonl(
        folders[0] / PREDICTIONS_NAME,
        [{"index": i, "predicted_sql": sql} for i, sql in enumerate(gold_sqls(spider))],
    )
    score_folders(split, folders, ScoringSettings(), split="validation")
    assert execution_accuracies(folders) == [1.0, 1.0]
    assert (folders[1] / SCORES_NAME).read_bytes() == before


def test_other_content_of_a_database_outdates_the_scores(spider, folders):
    split = scored_split(spider)
    score_folders(split, folders, ScoringSettings(), split="validation")
    with contextlib.closing(sqlite3.connect(spider / "database/museum/museum.sqlite")) as museum:
        museum.execute("DROP TABLE painting")
        museum.commit()
    with pytest.raises(UserError, match="gold queries fail"):
        score_folders(split, folders, ScoringSettings(), split="validation")


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
    assert read_prediction_file(path, 2) == ["SELECT 1", "SELECT 2"]


@pytest.mark.parametrize("text", EMPTY.values(), ids=EMPTY)
def test_empty_prediction_keeps_its_place(tmp_path, text):
    path = tmp_path / "predictions"
    path.write_text(text)
    assert read_prediction_file(path, 2) == ["", "SELECT 2"]


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_wrong_predictions_file_is_refused(tmp_path, text, message):
    path = tmp_path / "predictions"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_prediction_file(path, 2)


def test_absent_predictions_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.sql"):
        read_prediction_file(tmp_path / "nowhere.sql", 2)


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
    verdicts = read_verdicts(tmp_path / VERDICTS_NAME)
    assert [verdict.error for verdict in verdicts] == ["syntax", *[None] * 15]
    assert scores == read_json(tmp_path / SCORES_NAME)
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
from text2sql.scoring.judge import ScoringSettings
from text2sql.scoring.scores import score_file
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
