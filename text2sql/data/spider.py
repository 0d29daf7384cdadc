"""Spider's examples, schemas and database files, from a folder in the official layout.

The layout and the keys are those of https://yale-lily.github.io/spider (Yu et al., 2018).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from text2sql.errors import UserError
from text2sql.files import check_plain_name, read_json


@dataclass(frozen=True)
class Example:
    """One question with its gold query."""

    db_id: str
    question: str
    gold_sql: str
    id: str = ""  # the split and the index in its file, once known
    hardness: str | None = None  # easy, medium, hard or extra; None where not computed


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


# Spider-Syn, as its authors publish it, keeps Spider's own question beside the reworded one.
QUESTION_KEYS = ("SpiderSynQuestion", "question")


def read_examples(path: Path) -> list[Example]:
    """Return the examples of a file like `dev.json`, in its order.

    Raises a `UserError` that names the first example without a database, question or query.
    """
    rows = read_json(path)
    if not isinstance(rows, list):
        raise UserError(
            f"{path} must hold a list of objects with `db_id`, `question` and `query`. Correct it, "
            "or name another file."
        )
    return [
        read_example(row, f"{path}, example {index} (from 0)") for index, row in enumerate(rows)
    ]


def read_example(row: Any, where: str) -> Example:
    if not isinstance(row, Mapping):
        raise UserError(
            f"{where}, must be an object with `db_id`, `question` and `query`. Correct the file."
        )
    if "SQL" in row and "query" not in row:
        raise UserError(
            f"{where}: the gold query is under `SQL`, as in BIRD. Rename that key to `query`; "
            "BIRD's `evidence` is not put into prompts."
        )
    question_key = next((key for key in QUESTION_KEYS if key in row), "question")
    for key in ("db_id", question_key, "query"):
        if not is_text(row.get(key)):
            raise UserError(
                f"{where}: `{key}` must be text that is not empty and that UTF-8 can encode. "
                "Correct the file."
            )
    check_plain_name(row["db_id"], where)
    return Example(row["db_id"], row[question_key], row["query"])


def is_text(value: object) -> bool:
    """Return whether it is a string with visible characters that UTF-8 can encode.

    Neither a tokenizer nor SQLite accepts lone surrogates.
    """
    return is_string(value) and bool(str(value).strip())


def is_string(value: object) -> bool:
    return isinstance(value, str) and not re.search("[\ud800-\udfff]", value)


def read_schemas(path: Path) -> dict[str, Schema]:
    """Return the schemas of a `tables.json` by `db_id`; a `UserError` where it is malformed."""
    schemas: dict[str, Schema] = {}
    try:
        for entry in read_json(path):
            schema = parse_schema(entry)
            check_plain_name(schema.db_id, path)
            if schema.db_id in schemas:
                raise UserError(
                    f"{path} has two schemas with the db_id {schema.db_id!r}. Remove one of them."
                )
            schemas[schema.db_id] = schema
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        raise UserError(
            f"{path} is not in the format of Spider's tables.json "
            f"({type(error).__name__}: {error}). Correct it, or take Spider's own."
        ) from None
    return schemas


def parse_schema(entry: dict[str, Any]) -> Schema:
    names = entry["column_names_original"]  # [index of the table, name]; the first is [-1, "*"]
    require_names(entry)
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


def require_names(entry: dict[str, Any]) -> None:
    """Raise a ValueError where a name or a type is not text; readable names may be empty."""
    names = [entry["db_id"], *entry["table_names_original"]]
    names += [name for _, name in entry["column_names_original"]]
    readable = [*entry["table_names"], *entry["column_types"]]
    readable += [name for _, name in entry["column_names"]]
    if not (all(map(is_text, names)) and all(map(is_string, readable))):
        raise ValueError("a name is not text")


def database_path(database_dir: Path, db_id: str) -> Path:
    return database_dir / db_id / f"{db_id}.sqlite"


def suite_paths(database_dir: Path, db_id: str) -> list[Path]:
    """Return the other `.sqlite` files in a database's folder, sorted: those of a test suite.

    Hidden files, such as macOS adds to an archive, are not databases.
    """
    main = database_path(database_dir, db_id)
    found = (path for path in main.parent.glob("[!.]*.sqlite") if path.is_file())
    return sorted(path for path in found if path != main)
