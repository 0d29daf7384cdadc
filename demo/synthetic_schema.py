"""Random schemas to pre-train on, and the rows' values as they are asked for."""

from dataclasses import dataclass
from random import Random

from demo.lexicon import (
    LABELS,
    Lexicon,
    make_name,
    make_proper_name,
    make_pseudo_word,
    plural,
)

NUMBERS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 18, 20, 25, 30, 40, 50, 60, 75, 80, 90, 100)
FEW_WORDS = {2: "two", 3: "three", 4: "four", 5: "five"}


@dataclass(frozen=True)
class Table:
    name: str
    noun: str
    nouns: str
    key: str
    label: str
    categories: tuple[str, ...]
    measures: tuple[str, ...]
    years: frozenset[str]  # the measures that are years
    parent: "Table | None" = None
    foreign_key: str | None = None

    @property
    def columns(self) -> list[str]:
        names = [self.key, self.label, *self.categories, *self.measures]
        return [*names, self.foreign_key] if self.foreign_key else names


def make_tables(lexicon: Lexicon, random: Random) -> list[Table]:
    """Return one to three tables of different names; each may refer to one before it."""
    tables = [make_table(lexicon, random, [])]
    for _ in range(random.choice((0, 1, 1, 2, 2))):
        tables.append(make_table(lexicon, random, tables))
    return tables


def make_table(lexicon: Lexicon, random: Random, others: list[Table]) -> Table:
    taken = {other.noun for other in others}
    while (noun := make_name(lexicon.entities, lexicon, random)) in taken:
        pass
    parent = random.choice(others) if others and random.random() < 0.9 else None
    used = {noun, "id"}
    measures, years = [], set()
    for _ in range(random.choice((1, 1, 1, 2, 2, 3))):
        if random.random() < 0.15:
            years.add(name := new_name(lexicon.participles, lexicon, random, used))
        else:
            name = new_name(lexicon.measures, lexicon, random, used)
        measures.append(name)
    num_categories = random.choice((0, 1, 1, 1, 1, 2))
    return Table(
        name=plural(noun) if random.random() < 0.25 else noun,
        noun=noun.replace("_", " "),
        nouns=plural(noun).replace("_", " "),
        key="id" if random.random() < 0.2 else f"{noun}_id",
        label=make_label(noun, lexicon, random, used),
        categories=tuple(
            new_name(lexicon.categories, lexicon, random, used) for _ in range(num_categories)
        ),
        measures=tuple(measures),
        years=frozenset(years),
        parent=parent,
        foreign_key=make_foreign_key(parent, lexicon, random) if parent else None,
    )


def new_name(choices: list[str], lexicon: Lexicon, random: Random, used: set[str]) -> str:
    while (name := make_name(choices, lexicon, random)) in used:
        pass
    used.add(name)
    return name


def make_label(noun: str, lexicon: Lexicon, random: Random, used: set[str]) -> str:
    draw = random.random()
    if draw < 0.25:
        label = f"{noun}_{random.choice(('name', 'name', 'title'))}"
    elif draw < 0.8:
        label = next(name for name in (random.choice(LABELS), "name", "title") if name not in used)
    else:
        return new_name(lexicon.entities, lexicon, random, used)
    used.add(label)
    return label


def make_foreign_key(parent: Table, lexicon: Lexicon, random: Random) -> str:
    key = parent.key if parent.key != "id" else f"{parent.noun.replace(' ', '_')}_id"
    return f"{lexicon.draw_word(random)}_{key}" if random.random() < 0.08 else key


def make_value(lexicon: Lexicon, random: Random) -> str:
    """Return a category's value: a common word, a name, or two words."""
    draw = random.random()
    if draw < 0.5:
        return lexicon.draw_word(random)
    if draw < 0.6:
        return f"{lexicon.draw_word(random)} {lexicon.draw_word(random)}"
    return make_proper_name(lexicon, random)


def make_number(random: Random, year: bool) -> int:
    if year:
        return random.randint(1850, 2024)
    draw = random.random()
    if draw < 0.5:
        return random.choice(NUMBERS)
    return random.randint(2, 99) if draw < 0.75 else random.randint(10, 990) * 10


def make_common_words(lexicon: Lexicon, random: Random) -> str:
    """Return a few words to copy: common ones, names and words that do not exist."""
    makers = (
        lambda: lexicon.draw_word(random),
        lambda: random.choice(lexicon.entities),
        lambda: make_pseudo_word(random),
        lambda: make_proper_name(lexicon, random),
    )
    return " ".join(random.choice(makers)() for _ in range(random.randint(2, 6)))
