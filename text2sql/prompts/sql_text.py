"""SQL as one line of text."""

import re

# One piece of SQL. An unterminated quote or comment extends to the end of the text, as in SQLite.
# Quantifiers of single characters are possessive: a megabyte of opening quotes takes no longer than
# prose. Those of groups are not: Python before 3.11.5 matches them wrongly (CPython issue 106052).
PIECE = re.compile(
    r"""(?P<quoted>'[^']*+(?:''[^']*+)*(?:'|\Z)|"[^"]*+(?:""[^"]*+)*(?:"|\Z)|`[^`]*+(?:`|\Z))"""
    r"""|(?P<blank>(?:\s++|--[^\n]*+|/\*.*?(?:\*/|\Z))+)"""
    r"""|(?P<end>;)"""
    r"""|(?P<other>[^'"`\s/;-]++|.)""",
    re.DOTALL,
)


def one_line(sql: str) -> str:
    """Return the SQL on one line: no comments, and one space for each run outside of quotes.

    A line break within quotes becomes a space too.
    """
    return "".join(map(on_one_line, PIECE.finditer(sql))).strip()


def on_one_line(piece: re.Match[str]) -> str:
    if piece.lastgroup == "quoted":
        return " ".join(piece[0].splitlines())
    return " " if piece.lastgroup == "blank" else piece[0]


def fold_sql(sql: str) -> str:
    """Return the query in lower case with single blanks: those that differ in no more are one."""
    return " ".join(sql.lower().split())
