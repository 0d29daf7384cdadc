"""The small data set as scoring takes it."""

from pathlib import Path

from text2sql.data.spider import read_examples, read_schemas
from text2sql.scoring.judge import ScoredSplit, ScoringSettings, score_split
from text2sql.scoring.verdict import Verdict


def scored_split(spider: Path, num_examples: int | None = None) -> ScoredSplit:
    examples = read_examples(spider / "dev.json")[:num_examples]
    return ScoredSplit(examples, read_schemas(spider / "tables.json"), spider / "database")


def score(spider: Path, predicted_sqls: list[str], **changes: object) -> list[Verdict]:
    """Return the verdicts on predictions for the first questions, within a second each."""
    settings = ScoringSettings(**{"query_timeout_s": 1.0} | changes)
    [verdicts] = score_split(scored_split(spider, len(predicted_sqls)), [predicted_sqls], settings)
    return verdicts


def gold_sqls(spider: Path) -> list[str]:
    return [example.gold_sql for example in read_examples(spider / "dev.json")]
