"""The words for random schemas, without those of the validation databases' names."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

from text2sql.data.spider import read_examples, read_schemas
from text2sql.prompts.schema_text import RESERVED_WORDS

SPIDER_DIR = Path(__file__).parents[1] / "spider"
# Words in validation names that any schema may use; demo/README.md lists them.
GENERIC_WORDS = frozenset(
    "age cost fee full id length limit name nickname price rate surname time title".split()
)
SQL_WORDS = RESERVED_WORDS | frozenset(
    "asc avg by cast column count cross desc end full inner intersect key left like max min "
    "natural outer over raise right sum".split()
)
ENTITIES = (
    "actor agent airport album animal apple archer architect army artist author band bank barn "
    "battle bird boat book bottle bridge building bus car carpenter castle cat chair chapel "
    "chapter chef child church citizen city client clinic clock club coach coin college company "
    "concert contract cottage country county doctor driver editor employee engine engineer event "
    "farm farmer film fish flag flight flower forest fountain friend game garden gift glacier "
    "goat guest horse hospital hotel house inn invoice journal judge kitchen knight lake lamp "
    "lawyer library lion machine magazine market match mayor medal member merchant mill mine "
    "mission monk museum musician novel nurse oak office officer opera orchard order painter "
    "painting palace park partner passenger patient pen picture pilot pirate planet plant play "
    "player poem poet port prisoner prize professor project rabbit race river road rose sailor "
    "school ship shop singer soldier song speech spoon stable statue station store story street "
    "student supplier tailor teacher temple theater ticket tool tower town train tree truck uncle "
    "village vineyard vote wagon watch whale window wolf worker writer"
).split()
CATEGORIES = (
    "area brand capital city class climate club colour condition continent country county dialect "
    "department direction domain family format gender grade group habit hometown industry kind "
    "label language location maker manner metal mood nation office origin owner party period "
    "position profession quarter race rank region religion role root school section sector sex "
    "shape side skin source stage state status subject taste temper tone town tribe type use wood"
).split()
MEASURES = (
    "acres amount balance beds books bonus branches budget bytes capacity children credits debts "
    "demand depth distance doors dose duration employees errors floors friends games gallons goals "
    "guests height hits horses houses income investment kilometers lamps letters limit losses "
    "margin marks mass members members miles minutes nights output patients people pounds power "
    "prizes profit quantity rain rank rating readers rent rooms salary sales score servants ships "
    "size speed spend stock storeys strength sum surplus tax tickets trees trips turns value views "
    "visitors visits volume votes wages weight wheels width windows wins workers yield"
).split()
LABELS = "name name name title title full_name nickname surname label code".split()
SYLLABLES = (
    "ba be bel bi bo bra da de di do dor du fa fe fi fin fo ga gal go gra ha hol ja jin ka ke kel "
    "ki kla ko la lan le li lo lu ma mar me mi mo mu na ne ni no nor nu pa pe pel pi po qua quin "
    "ra ran re ri ro ru sa se sel si so ta te ti to tor tu ulm va ve vi vo wil yar za ze zen zo"
).split()


@dataclass(frozen=True)
class Lexicon:
    """Words by what they name; words to be drawn more often occur several times."""

    words: list[str]  # for anything, the most common first
    participles: list[str]
    entities: list[str]
    categories: list[str]
    measures: list[str]
    held_out: frozenset[str]

    def draw_word(self, random: Random) -> str:
        """Return a word; common ones are more likely."""
        return self.words[int(len(self.words) * random.random() ** 2)]


def read_held_out_words() -> frozenset[str]:
    """Return the words of the validation databases' names, singular and plural."""
    schemas = read_schemas(SPIDER_DIR / "tables.json")
    names = set()
    for db_id in {example.db_id for example in read_examples(SPIDER_DIR / "dev.json")}:
        for table in schemas[db_id].tables:
            names |= {table.name, *(column.name for column in table.columns)}
    words = {word for name in names for word in name.lower().split("_")} - GENERIC_WORDS
    return frozenset(form for word in words for form in (word, plural(word), *singulars(word)))


def singulars(word: str) -> set[str]:
    """Return the possible singulars of a word."""
    endings = (("s", ""), ("es", ""), ("ies", "y"), ("ves", "f"), ("ves", "fe"))
    return {word.removesuffix(old) + new for old, new in endings if word.endswith(old)}


def make_lexicon(english: str) -> Lexicon:
    """Return the lexicon: hand-written words and the most common ones of the English text."""
    held_out = read_held_out_words() | SQL_WORDS
    counts = Counter(re.findall(r"\b[a-z]{3,11}\b", english))
    words = [word for word, _ in counts.most_common(30_000)[120:] if word not in held_out]
    words = [word for word in words if word[-1] != "s" and plural(word) not in held_out]
    return Lexicon(
        words=words,
        participles=[word for word in words if word.endswith("ed") and len(word) > 4],
        entities=[word for word in ENTITIES if word not in held_out] * 40 + words[:12_000],
        categories=[word for word in CATEGORIES if word not in held_out] * 40 + words[:9_000],
        measures=[word for word in MEASURES if word not in held_out] * 40
        + [plural(word) for word in words[1_000:6_000]]
        + words[6_000:10_000],
        held_out=held_out,
    )


def make_name(choices: list[str], lexicon: Lexicon, random: Random) -> str:
    """Return one of the choices, sometimes with a word before it, sometimes an invented word."""
    draw = random.random()
    if draw < 0.14:
        return invent_word(lexicon, random)
    if draw < 0.29:
        return f"{lexicon.draw_word(random)}_{random.choice(choices)}"
    return random.choice(choices)


def invent_word(lexicon: Lexicon, random: Random) -> str:
    """Return an invented word: syllables, or parts of two real words."""
    if random.random() < 0.4:
        return make_pseudo_word(random)
    while True:
        first, second = lexicon.draw_word(random), lexicon.draw_word(random)
        word = first[: random.randint(2, 5)] + second[-random.randint(2, 5) :]
        if word not in lexicon.held_out and not singulars(word) & lexicon.held_out:
            return word


def make_pseudo_word(random: Random) -> str:
    return "".join(random.choice(SYLLABLES) for _ in range(random.randint(2, 3)))


def make_proper_name(lexicon: Lexicon, random: Random) -> str:
    """Return one to four capitalized words, as the name of a row."""
    draw = random.random()
    if draw < 0.3:
        return invent_word(lexicon, random).capitalize()
    words = [lexicon.draw_word(random).capitalize() for _ in range(1 + (draw > 0.5))]
    if draw > 0.95:
        words.insert(0, "The")
    elif draw > 0.9:
        words.insert(1, random.choice(("of", "and", "to", "the", "in")))
    elif draw > 0.75:
        words[-1] = invent_word(lexicon, random).capitalize()
    return " ".join(words)


def plural(noun: str) -> str:
    """Return the regular plural of a noun's last word."""
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"
