"""English for conditions, orders and relations over random tables, each with its SQL.

A phrase is a noun phrase ("pens from Oslo") and a verb phrase ("come from Oslo"); in the SQL a
column of the asked table has `@` before it, to be replaced by its alias.
"""

from dataclasses import dataclass
from random import Random

from demo.lexicon import Lexicon, make_proper_name
from demo.synthetic_schema import Table, make_number

# "How long?", longer, longest, shorter, shortest; then the measures that they speak of
ADJECTIVES = tuple(
    tuple(word.replace("_", " ") for word in line.split())
    for line in """
dear dearer dearest cheaper cheapest price cost fee rent fare tax
costly costlier costliest cheaper cheapest price cost fee rent fare tax
expensive more_expensive most_expensive less_expensive least_expensive price cost fee rent fare
long longer longest shorter shortest length distance duration minutes miles
tall taller tallest shorter shortest height storeys
heavy heavier heaviest lighter lightest weight mass pounds
old older oldest younger youngest age
large larger largest smaller smallest size capacity acres volume
big bigger biggest smaller smallest size capacity acres volume members
deep deeper deepest shallower shallowest depth
broad broader broadest narrower narrowest width
wide wider widest narrower narrowest width
fast faster fastest slower slowest speed
high higher highest lower lowest height altitude
strong stronger strongest weaker weakest strength power
thick thicker thickest thinner thinnest thickness
rich richer richest poorer poorest investment profit salary
warm warmer warmest cooler coolest heat
hot hotter hottest colder coldest heat
steep steeper steepest flatter flattest angle
bright brighter brightest darker darkest brightness
loud louder loudest quieter quietest noise
busy busier busiest calmer calmest visits visitors
hard harder hardest softer softest hardness
good better best worse worst score rating marks rank
famous more_famous most_famous less_famous least_famous readers votes views
useful more_useful most_useful less_useful least_useful yield output
""".strip().splitlines()
)
YEAR_ADJECTIVES = ("later latest earlier earliest", "newer newest older oldest")
UNITS = (
    "meters kilometers miles feet inches tons pounds grams dollars euros crowns percent degrees "
    "points hours minutes seconds days weeks liters gallons pence shillings yards acres"
).split()
PREPOSITIONS = "in at on by for from near under of with to inside over".split()
VERBS = (
    "bear build buy carry catch charge cost cover draw earn eat employ feed fill find get grow "
    "handle hold keep lead lend lose make offer own pay play produce pull read receive ride run "
    "sell send serve show speak spend store study teach use visit wear weigh win write"
).split()
OPERATORS = {
    ">": ("over {}", "above {}", "more than {}", "exceeding {}", "greater than {}"),
    "<": ("under {}", "below {}", "less than {}", "fewer than {}"),
    ">=": ("at least {}", "no less than {}", "{} or more"),
    "<=": ("at most {}", "no more than {}", "up to {}"),
}
PLURAL_VERBS = ("have", "have", "own", "keep", "hold", "use", "run")


@dataclass(frozen=True)
class Phrase:
    before: str  # the noun
    after: str  # the noun
    verb: str  # with "they"
    sql: str

    def describe(self, noun: str) -> str:
        return " ".join(f"{self.before} {noun} {self.after}".split())


def spoken(name: str) -> str:
    return name.replace("_", " ")


def category_phrase(column: str, value: str, lexicon: Lexicon, random: Random, implicit: bool):
    """Return the condition that the column has the value; `implicit` ones do not name it."""
    name, sql = spoken(column), f"@{column} = '{value}'"
    if not implicit:
        before, after, verb = random.choice(
            (
                ("", f"whose {name} is {value}", f"have {value} as their {name}"),
                ("", f"with {name} {value}", f"have the {name} {value}"),
                ("", f"of {name} {value}", f"are of {name} {value}"),
                ("", f"where the {name} is {value}", f"have {name} {value}"),
                (value, "", f"have a {name} of {value}"),
            )
        )
        return Phrase(before, after, verb, sql)
    preposition, participle = random.choice(PREPOSITIONS), random.choice(lexicon.participles)
    verb = random.choice(VERBS)
    before, after, verb = random.choice(
        (
            (value, "", f"are {value}"),
            (value, "", f"are {value}"),
            ("", f"from {value}", f"come from {value}"),
            ("", f"{preposition} {value}", f"are {preposition} {value}"),
            ("", f"{participle} {preposition} {value}", f"are {participle} {preposition} {value}"),
            ("", f"{participle} {value}", f"are {participle} {value}"),
            ("", f"that {verb} {value}", f"{verb} {value}"),
            ("", f"{with_ing(verb)} {value}", f"{verb} {value}"),
        )
    )
    return Phrase(before, after, verb, sql)


def measure_phrase(table: Table, column: str, random: Random) -> Phrase:
    """Return a condition on the column by a number, two numbers or an adjective."""
    name, year = spoken(column), column in table.years
    number = make_number(random, year)
    if random.random() < 0.12:
        high = number + random.randint(1, 60)
        sql = f"@{column} BETWEEN {number} AND {high}"
        words = f"between {number} and {high}"
        if year:
            return Phrase("", f"{name} {words}", f"were {name} {words}", sql)
        return Phrase("", f"with {name} {words}", f"have {name} {words}", sql)
    operator = random.choice((">", ">", "<", "<", ">=", "<="))
    sql = f"@{column} {operator} {number}"
    if year:
        when = {">": "after", "<": "before", ">=": "in or after", "<=": "in or before"}[operator]
        return Phrase("", f"{name} {when} {number}", f"were {name} {when} {number}", sql)
    amount = random.choice(OPERATORS[operator]).format(number)
    adjectives = fitting_adjectives(table, column, random)
    if adjectives and operator in "<>" and random.random() < 0.5:
        comparative = adjectives[1 if operator == ">" else 3]
        words = f"{comparative} than {number} {random.choice(UNITS)}"
        return Phrase("", words, f"are {words}", sql)
    unit = random.choice((f" {random.choice(UNITS)}", "", ""))
    if len(table.measures) == 1 and random.random() < 0.3:
        verb = random.choice(VERBS)
        words = f"{verb} {amount}{unit}"
        after = random.choice((f"that {words}", f"{with_ing(verb)} {amount}{unit}"))
        return Phrase("", after, words, sql)
    after, verb = random.choice(
        (
            (f"with {amount} {name}", f"have {amount} {name}"),
            (f"having {amount} {name}", f"have {amount} {name}"),
            (f"whose {name} is {amount}{unit}", f"have a {name} of {amount}{unit}"),
            (f"with a {name} {amount}{unit}", f"have a {name} {amount}{unit}"),
            (f"with {amount}{unit} of {name}", f"have {amount}{unit} of {name}"),
        )
    )
    return Phrase("", after, verb, sql)


def with_ing(verb: str) -> str:
    return f"{verb.removesuffix('e')}ing"


def fitting_adjectives(table: Table, column: str, random: Random) -> tuple[str, ...] | None:
    """Return an adjective's five forms; where the table has one measure alone, any will do."""
    last_word = column.split("_")[-1]
    known = [forms for forms in ADJECTIVES if last_word in forms[5:]]
    if known:
        return random.choice(known)
    return random.choice(ADJECTIVES) if len(table.measures) == 1 else None


def superlative(table: Table, column: str, random: Random) -> tuple[str, str, str]:
    """Return words before the noun, words after it, and the direction of the order."""
    down = random.random() < 0.55
    direction = "DESC" if down else "ASC"
    if column in table.years:
        forms = random.choice(YEAR_ADJECTIVES).split()
        return forms[1 if down else 3], "", direction
    adjectives = fitting_adjectives(table, column, random)
    if adjectives and random.random() < 0.6:
        return adjectives[2 if down else 4], "", direction
    most = random.choice(("most", "highest", "largest") if down else ("lowest", "smallest"))
    if not down and random.random() < 0.4:
        most = random.choice(("fewest", "least"))
    if len(table.measures) == 1 and random.random() < 0.15:
        verb = random.choice(VERBS)
        return "", f"that {verb} the {'most' if down else 'least'}", direction
    return "", f"with the {most} {spoken(column)}", direction


def average_phrase(table: Table, column: str, random: Random) -> Phrase:
    """Return the condition to be over or under the average of the column."""
    above, name = random.random() < 0.55, spoken(column)
    sql = f"@{column} {'>' if above else '<'} (SELECT avg({column}) FROM {table.name})"
    over = "above" if above else "below"
    adjectives = fitting_adjectives(table, column, random)
    if adjectives and random.random() < 0.35:
        words = f"{adjectives[1 if above else 3]} than the average"
        return Phrase("", words, f"are {words}", sql)
    more = "more" if above else random.choice(("less", "fewer"))
    after, verb = random.choice(
        (
            (f"whose {name} lies {over} the average", f"have a {name} {over} the average"),
            (f"with {name} {over} average", f"have {name} {over} average"),
            (f"with {more} {name} than the average", f"have {more} {name} than the average"),
            (f"with {more} than average {name}", f"have {more} than average {name}"),
        )
    )
    return Phrase("", after, verb, sql)


def called_phrase(table: Table, lexicon: Lexicon, random: Random) -> tuple[str, str]:
    """Return how one row of the table is spoken of, and the SQL that finds it by its label."""
    name = make_proper_name(lexicon, random)
    words = random.choice(
        (
            name,
            f"the {table.noun} {name}",
            f"the {name} {table.noun}",
            f"the {table.noun} named {name}",
        )
    )
    return words, f"@{table.label} = '{name}'"


def relation(lexicon: Lexicon, random: Random) -> tuple[str, str, str]:
    """Return child to parent after a noun and as a verb, and parent to child as a verb."""
    preposition, participle = random.choice(PREPOSITIONS), random.choice(lexicon.participles)
    inside, verb = random.choice(
        (
            ("in", "are in"),
            ("of", "belong to"),
            ("belonging to", "belong to"),
            (preposition, f"are {preposition}"),
            (f"{participle} {preposition}", f"are {participle} {preposition}"),
            (f"{participle} {preposition}", f"are {participle} {preposition}"),
            (f"that {(other := random.choice(VERBS))} {preposition}", f"{other} {preposition}"),
        )
    )
    return inside, verb, random.choice((*PLURAL_VERBS, random.choice(VERBS)))
