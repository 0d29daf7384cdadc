"""The files of an evaluation's folder: their only names."""

from dataclasses import dataclass
from pathlib import Path

from text2sql.inference.prediction import PREDICTIONS_NAME
from text2sql.scoring.scores import SCORES_NAME
from text2sql.scoring.verdict import VERDICTS_NAME

STUDY_NAME = "study.json"
EXAMPLES_NAME = "examples.jsonl"
SCHEMAS_NAME = "schemas.json"
GENERATION_NAME = "generation.json"
GENERAL_NAME = "general"


@dataclass(frozen=True)
class AnswersFolder:
    """One variant's answers to one split."""

    path: Path

    @property
    def predictions(self) -> Path:
        return self.path / PREDICTIONS_NAME

    @property
    def generation(self) -> Path:
        """The settings with which the predictions beside it were generated."""
        return self.path / GENERATION_NAME

    @property
    def verdicts(self) -> Path:
        return self.path / VERDICTS_NAME

    @property
    def scores(self) -> Path:
        return self.path / SCORES_NAME


@dataclass(frozen=True)
class EvaluationFolder:
    """The folder that `evaluate.py` fills and the report reads; docs/REPORT.md describes it."""

    root: Path

    @property
    def study(self) -> Path:
        return self.root / STUDY_NAME

    def examples(self, split_folder: str) -> Path:
        return self.root / split_folder / EXAMPLES_NAME

    def schemas(self, split_folder: str) -> Path:
        return self.root / split_folder / SCHEMAS_NAME

    def answers(self, split_folder: str, variant: str) -> AnswersFolder:
        return AnswersFolder(self.root / split_folder / variant)

    def benchmark_results(self, results_file: str, variant: str) -> Path:
        return self.root / GENERAL_NAME / variant / results_file
