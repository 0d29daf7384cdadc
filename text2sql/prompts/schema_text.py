"""A schema as the model reads it: CREATE TABLE statements, or one line per table."""

import re
from collections.abc import Container

from text2sql.data.spider import ForeignKey, Schema, Table

SCHEMA_FORMATS = ("create_table", "compact")

# Words that SQLite refuses as a bare name of a table or a column.
RESERVED_WORDS = frozenset(
    "add all alter and as autoincrement between case check collate commit constraint create "
    "default deferrable delete distinct drop else escape except exists foreign from group having "
    "if in index insert intersect into is isnull join limit not nothing notnull null on or order "
    "primary references returning select set table then to transaction union unique update using "
    "values when where".split()
)

# Words of a question that do not indicate which table is meant.
STOP_WORDS = frozenset(
    "about all also and any are but can did does each find for from give has have her his how "
    "its list many more most not number other out return she show tell than that the their them "
    "then there these they this those total using was were what when where which who whose why "
    "with you".split()
)


def render_schema(schema: Schema, schema_format: str, with_types: bool = True) -> str:
    """Return the schema in one of `SCHEMA_FORMATS`; `compact` never shows types.

    SQLite's own tables, which some entries of tables.json list, are left out.
    """
    own = [table.name for table in schema.tables if not table.name.startswith("sqlite_")]
    schema = keep_tables(schema, own)
    if schema_format == "compact":
        return render_compact(schema)
    return "\n".join(
        render_create_table(table, keys_of(table, schema), with_types) for table in schema.tables
    )


def keys_of(table: Table, schema: Schema) -> list[ForeignKey]:
    return [key for key in schema.foreign_keys if key.table == table.name]


def render_create_table(table: Table, foreign_keys: list[ForeignKey], with_types: bool) -> str:
    """Return one statement on one line, which SQLite accepts."""
    parts = []
    for column in table.columns:
        words = [quote_name(column.name)]
        if with_types and column.type != "others":
            words.append(column.type)
        if table.primary_key == (column.name,):
            words.append("PRIMARY KEY")
        parts.append(" ".join(words))
    if len(table.primary_key) > 1:
        parts.append(f"PRIMARY KEY ({', '.join(map(quote_name, table.primary_key))})")
    for key in foreign_keys:
        parts.append(
            f"FOREIGN KEY ({quote_name(key.column)}) "
            f"REFERENCES {quote_name(key.referenced_table)}({quote_name(key.referenced_column)})"
        )
    return f"CREATE TABLE {quote_name(table.name)} ({', '.join(parts)});"


def render_compact(schema: Schema) -> str:
    lines = []
    for table in schema.tables:
        columns = ", ".join(quote_name(column.name) for column in table.columns)
        lines.append(f"{quote_name(table.name)}({columns})")
    if schema.foreign_keys:
        lines.append("Keys: " + ", ".join(map(render_key, schema.foreign_keys)))
    return "\n".join(lines)


def render_key(key: ForeignKey) -> str:
    referencing = f"{quote_name(key.table)}.{quote_name(key.column)}"
    return f"{referencing} = {quote_name(key.referenced_table)}.{quote_name(key.referenced_column)}"


def quote_name(name: str) -> str:
    """Return the name as SQL needs it: in double quotes where a bare name would not parse."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and name.lower() not in RESERVED_WORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def keep_related_tables(schema: Schema, question: str) -> Schema:
    """Return the schema without tables that seem unrelated to the question.

    A table is kept if its name or one of its columns shares a word with the question, or if a
    foreign key joins it to such a table. Where no table shares a word, all of them are kept.
    """
    asked = words_of(question)
    named = {table.name for table in schema.tables if asked & table_words(table)}
    if not named:
        return schema
    kept = set(named)
    for key in schema.foreign_keys:
        if key.table in named or key.referenced_table in named:
            kept |= {key.table, key.referenced_table}
    return keep_tables(schema, kept)


def keep_tables(schema: Schema, names: Container[str]) -> Schema:
    return Schema(
        schema.db_id,
        tuple(table for table in schema.tables if table.name in names),
        tuple(
            key
            for key in schema.foreign_keys
            if key.table in names and key.referenced_table in names
        ),
    )


def table_words(table: Table) -> set[str]:
    names = [table.name, table.readable_name]
    names += [name for column in table.columns for name in (column.name, column.readable_name)]
    return words_of(" ".join(names))


def words_of(text: str) -> set[str]:
    """Return the content words in lower case and in the singular."""
    words = re.findall(r"[a-z]+|[0-9]+", text.lower())
    return {singular(word) for word in words if len(word) > 2 and word not in STOP_WORDS}


def singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word.removesuffix("s") if not word.endswith("ss") else word
