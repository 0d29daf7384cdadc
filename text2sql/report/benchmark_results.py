"""The results of finished benchmarks, read from disk without torch: scores and paired items.

A score that no item has by itself (perplexity, BLEU) comes with resampled scores in place of items.
"""

import gc
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from text2sql.benchmarks.groups import leaves_of
from text2sql.errors import UserError
from text2sql.report.benchmark_clusters import ITEM, cluster_of
from text2sql.report.corpus_scores import CorpusScore
from text2sql.report.estimators import Floats, Sample, describe_sample
from text2sql.report.significance import PairedScores
from text2sql.seals import read_sealed_text

LARGEST_SCORE = 1e100  # of an item: the sum of their squares must be a number
WEIGHTED = ("weighted_perplexity", "bits_per_byte")  # of pairs: a log-likelihood and a weight


@dataclass(frozen=True)
class Item:
    """One item's score, and the cluster it belongs to: its kind and its name."""

    score: float
    cluster: tuple[str, str] | None = None  # None for an item by itself


@dataclass(frozen=True)
class BenchmarkResults:
    """One benchmark of one variant; `items` by subtask, none for a metric such as perplexity.

    Then `documents` has the weight of each in the score, by subtask and name, and `resampled` the
    scores of resampled documents, drawn alike for every variant; none where nothing can be.
    """

    name: str
    metric: str
    num_fewshot: int
    chance: float | None
    limit: int | None
    higher_is_better: bool
    weight_by_size: bool
    score: float  # as the harness reports it
    items: dict[str, dict[str, Item]]
    subject_groups: dict[str, list[str]] = field(default_factory=dict)  # subtasks of each group
    bos: str | None = None  # the token that began every text, where one did
    documents: dict[str, dict[str, float]] = field(default_factory=dict)
    resampled: Floats | None = None  # (resamples,)

    @property
    def n(self) -> int:
        return sum(map(len, self.items.values())) or sum(map(len, self.documents.values()))

    @property
    def is_accuracy(self) -> bool:
        """Return whether all items score between 0 and 1, so that benchmarks can be averaged."""
        scores = [item.score for items in self.items.values() for item in items.values()]
        return self.higher_is_better and bool(scores) and min(scores) >= 0 and max(scores) <= 1


@dataclass(frozen=True)
class FinishedBenchmark:
    """One benchmark of all variants that have finished it, its items in one order."""

    results: dict[str, BenchmarkResults]

    @cached_property
    def first(self) -> BenchmarkResults:
        return next(iter(self.results.values()))

    @cached_property
    def keys(self) -> list[tuple[str, str]]:
        """Return the subtask and the name of each item."""
        return [(task, item) for task, items in self.first.items.items() for item in items]

    @cached_property
    def subtasks(self) -> list[str]:
        return [task for task, _ in self.keys]

    @cached_property
    def clusters(self) -> list[str]:
        """Return a name for each item's cluster, distinct over subtasks."""
        named = []
        for task, key in self.keys:
            cluster = self.first.items[task][key].cluster
            named.append(f"{task}/{cluster[0]}/{cluster[1]}" if cluster else f"{task}/{ITEM}/{key}")
        return named

    @cached_property
    def cluster(self) -> str:
        """Return what a cluster is; `item` where each item is one."""
        items = (self.first.items[task][key] for task, key in self.keys)
        return next((item.cluster[0] for item in items if item.cluster), ITEM)

    @cached_property
    def sample(self) -> Sample:
        return self.sample_of(np.ones(len(self.keys), bool))

    def sample_of(self, chosen: NDArray[np.bool_]) -> Sample:
        """Return the sample of the chosen items, with subtasks as strata."""
        positions = np.flatnonzero(chosen)
        return describe_sample(
            [self.clusters[i] for i in positions],
            [self.subtasks[i] for i in positions],
            equal_strata=not self.first.weight_by_size,
        )

    def scores(self, variant: str) -> Floats:
        """Return the variant's score of each item; a `UserError` where it answered other items."""
        items = self.results[variant].items
        answered = [(task, item) for task, scores in items.items() for item in scores]
        self.refuse_unless(set(answered) == set(self.keys))
        return np.array([items[task][key].score for task, key in self.keys], float)

    def corpus_score(self, variant: str) -> CorpusScore:
        """Return the variant's score; a `UserError` where it read other documents."""
        results = self.results[variant]
        self.refuse_unless(results.documents == self.first.documents)
        return CorpusScore(results.score, results.resampled)

    def refuse_unless(self, are_same: bool) -> None:
        if not are_same:
            raise UserError(
                f"The variants answered different items of {self.first.name}. Run evaluate.py "
                "again in another --output_dir, so that all of them answer the same."
            )

    def paired(self, base: str, runs: Sequence[str]) -> PairedScores:
        return PairedScores(self.scores(base), {run: self.scores(run) for run in runs})


def read_results(
    path: Path, name: str, cluster_field: str | None = None
) -> dict[str, BenchmarkResults]:
    """Return the results in a file that `run_benchmark` wrote for the benchmark `name`.

    Where its tasks have different metrics, there are results of each, named `name/task`. Items with
    the same `cluster_field` in their documents belong together; by default the documents tell by
    their own fields.
    """
    with no_garbage_collection(), explain_damaged_results(path):
        content = read_sealed_text(path)
        facts = content["text2sql"]
        if not facts.get("parts"):
            return {name: read_tasks(content, facts, list(content["samples"]), cluster_field)}
        return {
            f"{name}/{part['benchmark']}": read_tasks(
                content, part, [part["benchmark"]], cluster_field
            )
            for part in facts["parts"]
        }


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Let Python not look for garbage while it makes many objects, which takes as long again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def explain_damaged_results(path: Path) -> Iterator[None]:
    """Turn what a file of another shape raises into a `UserError`."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise UserError(
            f"{path} is not the result of a benchmark ({type(error).__name__}: {error}). Remove "
            "it, so that the benchmark is run again."
        ) from None


def read_tasks(
    content: Mapping[str, Any],
    facts: Mapping[str, Any],
    tasks: Sequence[str],
    cluster_field: str | None,
) -> BenchmarkResults:
    name, key = facts["benchmark"], f"{facts['metric']},{facts['filter']}"
    reported = content["results"].get(name, {}).get(key)
    if reported is None:  # a tag: the harness gives no number for all of it
        reported = fmean(content["results"][task][key] for task in tasks)
    samples = {task: content["samples"][task] for task in tasks}
    items = {task: items_of(s, facts, cluster_field) for task, s in samples.items()}
    documents = {task: weights_of(rows, facts) for task, rows in samples.items() if not items[task]}
    if not isinstance(facts["chance"], int | float | None) or not isinstance(reported, int | float):
        raise TypeError("a score is not a number")
    return BenchmarkResults(
        name=name,
        metric=facts["metric"],
        num_fewshot=facts["num_fewshot"],
        limit=facts.get("limit"),
        chance=facts["chance"],
        higher_is_better=facts["higher_is_better"],
        weight_by_size=facts["weight_by_size"],
        score=reported,
        items=items,
        subject_groups=groups_below(name, content.get("group_subtasks", {})),
        bos=facts.get("bos", "<bos>"),  # which earlier versions did not record
        documents=documents,
        resampled=combine(documents, content["text2sql"].get("resampled_scores") or {}, facts),
    )


def combine(
    documents: Mapping[str, Collection[str]],
    resampled: Mapping[str, Sequence[float]],
    facts: Mapping[str, Any],
) -> Floats | None:
    """Return the resampled scores of all tasks together; None where one of them has none.

    Their spread is widened by √(n/(n − 1)), without which n documents would seem n − 1.
    """
    sizes = {task: len(names) for task, names in documents.items()}
    if not sizes or not sizes.keys() <= resampled.keys():
        return None
    scores = [np.asarray(resampled[task], float) for task in sizes]
    widened = [
        each.mean() + (each - each.mean()) * (n / (n - 1)) ** 0.5
        for each, n in zip(scores, sizes.values(), strict=True)
    ]
    weights = list(sizes.values()) if facts["weight_by_size"] else None
    combined: Floats = np.average(np.stack(widened), axis=0, weights=weights)
    return combined


def items_of(
    samples: Sequence[Mapping[str, Any]], facts: Mapping[str, Any], cluster_field: str | None
) -> dict[str, Item]:
    """Return the items by document; none where the score is not the mean of theirs (perplexity)."""
    if facts.get("aggregation", "mean") != "mean":
        return {}
    filtered = [sample for sample in samples if sample["filter"] == facts["filter"]]
    if not all(isinstance(sample[facts["metric"]], int | float) for sample in filtered):
        return {}
    if not all(abs(sample[facts["metric"]]) <= LARGEST_SCORE for sample in filtered):
        raise ValueError("an item's score is not finite")
    return {
        document_key(sample): Item(
            float(sample[facts["metric"]]), cluster_of(document_of(sample), cluster_field)
        )
        for sample in filtered
    }


def document_of(sample: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the item's document; an empty one where it has no fields."""
    document = sample.get("doc")
    return document if isinstance(document, dict) else {}


def weights_of(samples: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> dict[str, float]:
    """Return by how much each document counts in the score: by its words or bytes, or as all."""
    metric, is_weighted = facts["metric"], facts.get("aggregation") in WEIGHTED
    return {
        document_key(sample): float(sample[metric][1]) if is_weighted else 1.0
        for sample in samples
        if sample["filter"] == facts["filter"]
    }


def document_key(sample: Mapping[str, Any]) -> str:
    return f"{sample['doc_id']}:{sample['doc_hash'][:16]}"


def groups_below(name: str, subtasks: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the subtasks of each group directly below the benchmark."""
    return {
        group: leaves_of(group, subtasks) for group in subtasks.get(name, ()) if subtasks.get(group)
    }
