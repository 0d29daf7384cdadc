"""Questions and queries over random tables."""

import re
from pathlib import Path
from random import Random
from typing import Any

import yaml

from demo.pretraining.lexicon import Lexicon
from demo.pretraining.random_schema import Table
from demo.pretraining.relations import relation, with_singular_verb
from demo.pretraining.template_words import general_slots, table_slots

KINDS_PATH = Path(__file__).parent / "question_templates.yaml"
QUESTION_WORDS = "what which how in from can who when where among of for is are to do does".split()


def read_kinds() -> dict[str, tuple[list[dict[str, Any]], list[int]]]:
    """Return the kinds and their weights by sort: table, child, parent and link."""
    kinds = yaml.safe_load(KINDS_PATH.read_text(encoding="utf-8"))
    return {name: (some, [kind["often"] for kind in some]) for name, some in kinds.items()}


KINDS = read_kinds()


def make_question(tables: list[Table], lexicon: Lexicon, random: Random) -> tuple[str, str]:
    """Return a question about the tables and its query, with aliases C, P and G."""
    while True:
        table = random.choice(tables)
        joined = bool(table.parents) and random.random() < 0.65
        sort = "table"
        if joined:
            linking = len(table.parents) > 1 and random.random() < 0.15
            sort = "link" if linking else random.choice(("child", "parent"))
        kinds, weights = KINDS[sort]
        kind = random.choices(kinds, weights)[0]
        slots = make_slots(table, lexicon, random)
        try:
            question = random.choice(kind["ask"]).format_map(slots)
            sql = kind["sql"].format_map(slots).replace("@", "C." if joined else "")
        except KeyError:  # the tables lack what the kind needs
            continue
        return polish(question), sql


def polish(question: str) -> str:
    question = " ".join(question.split())
    question = re.sub(r"\ba (?=[aeiou])", "an ", question)
    asks = question.split()[0].lower() in QUESTION_WORDS
    return question[0].upper() + question[1:] + ("?" if asks else ".")


def make_slots(table: Table, lexicon: Lexicon, random: Random) -> dict[str, str]:
    slots = general_slots(random) | table_slots(table, lexicon, random)
    if not table.parents:
        return slots
    (parent, key), *others = random.sample(table.parents, len(table.parents))
    slots |= relation_slots("", table, parent, lexicon, random)
    slots |= parent_slots("p_", "P.", parent, lexicon, random)
    slots |= {"pL": parent.label, "pkey": parent.key, "pt": parent.name}
    slots |= {"fk": key, "join": join_tables(table, parent, key, random)}
    for phrase in ("called", "fc_nouns"):
        if f"p_{phrase}" in slots:
            noun = f"{table.noun} {slots['in']} {slots[f'p_{phrase}']}"
            slots[f"sup_in_{phrase}"] = slots["sup_pattern"].format(noun=noun)
    if others:
        other, other_key = others[0]
        slots |= link_slots(table, (parent, key), (other, other_key), lexicon, random)
    elif parent.parents:
        grandparent, upper_key = random.choice(parent.parents)
        slots["join3"] = join_grandparent(table, key, parent, upper_key, grandparent)
        slots |= relation_slots("p_", parent, grandparent, lexicon, random)
        slots |= parent_slots("g_", "G.", grandparent, lexicon, random)
    return slots


def relation_slots(
    prefix: str, child: Table, parent: Table, lexicon: Lexicon, random: Random
) -> dict[str, str]:
    inside, verb, has = relation(child, parent, lexicon, random)
    return {
        f"{prefix}in": inside,
        f"{prefix}in_verb": verb,
        f"{prefix}in_verb_one": with_singular_verb(verb),
        f"{prefix}has": has,
        f"{prefix}has_one": with_singular_verb(has),
    }


def parent_slots(
    prefix: str, alias: str, parent: Table, lexicon: Lexicon, random: Random
) -> dict[str, str]:
    """Return the phrases about a joined table, their SQL with its alias."""
    slots = table_slots(parent, lexicon, random)
    called = {
        "called": slots["called"],
        "called_sql": slots["called_join_sql"].replace("@", alias),
    }
    plain = ("noun", "nouns", "name", "names", "that")
    kept = {name: slots[name] for name in plain} | called
    for phrase in ("fc", "fm"):
        if f"{phrase}_nouns" in slots:
            kept |= {f"{phrase}_{form}": slots[f"{phrase}_{form}"] for form in ("noun", "nouns")}
            kept[f"{phrase}_sql"] = slots[f"{phrase}_join_sql"].replace("@", alias)
    return {prefix + name: value for name, value in kept.items()}


def join_tables(table: Table, parent: Table, key: str, random: Random) -> str:
    first, second = f"{table.name} AS C", f"{parent.name} AS P"
    keys = f"C.{key}", f"P.{parent.key}"
    if random.random() < 0.5:
        first, second, keys = second, first, keys[::-1]
    return f"{first} JOIN {second} ON {keys[0]} = {keys[1]}"


def join_grandparent(table: Table, key: str, parent: Table, upper_key: str, upper: Table) -> str:
    return (
        f"{table.name} AS C JOIN {parent.name} AS P ON C.{key} = P.{parent.key} "
        f"JOIN {upper.name} AS G ON P.{upper_key} = G.{upper.key}"
    )


def link_slots(
    table: Table,
    first: tuple[Table, str],
    second: tuple[Table, str],
    lexicon: Lexicon,
    random: Random,
) -> dict[str, str]:
    """Return slots for the two tables, P and G, that this table, C, links."""
    (parent, key), (other, other_key) = first, second
    slots = relation_slots("l_", parent, other, lexicon, random)
    slots |= parent_slots("g_", "G.", other, lexicon, random)
    slots["gL"] = other.label
    slots["link_join"] = (
        f"{parent.name} AS P JOIN {table.name} AS C ON P.{parent.key} = C.{key} "
        f"JOIN {other.name} AS G ON C.{other_key} = G.{other.key}"
    )
    return slots
