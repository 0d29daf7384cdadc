"""Folders of predictions with their scores, bound by hashes: what is outdated is scored again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from text2sql.errors import UserError
from text2sql.files import sha256_of_file, sha256_of_json
from text2sql.inference.prediction import PREDICTIONS_NAME, read_all_predictions
from text2sql.scoring.judge import ScoredSplit, ScoringSettings, score_split
from text2sql.scoring.scores import (
    FILES_KEY,
    HARDNESS_LEVELS,
    SCORES_NAME,
    describe_split,
    write_scores,
)
from text2sql.scoring.verdict import VERDICTS_NAME
from text2sql.seals import read_sealed_object
from text2sql.typed_json import fits

SCORE_AGAIN = (
    "Restore it, or run the evaluation again without --report_only to score the answers again."
)
Numbers = dict[str, float | None]
SUMMARY_TYPES: dict[str, Any] = {
    "n": int,
    "scores": dict[str, dict[str, Numbers]],
    "errors": dict[str, int],
    "shares": Numbers,
    "not_executed": dict[str, int],
    "partial_match": dict[str, Numbers],
}
LATER_TYPES: dict[str, Any] = {"wordings": Numbers | None}  # which earlier versions did not write
LEVELS = {"all", *HARDNESS_LEVELS}
SHARES = {"unparsable", "empty_equals_empty", "timeout"}


def score_folders(
    split: ScoredSplit, folders: Sequence[Path], settings: ScoringSettings, /, **facts: Any
) -> None:
    """Score `predictions.jsonl` in each folder, named for its variant, and write the scores there.

    Skips the folders whose scores are those of the same predictions, examples, databases and
    settings, and whose files are as they were written.
    """
    scored_split = describe_split(split) | asdict(settings)
    answers: dict[Path, list[str]] = {}
    scored: dict[Path, dict[str, Any]] = {}
    for folder in folders:
        predictions = read_all_predictions(folder / PREDICTIONS_NAME)
        predicted_sqls = [prediction.predicted_sql for prediction in predictions]
        scored[folder] = {"predictions_sha256": sha256_of_json(predicted_sqls), **scored_split}
        if not are_current(folder, scored[folder]):
            answers[folder] = predicted_sqls
    verdicts_of_each = score_split(split, list(answers.values()), settings) if answers else ()
    for folder, verdicts in zip(answers, verdicts_of_each, strict=True):
        write_scores(folder, verdicts, variant=folder.name, scored=scored[folder], **facts)


def are_current(folder: Path, scored: Mapping[str, Any]) -> bool:
    """Return whether the folder has undamaged scores of what `scored` describes."""
    if not (folder / SCORES_NAME).exists():
        return False
    try:
        scores = read_scores(folder)
    except UserError:
        return False
    return FILES_KEY in scores and scores.get("scored") == scored


def read_scores(folder: Path) -> dict[str, Any]:
    """Return scores.json; a `UserError` where it, the predictions or the verdicts were changed.

    Earlier versions recorded no hashes of them: their scores are taken as they are.
    """
    scores = read_sealed_object(folder / SCORES_NAME, *SUMMARY_TYPES, advice=SCORE_AGAIN)
    refuse_other_shape(folder / SCORES_NAME, scores)
    files = scores.get(FILES_KEY, {})
    for name in (PREDICTIONS_NAME, VERDICTS_NAME):
        path = folder / name
        if name in files and not (path.exists() and sha256_of_file(path) == files[name]):
            change = "changed" if path.exists() else "removed"
            raise UserError(f"{path} was {change} after it was scored. {SCORE_AGAIN}")
    return scores


def refuse_other_shape(path: Path, scores: Mapping[str, Any]) -> None:
    """Raise a `UserError` where the report would not find what it reads: somebody may have sent it
    with a seal that fits."""
    for key, types in (SUMMARY_TYPES | LATER_TYPES).items():
        if not fits(scores.get(key), types):
            raise UserError(f"{path} has something else as `{key}` than numbers. {SCORE_AGAIN}")
    by_level = scores["scores"].values()
    is_whole = all("all" in score and score.keys() <= LEVELS for score in by_level)
    if not (is_whole and all(is_score(level) for score in by_level for level in score.values())):
        raise UserError(f"{path} has something else than shares with their n. {SCORE_AGAIN}")
    if not scores["shares"].keys() >= SHARES:
        raise UserError(
            f"{path} lacks one of the shares {', '.join(sorted(SHARES))}. {SCORE_AGAIN}"
        )


def is_score(level: Mapping[str, float | None]) -> bool:
    if not level.keys() >= {"score", "n"}:
        return False
    return level["score"] is None or 0 <= level["score"] <= 1
