"""The splits that preprocess.py prepared, as an evaluation asks them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from text2sql.data.spider import Example
from text2sql.data.spider_splits import missing_databases
from text2sql.errors import UserError
from text2sql.files import sha256_of_file, sha256_of_json
from text2sql.models.adapter_files import names_same_model
from text2sql.prompts.dataset import prompt_text, read_prompts
from text2sql.prompts.manifest import read_manifest, source_path
from text2sql.study.study import EvaluatedSplit

COLUMNS = ("id", "db_id", "question", "gold_sql")


@dataclass(frozen=True)
class PreparedSplit:
    """The prompts of one split of `processed_data`, with the paths of its databases."""

    name: str
    rows: list[dict[str, Any]]  # with COLUMNS and prompt_text
    tables_path: Path
    database_dir: Path
    prompts_sha256: str  # of the whole split, also where `--limit` takes its beginning
    role: str = "scoring"

    @property
    def examples(self) -> list[Example]:
        columns = ("db_id", "question", "gold_sql", "id")
        return [Example(*(row[column] for column in columns)) for row in self.rows]

    @property
    def db_ids(self) -> set[str]:
        return {row["db_id"] for row in self.rows}

    @property
    def missing_databases(self) -> list[str]:
        return missing_databases(self.db_ids, self.database_dir)

    @property
    def evaluated(self) -> EvaluatedSplit:
        """Return the split's entry in the study."""
        return EvaluatedSplit(
            name=self.name,
            n=len(self.rows),
            database_dir=str(self.database_dir),
            missing_databases=self.missing_databases,
            role=self.role,
        )


def read_split(
    data_dir: Path, name: str, limit: int | None, role: str = "scoring"
) -> PreparedSplit:
    """Return the first `limit` questions of a split, all of them for None."""
    rows = [
        {column: row[column] for column in COLUMNS} | {"prompt_text": prompt_text(row)}
        for row in read_prompts(data_dir, name).to_list()
    ]
    split = read_manifest(data_dir)["splits"][name]
    tables_path = source_path(data_dir, split, "tables_path")
    if not tables_path.is_file():
        raise UserError(
            f"{tables_path}, the schemas of {name}, is missing. Put the folder back, or run "
            "preprocess.py again with its new location."
        )
    if split.get("tables_sha256") not in (None, sha256_of_file(tables_path)):
        raise UserError(
            f"{tables_path} is no longer the file that the prompts in {data_dir} were made from. "
            "Restore it, or run preprocess.py again."
        )
    return PreparedSplit(
        name=name,
        rows=rows[:limit],
        tables_path=tables_path,
        database_dir=source_path(data_dir, split, "database_dir"),
        prompts_sha256=sha256_of_json([row["prompt_text"] for row in rows]),
        role=role,
    )


def resolve_base_model(data_dir: Path, recorded_model_id: str | None, model_id: str | None) -> str:
    """Return the base model as the prompts name it: `model_id`, or what the adapter recorded.

    Raises `UserError` where the prompts were made for another model.
    """
    chosen = model_id or recorded_model_id
    if chosen is None:
        raise UserError("The adapter does not record its base model; name it with --model_id.")
    made_for = str(read_manifest(data_dir)["model_id"])
    if names_same_model(made_for, chosen):
        return made_for
    prompts = f"The prompts in {data_dir} were made for {made_for}"
    if model_id is not None:
        raise UserError(
            f"{prompts}, not for {model_id}. Run preprocess.py --model_id {model_id}, or name "
            "other prompts with --data_dir."
        )
    raise UserError(
        f"{prompts}, the adapter for {chosen}. If that is the same model, pass --model_id "
        f"{made_for}; else run preprocess.py --model_id {chosen}."
    )
