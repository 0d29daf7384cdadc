"""Write demo/spider, a small data set in Spider's official layout:

    python -m demo.sources.make_spider

Tables, rows and their wording come from databases/, the kinds of question from question_kinds/.
The same seed gives the same files.
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

from demo.sources.domains import Domain, connect, read_domains, tables_entry
from demo.sources.slots import slots_of_domain
from text2sql.data.spider import database_path
from text2sql.files import write_json, write_text

SPIDER_DIR = Path(__file__).parents[1] / "spider"
KINDS_DIR = Path(__file__).parent / "question_kinds"


@dataclass(frozen=True)
class Split:
    name: str
    examples_name: str
    gold_name: str
    quota: dict[str, int]  # questions per database by hardness, close to Spider's own proportions


SPLITS = (
    Split(
        "train",
        "train_spider.json",
        "train_gold.sql",
        {"easy": 8, "medium": 12, "hard": 6, "extra": 5},
    ),
    Split(
        "validation", "dev.json", "dev_gold.sql", {"easy": 5, "medium": 8, "hard": 4, "extra": 3}
    ),
)
# Pattern and replacement; they cover the query forms in question_kinds/ and no others.
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
NUM_DRAWS = 150  # attempts before a kind is given up for a query


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
    for split in SPLITS:
        domains = read_domains(split.name)
        examples = make_examples(domains, split.quota, Random(f"{seed} {split.name}"))
        write_json(output_dir / split.examples_name, examples)
        lines = (f"{example['query']}\t{example['db_id']}\n" for example in examples)
        write_text(output_dir / split.gold_name, "".join(lines))
        entries += [tables_entry(domain) for domain in domains]
        for domain in domains:
            write_database(domain, database_path(output_dir / "database", domain.db_id))
        print(f"{split.name}: {len(examples)} questions on {len(domains)} databases")
    write_json(output_dir / "tables.json", entries)


def write_database(domain: Domain, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    connect(domain, path).close()


def read_kinds() -> list[Kind]:
    """Return the kinds of all hardnesses, in file order."""
    return [
        Kind(name, hardness, entry["sql"], tuple(entry["ask"]))
        for hardness in SPLITS[0].quota
        for name, entry in yaml.safe_load(
            (KINDS_DIR / f"{hardness}.yaml").read_text(encoding="utf-8")
        ).items()
    ]


def make_examples(
    domains: list[Domain], quota: dict[str, int], random: Random
) -> list[dict[str, str]]:
    """Return the examples, database by database; kinds and wordings are used evenly.

    As in Spider, some queries are asked in two wordings: the first of each hardness.
    """
    kinds, used, examples = read_kinds(), Counter[object](), []
    for domain in domains:
        maker = ExampleMaker(domain, used, random)
        for hardness, num_wanted in quota.items():
            candidates = [kind for kind in kinds if kind.hardness == hardness]
            examples += maker.make(candidates, num_wordings=2)
            for _ in range(num_wanted - 2):
                examples += maker.make(candidates, num_wordings=1)
        maker.connection.close()
    return examples


class ExampleMaker:
    """Makes the examples of one database and remembers what it has already asked."""

    def __init__(self, domain: Domain, used: Counter[object], random: Random):
        self.domain, self.used, self.random = domain, used, random
        self.connection = connect(domain)
        self.seen: set[str] = set()  # queries and questions

    def make(self, kinds: list[Kind], num_wordings: int) -> list[dict[str, str]]:
        """Return one new query in `num_wordings` wordings, of the least used kind that has one.

        Kinds that yield no sound query for this database are skipped.
        """
        db_id = self.domain.db_id
        for kind in sorted(kinds, key=lambda kind: (self.used[db_id, kind], self.used[kind])):
            for sql, questions in self.draw(kind):
                fresh = [pair for pair in questions if pair[1] not in self.seen][:num_wordings]
                if len(fresh) < num_wordings or sql in self.seen:
                    continue
                if not is_discriminating(self.connection, sql):
                    continue
                self.seen |= {sql, *(question for _, question in fresh)}
                self.used.update(((db_id, kind), kind, *(wording for wording, _ in fresh)))
                return [{"db_id": db_id, "question": text, "query": sql} for _, text in fresh]
        raise SystemExit(f"{db_id}: no question left; add rows or columns")

    def draw(self, kind: Kind) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield random queries, each with its wordings and questions, the least used first."""
        for _ in range(NUM_DRAWS):
            slots = slots_of_domain(self.domain, self.random)
            wordings = sorted(kind.wordings, key=lambda wording: self.used[wording])
            questions = [(wording, fill(wording, slots)) for wording in wordings]
            if sql := fill(kind.sql, slots):
                yield sql, [(wording, polish(text)) for wording, text in questions if text]


def fill(pattern: str, slots: dict[str, str]) -> str | None:
    """Return the pattern with its slots filled, None if these tables lack one of them."""
    try:
        return pattern.format(**slots)
    except KeyError:
        return None


def polish(question: str) -> str:
    """Return the question capitalized, with `an` before a vowel."""
    question = re.sub(r"\ba (?=[aeio])", "an ", question)
    return question[0].upper() + question[1:]


def is_discriminating(connection: sqlite3.Connection, sql: str) -> bool:
    """Return whether the query has an answer that no near miss gives and no tie leaves open."""
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
    """Return whether equal values make the order or the cut-off of the result ambiguous."""
    order = re.search(r" ORDER BY (.+?) (?:ASC|DESC)(?: LIMIT (\d+))?$", sql)
    if not order:
        return False
    ordered = sql[: order.start()]
    keys = f"SELECT {order[1]}" + ordered[ordered.index(" FROM ") :]
    values = sorted((row[0] for row in connection.execute(keys)), reverse=" DESC" in order[0])
    values = values[: int(order[2]) + 1] if order[2] else values
    return len(set(values)) < len(values) or len(values) < 2


def near_misses(sql: str) -> Iterator[str]:
    """Yield the query with a condition, set operation or limit dropped, or a direction reversed."""
    for pattern, replacement in NEAR_MISSES:
        miss = re.sub(pattern, replacement, sql, count=1)
        if miss != sql:
            yield miss


if __name__ == "__main__":
    main()
