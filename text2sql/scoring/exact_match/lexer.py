"""SQL text -> tokens, split exactly as Spider's official evaluation splits them.

The official `tokenize` (process_sql.py in taoyds/spider) masks quoted values and passes the rest to
nltk's word tokenizer, which was made for English prose. Its rules that apply to text without quotes
are copied below, because importing nltk takes 2 seconds and 200 MB. A test compares the two.
"""

import re


class UnparsableSQL(Exception):
    """The official evaluation's parser rejects this SQL; the message says why."""


# In the order in which nltk 3.10 applies them (NLTKWordTokenizer in nltk/tokenize/destructive.py).
WORD_RULES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"[«“‘„]|`+", r" \g<0> "),
        (r"``", r" \g<0> "),
        (r"([^.])(\.)([\])}>»”’ ]*+)\s*$", r"\1 \2 \3 "),
        (r"([:,])(\D)", r" \1 \2"),  # so `a,b` is three tokens, `a,1` is one
        (r"[:,]$", r" \g<0> "),
        (r"\.{2,}", r" \g<0> "),
        (r"[;@#$%&]", r" \g<0> "),
        (r"[\u2012-\u2015]", r" \g<0> "),  # dashes
        (r"([^.])(\.)([\])}>]*)\s*$", r"\1 \2\3 "),
        (r"[?!]", r" \g<0> "),
        (r"\*", r" \g<0> "),
        (r"[\]\[(){}<>]", r" \g<0> "),  # cuts off `<` and `>`, as brackets, but not `=`, `+`, `/`
        (r"--", r" \g<0> "),
        (r"[»”’]", r" \g<0> "),
        (r"(?i)\b(can)(not)\b", r" \1 \2 "),
        (r"(?i)\b(gim)(me)\b", r" \1 \2 "),
        (r"(?i)\b(gon)(na)\b", r" \1 \2 "),
        (r"(?i)\b(got)(ta)\b", r" \1 \2 "),
        (r"(?i)\b(lem)(me)\b", r" \1 \2 "),
        (r"(?i)\b(wan)(na)(?=\s|$)", r" \1 \2 "),
    )
)


def tokenize_sql(sql: str) -> list[str]:
    """Return the tokens in lower case, except quoted values, which keep case and double quotes.

    Raises `UnparsableSQL` for an odd number of quotes; an apostrophe inside a value counts as one.
    """
    sql = sql.replace("'", '"')
    if sql.count('"') % 2:
        raise UnparsableSQL("an odd number of quotes")
    values = {}

    def mask_value(match: re.Match[str]) -> str:
        # The official name of a mask; it joins its neighbours, so `x='a'` is one (invalid) token.
        mask = f"__val_{match.start()}_{match.end() - 1}__"
        values[mask] = match.group()
        return mask

    masked = re.sub('"[^"]*"', mask_value, sql)
    words = [word.lower() for word in split_words(masked)]
    return join_comparisons([values.get(word, word) for word in words])


def split_words(text: str) -> list[str]:
    """Return what nltk's `word_tokenize(text, preserve_line=True)` returns for unquoted text."""
    for pattern, replacement in WORD_RULES:
        text = pattern.sub(replacement, text)
    return text.split()


def join_comparisons(tokens: list[str]) -> list[str]:
    """Return the tokens with `!`, `>` or `<` joined to a following `=`; `<>` stays two tokens."""
    joined: list[str] = []
    for token in tokens:
        if token == "=" and joined and joined[-1] in ("!", ">", "<"):
            joined[-1] += token
        else:
            joined.append(token)
    return joined


class TokenReader:
    """Tokens and the position of the next one; None follows the last token."""

    def __init__(self, tokens: list[str]):
        self.tokens = [*tokens, None]
        self.position = 0

    def peek(self) -> str | None:
        return self.tokens[self.position]

    def at_end(self) -> bool:
        return self.peek() is None

    def take(self) -> str:
        token = self.peek()
        if token is None:
            raise UnparsableSQL("the query ends too early")
        self.position += 1
        return token

    def accept(self, *expected: str) -> str | None:
        """Take and return the next token if it is one of `expected`; else return None."""
        token = self.tokens[self.position]
        if token not in expected:
            return None
        self.position += 1
        return token

    def expect(self, *expected: str) -> str:
        token = self.accept(*expected)
        if token is None:
            raise UnparsableSQL(f"{self.peek()!r} where one of {expected} is needed")
        return token

    def skip(self, token: str) -> None:
        while self.accept(token):
            pass

    def jump_behind(self, token: str) -> None:
        """Move to the position after the next `token`, wherever it is."""
        try:
            self.position = self.tokens.index(token, self.position) + 1
        except ValueError:
            raise UnparsableSQL(f"no {token!r}") from None
