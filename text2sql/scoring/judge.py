"""The predictions for one split -> a verdict on each, with every gold query run once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from text2sql.counts import how_many
from text2sql.data.spider import Example, Schema, database_path, suite_paths
from text2sql.data.spider_splits import refuse_missing_databases
from text2sql.errors import UserError
from text2sql.progress import progress_bar
from text2sql.prompts.sql_text import fold_sql
from text2sql.scoring.exact_match.match import exact_match, hardness, partial_scores
from text2sql.scoring.execution.pool import Outcome, Outcomes, SqlWorker, SqlWorkers
from text2sql.scoring.execution.sandbox import check_database_file
from text2sql.scoring.gold_results import (
    DatabaseFiles,
    FileResult,
    Gold,
    GoldResults,
    parse_or_none,
    prepare_golds,
    refuse_gold_errors,
)
from text2sql.scoring.neighbours import make_neighbours
from text2sql.scoring.query_features import query_features
from text2sql.scoring.verdict import Verdict

NO_SQL = Outcome("no_sql", "The prediction is empty.")


@dataclass(frozen=True)
class ScoringSettings:
    query_timeout_s: float = 10.0
    allow_gold_errors: bool = False  # count examples apart whose gold query fails
    skip_missing_databases: bool = False  # count examples apart whose database file is missing
    neighbours: int = 0  # changed copies of each database that correct predictions must survive


@dataclass(frozen=True)
class ScoredSplit:
    """The examples of one split, and what is needed to score predictions for them."""

    examples: Sequence[Example]
    schemas: Mapping[str, Schema]  # by db_id
    database_dir: Path


class Match(NamedTuple):
    """Whether a prediction matches, with DISTINCT removed and with it kept."""

    distinct_removed: bool
    distinct_kept: bool


class Execution(NamedTuple):
    """How a prediction compares with its gold query on every file of the database."""

    outcomes: Outcomes  # on the database itself
    test_suite: Match  # there and on the other files of its folder
    neighbours: Match  # there and on its neighbours


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
                f"There are {how_many(len(predicted_sqls), 'prediction')} for "
                f"{how_many(len(split.examples), 'example')}; there must be one for each."
            )
    without_schema = sorted({example.db_id for example in split.examples} - split.schemas.keys())
    if without_schema:
        raise UserError(
            f"The tables file has no schema for {', '.join(without_schema)}. Add it there."
        )
    databases = find_databases(split, settings)
    with SqlWorkers(settings.query_timeout_s) as workers:
        golds = prepare_golds(split.examples, split.schemas, databases, workers)
        if not settings.allow_gold_errors:
            refuse_gold_errors(split.examples, golds)
        judge = Judge(split, golds, databases, workers)
        for predicted_sqls in answers:
            yield judge.judge_predictions(predicted_sqls)


def find_databases(split: ScoredSplit, settings: ScoringSettings) -> dict[str, DatabaseFiles]:
    """Return the files of each database that the examples use, without those that are missing."""
    paths = {ex.db_id: database_path(split.database_dir, ex.db_id) for ex in split.examples}
    if not settings.skip_missing_databases:
        refuse_missing_databases(paths, split.database_dir)
    found = {
        db_id: DatabaseFiles(path, tuple(suite_paths(split.database_dir, db_id)))
        for db_id, path in paths.items()
        if path.is_file()
    }
    for files in found.values():
        for path in (files.main, *files.test_suite):
            check_database_file(path)
    if not settings.neighbours:
        return found
    return {
        db_id: replace(
            files,
            neighbours=make_neighbours(files.main, split.schemas[db_id], settings.neighbours),
        )
        for db_id, files in progress_bar(found.items(), desc="neighbours")
    }


class Judge:
    """Compares predictions with the gold queries of one split; equal predictions run once."""

    def __init__(
        self,
        split: ScoredSplit,
        golds: Sequence[Gold],
        databases: Mapping[str, DatabaseFiles],
        workers: SqlWorkers,
    ):
        self.split = split
        self.golds = golds
        self.has_test_suite = any(files.test_suite for files in databases.values())
        self.workers = workers
        self.first_wordings = find_first_wordings(split.examples)
        self.running: dict[tuple[str, str, str], Future[Execution]] = {}

    def judge_predictions(self, predicted_sqls: Sequence[str]) -> list[Verdict]:
        """Return the verdict on one prediction per example."""
        running = [
            self.start(example, predicted_sql, gold)
            for example, predicted_sql, gold in zip(
                self.split.examples, predicted_sqls, self.golds, strict=True
            )
        ]
        verdicts = []  # the clauses are compared here while the workers run SQL
        for index, execution in enumerate(progress_bar(running, desc="scoring")):
            verdict = self.judge_clauses(index, predicted_sqls[index])
            verdicts.append(self.add_execution(verdict, execution))
        return verdicts

    def start(self, example: Example, predicted_sql: str, gold: Gold) -> Future[Execution] | None:
        """Return the future result of running the prediction; None where the gold has none."""
        if gold.results is None or gold.not_executed:
            return None
        key = (example.db_id, example.gold_sql, predicted_sql)
        if key not in self.running:
            self.running[key] = self.workers.submit(execute, predicted_sql, gold.results)
        return self.running[key]

    def judge_clauses(self, index: int, predicted_sql: str) -> Verdict:
        """Return the verdict with the fields that need no database."""
        example, gold = self.split.examples[index], self.golds[index]
        schema = self.split.schemas[example.db_id]
        predicted = parse_or_none(predicted_sql, schema)
        verdict = Verdict(
            index=index,
            db_id=example.db_id,
            first_wording=self.first_wordings[index],
            unparsable=predicted is None,
        )
        if gold.query is None:
            return verdict
        return replace(
            verdict,
            hardness=hardness(gold.query),
            gold_features=query_features(gold.query),
            exact_match=exact_match(predicted, gold.query, schema),
            clauses=partial_scores(predicted, gold.query, schema),
        )

    def add_execution(self, verdict: Verdict, running: Future[Execution] | None) -> Verdict:
        """Return the verdict with the fields that come from running both queries."""
        gold = self.golds[verdict.index]
        if running is None or gold.results is None:
            return replace(verdict, not_executed=gold.not_executed)
        execution = running.result()
        removed, kept, seconds = execution.outcomes
        verdict = replace(
            verdict,
            execution_match=removed.is_match,
            execution_match_keep_distinct=kept.is_match,
            error=removed.error,
            error_message=removed.error_message,
            seconds=round(seconds, 4),
            empty_equals_empty=removed.is_match and removed.is_empty,
        )
        if self.has_test_suite and gold.results.test_suite_error is None:
            verdict = replace(
                verdict,
                test_suite_match=execution.test_suite.distinct_removed,
                test_suite_match_keep_distinct=execution.test_suite.distinct_kept,
            )
        if gold.results.neighbours and removed.is_match:
            verdict = replace(verdict, survives_neighbours=execution.neighbours.distinct_removed)
        return verdict


def find_first_wordings(examples: Sequence[Example]) -> list[int]:
    """Return, for each example, the index of the first one with its database and gold query."""
    first: dict[tuple[str, str], int] = {}
    return [
        first.setdefault((example.db_id, fold_sql(example.gold_sql)), index)
        for index, example in enumerate(examples)
    ]


def execute(worker: SqlWorker, predicted_sql: str, golds: GoldResults) -> Execution:
    """Compare a prediction with its gold query on the database and then on the other files."""
    if not predicted_sql.strip():
        outcomes = Outcomes(NO_SQL, NO_SQL, seconds=0.0)
    else:
        outcomes = worker.compare(golds.main.database, predicted_sql, golds.main.result)
    match = Match(outcomes.distinct_removed.is_match, outcomes.distinct_kept.is_match)
    has_test_suite = golds.test_suite_error is None  # else some file has no result to compare with
    return Execution(
        outcomes,
        match_on_all(worker, predicted_sql, match, golds.test_suite if has_test_suite else ()),
        match_on_all(worker, predicted_sql, match, golds.neighbours),
    )


def match_on_all(
    worker: SqlWorker, predicted_sql: str, match: Match, golds: Iterable[FileResult]
) -> Match:
    """Return whether what matches on the database itself matches on each other file too."""
    for database, gold in golds:
        if not any(match):
            break
        outcomes = worker.compare(database, predicted_sql, gold)
        match = Match(
            match.distinct_removed and outcomes.distinct_removed.is_match,
            match.distinct_kept and outcomes.distinct_kept.is_match,
        )
    return match
