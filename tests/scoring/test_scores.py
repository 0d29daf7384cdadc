"""The scores of verdicts, of folders of predictions and of a file that somebody else wrote."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from scored_spider import gold_sqls, score, scored_split

from text2sql.data.spider import Example, read_examples, read_schemas
from text2sql.scoring.judge import ScoringSettings, score_split
from text2sql.scoring.scored_folders import read_scores
from text2sql.scoring.scores import (
    score_file,
    summarize_verdicts,
    warning_of,
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


def test_stray_bytes_that_are_allowed_spoil_only_their_own_line(spider, tmp_path):
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
        allow_other_text=True,
        split="validation",
    )
    verdicts = read_verdicts(tmp_path / VERDICTS_NAME)
    assert [verdict.error for verdict in verdicts] == ["syntax", *[None] * 15]
    assert scores == read_scores(tmp_path)
    assert scores["flags"]["query_timeout_s"] == 10.0
    assert scores["split"] == "validation"
    assert set(scores["databases"]) == {"museum", "stable"}


@pytest.mark.parametrize(("errors", "warned"), [(1, False), (2, False), (3, True)])
def test_mostly_syntax_errors_are_warned_of(errors, warned):
    verdicts = [executed(index, "syntax" if index < errors else None) for index in range(4)]
    verdicts.append(replace(executed(4), not_executed="gold_error"))
    warning = warning_of(summarize_verdicts(verdicts))
    assert (warning is not None) is warned
    if warning:
        assert "syntax errors in 3 of 4 predictions" in warning


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
