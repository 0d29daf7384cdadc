"""The wording of measured columns: hand-written patterns, completed by a few words each."""

# `<x>` is filled from the column's own entry, `{}` is left for the value or noun phrase of a
# question, `*` is the table's noun. "a / b" are two forms of one phrase: after a noun ("campers
# older than 12") and after "Which campers ..."; for `order`, descending and ascending; for `ask`,
# of one row and of several.
PATTERNS = {
    "counted": {
        "noun": "number of <counted> / numbers of <counted>",
        "more": "<with> more than {} <counted> / <have> more than {} <counted>",
        "less": "<with> <fewer> than {} <counted> / <have> <fewer> than {} <counted>",
        "at_least": "<with> at least {} <counted> / <have> at least {} <counted>",
        "between": "<with> between {} and {} <counted>",
        "most": "* <with> the most <counted>",
        "least": "* <with> the <fewest> <counted>",
        "order": "from the most <counted> to the <fewest> / "
        "from the <fewest> <counted> to the most",
        "ask": "How many <counted> does {} <have> / How many <counted> do {} <have>",
        "above": "<with> more <counted> than average / <have> more <counted> than average",
        "below": "<with> <fewer> <counted> than average / <have> <fewer> <counted> than average",
    },
    "adjective": {
        "more": "<longer> than {} <unit> / are <longer> than {} <unit>",
        "less": "<shorter> than {} <unit> / are <shorter> than {} <unit>",
        "at_least": "with a <noun> of at least {} <unit> / have a <noun> of at least {} <unit>",
        "between": "with a <noun> between {} and {} <unit>",
        "most": "<longest> *",
        "least": "<shortest> *",
        "order": "from <longest> to <shortest> / from <shortest> to <longest>",
        "ask": "How <long> is {} / How <long> are {}",
        "above": "<longer> than average / are <longer> than average",
        "below": "<shorter> than average / are <shorter> than average",
    },
    "age": {
        "more": "older than {} / are older than {}",
        "less": "younger than {} / are younger than {}",
        "at_least": "at least {} <age> old / are at least {} <age> old",
        "between": "between {} and {} <age> old",
        "most": "oldest *",
        "least": "youngest *",
        "order": "from oldest to youngest / from youngest to oldest",
        "ask": "How old is {} / How old are {}",
        "above": "older than average / are older than average",
        "below": "younger than average / are younger than average",
    },
    "price": {
        "more": "costing more than {} <price> / cost more than {} <price>",
        "less": "costing less than {} <price> / cost less than {} <price>",
        "at_least": "costing at least {} <price> / cost at least {} <price>",
        "between": "costing between {} and {} <price>",
        "most": "most expensive *",
        "least": "cheapest *",
        "order": "from most expensive to cheapest / from cheapest to most expensive",
        "ask": "How much does {} cost / How much do {} cost",
        "above": "costing more than average / cost more than average",
        "below": "costing less than average / cost less than average",
    },
    "earns": {
        "more": "earning more than {} <earns> / earn more than {} <earns>",
        "less": "earning less than {} <earns> / earn less than {} <earns>",
        "at_least": "earning at least {} <earns> / earn at least {} <earns>",
        "between": "earning between {} and {} <earns>",
        "most": "best paid *",
        "least": "worst paid *",
        "order": "from best paid to worst paid / from worst paid to best paid",
        "ask": "How much does {} earn / How much do {} earn",
        "above": "earning more than average / earn more than average",
        "below": "earning less than average / earn less than average",
    },
    "score": {
        "noun": "<score>",
        "more": "with a <noun> above {} <unit> / have a <noun> above {} <unit>",
        "less": "with a <noun> below {} <unit> / have a <noun> below {} <unit>",
        "at_least": "with a <noun> of at least {} <unit> / have a <noun> of at least {} <unit>",
        "between": "with a <noun> between {} and {} <unit>",
        "most": "* with the highest <noun>",
        "least": "* with the lowest <noun>",
        "order": "from the highest <noun> to the lowest / from the lowest <noun> to the highest",
        "ask": "What is the <noun> of {} / What are the <nouns> of {}",
        "above": "with an above-average <noun> / have an above-average <noun>",
        "below": "with a below-average <noun> / have a below-average <noun>",
    },
    "year": {
        "more": "<year> after {} / were <year> after {}",
        "less": "<year> before {} / were <year> before {}",
        "between": "<year> between {} and {}",
        "most": "newest *",
        "least": "oldest *",
        "order": "from newest to oldest / from oldest to newest",
        "ask": "When was {} <year> / When were {} <year>",
    },
}


def complete_measure(column: dict[str, str], readable_name: str) -> dict[str, str]:
    """Return the column's entry, completed with the phrases of its pattern."""
    pattern = next(name for name in PATTERNS if name in column)
    phrases = PATTERNS[pattern] | column
    noun, nouns = forms(column.get("nouns") or phrases.get("noun") or readable_name)
    words = {**column, "noun": noun, "nouns": nouns}
    words.setdefault("unit", "")
    words["have"], words["with"] = forms(column.get("verb", "have / with"))
    words.setdefault("fewer", "fewer")
    words["fewest"] = {"fewer": "fewest", "less": "least"}[words["fewer"]]
    if pattern == "adjective":
        up, down = forms(column["adjective"])
        words |= zip(("long", "longer", "longest"), up.split(), strict=True)
        words |= zip(("short", "shorter", "shortest"), down.split(), strict=True)
    return {
        **{key: fill(phrase, words) for key, phrase in phrases.items() if isinstance(phrase, str)},
        "noun": fill(noun, words),
        "nouns": fill(nouns, words),
        "pattern": pattern,
    }


def fill(phrase: str, words: dict[str, str]) -> str:
    """Return the phrase with every `<word>` filled, recursively."""
    while "<" in phrase:
        name = phrase[phrase.index("<") + 1 : phrase.index(">")]
        phrase = phrase.replace(f"<{name}>", words[name])
    return " ".join(phrase.split())


def forms(phrase: str) -> tuple[str, str]:
    """Return the two forms of "a / b"; a lone noun gets its regular plural."""
    first, slash, second = phrase.partition(" / ")
    return (first, second) if slash else (first, f"{first}s")
