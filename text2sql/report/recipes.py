"""Recipes: the variants of a study, with runs that differ in their seed alone taken together.

A recipe is never represented by its best run: its replicates are averaged and not ranked. Runs with
the same seed are no replicates: how much they differ says nothing of other seeds.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from text2sql.files import sha256_of_json
from text2sql.study.study import Study
from text2sql.study.training_history import TrainingRun
from text2sql.study.variants import Variant
from text2sql.training.settings import with_effect

SEED_SETTINGS = ("seed", "data_seed", "data_sha256")


@dataclass(frozen=True)
class Recipe:
    """One row of the tables: a variant, or replicates of one."""

    name: str
    kind: str  # finetuned, checkpoint or scaled
    variants: list[str]
    run: str | None = None  # of the first variant
    step: int | None = None
    scale: float = 1.0
    seeds_varied: list[str] = field(default_factory=list)  # of training, of data


def find_recipes(study: Study) -> list[Recipe]:
    """Return the recipes in the order of their first variants; the base is none."""
    groups: dict[tuple[str, int], list[Variant]] = {}
    num_runs: Counter[tuple[str, str]] = Counter()
    for variant in study.variants:
        if variant.kind == "base":
            continue
        key, seeds = recipe_key(variant, study), seeds_key(variant, study)
        groups.setdefault((key, num_runs[key, seeds]), []).append(variant)
        num_runs[key, seeds] += 1
    names = name_recipes([[variant.name for variant in group] for group in groups.values()])
    return [
        build_recipe(name, variants, study)
        for name, variants in zip(names, groups.values(), strict=True)
    ]


def recipes_of_runs(recipes: Sequence[Recipe], study: Study) -> dict[str, str]:
    """Return the name of the recipe of which each run is a replicate, by run."""
    run_of = {variant.name: variant.run for variant in study.variants if variant.run}
    return {
        run_of[name]: recipe.name
        for recipe in recipes
        if recipe.kind == "finetuned" and len(recipe.variants) > 1
        for name in recipe.variants
        if name in run_of
    }


def recipe_key(variant: Variant, study: Study) -> str:
    """Return what replicates have in common, and no other variant has."""
    training = study.training.get(variant.run) if variant.run else None
    if training is None or not training.settings or "seed" not in training.settings:
        return variant.name
    settings = with_effect({k: v for k, v in training.settings.items() if k not in SEED_SETTINGS})
    facts = [settings, data_key(training), training.limit]
    return sha256_of_json([variant.kind, variant.step, variant.scale, facts])


def seeds_key(variant: Variant, study: Study) -> str:
    """Return the seeds of training and of the prompts, which differ between replicates."""
    training = study.training.get(variant.run) if variant.run else None
    if training is None:
        return ""
    return sha256_of_json([training.settings.get(name) for name in SEED_SETTINGS])


def data_key(training: TrainingRun) -> object:
    """Return how the prompts were made but for the seed; where that is unknown, their hash."""
    if training.data_settings is None:
        return training.settings.get("data_sha256")
    return {name: value for name, value in training.data_settings.items() if name != "seed"}


def build_recipe(name: str, variants: Sequence[Variant], study: Study) -> Recipe:
    first = variants[0]
    return Recipe(
        name=name,
        kind=first.kind,
        variants=[variant.name for variant in variants],
        run=first.run,
        step=first.step,
        scale=first.scale,
        seeds_varied=varied_seeds([study.training[v.run] for v in variants if v.run])
        if len(variants) > 1
        else [],
    )


def name_recipes(groups: Sequence[Sequence[str]]) -> list[str]:
    """Return a name for each group of variants, no two of which are the same."""
    names = [recipe_name(group) for group in groups]
    return [
        name if names.count(name) == 1 else "+".join(group)
        for name, group in zip(names, groups, strict=True)
    ]


def recipe_name(names: Sequence[str]) -> str:
    """Return `r4-seed*` for the replicates r4-seed1 and r4-seed2."""
    if len(names) == 1:
        return names[0]
    start = common_start(names)
    end = common_start([name[len(start) :][::-1] for name in names])[::-1]
    return f"{start}*{end}"


def common_start(texts: Sequence[str]) -> str:
    columns = zip(*texts, strict=False)
    return "".join(letters[0] for letters in takewhile(lambda x: len(set(x)) == 1, columns))


def varied_seeds(runs: Sequence[TrainingRun]) -> list[str]:
    """Return which seeds differ between replicates: that of training, that of the prompts."""
    training = {run.settings.get("seed") for run in runs}
    data = {(run.data_settings or {}).get("seed") for run in runs}
    varied = [("training", training), ("data", data)]
    return [name for name, seeds in varied if len(seeds) > 1]
