"""SQL as text: on one line, and taken out of what a model wrote. Nothing here parses SQL."""

import re

# One piece of SQL. A quote or comment that nothing ends goes to the end of the text, as in SQLite.
PIECE = re.compile(
    r"""(?P<quoted>'[^']*(?:''[^']*)*+(?:'|\Z)|"[^"]*(?:""[^"]*)*+(?:"|\Z)|`[^`]*(?:`|\Z))"""
    r"""|(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))"""
    r"""|(?P<blank>\s+)"""
    r"""|(?P<other>[^'"`\s/-]+|.)""",
    re.DOTALL,
)


def one_line(sql: str) -> str:
    """Return the SQL without comments, runs of white space outside of quotes made one blank.

    A line break within quotes becomes a blank too: what is returned is always one line.
    """
    pieces = PIECE.finditer(sql)
    return "".join(on_one_line(piece) for piece in pieces).strip()


def on_one_line(piece: re.Match) -> str:
    if piece.lastgroup == "quoted":
        return " ".join(piece[0].splitlines())
    return piece[0] if piece.lastgroup == "other" else " "


def extract_sql(generation: str) -> str:
    return one_line(generation.split("<end_of_turn>")[0].split(";")[0])
