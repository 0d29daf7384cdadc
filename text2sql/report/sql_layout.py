"""SQL laid out to be read: a line for each clause, nested queries indented, keywords in capitals.

It works word by word, without a grammar, so that what a model wrote is laid out too, and thousands
of queries take a fraction of a second.
"""

import re
from collections.abc import Iterator

CLAUSES = {
    *("SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT"),
    *("UNION", "INTERSECT", "EXCEPT", "VALUES"),
}
JOINS = {"NATURAL", "LEFT", "RIGHT", "FULL", "INNER", "OUTER", "CROSS", "JOIN"}
CONDITIONS = {"AND", "OR"}
OTHER_KEYWORDS = {
    *("ALL", "AS", "ASC", "BETWEEN", "BY", "CASE", "CAST", "COLLATE", "DESC", "DISTINCT", "ELSE"),
    *("END", "ESCAPE", "EXISTS", "GLOB", "IN", "IS", "LIKE", "NOT", "NULL", "OFFSET", "ON"),
    *("OVER", "PARTITION", "RECURSIVE", "THEN", "USING", "WHEN", "WITH"),
}
KEYWORDS = CLAUSES | JOINS | CONDITIONS | OTHER_KEYWORDS
NESTED, CONDITION = 4, 2  # blanks before a nested query, and before what belongs to a clause
# A comment ends its line. An unterminated quote or comment extends to the end of the text.
TOKEN = re.compile(
    r"""(?P<quoted>'[^']*+(?:''[^']*+)*+(?:'|\Z)|"[^"]*+(?:""[^"]*+)*+(?:"|\Z)|`[^`]*+(?:`|\Z)"""
    r"""|\[[^\]]*+(?:\]|\Z)|/\*.*?(?:\*/|\Z))"""
    r"""|(?P<comment>--[^\n]*+)|(?P<blank>\s++)|(?P<nested>\(\s*+(?=select\b))"""
    r"""|(?P<word>\w++)|(?P<other>.)""",
    re.DOTALL | re.IGNORECASE,
)


def lay_out(sql: str) -> str:
    """Return the SQL on several lines; only blanks and the case of keywords change."""
    lines = [""]
    for text, indent in pieces(sql):
        if indent is None:
            lines[-1] += text
        else:
            lines.append(" " * indent + text)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def pieces(sql: str) -> Iterator[tuple[str, int | None]]:
    """Yield pieces of SQL, each with the indent of the line that it begins, None within a line."""
    depths: list[bool] = []  # of the open brackets: does a query begin in it?
    previous = ""  # word
    is_between = ends_line = False
    for token in TOKEN.finditer(sql):
        text, kind, level = token[0], token.lastgroup, NESTED * sum(depths)
        in_query = not depths or depths[-1]
        word = text.upper() if kind == "word" else ""
        if kind == "blank":
            yield ("" if ends_line else " "), None
            continue
        begins: int | None = level if ends_line else None
        if word in KEYWORDS:
            text = word
        if in_query and (word in CLAUSES or (word in JOINS and previous not in JOINS)):
            begins = level
        elif in_query and word in CONDITIONS and not (word == "AND" and is_between):
            begins = level + CONDITION
        yield ("(" if kind == "nested" else text), begins
        is_between = word == "BETWEEN" or (is_between and word != "AND")
        ends_line = kind in ("nested", "comment")
        previous = word or previous
        if text.startswith("(") and kind in ("nested", "other"):
            depths.append(kind == "nested")
        elif text == ")" and depths:
            depths.pop()
