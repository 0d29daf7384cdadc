"""The predictions for one split -> a verdict on each, with every gold query run once."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from text2sql.data.spider import Example, Schema, database_path
from text2sql.data.spider_splits import refuse_missing_databases
from text2sql.errors import UserError
from text2sql.scoring.exact_match.ast import Query
from text2sql.scoring.exact_match.lexer import UnparsableSQL
from text2sql.scoring.exact_match.match import exact_match, hardness, partial_scores
from text2sql.scoring.exact_match.parser import parse_sql
from text2sql.scoring.execution.pool import GoldResult, Outcome, Outcomes, SqlWorker, SqlWorkers
from text2sql.scoring.execution.sandbox import check_database_file
from text2sql.scoring.verdict import Verdict

NO_SQL = Outcome("no_sql", "The prediction is empty.")

MAX_NAMED = 10  # gold queries that fail, in one message


@dataclass(frozen=True)
class ScoringSettings:
    query_timeout_s: float = 10.0
    allow_gold_errors: bool = False  # count examples apart whose gold query fails
    skip_missing_databases: bool = False  # count examples apart whose database file is missing


@dataclass(frozen=True)
class ScoredSplit:
    """The examples of one split, and what is needed to score predictions for them."""

    examples: Sequence[Example]
    schemas: Mapping[str, Schema]  # by db_id
    database_dir: Path


@dataclass(frozen=True)
class Gold:
    """What the prediction for one example is compared with."""

    query: Query | None  # None where it is not in Spider's grammar
    result: GoldResult | None  # None where the database file is missing

    @property
    def error(self) -> str | None:
        if self.result is not None and self.result.error:
            return f"{self.result.error}: {self.result.error_message}"
        return "it is not in Spider's grammar" if self.query is None else None

    @property
    def not_executed(self) -> str | None:
        """Why no prediction can be compared with the result; None where one can."""
        if self.result is None:
            return "missing_database"
        return "gold_error" if self.result.error else None


def score_split(
    split: ScoredSplit, answers: Sequence[Sequence[str]], settings: ScoringSettings
) -> Iterator[list[Verdict]]:
    """Yield the verdicts on each variant's answers, a list in the order of the examples.

    `answers` has one predicted SQL per example for each variant; the gold queries run once for all
    of them. Before any prediction runs, a `UserError` refuses: another number of predictions than
    of examples, a damaged database file, and, unless `settings` count them apart, a missing
    database file and a gold query that fails.
    """
    for predicted_sqls in answers:
        if len(predicted_sqls) != len(split.examples):
            raise UserError(
                f"There are {len(predicted_sqls)} predictions for {len(split.examples)} examples."
            )
    databases = find_databases(split, settings)
    with SqlWorkers(settings.query_timeout_s) as workers:
        golds = prepare_golds(split, databases, workers)
        if not settings.allow_gold_errors:
            refuse_gold_errors(split.examples, golds)
        for predicted_sqls in answers:
            yield judge_predictions(split, predicted_sqls, golds, databases, workers)


def find_databases(split: ScoredSplit, settings: ScoringSettings) -> dict[str, Path]:
    """Return the file of each database that the examples use, without those that are missing."""
    paths = {ex.db_id: database_path(split.database_dir, ex.db_id) for ex in split.examples}
    if not settings.skip_missing_databases:
        refuse_missing_databases(paths, split.database_dir)
    found = {db_id: path for db_id, path in paths.items() if path.is_file()}
    for path in found.values():
        check_database_file(path)
    return found


def prepare_golds(
    split: ScoredSplit, databases: Mapping[str, Path], workers: SqlWorkers
) -> list[Gold]:
    """Parse and run the gold query of each example."""
    without_schema = sorted({example.db_id for example in split.examples} - split.schemas.keys())
    if without_schema:
        raise UserError(f"The tables file has no schema of {', '.join(without_schema)}.")
    results = run_gold_queries(split.examples, databases, workers)
    return [
        Gold(parse_or_none(example.gold_sql, split.schemas[example.db_id]), result)
        for example, result in zip(split.examples, results, strict=True)
    ]


def run_gold_queries(
    examples: Sequence[Example], databases: Mapping[str, Path], workers: SqlWorkers
) -> list[GoldResult | None]:
    """Run each distinct gold query once; the result is None where the database is missing."""
    keys = [(example.db_id, example.gold_sql) for example in examples]
    running = {
        (db_id, gold_sql): workers.submit(SqlWorker.run_gold, databases[db_id], gold_sql)
        for db_id, gold_sql in dict.fromkeys(keys)
        if db_id in databases
    }
    return [running[key].result() if key in running else None for key in keys]


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
            f"{len(failing)} gold queries fail. Correct them, give them more time with "
            f"--query_timeout_s, or count them apart with --allow_gold_errors:\n{named}"
        )


def judge_predictions(
    split: ScoredSplit,
    predicted_sqls: Sequence[str],
    golds: Sequence[Gold],
    databases: Mapping[str, Path],
    workers: SqlWorkers,
) -> list[Verdict]:
    """Return the verdict on one prediction per example."""
    outcomes = [
        start_comparison(workers, databases[example.db_id], predicted_sql, gold.result)
        if gold.result is not None and not gold.not_executed
        else None
        for example, predicted_sql, gold in zip(split.examples, predicted_sqls, golds, strict=True)
    ]
    verdicts = []  # the clauses are compared here while the workers run SQL
    for index, example in enumerate(tqdm(split.examples, desc="scoring", disable=None)):
        verdict = judge_clauses(index, example, predicted_sqls[index], golds[index], split.schemas)
        verdicts.append(add_execution(verdict, outcomes[index], golds[index]))
    return verdicts


def start_comparison(
    workers: SqlWorkers, database: Path, predicted_sql: str, gold: GoldResult
) -> Future[Outcomes]:
    if predicted_sql.strip():
        return workers.submit(SqlWorker.compare, database, predicted_sql, gold)
    known: Future[Outcomes] = Future()
    known.set_result(Outcomes(NO_SQL, NO_SQL, seconds=0.0))
    return known


def judge_clauses(
    index: int, example: Example, predicted_sql: str, gold: Gold, schemas: Mapping[str, Schema]
) -> Verdict:
    """Return the verdict with the fields that need no database."""
    schema = schemas[example.db_id]
    predicted = parse_or_none(predicted_sql, schema)
    verdict = Verdict(index=index, db_id=example.db_id, unparsable=predicted is None)
    if gold.query is None:
        return verdict
    return replace(
        verdict,
        hardness=hardness(gold.query),
        exact_match=exact_match(predicted, gold.query, schema),
        clauses=partial_scores(predicted, gold.query, schema),
    )


def add_execution(verdict: Verdict, running: Future[Outcomes] | None, gold: Gold) -> Verdict:
    """Return the verdict with the fields that come from running both queries."""
    if running is None:
        return replace(verdict, not_executed=gold.not_executed)
    removed, kept, seconds = running.result()
    return replace(
        verdict,
        execution_match=removed.is_match,
        execution_match_keep_distinct=kept.is_match,
        error=removed.error,
        error_message=removed.error_message,
        seconds=round(seconds, 4),
        empty_equals_empty=removed.is_match and removed.is_empty,
    )
