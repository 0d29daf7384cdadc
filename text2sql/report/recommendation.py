"""Which recipe to take: chosen on the holdout and half of the benchmarks, scored on the rest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from text2sql.report.benchmark_report import Parts, compare_half
from text2sql.report.benchmark_results import FinishedBenchmark
from text2sql.report.choosing import (
    draw_run_means,
    front_shares,
    out_of_bag_gain,
    resample_means,
)
from text2sql.report.estimators import Floats, describe_sample
from text2sql.report.recipes import Recipe
from text2sql.report.significance import Comparison
from text2sql.report.split_results import SplitResults
from text2sql.report.tradeoff import Choice, judge, name_best


@dataclass(frozen=True)
class Evidence:
    """What a choice between recipes rests on; every recipe has a gain and a change."""

    base: str
    recipes: list[Recipe]
    scoring: SplitResults
    holdout: SplitResults | None
    benchmarks: dict[str, FinishedBenchmark]
    parts: dict[str, Parts]  # by recipe

    def only(self, recipes: Sequence[Recipe]) -> "Evidence":
        return replace(self, recipes=list(recipes))

    def gain(self, results: SplitResults, recipe: Recipe) -> Comparison | None:
        if not {self.base, *recipe.variants} <= results.scores.keys():
            return None
        return results.compare(self.base, recipe.variants, "execution_accuracy")

    def half_change(self, recipe: Recipe, choosing: bool) -> Comparison | None:
        return compare_half(self.benchmarks, self.parts[recipe.name], choosing)


def choose(evidence: Evidence, limit: float, num_resamples: int, seed: int) -> Choice:
    """Return the best of several recipes by what chooses, as scored by the rest."""
    choosing_split = evidence.holdout or evidence.scoring
    gains = {r.name: evidence.gain(choosing_split, r) for r in evidence.recipes}
    changes = {r.name: evidence.half_change(r, choosing=True) for r in evidence.recipes}
    chosen = name_best(
        {name: gain.difference for name, gain in gains.items() if gain},
        {name: change.difference for name, change in changes.items() if change},
        limit,
    )
    names = list(gains)
    chosen_on = [choosing_split.split.name, "one half of each benchmark's clusters"]
    if chosen is None:
        return judge(names, None, chosen_on, None, None, limit)
    recipe = next(recipe for recipe in evidence.recipes if recipe.name == chosen)
    gain = evidence.gain(evidence.scoring, recipe)
    change = evidence.half_change(recipe, choosing=False)
    out_of_bag = None
    if evidence.holdout is None:
        out_of_bag = gain_of_best_out_of_bag(evidence, num_resamples, np.random.default_rng(seed))
    return judge(names, chosen, chosen_on, gain, change, limit, out_of_bag)


def gain_of_best_out_of_bag(
    evidence: Evidence, num_resamples: int, rng: np.random.Generator
) -> float | None:
    """Return the gain of the best recipe on databases that did not choose it."""
    runs = [run for recipe in evidence.recipes for run in recipe.variants]
    gains, db_ids = evidence.scoring.gains(evidence.base, runs)
    if not len(gains):
        return None
    by_recipe = average_runs(gains, evidence.recipes)
    return out_of_bag_gain(by_recipe, describe_sample(db_ids), rng, num_resamples)


def average_runs(columns: Floats, recipes: Sequence[Recipe]) -> Floats:
    """Return the mean over each recipe's columns, which follow each other in their order."""
    ends = np.cumsum([len(recipe.variants) for recipe in recipes])
    return np.stack([part.mean(axis=1) for part in np.split(columns, ends[:-1], axis=1)], axis=1)


def resample_fronts(evidence: Evidence, num_resamples: int, seed: int) -> dict[str, float]:
    """Return each recipe's share of joint resamples in which it is on the Pareto front.

    Databases, benchmark clusters and the runs of a recipe are resampled for all recipes together.
    """
    recipes, rng = evidence.recipes, np.random.default_rng(seed)
    if not recipes:
        return {}
    runs = [run for recipe in recipes for run in recipe.variants]
    values, db_ids = evidence.scoring.gains(evidence.base, runs)
    gains = resample_means(values, describe_sample(db_ids), rng, num_resamples)
    changes = np.mean(
        [
            resample_means(differences_of_runs(evidence, name), sample, rng, num_resamples)
            for name, (_, sample) in evidence.parts[recipes[0].name].items()
        ],
        axis=0,
    )
    ends = np.cumsum([len(recipe.variants) for recipe in recipes])
    columns = [part.tolist() for part in np.split(np.arange(len(runs)), ends[:-1])]
    draws = [draw_runs(len(column), num_resamples, rng) for column in columns]
    shares = front_shares(
        draw_run_means(gains, columns, draws), draw_run_means(changes, columns, draws)
    )
    return {recipe.name: float(s) for recipe, s in zip(recipes, shares, strict=True)}


def differences_of_runs(evidence: Evidence, benchmark: str) -> Floats:
    """Return the differences on one benchmark, (items, runs), recipe by recipe."""
    scores = [evidence.parts[recipe.name][benchmark][0] for recipe in evidence.recipes]
    return np.concatenate([paired.differences for paired in scores]).T


def draw_runs(num_runs: int, num_resamples: int, rng: np.random.Generator) -> Floats:
    """Return how often each run of a recipe is drawn, (resamples, runs)."""
    return rng.multinomial(num_runs, [1 / num_runs] * num_runs, num_resamples).astype(float)
