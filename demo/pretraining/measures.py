"""English for the numeric columns of random tables: comparisons, superlatives, questions."""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

import yaml

from demo.pretraining.lexicon import Lexicon

PATTERNS_PATH = Path(__file__).parent / "measures.yaml"
# Adjectives for a measure of any name: ascending, then descending.
ADJECTIVES = tuple(
    tuple(line.split())
    for line in """
long longer longest short shorter shortest
tall taller tallest short shorter shortest
heavy heavier heaviest light lighter lightest
large larger largest small smaller smallest
big bigger biggest small smaller smallest
deep deeper deepest shallow shallower shallowest
wide wider widest narrow narrower narrowest
fast faster fastest slow slower slowest
high higher highest low lower lowest
strong stronger strongest weak weaker weakest
thick thicker thickest thin thinner thinnest
rich richer richest poor poorer poorest
warm warmer warmest cool cooler coolest
steep steeper steepest flat flatter flattest
bright brighter brightest dark darker darkest
loud louder loudest quiet quieter quietest
busy busier busiest calm calmer calmest
hard harder hardest soft softer softest
good better best bad worse worst
""".strip().splitlines()
)
UNITS = (
    "meters kilometers miles feet inches tons pounds grams dollars euros crowns percent degrees "
    "points hours minutes seconds days weeks liters gallons pence shillings yards acres"
).split()
VERBS = (
    "bear build buy carry catch charge cost cover draw earn eat employ feed fill find get grow "
    "handle hold keep lead lend live lose make need offer own pay play practice produce pull read "
    "receive rest ride run sell send serve show sing sleep speak spend stand stay stop store study "
    "take teach travel use visit wait walk wear weigh win work write"
).split()
AMOUNTS = {
    ">": ("over {n}", "above {n}", "more than {n}", "more than {n}", "exceeding {n}"),
    "<": ("under {n}", "below {n}", "less than {n}", "fewer than {n}"),
    ">=": ("at least {n}", "no less than {n}", "{n} or more", "a minimum of {n}"),
    "<=": ("at most {n}", "no more than {n}", "{n} or less", "up to {n}"),
}
OVER = {
    ">": ("over", "above", "higher than", "of more than"),
    "<": ("under", "below", "lower than", "of less than"),
    ">=": ("of at least", "not under"),
    "<=": ("of at most", "not over"),
}
AFTER = {
    ">": ("after", "after", "later than"),
    "<": ("before", "before", "earlier than"),
    ">=": ("since", "in or after"),
    "<=": ("in or before", "until"),
}
CLAUSE = re.compile(
    r"(how .*?|what.*?|when|in what year)"
    r" (\{who\}|\{them\}|a typical \{noun\}|the first \{noun\}|the last \{noun\})"
    r" (\S+)(.*)"
)
SINGULAR = {"{verbs}": "{verb}", "{earns}": "{earn}", "costs": "cost", "has": "have"}
NUMBERS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 18, 20, 25, 30, 40, 50, 60, 75, 80, 90, 100)


@dataclass(frozen=True)
class Phrase:
    after: str  # words after the noun
    verb: str  # verb phrase, as after "they"
    sql: str
    before: str = ""  # words before the noun

    def describe(self, noun: str) -> str:
        return " ".join(f"{self.before} {noun} {self.after}".split())


@dataclass(frozen=True)
class Measure:
    """A numeric column: the kind of its phrases and the words that fill them."""

    name: str
    kind: str
    words: dict[str, str] = field(default_factory=dict, hash=False)
    adjectives: tuple[str, ...] = ()  # long, longer, longest, short, shorter, shortest


@cache
def read_patterns() -> dict[str, dict[str, list[str]]]:
    patterns: dict[str, dict[str, list[str]]]
    patterns = yaml.safe_load(PATTERNS_PATH.read_text(encoding="utf-8"))
    return patterns


def spoken(name: str) -> str:
    return name.replace("_", " ")


def with_ing(verb: str) -> str:
    return f"{verb.removesuffix('e')}ing"


def with_s(verb: str) -> str:
    return "has" if verb == "have" else f"{verb}s"


def bank_measure(entry: dict[str, str], name: str, random: Random) -> Measure:
    """Return a measure of an everyday thing; `name` may have an extra word in front."""
    known, last = choices(entry.get("x", "")), spoken(name)
    x = last
    if known and last not in known:
        x = random.choice(known)
    elif not known and "_" in name and random.random() < 0.3:
        x = name.split("_")[-1]
    words = {"x": x, "u": random.choice(choices(entry.get("unit", "")) or [""])}
    verb = random.choice(choices(entry.get("verbs", "earn")))
    if random.random() < 0.6 or "verb" not in entry:
        words["verb"] = "have"
    else:
        words["verb"] = entry["verb"]
    words["earn"] = verb
    if entry["kind"] == "dated":
        known = choices(entry["done"])
        words["done"] = last if last in known else random.choice(known)
    words["fewer"] = entry.get("less", random.choice(("fewer", "fewer", "less")))
    adjectives = tuple(entry.get("adjectives", "").split())
    return Measure(name, entry["kind"], with_forms(words, adjectives), adjectives)


def choices(words: str) -> list[str]:
    return words.split(";") if ";" in words else words.split()


def random_measure(name: str, alone: bool, lexicon: Lexicon, random: Random) -> Measure:
    """Return a measure for a column of any name; adjectives only if it is the only one."""
    kind = random.choices(("counted", "rated", "sized"), (5, 4, 2 if alone else 0))[0]
    x = spoken(name)
    if "_" in name and random.random() < 0.3:
        x = random.choice(name.split("_"))
    elif random.random() < 0.12:
        x = f"{x} of {lexicon.draw_word(random)}"
    words = {"x": x, "u": random.choice((*UNITS, *[""] * 40)), "earn": "bring"}
    adjectives = random.choice(ADJECTIVES)
    words["verb"] = random.choice(("have", "have", random.choice(VERBS)))
    words["fewer"] = random.choice(("fewer", "less"))
    return Measure(name, kind, with_forms(words, adjectives), adjectives)


def dated_measure(name: str) -> Measure:
    words = {"x": spoken(name), "done": spoken(name), "fewer": "less"}
    return Measure(name, "dated", with_forms(words, ()))


def with_forms(words: dict[str, str], adjectives: tuple[str, ...]) -> dict[str, str]:
    """Return the words, completed with the verb and adjective forms that patterns use."""
    verb, earn = words.get("verb", "have"), words.get("earn", "earn")
    return {
        "u": "",
        "done": "",
        **words,
        "verb": verb,
        "verbs": with_s(verb),
        "verbing": with_ing(verb),
        "earn": earn,
        "earns": with_s(earn),
        "earning": with_ing(earn),
        "fewest": {"fewer": "fewest", "less": "least"}[words["fewer"]],
        **dict(zip(("L1", "L2", "L3", "S1", "S2", "S3"), adjectives or [""] * 6, strict=True)),
    }


def fill(pattern: str, measure: Measure, **words: object) -> str:
    """Return the pattern filled with the measure's words and the given ones."""
    return " ".join(pattern.format_map(measure.words | words).split())


def pattern_of(measure: Measure, form: str, random: Random) -> str:
    """Return a random pattern of this form, "" if the measure's kind has none."""
    return random.choice(read_patterns()[measure.kind].get(form, [""]))


def make_number(random: Random, year: bool) -> int:
    if year:
        return random.randint(1850, 2024)
    draw = random.random()
    if draw < 0.45:
        return random.choice(NUMBERS)
    if draw < 0.7:
        return random.randint(2, 99)
    if draw < 0.8:
        return random.randint(100, 2999)
    return random.randint(11, 99) * int(10 ** random.randint(1, 5))


def split_phrase(pattern: str, measure: Measure, sql: str, **words: object) -> Phrase:
    after, verb = (fill(part, measure, **words) for part in pattern.split(" | "))
    return Phrase(after, verb, sql)


def between(measure: Measure, random: Random) -> Phrase:
    """Return the condition that the column is between two numbers."""
    low = make_number(random, measure.kind == "dated")
    high = low + random.randint(1, 60)
    sql = f"@{measure.name} BETWEEN {low} AND {high}"
    return split_phrase(pattern_of(measure, "between", random), measure, sql, n=low, high=high)


def comparison(measure: Measure, random: Random, operators: tuple[str, ...] = ()) -> Phrase:
    """Return a comparison of the column with a number, by one of `operators` if given."""
    name, number = measure.name, make_number(random, measure.kind == "dated")
    pattern = pattern_of(measure, "compare", random)
    strict = re.search(r"\{(longer|dearer|older|later)\}", pattern) is not None
    usual = ("<", ">") if strict else ("<", ">", "<", ">", ">=", "<=")
    operator = random.choice(operators or usual)
    down = operator[0] == "<"
    forms = measure.adjectives or ("", "longer", "", "", "shorter", "")
    return split_phrase(
        pattern,
        measure,
        f"@{name} {operator} {number}",
        n=number,
        amount=random.choice(AMOUNTS[operator]).format(n=number),
        over=random.choice(OVER[operator]),
        after=random.choice(AFTER[operator]),
        longer=forms[4 if down else 1],
        dearer=random.choice(("cheaper", "less expensive") if down else ("dearer", "pricier")),
        older="younger" if down else "older",
        later="earlier" if down else "later",
    )


def beside_average(measure: Measure, table_name: str, random: Random) -> Phrase | None:
    """Return the condition to be above or below the column's average, None for a year."""
    above = random.random() < 0.55
    pattern = pattern_of(measure, "above" if above else "below", random)
    if not pattern:
        return None
    name = measure.name
    sql = f"@{name} {'>' if above else '<'} (SELECT avg({name}) FROM {table_name})"
    return split_phrase(pattern, measure, sql)


def superlative(measure: Measure, random: Random) -> tuple[str, str]:
    """Return a superlative with `{noun}` in it and the direction of the order."""
    down = random.random() < 0.55
    pattern = pattern_of(measure, "most" if down else "least", random)
    return fill(pattern, measure, noun="{noun}"), "DESC" if down else "ASC"


def order(measure: Measure, random: Random) -> tuple[str, str]:
    """Return words for an order and its direction."""
    down = random.random() < 0.5
    words = fill(pattern_of(measure, "down" if down else "up", random), measure)
    return words, "DESC" if down else random.choice(("ASC", "ASC", ""))


def ask(measure: Measure, form: str, random: Random, **words: str) -> str | None:
    """Return a direct or indirect question for the measure, None if it has no such form."""
    pattern = pattern_of(measure, form, random)
    if not pattern:
        return None
    clause = CLAUSE.fullmatch(pattern)
    if clause is None and pattern.startswith("the "):
        show = random.choice(("what is", "what is", "show", "find", "look up", "state", "return"))
        return fill(f"{show} {pattern}", measure, **words)
    if clause is None or random.random() < 0.25:
        show = random.choice(("tell me", "show", "say", "find out", "report"))
        return fill(f"{show} {pattern}", measure, **words)
    start, subject, verb, rest = clause.groups()
    if verb not in ("is", "are", "was", "were"):
        does = "do" if subject == "{them}" else "does"
        return fill(f"{start} {does} {subject} {SINGULAR.get(verb, verb)}{rest}", measure, **words)
    return fill(f"{start} {verb} {subject}{rest}", measure, **words)
