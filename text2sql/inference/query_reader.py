"""Reading one SQL query off a text: where it ends, and whether it looks like one.

It ends where a `;`, a fence, a tag or the end of a sentence comes outside of quotes and comments,
and before a line that cannot belong to it, in whatever language that line is.
"""

import re
from typing import Literal, NamedTuple

from text2sql.inference.sql_grammar import CLAUSES, KEYWORDS, Grammar
from text2sql.prompts.sql_text import one_line

Ending = Literal["text", "semicolon", "marker", "line", "sentence", "word"]

TOKEN = re.compile(
    r"""
    (?P<space>(?:\s|<br[ ]?/?>|\\[nrt])+)
    |(?P<comment>--[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*(?:\*/|\Z))
    |(?P<marker>```|~~~|\*\*|</?[a-z][\w.:-]*+[ ]?/?>|<[|/!｜]|\[/\w++\]|\[sql\]|[{}\\])
    |(?P<quote>['"`])
    |(?P<word>[a-z_][a-z0-9_À-ɏ]*+|[^\W\d]\w*+|\[[^\]\n]*+\]|[$@:]\w++)
    |(?P<number>\d++(?:\.\d++)?(?:e[+-]?\d++)?[a-z0-9_]*+|\.\d++)
    |(?P<semicolon>;)
    |(?P<open>\()|(?P<close>\))|(?P<comma>,)
    |(?P<operator>::|\|\||<<|>>|<>|[<>=!]=|[-+*/%<>=&|~])
    |(?P<dot>\.(?!\.))
    |(?P<other>.)
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
LINE_BREAK = re.compile(r"\n|<br ?/?>|\\[nrt]", re.IGNORECASE)
MARKDOWN_ESCAPE = re.compile(r"\\(?=[_*<>#\[\]])")
FENCE_LINE = re.compile(r"\n[ \t]*+(?:```|~~~)")

LINE_END = re.compile(r"\.[ \t]*+(?:\n|\Z)")
NEXT_WORDS = re.compile(r"\.\s++(\w++)(?:['’]\w++)?\s++(\w++)(?:['’]\w++)?(?:\s++(\w++))?")

BULLET = re.compile(r"[-+*][ \t]")
RULE_OR_TABLE = re.compile(r"\+[-=]|\|(?!\|)|[=*_-]{3}")
EXPRESSION = re.compile(
    r"""[\w."`\[\]]++\s*+(?:=(?!>)|<(?![a-z/|!])|>|!=
    |\b(?:not\s++)?(?:like\s++['"]|in\s*+\(|between\s++[\d'"]))""",
    re.IGNORECASE | re.VERBOSE,
)
ROLE_LINE = re.compile(r"(?:user|assistant|system|human|model|tool)[ \t]*+(?:\n|\Z)", re.IGNORECASE)
CONDITION = re.compile(r"(?:and|or|where|having|match|glob)\b", re.IGNORECASE)
COMPARISON = re.compile(r"[=<>('\"\d]|\b(?:is|in|like|between)\b", re.IGNORECASE)
BLANKS = re.compile(r"\s*+")


class Query(NamedTuple):
    """A query as it was read: on one line, and what ended it where."""

    sql: str
    end: int
    ending: Ending
    is_plausible: bool  # each token may follow the one before
    has_from: bool


class Token(NamedTuple):
    kind: str  # a group of TOKEN; `literal` is a quote with what it encloses, `stray` a mark alone
    text: str
    start: int
    end: int


def read_query(text: str, start: int = 0, *, in_sentence: bool = False) -> Query:
    """Return the query that begins at `start`.

    A token that may not follow the one before is kept, so that wrong SQL stays wrong. It ends the
    query only if it is `in_sentence` or on a line that may be prose, and then before that line.
    """
    return QueryReader(text, start, in_sentence).read()


class QueryReader:
    def __init__(self, text: str, start: int, in_sentence: bool):
        self.text = text
        self.position = start
        self.in_sentence = in_sentence
        self.is_upper = text[start : start + 4].isupper()
        self.grammar = Grammar()
        self.pieces: list[str] = []
        self.doubtful_line: tuple[int, int] | None = None  # where it begins, and its first piece
        self.is_plausible = True
        self.has_foreign_names = False

    def read(self) -> Query:
        ending: Ending | None = None
        is_new_line = False
        while ending is None and (token := self.next_token()):
            if token.kind in ("space", "comment"):
                is_new_line |= LINE_BREAK.search(token.text) is not None
                self.position = token.end
                if self.pieces[-1:] != [" "]:
                    self.pieces.append(" ")
                continue
            ending = self.ending_at(token, is_new_line)
            is_new_line = False
            if ending is None:
                self.position = token.end
                self.pieces.append(token.text)
        ending = self.without_doubtful_line(ending or "text")
        while self.pieces and self.pieces[-1].strip() in ("", "."):
            self.pieces.pop()
        return Query(
            one_line("".join(self.pieces)),
            self.position,
            ending,
            self.is_plausible and self.grammar.is_complete,
            self.grammar.has_from,
        )

    def ending_at(self, token: Token, is_new_line: bool) -> Ending | None:
        """Return how the query ends before the token; None where the token belongs to it."""
        if is_new_line:
            self.doubtful_line = None
            if self.grammar.is_complete:
                if self.is_prose_line(token):
                    return "line"
                if not (self.is_upper and token.text.isupper() and token.text in KEYWORDS):
                    self.doubtful_line = token.start, len(self.pieces)
        if ending := self.marked_ending(token):
            return ending
        if not self.grammar.accept(token.kind, token.text):
            if self.doubtful_line or self.in_sentence:
                return "word"
            self.is_plausible = False
        return None

    def without_doubtful_line(self, ending: Ending) -> Ending:
        """Take back a line that turned out to be prose."""
        if self.doubtful_line is None:
            return ending
        is_prose = ending == "word" or (ending == "sentence" and self.text[self.position] != ".")
        line = "".join(self.pieces[self.doubtful_line[1] :])
        if not is_prose and not (CONDITION.match(line) and not COMPARISON.search(line)):
            return ending
        self.position = self.doubtful_line[0]
        del self.pieces[self.doubtful_line[1] :]
        return "line"

    def marked_ending(self, token: Token) -> Ending | None:
        """Return how the token ends any query that it comes in; None where it does not."""
        if token.kind == "semicolon":
            return "semicolon"
        if token.kind == "marker" or (token.kind == "close" and len(self.grammar.levels) == 1):
            return "marker"
        if token.kind == "stray" and not self.text[token.end : token.end + 1].isalnum():
            return "marker"
        if token.kind == "other" and not (token.text == "?" and self.grammar.needs_operand):
            return "sentence"
        if token.kind == "open" and not self.may_open():
            return "sentence"
        if token.kind == "dot" and self.ends_sentence(token.start):
            return "sentence"
        if token.kind == "word" and self.is_foreign(token.text):
            return "sentence"
        return None

    def may_open(self) -> bool:
        """Return whether the query may have a `(` here: not behind a value or another `)`."""
        last = self.grammar.previous[:1]
        return self.grammar.needs_operand or not (last.isdigit() or last in ("'", ")"))

    def ends_sentence(self, dot: int) -> bool:
        """Return whether the `.` ends a sentence, and does not stand between table and column."""
        if not self.grammar.is_complete:
            return False
        if LINE_END.match(self.text, dot):
            return True
        words = NEXT_WORDS.match(self.text, dot)
        if words is None:
            return False
        if not (self.grammar.previous[0].isalpha() or self.grammar.previous[0] in '"`[_'):
            return True
        first, *others = (word for word in words.groups() if word)
        are_prose = [word.upper() not in KEYWORDS for word in others]
        return all(are_prose) and (first[0].isupper() or len(are_prose) > 1)

    def is_foreign(self, word: str) -> bool:
        """Return whether a word of another script stands where none may, in a query without any."""
        if max(word) < "\u0250":
            return False
        self.has_foreign_names |= self.grammar.needs_operand or self.grammar.previous == "."
        return not self.has_foreign_names

    def next_token(self) -> Token | None:
        escape = MARKDOWN_ESCAPE.match(self.text, self.position)
        start = escape.end() if escape else self.position
        match = TOKEN.match(self.text, start)
        if match is None:
            return None
        kind, end = str(match.lastgroup), match.end()
        if kind == "quote":
            kind, end = self.read_quote(start)
        return Token(kind, self.text[start:end], start, end)

    def read_quote(self, start: int) -> tuple[str, int]:
        """Return the kind of token that a quotation mark begins, and where it ends.

        Where a value is wanted, a quote may go over several lines, but over no fence, and one that
        nothing closes goes to the end of its line.
        """
        text, grammar = self.text, self.grammar
        is_glued = start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_")
        if is_glued and grammar.previous not in KEYWORDS and grammar.previous not in ("X", "N"):
            return "stray", start + 1
        line_end = text.find("\n", start)
        line_end = len(text) if line_end < 0 else line_end
        end = find_closing_quote(text, start)
        if end is not None and end <= line_end:
            return "literal", end
        if not grammar.needs_operand:
            return "stray", start + 1
        is_closed = end is not None and not text[end : end + 1].isalnum()
        if end is None or not is_closed or FENCE_LINE.search(text, start, end):
            return "literal", line_end
        return "literal", end

    def is_prose_line(self, first: Token) -> bool:
        """Return whether a line that begins with this token cannot belong to the query."""
        level = self.grammar.levels[-1]
        if first.kind == "word" and first.text.upper() in KEYWORDS:
            return first.text.upper() == "SELECT" and not self.grammar.awaits_main_select
        if first.kind in ("word", "literal", "number", "stray"):
            if EXPRESSION.match(self.text, first.start):
                return False
            return self.grammar.previous != ")" or not self.is_alias_line(first)
        if RULE_OR_TABLE.match(self.text, first.start):
            return True
        if level.clause == CLAUSES["SELECT"] or len(self.grammar.levels) > 1:
            return False
        return first.kind == "open" or bool(BULLET.match(self.text, first.start))

    def is_alias_line(self, word: Token) -> bool:
        """Return whether a comma, a keyword or nothing follows the first word of a line."""
        if ROLE_LINE.match(self.text, word.start):
            return False
        blanks = BLANKS.match(self.text, word.end)
        following = TOKEN.match(self.text, blanks.end() if blanks else word.end)
        return (
            following is None
            or following.lastgroup in ("comma", "close", "semicolon", "marker")
            or following[0].upper() in KEYWORDS
        )


def find_closing_quote(text: str, start: int) -> int | None:
    """Return where the quote that begins at `start` ends; a doubled quotation mark is in it."""
    mark, position = text[start], start + 1
    while (end := text.find(mark, position)) >= 0:
        if mark == "`" or text[end + 1 : end + 2] != mark:
            return end + 1
        position = end + 2
    return None
