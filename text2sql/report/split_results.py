"""Every finished variant's verdicts on one split, as arrays in which questions are paired."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from text2sql.errors import UserError
from text2sql.files import sha256_of_file
from text2sql.inference.prediction import Prediction, read_all_predictions
from text2sql.prompts.sql_text import fold_sql
from text2sql.report.estimators import Floats
from text2sql.report.significance import Comparison, PairedScores, compare_questions
from text2sql.scoring.query_features import FEATURES
from text2sql.scoring.scored_folders import read_scores
from text2sql.scoring.scores import NO_FEATURE, hash_questions
from text2sql.scoring.verdict import Verdict, read_verdicts
from text2sql.study.examples import read_examples
from text2sql.study.folder import AnswersFolder, EvaluationFolder
from text2sql.study.study import EvaluatedSplit

SCORES = (
    "execution_accuracy",
    "execution_accuracy_strict",
    "execution_accuracy_keep_distinct",
    "test_suite_accuracy",
    "test_suite_accuracy_keep_distinct",
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
    gold_features: list[list[str] | None]  # None where the gold query cannot be parsed
    scores: dict[str, dict[str, Floats]]

    def compare(
        self, base: str, runs: Sequence[str], score: str, level: str = "all"
    ) -> Comparison | None:
        """Return the runs' comparison with the base; None where no question has both scores."""
        if level == "all":
            return self.compare_part(base, runs, score, [True] * len(self.db_ids))
        at_level = [hardness == level for hardness in self.hardness]
        comparison = self.compare_part(base, runs, score, at_level)
        return comparison and comparison.without_p()

    def compare_part(
        self, base: str, runs: Sequence[str], score: str, included: Sequence[bool]
    ) -> Comparison | None:
        """Return the comparison on the questions that are `included`."""
        columns = {run: self.scores[run][score] for run in (base, *runs)}
        chosen = has_all(np.stack(list(columns.values()), axis=1)) & np.array(included)
        if not chosen.any():
            return None
        paired = PairedScores(columns[base], {run: columns[run] for run in runs}).take(chosen)
        db_ids, gold_queries = (pick(x, chosen) for x in (self.db_ids, self.gold_queries))
        return compare_questions(paired, db_ids, gold_queries)

    def compare_by_feature(self, base: str, runs: Sequence[str]) -> dict[str, Comparison]:
        """Return execution accuracy compared where the gold query uses each feature."""
        used = [None if own is None else own or [NO_FEATURE] for own in self.gold_features]
        return self.compare_parts(
            base,
            runs,
            {
                feature: [own is not None and feature in own for own in used]
                for feature in (*FEATURES, NO_FEATURE)
            },
        )

    def compare_by_database(self, base: str, runs: Sequence[str]) -> dict[str, Comparison]:
        """Return execution accuracy compared on each database."""
        parts = {name: [own == name for own in self.db_ids] for name in sorted(set(self.db_ids))}
        return self.compare_parts(base, runs, parts)

    def compare_parts(
        self, base: str, runs: Sequence[str], parts: Mapping[str, Sequence[bool]]
    ) -> dict[str, Comparison]:
        """Return execution accuracy compared on each part that is not empty, without p."""
        compared = {
            name: self.compare_part(base, runs, "execution_accuracy", included)
            for name, included in parts.items()
        }
        return {name: c.without_p() for name, c in compared.items() if c is not None}

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
    examples = read_examples(folder, split)
    finished = [v for v in variants if folder.answers(split.folder, v).scores.exists()]
    answers = {v: read_answers(folder.answers(split.folder, v)) for v in finished}
    first = [verdict for verdict, _ in next(iter(answers.values()), [])]
    questions = hash_questions((e["db_id"], e["question"], e["gold_sql"]) for e in examples)
    for name, rows in answers.items():
        paths = folder.answers(split.folder, name)
        scored = read_scores(paths.path).get("scored", {}).get("questions_sha256", questions)
        db_ids = [verdict.db_id for verdict, _ in rows]
        if scored != questions or db_ids != [example["db_id"] for example in examples]:
            raise UserError(
                f"{paths.scores} is about other questions than {folder.examples(split.folder)} "
                "has. Restore that file, or run the evaluation again without --report_only."
            )
    return SplitResults(
        split=split,
        db_ids=[example["db_id"] for example in examples],
        gold_queries=[fold_sql(example["gold_sql"]) for example in examples],
        hardness=[verdict.hardness for verdict in first],
        gold_features=[verdict.gold_features for verdict in first],
        scores={variant: score_answers(rows) for variant, rows in answers.items()},
    )


def read_answers(answers: AnswersFolder) -> list[tuple[Verdict, Prediction]]:
    """Return the verdicts with what was answered; a `UserError` where they do not belong together.

    Both are in the order of the questions.
    """
    read_scores(answers.path)  # refuses files that were changed
    hashes = [sha256_of_file(path) for path in (answers.verdicts, answers.predictions)]
    return parse_answers(answers, *hashes)


@lru_cache(maxsize=32)  # several parts of the report read the same answers
def parse_answers(
    answers: AnswersFolder, verdicts_sha256: str, predictions_sha256: str
) -> list[tuple[Verdict, Prediction]]:
    """Return the answers in files that have these hashes."""
    verdicts = read_verdicts(answers.verdicts)
    predictions = read_all_predictions(answers.predictions)
    if [verdict.index for verdict in verdicts] != list(range(len(predictions))):
        raise UserError(
            f"{answers.verdicts} does not have one verdict for each prediction beside it. Run the "
            "evaluation again without --report_only to score the answers again."
        )
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
        "test_suite_accuracy": verdict.test_suite_match,
        "test_suite_accuracy_keep_distinct": verdict.test_suite_match_keep_distinct,
        "exact_match": verdict.exact_match,
        "valid_sql": verdict.is_valid_sql,
    }


def describe_answers(answers: AnswersFolder, strict: Floats) -> dict[str, Any]:
    """Return what the report keeps of a variant's answers: scores, failures, shares."""
    scores = read_scores(answers.path)
    predictions = [prediction for _, prediction in read_answers(answers)]
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
        "wordings": scores.get("wordings"),  # None where an earlier version scored
    }
