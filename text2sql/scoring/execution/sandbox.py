"""One query against one database file that cannot change: its rows, or a named error."""

import contextlib
import functools
import re
import sqlite3
import struct
from pathlib import Path
from typing import NamedTuple

from text2sql.errors import UserError
from text2sql.scoring.execution.result_match import Row
from text2sql.scoring.failures import FailureKind

MAX_SQLITE_MEMORY = 160 << 20  # bytes
MAX_VALUE = 10 << 20  # bytes of one text, blob or row
MAX_SQL_LENGTH = 100_000  # bytes
MAX_ROWS = 500_000
MAX_RESULT = 100 << 20  # bytes, with VALUE_OVERHEAD for each value
VALUE_OVERHEAD = 56  # bytes that Python needs to hold a small value in a row
MAX_MESSAGE = 500  # characters
ROWS_AT_ONCE = 16

READING_ACTIONS = (
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
)
READING_PRAGMAS = (
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "index_xinfo",
    "foreign_key_list",
    "data_version",  # asked by full-text tables
)
TABLE_FUNCTIONS = ("json_each", "json_tree", *(f"pragma_{name}" for name in READING_PRAGMAS[:-1]))
READING_MODULES = re.compile(r"\bUSING\s+(?:fts[345]|rtree)\s*(?:\(|$)", re.IGNORECASE)
REFUSED_FUNCTIONS = ("load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "fsdir")

# What SQLite says (or Python, of SQL that never reaches it); SQLite has no codes for these.
KINDS_BY_MESSAGE: tuple[tuple[re.Pattern[str], FailureKind], ...] = (
    (re.compile(r"^no such table"), "unknown_table"),
    (re.compile(r"^no such column"), "unknown_column"),
    (re.compile(r"syntax error$|^incomplete input|^unrecognized token|null character$"), "syntax"),
    (re.compile(r"too big$|^query string is too large"), "too_large"),
    (re.compile(r"^not authorized|is prohibited$"), "refused"),
)
KINDS_BY_CODE: dict[int, FailureKind] = {
    sqlite3.SQLITE_AUTH: "refused",
    sqlite3.SQLITE_PERM: "refused",
    sqlite3.SQLITE_READONLY: "refused",
    sqlite3.SQLITE_TOOBIG: "too_large",
    sqlite3.SQLITE_NOMEM: "too_large",
}


class QueryError(Exception):
    """A query that has no result, and the kind of its failure."""

    def __init__(self, kind: FailureKind, message: str):
        super().__init__(message)
        self.kind = kind


class Result(NamedTuple):
    rows: list[Row]
    num_columns: int


def check_database_file(path: Path) -> None:
    """Raise a `UserError` unless `path` is a complete SQLite database that nobody is writing to.

    SQLite would accept an empty file, and a log beside the file would not be read. The header is
    described in https://www.sqlite.org/fileformat2.html, section 1.3.
    """
    for log in (path.with_name(path.name + "-wal"), path.with_name(path.name + "-journal")):
        if log.exists() and log.stat().st_size:
            raise UserError(
                f"{path} has uncommitted changes in {log.name}: open it once with sqlite3."
            )
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        raise UserError(f"{path} is not an SQLite database. Download it again.")
    page_size, num_pages = struct.unpack_from(">H10xI", header, 16)
    is_counted = header[24:28] == header[92:96]  # else an old SQLite wrote it and did not count
    if is_counted and path.stat().st_size < num_pages * (65536 if page_size == 1 else page_size):
        raise UserError(f"{path} is cut short. Download it again.")


def open_database(path: str) -> sqlite3.Connection:
    """Return a connection that can only read `path`, which must not change meanwhile."""
    uri = Path(path).absolute().as_uri() + "?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, cached_statements=0)
    # Some of Spider's databases contain bytes that are not UTF-8; the official script drops them.
    connection.text_factory = functools.partial(str, encoding="utf-8", errors="ignore")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, MAX_SQL_LENGTH)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0)
    for pragma in (
        "temp_store = MEMORY",
        "query_only = ON",
        "trusted_schema = OFF",
        "cell_size_check = ON",
        f"hard_heap_limit = {MAX_SQLITE_MEMORY}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    connect_virtual_tables(connection)
    connection.set_authorizer(allow_reading)
    return connection


def connect_virtual_tables(connection: sqlite3.Connection) -> None:
    """Use the virtual tables that a query may read once, because the first use declares a table.

    Views may read full-text and spatial tables, and no other virtual tables.
    """
    find_own = "SELECT name, sql FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL %'"
    own: dict[str, str] = {}
    # Damage will be reported by every query; Python may fail to decode its message.
    with contextlib.suppress(sqlite3.DatabaseError, UnicodeDecodeError):
        own = dict(connection.execute(find_own))
    for name in (*TABLE_FUNCTIONS, *own):
        quoted = name.replace('"', '""')
        # Missing from this build of SQLite, or damaged.
        with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
            connection.execute(f'SELECT 1 FROM "{quoted}" LIMIT 0')
    if own and all(READING_MODULES.search(sql) for sql in own.values()):
        connection.execute("PRAGMA trusted_schema = ON")


def allow_reading(action: int, name: str | None, detail: str | None, *_: str | None) -> int:
    """Answer SQLite's authorizer: allow reading and deny everything else."""
    allowed = action in READING_ACTIONS or (
        action == sqlite3.SQLITE_PRAGMA and name in READING_PRAGMAS
    )
    if action == sqlite3.SQLITE_FUNCTION and detail in REFUSED_FUNCTIONS:
        allowed = False
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def read_query(connection: sqlite3.Connection, sql: str) -> Result:
    """Return the rows of one statement; a `QueryError` says why there are none."""
    try:
        cursor = connection.execute(sql)
        if cursor.description is None:
            raise QueryError("no_sql", "The SQL contains no statement that returns rows.")
        return Result(fetch_rows(cursor), len(cursor.description))
    except MemoryError:
        raise QueryError("too_large", "The query needs more memory than it may have.") from None
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        raise QueryError(kind_of_error(error), str(error)[:MAX_MESSAGE]) from None


def fetch_rows(cursor: sqlite3.Cursor) -> list[Row]:
    """Return all rows; a `QueryError` where they exceed MAX_ROWS or MAX_RESULT."""
    rows: list[Row] = []
    size = 0
    while chunk := cursor.fetchmany(ROWS_AT_ONCE):
        rows += chunk
        size += VALUE_OVERHEAD * len(chunk) * len(chunk[0])
        size += sum(len(value) for row in chunk for value in row if isinstance(value, str | bytes))
        if len(rows) > MAX_ROWS:
            raise QueryError("too_large", f"The result has more than {MAX_ROWS} rows.")
        if size > MAX_RESULT:
            raise QueryError("too_large", f"The result takes more than {MAX_RESULT >> 20} MiB.")
    return rows


def kind_of_error(error: Exception) -> FailureKind:
    if isinstance(error, UnicodeEncodeError):  # SQLite cannot read a lone surrogate
        return "syntax"
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary result code
    if code in KINDS_BY_CODE:
        return KINDS_BY_CODE[code]
    message = str(error)
    return next((kind for part, kind in KINDS_BY_MESSAGE if part.search(message)), "runtime")
