"""English for the categories, rows and relations of random tables, with the SQL.

In the SQL, `@` before a column of the queried table is later replaced by its alias.
"""

from random import Random

from demo.pretraining.lexicon import Lexicon, make_proper_name
from demo.pretraining.measures import VERBS, Phrase, spoken, with_ing, with_s
from demo.pretraining.random_schema import Category, Table, read_everyday_things

PREPOSITIONS = "in at on by for from near under of with to inside over".split()
PLURAL_VERBS = ("have", "have", "own", "keep", "hold", "use", "run")


def category_phrase(
    table: Table, category: Category, value: str, lexicon: Lexicon, random: Random
) -> Phrase:
    """Return the condition that the column has the value; its wording may omit the column."""
    sql = f"@{category.name} = '{value.replace(chr(39), chr(39) * 2)}'"
    if category.phrases and random.random() < 0.75:
        words = {"v": value, "c": spoken(category.name), "n": table.nouns}
        before, after, verb = random.choice(category.phrases).format(**words).split("|")
        return Phrase(after.strip(), verb.strip(), sql, before.strip())
    implicit = random.random() < (0.7 if len(table.categories) == 1 else 0.1)
    forms = unnamed(value, lexicon, random) if implicit else named(category, value, random)
    before, after, verb = random.choice(forms)
    return Phrase(after, verb, sql, before)


def named(category: Category, value: str, random: Random) -> tuple[tuple[str, str, str], ...]:
    """Return words before a noun, after it, and a verb phrase, naming the column."""
    name, verb = spoken(category.name), random.choice(VERBS)
    return (
        ("", f"whose {name} is {value}", f"have {value} as their {name}"),
        ("", f"with {name} {value}", f"have the {name} {value}"),
        ("", f"of {name} {value}", f"are of {name} {value}"),
        ("", f"where the {name} is {value}", f"have {name} {value}"),
        (value, "", f"have a {name} of {value}"),
        ("", f"with a {value} {name}", f"have a {value} {name}"),
        ("", f"of the {value} {name}", f"are of the {value} {name}"),
        ("", f"on the {value} {name}", f"are on the {value} {name}"),
        ("", f"{with_ing(verb)} the {value} {name}", f"{verb} the {value} {name}"),
    )


def unnamed(value: str, lexicon: Lexicon, random: Random) -> tuple[tuple[str, str, str], ...]:
    """Return words before a noun, after it, and a verb phrase, without naming the column."""
    preposition, participle = random.choice(PREPOSITIONS), random.choice(lexicon.participles)
    verb = random.choice(VERBS)
    return (
        (value, "", f"are {value}"),
        (value, "", f"are {value}"),
        ("", f"from {value}", f"come from {value}"),
        ("", f"{preposition} {value}", f"are {preposition} {value}"),
        ("", f"{participle} {preposition} {value}", f"are {participle} {preposition} {value}"),
        ("", f"{participle} {value}", f"are {participle} {value}"),
        ("", f"that {verb} {value}", f"{verb} {value}"),
        ("", f"{with_ing(verb)} {value}", f"{verb} {value}"),
        ("", f"that {verb} {preposition} {value}", f"{verb} {preposition} {value}"),
        ("", f"{with_ing(verb)} {preposition} {value}", f"{verb} {preposition} {value}"),
    )


def called_phrase(table: Table, lexicon: Lexicon, random: Random) -> tuple[str, str, str]:
    """Return a phrase for one row, the SQL that finds it by its label, and its name."""
    name, noun = make_proper_name(lexicon, random), table.noun
    ways = [name, name]
    if table.entity != "person":
        ways = [
            name,
            f"the {name}",
            f"the {noun} {name}",
            f"the {name} {noun}",
            f"the {noun} named {name}",
            f"the {noun} called {name}",
        ]
    elif random.random() < 0.3:
        ways = [f"the {noun} {name}", f"{noun} {name}"]
    return random.choice(ways), f"@{table.label} = '{name}'", name


def relation(child: Table, parent: Table, lexicon: Lexicon, random: Random) -> tuple[str, str, str]:
    """Return child to parent, after a noun and as a verb phrase, and parent to child."""
    if "any" not in (child.entity, parent.entity) and random.random() < 0.8:
        fitting = [
            words
            for of, to, words in read_everyday_things()["relations"]
            if (of, to) == (child.entity, parent.entity)
        ]
        if fitting:
            inside, verb, has = random.choice(fitting).split(" | ")
            return inside, verb, has
    return random_relation(lexicon, random)


def random_relation(lexicon: Lexicon, random: Random) -> tuple[str, str, str]:
    preposition, participle = random.choice(PREPOSITIONS), random.choice(lexicon.participles)
    verb = random.choice(VERBS)
    inside, as_verb = random.choice(
        (
            ("in", "are in"),
            ("of", "belong to"),
            ("belonging to", "belong to"),
            (preposition, f"are {preposition}"),
            (f"{participle} {preposition}", f"are {participle} {preposition}"),
            (f"{participle} by", f"are {participle} by"),
            (f"that {verb} {preposition}", f"{verb} {preposition}"),
            (f"that {verb}", verb),
            (f"{with_ing(verb)} {preposition}", f"{verb} {preposition}"),
        )
    )
    done = f"have {random.choice(lexicon.participles)}"
    return inside, as_verb, random.choice((*PLURAL_VERBS, random.choice(VERBS), done))


def with_singular_verb(words: str) -> str:
    """Return the verb phrase in the singular: "are owned by" becomes "is owned by"."""
    verb, _, rest = words.partition(" ")
    one = {"are": "is", "have": "has", "were": "was"}.get(verb)
    if one is None:
        one = verb if verb.endswith("ed") or verb in ("made", "had") else with_s(verb)
    return f"{one} {rest}".strip()
