"""Resampled scores of tasks whose items have none: drawn alike for every variant."""

import math

import numpy as np
import pytest
from lm_eval.api.metrics import weighted_perplexity

from text2sql.benchmarks.resampling import (
    NUM_RESAMPLES,
    NUM_SLOW_RESAMPLES,
    registered_aggregation,
    resample_tasks,
)

LENGTHS = [3 + n % 5 for n in range(20)]


def results_of(values: list, metric: str, **facts: object) -> dict:
    """Return results in the harness' schema with one task, `told`."""
    rows = [{"filter": "none", "metrics": [metric], metric: value} for value in values]
    return {
        "samples": {"told": rows},
        "configs": {"told": {"metric_list": [{"metric": metric, **facts}]}},
        "higher_is_better": {"told": {metric: False}},
        "n-shot": {"told": 0},
    }


def test_draws_are_the_same_for_every_variant():
    nats = [[-scale * length for length in LENGTHS] for scale in (1.0, 2.0)]
    base, other = (
        resample_tasks(
            results_of(list(zip(sums, LENGTHS, strict=True)), "word_perplexity"),
            lambda headline: weighted_perplexity,
        )["told"]
        for sums in nats
    )
    assert len(base) == NUM_RESAMPLES
    # A text whose every word is twice as unlikely has the square of the perplexity in each draw.
    assert np.square(base) == pytest.approx(other)


def test_spread_is_that_of_the_mean_of_documents():
    values = [(-length * 0.1 * n, length) for n, length in enumerate([4] * 20)]
    scores = resample_tasks(results_of(values, "bits_per_byte"), registered_aggregation)["told"]
    per_document = np.array([0.1 * n / math.log(2) for n in range(20)])
    assert np.mean(scores) == pytest.approx(per_document.mean(), rel=0.02)
    assert np.std(scores) == pytest.approx(per_document.std() / 20**0.5, rel=0.1)


def test_numbers_that_are_averaged_are_items_and_not_resampled():
    averaged = results_of([0.0, 1.0, 1.0], "exact_match", aggregation="mean")
    assert resample_tasks(averaged, registered_aggregation) == {}


def test_bleu_is_resampled_as_often_as_the_harness_does():
    pairs = [["a wren and a crow", "a wren and a rook"], ["cod and eel now", "cod and eel now"]] * 2
    scores = resample_tasks(results_of(pairs, "bleu"), registered_aggregation)["told"]
    assert len(scores) == NUM_SLOW_RESAMPLES
    assert len(set(scores)) > 2


@pytest.mark.parametrize(
    ("values", "aggregate"),
    [
        ([(-1.0, 2)], weighted_perplexity),
        ([(-1.0, 2), (-2.0, 2)], lambda values: 1 / 0),
        ([(-1.0, 2), (-2.0, 2)], lambda values: math.nan),
        ([(-1.0, 2), (-2.0, 2)], None),
    ],
    ids=["one document", "a function that fails", "no number", "no function"],
)
def test_where_nothing_can_be_resampled_the_score_stands_alone(values, aggregate):
    told = results_of(values, "word_perplexity")
    assert resample_tasks(told, lambda headline: aggregate) == {}
