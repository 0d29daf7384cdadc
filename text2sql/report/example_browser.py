"""Questions with the SQL and the verdict of every variant, for the browser in report.html."""

from functools import cache
from pathlib import Path
from typing import Any

from text2sql.files import read_object
from text2sql.inference.prediction import Prediction
from text2sql.report.content import Report
from text2sql.report.split_results import read_answers
from text2sql.report.split_tables import FEATURE_NAMES
from text2sql.study.examples import read_examples
from text2sql.study.folder import AnswersFolder, EvaluationFolder
from text2sql.study.study import EvaluatedSplit

LONGEST_FORMATTED = 2000  # characters; formatting longer SQL does not help to read it
LONGEST_SHOWN = 4000


Answer = tuple[int, bool | None, bool | None, str | None, int]


def browser_content(output_dir: Path, report: Report) -> dict[str, Any]:
    """Return what the page's script shows.

    `texts` holds each SQL and message once; an answer is (index of its SQL in texts, is it correct,
    is it an exact match, kind of failure, index of the message). None where it was not executed.
    """
    folder, texts = EvaluationFolder(output_dir), dict[str, int]()
    splits = {
        split.name: split_content(folder, split, report, texts)
        for split in report.study.splits
        if split.name in report.scoring_splits and folder.examples(split.folder).exists()
    }
    return {"base": report.base, "splits": splits, "texts": list(texts)}


def split_content(
    folder: EvaluationFolder, split: EvaluatedSplit, report: Report, texts: dict[str, int]
) -> dict[str, Any]:
    examples = read_examples(folder, split)
    variants = list(report.splits[split.name].variants)
    answers = {v: list_answers(folder.answers(split.folder, v), texts) for v in variants}
    first = read_answers(folder.answers(split.folder, variants[0])) if variants else []
    schemas_path = folder.schemas(split.folder)
    return {
        "examples": [
            {
                "question": example["question"],
                "db_id": example["db_id"],
                "hardness": verdict.hardness,
                "uses": [FEATURE_NAMES.get(name, name) for name in verdict.gold_features or []],
                "gold": index_of(format_sql(example["gold_sql"]), texts),
            }
            for example, (verdict, _) in zip(examples, first, strict=bool(answers))
        ],
        "answers": answers,
        "schemas": read_object(schemas_path) if schemas_path.exists() else {},
    }


def list_answers(answers: AnswersFolder, texts: dict[str, int]) -> list[Answer]:
    return [
        (
            index_of(shown_sql(prediction), texts),
            verdict.execution_match,
            verdict.exact_match,
            verdict.error or verdict.not_executed,
            index_of(verdict.error_message or "", texts),
        )
        for verdict, prediction in read_answers(answers)
    ]


def shown_sql(prediction: Prediction) -> str:
    """Return the SQL that was scored; where there is none, what the model wrote instead."""
    if prediction.predicted_sql.strip():
        return format_sql(prediction.predicted_sql)
    return f"(no SQL in: {(prediction.generation or '')[:LONGEST_SHOWN]!r})"


@cache
def format_sql(sql: str) -> str:
    """Return the SQL with one line per clause, or unchanged where sqlparse gives up."""
    import sqlparse

    if len(sql) > LONGEST_FORMATTED:
        return sql[:LONGEST_SHOWN]
    try:
        return sqlparse.format(sql, reindent=True, keyword_case="upper")
    except sqlparse.exceptions.SQLParseError:
        return sql


def index_of(text: str, texts: dict[str, int]) -> int:
    return texts.setdefault(text, len(texts))
