"""What a finished benchmark says: its score and its items, read from disk without torch."""

from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from text2sql.errors import UserError
from text2sql.files import read_json
from text2sql.report.significance import Pair, pool


@dataclass(frozen=True)
class BenchmarkResults:
    """One benchmark of one variant. `items` are scores by subtask and item."""

    name: str
    metric: str
    num_fewshot: int
    chance: float | None
    limit: int | None
    higher_is_better: bool
    weight_by_size: bool
    score: float  # as the harness reports it
    items: dict[str, dict[str, float]]
    subject_groups: dict[str, list[str]]  # subtasks of each group below the benchmark

    @property
    def n(self) -> int:
        return sum(map(len, self.items.values()))

    @property
    def is_accuracy(self) -> bool:
        """Say whether the items' scores lie between 0 and 1, so that benchmarks can be averaged."""
        scores = [score for items in self.items.values() for score in items.values()]
        return self.higher_is_better and bool(scores) and min(scores) >= 0 and max(scores) <= 1


def read_benchmark(path: Path) -> BenchmarkResults:
    """Return the results in a file that `run_benchmark` wrote."""
    results = read_json(path)
    facts = results["text2sql"]
    name, metric, filter_name = facts["benchmark"], facts["metric"], facts["filter"]
    items = {
        task: items_of(samples, metric, filter_name) for task, samples in results["samples"].items()
    }
    reported = results["results"].get(name, {}).get(key := f"{metric},{filter_name}")
    if reported is None:  # a tag: the harness gives no number for all of it
        reported = fmean(results["results"][task][key] for task in items)
    return BenchmarkResults(
        name=name,
        metric=metric,
        num_fewshot=facts["num_fewshot"],
        chance=facts["chance"],
        limit=facts["limit"],
        higher_is_better=facts["higher_is_better"],
        weight_by_size=facts["weight_by_size"],
        score=reported,
        items=items,
        subject_groups=groups_below(name, results.get("group_subtasks", {})),
    )


def items_of(samples: list[dict], metric: str, filter_name: str) -> dict[str, float]:
    """Return each item's score; none where the metric has no number for an item (perplexity)."""
    scores = {
        f"{sample['doc_id']}:{sample['doc_hash'][:16]}": sample[metric]
        for sample in samples
        if sample["filter"] == filter_name
    }
    if not all(isinstance(score, int | float) for score in scores.values()):
        return {}
    return {item: float(score) for item, score in scores.items()}


def groups_below(name: str, subtasks: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the subtasks of each group that stands directly below the benchmark."""
    return {
        group: leaves(group, subtasks) for group in subtasks.get(name, ()) if subtasks.get(group)
    }


def leaves(name: str, subtasks: dict[str, list[str]]) -> list[str]:
    children = subtasks.get(name)
    if not children:
        return [name]
    return [leaf for child in children for leaf in leaves(child, subtasks)]


def pair_items(base: BenchmarkResults, other: BenchmarkResults) -> dict[str, Pair]:
    """Return both variants' scores of the same items, by subtask; refuse other items."""
    if {t: set(i) for t, i in base.items.items()} != {t: set(i) for t, i in other.items.items()}:
        raise UserError(
            f"The variants answered different items of {base.name}. Run evaluate.py again in "
            "another --output_dir, so that all of them answer the same."
        )
    return {
        task: (list(scores.values()), [other.items[task][item] for item in scores])
        for task, scores in base.items.items()
        if scores
    }


def strata_of(base: BenchmarkResults, other: BenchmarkResults) -> list[Pair]:
    """Return the pairs whose mean of means is the difference of the harness' two scores."""
    pairs = list(pair_items(base, other).values())
    return [pool(pairs)] if base.weight_by_size and pairs else pairs
