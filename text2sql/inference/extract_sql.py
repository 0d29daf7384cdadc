"""The SQL query in what a model wrote: the one rule, described in docs/SCORING.md."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from text2sql.inference.answer_text import read_answer
from text2sql.inference.query_reader import Query, read_query
from text2sql.prompts.sql_text import one_line

# Raise it with every change of the rule: answers read by different rules cannot be compared.
EXTRACTION_RULE = 3

# A query begins with SELECT, or with WITH, a name, and AS ( or columns before it. Letters of other
# scripts may touch it: these are often written without spaces.
BEGINNING = (
    r"(?<![A-Za-z0-9_])(?:SELECT(?![A-Za-z0-9_])|WITH\s++(?:RECURSIVE\s++)?[\w\"`\[\]]++\s*+"
    r"(?:\([^()]*+\)\s*+)?AS\s*+(?:(?:NOT\s++)?MATERIALIZED\s*+)?\()"
)

# Where the search for queries stops: at a comment, a statement that is not a query, a member of a
# JSON object, or a query.
LANDMARK = re.compile(
    rf"""(?P<comment>/\*(?:(?!/\*).)*?\*/|<!--(?:(?!<!--).)*?-->|^[ \t]*+--[^\n]*+)
    |(?P<statement>^[ \t]*+(?-i:INSERT\s++INTO|REPLACE\s++INTO|DELETE\s++FROM|UPDATE\s++\w++\s++SET
        |CREATE\s++(?:\w++\s++)?(?:TABLE|VIEW)|insert\s++into|replace\s++into|delete\s++from
        |update\s++\w++\s++set|create\s++(?:\w++\s++)?(?:table|view))\b
        .*?(?:;|\n[ \t]*+(?=\n)|(?=```|~~~|</)|\Z))
    |(?P<member>["'](?P<key>[\w .-]{{1,40}})["']\s*+:\s*+["'])
    |(?P<query>{BEGINNING})""",
    re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE,
)
SQL_KEY = re.compile(
    r"sql|query|answer|statement|code|output|result|final|response|completion|prediction|content",
    re.IGNORECASE,
)

# A turn of the user that the model made up, or the next example of a prompt that it continues.
NEXT_TURN = re.compile(
    r"""^[ \t>#*<\[]*+(?:
    (?:user|human|system|assistant|model|tool|bot)[ \t]*+(?:[:：\]>]|\*\*|$)
    |(?:question|q|frage|pregunta|pergunta|domanda|vraag|вопрос|问题|問題|質問|질문|سؤال|प्रश्न|soru
       |instruction|input|example|task|user[ ]input)[ \t]*+[\d.\#]*+[ \t]*+\**+[ \t]*+(?:[:：]|$)
    |\w[\w ]{0,20}[:：][^\n]*[?？؟][ \t]*+$
    )
    |^[ \t]*+(?:\#|--|//)[^\n]*[?？؟][ \t]*+$
    |^CREATE[ ]TABLE\b""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)

OPENING_QUOTE = re.compile(r"""(?P<mark>"{3}|'{3})\s*+\Z|(?<!``)(?P<single>["'`“”‘«「])[ \t]*+\Z""")
CLOSING_MARKS = {"“": "”", "‘": "’", "«": "»", "「": "」"}
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|[\"'\\/ntr])")
ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
PAIRS = re.compile("[\ud800-\udbff][\udc00-\udfff]")
CONCATENATION = re.compile(r"""[ \t]*+[+\\]?\n[ \t]*+\+?[ \t]*+(?P<mark>["'])""")
BEFORE_INNER_QUOTE = re.compile(
    r"(?:[=<>(,.+*/|-]|\b(?:SELECT|DISTINCT|FROM|JOIN|AS|BY|AND|OR|LIKE|IN|ON|WHERE|HAVING|NOT"
    r"|BETWEEN|THEN|ELSE|WHEN|GLOB|IS|ESCAPE))\s*\Z",
    re.IGNORECASE,
)
LONGEST_KEYWORD = 12  # characters, with blanks
END_OF_MEMBER = re.compile(r"""["']\s*+(?:,\s*+["'][\w .-]++["']\s*+:|\}|\])""")
LONGEST_PREFIX = 80  # characters before a query that show what kind of line it is on

OPENING_MARKS = " \t\"'`“”‘«「([{*_"
LEADING_TO_CODE = re.compile(r"[ \t>]*+(?:\*\*|__)?\Z")  # on a line of its own, maybe in bold
QUOTED_LINES = re.compile(
    rf"^[ \t]*+>[ \t]?(?:```|~~~|{BEGINNING})[^\n]*+(?:\n[ \t]*+>[^\n]*+)*",
    re.IGNORECASE | re.MULTILINE,
)
QUOTE_MARK = re.compile(r"^[ \t]*+>[ \t]?", re.MULTILINE)
LABEL = re.compile(r"(?:```|~~~)\s*\w*\Z|\A\s*(?:sql|sqlite|query|answer)\Z", re.IGNORECASE)
SIGN = re.compile(r"[=<>*_]|\w\(")  # of SQL, and not of prose
REST_OF_LINE = re.compile(r"""[^\w\n<`~]*+(?:\n|\Z|<|```|~~~|--)""")
SET_OPERATORS = ("UNION", "INTERSECT", "EXCEPT")
SET_OPERATION = re.compile(r"\)\s*+(?:UNION|INTERSECT|EXCEPT)\b", re.IGNORECASE)
NOTHING_BETWEEN = re.compile(r"(?:\s++|;|--[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*\*/)*")


class Candidate(NamedTuple):
    """A query in an answer, and what speaks for it."""

    sql: str
    begins_alone: bool  # on a line of its own, in a fence, a tag, behind a label; not in a sentence
    ends_alone: bool
    is_plausible: bool  # each token may follow the one before
    has_from: bool  # it reads from a table
    is_sentence: bool  # more likely prose that begins with the word
    is_inline: bool  # code in backticks within a line of text

    @property
    def rank(self) -> int:
        """How likely it is the answer; 0 where words only happen to begin like a query."""
        if self.begins_alone and self.ends_alone and self.has_from:
            if self.is_plausible:
                return 4 if self.is_sentence else 5
            if not self.is_sentence:
                return 3
        if self.is_plausible and self.has_from and (self.begins_alone or not self.is_sentence):
            return 2
        return int(self.begins_alone and (self.has_from or not self.is_sentence))


def extract_sql(generation: str, prompt_end: str = "") -> str:
    """Return the query in what a model wrote, on one line; "" where there is none.

    `prompt_end` is the prompt or its end: a template may open `<think>` or a channel there. The
    rule is the same for every model: reasoning and what follows the end of the turn are dropped,
    wrappers are taken off, and of the queries that stand alone the last one counts; of several
    statements in a row the first. A query within a sentence counts where none stands alone. What
    follows a query to explain it is not the answer: its parts, and code within lines of text.
    """
    answer = QUOTED_LINES.sub(without_quote_marks, read_answer(generation, prompt_end).text)
    chosen: Candidate | None = None
    for candidate in find_candidates(answer):
        if candidate.rank and (chosen is None or supersedes(candidate, chosen)):
            chosen = candidate
    return chosen.sql if chosen else ""


def without_quote_marks(lines: re.Match[str]) -> str:
    """Return a query in a quotation of Markdown without the `>` before each of its lines."""
    return QUOTE_MARK.sub("", lines[0])


def supersedes(later: Candidate, chosen: Candidate) -> bool:
    """Return whether a later query in an answer is the better one, and not an explanation."""
    if later.rank != chosen.rank:
        return later.rank > chosen.rank
    is_explanation = later.is_inline and not chosen.is_inline
    return not (is_explanation or is_part(later.sql, chosen.sql))


def is_part(sql: str, whole: str) -> bool:
    """Return whether a query is a subquery, a side of a set operation or what follows WITH."""
    part, whole = squeezed(sql), squeezed(whole)
    while part.startswith("(") and part.endswith(")"):
        part = part[1:-1]
    start = whole.find(part)
    while start >= 0:
        end = start + len(part)
        begins = start == 0 or whole.endswith(("(", ")", *SET_OPERATORS, "UNIONALL"), 0, start)
        ends = end == len(whole) or whole.startswith((")", *SET_OPERATORS), end)
        if begins and ends and len(part) < len(whole):
            return True
        start = whole.find(part, start + 1)
    return False


@lru_cache(maxsize=4)  # a long answer is compared with each query after it
def squeezed(sql: str) -> str:
    return re.sub(r"\s+", "", sql).upper()


def is_only_sql(generation: str, predicted_sql: str, prompt_end: str = "") -> bool:
    """Return whether the answer is the SQL and nothing else, but for white space and a `;`.

    Reasoning that the model's own format separates from the answer is not part of it.
    """
    answer = read_answer(generation, prompt_end)
    text = one_line(answer.text)
    is_sql = bool(predicted_sql) and text.rstrip("; ") == predicted_sql.rstrip("; ")
    return is_sql and not answer.goes_on


def find_candidates(answer: str) -> Iterator[Candidate]:
    """Yield the queries in an answer, in their order, up to a turn that the model made up.

    Of several statements in a row only the first one.
    """
    position, previous_end, best_rank = 0, 0, 0
    while landmark := LANDMARK.search(answer, position):
        kind, start = landmark.lastgroup, landmark.start()
        if kind in ("comment", "statement"):
            position = landmark.end()
            continue
        between = answer[previous_end:start]
        if best_rank > 1 and NEXT_TURN.search(between):
            return
        if kind == "member":
            found, position = read_member(answer, landmark)
        else:
            candidate, position = read_candidate(answer, start)
            follows = previous_end > 0 and NOTHING_BETWEEN.fullmatch(between)
            found = [] if follows else [candidate]
        previous_end = position
        best_rank = max([best_rank, *(candidate.rank for candidate in found)])
        yield from found


def read_member(answer: str, member: re.Match[str]) -> tuple[list[Candidate], int]:
    """Return the queries in a string of a JSON object, and where it ends.

    Under a key such as "explanation" they count no more than queries within a sentence.
    """
    value, end = unquote(answer, member.end(), answer[member.end() - 1])
    candidates = list(find_candidates(value))
    if not SQL_KEY.search(member["key"]):
        candidates = [candidate._replace(begins_alone=False) for candidate in candidates]
    return candidates, end


def read_candidate(answer: str, start: int) -> tuple[Candidate, int]:
    """Return the query that begins at `start`, and where it ends with the quotes around it."""
    window = answer[max(0, start - LONGEST_PREFIX) : start]
    _, newline, prefix = window.rpartition("\n")
    is_whole_prefix = bool(newline) or start <= LONGEST_PREFIX
    prefix = prefix if is_whole_prefix else f"x{prefix}"
    begins_alone, is_inline = has_own_line(prefix), is_inline_code(prefix)
    if quote := OPENING_QUOTE.search(window):
        mark = quote["mark"] or quote["single"]
        text, end = unquote(answer, start, mark)
        while (joint := CONCATENATION.match(answer, end)) and joint["mark"] == mark:
            more, end = unquote(answer, joint.end(), mark)
            text += more
        query = read_query(text, in_sentence=not begins_alone)
        ends_alone, is_sentence = REST_OF_LINE.match(answer, end) is not None, False
    else:
        query = read_query(answer, start, in_sentence=not begins_alone)
        if answer[start - 1 : start] == "(" and SET_OPERATION.match(answer, query.end):
            query = read_query(answer, start - 1, in_sentence=not begins_alone)
        end, ends_alone = query.end, ends_on_own_line(answer, query)
        is_sentence = reads_as_prose(query, answer[start : start + 4].isupper(), begins_alone)
    candidate = Candidate(
        query.sql,
        begins_alone,
        ends_alone,
        query.is_plausible,
        query.has_from,
        is_sentence,
        is_inline,
    )
    return candidate, max(end, start + 1)


def reads_as_prose(query: Query, is_upper: bool, begins_alone: bool) -> bool:
    """Return whether this is more likely a sentence about selecting than a query."""
    if is_upper:
        return query.ending != "text" and not (query.is_plausible or query.has_from)
    return query.ending == "sentence" or not (begins_alone or SIGN.search(query.sql))


def has_own_line(prefix: str) -> bool:
    """Return whether no sentence leads up to a query; a label, a bullet or a tag may."""
    prefix = prefix.rstrip()
    if LABEL.search(prefix):
        return True
    prefix = prefix.rstrip(OPENING_MARKS)
    return not prefix or not (prefix[-1].isalnum() or prefix[-1] in ",_'’")


def is_inline_code(prefix: str) -> bool:
    """Return whether a backtick opens code in a line that has begun with text or a bullet."""
    text, backtick, blanks = prefix.rpartition("`")
    is_code = bool(backtick) and not blanks.strip() and not text.endswith("`")
    return is_code and not LEADING_TO_CODE.match(text)


def ends_on_own_line(answer: str, query: Query) -> bool:
    if query.ending == "sentence":
        return answer[query.end] in ".。．；;("
    if query.ending == "marker" and answer[query.end] not in "<`~[":
        return bool(REST_OF_LINE.match(answer, query.end))
    return query.ending != "word"


def unquote(text: str, start: int, mark: str) -> tuple[str, int]:
    """Return what the quotation mark before `start` encloses, unescaped, and where it ends.

    A mark that opens a quote within the SQL (`name = "Ann"`) does not end it. Without an end it
    goes to the end of the text.
    """
    closing = CLOSING_MARKS.get(mark, mark)
    position = start
    while (end := text.find(closing, position)) >= 0:
        if text[end - 1] == "\\" and text[end - 2 : end] != "\\\\":
            position = end + 1
        elif is_inner_quote(text, start, end) and len(mark) == 1:
            inner = text.find(closing, end + 1)
            position = len(text) if inner < 0 else inner + 1
        else:
            return unescape(text[start:end], mark), end + len(closing)
    return unescape(text[start:], mark), len(text)


def is_inner_quote(text: str, start: int, mark: int) -> bool:
    """Return whether the quotation mark opens a quote within SQL that begins at `start`."""
    before = text[max(start, mark - LONGEST_KEYWORD) : mark]
    return bool(BEFORE_INNER_QUOTE.search(before)) and not END_OF_MEMBER.match(text, mark)


def unescape(text: str, mark: str) -> str:
    """Return the text with the escapes of a JSON or Python string undone."""
    if mark[0] not in "\"'":
        return text
    return PAIRS.sub(combine_surrogates, ESCAPE.sub(unescape_one, text))


def unescape_one(escape: re.Match[str]) -> str:
    code = escape[1]
    return chr(int(code[1:], 16)) if len(code) > 1 else ESCAPED.get(code, code)


def combine_surrogates(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")
