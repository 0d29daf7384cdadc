"""Spider's examples, schemas and database files, from a folder in the official layout.

The layout and the keys are those of https://yale-lily.github.io/spider (Yu et al., 2018).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from text2sql.errors import UserError
from text2sql.files import read_json


@dataclass(frozen=True)
class Example:
    """One question with its gold query."""

    db_id: str
    question: str
    gold_sql: str
    id: str = ""  # the split and the place in its file, once it is known
    hardness: str | None = None  # easy, medium, hard or extra; None where it is not computed


@dataclass(frozen=True)
class Column:
    name: str  # as in the database file
    readable_name: str  # Spider's `column_names`: words in lower case
    type: str  # text, number, time, boolean or others


@dataclass(frozen=True)
class Table:
    name: str
    readable_name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]  # column names


@dataclass(frozen=True)
class ForeignKey:
    table: str
    column: str
    referenced_table: str
    referenced_column: str


@dataclass(frozen=True)
class Schema:
    """One entry of `tables.json`; tables, columns and keys keep their order there."""

    db_id: str
    tables: tuple[Table, ...]
    foreign_keys: tuple[ForeignKey, ...]


def read_examples(path: Path) -> list[Example]:
    """Return the examples of `train_spider.json` or `dev.json`, in the file's order."""
    try:
        examples = [Example(row["db_id"], row["question"], row["query"]) for row in read_json(path)]
    except (KeyError, TypeError):
        raise UserError(
            f"{path} must hold a list of objects with `db_id`, `question` and `query`."
        ) from None
    for number, example in enumerate(examples):
        if not all(map(is_text, (example.db_id, example.question, example.gold_sql))):
            raise UserError(
                f"{path}, example {number} (from 0): `db_id`, `question` and `query` must be text "
                "that UTF-8 can hold. Mend it."
            )
    return examples


def is_text(value: object) -> bool:
    """Tell whether it is a string without lone surrogates, which no tokenizer and no SQL takes."""
    return isinstance(value, str) and not re.search("[\ud800-\udfff]", value)


def read_schemas(path: Path) -> dict[str, Schema]:
    """Return the schemas of a `tables.json`, by `db_id`."""
    try:
        return {entry["db_id"]: parse_schema(entry) for entry in read_json(path)}
    except (KeyError, TypeError, IndexError, ValueError):
        raise UserError(f"{path} is not in the format of Spider's tables.json.") from None


def parse_schema(entry: dict) -> Schema:
    names = entry["column_names_original"]  # [index of the table, name]; the first is [-1, "*"]
    columns = [
        Column(name, readable_name, column_type)
        for (_, name), (_, readable_name), column_type in zip(
            names, entry["column_names"], entry["column_types"], strict=True
        )
    ]
    # A compound primary key is a list within the list in some releases of the format.
    primary_keys = {
        key
        for keys in entry["primary_keys"]
        for key in (keys if isinstance(keys, list) else [keys])
    }
    tables = []
    for index, (name, readable_name) in enumerate(
        zip(entry["table_names_original"], entry["table_names"], strict=True)
    ):
        own = [number for number, (table, _) in enumerate(names) if table == index]
        tables.append(
            Table(
                name,
                readable_name,
                tuple(columns[number] for number in own),
                tuple(columns[number].name for number in own if number in primary_keys),
            )
        )
    foreign_keys = tuple(
        ForeignKey(
            tables[names[column][0]].name,
            columns[column].name,
            tables[names[referenced][0]].name,
            columns[referenced].name,
        )
        for column, referenced in entry["foreign_keys"]
    )
    return Schema(entry["db_id"], tuple(tables), foreign_keys)


def database_path(database_dir: Path, db_id: str) -> Path:
    return database_dir / db_id / f"{db_id}.sqlite"
