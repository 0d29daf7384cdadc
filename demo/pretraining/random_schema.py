"""Random schemas, of everyday things and of things of any name, and their values."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import yaml

from demo.pretraining.lexicon import (
    LABELS,
    SQL_WORDS,
    Lexicon,
    invent_word,
    make_name,
    make_proper_name,
    plural,
    read_held_out_words,
)
from demo.pretraining.measures import Measure, bank_measure, dated_measure, random_measure

THINGS_PATH = Path(__file__).parent / "everyday_things.yaml"
FEW_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
PLAIN_SCHEMAS = 0.35  # proportion that has everyday things under their own names only
EVERYDAY_TABLES = 0.65  # proportion of everyday things in the other schemas


@dataclass(frozen=True)
class Category:
    name: str
    values: tuple[str, ...] = ()  # of everyday_things.yaml
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    name: str
    noun: str
    nouns: str
    entity: str  # of everyday_things.yaml, or "any"
    key: str
    label: str
    categories: tuple[Category, ...]
    measures: tuple[Measure, ...]
    parents: "Parents" = ()  # each a table and the column that refers to it
    key_last: bool = True

    @property
    def columns(self) -> list[str]:
        own = [*(c.name for c in self.categories), *(m.name for m in self.measures)]
        keys = [key for _, key in self.parents]
        return [self.key, self.label, *(own + keys if self.key_last else keys + own)]

    @property
    def numbers(self) -> set[str]:
        return {self.key, *(m.name for m in self.measures), *(key for _, key in self.parents)}


Parents: TypeAlias = tuple[tuple[Table, str], ...]


@cache
def read_everyday_things() -> dict[str, Any]:
    """Return everyday_things.yaml without the names and values that have a held-out word."""
    things: dict[str, Any] = yaml.safe_load(THINGS_PATH.read_text(encoding="utf-8"))
    held_out = read_held_out_words() | SQL_WORDS

    def allowed(names: list[str]) -> list[str]:
        words = (set(name.lower().replace("_", " ").split()) for name in names)
        return [name for name, parts in zip(names, words, strict=True) if not parts & held_out]

    for entry in things["categories"].values():
        entry |= {"names": allowed(entry["names"]), "values": allowed(entry["values"])}
    for entry in things["measures"].values():
        entry["names"] = allowed(entry["names"])
    for entry in things["entities"].values():
        entry |= {"nouns": allowed(entry["nouns"]), "labels": allowed(entry["labels"])}
    return things


def make_tables(lexicon: Lexicon, random: Random) -> list[Table]:
    """Return one to four tables of different names; each may refer to one or two earlier ones.

    In a plain schema all names are those of everyday_things.yaml.
    """
    plain = random.random() < PLAIN_SCHEMAS
    tables = [make_table(lexicon, random, [], plain)]
    for _ in range(random.choice((0, 1, 1, 2, 2, 2, 3))):
        tables.append(make_table(lexicon, random, tables, plain))
    return tables


def make_table(lexicon: Lexicon, random: Random, others: list[Table], plain: bool) -> Table:
    taken = {word for other in others for word in (other.noun, other.name)}
    in_bank = plain or random.random() < EVERYDAY_TABLES
    entity = random.choice(list(read_everyday_things()["entities"])) if in_bank else "any"
    while spoken_name(noun := make_noun(entity, lexicon, random, plain)) in taken or noun in taken:
        pass
    used = {noun, "id"}
    parents = make_parents(others, lexicon, random)
    used |= {key for _, key in parents}
    key = "id" if random.random() < 0.15 else f"{noun}_id"
    label = make_label(noun, entity, lexicon, random, used)
    categories = make_categories(entity, lexicon, random, used, plain)
    return Table(
        name=plural(noun) if random.random() < 0.25 else noun,
        noun=spoken_name(noun),
        nouns=spoken_name(plural(noun)),
        entity=entity,
        key=key,
        label=label,
        categories=categories,
        measures=make_measures(entity, lexicon, random, used, plain),
        parents=parents,
        key_last=random.random() < 0.75,
    )


def spoken_name(name: str) -> str:
    return name.replace("_", " ")


def make_noun(entity: str, lexicon: Lexicon, random: Random, plain: bool) -> str:
    if plain:
        return str(random.choice(read_everyday_things()["entities"][entity]["nouns"]))
    if entity != "any" and random.random() < 0.75:
        return make_name(read_everyday_things()["entities"][entity]["nouns"], lexicon, random)
    return make_name(lexicon.entities, lexicon, random)


def make_parents(others: list[Table], lexicon: Lexicon, random: Random) -> Parents:
    """Return up to two of the tables, each with the name of the column that refers to it."""
    if not others or random.random() < 0.08:
        return ()
    parents = random.sample(others, 2 if len(others) > 1 and random.random() < 0.35 else 1)
    found: dict[str, Table] = {}
    for parent in parents:
        found.setdefault(make_foreign_key(parent, lexicon, random), parent)
    return tuple((parent, key) for key, parent in found.items())


def make_foreign_key(parent: Table, lexicon: Lexicon, random: Random) -> str:
    key = parent.key if parent.key != "id" else f"{parent.noun.replace(' ', '_')}_id"
    return f"{lexicon.draw_word(random)}_{key}" if random.random() < 0.12 else key


def make_categories(
    entity: str, lexicon: Lexicon, random: Random, used: set[str], plain: bool
) -> tuple[Category, ...]:
    things = read_everyday_things()
    found: list[Category] = []
    seen: set[str] = set()
    for _ in range(random.choice((0, 1, 1, 1, 1, 2, 2))):
        if entity == "any" or (not plain and random.random() < 0.2):
            found.append(Category(new_name(lexicon.categories, lexicon, random, used)))
            continue
        kind = random.choice(things["entities"][entity]["categories"])
        entry = things["categories"][kind]
        if kind in seen:
            continue
        seen.add(kind)
        name = new_name(entry["names"], lexicon, random, used, plain)
        found.append(Category(name, tuple(entry["values"]), tuple(entry["phrases"])))
    return tuple(found)


def make_measures(
    entity: str, lexicon: Lexicon, random: Random, used: set[str], plain: bool
) -> tuple[Measure, ...]:
    things = read_everyday_things()
    found: list[Measure] = []
    seen: set[str] = set()
    number = random.choice((1, 1, 1, 2, 2, 3))
    for _ in range(number):
        if entity == "any" or (found and not plain and random.random() < 0.2):
            if random.random() < 0.12:
                name = new_name(lexicon.participles, lexicon, random, used)
                found.append(dated_measure(name))
                continue
            name = new_name(lexicon.measures, lexicon, random, used)
            found.append(random_measure(name, number == 1, lexicon, random))
            continue
        kind = random.choice(things["entities"][entity]["measures"])
        if kind not in seen:
            seen.add(kind)
            entry = things["measures"][kind]
            name = new_name(entry["names"], lexicon, random, used, plain)
            found.append(bank_measure(entry, name, random))
    return tuple(found)


def new_name(
    choices: list[str], lexicon: Lexicon, random: Random, used: set[str], plain: bool = False
) -> str:
    """Return an unused name; in a plain schema one of the choices, if one is left."""
    left = [name for name in choices if name not in used] if plain else []
    name = random.choice(left) if left else make_name(choices, lexicon, random)
    while name in used:
        name = make_name(choices, lexicon, random)
    used.add(name)
    return name


def make_label(noun: str, entity: str, lexicon: Lexicon, random: Random, used: set[str]) -> str:
    draw = random.random()
    labels = LABELS if entity == "any" else read_everyday_things()["entities"][entity]["labels"]
    if draw < 0.35:
        label = f"{noun}_{random.choice(('name', 'name', 'title'))}"
    elif draw < 0.88:
        label = next(name for name in (random.choice(labels), "name", "title") if name not in used)
    else:
        return new_name(lexicon.entities, lexicon, random, used)
    used.add(label)
    return label


def make_value(category: Category, lexicon: Lexicon, random: Random) -> str:
    """Return a category's value: one of its own, a common word, a name, or two words."""
    if category.values and random.random() < 0.6:
        return random.choice(category.values)
    draw = random.random()
    if draw < 0.5:
        return lexicon.draw_word(random)
    if draw < 0.62:
        return f"{lexicon.draw_word(random)} {lexicon.draw_word(random)}"
    return make_proper_name(lexicon, random)


def make_common_words(lexicon: Lexicon, random: Random) -> str:
    """Return a few words to copy: common ones, names and invented ones."""
    makers = (
        lambda: lexicon.draw_word(random),
        lambda: random.choice(lexicon.entities),
        lambda: invent_word(lexicon, random),
        lambda: make_proper_name(lexicon, random),
    )
    return " ".join(random.choice(makers)() for _ in range(random.randint(2, 6)))
