"""The hand-written databases: their tables, rows and wording, their schemas and SQLite files."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from demo.sources.phrases import complete_measure, forms

Value: TypeAlias = str | int | float
Entry: TypeAlias = dict[str, Any]  # as the YAML files write a table or a column

DOMAINS_DIR = Path(__file__).parent / "databases"


@dataclass(frozen=True)
class Column:
    name: str
    role: str  # key, label, category, measure or reference
    phrases: dict[str, str]  # its wording; for a reference also `refers_to`, the parent table

    @property
    def readable_name(self) -> str:
        return self.name.replace("_", " ")


@dataclass(frozen=True)
class Table:
    name: str
    noun: str
    nouns: str
    called: str  # one row by its label: "the {} cabin"
    person: bool
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    link: dict[str, str]  # for a linking table: its two keys and the wording of the relation

    def columns_of(self, role: str) -> list[Column]:
        return [column for column in self.columns if column.role == role]

    def values_of(self, column: Column) -> list[Value]:
        index = self.columns.index(column)
        return [row[index] for row in self.rows]

    def numbers_of(self, column: Column) -> list[float]:
        return [value for value in self.values_of(column) if not isinstance(value, str)]

    def texts_of(self, column: Column) -> list[str]:
        return [value for value in self.values_of(column) if isinstance(value, str)]


@dataclass(frozen=True)
class Domain:
    db_id: str
    tables: dict[str, Table]


def read_domains(split: str) -> list[Domain]:
    """Return the databases of `train` or `validation`, sorted by name."""
    return [read_domain(path) for path in sorted((DOMAINS_DIR / split).glob("*.yaml"))]


def read_domain(path: Path) -> Domain:
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Domain(path.stem, {name: read_table(name, entry) for name, entry in entries.items()})


def read_table(name: str, entry: Entry) -> Table:
    noun, nouns = forms(entry["nouns"])
    columns = tuple(read_column(key, value) for key, value in entry["columns"].items())
    rows = tuple(read_row(line, columns) for line in entry["rows"].splitlines())
    person, link = entry.get("person", False), entry.get("link", {})
    return Table(name, noun, nouns, entry.get("called", ""), person, columns, rows, link)


def read_column(name: str, entry: dict[str, str] | str) -> Column:
    readable_name = name.replace("_", " ")
    if isinstance(entry, str):  # "key" or "label"
        if entry == "key":
            return Column(name, "key", {})
        entry = {"label": readable_name}
    if "label" in entry:
        noun, nouns = forms(entry["label"])
        return Column(name, "label", {"noun": noun, "nouns": nouns})
    if "np" in entry:
        noun, nouns = forms(entry.get("nouns", readable_name))
        return Column(name, "category", {**entry, "noun": noun, "nouns": nouns})
    if "refers_to" in entry:
        return Column(name, "reference", entry)
    return Column(name, "measure", complete_measure(entry, readable_name))


def read_row(line: str, columns: tuple[Column, ...]) -> tuple[Value, ...]:
    cells = [cell.strip() for cell in line.split("|")]
    return tuple(
        cell if column.role in ("label", "category") else read_number(cell)
        for cell, column in zip(cells, columns, strict=True)
    )


def read_number(cell: str) -> int | float:
    return float(cell) if "." in cell else int(cell)


def connect(domain: Domain, path: Path | str = ":memory:") -> sqlite3.Connection:
    """Return a connection to a new SQLite database with the domain's rows."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA page_size = 1024")  # small files: they are kept in git
    for table in domain.tables.values():
        connection.execute(create_table_sql(table))
        marks = ", ".join("?" * len(table.columns))
        connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", table.rows)
    connection.commit()
    return connection


def create_table_sql(table: Table) -> str:
    parts = []
    for column in table.columns:
        key = " PRIMARY KEY" if column.role == "key" else ""
        parts.append(f"{column.name} {sqlite_type(table, column)}{key}")
    for column in table.columns_of("reference"):
        parent = column.phrases["refers_to"]
        parts.append(f"FOREIGN KEY ({column.name}) REFERENCES {parent}({parent}_id)")
    return f"CREATE TABLE {table.name} ({', '.join(parts)})"


def sqlite_type(table: Table, column: Column) -> str:
    if column.role in ("label", "category"):
        return "TEXT"
    return "REAL" if any(isinstance(v, float) for v in table.values_of(column)) else "INTEGER"


def tables_entry(domain: Domain) -> dict[str, object]:
    """Return the domain's entry in Spider's tables.json."""
    tables = list(domain.tables.values())
    columns = [(index, column) for index, table in enumerate(tables) for column in table.columns]
    number_of = {(i, column.name): n for n, (i, column) in enumerate(columns, start=1)}
    types = ["text" if c.role in ("label", "category") else "number" for _, c in columns]
    names = list(domain.tables)
    return {
        "db_id": domain.db_id,
        "table_names": [name.replace("_", " ") for name in names],
        "table_names_original": names,
        "column_names": [[-1, "*"], *([i, c.readable_name] for i, c in columns)],
        "column_names_original": [[-1, "*"], *([i, c.name] for i, c in columns)],
        "column_types": ["text", *types],
        "primary_keys": [number_of[i, c.name] for i, c in columns if c.role == "key"],
        "foreign_keys": [
            [number_of[i, c.name], number_of[names.index(parent), f"{parent}_id"]]
            for i, c in columns
            if c.role == "reference"
            for parent in [c.phrases["refers_to"]]
        ],
    }
