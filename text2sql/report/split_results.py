"""Every finished variant's verdicts on one split, as arrays in which questions are paired."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from text2sql.files import read_json, read_jsonl
from text2sql.inference.prediction import Prediction, read_predictions
from text2sql.report.estimators import Floats
from text2sql.report.significance import Comparison, PairedScores, compare_questions
from text2sql.scoring.verdict import Verdict, read_verdicts
from text2sql.study.folder import AnswersFolder, EvaluationFolder
from text2sql.study.study import EvaluatedSplit

SCORES = (
    "execution_accuracy",
    "execution_accuracy_strict",
    "execution_accuracy_keep_distinct",
    "exact_match",
    "valid_sql",
)


@dataclass(frozen=True)
class SplitResults:
    """Scores are 0 or 1 by variant and score, (n,) each, and nan where a question has none."""

    split: EvaluatedSplit
    db_ids: list[str]
    gold_queries: list[str]
    hardness: list[str | None]
    scores: dict[str, dict[str, Floats]]

    def compare(
        self, base: str, runs: Sequence[str], score: str, level: str = "all"
    ) -> Comparison | None:
        """Return the runs' comparison with the base; None where no question has both scores."""
        columns = {run: self.scores[run][score] for run in (base, *runs)}
        chosen = has_all(np.stack(list(columns.values()), axis=1))
        if level != "all":
            chosen &= np.array([hardness == level for hardness in self.hardness])
        if not chosen.any():
            return None
        paired = PairedScores(columns[base], {run: columns[run] for run in runs}).take(chosen)
        db_ids, gold_queries = (pick(x, chosen) for x in (self.db_ids, self.gold_queries))
        comparison = compare_questions(paired, db_ids, gold_queries)
        return comparison if level == "all" else comparison.without_p()

    def gains(self, base: str, runs: Sequence[str]) -> tuple[Floats, list[str]]:
        """Return the differences in execution accuracy, (questions, runs), and the databases."""
        columns = np.stack([self.scores[run]["execution_accuracy"] for run in (base, *runs)], 1)
        chosen = has_all(columns)
        return columns[chosen, 1:] - columns[chosen, :1], pick(self.db_ids, chosen)


def has_all(columns: Floats) -> NDArray[np.bool_]:
    """Return for each row whether no column is nan."""
    return np.asarray(~np.isnan(columns).any(axis=1), bool)


def pick(values: Sequence[str], chosen: NDArray[np.bool_]) -> list[str]:
    return [value for value, is_chosen in zip(values, chosen, strict=True) if is_chosen]


def read_split_results(
    folder: EvaluationFolder, split: EvaluatedSplit, variants: Sequence[str]
) -> SplitResults:
    """Return the results of the variants that are finished on the split."""
    examples = read_jsonl(folder.examples(split.folder))[: split.n]
    finished = [v for v in variants if folder.answers(split.folder, v).scores.exists()]
    answers = {v: read_answers(folder.answers(split.folder, v)) for v in finished}
    hardness = [verdict.hardness for verdict, _ in next(iter(answers.values()), [])]
    return SplitResults(
        split=split,
        db_ids=[example["db_id"] for example in examples],
        gold_queries=[fold_sql(example["gold_sql"]) for example in examples],
        hardness=hardness,
        scores={variant: score_answers(rows) for variant, rows in answers.items()},
    )


def fold_sql(sql: str) -> str:
    """Return the query in lower case with single blanks: one text for each gold query."""
    return " ".join(sql.lower().split())


def read_answers(answers: AnswersFolder) -> list[tuple[Verdict, Prediction]]:
    verdicts = read_verdicts(answers.verdicts)
    predictions = read_predictions(answers.predictions)[: len(verdicts)]
    return list(zip(verdicts, predictions, strict=True))


def score_answers(rows: Sequence[tuple[Verdict, Prediction]]) -> dict[str, Floats]:
    scored = [score_answer(verdict, prediction) for verdict, prediction in rows]
    return {name: np.array([row[name] for row in scored], float) for name in SCORES}


def score_answer(verdict: Verdict, prediction: Prediction) -> dict[str, float | None]:
    """Return the scores of one answer, None where it has none.

    `execution_accuracy_strict` counts a correct generation only where it is nothing but SQL.
    """
    correct, only_sql = verdict.execution_match, prediction.is_only_sql
    return {
        "execution_accuracy": correct,
        "execution_accuracy_strict": None if only_sql is None else correct and only_sql,
        "execution_accuracy_keep_distinct": verdict.execution_match_keep_distinct,
        "exact_match": verdict.exact_match,
        "valid_sql": verdict.is_valid_sql,
    }


def describe_answers(answers: AnswersFolder, strict: Floats) -> dict[str, Any]:
    """Return what the report keeps of a variant's answers: scores, failures, shares."""
    scores = read_json(answers.scores)
    predictions = read_predictions(answers.predictions)[: scores["n"]]
    counted = strict[~np.isnan(strict)]
    only_sql = [p.is_only_sql for p in predictions if p.is_only_sql is not None]
    stopped = [p.stopped for p in predictions if p.stopped is not None]
    return {
        "scores": scores["scores"],
        "execution_accuracy_strict": {
            "score": float(counted.mean()) if len(counted) else None,
            "n": len(counted),
        },
        "errors": scores["errors"],
        "shares": {
            **scores["shares"],
            "only_sql": sum(only_sql) / len(only_sql) if only_sql else None,
            "cut_short": 1 - sum(stopped) / len(stopped) if stopped else None,
        },
        "not_executed": scores["not_executed"],
        "partial_match": scores["partial_match"],
    }
