"""Questions and queries over random tables, to pre-train on."""

import re
from pathlib import Path
from random import Random

import yaml

from demo.lexicon import Lexicon, make_pseudo_word, plural
from demo.synthetic_phrases import (
    Phrase,
    average_phrase,
    called_phrase,
    category_phrase,
    fitting_adjectives,
    measure_phrase,
    relation,
    spoken,
    superlative,
)
from demo.synthetic_schema import FEW_WORDS, Table, make_number, make_value

KINDS_PATH = Path(__file__).parent / "synthetic_kinds.yaml"
SHOW = (
    "Show",
    "Display",
    "Report",
    "Print",
    "Retrieve",
    "Return",
    "Get",
    "Look up",
    "State",
    "Give",
    "Find",
    "List",
    "What is",
    "What are",
    "Tell us",
    "Let me see",
    "Can you get me",
    "Please list",
)
AGGREGATES = {
    "max": ("greatest", "largest", "highest", "top", "maximum"),
    "min": ("smallest", "least", "lowest", "minimum"),
}
TIMES = ((">= {}", "at least {}"), ("> {}", "more than {}"), ("= {}", "exactly {}"))


def read_kinds() -> dict[str, tuple[list[dict], list[int]]]:
    """Return the kinds on one table, about a child and about a parent, with their weights."""
    kinds = yaml.safe_load(KINDS_PATH.read_text(encoding="utf-8"))
    return {name: (some, [kind["often"] for kind in some]) for name, some in kinds.items()}


KINDS = read_kinds()


def make_question(tables: list[Table], lexicon: Lexicon, random: Random) -> tuple[str, str]:
    """Return a question about the tables and its query, whose aliases are C., P. and G."""
    while True:
        table = random.choice(tables)
        joined = table.parent is not None and random.random() < 0.65
        kinds, weights = KINDS[random.choice(("child", "parent")) if joined else "table"]
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
    asks = question.startswith(("What", "Which", "How", "In", "From", "Can"))
    return question[0].upper() + question[1:] + ("?" if asks else ".")


def make_slots(table: Table, lexicon: Lexicon, random: Random) -> dict[str, str]:
    slots = general_slots(random) | table_slots(table, lexicon, random)
    if table.parent is None:
        return slots
    slots |= relation_slots(lexicon, random)
    slots |= parent_slots("p_", "P.", table.parent, lexicon, random)
    slots |= {"pL": table.parent.label, "pkey": table.parent.key, "pt": table.parent.name}
    slots |= {"fk": table.foreign_key, "join": join_tables(table, random)}
    if table.parent.parent is not None:
        slots["join3"] = join_grandparent(table)
        slots["p_in"] = relation(lexicon, random)[0]
        slots |= parent_slots("g_", "G.", table.parent.parent, lexicon, random)
    return slots


def general_slots(random: Random) -> dict[str, str]:
    few, times = random.randint(2, 5), random.choice(TIMES)
    count = random.randint(2, 6)
    most = random.random() < 0.8
    show, aggregate = random.choice(SHOW), random.choice(("max", "min"))
    return {
        "show": show,
        "show_": show[0].lower() + show[1:],
        "mean": random.choice(("average", "average", "mean")),
        "agg": aggregate,
        "agg_word": random.choice(AGGREGATES[aggregate]),
        "few": str(few),
        "few_word": random.choice((FEW_WORDS[few], str(few))),
        "times_sql": times[0].format(count),
        "times": times[1].format(random.choice((count, FEW_WORDS.get(count, "six")))),
        "most_sql": "DESC" if most else "ASC",
        "most": "the most" if most else random.choice(("the fewest", "the least")),
        "most_often": "most often" if most else "least often",
        "height": random.choice(("highest", "greatest") if most else ("lowest", "smallest")),
    }


def table_slots(table: Table, lexicon: Lexicon, random: Random) -> dict[str, str]:
    name = spoken(table.label)
    name = "name" if name.endswith(" name") or random.random() < 0.15 else name
    slots = {
        "t": table.name,
        "noun": table.noun,
        "nouns": table.nouns,
        "all_nouns": random.choice((f"all {table.nouns}", f"every {table.noun}", table.nouns)),
        "L": table.label,
        "name": name,
        "names": plural(name),
    }
    called, sql = called_phrase(table, lexicon, random)
    slots |= {"called": called, "called_sql": sql.replace("@", ""), "called_join_sql": sql}
    word = random.choice((make_pseudo_word(random), lexicon.draw_word(random)))
    slots |= {"part": word[:3] if random.random() < 0.4 else word, "initial": word[0].upper()}
    if table.categories:
        slots |= category_slots(table, lexicon, random)
    slots |= measure_slots(table, random)
    return slots | with_condition(slots, table)


def category_slots(table: Table, lexicon: Lexicon, random: Random) -> dict[str, str]:
    column = random.choice(table.categories)
    value, other = make_value(lexicon, random), make_value(lexicon, random)
    implicit = random.random() < (0.7 if len(table.categories) == 1 else 0.15)
    seed = random.random()
    phrase = category_phrase(column, value, lexicon, Random(seed), implicit)
    second = category_phrase(column, other, lexicon, Random(seed), implicit)
    words = f"{value} or {other}"
    either = category_phrase(column, words, lexicon, Random(seed), implicit)
    return {
        "C": column,
        "cat": spoken(column),
        "cats": plural(spoken(column)),
        **phrase_slots("fc", phrase, table),
        "fc_or_nouns": either.describe(table.nouns),
        "fc_after": phrase.after or f"that {phrase.verb}",
        "fc_phrase": phrase,
        "other_value": other,
        "other_nouns": second.describe(table.nouns),
        "other_sql": second.sql.replace("@", ""),
        "other_join_sql": second.sql,
    }


def measure_slots(table: Table, random: Random) -> dict[str, str]:
    column = random.choice(table.measures)
    low, high = sorted((make_number(random, False), make_number(random, False) + 1))
    before, after, direction = superlative(table, column, random)
    down = random.random() < 0.5
    ways = ("from high to low", "in falling order", "downwards", "largest first")
    if not down:
        ways = ("from low to high", "in rising order", "upwards", "smallest first")
    adjectives = fitting_adjectives(table, column, random)
    how = {"how": f"How {adjectives[0]}", "how_": f"how {adjectives[0]}"} if adjectives else {}
    return how | {
        "N": column,
        "num": "year " + spoken(column) if column in table.years else spoken(column),
        "low": str(low),
        "high": str(high),
        **phrase_slots("fm", measure_phrase(table, column, random), table),
        **phrase_slots("fa", average_phrase(table, column, random), table),
        "sup": direction,
        "sup_agg": "max" if direction == "DESC" else "min",
        "sup_noun": f"{before} {table.noun} {after}",
        "sup_nouns": f"{before} {table.nouns} {after}",
        "sup_before": before,
        "sup_after": after,
        "order": "DESC" if down else random.choice(("ASC", "ASC", "")),
        "ordered": f"{random.choice(('by', 'sorted by', 'ranked by'))} {spoken(column)} "
        f"{random.choice(ways)}",
    }


def with_condition(slots: dict[str, str], table: Table) -> dict[str, str]:
    """Return the superlative of a noun that has a condition too: "the oldest red pen"."""
    phrase = slots.get("fc_phrase")
    if phrase is None:
        return {}
    noun = f"{phrase.before} {table.noun} {slots['sup_after']} {phrase.after}"
    return {"sup_fc_noun": f"{slots['sup_before']} {noun}"}


def phrase_slots(name: str, phrase: Phrase, table: Table) -> dict[str, str]:
    return {
        f"{name}_nouns": phrase.describe(table.nouns),
        f"{name}_noun": phrase.describe(table.noun),
        f"{name}_verb": phrase.verb,
        f"{name}_sql": phrase.sql.replace("@", ""),
        f"{name}_join_sql": phrase.sql,
    }


def relation_slots(lexicon: Lexicon, random: Random) -> dict[str, str]:
    inside, verb, has = relation(lexicon, random)
    one = "has" if has == "have" else plural(has)
    return {"in": inside, "in_verb": verb, "has": has, "has_one": one}


def parent_slots(prefix: str, alias: str, parent: Table, lexicon: Lexicon, random: Random) -> dict:
    """Return the phrases about a table that is joined, their SQL with its alias."""
    slots = table_slots(parent, lexicon, random)
    called = {
        "called": slots["called"],
        "called_sql": slots["called_join_sql"].replace("@", alias),
    }
    kept = {name: slots[name] for name in ("noun", "nouns", "name", "names")} | called
    for phrase in ("fc", "fm"):
        if f"{phrase}_nouns" in slots:
            kept |= {f"{phrase}_{form}": slots[f"{phrase}_{form}"] for form in ("noun", "nouns")}
            kept[f"{phrase}_sql"] = slots[f"{phrase}_join_sql"].replace("@", alias)
    return {prefix + name: value for name, value in kept.items()}


def join_tables(table: Table, random: Random) -> str:
    child, parent = f"{table.name} AS C", f"{table.parent.name} AS P"
    keys = f"C.{table.foreign_key}", f"P.{table.parent.key}"
    if random.random() < 0.5:
        child, parent, keys = parent, child, keys[::-1]
    return f"{child} JOIN {parent} ON {keys[0]} = {keys[1]}"


def join_grandparent(table: Table) -> str:
    parent, grandparent = table.parent, table.parent.parent
    return (
        f"{table.name} AS C JOIN {parent.name} AS P ON C.{table.foreign_key} = P.{parent.key} "
        f"JOIN {grandparent.name} AS G ON P.{parent.foreign_key} = G.{grandparent.key}"
    )
