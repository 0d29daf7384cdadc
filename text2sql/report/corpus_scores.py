"""Comparisons of scores that no item has by itself, by a paired bootstrap over documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from text2sql.report.estimators import Estimate, Floats
from text2sql.report.significance import Comparison, add_interval, add_runs


@dataclass(frozen=True)
class CorpusScore:
    """A score of all documents together, and those of resampled documents, if there are any."""

    score: float
    resampled: Floats | None  # (resamples,); the same draws for every variant


def compare_corpora(
    base: CorpusScore, runs: Mapping[str, CorpusScore], weights: Mapping[str, Mapping[str, float]]
) -> Comparison:
    """Compare the runs of a recipe with the base, in the unit of the score.

    `weights` has that of each document in the score of its task. The standard error is that of the
    resampled differences.
    """
    run_means = np.array([run.score - base.score for run in runs.values()])
    num_documents = sum(map(len, weights.values()))
    comparison = Comparison(
        n=num_documents,
        base=base.score,
        other=base.score + float(run_means.mean()),
        difference=float(run_means.mean()),
        cluster="document",
        num_clusters=num_documents,
        num_better=None,
        num_worse=None,
    )
    freedom = degrees_of_freedom([list(documents.values()) for documents in weights.values()])
    over_documents = estimate_difference(base, list(runs.values()), freedom)
    return add_interval(comparison, add_runs(over_documents, run_means), list(runs), run_means)


def degrees_of_freedom(weights: Sequence[Sequence[float] | Floats]) -> float:
    """Return those of a variance over documents with these weights, by task; 1 at least.

    A task has one for each document but one, of as many of equal weight as would vary as much
    (Kish 1965): a few long texts decide a perplexity among many short ones.
    """
    effective = [float(np.sum(each) ** 2 / np.sum(np.square(each))) for each in weights]
    return max(sum(effective) - len(effective), 1.0)


def estimate_difference(
    base: CorpusScore, runs: Sequence[CorpusScore], degrees_of_freedom: float
) -> Estimate | None:
    """Return the difference, averaged over runs; None where resamples do not show how it varies."""
    resampled = [run.resampled for run in runs if run.resampled is not None]
    if base.resampled is None or len(resampled) < len(runs):
        return None
    variance = float((np.mean(resampled, axis=0) - base.resampled).var(ddof=1))
    difference = float(np.mean([run.score for run in runs])) - base.score
    return Estimate(difference, variance, degrees_of_freedom) if variance > 0 else None
