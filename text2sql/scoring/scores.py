"""Verdicts -> `verdicts.jsonl` and `scores.json`, described in docs/SCORING.md."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from text2sql.counts import how_many
from text2sql.data.spider import Example, Schema, database_path, suite_paths
from text2sql.errors import UserError
from text2sql.files import folder_lock, read_object, sha256_of_file, sha256_of_json, write_jsonl
from text2sql.inference.prediction import PREDICTIONS_NAME
from text2sql.run_record import build_run_record
from text2sql.scoring.exact_match.clauses import summarize_partial_scores
from text2sql.scoring.judge import ScoredSplit, ScoringSettings, score_split
from text2sql.scoring.prediction_files import read_prediction_file
from text2sql.scoring.query_features import FEATURES
from text2sql.scoring.verdict import VERDICTS_NAME, Verdict
from text2sql.seals import write_sealed_object

SCORES_NAME = "scores.json"
FILES_KEY = "files_as_created"  # the hashes of the files that the scores were made from
Score = dict[str, float | int | None]  # "score", a fraction or None without values, and "n"
NO_FEATURE = "none"
HARDNESS_LEVELS = ("easy", "medium", "hard", "extra")


def score_file(
    predictions_path: Path,
    examples: Sequence[Example],
    schemas: Mapping[str, Schema],
    database_dir: Path,
    output_dir: Path,
    settings: ScoringSettings,
    *,
    allow_other_text: bool = False,
    **facts: Any,
) -> dict[str, Any]:
    """Score a file of predictions, write verdicts and scores into `output_dir`, return the scores.

    The run record in `scores.json` gets `facts`, the settings, and the hashes of the predictions
    and databases.
    """
    predictions = read_prediction_file(predictions_path, examples, allow_other_text)
    predicted_sqls = [prediction.predicted_sql for prediction in predictions]
    path, sha256 = str(predictions_path.resolve()), sha256_of_file(predictions_path)
    split = ScoredSplit(examples, schemas, database_dir)
    [verdicts] = score_split(split, [predicted_sqls], settings)
    with folder_lock(output_dir):  # verdicts and scores of one file
        return write_scores(
            output_dir,
            verdicts,
            flags=asdict(settings),
            sqlite=sqlite3.sqlite_version,
            predictions={"path": path, "sha256": sha256},
            databases=hash_databases(split),
            **facts,
        )


def describe_split(split: ScoredSplit) -> dict[str, Any]:
    """Return the hashes of what the predictions for a split are compared with."""
    db_ids = sorted({example.db_id for example in split.examples})
    return {
        "examples_sha256": sha256_of_json([asdict(example) for example in split.examples]),
        "questions_sha256": hash_questions(
            (example.db_id, example.question, example.gold_sql) for example in split.examples
        ),
        "schemas_sha256": sha256_of_json(
            {db_id: asdict(split.schemas[db_id]) for db_id in db_ids if db_id in split.schemas}
        ),
        "databases": hash_databases(split),
    }


def hash_questions(questions: Iterable[tuple[str, str, str]]) -> str:
    """Return the hash of what the report reads of the examples: db_id, question and gold SQL."""
    return sha256_of_json([list(question) for question in questions])


def hash_databases(split: ScoredSplit) -> dict[str, str | None]:
    """Return the hash of each database file that the examples use, None where it is missing.

    The key is the `db_id`, and for the other files of a test suite `<db_id>/<file name>`.
    """
    paths: dict[str, Path] = {}
    for db_id in sorted({example.db_id for example in split.examples}):
        paths[db_id] = database_path(split.database_dir, db_id)
        others = suite_paths(split.database_dir, db_id)
        paths |= {f"{db_id}/{path.name}": path for path in others}
    return {key: sha256_of_file(path) if path.is_file() else None for key, path in paths.items()}


def refuse_other_scores(predictions_path: Path, output_dir: Path) -> None:
    """Refuse to replace another file's scores; those of the same file may have changed."""
    scores_path = output_dir / SCORES_NAME
    if not scores_path.exists():
        return
    scored = read_object(scores_path).get("predictions", {})
    is_same_file = Path(scored.get("path", "")).resolve() == predictions_path.resolve()
    if not is_same_file and scored.get("sha256") != sha256_of_file(predictions_path):
        raise UserError(
            f"{output_dir} holds the scores of {scored.get('path', 'other predictions')}. Choose "
            "another folder with --output_dir, or pass --overwrite."
        )


def write_scores(output_dir: Path, verdicts: Sequence[Verdict], **facts: Any) -> dict[str, Any]:
    """Write `verdicts.jsonl` and `scores.json` into `output_dir`; return the latter."""
    scores = summarize_verdicts(verdicts) | build_run_record(**facts)
    write_jsonl(output_dir / VERDICTS_NAME, (verdict.to_json() for verdict in verdicts))
    paths = [output_dir / name for name in (PREDICTIONS_NAME, VERDICTS_NAME)]
    scores[FILES_KEY] = {path.name: sha256_of_file(path) for path in paths if path.exists()}
    write_sealed_object(output_dir / SCORES_NAME, scores)
    return scores


def summarize_verdicts(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the content of `scores.json`: fractions 0..1, each with its n."""
    executed = [verdict for verdict in verdicts if verdict.was_executed]
    scores = {
        name: score_by_hardness((v.hardness, value_of(v)) for v in verdicts)
        for name, value_of in SCORE_OF_VERDICT.items()
    }
    return {
        "n": len(verdicts),
        "scores": {
            name: score
            for name, score in scores.items()
            if score["all"]["n"] or name not in SCORES_ON_MORE_FILES
        },
        "errors": dict(Counter(v.error for v in executed if v.error).most_common()),
        "shares": {
            "unparsable": share([v.unparsable for v in verdicts]),
            "empty_equals_empty": share([v.empty_equals_empty for v in executed]),
            "timeout": share([v.error == "timeout" for v in executed]),
        },
        "not_executed": dict(Counter(v.not_executed for v in verdicts if v.not_executed)),
        "partial_match": summarize_partial_scores([v.clauses for v in verdicts if v.clauses]),
        "execution_accuracy_by_feature": score_by_feature(verdicts),
        "execution_accuracy_by_database": score_by_database(verdicts),
        "wordings": summarize_wordings(verdicts),
    }


def warning_of(scores: Mapping[str, Any]) -> str | None:
    """Return a warning where most of the predictions that were run are not even SQL."""
    num_executed = scores["n"] - sum(scores["not_executed"].values())
    num_syntax_errors = scores["errors"].get("syntax", 0)
    if 2 * num_syntax_errors <= num_executed:
        return None
    return (
        f"WARNING: syntax errors in {num_syntax_errors} of "
        f"{how_many(num_executed, 'prediction')}. Check that they are SQL."
    )


# The value of one verdict for each score, None where the verdict does not count for it.
SCORE_OF_VERDICT: dict[str, Callable[[Verdict], bool | None]] = {
    "exact_match": lambda verdict: verdict.exact_match,
    "execution_accuracy": lambda verdict: verdict.execution_match,
    "execution_accuracy_keep_distinct": lambda verdict: verdict.execution_match_keep_distinct,
    "valid_sql": lambda verdict: verdict.is_valid_sql,
    "test_suite_accuracy": lambda verdict: verdict.test_suite_match,
    "test_suite_accuracy_keep_distinct": lambda verdict: verdict.test_suite_match_keep_distinct,
    "neighbour_survival": lambda verdict: verdict.survives_neighbours,
}
# Left out where no database has several files, and where there are no neighbours.
SCORES_ON_MORE_FILES = (
    "test_suite_accuracy",
    "test_suite_accuracy_keep_distinct",
    "neighbour_survival",
)


def score_by_hardness(values: Iterable[tuple[str | None, bool | None]]) -> dict[str, Score]:
    """Return the score of each level from pairs (hardness, value), where None does not count."""
    by_level: dict[str, list[bool]] = {level: [] for level in ("all", *HARDNESS_LEVELS)}
    for hardness, value in values:
        if value is not None:
            by_level["all"].append(value)
            if hardness is not None:
                by_level[hardness].append(value)
    return {level: score_of(values) for level, values in by_level.items()}


def score_by_feature(verdicts: Iterable[Verdict]) -> dict[str, Score]:
    """Return EX where the gold query uses each feature, and under "none" where it uses none."""
    by_feature: dict[str, list[bool]] = {feature: [] for feature in (*FEATURES, NO_FEATURE)}
    for verdict in verdicts:
        if verdict.execution_match is not None and verdict.gold_features is not None:
            for feature in verdict.gold_features or [NO_FEATURE]:
                by_feature[feature].append(verdict.execution_match)
    return {feature: score_of(values) for feature, values in by_feature.items()}


def score_by_database(verdicts: Iterable[Verdict]) -> dict[str, Score]:
    """Return EX on each database, sorted by name."""
    by_database: dict[str, list[bool]] = {}
    for verdict in verdicts:
        if verdict.execution_match is not None:
            by_database.setdefault(verdict.db_id, []).append(verdict.execution_match)
    return {db_id: score_of(values) for db_id, values in sorted(by_database.items())}


def summarize_wordings(verdicts: Iterable[Verdict]) -> Score:
    """Return how consistent the answers are to several wordings of one gold query.

    Of the `n` gold queries that are executed in two or more examples: the shares that are right
    in all, in some and in none of them.
    """
    by_query: dict[int, list[bool]] = {}
    for verdict in verdicts:
        if verdict.execution_match is not None and verdict.first_wording is not None:
            by_query.setdefault(verdict.first_wording, []).append(verdict.execution_match)
    several = [values for values in by_query.values() if len(values) > 1]
    return {
        "n": len(several),
        "all_right": share([all(values) for values in several]),
        "some_right": share([any(values) and not all(values) for values in several]),
        "none_right": share([not any(values) for values in several]),
    }


def score_of(values: Sequence[bool]) -> Score:
    return {"score": share(values), "n": len(values)}


def share(values: Sequence[bool | None]) -> float | None:
    """Return the fraction of values that are true; None where there are none."""
    return sum(map(bool, values)) / len(values) if values else None
