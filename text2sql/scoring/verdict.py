"""Predictions and gold queries -> one verdict for each example.

docs/SCORING.md says what the fields of a verdict mean.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import astuple, dataclass
from pathlib import Path

from tqdm import tqdm

from text2sql.data.spider import Example, Schema, database_path
from text2sql.data.spider_splits import refuse_missing_databases
from text2sql.errors import UserError
from text2sql.files import sha256_of_file
from text2sql.scoring.exact_match.ast import Query
from text2sql.scoring.exact_match.lexer import UnparsableSQL
from text2sql.scoring.exact_match.match import exact_match, hardness, partial_scores
from text2sql.scoring.exact_match.parser import parse_sql
from text2sql.scoring.execution.pool import Comparison, GoldResult, Outcome, SqlWorker, SqlWorkers
from text2sql.scoring.execution.sandbox import check_database_file

NO_SQL = Comparison(*[Outcome("no_sql", "The prediction is empty.")] * 2, seconds=0.0)

MAX_NAMED = 10  # gold queries that fail, in one message
EXECUTION_FIELDS = (
    "execution_match",
    "execution_match_keep_distinct",
    "error",
    "error_message",
    "seconds",
    "empty_equals_empty",
)

# By the hash of the database file and the query: the variants of one evaluation share them.
KEPT_GOLD_RESULTS: dict[tuple[str, str], GoldResult] = {}


@dataclass(frozen=True)
class ScoringSettings:
    query_timeout_s: float = 10.0
    allow_gold_errors: bool = False  # count examples apart whose gold query fails
    skip_missing_databases: bool = False  # count examples apart whose database file is absent


@dataclass(frozen=True)
class Gold:
    """What the prediction for one example is compared with."""

    query: Query | None  # None where Spider's grammar cannot parse it
    result: GoldResult | None  # None where the database file is absent

    @property
    def error(self) -> str | None:
        if self.result is not None and self.result.error:
            return f"{self.result.error}: {self.result.error_message}"
        return "it is not in Spider's grammar" if self.query is None else None


def score_predictions(
    predicted_sqls: Sequence[str],
    examples: Sequence[Example],
    schemas: Mapping[str, Schema],
    database_dir: Path,
    settings: ScoringSettings,
) -> list[dict]:
    """Return one verdict for each example, in their order.

    Refuses, before a prediction runs: another number of predictions than of examples, a database
    file that is absent or damaged, a gold query that fails, unless `settings` count these apart.
    """
    if len(predicted_sqls) != len(examples):
        raise UserError(
            f"There are {len(predicted_sqls)} predictions for {len(examples)} examples."
        )
    databases = find_databases(examples, database_dir, settings)
    with SqlWorkers(settings.query_timeout_s) as workers:
        golds = prepare_golds(examples, schemas, databases, workers)
        if not settings.allow_gold_errors:
            refuse_gold_errors(examples, golds)
        questions = list(zip(predicted_sqls, examples, golds, strict=True))
        comparisons = [
            start_comparison(workers, databases.get(example.db_id), predicted_sql, gold)
            for predicted_sql, example, gold in questions
        ]
        clauses = [  # while the workers run SQL
            judge_clauses(predicted_sql, gold.query, schemas[example.db_id])
            for predicted_sql, example, gold in questions
        ]
        return [
            {"index": index, "db_id": example.db_id}
            | clauses[index]
            | judge_execution(comparisons[index].result(), golds[index])
            for index, example in enumerate(tqdm(examples, desc="scoring", disable=None))
        ]


def find_databases(
    examples: Sequence[Example], database_dir: Path, settings: ScoringSettings
) -> dict[str, Path]:
    """Return the file of each database that the examples ask, without those that are absent."""
    paths = {example.db_id: database_path(database_dir, example.db_id) for example in examples}
    found = {db_id: path for db_id, path in paths.items() if path.is_file()}
    if not settings.skip_missing_databases:
        refuse_missing_databases(paths, database_dir)
    for path in found.values():
        check_database_file(path)
    return found


def prepare_golds(
    examples: Sequence[Example],
    schemas: Mapping[str, Schema],
    databases: Mapping[str, Path],
    workers: SqlWorkers,
) -> list[Gold]:
    """Parse and run the gold query of each example."""
    without_schema = sorted({example.db_id for example in examples} - schemas.keys())
    if without_schema:
        raise UserError(f"The tables file has no schema of {', '.join(without_schema)}.")
    results = run_gold_queries(examples, databases, workers)
    return [
        Gold(parse_or_none(example.gold_sql, schemas[example.db_id]), result)
        for example, result in zip(examples, results, strict=True)
    ]


def run_gold_queries(
    examples: Sequence[Example], databases: Mapping[str, Path], workers: SqlWorkers
) -> list[GoldResult | None]:
    """Run each different gold query once; None stands where the database file is absent."""
    hashes = {db_id: sha256_of_file(path) for db_id, path in databases.items()}
    keys = [(hashes.get(example.db_id), example.gold_sql) for example in examples]
    running = {
        key: workers.submit(SqlWorker.run_gold, databases[example.db_id], example.gold_sql)
        for key, example in dict(zip(keys, examples, strict=True)).items()
        if example.db_id in databases and key not in KEPT_GOLD_RESULTS
    }
    results = {key: future.result() for key, future in running.items()}
    KEPT_GOLD_RESULTS.update({key: result for key, result in results.items() if not result.error})
    return [KEPT_GOLD_RESULTS.get(key, results.get(key)) for key in keys]


def parse_or_none(sql: str, schema: Schema) -> Query | None:
    try:
        return parse_sql(sql, schema)
    except UnparsableSQL:
        return None


def refuse_gold_errors(examples: Sequence[Example], golds: Sequence[Gold]) -> None:
    failing = [number for number, gold in enumerate(golds) if gold.error]
    if failing:
        named = "\n".join(
            f"  example {number} ({examples[number].db_id}): {examples[number].gold_sql}\n"
            f"    {golds[number].error}"
            for number in failing[:MAX_NAMED]
        )
        raise UserError(
            f"{len(failing)} gold queries fail. Correct them, give them more time with "
            f"--query_timeout_s, or count them apart with --allow_gold_errors:\n{named}"
        )


def start_comparison(
    workers: SqlWorkers, database: Path | None, predicted_sql: str, gold: Gold
) -> Future:
    """Return the future `Comparison`, or the future None where there is no gold result."""
    if database is not None and not gold.result.error and predicted_sql.strip():
        return workers.submit(SqlWorker.compare, database, predicted_sql, gold.result)
    known = Future()
    known.set_result(None if database is None or gold.result.error else NO_SQL)
    return known


def judge_clauses(predicted_sql: str, gold: Query | None, schema: Schema) -> dict:
    """Return the part of a verdict that needs no database."""
    predicted = parse_or_none(predicted_sql, schema)
    verdict = {"hardness": None, "exact_match": None, "clauses": None}
    if gold is not None:
        scores = partial_scores(predicted, gold, schema)
        verdict = {
            "hardness": hardness(gold),
            "exact_match": exact_match(predicted, gold, schema),
            "clauses": {clause: astuple(score) for clause, score in scores.items()},
        }
    return verdict | {"unparsable": predicted is None}


def judge_execution(comparison: Comparison | None, gold: Gold) -> dict:
    """Return the part of a verdict that comes from running both queries."""
    if comparison is None:
        reason = "missing_database" if gold.result is None else "gold_error"
        return dict.fromkeys(EXECUTION_FIELDS) | {"not_executed": reason}
    removed, kept, seconds = comparison
    return {
        "execution_match": removed.error is None,
        "execution_match_keep_distinct": kept.error is None,
        "error": removed.error,
        "error_message": removed.error_message,
        "seconds": round(seconds, 4),
        "empty_equals_empty": removed.error is None and removed.is_empty,
        "not_executed": None,
    }
