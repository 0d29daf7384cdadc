"""The tables of a database with their rows and keys, each after those that it refers to."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from text2sql.data.spider import Schema
from text2sql.scoring.execution.result_match import Row, Value

MAX_ROWS_READ = 100_000  # of one table, so that a large database fits into memory


@dataclass
class TableContent:
    """One table; columns are known by their positions."""

    name: str
    columns: list[str]
    rows: list[Row]
    keys: set[int]  # a primary key or unique index of this column alone
    parents: dict[int, tuple[str, int]] = field(default_factory=dict)  # table and its column

    def column(self, position: int) -> list[Value]:
        return [row[position] for row in self.rows]


def read_tables(database: sqlite3.Connection, schema: Schema) -> dict[str, TableContent]:
    """Return the tables by name in lower case, each after those that it refers to.

    The foreign keys are those of `schema`, without those that close a cycle over several tables or
    refer to a column that refers elsewhere in the same table. Virtual tables are left out.
    """
    names = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
        "AND sql NOT LIKE 'CREATE VIRTUAL %' ORDER BY name"
    ).fetchall()
    tables = {name.lower(): read_table(database, name) for (name,) in names}
    for key in schema.foreign_keys:
        table, parent = tables.get(key.table.lower()), tables.get(key.referenced_table.lower())
        if table is not None and parent is not None:
            position = find_column(table, key.column)
            parent_position = find_column(parent, key.referenced_column)
            if position is not None and parent_position is not None:
                table.parents[position] = (parent.name.lower(), parent_position)
    for name, table in tables.items():
        table.parents = {
            position: (parent, key)
            for position, (parent, key) in table.parents.items()
            if parent != name or key not in table.parents
        }
    return sort_tables(tables)


def read_table(database: sqlite3.Connection, name: str) -> TableContent:
    described = database.execute(f"PRAGMA table_info({quote(name)})").fetchall()
    columns = [column[1] for column in described]
    primary_key = [position for position, column in enumerate(described) if column[5]]
    keys = set(primary_key) if len(primary_key) == 1 else set()
    for _, index, is_unique, *_ in database.execute(f"PRAGMA index_list({quote(name)})").fetchall():
        indexed = database.execute(f"PRAGMA index_info({quote(index)})").fetchall()
        if is_unique and len(indexed) == 1 and indexed[0][2] is not None:
            keys.add(columns.index(indexed[0][2]))
    listed = ", ".join(map(quote, columns))
    select = f"SELECT {listed} FROM {quote(name)} LIMIT {MAX_ROWS_READ}"
    rows = database.execute(select).fetchall()
    return TableContent(name, columns, rows, keys)


def find_column(table: TableContent, name: str) -> int | None:
    lowered = [column.lower() for column in table.columns]
    return lowered.index(name.lower()) if name.lower() in lowered else None


def sort_tables(tables: Mapping[str, TableContent]) -> dict[str, TableContent]:
    """Return the tables, each after its parents; foreign keys that close a cycle are removed."""
    done: dict[str, TableContent] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        for position, (parent, _) in list(tables[name].parents.items()):
            if parent == name:
                continue
            if parent in path:
                del tables[name].parents[position]
            elif parent not in done:
                visit(parent, (*path, parent))
        done[name] = tables[name]

    for name in tables:
        if name not in done:
            visit(name, (name,))
    return done


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
