"""The tables of one split: scores, hardness, what gold queries use, databases, failures."""

from collections.abc import Mapping
from typing import Any

from text2sql.report.comparison_rows import QUESTION_COLUMNS, question_row
from text2sql.report.content import SplitReport
from text2sql.report.table import Table
from text2sql.report.text import percent
from text2sql.scoring.scores import HARDNESS_LEVELS

SCORE_NAMES = {
    "execution_accuracy": "execution accuracy (EX)",
    "execution_accuracy_strict": "EX where the answer is nothing but SQL",
    "execution_accuracy_keep_distinct": "EX with DISTINCT kept",
    "test_suite_accuracy": "test-suite accuracy",
    "test_suite_accuracy_keep_distinct": "test-suite accuracy with DISTINCT kept",
    "neighbour_survival": "right answers that survive on neighbour databases",
    "exact_match": "exact match (EM)",
    "valid_sql": "valid SQL",
}
ONLY_OF_SEVERAL_DATABASES = ("new databases, 95 %", "p")
FEATURE_NAMES = {
    "join": "JOIN",
    "nesting": "a subquery",
    "set_operation": "UNION, INTERSECT or EXCEPT",
    "aggregation": "an aggregate",
    "group_by": "GROUP BY",
    "order_by_limit": "ORDER BY or LIMIT",
    "none": "none of these",
}


def comparison_table(split: SplitReport, base: str, name: str) -> Table:
    """One recipe against the base, score by score."""
    compared = split.comparisons[name]
    rows = [
        question_row(label, compared[score]["all"])
        for score, label in SCORE_NAMES.items()
        if score in compared
    ]
    return Table(["score", base, name, *QUESTION_COLUMNS], rows)


def hardness_table(split: SplitReport, base: str, name: str, score: str) -> Table:
    compared = split.comparisons[name].get(score, {})
    rows = [question_row(lv, compared[lv])[:-1] for lv in HARDNESS_LEVELS if lv in compared]
    return Table(["hardness", base, name, *QUESTION_COLUMNS[:-1]], rows)


def features_table(split: SplitReport, base: str, name: str) -> Table:
    """Execution accuracy by what the gold query uses; a query counts for everything it uses."""
    compared = split.by_feature[name]
    rows = [question_row(FEATURE_NAMES[feature], compared[feature])[:-1] for feature in compared]
    return Table(["the gold query uses", base, name, *QUESTION_COLUMNS[:-1]], rows)


def databases_table(split: SplitReport, base: str, name: str) -> Table:
    """Execution accuracy on each database."""
    rows = [
        [*(row := question_row(db_id, compared))[:4], *row[5:-1]]  # one database has no spread
        for db_id, compared in split.by_database[name].items()
    ]
    columns = [column for column in QUESTION_COLUMNS if column not in ONLY_OF_SEVERAL_DATABASES]
    return Table(["database", base, name, *columns], rows)


def errors_table(split: SplitReport) -> Table:
    """Kinds of failure, in questions, with a column for each variant."""
    variants = split.variants
    kinds = sorted(
        {kind for variant in variants.values() for kind in variant["errors"]},
        key=lambda kind: -max(variant["errors"].get(kind, 0) for variant in variants.values()),
    )
    rows = [[kind, *(str(v["errors"].get(kind, 0)) for v in variants.values())] for kind in kinds]
    return Table(["kind of failure", *variants], rows)


def shares_table(split: SplitReport) -> Table:
    """Shares of the questions that tell how to read the scores, in percent."""
    labels = {
        "only_sql": "the answer is nothing but SQL",
        "cut_short": "the answer was cut at --max_new_tokens",
        "unparsable": "SQL outside Spider's grammar (EM counts it wrong)",
        "empty_equals_empty": "correct because both results are empty",
        "timeout": "stopped at the deadline",
    }
    variants = split.variants
    rows = [
        [label, *(percent(variant["shares"][key]) for variant in variants.values())]
        for key, label in labels.items()
    ]
    return Table(["share of the questions, %", *variants], [*rows, *consistency_rows(split)])


def consistency_rows(split: SplitReport) -> list[list[str]]:
    """Return shares of gold queries with several wordings, and of correct answers that survive."""
    wordings = [variant["wordings"] or {} for variant in split.variants.values()]
    labels = {
        "all_right": "of gold queries in several wordings: all right",
        "some_right": "of gold queries in several wordings: only some right",
    }
    rows = [[label, *(percent(w.get(key)) for w in wordings)] for key, label in labels.items()]
    survival = [v["scores"].get("neighbour_survival") for v in split.variants.values()]
    if any(survival):
        shown = [percent(levels and levels["all"]["score"]) for levels in survival]
        rows.append(["of correct answers: survive on neighbour databases", *shown])
    return rows if any(w.get("n") for w in wordings) else rows[2:]


def scores_table(scores: Mapping[str, Any]) -> Table:
    """The scores of one file of predictions, by hardness."""
    rows = [
        [label, *(percent(level["score"]) for level in scores["scores"][name].values())]
        for name, label in SCORE_NAMES.items()
        if name in scores["scores"]
    ]
    counts = scores["scores"]["execution_accuracy"]
    rows.append(["questions that were executed", *(str(level["n"]) for level in counts.values())])
    return Table(["%", *counts], rows)
