"""SQL as one line of text."""

import re

# One piece of SQL. A quote or comment that nothing ends goes to the end of the text, as in SQLite.
# Each alternative takes what it has read: a megabyte of opening quotes costs no more than prose.
PIECE = re.compile(
    r"""(?P<quoted>'[^']*+(?:''[^']*+)*+(?:'|\Z)|"[^"]*+(?:""[^"]*+)*+(?:"|\Z)|`[^`]*+(?:`|\Z))"""
    r"""|(?P<blank>(?:\s++|--[^\n]*+|/\*.*?(?:\*/|\Z))++)"""
    r"""|(?P<end>;)"""
    r"""|(?P<other>[^'"`\s/;-]++|.)""",
    re.DOTALL,
)


def one_line(sql: str) -> str:
    """Return the SQL without comments, runs of white space outside of quotes made one blank.

    A line break within quotes becomes a blank too: what is returned is always one line.
    """
    return "".join(map(on_one_line, PIECE.finditer(sql))).strip()


def on_one_line(piece: re.Match) -> str:
    if piece.lastgroup == "quoted":
        return " ".join(piece[0].splitlines())
    return " " if piece.lastgroup == "blank" else piece[0]
