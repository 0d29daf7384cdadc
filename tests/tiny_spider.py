"""A Spider-like data set in the official layout, small enough to build for every test session."""

import json
import sqlite3
from pathlib import Path

# db_id: (parent table, its text column, its number column), (child table, text, number)
TRAIN_DATABASES = {
    "orchard": (("grower", "town", "age"), ("apple", "color", "weight")),
    "library": (("author", "country", "prizes"), ("book", "genre", "pages")),
    "harbor": (("captain", "nation", "rank"), ("ship", "flag", "tonnage")),
    "school": (("teacher", "subject", "salary"), ("pupil", "hobby", "grade")),
    "garden": (("bed", "soil", "area"), ("flower", "scent", "height")),
}
VALIDATION_DATABASES = {
    "museum": (("wing", "style", "floor"), ("painting", "technique", "price")),
    "stable": (("stall", "side", "size"), ("horse", "breed", "speed")),
}
TEXT_VALUES = ("amber", "blue", "coral", "dusk")

# question and gold query; {p} parent, {c} child, {t} text column, {n} number column
QUESTIONS = (
    ("How many {c}s are there?", "SELECT count(*) FROM {c}"),
    ("List the {pt} of every {p}.", "SELECT {pt} FROM {p}"),
    ("Which {p}s have {pn} above 3? Give their names.", "SELECT name FROM {p} WHERE {pn} > 3"),
    (
        "Show the name and {cn} of each {c}, largest {cn} first.",
        "SELECT name ,  {cn} FROM {c} ORDER BY {cn} DESC",
    ),
    ("Count the {c}s of each {ct}.", "SELECT {ct} ,  count(*) FROM {c} GROUP BY {ct}"),
    (
        "What is the {pt} of the {p} of the {c} with the largest {cn}?",
        "SELECT T1.{pt} FROM {p} AS T1 JOIN {c} AS T2 ON T1.{p}_id  =  T2.{p}_id "
        "ORDER BY T2.{cn} DESC LIMIT 1",
    ),
    (
        "Give the names of {p}s with no {c}.",
        "SELECT name FROM {p} WHERE {p}_id NOT IN (SELECT {p}_id FROM {c})",
    ),
    (
        "Which {p}s have more than one {c} whose {ct} is 'amber' or 'blue'? Give name and count.",
        "SELECT T1.name ,  count(*) FROM {p} AS T1 JOIN {c} AS T2 ON T1.{p}_id  =  T2.{p}_id "
        "WHERE T2.{ct}  =  'amber' OR T2.{ct}  =  'blue' GROUP BY T1.{p}_id HAVING count(*) > 1",
    ),
)


def build_tiny_spider(directory: Path) -> Path:
    """Write train_spider.json, dev.json, tables.json and database/ into `directory`."""
    databases = TRAIN_DATABASES | VALIDATION_DATABASES
    for db_id, tables in databases.items():
        build_database(directory / "database" / db_id / f"{db_id}.sqlite", *tables)
    write(
        directory / "tables.json", [tables_entry(db_id, *databases[db_id]) for db_id in databases]
    )
    write(directory / "train_spider.json", examples_of(TRAIN_DATABASES))
    write(directory / "dev.json", examples_of(VALIDATION_DATABASES))
    return directory


def write(path: Path, value: list) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def examples_of(databases: dict) -> list[dict]:
    return [
        {"db_id": db_id, "question": question.format(**names), "query": query.format(**names)}
        for db_id, ((p, pt, pn), (c, ct, cn)) in databases.items()
        for names in [{"p": p, "pt": pt, "pn": pn, "c": c, "ct": ct, "cn": cn}]
        for question, query in QUESTIONS
    ]


def build_database(path: Path, parent: tuple, child: tuple) -> None:
    (p, pt, pn), (c, ct, cn) = parent, child
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.execute(
        f"CREATE TABLE {p} ({p}_id INTEGER PRIMARY KEY, name TEXT, {pt} TEXT, {pn} INTEGER)"
    )
    connection.execute(
        f"CREATE TABLE {c} ({c}_id INTEGER PRIMARY KEY, name TEXT, {ct} TEXT, {cn} INTEGER, "
        f"{p}_id INTEGER, FOREIGN KEY ({p}_id) REFERENCES {p}({p}_id))"
    )
    for number in range(1, 6):
        text = TEXT_VALUES[number % 4]
        connection.execute(
            f"INSERT INTO {p} VALUES (?, ?, ?, ?)", (number, f"{p} {number}", text, number + 1)
        )
    for number in range(1, 9):
        text, owner = TEXT_VALUES[number % 3], number % 4 + 1
        row = (number, f"{c} {number}", text, number * 7 % 11, owner)
        connection.execute(f"INSERT INTO {c} VALUES (?, ?, ?, ?, ?)", row)
    connection.commit()
    connection.close()


def tables_entry(db_id: str, parent: tuple, child: tuple) -> dict:
    (p, pt, pn), (c, ct, cn) = parent, child
    columns = [[-1, "*"]]
    columns += [[0, f"{p}_id"], [0, "name"], [0, pt], [0, pn]]
    columns += [[1, f"{c}_id"], [1, "name"], [1, ct], [1, cn], [1, f"{p}_id"]]
    return {
        "db_id": db_id,
        "table_names": [p, c],
        "table_names_original": [p, c],
        "column_names": [[table, name.replace("_", " ")] for table, name in columns],
        "column_names_original": columns,
        "column_types": "text number text text number number text text number number".split(),
        "primary_keys": [1, 5],
        "foreign_keys": [[9, 1]],
    }
