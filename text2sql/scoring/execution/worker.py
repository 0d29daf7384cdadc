"""The worker process that runs untrusted SQL, read-only.

`pool.py` starts it as `python -m text2sql.scoring.execution.worker SOCKET LIFELINE` and kills it
when a query exceeds its deadline. It answers two kinds of request, in JSON: run a gold query and
return its results; or run a prediction, compare it with such results and return the outcome.
"""

import contextlib
import fcntl
import json
import marshal
import os
import resource
import signal
import sqlite3
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

from text2sql.scoring.execution.result_match import (
    Row,
    asks_for_order,
    join_operators,
    remove_distinct,
    replace_current_year,
    replace_placeholder,
    results_match,
)
from text2sql.scoring.execution.sandbox import QueryError, Result, open_database, read_query
from text2sql.scoring.failures import FailureKind

MAX_MEMORY = 300 << 20  # bytes of address space
MAX_OPEN_FILES = 16
# Which an unfilled placeholder can cause.
PLACEHOLDER_ERRORS: tuple[FailureKind, ...] = ("syntax", "unknown_column", "runtime")
GRACE_S = 0.5  # after the deadline, at which the scorer kills, until the kernel does

# Of one reading of a gold query: rows, number of columns, whether it asks for an order.
PackedResult = tuple[list[Row], int, bool]


def main() -> None:
    channel = Connection(int(sys.argv[1]))
    die_with_parent(int(sys.argv[2]))
    give_up_rights()
    channel.send_bytes(b"ready")
    with contextlib.suppress(EOFError):
        while True:
            serve(channel, json.loads(channel.recv_bytes()))


def die_with_parent(lifeline: int) -> None:
    """Have the kernel end this process when the scorer's end of the pipe `lifeline` closes.

    This holds even while SQLite computes, and however the scorer ended.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):  # open and empty: the scorer is alive
        os.read(lifeline, 1)
        sys.exit()


def give_up_rights() -> None:
    """Bound the memory and give up writing files and starting processes."""
    os.chdir("/")
    for limit, value in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        # macOS refuses some of these; the limits of sandbox.py hold everywhere.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))


def serve(channel: Connection, request: dict[str, Any]) -> None:
    """Answer one request, under a kernel timer that fires even if the scorer is gone."""
    gold = None if "gold_sql" in request else marshal.loads(channel.recv_bytes())
    signal.setitimer(signal.ITIMER_REAL, request["timeout_s"] + GRACE_S)
    with contextlib.closing(open_database(request["database"])) as connection:
        if gold is None:
            replies = run_gold(connection, request["gold_sql"])
        else:
            replies = compare(connection, request["predicted_sql"], gold)
        for reply in replies:
            channel.send_bytes(reply)
    signal.setitimer(signal.ITIMER_REAL, 0)


def run_gold(connection: sqlite3.Connection, gold_sql: str) -> Iterator[bytes]:
    """Yield {} and the packed results of the gold query's readings, or only an error."""
    try:
        packed = marshal.dumps(
            [(*read_query(connection, sql), asks_for_order(sql)) for sql in readings(gold_sql)]
        )
    except QueryError as failure:
        yield pack(error=failure.kind, error_message=str(failure))
    except MemoryError:
        yield pack(error="too_large", error_message="The results do not fit into memory.")
    else:
        yield pack()
        yield packed


def compare(
    connection: sqlite3.Connection, predicted_sql: str, gold: list[PackedResult]
) -> Iterator[bytes]:
    """Yield the outcome with DISTINCT removed and, where the query differs, with DISTINCT kept.

    `gold` holds the results that `run_gold` packed.
    """
    predicted = list(readings(predicted_sql))
    last = max(len(predicted), len(gold)) - 1
    for number in range(last + 1):
        gold_rows, gold_columns, ordered = gold[min(number, len(gold) - 1)]
        sql = predicted[min(number, len(predicted) - 1)]
        outcome = judge(connection, sql, Result(gold_rows, gold_columns), ordered)
        yield pack(**outcome, is_last=number == last)


def readings(sql: str) -> Iterator[str]:
    """Yield the query without DISTINCT and, where that differs, the query with it."""
    kept = join_operators(sql)
    removed = remove_distinct(kept)
    yield replace_current_year(removed)
    if removed.strip() != kept.strip():
        yield replace_current_year(kept)


def judge(connection: sqlite3.Connection, sql: str, gold: Result, ordered: bool) -> dict[str, Any]:
    """Return the outcome of one reading: `error` is None where the results match."""
    try:
        predicted = run_prediction(connection, sql)
        error = name_mismatch(gold, predicted, ordered)
        return {"error": error, "error_message": None, "is_empty": not predicted.rows}
    except QueryError as failure:
        return {"error": failure.kind, "error_message": str(failure), "is_empty": False}
    except MemoryError:
        message = "The results do not fit into memory together."
        return {"error": "too_large", "error_message": message, "is_empty": False}


def run_prediction(connection: sqlite3.Connection, sql: str) -> Result:
    """Run a prediction; if it fails, run it again with each bare `value` read as 1.

    Only if it fails, because a `value` that names a column or an alias is not a placeholder.
    """
    try:
        return read_query(connection, sql)
    except QueryError as failure:
        filled = replace_placeholder(sql) if failure.kind in PLACEHOLDER_ERRORS else sql
        if filled == sql:
            raise
    return read_query(connection, filled)


def name_mismatch(gold: Result, predicted: Result, ordered: bool) -> FailureKind | None:
    if results_match(gold.rows, predicted.rows, ordered):
        return None
    if gold.num_columns != predicted.num_columns:
        return "wrong_columns"
    if ordered and results_match(gold.rows, predicted.rows, ordered=False):
        return "wrong_order"
    return "wrong_rows"


def pack(**fields: object) -> bytes:
    return json.dumps(fields).encode()


if __name__ == "__main__":
    main()
