"""The verdict on one prediction: a line of `verdicts.jsonl`, described in docs/SCORING.md."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from text2sql.scoring.exact_match.clauses import ClauseScore, PartialScores
from text2sql.scoring.failures import OF_VALID_SQL
from text2sql.typed_json import parse_fields, read_records

VERDICTS_NAME = "verdicts.jsonl"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How one prediction compares with its gold query.

    The fields from `hardness` to `clauses` are None where the gold query is not in Spider's
    grammar, those from `execution_match` to `empty_equals_empty` where `not_executed` says why.
    """

    index: int  # of the example in its split, from 0
    db_id: str
    first_wording: int | None = None  # the first example with the same database and gold query
    hardness: str | None = None
    gold_features: list[str] | None = None  # what the gold query uses: query_features.py
    exact_match: bool | None = None
    clauses: PartialScores | None = None
    unparsable: bool  # the prediction is not in Spider's grammar
    execution_match: bool | None = None  # with DISTINCT removed
    execution_match_keep_distinct: bool | None = None
    test_suite_match: bool | None = None  # None unless some database has several files
    test_suite_match_keep_distinct: bool | None = None
    survives_neighbours: bool | None = None  # None unless it matches and there are neighbours
    error: str | None = None  # the kind of failure of `execution_match`: failures.py
    error_message: str | None = None
    seconds: float | None = None
    empty_equals_empty: bool | None = None
    not_executed: str | None = None  # why: failures.py

    @property
    def was_executed(self) -> bool:
        return self.not_executed is None

    @property
    def is_valid_sql(self) -> bool | None:
        """Whether the prediction ran; None where it was not executed."""
        if not self.was_executed:
            return None
        return self.error is None or self.error in OF_VALID_SQL

    def to_json(self) -> dict[str, Any]:
        row = dict(vars(self))
        if self.clauses is not None:
            row["clauses"] = {name: astuple(score) for name, score in self.clauses.items()}
        return row

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Verdict":
        """Return the verdict in a row; a ValueError names the first field that is wrong."""
        fields = dict(row)
        if isinstance(row.get("clauses"), dict):
            fields["clauses"] = parse_clauses(row["clauses"])
        return parse_fields(cls, fields)


def parse_clauses(clauses: Mapping[str, Any]) -> PartialScores:
    """Return the scores of clauses, each of which is a list of three in JSON."""
    try:
        return {name: ClauseScore(*score) for name, score in clauses.items()}
    except TypeError:
        raise ValueError("must have a list of three for each clause in `clauses`") from None


def read_verdicts(path: Path) -> list[Verdict]:
    """Return the verdicts in the order of the file; a `UserError` names a line that is wrong."""
    return read_records(path, Verdict.from_json)
