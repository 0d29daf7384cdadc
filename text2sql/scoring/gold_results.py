"""The gold queries of a split: parsed, and run once on every file of their databases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from text2sql.counts import how_many
from text2sql.data.spider import Example, Schema
from text2sql.errors import UserError
from text2sql.progress import progress_bar
from text2sql.scoring.exact_match.ast import Query
from text2sql.scoring.exact_match.lexer import UnparsableSQL
from text2sql.scoring.exact_match.parser import parse_sql
from text2sql.scoring.execution.pool import GoldResult, SqlWorker, SqlWorkers
from text2sql.scoring.failures import NotExecuted
from text2sql.scoring.ties import limit_depends_on_ties

MAX_NAMED = 10  # gold queries that fail, in one message


@dataclass(frozen=True)
class DatabaseFiles:
    """The files that the queries of one database run on."""

    main: Path
    test_suite: tuple[Path, ...] = ()  # the other .sqlite files in its folder
    neighbours: tuple[Path, ...] = ()  # changed copies of the main file


class FileResult(NamedTuple):
    """The result of a gold query on one file."""

    database: Path
    result: GoldResult


@dataclass(frozen=True)
class GoldResults:
    """The results of a gold query on every file of its database."""

    main: FileResult
    test_suite: tuple[FileResult, ...] = ()
    neighbours: tuple[FileResult, ...] = ()  # without those where it fails or has ties

    @property
    def test_suite_error(self) -> GoldResult | None:
        return next((result for _, result in self.test_suite if result.error), None)


@dataclass(frozen=True)
class Gold:
    """What the prediction for one example is compared with."""

    query: Query | None  # None where it is not in Spider's grammar
    results: GoldResults | None  # None where the database file is missing

    @property
    def error(self) -> str | None:
        """Why the query fails; one outside the grammar of exact match may still run."""
        if self.results is not None:
            failing = self.results.main.result, self.results.test_suite_error
            for result in failing:
                if result is not None and result.error:
                    return f"{result.error}: {result.error_message}"
        return None

    @property
    def not_executed(self) -> NotExecuted | None:
        """Why no prediction can be compared with the results; None where one can."""
        if self.results is None:
            return "missing_database"
        return "gold_error" if self.results.main.result.error else None


def prepare_golds(
    examples: Sequence[Example],
    schemas: Mapping[str, Schema],
    databases: Mapping[str, DatabaseFiles],
    workers: SqlWorkers,
) -> list[Gold]:
    """Parse and run the gold query of each example, each distinct query once.

    `databases` lacks those whose files are missing.
    """
    keys = [(example.db_id, example.gold_sql) for example in examples]
    running = {
        (db_id, gold_sql): workers.submit(run_on_files, databases[db_id], gold_sql)
        for db_id, gold_sql in dict.fromkeys(keys)
        if db_id in databases
    }
    queries = {
        (db_id, gold_sql): parse_or_none(gold_sql, schemas[db_id])
        for db_id, gold_sql in dict.fromkeys(keys)
    }
    bar = progress_bar(running.items(), desc="gold SQL", unit="query")
    results = {key: future.result() for key, future in bar}
    return [Gold(queries[key], results.get(key)) for key in keys]


def run_on_files(worker: SqlWorker, files: DatabaseFiles, gold_sql: str) -> GoldResults:
    """Run a gold query on the database, and if that succeeds on its other files too.

    Neighbours on which it fails, or which tie rows at its LIMIT, are left out.
    """
    main = FileResult(files.main, worker.run_gold(files.main, gold_sql))
    if main.result.error:
        return GoldResults(main)
    test_suite = (
        FileResult(path, name_file(worker.run_gold(path, gold_sql), path))
        for path in files.test_suite
    )
    neighbours = (
        FileResult(path, worker.run_gold(path, gold_sql))
        for path in files.neighbours
        if not limit_depends_on_ties(worker, path, gold_sql)
    )
    return GoldResults(main, tuple(test_suite), tuple(n for n in neighbours if not n.result.error))


def name_file(gold: GoldResult, path: Path) -> GoldResult:
    """Return the result with the name of the file in its error message, if it has one."""
    if not gold.error:
        return gold
    return replace(gold, error_message=f"on {path.name}, {gold.error_message}")


def parse_or_none(sql: str, schema: Schema) -> Query | None:
    try:
        return parse_sql(sql, schema)
    except UnparsableSQL:
        return None


def refuse_gold_errors(examples: Sequence[Example], golds: Sequence[Gold]) -> None:
    failing = [index for index, gold in enumerate(golds) if gold.error]
    if failing:
        named = "\n".join(
            f"  example {index} ({examples[index].db_id}): {examples[index].gold_sql}\n"
            f"    {golds[index].error}"
            for index in failing[:MAX_NAMED]
        )
        raise UserError(
            f"{how_many(len(failing), 'gold query', 'gold queries')} failed. Correct them, allow "
            "more time with --query_timeout_s, or count them apart with --allow_gold_errors:\n"
            f"{named}"
        )
