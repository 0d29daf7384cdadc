"""Replicates over seeds: found by their settings, averaged, never ranked."""

from dataclasses import replace

import pytest

from text2sql.report.recipes import find_recipes, recipes_of_runs
from text2sql.study.study import Study
from text2sql.study.training_history import TrainingRun
from text2sql.study.variants import BASE, Variant

SETTINGS = {"learning_rate": 1e-4, "lora_r": 4, "data_sha256": "one"}


def run_of(seed: int, **changes: object) -> TrainingRun:
    return TrainingRun(settings={**SETTINGS, "seed": seed, **changes})


def study_of(runs: dict[str, TrainingRun], *more: Variant) -> Study:
    variants = [Variant(run, "finetuned", run, f"outputs/{run}") for run in runs]
    return Study(
        variants=[BASE, *variants, *more], splits=[], benchmarks=[], limit=None, training=runs
    )


def test_runs_that_differ_in_their_seed_are_one_recipe():
    recipes = find_recipes(study_of({f"r4-seed{seed}": run_of(seed) for seed in (1, 2, 3)}))
    (recipe,) = recipes
    assert recipe.name == "r4-seed*"
    assert recipe.variants == ["r4-seed1", "r4-seed2", "r4-seed3"]
    assert recipe.seeds_varied == ["training"]


@pytest.mark.parametrize(
    "other",
    [
        run_of(2, learning_rate=1e-3),
        run_of(2, data_sha256="two"),
        replace(run_of(2), limit=20),
        TrainingRun(),
    ],
    ids=["another setting", "other data", "a smoke run", "unknown settings"],
)
def test_runs_that_differ_in_more_are_recipes_of_their_own(other):
    recipes = find_recipes(study_of({"one": run_of(1), "two": other}))
    assert [recipe.name for recipe in recipes] == ["one", "two"]


def test_prompts_of_another_seed_are_replicates_too_and_told():
    one, two = (
        replace(run_of(seed, data_sha256=str(seed)), data_settings={"num_shots": 3, "seed": seed})
        for seed in (1, 2)
    )
    (recipe,) = find_recipes(study_of({"a1": one, "a2": two}))
    assert recipe.seeds_varied == ["training", "data"]
    other = replace(two, data_settings={"num_shots": 0, "seed": 2})
    assert len(find_recipes(study_of({"a1": one, "a2": other}))) == 2


def test_checkpoints_and_scales_are_averaged_at_the_same_step_or_scale():
    runs = {f"seed{seed}": run_of(seed) for seed in (1, 2)}
    more = [
        Variant(f"{run}-checkpoint-{step}", "checkpoint", run, f"outputs/{run}", step=step)
        for run, steps in (("seed1", (200, 400)), ("seed2", (200, 600)))
        for step in steps
    ]
    more += [Variant(f"{run}-scale-0.5", "scaled", run, run, scale=0.5) for run in runs]
    recipes = {recipe.name: len(recipe.variants) for recipe in find_recipes(study_of(runs, *more))}
    assert recipes == {
        "seed*": 2,
        "seed*-checkpoint-200": 2,
        "seed1-checkpoint-400": 1,
        "seed2-checkpoint-600": 1,
        "seed*-scale-0.5": 2,
    }


def test_runs_are_told_by_the_recipe_that_they_replicate():
    study = study_of({"r4-seed1": run_of(1), "r4-seed2": run_of(2), "one": run_of(1, lora_r=16)})
    recipes = find_recipes(study)
    assert recipes_of_runs(recipes, study) == {"r4-seed1": "r4-seed*", "r4-seed2": "r4-seed*"}


def test_runs_with_the_same_seed_are_no_replicates():
    seeds = {"a1": 1, "a2": 2, "a1_again": 1}
    recipes = find_recipes(study_of({name: run_of(seed) for name, seed in seeds.items()}))
    assert [recipe.variants for recipe in recipes] == [["a1", "a2"], ["a1_again"]]


def test_no_two_recipes_have_one_name():
    runs = {"run1": run_of(1), "run2": run_of(2)}
    runs |= {"run3": run_of(1, lora_r=16), "run4": run_of(2, lora_r=16)}
    names = [recipe.name for recipe in find_recipes(study_of(runs))]
    assert names == ["run1+run2", "run3+run4"]


def test_names_of_runs_and_where_they_log_do_not_make_recipes():
    runs = {
        f"r4-seed{seed}": run_of(seed, run_name=f"s{seed}", report_to="wandb") for seed in (1, 2)
    }
    [recipe] = find_recipes(study_of(runs))
    assert recipe.variants == [*runs]
