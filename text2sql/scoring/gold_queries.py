"""Gold queries that cannot be scored as they are: outside Spider's grammar, or failing to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from text2sql.data.spider import Example, Schema
from text2sql.progress import progress_bar
from text2sql.scoring.exact_match.lexer import UnparsableSQL
from text2sql.scoring.exact_match.match import hardness
from text2sql.scoring.exact_match.parser import parse_sql
from text2sql.scoring.execution.pool import SqlWorker, SqlWorkers


@dataclass(frozen=True)
class GoldProblems:
    """The ids of the examples concerned; the two kinds may overlap."""

    outside_grammar: list[str] = field(default_factory=list)  # no exact match, no hardness
    errors: dict[str, str] = field(default_factory=dict)  # by id, why the query does not run


def gold_hardness(gold_sql: str, schema: Schema) -> str | None:
    """Return None where Spider's own grammar does not accept the query."""
    try:
        return hardness(parse_sql(gold_sql, schema))
    except UnparsableSQL:
        return None


def find_gold_problems(
    examples: Sequence[Example], databases: Mapping[str, Path], workers: SqlWorkers, label: str
) -> GoldProblems:
    """Run the gold query of each example whose database has a file.

    The examples have their hardness already; None means that Spider's grammar has no such query.
    """
    asked = [example for example in examples if databases[example.db_id].is_file()]
    running = [
        workers.submit(gold_error, databases[example.db_id], example.gold_sql) for example in asked
    ]
    answers = progress_bar(running, desc=f"{label}: gold SQL", unit="query")
    errors = [future.result() for future in answers]
    return GoldProblems(
        [example.id for example in examples if example.hardness is None],
        {example.id: error for example, error in zip(asked, errors, strict=True) if error},
    )


def gold_error(worker: SqlWorker, database: Path, gold_sql: str) -> str | None:
    """Return why the query does not run; its results are dropped at once."""
    result = worker.run_gold(database, gold_sql)
    return f"{result.error}: {result.error_message}" if result.error else None
