"""Learning curves in the report, with and without what general texts show of forgetting."""

from dataclasses import replace

import pytest
from tiny_evaluation import TRAINING, build_tiny_evaluation, report_of

from text2sql.report.learning_curves import draw_learning_curves, run_styles
from text2sql.report.sections import FORGETTING, sections_of
from text2sql.report.tensorboard import png_image
from text2sql.study.training_history import TrainingRun
from text2sql.study.variants import BASE, Variant

OLD = TrainingRun(best_step=400, losses=TRAINING["losses"])  # of a run without general texts
NEW = replace(
    OLD,
    losses=OLD.losses | {"general": [[0, 3.1], [200, 3.125], [400, 3.25]]},
    general_kl=[[0, 0.0], [200, 0.02], [400, 0.0625]],
)
TWO = {BASE: (0.2, 0.7), Variant("finetuned", "finetuned", "run", "outputs/run"): (0.7, 0.6)}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return report_of(build_tiny_evaluation(tmp_path_factory.mktemp("two"), TWO))


def curves_section(report, training: TrainingRun):
    report = replace(report, study=replace(report.study, training={"run": training}))
    return next(s for s in sections_of(report, ()) if s.title == "Learning curves")


def test_forgetting_at_the_kept_step_is_in_the_table_beside_the_base(report):
    section = curves_section(report, NEW)
    assert section.paragraphs == [FORGETTING]
    assert section.table.header[-3:] == [
        "general loss of the base",
        "its general loss",
        "its KL from the base",
    ]
    assert section.table.rows[0][-4:] == ["0.700", "3.100", "3.250", "0.062"]


def test_run_without_general_texts_has_no_word_of_them(report):
    section = curves_section(report, OLD)
    assert section.paragraphs == []
    assert section.table.rows[0][-4:] == ["0.700", "–", "–", "–"]


def test_run_that_went_on_after_an_earlier_version_began_it_has_no_base_in_its_table(report):
    late = replace(NEW, losses=NEW.losses | {"general": [[400, 3.25]]}, general_kl=[[400, 0.05]])
    assert curves_section(report, late).table.rows[0][-3:] == ["–", "3.250", "0.050"]


@pytest.mark.slow
def test_plot_has_two_more_panels_where_some_run_has_general_texts():
    heights = [
        png_image(draw_learning_curves(training)).height
        for training in ({"a": OLD}, {"a": OLD, "b": NEW}, {"a": TrainingRun(), "b": NEW})
    ]
    assert heights[0] < heights[1] == heights[2]


def test_runs_of_a_recipe_share_a_colour_and_differ_in_their_markers():
    labels = {"r4-seed1": "r4-seed*", "r4-seed2": "r4-seed*", "r16": "r16"}
    first, second, other = run_styles(labels)
    assert first["color"] == second["color"] != other["color"]
    assert first["marker"] != second["marker"]
