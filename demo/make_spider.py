"""Write demo/spider, a small data set in Spider's official layout: python -m demo.make_spider

The tables, rows and words are those of demo/databases, the kinds of question those of
demo/kinds. The same seed gives the same files.
"""

import argparse
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import yaml

from demo.domains import Domain, connect, read_domains, tables_entry
from demo.slots import slots_of_domain
from text2sql.data.spider import database_path
from text2sql.files import write_json, write_text

SPIDER_DIR = Path(__file__).parent / "spider"
KINDS_DIR = Path(__file__).parent / "kinds"
# Questions of each hardness for one database, near the shares of Spider's own.
TRAIN_QUOTA = {"easy": 8, "medium": 12, "hard": 6, "extra": 5}
VALIDATION_QUOTA = {"easy": 9, "medium": 13, "hard": 7, "extra": 5}
SPLITS = (
    ("train", "train_spider.json", "train_gold.sql", TRAIN_QUOTA),
    ("validation", "dev.json", "dev_gold.sql", VALIDATION_QUOTA),
)
# Pattern and replacement; they know the forms of the queries in demo/kinds and no others.
NEAR_MISSES = (
    (r" WHERE (?!.* AND |.* OR |.*\()[^()]+?(?= GROUP| ORDER| INTERSECT| UNION| EXCEPT|$)", ""),
    (r" WHERE \S+ BETWEEN \d+ AND \d+", ""),
    (r" WHERE \S+ (NOT IN|<|>) \(SELECT .+\)$", ""),
    (r" WHERE [^()]+\)$", ")"),
    (r"(?<!BETWEEN) (\d+|'[^']*'|\(.+\)) (AND|OR) .+$", r" \1"),
    (r"WHERE \S+ [<>=]+ (\d+|'[^']*') (AND|OR) ", "WHERE "),
    (r" HAVING \S+ \S+ \d+", ""),
    (r" (INTERSECT|UNION|EXCEPT) .*$", ""),
    (r"^.* (INTERSECT|UNION|EXCEPT) ", ""),
    (r" LIMIT \d+$", ""),
    (r" DESC", " ASC"),
    (r" ASC", " DESC"),
    (r" > (?=\d|\()", " < "),
    (r" < (?=\d|\()", " > "),
)
NUM_DRAWS = 150  # before a kind is given up for a database


@dataclass(frozen=True)
class Kind:
    name: str
    hardness: str
    sql: str
    wordings: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output_dir", type=Path, default=SPIDER_DIR)
    parser.add_argument("--seed", type=int, default=42)
    arguments = parser.parse_args()
    write_spider(arguments.output_dir, arguments.seed)


def write_spider(output_dir: Path, seed: int) -> None:
    entries = []
    for split, examples_name, gold_name, quota in SPLITS:
        domains = read_domains(split)
        examples = make_examples(domains, quota, Random(f"{seed} {split}"))
        write_json(output_dir / examples_name, examples)
        lines = (f"{example['query']}\t{example['db_id']}\n" for example in examples)
        write_text(output_dir / gold_name, "".join(lines))
        entries += [tables_entry(domain) for domain in domains]
        for domain in domains:
            write_database(domain, database_path(output_dir / "database", domain.db_id))
        print(f"{split}: {len(examples)} questions on {len(domains)} databases")
    write_json(output_dir / "tables.json", entries)


def write_database(domain: Domain, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    connect(domain, path).close()


def read_kinds() -> list[Kind]:
    """Return the kinds of every hardness, in the order of their files."""
    return [
        Kind(name, hardness, entry["sql"], tuple(entry["ask"]))
        for hardness in TRAIN_QUOTA
        for name, entry in read_yaml(KINDS_DIR / f"{hardness}.yaml").items()
    ]


def read_yaml(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def make_examples(domains: list[Domain], quota: dict[str, int], random: Random) -> list[dict]:
    """Return examples, database after database; kinds and wordings are used evenly."""
    kinds, used, examples = read_kinds(), Counter(), []
    for domain in domains:
        connection, seen = connect(domain), set()
        for hardness, num_wanted in quota.items():
            fitting = [kind for kind in kinds if kind.hardness == hardness]
            for _ in range(num_wanted):
                examples.append(next_example(domain, connection, fitting, used, seen, random))
        connection.close()
    return examples


def next_example(
    domain: Domain,
    connection: sqlite3.Connection,
    kinds: list[Kind],
    used: Counter,
    seen: set[str],
    random: Random,
) -> dict:
    """Return an example of the kind that has been used least and gives a sound one here.

    Kinds that give none are taken out of `kinds`.
    """
    for kind in sorted(kinds, key=lambda kind: (used[domain.db_id, kind.name], used[kind.name])):
        for question, sql, wording in draw_questions(domain, kind, used, random):
            if sql not in seen and question not in seen and is_telling(connection, sql):
                seen.update((sql, question))
                used.update(((domain.db_id, kind.name), kind.name, wording))
                return {"db_id": domain.db_id, "question": question, "query": sql}
        kinds.remove(kind)
    raise SystemExit(f"{domain.db_id}: no question left; add rows or columns")


def draw_questions(
    domain: Domain, kind: Kind, used: Counter, random: Random
) -> Iterator[tuple[str, str, str]]:
    """Yield question, query and wording; the wording is the one that has been used least."""
    for _ in range(NUM_DRAWS):
        slots = slots_of_domain(domain, random)
        for wording in sorted(kind.wordings, key=lambda wording: used[wording]):
            try:
                question, sql = wording.format(**slots), kind.sql.format(**slots)
            except KeyError:  # these tables lack what the kind needs
                continue
            yield polish(question), sql, wording
            break


def polish(question: str) -> str:
    """Return the question with a capital at its start and `an` before a vowel."""
    question = re.sub(r"\ba (?=[aeio])", "an ", question)
    return question[0].upper() + question[1:]


def is_telling(connection: sqlite3.Connection, sql: str) -> bool:
    """Return whether the query has an answer that no near miss gives, and no tie leaves open."""
    rows = connection.execute(sql).fetchall()
    if not rows or rows in ([(0,)], [(None,)]) or has_ties(connection, sql):
        return False
    in_order = "ORDER BY" in sql
    answer = rows if in_order else sorted(rows, key=repr)
    for miss in near_misses(sql):
        found = connection.execute(miss).fetchall()
        if answer == (found if in_order else sorted(found, key=repr)):
            return False
    return True


def has_ties(connection: sqlite3.Connection, sql: str) -> bool:
    """Return whether rows share a place that decides the order or the cut of the result."""
    order = re.search(r" ORDER BY (.+?) (?:ASC|DESC)(?: LIMIT (\d+))?$", sql)
    if not order:
        return False
    ordered = sql[: order.start()]
    keys = f"SELECT {order[1]}" + ordered[ordered.index(" FROM ") :]
    places = sorted((row[0] for row in connection.execute(keys)), reverse=" DESC" in order[0])
    places = places[: int(order[2]) + 1] if order[2] else places
    return len(set(places)) < len(places) or len(places) < 2


def near_misses(sql: str) -> Iterator[str]:
    """Yield the query with a condition, set operation or limit left out, or a direction turned."""
    for pattern, replacement in NEAR_MISSES:
        miss = re.sub(pattern, replacement, sql, count=1)
        if miss != sql:
            yield miss


if __name__ == "__main__":
    main()
