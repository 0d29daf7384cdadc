"""Words of a query -> tables and columns, as Spider's official evaluation resolves them."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from text2sql.data.spider import Schema
from text2sql.scoring.exact_match.lexer import UnparsableSQL

Found = TypeVar("Found")


class SchemaNames:
    """The names that one query may use: the schema's, in lower case, and its own aliases."""

    def __init__(self, schema: Schema, tokens: list[str]):
        self.columns = {
            table.name.lower(): {column.name.lower() for column in table.columns}
            for table in schema.tables
        }
        self.known = {"*", *self.columns} | {
            f"{table}.{column}" for table, columns in self.columns.items() for column in columns
        }
        self.tables = map_aliases(tokens, self.columns)

    def find_table(self, word: str) -> str:
        """Return the table of that name or alias.

        Quirk: an alias of a column, as in `SELECT t.a AS b FROM b`, passes for a table.
        """
        table = look_up(self.tables, word)
        if table not in self.known:
            raise UnparsableSQL(f"unknown table {table!r}")
        return table

    def find_column(self, word: str, default_tables: list[str]) -> str:
        """Return "table.column" or "*"; a bare column belongs to the first table that has it.

        Quirk: a column of a query outside must be written with its table.
        """
        if word == "*":
            return word
        if "." in word:
            return self.find_qualified_column(word)
        for name in default_tables:
            table = look_up(self.tables, name)
            if word in look_up(self.columns, table):
                return f"{table}.{word}"
        raise UnparsableSQL(f"unknown column {word!r}")

    def find_qualified_column(self, word: str) -> str:
        """Return "table.column". Quirk: the table need not be in FROM."""
        alias, _, column = word.partition(".")
        name = f"{look_up(self.tables, alias)}.{column}"
        if name not in self.known or "." in column:
            raise UnparsableSQL(f"unknown column {word!r}")
        return name


def map_aliases(tokens: list[str], tables: Iterable[str]) -> dict[str, str]:
    """Return the table for each name: for `tables` themselves and for the word after each AS.

    Quirk: AS is searched for in the whole text, so `count(*) AS n` makes `n` an alias too, and an
    alias means the same table in all subqueries. An alias that is a table's name is rejected.
    """
    aliases = {
        tokens[index + 1]: tokens[index - 1]
        for index, token in enumerate(tokens[:-1])
        if token == "as"
    }
    if tokens[-1:] == ["as"] or any(table in aliases for table in tables):
        raise UnparsableSQL("AS without a name, or with the name of a table")
    return aliases | {table: table for table in tables}


def look_up(names: Mapping[str, Found], name: str) -> Found:
    try:
        return names[name]
    except KeyError:
        raise UnparsableSQL(f"unknown name {name!r}") from None
