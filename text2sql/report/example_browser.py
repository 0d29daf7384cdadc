"""Questions with the SQL and the verdict of every variant, for the browser in report.html."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from text2sql.files import read_json, read_jsonl
from text2sql.inference.prediction import PREDICTIONS_NAME, Prediction, read_predictions
from text2sql.scoring.verdict import VERDICTS_NAME, read_verdicts

SCHEMAS_NAME = "schemas.json"
LONGEST_FORMATTED = 2000  # characters; longer SQL is no query that formatting would help to read
LONGEST_SHOWN = 4000


def browser_content(output_dir: Path, report: Mapping) -> dict:
    """Return what the page's script shows.

    `texts` holds each SQL and message once; an answer is (text of the SQL, is it right, is it an
    exact match, kind of failure, text of the message). `right` is None where it was not executed.
    """
    texts: dict[str, int] = {}
    splits = {
        name: split_content(output_dir / name, split, texts)
        for name, split in report["splits"].items()
        if (output_dir / name / "examples.jsonl").exists()
    }
    return {"splits": splits, "texts": list(texts)}


def split_content(folder: Path, split: Mapping, texts: dict[str, int]) -> dict:
    examples = read_jsonl(folder / "examples.jsonl")[: split["n"]]
    answers = {name: read_answers(folder / name, texts) for name in split["variants"]}
    verdicts = read_verdicts(folder / next(iter(answers)) / VERDICTS_NAME) if answers else []
    schemas_path = folder / SCHEMAS_NAME
    return {
        "examples": [
            {
                "question": example["question"],
                "db_id": example["db_id"],
                "hardness": verdict.hardness,
                "gold": place_of(format_sql(example["gold_sql"]), texts),
            }
            for example, verdict in zip(examples, verdicts, strict=bool(answers))
        ],
        "answers": answers,
        "schemas": read_json(schemas_path) if schemas_path.exists() else {},
    }


def read_answers(folder: Path, texts: dict[str, int]) -> list[tuple]:
    verdicts = read_verdicts(folder / VERDICTS_NAME)
    predictions = read_predictions(folder / PREDICTIONS_NAME)[: len(verdicts)]
    return [
        (
            place_of(shown_sql(prediction), texts),
            verdict.execution_match,
            verdict.exact_match,
            verdict.error or verdict.not_executed,
            place_of(verdict.error_message or "", texts),
        )
        for verdict, prediction in zip(verdicts, predictions, strict=True)
    ]


def shown_sql(prediction: Prediction) -> str:
    """Return the SQL that was scored; where there is none, what the model wrote instead."""
    if prediction.predicted_sql.strip():
        return format_sql(prediction.predicted_sql)
    return f"(no SQL in: {(prediction.generation or '')[:LONGEST_SHOWN]!r})"


@cache
def format_sql(sql: str) -> str:
    """Return the SQL with a line for each clause; as it is where sqlparse gives up."""
    import sqlparse

    if len(sql) > LONGEST_FORMATTED:
        return sql[:LONGEST_SHOWN]
    try:
        return sqlparse.format(sql, reindent=True, keyword_case="upper")
    except sqlparse.exceptions.SQLParseError:
        return sql


def place_of(text: str, texts: dict[str, int]) -> int:
    return texts.setdefault(text, len(texts))
