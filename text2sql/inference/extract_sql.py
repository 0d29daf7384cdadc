"""The SQL query in what a model wrote. Nothing here parses SQL."""

import re

from text2sql.prompts.sql_text import PIECE, one_line

# What chat models write where their turn ends, or where they go on with a turn of the user.
END_OF_TURN = re.compile(
    r"<end_of_turn>|<start_of_turn>|<eos>|</s>|\[INST\]"
    r"|<\|(?:im_end|im_start|eot_id|start_header_id|end_of_text|endoftext)\|>"
)

BLOCK_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)

COMMENT_LINE = re.compile(r"^[ \t]*+--[^\n]*+\n?", re.MULTILINE)

# A query begins with SELECT, or with WITH, a name, and AS ( or a list of columns before it.
BEGINNING = r"(?:SELECT\b|WITH\s++(?:RECURSIVE\s++)?[\w\"`\[\]]++\s*+(?:\([^()]*+\)\s*+)?AS\s*+\()"

LIKELY_BEGINNING = re.compile(rf"^[ \t]*+(?i:{BEGINNING})|\b{BEGINNING}", re.MULTILINE)

ANY_BEGINNING = re.compile(rf"\b{BEGINNING}", re.IGNORECASE)

# A line that no query goes on with: "Explanation: ...", "This query returns ...", "**Note**".
PROSE_LINE = re.compile(
    r"[A-Z]\w*+(?: \w++)?+:(?:\s|\Z)"
    r"|(?:Alternatively|For|Here|However|I|If|In|It|Let|Note|Please|Since|That|The|These|This|To|We"
    r"|You),? [a-z]"
    r"|\*\*|#|- [A-Z]|\d++\. [A-Z]"
)


def extract_sql(generation: str) -> str:
    """Return the query in what a model wrote, on one line; "" where there is none.

    The rule is the same for every model: the first fenced block with a query in it, else the text.
    The query begins with the first SELECT, or WITH name AS (, that stands in capitals or begins a
    line, else with the first one; it ends with the first `;` or the end of the turn, and outside
    of a fence also with a blank line or one that starts prose. Quotes and comments hide all these.
    """
    answer = END_OF_TURN.split(generation, maxsplit=1)[0]
    parts = COMMENT_LINE.sub("", answer).split("```")
    for text in parts[1::2]:
        if (start := find_beginning(text)) is not None:
            return read_query(text[start:], fenced=True)
    for text in parts[0::2]:
        if (start := find_beginning(text)) is not None:
            in_backticks = text[:start].endswith("`")
            query = text[start:].split("`")[0] if in_backticks else text[start:]
            return read_query(query, fenced=False)
    return ""


def find_beginning(text: str) -> int | None:
    match = LIKELY_BEGINNING.search(text) or ANY_BEGINNING.search(text)
    return match and match.start()


def read_query(text: str, fenced: bool) -> str:
    """Return the query that `text` begins with, on one line."""
    for piece in PIECE.finditer(text):
        prose_follows = piece.lastgroup == "blank" and not fenced and ends_query(text, piece)
        if piece.lastgroup == "end" or prose_follows:
            text = text[: piece.start()]
            break
    return one_line(text)


def ends_query(text: str, blank: re.Match) -> bool:
    lines = BLOCK_COMMENT.sub("", blank[0]).split("\n")
    has_blank_line = any(not line.strip() for line in lines[1:-1])
    return has_blank_line or (len(lines) > 1 and bool(PROSE_LINE.match(text, blank.end())))
