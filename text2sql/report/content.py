"""The content of report.json, typed: docs/REPORT.md describes each key."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from text2sql.report.recipes import Recipe
from text2sql.report.significance import Comparison
from text2sql.report.tradeoff import Tradeoff
from text2sql.study.study import Study


@dataclass(frozen=True, kw_only=True)
class SplitReport:
    """`comparisons` are by recipe, score and level ("all" or a hardness)."""

    name: str
    n: int
    num_databases: int
    num_gold_queries: int
    role: str  # scoring, or choosing for the holdout
    distance: str  # in domain, or near
    missing_databases: list[str]
    unfinished: list[str]
    variants: dict[str, dict[str, Any]]
    comparisons: dict[str, dict[str, dict[str, Comparison]]]
    by_feature: dict[str, dict[str, Comparison]]  # execution accuracy, by recipe
    by_database: dict[str, dict[str, Comparison]]


@dataclass(frozen=True, kw_only=True)
class BenchmarkReport:
    metric: str
    is_share: bool  # scores are fractions from 0 to 1; else in a unit of their own (perplexity)
    num_fewshot: int
    bos: str | None  # the token that began every text, where one did
    higher_is_better: bool
    chance: float | None
    n: int
    cluster: str  # what belongs together
    num_clusters: int
    at_chance: bool  # the base's interval includes chance: it cannot show forgetting
    left_out_of_mean: str | None  # why; None where the mean averages it
    variants: dict[str, dict[str, float | None]]  # score, above_chance; the base's low and high
    comparisons: dict[str, Comparison]
    subject_groups: dict[str, dict[str, Comparison]]


@dataclass(frozen=True, kw_only=True)
class Primary:
    """The two comparisons that the study is for, named before the results."""

    variant: str | None  # the recipe; None where nothing is finished
    split: str | None
    benchmarks: list[str]


@dataclass(frozen=True, kw_only=True)
class Report:
    study: Study
    base: str  # name of the base variant
    recipes: list[Recipe]
    settings: dict[str, Any]
    primary: Primary
    splits: dict[str, SplitReport]
    benchmarks: dict[str, BenchmarkReport]
    mean_over_benchmarks: dict[str, Comparison]
    tradeoff: Tradeoff
    made_by: dict[str, Any] = field(default_factory=dict)

    def recipe(self, name: str) -> Recipe:
        return next(recipe for recipe in self.recipes if recipe.name == name)

    @property
    def scoring_splits(self) -> dict[str, SplitReport]:
        return {name: split for name, split in self.splits.items() if split.role == "scoring"}

    @property
    def main_recipes(self) -> list[str]:
        """Return the fine-tuned recipes: all checkpoints and scales would be too many."""
        return [recipe.name for recipe in self.recipes if recipe.kind == "finetuned"]

    def gain_of(self, recipe: str) -> Comparison | None:
        """Return the recipe's comparison of execution accuracy on the first split."""
        if self.primary.split is None:
            return None
        compared = self.splits[self.primary.split].comparisons.get(recipe, {})
        return compared.get("execution_accuracy", {}).get("all")

    @property
    def gain(self) -> Comparison | None:
        """Return the first primary comparison: execution accuracy on the first split."""
        return self.gain_of(self.primary.variant or "")

    @property
    def change(self) -> Comparison | None:
        """Return the second primary comparison: the mean over benchmarks above chance."""
        return self.mean_over_benchmarks.get(self.primary.variant or "")

    def to_json(self) -> dict[str, Any]:
        content = {item.name: getattr(self, item.name) for item in fields(self)}
        made_by, study = content.pop("made_by"), content.pop("study")
        return {**made_by, "study": study.to_json(), **{k: plain(v) for k, v in content.items()}}


def plain(value: object) -> Any:
    """Return the value with every dataclass in it as an object of JSON."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value  # type: ignore[call-overload]
