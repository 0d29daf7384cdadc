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
    base: CorpusScore, runs: Mapping[str, CorpusScore], num_documents: int, num_tasks: int
) -> Comparison:
    """Compare the runs of a recipe with the base, in the unit of the score.

    The standard error is that of the resampled differences, and t has a degree of freedom for each
    document but one of every task.
    """
    run_means = np.array([run.score - base.score for run in runs.values()])
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
    over_documents = estimate_difference(base, list(runs.values()), num_documents - num_tasks)
    return add_interval(comparison, add_runs(over_documents, run_means), list(runs), run_means)


def estimate_difference(
    base: CorpusScore, runs: Sequence[CorpusScore], degrees_of_freedom: int
) -> Estimate | None:
    """Return the difference, averaged over runs; None where resamples do not show how it varies."""
    resampled = [run.resampled for run in runs if run.resampled is not None]
    if base.resampled is None or len(resampled) < len(runs):
        return None
    variance = float((np.mean(resampled, axis=0) - base.resampled).var(ddof=1))
    difference = float(np.mean([run.score for run in runs])) - base.score
    return Estimate(difference, variance, degrees_of_freedom) if variance > 0 else None
