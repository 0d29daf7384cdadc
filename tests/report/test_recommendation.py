"""What chooses between recipes and what scores the one that was chosen."""

from dataclasses import replace

import pytest
from tiny_evaluation import a_whole_study, build_tiny_evaluation, report_of, three_seeds

from text2sql.study.variants import BASE, Variant

FINETUNED = Variant("finetuned", "finetuned", "run", "outputs/run")
SCALED = Variant("scale-0.5", "scaled", "run", "outputs/run", scale=0.5)


@pytest.fixture(scope="module")
def held_out(tmp_path_factory):
    variants = {BASE: (0.1, 0.8), FINETUNED: (0.9, 0.2), SCALED: (0.7, 0.98)}
    folder = tmp_path_factory.mktemp("held_out")
    return report_of(build_tiny_evaluation(folder, variants, 300, 400, holdout=True))


def test_single_recipe_was_named_before_and_is_scored_on_everything(tmp_path):
    report = report_of(build_tiny_evaluation(tmp_path, {BASE: (0.1, 0.7), FINETUNED: (0.9, 0.9)}))
    choice = report.tradeoff.choices["all"]
    assert choice.chosen_on == []
    assert choice.specialization_gain == report.gain
    assert choice.generalization_change == report.change
    assert report.tradeoff.recommended == "finetuned"


def test_holdout_and_one_half_choose_and_the_rest_scores(held_out):
    choice = held_out.tradeoff.choices["all"]
    assert choice.chosen == held_out.tradeoff.recommended == "scale-0.5"
    assert choice.chosen_on == ["holdout", "one half of each benchmark's clusters"]
    assert choice.gain_out_of_bag is None
    scored = held_out.splits["validation"].comparisons["scale-0.5"]["execution_accuracy"]["all"]
    assert choice.specialization_gain == replace(scored, p_holm=None)
    whole = held_out.mean_over_benchmarks["scale-0.5"]
    assert 0.3 * whole.n < choice.generalization_change.n < 0.7 * whole.n


def test_recipe_that_lost_more_than_the_limit_is_not_chosen_for_its_gain(held_out):
    gains = held_out.splits["holdout"].comparisons
    finetuned, scaled = (
        gains[name]["execution_accuracy"]["all"].difference for name in ("finetuned", "scale-0.5")
    )
    assert finetuned > scaled


def test_without_a_holdout_the_gain_out_of_bag_stands_beside_the_observed_one(tmp_path):
    report = report_of(build_tiny_evaluation(tmp_path, a_whole_study()), max_forgetting=100.0)
    choice = report.tradeoff.choices["all"]
    assert choice.chosen_on[0] == "validation"
    assert choice.gain_out_of_bag < choice.specialization_gain.difference


def test_best_checkpoint_and_best_scale_are_chosen_alike(tmp_path):
    folder = build_tiny_evaluation(tmp_path, a_whole_study(), holdout=True)
    choices = report_of(folder, max_forgetting=100.0).tradeoff.choices
    assert choices["checkpoint"].candidates == [
        "checkpoint-200",
        "checkpoint-400",
        "checkpoint-600",
    ]
    assert choices["scale"].candidates == ["finetuned", "scale-0.25", "scale-0.5", "scale-0.75"]
    assert all(choice.chosen_on[0] == "holdout" for choice in choices.values())


def test_replicates_are_one_point_and_nothing_to_choose_from(tmp_path):
    report = report_of(build_tiny_evaluation(tmp_path, three_seeds()))
    (point,) = report.tradeoff.points
    assert point.variant == "r4-seed*"
    assert len(point.specialization_gain.runs) == 3
    assert report.tradeoff.choices["all"].candidates == ["r4-seed*"]


@pytest.mark.slow
def test_front_shares_depend_on_the_seed_alone(tmp_path):
    folder = build_tiny_evaluation(tmp_path, a_whole_study())
    first, again, other = (report_of(folder, seed=seed).tradeoff.points for seed in (1, 1, 2))
    assert first == again
    assert [point.front_share for point in first] != [point.front_share for point in other]
    assert all(0 <= point.front_share <= 1 for point in first)
