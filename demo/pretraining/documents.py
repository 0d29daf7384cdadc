"""Documents of synthetic text-to-SQL and of schema look-ups, as pieces with loss weights.

A document keeps one notation of schemas, one layout and one style of SQL, so that its first
examples show how to answer the others. None is the notation or the layout of the demo's prompts.
A piece begins with a line break or a blank, so that it can be tokenized alone.
"""

import re
from dataclasses import dataclass
from random import Random

from demo.pretraining.lexicon import Lexicon
from demo.pretraining.questions import make_question
from demo.pretraining.random_schema import Table, make_common_words, make_table, make_tables

LEARNED, READ, IGNORED = 20, 2, 0  # loss weights: answers, questions, masked text
Pieces = list[tuple[str, int]]

LAYOUTS = (  # before the schema, the question and the answer, and after the answer
    ("Tables:\n", "\nAsked: ", "\nSQL:", ""),
    ("", "\nQ: ", "\nA:", ""),
    ("/* the schema\n", "\n*/\n-- ", "\n", ";"),
    ("Given these tables\n", "\nUser: ", "\nQuery:", ""),
    ("DATABASE\n", "\nREQUEST ", "\nSTATEMENT", ";"),
    ("", "\n\n", "\n=>", ""),
    ("### Schema\n", "\n### Input\n", "\n### SQL\n", ""),
    ("<schema>\n", "\n</schema>\nask: ", "\nsql:", ";"),
)
REQUESTS = (
    "Write the query.",
    "Reply with a query.",
    "Which statement gives this?",
    "Put this in SQL.",
    "",
    "",
)
KEYWORDS = re.compile(
    r"\b(SELECT|FROM|WHERE|GROUP|ORDER|BY|LIMIT|JOIN|ON|AS|AND|OR|NOT|IN|HAVING|DISTINCT|DESC|ASC"
    r"|LIKE|BETWEEN|INTERSECT|EXCEPT|UNION)\b"
)
AGGREGATES = re.compile(r"\b(count|avg|sum|min|max)\(")
ALIAS = re.compile(r"\b([CPG])\.")


@dataclass(frozen=True)
class Style:
    notation: int
    layout: tuple[str, str, str, str]
    lower: bool
    loud_functions: bool
    aliases: str  # numbers, letters or names
    spaced: bool


def make_style(random: Random) -> Style:
    return Style(
        notation=random.randrange(len(NOTATIONS)),
        layout=random.choice(LAYOUTS),
        lower=random.random() < 0.35,
        loud_functions=random.random() < 0.4,
        aliases=random.choice(("numbers", "numbers", "letters", "names")),
        spaced=random.random() < 0.3,
    )


def make_document(lexicon: Lexicon, random: Random) -> Pieces:
    draw = random.random()
    if draw < 0.13:
        return make_look_ups(lexicon, random)
    if draw < 0.17:
        return make_chat(lexicon, random)
    return make_plain(lexicon, random)


def make_plain(lexicon: Lexicon, random: Random) -> Pieces:
    """Return two to six examples, on one database or each on another."""
    style, same = make_style(random), random.random() < 0.6
    before_schema, before_question, before_answer, end = style.layout
    tables = make_tables(lexicon, random)
    pieces: Pieces = []
    for number in range(random.randint(2, 6)):
        if number and not same:
            tables = make_tables(lexicon, random)
        schema = before_schema + write_schema(tables, style) if not (number and same) else ""
        question, sql = make_question(tables, lexicon, random)
        gap = "\n\n" if number and schema else ""
        asked = f"{gap}{schema}{before_question}{question}{before_answer}"
        blank = "\n" if asked.endswith("\n") else " "
        pieces.append((asked.removesuffix("\n"), READ))
        pieces.append((blank + write_sql(sql, style) + end, LEARNED))
    return pieces


def make_chat(lexicon: Lexicon, random: Random) -> Pieces:
    """Return turns of questions about one table each; the first answer is not trained on."""
    style, request = make_style(random), random.choice(REQUESTS)
    pieces: Pieces = []
    for number in range(random.randint(2, 4)):
        tables = [make_table(lexicon, random, [], plain=False)]
        question, sql = make_question(tables, lexicon, random)
        asked = "\n".join(filter(None, (write_schema(tables, style), question, request)))
        pieces += make_turn(asked, write_sql(sql, style), bool(pieces))
        if number == 0:
            pieces[-1] = (pieces[-1][0], IGNORED)
    return pieces


def make_look_ups(lexicon: Lexicon, random: Random) -> Pieces:
    """Return one to three turns that ask for names in a schema or for words to be repeated."""
    style, tables = make_style(random), make_tables(lexicon, random)
    pieces: Pieces = []
    for number in range(random.randint(1, 3)):
        question, answer = make_look_up(tables, lexicon, random)
        schema = "" if number else write_schema(tables, style) + "\n"
        pieces += make_turn(schema + question, answer, bool(number))
    return pieces


def make_look_up(tables: list[Table], lexicon: Lexicon, random: Random) -> tuple[str, str]:
    table = random.choice(tables)
    column = random.choice(table.columns)
    words = make_common_words(lexicon, random)
    return random.choice(
        (
            (f"What are the columns of {table.name}?", ", ".join(table.columns)),
            (f"Where does {column} stand?", next(t.name for t in tables if column in t.columns)),
            ("Name the tables.", ", ".join(other.name for other in tables)),
            (f"How many columns has {table.name}?", str(len(table.columns))),
            (f"Which table is about {table.nouns}?", table.name),
            (f"Which column is the {column.replace('_', ' ')} of a {table.noun}?", column),
            (f"Repeat: {words}", words),
            (f"Say the last word: {words}", words.split()[-1]),
            (f'Put in quotes: "{words}"', f"'{words}'"),
        )
    )


def make_turn(content: str, answer: str, later: bool) -> Pieces:
    """Return a user turn and a model turn in Gemma's chat format."""
    line = "\n" if later else ""
    asked = f"{line}<start_of_turn>user\n{content.strip()}<end_of_turn>\n<start_of_turn>model"
    return [(asked, READ), (f"\n{answer}<end_of_turn>", LEARNED)]


def write_sql(sql: str, style: Style) -> str:
    """Return the query with its keywords, functions and aliases in the style."""
    sql = write_aliases(sql, style.aliases).rstrip()
    if style.loud_functions:
        sql = AGGREGATES.sub(lambda match: match[0].upper(), sql)
    if style.spaced:
        sql = sql.replace(",", " ,")
    return KEYWORDS.sub(lambda match: match[0].lower(), sql) if style.lower else sql


def write_aliases(sql: str, aliases: str) -> str:
    """Return the query with aliases T1 and T2, with letters, or with the tables' own names."""
    if " AS C" not in sql:
        return sql
    found = list(dict.fromkeys(re.findall(r"(\w+) AS ([CPG])\b", sql)))
    if aliases == "names":
        sql = re.sub(r"(\w+) AS [CPG]\b", r"\1", sql)
        names = {letter: name for name, letter in found}
    else:
        names = {letter: f"T{number}" for number, (_, letter) in enumerate(found, 1)}
        if aliases == "letters":
            names = {letter: "abc"[number] for number, (_, letter) in enumerate(found)}
        sql = re.sub(r" AS ([CPG])\b", lambda match: f" AS {names[match[1]]}", sql)
    return ALIAS.sub(lambda match: f"{names[match[1]]}.", sql)


def write_schema(tables: list[Table], style: Style) -> str:
    write_table, link = NOTATIONS[style.notation]
    lines = [write_table(table) for table in tables]
    if link:
        lines += [
            link.format(table.name, key, parent.name, parent.key)
            for table in tables
            for parent, key in table.parents
        ]
    return "\n".join(lines)


def write_statement(table: Table) -> str:
    """Return a multi-line CREATE TABLE statement with types in capitals."""
    types = dict.fromkeys(table.numbers, "INTEGER")
    for parent, key in table.parents:
        types[key] += f" REFERENCES {parent.name} ({parent.key})"
    lines = [f"  {name} {types.get(name, 'TEXT')}" for name in table.columns]
    return f"create table {table.name} (\n" + ",\n".join(lines) + "\n)"


def write_sentence(table: Table) -> str:
    *first, last = table.columns
    return f"Table {table.name} has {', '.join(first)} and {last}."


NOTATIONS = (  # for a table and for a foreign key
    (lambda table: f"{table.name} : {' | '.join(table.columns)}", "{0}.{1} -> {2}.{3}"),
    (lambda table: f"# {table.name}: {', '.join(table.columns)}", "# {0}.{1} is {2}.{3}"),
    (write_statement, ""),
    (lambda table: f"{table.name} [{' '.join(table.columns)}]", "[{0} {1} {2} {3}]"),
    (write_sentence, "{0}.{1} points to {2}.{3}."),
    (lambda table: ", ".join(f"{table.name}.{name}" for name in table.columns), "{0}.{1}={2}.{3}"),
    (lambda table: f'"{table.name}": {table.columns}'.replace("'", '"'), '"{0}.{1}": "{2}.{3}"'),
    (lambda table: f"{table.name} = {' / '.join(table.columns)}", "{1} of {0} = {3} of {2}"),
    (lambda table: f"{table.name} ({'; '.join(table.columns)})", "{0}.{1} ~ {2}.{3}"),
    (lambda table: f"{table.name} {{{', '.join(table.columns)}}}", "fk {0}.{1} {2}.{3}"),
    (lambda table: f"- {table.name} ( {' , '.join(table.columns)} )", "- {0}.{1} == {2}.{3}"),
    (lambda table: f"{table.name}:{','.join(table.columns)}", "link {0}.{1}={2}.{3}"),
)
