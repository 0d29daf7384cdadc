"""Gold queries that cannot be scored as they are: outside Spider's grammar, or failing to run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from text2sql.data.spider import Schema
from text2sql.data.spider_splits import Split
from text2sql.progress import progress_bar
from text2sql.scoring.exact_match.lexer import UnparsableSQL
from text2sql.scoring.exact_match.match import hardness
from text2sql.scoring.exact_match.parser import parse_sql
from text2sql.scoring.execution.pool import SqlWorker, SqlWorkers
from text2sql.scoring.judge import ScoringSettings

GOLD_TIMEOUT_S = ScoringSettings.query_timeout_s


def gold_hardness(gold_sql: str, schema: Schema) -> str | None:
    """Return None where Spider's own grammar does not accept the query."""
    try:
        return hardness(parse_sql(gold_sql, schema))
    except UnparsableSQL:
        return None


def find_gold_problems(splits: Mapping[str, Split]) -> dict[str, dict[str, Any]]:
    """Return, by split, which gold queries are outside Spider's grammar or do not run.

    The examples have their hardness already; None means that Spider's grammar has no such query.
    """
    with SqlWorkers(GOLD_TIMEOUT_S) as workers:
        return {
            name: {
                "gold_outside_grammar": [e.id for e in split.examples if e.hardness is None],
                "gold_errors": find_gold_errors(name, split, workers),
            }
            for name, split in splits.items()
        }


def find_gold_errors(name: str, split: Split, workers: SqlWorkers) -> dict[str, str]:
    """Return why gold queries do not run, by id; those whose database has no file are not asked."""
    databases = {db_id: split.database_path(db_id) for db_id in split.sources}
    asked = [example for example in split.examples if databases[example.db_id].is_file()]
    running = [
        workers.submit(gold_error, databases[example.db_id], example.gold_sql) for example in asked
    ]
    answers = progress_bar(running, desc=f"{name}: gold SQL", unit="query")
    errors = [future.result() for future in answers]
    return {example.id: error for example, error in zip(asked, errors, strict=True) if error}


def gold_error(worker: SqlWorker, database: Path, gold_sql: str) -> str | None:
    """Return why the query does not run; its results are dropped at once."""
    result = worker.run_gold(database, gold_sql)
    return f"{result.error}: {result.error_message}" if result.error else None
