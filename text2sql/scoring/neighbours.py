"""Neighbours of a database: copies with the same schema and other content.

A wrong prediction may match its gold query on one database by luck, as `SELECT max(age)` matches
`SELECT age` on a table of one row; on neighbours that happens less often. The idea is that of
test-suite accuracy (Zhong et al., 2020), but these are not its distilled databases, and a result on
them is not test-suite accuracy.
"""

import random
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from text2sql.data.spider import Schema
from text2sql.data.spider_archive import cache_dir
from text2sql.errors import UserError
from text2sql.files import atomic_write, sha256_of_file, sha256_of_json
from text2sql.scoring.execution.result_match import Row, Value
from text2sql.scoring.table_content import TableContent, quote, read_tables

VERSION = 1  # of the content; to be raised whenever it changes
MAX_ROWS = 1000  # of one table
SMALL_TABLE = 60  # rows up to which a table may grow
KEPT_REFERENCES = 0.4  # of those whose row still exists
LARGE = 1e15  # numbers that are not counted up
MAX_DECIMALS = 17
DUPLICATED = 0.25  # of the columns without a key whose values all differ

Item = TypeVar("Item")
Content = dict[str, list[Row]]  # the rows of each table, by its name in lower case


def make_neighbours(database: Path, schema: Schema, number: int) -> tuple[Path, ...]:
    """Return the paths of neighbours 1 to `number`, after making those that the cache lacks.

    Their content depends on the content of the database file and its foreign keys alone. They are
    in the user's cache, below a hash of these.
    """
    keys = [asdict(key) for key in schema.foreign_keys]
    digest = sha256_of_json([VERSION, sha256_of_file(database), keys])[:32]
    folder = cache_dir() / "neighbours" / digest
    paths = tuple(folder / f"{database.stem}_{index}.sqlite" for index in range(1, number + 1))
    if not all(path.is_file() for path in paths):
        try:
            with closing(open_original(database)) as original:
                write_neighbours(paths, original, read_tables(original, schema), digest)
        # Names in the messages for a damaged file may be no UTF-8.
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise UserError(
                f"No neighbours can be made of {database}: {error}. Leave out --neighbours."
            ) from None
    return paths


def write_neighbours(
    paths: Sequence[Path],
    original: sqlite3.Connection,
    tables: Mapping[str, TableContent],
    seed: str,
) -> None:
    """Write the neighbours that are missing, each from a random generator of its own."""
    for index, path in enumerate(paths):
        if not path.is_file():
            content = change_content(tables, random.Random(f"{seed} {index}"), index)
            with atomic_write(path) as temporary:
                write_database(temporary, original, tables, content)


def open_original(database: Path) -> sqlite3.Connection:
    uri = database.absolute().as_uri() + "?mode=ro&immutable=1"
    original = sqlite3.connect(uri, uri=True)
    original.text_factory = lambda text: text.decode(errors="ignore")
    original.execute("PRAGMA trusted_schema = OFF")
    return original


def change_content(tables: Mapping[str, TableContent], rng: random.Random, index: int) -> Content:
    """Return other rows for each table, whose foreign keys refer to rows that exist."""
    content: Content = {}
    for name, table in tables.items():
        columns: dict[int, list[Value]] = {}
        rows = choose_rows(table, rng, grows=index % 3 != 1)
        for position in sorted(range(len(table.columns)), key=table.parents.__contains__):
            values = [row[position] for row in rows]
            if position in table.parents:
                parent, key = table.parents[position]
                keys = columns[key] if parent == name else [row[key] for row in content[parent]]
                columns[position] = draw_references(values, keys, position in table.keys, rng)
            else:
                columns[position] = change_values(values, table, position, rng)
        content[name] = list(zip(*(columns[i] for i in range(len(columns))), strict=True))
    return content


def choose_rows(table: TableContent, rng: random.Random, grows: bool) -> list[Row]:
    """Return rows in another order: some of them, or in a small table that grows some twice."""
    if len(table.rows) > SMALL_TABLE:
        wanted = min(MAX_ROWS, round(len(table.rows) * rng.uniform(0.75, 1.0)))
    else:
        growth = rng.uniform(1.2, 2.0) if grows else rng.uniform(0.6, 1.0)
        wanted = round(len(table.rows) * growth)
    rows = shuffled(table.rows, rng)
    return [*rows, *rows[: max(0, wanted - len(rows))]][:wanted] if rows else []


def change_values(
    values: list[Value], table: TableContent, position: int, rng: random.Random
) -> list[Value]:
    """Return the values of a column unchanged, shuffled or drawn again from all of its values."""
    pool = [value for value in table.column(position) if value is not None]
    is_distinct = len(pool) == len(set(pool)) > 1
    way = rng.choices(("keep", "shuffle", "draw"), (0.2, 0.4, 0.4))[0]
    if position in table.keys or (is_distinct and rng.random() >= DUPLICATED):
        return make_distinct(values if way == "keep" else shuffled(values, rng), rng)
    if way == "shuffle":
        return shuffled(values, rng)
    if way == "draw" and pool:
        return [None if value is None else draw(pool, rng) for value in values]
    return values


def draw_references(
    values: Sequence[Value], keys: Sequence[Value], is_unique: bool, rng: random.Random
) -> list[Value]:
    """Return references to `keys`: to some often, to others never; if unique, to each once."""
    existing = [key for key in keys if key is not None]
    if not existing:
        return [None] * len(values)
    if is_unique:
        return [*shuffled(existing, rng), *[None] * len(values)][: len(values)]
    known = set(existing)
    referred = rng.sample(existing, k=max(1, len(existing) * 3 // 4))

    def change(value: Value) -> Value:
        is_kept = value is None or (value in known and rng.random() < KEPT_REFERENCES)
        return value if is_kept else rng.choice(referred)

    return [change(value) for value in values]


def make_distinct(values: Sequence[Value], rng: random.Random) -> list[Value]:
    """Return the values with another one instead of each that comes a second time."""
    used: set[Value] = {None}
    distinct: list[Value] = []
    for value in values:
        changed = value
        while changed in used and value is not None:
            changed = vary(changed, rng)
        used.add(changed)
        distinct.append(changed)
    return distinct


def vary(value: Value, rng: random.Random) -> Value:
    if isinstance(value, int | float):
        return rng.randint(1, 1000) + (int(value) if abs(value) < LARGE else 0)
    letter = rng.choice("abcdefghijklmnopqrstuvwxyz")
    return value + letter.encode() if isinstance(value, bytes) else f"{value}{letter}"


def draw(pool: Sequence[Value], rng: random.Random) -> Value:
    """Return one of the values, or where all are numbers often one between two of them."""
    one, other = rng.choice(pool), rng.choice(pool)
    if isinstance(one, str | bytes) or isinstance(other, str | bytes) or rng.random() < 0.5:
        return one
    if isinstance(one, int) and isinstance(other, int):
        return rng.randint(min(one, other), max(one, other))
    return round(rng.uniform(one or 0, other or 0), num_decimals(one))


def num_decimals(value: Value) -> int:
    """Return how many decimals a number is written with, as a bound on those of drawn numbers."""
    text = repr(value)
    return MAX_DECIMALS if "e" in text else len(text.partition(".")[2])


def shuffled(values: Sequence[Item], rng: random.Random) -> list[Item]:
    return rng.sample(values, k=len(values))


def write_database(
    path: Path, original: sqlite3.Connection, tables: Mapping[str, TableContent], content: Content
) -> None:
    """Write a database with the original's schema, without the rows that break a constraint."""
    statements = original.execute(
        "SELECT type, sql FROM sqlite_master WHERE type IN ('table', 'index', 'view') "
        "AND sql LIKE 'CREATE %' AND sql NOT LIKE 'CREATE VIRTUAL %' AND name NOT LIKE 'sqlite_%' "
        "ORDER BY rowid"
    ).fetchall()
    with closing(sqlite3.connect(path)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        for kind, sql in statements:
            if kind == "table":
                connection.execute(sql)
        for name, rows in content.items():
            columns = tables[name].columns
            names, marks = ", ".join(map(quote, columns)), ", ".join("?" * len(columns))
            insert = f"INSERT OR IGNORE INTO {quote(name)} ({names}) VALUES ({marks})"
            connection.executemany(insert, rows)
        for kind, sql in statements:
            if kind != "table":
                connection.execute(sql)
        connection.commit()
