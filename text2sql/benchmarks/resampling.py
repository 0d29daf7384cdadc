"""Bootstrap over documents of scores that no document has by itself (perplexity, BLEU, F1).

The draws depend on the task's name and its number of documents alone, so every variant gets the
same ones: the difference of two variants' resampled scores is that of a paired bootstrap.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from text2sql.benchmarks.headline import Headline, headline_of

Aggregate = Callable[[list[Any]], float]

SEED = 42
NUM_RESAMPLES = 1000
NUM_SLOW_RESAMPLES = 100  # as many as the harness takes for its standard errors of these
SLOW_AGGREGATIONS = ("bleu", "chrf", "chrf++", "ter")


def resample_tasks(
    results: Mapping[str, Any], aggregation_of: Callable[[Headline], Aggregate | None]
) -> dict[str, list[float]]:
    """Return resampled scores of each task whose score is not the mean of its items' numbers.

    `aggregation_of` returns the function that makes a task's score of its items' values.
    """
    found = {}
    for task, rows in results["samples"].items():
        headline = headline_of(task, results)
        values = [row.get(headline.metric) for row in rows if row["filter"] == headline.filter]
        aggregate = aggregation_of(headline)
        if is_mean_of_numbers(headline, values) or aggregate is None:
            continue
        scores = resample(values, aggregate, headline)
        if scores:
            found[task] = scores
    return found


def is_mean_of_numbers(headline: Headline, values: Sequence[Any]) -> bool:
    return headline.aggregation == "mean" and all(isinstance(v, int | float) for v in values)


def resample(values: Sequence[Any], aggregate: Aggregate, headline: Headline) -> list[float]:
    """Return the score of each resample; none where a resample has no score, or one document."""
    if len(values) < 2:
        return []
    is_slow = headline.aggregation in SLOW_AGGREGATIONS
    num_resamples = NUM_SLOW_RESAMPLES if is_slow else NUM_RESAMPLES
    draws = draw_documents(headline.benchmark, len(values), num_resamples)
    try:
        scores = [float(aggregate([values[i] for i in draw])) for draw in draws]
    except Exception as error:  # a task's function is anybody's, and its score is finished work
        print(f"{headline.benchmark} has no interval: its score cannot be resampled ({error}).")
        return []
    return scores if all(map(isfinite, scores)) else []


def draw_documents(
    task: str, num_documents: int, num_resamples: int = NUM_RESAMPLES
) -> NDArray[np.intp]:
    """Return the documents of each resample by number, (num_resamples, num_documents)."""
    generator = np.random.default_rng([SEED, crc32(task.encode())])
    return generator.integers(num_documents, size=(num_resamples, num_documents))


def registered_aggregation(headline: Headline) -> Aggregate | None:
    """Return the harness' own function of the headline's aggregation, None where it has none."""
    from lm_eval.api.registry import get_aggregation

    if headline.aggregation is None:
        return None
    found: Aggregate | None = get_aggregation(headline.aggregation)
    return found
