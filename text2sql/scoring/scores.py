"""A file of predictions -> `verdicts.jsonl` and `scores.json`, described in docs/SCORING.md."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from text2sql.data.spider import Example, Schema, database_path
from text2sql.errors import UserError
from text2sql.files import read_object, sha256_of_file, write_json, write_jsonl
from text2sql.run_record import build_run_record
from text2sql.scoring.exact_match.clauses import ClauseScore, summarize_partial_scores
from text2sql.scoring.verdict import ScoringSettings, score_predictions

HARDNESS_LEVELS = ("easy", "medium", "hard", "extra")
RAN = (None, "wrong_columns", "wrong_rows", "wrong_order")  # values of `error` for SQL that ran


def score_file(
    predictions_path: Path,
    examples: Sequence[Example],
    schemas: Mapping[str, Schema],
    database_dir: Path,
    output_dir: Path,
    settings: ScoringSettings,
    **facts: Any,
) -> dict:
    """Score a file of predictions, write verdicts and scores into `output_dir`, return the scores.

    `facts` go into the run record of `scores.json`, beside the settings and the hashes of the
    predictions and databases.
    """
    predicted_sqls = read_predictions(predictions_path, len(examples))
    predicted_sqls = drop_db_ids(predicted_sqls, examples)
    verdicts = score_predictions(predicted_sqls, examples, schemas, database_dir, settings)
    databases = {ex.db_id: database_path(database_dir, ex.db_id) for ex in examples}
    return write_scores(
        output_dir,
        verdicts,
        flags=asdict(settings),
        sqlite=sqlite3.sqlite_version,
        predictions={"path": str(predictions_path), "sha256": sha256_of_file(predictions_path)},
        databases={
            db_id: sha256_of_file(path) if path.is_file() else None
            for db_id, path in sorted(databases.items())
        },
        **facts,
    )


def refuse_other_scores(predictions_path: Path, output_dir: Path) -> None:
    """Refuse to replace another file's scores; those of the same file may have changed."""
    scores_path = output_dir / "scores.json"
    if not scores_path.exists():
        return
    scored = read_object(scores_path).get("predictions", {})
    is_same_file = Path(scored.get("path", "")).resolve() == predictions_path.resolve()
    if not is_same_file and scored.get("sha256") != sha256_of_file(predictions_path):
        raise UserError(
            f"{output_dir} holds the scores of {scored.get('path', 'other predictions')}. Choose "
            "another folder with --output_dir, or say --overwrite."
        )


def read_predictions(path: Path, num_examples: int) -> list[str]:
    """Return one predicted SQL for each example, "" where the prediction is empty.

    The file holds one SQL a line, where a blank line is an empty prediction, or JSON lines with
    `index` and `predicted_sql`. Refuses a file that does not have each example once.
    """
    try:
        # Bytes that are no UTF-8 spoil their own line, not the file.
        text = path.read_bytes().decode("utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    lines = text.removesuffix("\n").split("\n") if text else []
    if text.lstrip().startswith("{"):
        return read_indexed_predictions(path, lines, num_examples)
    if len(lines) != num_examples:
        raise UserError(
            f"{path} has {len(lines)} lines for {num_examples} examples: one SQL a line is needed, "
            "and a blank line for an empty prediction. Nothing was scored."
        )
    return [line.strip() for line in lines]


def drop_db_ids(predicted_sqls: Sequence[str], examples: Sequence[Example]) -> list[str]:
    """Return the SQL alone where each line ends in a tab and its `db_id`, as in dev_gold.sql."""
    pairs = [sql.rpartition("\t") for sql in predicted_sqls]
    if all(
        db_id == example.db_id
        for (_, _, db_id), example in zip(pairs, examples, strict=True)
        if db_id
    ):
        return [sql.strip() for sql, _, _ in pairs]
    return list(predicted_sqls)


def read_indexed_predictions(path: Path, lines: Sequence[str], num_examples: int) -> list[str]:
    predicted_sqls: dict[int, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            index, predicted_sql = row["index"], row["predicted_sql"] or ""
            is_right = type(index) is int and isinstance(predicted_sql, str)
        except (ValueError, KeyError, TypeError, RecursionError):
            is_right = False
        if not is_right or not 0 <= index < num_examples:
            raise UserError(
                f"{path}, line {number}, must hold `index` (0 to {num_examples - 1}) and "
                "`predicted_sql`. Nothing was scored."
            )
        if index in predicted_sqls:
            raise UserError(f"{path}, line {number}, repeats index {index}. Nothing was scored.")
        predicted_sqls[index] = predicted_sql
    missing = [index for index in range(num_examples) if index not in predicted_sqls]
    if missing:
        raise UserError(
            f"{path} has {len(predicted_sqls)} predictions for {num_examples} examples; the first "
            f"missing index is {missing[0]}. Nothing was scored."
        )
    return [predicted_sqls[index] for index in range(num_examples)]


def write_scores(output_dir: Path, verdicts: Sequence[dict], **facts: Any) -> dict:
    """Write `verdicts.jsonl` and `scores.json` into `output_dir`; return the latter."""
    scores = summarize_verdicts(verdicts) | build_run_record(**facts)
    write_jsonl(output_dir / "verdicts.jsonl", verdicts)
    write_json(output_dir / "scores.json", scores)
    return scores


def summarize_verdicts(verdicts: Sequence[dict]) -> dict:
    """Return the content of `scores.json`: fractions 0..1, each with its n."""
    executed = [verdict for verdict in verdicts if verdict["not_executed"] is None]
    parsed = [verdict for verdict in verdicts if verdict["exact_match"] is not None]
    return {
        "n": len(verdicts),
        "scores": {
            "exact_match": score_by_hardness(parsed, [v["exact_match"] for v in parsed]),
            "execution_accuracy": score_by_hardness(
                executed, [v["execution_match"] for v in executed]
            ),
            "execution_accuracy_keep_distinct": score_by_hardness(
                executed, [v["execution_match_keep_distinct"] for v in executed]
            ),
            "valid_sql": score_by_hardness(executed, [v["error"] in RAN for v in executed]),
        },
        "errors": dict(Counter(v["error"] for v in executed if v["error"]).most_common()),
        "shares": {
            "unparsable": share([v["unparsable"] for v in verdicts]),
            "empty_equals_empty": share([v["empty_equals_empty"] for v in executed]),
            "timeout": share([v["error"] == "timeout" for v in executed]),
        },
        "not_executed": count_not_executed(verdicts),
        "partial_match": summarize_clauses(parsed),
    }


def score_by_hardness(verdicts: Sequence[dict], values: Sequence[bool]) -> dict[str, dict]:
    """Return {level: {"score", "n"}}; a score of nothing is None."""
    by_level: dict[str, list[bool]] = {"all": list(values)}
    by_level |= {level: [] for level in HARDNESS_LEVELS}
    for verdict, value in zip(verdicts, values, strict=True):
        if verdict["hardness"] is not None:
            by_level[verdict["hardness"]].append(value)
    return {level: {"score": share(values), "n": len(values)} for level, values in by_level.items()}


def share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def count_not_executed(verdicts: Sequence[dict]) -> dict[str, int]:
    return dict(Counter(v["not_executed"] for v in verdicts if v["not_executed"]))


def summarize_clauses(verdicts: Sequence[dict]) -> dict[str, dict[str, float]]:
    return summarize_partial_scores(
        [
            {clause: ClauseScore(*score) for clause, score in verdict["clauses"].items()}
            for verdict in verdicts
        ]
    )
