"""A verdict is read as it was written, or refused with its file and line."""

import json
import re
from dataclasses import replace

import pytest

from text2sql.errors import UserError
from text2sql.files import write_jsonl
from text2sql.scoring.exact_match.clauses import ClauseScore
from text2sql.scoring.verdict import VERDICTS_NAME, Verdict, read_verdicts

OF_UNKNOWN_GOLD = Verdict(index=0, db_id="museum", unparsable=True, not_executed="gold_error")
COMPLETE = Verdict(
    index=1,
    db_id="museum",
    hardness="easy",
    exact_match=False,
    clauses={"select": ClauseScore(1, 1, True), "where": ClauseScore(0, 1, False)},
    unparsable=False,
    execution_match=False,
    execution_match_keep_distinct=False,
    error="wrong_rows",
    seconds=0.25,
    empty_equals_empty=False,
)


def test_verdicts_are_read_as_they_were_written(tmp_path):
    path = tmp_path / VERDICTS_NAME
    write_jsonl(path, (verdict.to_json() for verdict in (OF_UNKNOWN_GOLD, COMPLETE)))
    assert read_verdicts(path) == [OF_UNKNOWN_GOLD, COMPLETE]


VALID = {None: True, "wrong_columns": True, "wrong_order": True, "syntax": False, "timeout": False}


@pytest.mark.parametrize(("error", "is_valid"), VALID.items())
def test_sql_that_ran_is_valid(error, is_valid):
    assert replace(COMPLETE, error=error).is_valid_sql is is_valid


def test_what_was_not_executed_is_neither_valid_nor_invalid():
    assert OF_UNKNOWN_GOLD.is_valid_sql is None


DAMAGED_VERDICTS = {
    "field_missing": ({"index": 0, "db_id": "museum"}, "lacks `unparsable`"),
    "clause_too_short": (
        {"index": 0, "db_id": "museum", "unparsable": False, "clauses": {"select": [1, 1]}},
        "must have a list of three for each clause in `clauses`",
    ),
    "text_for_true": (
        {"index": 0, "db_id": "museum", "unparsable": False, "execution_match": "true"},
        "must have true or false or null as `execution_match`",
    ),
}


@pytest.mark.parametrize(("row", "message"), DAMAGED_VERDICTS.values(), ids=DAMAGED_VERDICTS)
def test_damaged_verdict_is_refused_with_its_file_and_line(tmp_path, row, message):
    path = tmp_path / VERDICTS_NAME
    path.write_text(json.dumps(OF_UNKNOWN_GOLD.to_json()) + "\n" + json.dumps(row))
    with pytest.raises(UserError, match=re.escape(f"{path}, line 2, {message}.")):
        read_verdicts(path)
