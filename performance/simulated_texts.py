"""Perplexities whose true change is known, to count how often the interval of a corpus covers it.

A corpus is a sample of texts of log-normal length. Texts differ in how hard they are and in how
much training changes that; long ones may be changed more than short ones.
"""

from dataclasses import dataclass

import numpy as np

from text2sql.benchmarks.resampling import draw_documents
from text2sql.report.benchmark_results import combine
from text2sql.report.corpus_scores import CorpusScore, degrees_of_freedom, estimate_difference
from text2sql.report.estimators import Estimate, Floats

TASK = "texts"


@dataclass(frozen=True)
class TextWorld:
    """Cross-entropies are in nats per word, and lengths in words."""

    median_length: float = 300.0
    length_sd: float = 1.0  # of a length's logarithm
    nats: float = 3.4  # of the base, a perplexity of 30
    text_sd: float = 0.4
    word_sd: float = 3.0  # between the words of a text
    change: float = 0.05  # of a text of median length
    change_sd: float = 0.1  # between texts
    word_change_sd: float = 0.5
    change_with_length: float = 0.0  # for each unit of the length's logarithm

    @property
    def true_difference(self) -> float:
        """Return the difference of perplexities over infinitely many texts.

        Words, and not texts, are averaged: they are in texts whose logarithmic length is above the
        median's by `length_sd`² in the mean.
        """
        change = self.change + self.change_with_length * self.length_sd**2
        return float(np.exp(self.nats + change) - np.exp(self.nats))


@dataclass(frozen=True)
class SimulatedTexts:
    lengths: Floats  # (texts,), in words
    base: Floats  # (texts,), in nats per word
    finetuned: Floats


def simulate_texts(world: TextWorld, num_texts: int, rng: np.random.Generator) -> SimulatedTexts:
    log_length = rng.normal(0, world.length_sd, num_texts)
    lengths = world.median_length * np.exp(log_length)
    text_noise = np.sqrt(world.text_sd**2 + world.word_sd**2 / lengths)
    change_noise = np.sqrt(world.change_sd**2 + world.word_change_sd**2 / lengths)
    base = rng.normal(world.nats, text_noise)
    change = rng.normal(world.change + world.change_with_length * log_length, change_noise)
    return SimulatedTexts(lengths, base, base + change)


def estimate_change(texts: SimulatedTexts, seed: int) -> Estimate | None:
    """Return what the report estimates of the difference of both perplexities."""
    num_texts = len(texts.lengths)
    draws = draw_documents(f"{TASK} {seed}", num_texts)
    documents = {TASK: [str(number) for number in range(num_texts)]}

    def score(nats: Floats) -> CorpusScore:
        resampled = perplexity(nats[draws], texts.lengths[draws]).tolist()
        combined = combine(documents, {TASK: resampled}, {"weight_by_size": False})
        return CorpusScore(float(perplexity(nats, texts.lengths)), combined)

    freedom = degrees_of_freedom([texts.lengths])
    return estimate_difference(score(texts.base), [score(texts.finetuned)], freedom)


def perplexity(nats: Floats, lengths: Floats) -> Floats:
    """Return the perplexity over the last axis, as the harness weighs texts by their words."""
    weighted: Floats = np.exp((nats * lengths).sum(axis=-1) / lengths.sum(axis=-1))
    return weighted


def coverage_of_perplexity(
    world: TextWorld, num_texts: int, num_studies: int, rng: np.random.Generator
) -> float:
    """Return how often the interval covers the true difference."""
    covered = 0
    for seed in range(num_studies):
        estimate = estimate_change(simulate_texts(world, num_texts, rng), seed)
        if estimate is not None:
            low, high = estimate.interval()
            covered += low <= world.true_difference <= high
    return covered / num_studies
