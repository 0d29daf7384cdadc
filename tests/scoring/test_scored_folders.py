"""Scores in folders of predictions: kept while nothing changed, and never of other files."""

import contextlib
import sqlite3

import pytest
from scored_spider import gold_sqls, scored_split

from text2sql.errors import UserError
from text2sql.files import read_json, write_jsonl
from text2sql.inference.prediction import PREDICTIONS_NAME
from text2sql.scoring.judge import ScoringSettings
from text2sql.scoring.scored_folders import read_scores, score_folders
from text2sql.scoring.scores import SCORES_NAME
from text2sql.scoring.verdict import VERDICTS_NAME
from text2sql.seals import SEAL_KEY, write_sealed_object


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


@pytest.mark.parametrize("name", [VERDICTS_NAME, SCORES_NAME])
def test_an_edited_verdict_or_score_is_refused_and_scored_again(spider, folders, name):
    split = scored_split(spider)
    score_folders(split, folders, ScoringSettings(), split="validation")
    path = folders[0] / name
    path.write_text(path.read_text().replace("false", "true", 1).replace('"n": 16', '"n": 15', 1))
    with pytest.raises(UserError, match=f"{name} was changed after"):
        read_scores(folders[0])
    score_folders(split, folders, ScoringSettings(), split="validation")
    assert execution_accuracies(folders) == [0.0, 1.0]
    assert read_scores(folders[0])["n"] == 16


FORGED = {
    "shares in a text": ({"shares": "none"}, "something else as `shares`"),
    "no shares": ({"shares": {}}, "lacks one of the shares"),
    "a score in a text": ({"scores": {"exact_match": {"all": {"score": "1"}}}}, "`scores`"),
    "a score without n": ({"scores": {"exact_match": {"all": {"score": 1.0}}}}, "with their n"),
    "no overall score": ({"scores": {"exact_match": {}}}, "with their n"),
    "a huge score": (
        {"scores": {"exact_match": {"all": {"score": 10**400, "n": 1}}}},
        "with their",
    ),
    "wordings in a list": ({"wordings": [1]}, "something else as `wordings`"),
}


@pytest.mark.parametrize(("changed", "message"), FORGED.values(), ids=FORGED)
def test_forged_scores_of_another_shape_are_refused(spider, folders, changed, message):
    score_folders(scored_split(spider), folders[:1], ScoringSettings(), split="validation")
    path = folders[0] / SCORES_NAME
    scores = read_json(path) | changed
    scores.pop(SEAL_KEY)
    write_sealed_object(path, scores)
    with pytest.raises(UserError, match=message):
        read_scores(folders[0])


def test_predictions_that_were_edited_after_scoring_are_not_reported(spider, folders):
    score_folders(scored_split(spider), folders, ScoringSettings(), split="validation")
    rows = [{"index": i, "predicted_sql": "SELECT 1"} for i in range(16)]
    write_jsonl(folders[1] / PREDICTIONS_NAME, rows)
    with pytest.raises(UserError, match=f"{PREDICTIONS_NAME} was changed after it was scored"):
        read_scores(folders[1])


def test_predictions_are_paired_by_index_wherever_they_are_in_the_file(spider, folders):
    path = folders[1] / PREDICTIONS_NAME
    path.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))
    score_folders(scored_split(spider), folders, ScoringSettings(), split="validation")
    assert execution_accuracies(folders) == [0.0, 1.0]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda lines: [lines[0], *lines], "repeats the prediction with index 0"),
        (lambda lines: [*lines[:3], *lines[4:]], "lacks the prediction with index 3"),
    ],
    ids=["doubled", "lost"],
)
def test_a_doubled_or_lost_prediction_is_refused(spider, folders, damage, message):
    path = folders[1] / PREDICTIONS_NAME
    path.write_text("".join(damage(path.read_text().splitlines(keepends=True))))
    with pytest.raises(UserError, match=message):
        score_folders(scored_split(spider), folders, ScoringSettings(), split="validation")


def test_other_content_of_a_database_outdates_the_scores(spider, folders):
    split = scored_split(spider)
    score_folders(split, folders, ScoringSettings(), split="validation")
    with contextlib.closing(sqlite3.connect(spider / "database/museum/museum.sqlite")) as museum:
        museum.execute("DROP TABLE painting")
        museum.commit()
    with pytest.raises(UserError, match="gold queries failed"):
        score_folders(split, folders, ScoringSettings(), split="validation")
