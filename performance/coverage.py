"""Count how often intervals cover the truth in simulated worlds: the tables of docs/STATISTICS.md.

    python -m performance.coverage --studies 4000 --seed 1

"Old" is what this project did before, and many others do: the percentile bootstrap over questions
as if they were independent, of the best run. "New" are the estimators of text2sql/report/.
"""

import argparse
from dataclasses import replace

import numpy as np

from performance.simulated_studies import (
    DEMO_SIZES,
    SPIDER_SIZES,
    SimulatedStudy,
    World,
    simulate,
)
from performance.simulated_texts import TextWorld, coverage_of_perplexity
from text2sql.report.choosing import out_of_bag_gain
from text2sql.report.estimators import (
    Estimate,
    Floats,
    Sample,
    add_run_variance,
    clustered_mean,
    ratio_interval,
    with_floor,
)
from text2sql.report.hypotheses import correct_for_several
from text2sql.report.text import points

Interval = tuple[float, float]
RUNS = (1, 2, 3, 5)
RUN_SD = 0.04
TEXTS = (30, 100, 300)
CHOICES = (
    "overstated by the best of six equal variants, points: as observed",
    "the same, out of bag",
    "the same, chosen on a holdout",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--studies", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    flags = parser.parse_args()
    rng = np.random.default_rng(flags.seed)
    print_coverage(flags.studies, rng)
    print_rare_changes(flags.studies, rng)
    print_other_promises(flags.studies, rng)
    print_few_databases(flags.studies, rng)
    print_texts(flags.studies, rng)


def worlds(sizes: tuple[int, ...]) -> dict[str, World]:
    return {
        "independent questions": World(sizes),
        "two wordings": World(sizes, wordings_agree=0.5),
        "databases ± 6 points, two wordings": World(sizes, wordings_agree=0.5, database_sd=0.06),
    }


def print_coverage(num_studies: int, rng: np.random.Generator) -> None:
    print("| world | databases | runs | old | new databases | these databases |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for sizes in (DEMO_SIZES, SPIDER_SIZES):
        for name, world in worlds(sizes).items():
            for num_runs in RUNS:
                rates = coverage_of_differences(world, num_runs, num_studies, rng)
                shown = " | ".join(f"{100 * rate:.1f}" for rate in rates)
                print(f"| {name} | {len(sizes)} | {num_runs} | {shown} |", flush=True)


def coverage_of_differences(
    world: World, num_runs: int, num_studies: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Return how often the old interval and both new ones cover the gain of the recipe.

    Several runs differ by 4 points of standard deviation; a single one is the adapter in question.
    """
    varied = replace(world, run_sd=RUN_SD if num_runs > 1 else 0.0)
    covered = np.zeros(3)
    for _ in range(num_studies):
        study = simulate(varied, num_runs, rng)
        covered += (
            covers(old_interval(best_run(study), rng), world.gain),
            covers(recipe_estimate(study, world.by_database, world).interval(), world.gain),
            covers(recipe_estimate(study, world.by_gold_query, world).interval(), study.gain_here),
        )
    old, new, here = (covered / num_studies).tolist()
    return old, new, here


def covers(interval: Interval | None, truth: float) -> bool:
    return interval is not None and interval[0] <= truth <= interval[1]


def best_run(study: SimulatedStudy) -> Floats:
    best: Floats = study.differences[study.differences.mean(axis=1).argmax()]
    return best


def recipe_estimate(study: SimulatedStudy, sample: Sample, world: World) -> Estimate:
    means = study.differences.mean(axis=0)
    estimate = with_floor(clustered_mean(means, sample), means, world.by_gold_query)
    if len(study.differences) == 1:
        return estimate
    return add_run_variance(estimate, study.differences.mean(axis=1))


def old_interval(
    differences: Floats, rng: np.random.Generator, num_resamples: int = 1000
) -> Interval:
    """Return the percentile interval over questions drawn as if they were independent."""
    values, counts = np.unique(differences, return_counts=True)
    n = len(differences)
    means = rng.multinomial(n, counts / n, num_resamples) @ values / n
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def print_rare_changes(num_studies: int, rng: np.random.Generator) -> None:
    print("\n| questions, 1 % of which get worse | old | new |")
    print("| ---: | ---: | ---: |")
    for num_questions in (20, 100, 1000):
        old, new = coverage_of_rare_changes(num_questions, num_studies, rng)
        print(f"| {num_questions:,} | {100 * old:.1f} | {100 * new:.1f} |")


def coverage_of_rare_changes(
    num_questions: int, num_studies: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Return how often old and new cover a loss of 1 point over independent questions."""
    world = World((1,) * num_questions, gain=-0.01, changed=0.01)
    old = new = 0
    for _ in range(num_studies):
        study = simulate(world, 1, rng)
        old += covers(old_interval(study.differences[0], rng), world.gain)
        new += covers(recipe_estimate(study, world.by_gold_query, world).interval(), world.gain)
    return old / num_studies, new / num_studies


def print_other_promises(num_studies: int, rng: np.random.Generator) -> None:
    print("\n| promise | databases | simulated |")
    print("| --- | ---: | ---: |")
    for sizes in (DEMO_SIZES, SPIDER_SIZES):
        databases = len(sizes)
        ratio = coverage_of_ratio(sizes, num_studies, rng)
        print(f"| Fieller's interval covers | {databases} | {100 * ratio:.1f} % |", flush=True)
        overstated = overstatement_of_chosen(sizes, num_studies // 4, rng)
        for how, overstatement in zip(CHOICES, overstated, strict=True):
            print(f"| {how} | {databases} | {points(overstatement)} |")
    found = false_findings(num_studies // 4, rng)
    label = "any false finding, 7 variants without effect x 2 benchmarks"
    print(f"| {label} | – | {100 * found:.1f} % |")


def print_few_databases(num_studies: int, rng: np.random.Generator) -> None:
    """Print the coverage for fewer databases than the demo has, as many questions in each."""
    print("\n| databases | questions | new databases |")
    print("| ---: | ---: | ---: |")
    for num_questions in (204, 1034):
        for num_databases in (2, 3, 4):
            sizes = (num_questions // num_databases,) * num_databases
            world = World(sizes, wordings_agree=0.5, database_sd=0.06)
            _, covered, _ = coverage_of_differences(world, 1, num_studies, rng)
            print(f"| {num_databases} | {sum(sizes):,} | {100 * covered:.1f} |")


def print_texts(num_studies: int, rng: np.random.Generator) -> None:
    """Print how often the interval of a perplexity's difference covers it, by number of texts."""
    header = " | ".join(f"{n} texts" for n in TEXTS)
    print(f"\n| standard deviation of log length | loss grows with length | {header} |")
    print("| ---: | --- | ---: | ---: | ---: |")
    for length_sd in (0.0, 0.5, 1.0, 1.5):
        for slope in (0.0, 0.05) if length_sd else (0.0,):
            world = TextWorld(length_sd=length_sd, change_with_length=slope)
            rates = [coverage_of_perplexity(world, n, num_studies, rng) for n in TEXTS]
            shown = " | ".join(f"{100 * rate:.1f}" for rate in rates)
            print(f"| {length_sd} | {'yes' if slope else 'no'} | {shown} |", flush=True)


def coverage_of_ratio(sizes: tuple[int, ...], num_studies: int, rng: np.random.Generator) -> float:
    """Return how often Fieller's interval covers a loss of 3 points for a gain of 20."""
    sql = World(sizes, gain=0.20, database_sd=0.06, wordings_agree=0.5)
    benchmark = World((1,) * 500, gain=-0.03, changed=0.10)
    covered = bounded = 0
    for _ in range(num_studies):
        gain = recipe_estimate(simulate(sql, 1, rng), sql.by_database, sql)
        change = recipe_estimate(simulate(benchmark, 1, rng), benchmark.by_gold_query, benchmark)
        loss = Estimate(-change.mean, change.variance, change.degrees_of_freedom)
        interval = ratio_interval(loss, gain)
        bounded += interval is not None
        covered += covers(interval, -benchmark.gain / sql.gain)
    return covered / bounded


def overstatement_of_chosen(
    sizes: tuple[int, ...], num_studies: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Return by how much three ways overstate the chosen of six equal variants, as fractions.

    As observed on the questions that chose it, out of bag, and chosen on a holdout of half the
    databases' size.
    """
    world = World(sizes, database_sd=0.06, wordings_agree=0.5)
    holdout = replace(world, sizes=tuple(max(size // 2, 2) for size in sizes))
    gains = np.zeros(3)
    for _ in range(num_studies):
        study = simulate(world, 6, rng)
        means = study.differences.mean(axis=1)
        chosen = simulate(holdout, 6, rng).differences.mean(axis=1).argmax()
        out_of_bag = out_of_bag_gain(study.differences.T, world.by_database, rng, 400)
        # The variants are equal, so their mean is what any of them truly gains here.
        gains += np.array([means.max(), out_of_bag or 0.0, means[chosen]]) - means.mean()
    observed, out_of_bag, held_out = (gains / num_studies).tolist()
    return observed, out_of_bag, held_out


def false_findings(num_studies: int, rng: np.random.Generator) -> float:
    """Return how often Holm's correction lets seven variants without effect look changed."""
    benchmarks = [World((1,) * n, gain=0.0, changed=0.10) for n in (400, 100)]
    found = 0
    for _ in range(num_studies):
        p_values = [
            recipe_estimate(one, world.by_gold_query, world).p_value()
            for world in benchmarks
            for one in split_runs(simulate(world, 7, rng))
        ]
        found += min(correct_for_several(p_values)) < 0.05
    return found / num_studies


def split_runs(study: SimulatedStudy) -> list[SimulatedStudy]:
    return [replace(study, differences=run[None, :]) for run in study.differences]


if __name__ == "__main__":
    main()
