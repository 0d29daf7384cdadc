"""What a file of predictions is when it is not SQL: its format, by name, and what to do."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from text2sql.counts import how_many
from text2sql.errors import UserError
from text2sql.files import read_bytes
from text2sql.prompts.sql_text import one_line

# The first bytes of formats that are not text.
SIGNATURES = {
    b"SQLite format 3\0": "an SQLite database",
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"\xd0\xcf\x11\xe0": "an office document",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"\x93NUMPY": "a NumPy array",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"\x7fELF": "a program",
    b"GGUF": "weights of a model",
    b"{\\rtf": "an RTF document",
    **{bytes([0x80, protocol]): "a Python pickle" for protocol in range(2, 6)},
}
PICKLE_AS_TEXT = re.compile(rb"(?:\(lp\d|\(dp\d|ccopy_reg\n|\]q\x00|cnumpy)")

MARKUP = re.compile(r"\s*(?:<!doctype\s+html|<html|<\?xml)\b", re.IGNORECASE)

BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
NEWLINE = b"\n"
CONVERT = (
    "Convert it to UTF-8 or repair it, or pass --allow_other_text to score the text as it is. "
    "Nothing was scored."
)
MAX_BYTES = 64 << 20
MAX_BYTES_PER_EXAMPLE = 128 << 10
SAMPLE_LENGTH = 4096  # bytes that tell UTF-16 without a mark

SQL_BEGINNING = re.compile(r"\s*+(?:(?:SELECT|WITH|VALUES)\b|\()", re.IGNORECASE)
GENERATION_ADVICE = "put raw answers under `generation` in JSON lines"
COLUMN_ADVICE = "give it a header that names the column of SQL `predicted_sql`"

# How the lines of files that are not SQL begin, what such a file is, and what to do with it.
KINDS_OF_LINES = (
    (r"```|~~~", "SQL in fences", GENERATION_ADVICE),
    (r"<(?:!doctype|/?[a-z][\w-]*)\b[^>]*>", "HTML or XML", "save the queries as text"),
    (r"\|.*\|\s*$", "a Markdown table", COLUMN_ADVICE.replace("give it", "make it CSV with")),
    (r"[-*•] ", "a list of items", "leave the bullets out"),
    (r"[#\"']?\d+[\"']?(?:\t|[.):,;|]?\s+|[.):,;|])", "numbered lines", "leave the numbers out"),
    (r"\"SELECT\b.*\",?$", "quoted lines", "make it a JSON list, or leave the quotes out"),
    (r"(?:FROM|WHERE|JOIN|LEFT|INNER|ON|AND|OR|GROUP|ORDER|HAVING|LIMIT|UNION|\))(?:\s|$)",
     "queries on several lines", "put each query on one line"),
    (r"(?:INSERT|CREATE|UPDATE|DELETE|DROP|ALTER|PRAGMA|BEGIN|COMMIT)\b",
     "SQL statements that are not queries", "give one SELECT per question"),
    (r"(?:import|from \w+ import|def|class|print|return)\b", "a program", "save its output"),
    (r"[^\t]*\tSELECT\b", "a table with tabs (TSV) without a header", COLUMN_ADVICE),
    (r"(?:[^,]*|\"[^\"]*\"),\s*\"?SELECT\b", "CSV without a header", COLUMN_ADVICE),
    (r"(?s:.*)\bSELECT\b", "text in front of each query", GENERATION_ADVICE),
)  # fmt: skip
KINDS = [
    (re.compile(rf"\s*(?:{pattern})", re.IGNORECASE), kind, advice)
    for pattern, kind, advice in KINDS_OF_LINES
]
PROSE = ("text without SQL", "give one SELECT per question")


def read_text(path: Path, num_examples: int, allow_other_text: bool = False) -> str:
    """Return the text of a file in UTF-8 or UTF-16; a `UserError` names a format that is not text.

    So is a file that is too large for predictions on `num_examples`, and one with a byte that is
    not UTF-8 or with a NUL, unless `allow_other_text`: such bytes then become lone surrogates and
    spoil their own line, not the file.
    """
    refuse_large(path, num_examples)
    data = read_bytes(path)
    for signature, format_name in SIGNATURES.items():
        if data.startswith(signature):
            refuse_format(path, format_name, "name a file with one SQL query per line")
    if PICKLE_AS_TEXT.match(data):
        refuse_format(path, "a Python pickle", "save the queries as text or JSON")
    text = decode(path, data, allow_other_text)
    if MARKUP.match(text):
        refuse_format(path, "HTML or XML", "name a file with one SQL query per line")
    if "\0" in text and not allow_other_text:
        number = text.count("\n", 0, text.index("\0")) + 1
        raise UserError(
            f"{path}, line {number}, has a NUL byte, which SQL cannot contain. {CONVERT}"
        )
    return text


def decode(path: Path, data: bytes, allow_other_text: bool) -> str:
    encoding = find_encoding(data)
    is_utf_8 = encoding.startswith("utf-8")
    if is_utf_8 and data.count(0) > len(data) / 100:
        refuse_format(path, "a binary file", "name a file with one SQL query per line")
    errors = "surrogateescape" if is_utf_8 and allow_other_text else "strict"
    try:
        return data.decode(encoding, errors).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = f", line {data.count(NEWLINE, 0, error.start) + 1}" if is_utf_8 else ""
        raise UserError(
            f"{path}{line}, is not valid {encoding.upper()}: {error.reason}. {CONVERT}"
        ) from None


def refuse_large(path: Path, num_examples: int) -> None:
    """Raise a `UserError` before a file is read that would fill the memory."""
    most = MAX_BYTES + num_examples * MAX_BYTES_PER_EXAMPLE
    if path.is_file() and path.stat().st_size > most:
        raise UserError(
            f"{path} is larger than {most >> 20} MiB, too large for predictions on "
            f"{how_many(num_examples, 'example')}. Name a file with one prediction for each."
        )


def find_encoding(data: bytes) -> str:
    """Return the encoding that a byte order mark tells, or the zeros of UTF-16 without one."""
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return encoding
    sample = data[:SAMPLE_LENGTH]
    for encoding, zeros, letters in (
        ("utf-16-le", sample[1::2], sample[::2]),
        ("utf-16-be", sample[::2], sample[1::2]),
    ):
        if zeros and zeros.count(0) > 0.6 * len(zeros) and letters.count(0) < 0.1 * len(letters):
            return encoding
    return "utf-8"


def refuse_other_text(path: Path, sqls: Sequence[str], db_ids: Collection[str]) -> None:
    """Refuse texts of which more than half do not begin like a query, naming what they are.

    So are lines of CSV that end in one of `db_ids` (in small letters), a database's name.
    """
    texts = [sql for sql in sqls if sql.strip()]
    in_tables = [text for text in texts if last_cell(text).casefold() in db_ids]
    if 2 * len(in_tables) > len(texts):
        refuse_format(path, "CSV without a header", COLUMN_ADVICE)
    others = [text for text in texts if not SQL_BEGINNING.match(one_line(text))]
    if 2 * len(others) <= len(texts):
        return
    [((kind, advice), _)] = Counter(map(kind_of_line, others)).most_common(1)
    raise UserError(
        f"{path} holds {kind}: {len(others)} of {len(texts)} predictions do not begin with SELECT "
        f"or WITH. {advice[0].upper() + advice[1:]}, or pass --allow_other_text to score the text "
        "as it is. Nothing was scored."
    )


def last_cell(line: str) -> str:
    return re.split(r"[,;|]", line)[-1].strip(' "')


def kind_of_line(line: str) -> tuple[str, str]:
    """Return what a file of such lines is, and what to do with it."""
    for pattern, kind, advice in KINDS:
        if pattern.match(line):
            return kind, advice
    return PROSE


def refuse_format(path: Path, format_name: str, advice: str) -> None:
    raise UserError(f"{path} is {format_name}, not a file of SQL: {advice}. Nothing was scored.")
