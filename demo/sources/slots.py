"""Fillers for the braces in question_kinds/: names, values and phrases of one database."""

from random import Random

from demo.sources.domains import Column, Domain, Table
from demo.sources.phrases import forms

SMALL_NUMBERS = {2: "two", 3: "three", 4: "four"}
TIMES = (  # of HAVING count(*)
    (">= 2", "at least two", 2),
    (">= 3", "at least three", 3),
    ("> 1", "more than one", 1),
    ("> 2", "more than two", 2),
    ("> 3", "more than three", 3),
    ("= 2", "exactly two", 2),
    ("= 1", "only one", 1),
)


def slots_of_domain(domain: Domain, random: Random) -> dict[str, str]:
    """Return slots for a random table and, if it has them, its parent and grandparent.

    A slot that the drawn tables cannot fill is absent; the caller draws again.
    """
    table = random.choice(list(domain.tables.values()))
    slots = slots_of_table(table, random)
    references = table.columns_of("reference")
    if not references:
        return slots
    reference = random.choice(references)
    parent = domain.tables[reference.phrases["refers_to"]]
    slots |= prefixed("parent_", slots_of_table(parent, random))
    if table.link and random.random() < 0.5:
        return slots_of_link(domain, table, random)
    slots |= slots_of_reference(table, reference, parent, slots)
    if parent.columns_of("reference"):
        upper = random.choice(parent.columns_of("reference"))
        grandparent = domain.tables[upper.phrases["refers_to"]]
        slots |= prefixed("grand_", slots_of_table(grandparent, random))
        slots["parent_in"] = forms(upper.phrases["in"])[0]
        slots["grand_join"] = (
            f"{slots['child_join']} JOIN {grandparent.name} AS T3 "
            f"ON T2.{upper.name} = T3.{grandparent.name}_id"
        )
    return slots


def prefixed(prefix: str, slots: dict[str, str]) -> dict[str, str]:
    return {f"{prefix}{name}": value for name, value in slots.items()}


def slots_of_table(table: Table, random: Random) -> dict[str, str]:
    slots = {"table": table.name, "noun": table.noun, "nouns": table.nouns}
    person = table.person
    slots["that"], slots["own"] = ("who", "their") if person else ("that", "its")
    slots["which_is"], slots["which_are"] = (
        ("Who is", "Who are") if person else ("Which is", "Which are")
    )
    slots["few"], slots["few_word"] = map(str, random.choice(list(SMALL_NUMBERS.items())))
    slots["times_sql"], slots["times"], times = random.choice(TIMES)
    slots["times_nouns"] = table.noun if times == 1 else table.nouns
    for role, slots_of in (("label", slots_of_label), ("category", slots_of_category)):
        if columns := table.columns_of(role):
            slots |= slots_of(table, random.choice(columns), random)
    if columns := table.columns_of("measure"):
        slots |= slots_of_measure(table, random.choice(columns), random, slots)
    if "value" in slots:
        slots["times_nouns_value"] = slots["noun_value" if times == 1 else "nouns_value"]
    return slots


def slots_of_label(table: Table, column: Column, random: Random) -> dict[str, str]:
    value = random.choice(table.texts_of(column))
    return {
        "label": column.name,
        "name": column.phrases["noun"],
        "names": column.phrases["nouns"],
        "called": table.called.format(value),
        "called_value": value,
        "initial": value[0].upper(),
        "part": random.choice(value.split()),
    }


def slots_of_category(table: Table, column: Column, random: Random) -> dict[str, str]:
    phrases = column.phrases
    value, other = random.sample(sorted(set(table.texts_of(column))), 2)
    one, many = phrases.get("np_one", phrases["np"]), phrases["np"]
    return {
        "category": column.name,
        "group": phrases["noun"],
        "groups": phrases["nouns"],
        "value": value,
        "other": other,
        "noun_value": noun_phrase(one, table.noun, value),
        "nouns_value": noun_phrase(many, table.nouns, value),
        "nouns_other": noun_phrase(many, table.nouns, other),
        "nouns_either": noun_phrase(many, table.nouns, f"{value} or {other}"),
        "have_value": phrases["vp"].format(value),
        "have_either": phrases["vp"].format(f"{value} or {other}"),
        "each_group": phrases["each"],
    }


def noun_phrase(pattern: str, noun: str, *values: object) -> str:
    return pattern.replace("*", noun).format(*values)


def slots_of_measure(
    table: Table, column: Column, random: Random, slots: dict[str, str]
) -> dict[str, str]:
    phrases = column.phrases
    low, high = two_limits(table.numbers_of(column), random)
    upwards = random.random() < 0.5  # whether superlatives mean the largest values
    ends = ("earliest", "latest") if phrases["pattern"] == "year" else ("minimum", "maximum")
    found = {
        "measure": column.name,
        "quantity": phrases["noun"],
        "quantities": phrases["nouns"],
        "low": str(low),
        "high": str(high),
        "between": phrases["between"].format(low, high),
        "more_than_high": forms(phrases["more"])[0].format(high),
        "less_than_low": forms(phrases["less"])[0].format(low),
        "direction": "DESC" if upwards else "ASC",
        "agg": "max" if upwards else "min",
        "agg_word": ends[upwards],
        "least_word": ends[0],
        "most_word": ends[1],
        "height": "highest" if upwards else "lowest",
        "order": forms(phrases["order"])[0 if upwards else 1],
    }
    found |= slots_of_comparison(phrases, random, low, high)
    found |= slots_of_extreme(table, phrases["most" if upwards else "least"], slots)
    ask_one, ask_many = forms(phrases["ask"])
    found["ask_extreme"] = ask_one.format(f"the {found['extreme_noun']}")
    if "called" in slots:
        found["ask_called"] = ask_one.format(slots["called"])
    if "above" in phrases:  # an average makes sense
        above = "above" if random.random() < 0.5 else "below"
        found |= {"mean": f"average {phrases['noun']}", "above_word": above}
        if ask_many.startswith("How"):  # "... on average?" follows
            found["ask_all"] = ask_many.format(f"the {table.nouns}")
        found["above"], found["have_above"] = forms(phrases[above])
        found["average_op"] = ">" if above == "above" else "<"
    if "total" in phrases:
        found["total"] = phrases["total"]
    return found


def two_limits(values: list[float], random: Random) -> tuple[int, int]:
    """Return a lower and an upper limit that split the values, rounded as people say them."""
    ordered = sorted(values)
    third = len(ordered) // 3
    return (
        round_number(random.choice(ordered[1 : third + 1])),
        round_number(random.choice(ordered[-third - 1 : -1])),
    )


def round_number(value: float) -> int:
    """Return 23 as 25, 1963 as 1965, 8347 as 8300: two digits, small numbers to fives."""
    if value < 20:
        return int(value)
    if value < 100 or 1900 < value < 2100:
        return 5 * round(value / 5)
    return int(float(f"{value:.2g}"))


def slots_of_comparison(
    phrases: dict[str, str], random: Random, low: int, high: int
) -> dict[str, str]:
    name, op, number = random.choice(
        [("more", ">", low), ("more", ">", high), ("less", "<", low), ("less", "<", high)]
        + [("at_least", ">=", high)] * ("at_least" in phrases)
    )
    compared, have_compared = (form.format(number) for form in forms(phrases[name]))
    return {
        "op": op,
        "number": str(number),
        "compared": compared,
        "have_compared": have_compared,
    }


def slots_of_extreme(table: Table, pattern: str, slots: dict[str, str]) -> dict[str, str]:
    found = {
        "extreme": pattern,
        "extreme_noun": pattern.replace("*", table.noun),
        "extreme_nouns": pattern.replace("*", table.nouns),
        "extreme_alone": pattern.removesuffix(" *").replace("*", "one"),
    }
    if "noun_value" in slots:
        found["extreme_noun_value"] = pattern.replace("*", slots["noun_value"])
    return found


def slots_of_reference(
    table: Table, reference: Column, parent: Table, slots: dict[str, str]
) -> dict[str, str]:
    phrases = reference.phrases
    key = f"{parent.name}_id"
    found = {"key": reference.name, "parent_key": key, "its": phrases["its"]}
    found["in"], found["are_in"] = forms(phrases["in"])
    found["has"], found["have"] = forms(phrases["has"])
    found["each_parent"] = phrases["each"]
    if "which" in phrases and "called" in slots:
        found["which"] = phrases["which"].format(slots["called"])
    for end, place in (("", "parent_called"), ("_value", "parent_nouns_value")):
        if "extreme" in slots and place in slots:
            inner = f"{table.noun} {found['in']} {slots[place]}"
            found[f"extreme_noun_in{end}"] = slots["extreme"].replace("*", inner)
    child, above = f"{table.name} AS T1", f"{parent.name} AS T1"
    found["child_join"] = f"{child} JOIN {parent.name} AS T2 ON T1.{reference.name} = T2.{key}"
    found["parent_join"] = f"{above} JOIN {table.name} AS T2 ON T1.{key} = T2.{reference.name}"
    return found


def slots_of_link(domain: Domain, table: Table, random: Random) -> dict[str, str]:
    """Return slots for the two tables that this one links: child T1, link T2, parent T3."""
    link = table.link
    ends = {column.name: column.phrases["refers_to"] for column in table.columns_of("reference")}
    child, parent = (domain.tables[ends[link[end]]] for end in ("from", "to"))
    found = slots_of_table(child, random) | prefixed("parent_", slots_of_table(parent, random))
    found["in"], found["are_in"] = forms(link["in"])
    found["link_join"] = (
        f"{child.name} AS T1 JOIN {table.name} AS T2 ON T1.{child.name}_id = T2.{link['from']} "
        f"JOIN {parent.name} AS T3 ON T2.{link['to']} = T3.{parent.name}_id"
    )
    return found
