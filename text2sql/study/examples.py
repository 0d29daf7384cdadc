"""The examples of an evaluated split, as the report reads them."""

from collections.abc import Mapping, Sequence

from text2sql.data.spider import Example, Schema
from text2sql.errors import UserError
from text2sql.files import read_jsonl, write_json, write_jsonl
from text2sql.prompts.schema_text import render_schema
from text2sql.study.folder import EvaluationFolder
from text2sql.study.study import EvaluatedSplit

AGAIN = "Restore the file, or run the evaluation again."


def write_examples(
    folder: EvaluationFolder,
    split_folder: str,
    examples: Sequence[Example],
    schemas: Mapping[str, Schema],
) -> None:
    """Write the examples of a split, and the schemas of their databases for the browser."""
    rows = (
        {
            "index": index,
            "id": example.id,
            "db_id": example.db_id,
            "question": example.question,
            "gold_sql": example.gold_sql,
        }
        for index, example in enumerate(examples)
    )
    write_jsonl(folder.examples(split_folder), rows)
    db_ids = dict.fromkeys(example.db_id for example in examples)
    shown = {db_id: render_schema(schemas[db_id], "compact") for db_id in db_ids}
    write_json(folder.schemas(split_folder), shown)


def read_examples(folder: EvaluationFolder, split: EvaluatedSplit) -> list[dict[str, str]]:
    """Return the examples of the split; a `UserError` where one is missing or has another shape."""
    path = folder.examples(split.folder)
    rows = read_jsonl(path)[: split.n]
    for number, row in enumerate(rows, start=1):
        for key in ("db_id", "question", "gold_sql"):
            if not isinstance(row.get(key), str):
                raise UserError(f"{path}, line {number}, has no text as `{key}`. {AGAIN}")
    if len(rows) < split.n:
        raise UserError(f"{path} has {len(rows)} of {split.n} examples. {AGAIN}")
    return rows
