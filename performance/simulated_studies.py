"""Studies whose truth is known, to count how often an interval covers it.

A world has databases of unequal size, gold queries that are asked in two wordings, and runs of one
recipe that differ by their seed. The gain of a database and of a run varies around that of the
recipe; the two wordings of a gold query tend to change together.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from text2sql.report.estimators import Floats, Sample, describe_sample

# Questions per database: of Spider's validation split, and of the demo's.
SPIDER_SIZES = (120, 92, 84, 82, 80, 78, 62, 62, 56, 45, 42, 40, 40, 38, 30, 30, 18, 16, 15, 4)
DEMO_SIZES = (34, 34, 34, 34, 34, 34)
COMMON_TO_RUNS = 0.5  # share of the gold queries whose outcome all runs decide alike


@dataclass(frozen=True)
class World:
    """Gains, shares and standard deviations are fractions."""

    sizes: tuple[int, ...]
    gain: float = 0.10
    changed: float = 0.25  # share of the questions that get better or worse
    database_sd: float = 0.0
    wordings_agree: float = 0.0  # correlation of the change of two wordings
    run_sd: float = 0.0

    @cached_property
    def databases(self) -> NDArray[np.intp]:
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @cached_property
    def gold_queries(self) -> NDArray[np.intp]:
        """Return the gold query of each question, two questions for each but for a last odd one."""
        within = np.concatenate([np.arange(size) // 2 for size in self.sizes])
        new_query = np.diff(within, prepend=-1) != 0
        new_database = np.diff(self.databases, prepend=-1) != 0
        return np.cumsum(new_query | new_database) - 1

    @cached_property
    def by_database(self) -> Sample:
        return describe_sample(self.databases.tolist())

    @cached_property
    def by_gold_query(self) -> Sample:
        return describe_sample(self.gold_queries.tolist())


@dataclass(frozen=True)
class SimulatedStudy:
    differences: Floats  # (runs, questions): -1, 0 or 1
    gain_here: float  # of the recipe on these databases; that on new ones is the world's
    run_effects: Floats  # (runs,)


def simulate(world: World, num_runs: int, rng: np.random.Generator) -> SimulatedStudy:
    database_effects = rng.normal(0, world.database_sd, len(world.sizes))
    run_effects = rng.normal(0, world.run_sd, num_runs)
    expected = world.gain + database_effects[world.databases]
    gains = expected + run_effects[:, None]
    common = draw_by_gold_query(world, 1, rng)
    own = draw_by_gold_query(world, num_runs, rng)
    queries = world.gold_queries
    is_common = rng.random((num_runs, queries[-1] + 1)) < COMMON_TO_RUNS
    chance = np.where(is_common[:, queries], common, own)
    worse = np.clip((world.changed - gains) / 2, 0, 1)
    better = np.clip((world.changed + gains) / 2, 0, 1)
    differences = (chance > 1 - better).astype(float) - (chance < worse)
    return SimulatedStudy(differences, float(expected.mean()), run_effects)


def draw_by_gold_query(world: World, num_runs: int, rng: np.random.Generator) -> Floats:
    """Return uniform draws (runs, questions), many the same for all wordings of a gold query."""
    queries = world.gold_queries
    shared = rng.random((num_runs, queries[-1] + 1))[:, queries]
    own = rng.random((num_runs, len(queries)))
    # Two wordings agree where both take the shared draw.
    return np.where(rng.random(own.shape) < world.wordings_agree**0.5, shared, own)
