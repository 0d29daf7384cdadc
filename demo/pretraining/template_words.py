"""Fillers for the braces in question_templates.yaml for one table: names, words, phrases."""

from random import Random

from demo.pretraining.lexicon import Lexicon, invent_word, plural
from demo.pretraining.measures import (
    Measure,
    Phrase,
    ask,
    beside_average,
    between,
    comparison,
    order,
    spoken,
    superlative,
)
from demo.pretraining.random_schema import FEW_WORDS, Table, make_value
from demo.pretraining.relations import called_phrase, category_phrase

SHOW = (
    "show",
    "show me",
    "display",
    "report",
    "print",
    "retrieve",
    "return",
    "get",
    "look up",
    "state",
    "give",
    "find",
    "list",
    "what is",
    "what are",
    "what are",
    "tell us",
    "let me see",
    "can you get me",
    "please list",
)
AGGREGATES = {
    "max": ("greatest", "largest", "highest", "top", "maximum", "biggest"),
    "min": ("smallest", "least", "lowest", "minimum"),
}
TIMES = (
    (">= {}", "at least {}"),
    (">= {}", "{} or more"),
    ("> {}", "more than {}"),
    ("> {}", "over {}"),
    ("= {}", "exactly {}"),
    ("= {}", "just {}"),
)


def general_slots(random: Random) -> dict[str, str]:
    few, times = random.randint(2, 6), random.choice(TIMES)
    count = random.randint(1, 6)
    most = random.random() < 0.8
    show, aggregate = random.choice(SHOW), random.choice(("max", "min"))
    count_word = random.choice((str(count), FEW_WORDS.get(count, "one")))
    return {
        "show": show,
        "mean": random.choice(("average", "average", "mean")),
        "agg": aggregate,
        "agg_word": random.choice(AGGREGATES[aggregate]),
        "few": str(few),
        "few_word": random.choice((FEW_WORDS[few], FEW_WORDS[few], str(few))),
        "times_sql": times[0].format(count),
        "times": times[1].format(count_word),
        "most_sql": "DESC" if most else "ASC",
        "most": "the most" if most else random.choice(("the fewest", "the least")),
        "most_often": random.choice(
            ("most often", "most frequently") if most else ("least often",)
        ),
        "common": random.choice(("most common", "most frequent") if most else ("rarest",)),
        "largest": random.choice(("largest", "greatest") if most else ("smallest", "lowest")),
        "height": random.choice(("highest", "greatest") if most else ("lowest", "smallest")),
    }


def table_slots(table: Table, lexicon: Lexicon, random: Random) -> dict[str, str]:
    name, person = spoken(table.label), table.entity == "person"
    name = "name" if name.endswith(" name") or random.random() < 0.2 else name
    called, sql, label = called_phrase(table, lexicon, random)
    word = random.choice((invent_word(lexicon, random), lexicon.draw_word(random)))
    word = word.capitalize() if random.random() < 0.5 else word
    slots = {
        "t": table.name,
        "noun": table.noun,
        "nouns": table.nouns,
        "all_nouns": random.choice((f"all {table.nouns}", f"every {table.noun}", table.nouns)),
        "L": table.label,
        "name": name,
        "names": plural(name),
        "that": "who" if person else random.choice(("that", "that", "which")),
        "who_is": random.choice(("who is", "which is") if person else ("which is", "what is")),
        "called": called,
        "called_sql": sql.replace("@", ""),
        "called_join_sql": sql,
        "part": random.choice((word, word[:3], label.split()[0])),
        "initial": word[0].upper(),
    }
    if table.categories:
        slots |= category_slots(table, lexicon, random)
    slots |= measure_slots(table, slots, random)
    return slots


def category_slots(table: Table, lexicon: Lexicon, random: Random) -> dict[str, str]:
    category = random.choice(table.categories)
    value, other = make_value(category, lexicon, random), make_value(category, lexicon, random)
    seed = random.random()

    def phrase(words: str) -> Phrase:
        return category_phrase(table, category, words, lexicon, Random(seed))

    first, second = phrase(value), phrase(other)
    either = phrase(f"{value} or {other}")
    name = spoken(category.name)
    return {
        "C": category.name,
        "cat": name,
        "cats": plural(name),
        **phrase_slots("fc", first, table),
        "fc_or_nouns": either.describe(table.nouns),
        "fc_or_verb": either.verb,
        "fc_each_verb": phrase(f"each {name}").verb,
        "fc_after": first.after or f"that {first.verb}",
        "fc_describe": first.describe("{}"),
        "other_value": other,
        "other_nouns": second.describe(table.nouns),
        "other_sql": second.sql.replace("@", ""),
        "other_join_sql": second.sql,
    }


def measure_slots(table: Table, slots: dict[str, str], random: Random) -> dict[str, str]:
    measure = random.choice(table.measures)
    pattern, direction = superlative(measure, random)
    ordered, order_sql = order(measure, random)
    condition = between(measure, random) if random.random() < 0.12 else comparison(measure, random)
    first, second = sorted_comparisons(measure, random)
    sup_noun = pattern.format(noun=table.noun)
    found = {
        "N": measure.name,
        "num": words_of(measure, random),
        **phrase_slots("fm", condition, table),
        **phrase_slots("high", first, table),
        **phrase_slots("low", second, table),
        "sup": direction,
        "sup_agg": "max" if direction == "DESC" else "min",
        "sup_noun": sup_noun,
        "sup_nouns": pattern.format(noun=table.nouns),
        "sup_pattern": pattern,
        "order": order_sql,
        "ordered": ordered,
    }
    if average := beside_average(measure, table.name, random):
        found |= phrase_slots("fa", average, table)
    if "fc_describe" in slots:
        noun = slots["fc_describe"].format(table.noun)
        found["sup_fc_noun"] = pattern.format(noun=noun)
    questions = {
        "ask_called": ("ask", {"who": slots["called"]}),
        "ask_sup": ("ask", {"who": f"the {sup_noun}"}),
        "ask_mean": ("mean", {"them": random.choice(("the ", "", "all ")) + table.nouns}),
        "ask_total": ("total", {"them": random.choice(("the ", "all ", "all the ")) + table.nouns}),
        "ask_max": ("max", {"them": f"the {table.nouns}"}),
        "ask_min": ("min", {"them": f"the {table.nouns}"}),
    }
    if "fc_nouns" in slots:
        questions["ask_mean_fc"] = ("mean", {"them": slots["fc_nouns"]})
    for name, (form, words) in questions.items():
        if question := ask(measure, form, random, noun=table.noun, **words):
            found[name] = question
    return found


def sorted_comparisons(measure: Measure, random: Random) -> tuple[Phrase, Phrase]:
    """Return a condition with > and one with <, in random order."""
    over, under = [comparison(measure, random, (operator,)) for operator in "><"]
    return (over, under) if random.random() < 0.5 else (under, over)


def words_of(measure: Measure, random: Random) -> str:
    """Return a noun for the quantity, such as "number of beds"."""
    x = measure.words["x"]
    if measure.kind == "counted":
        return random.choice((f"number of {x}", x))
    if measure.kind == "dated":
        done = measure.words["done"]
        return random.choice((f"year {done}", f"year when it was {done}", f"{x} year", "year"))
    return x


def phrase_slots(name: str, phrase: Phrase, table: Table) -> dict[str, str]:
    return {
        f"{name}_nouns": phrase.describe(table.nouns),
        f"{name}_noun": phrase.describe(table.noun),
        f"{name}_verb": phrase.verb,
        f"{name}_sql": phrase.sql.replace("@", ""),
        f"{name}_join_sql": phrase.sql,
    }
