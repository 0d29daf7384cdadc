"""The tables of the report, in percent and points."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from tiny_evaluation import build_tiny_evaluation, report_of, three_seeds

from text2sql.files import read_json, write_json
from text2sql.report.page import write_report
from text2sql.report.split_tables import comparison_table, hardness_table
from text2sql.report.tables import (
    benchmarks_table,
    distances_table,
    recipes_table,
    runs_table,
    training_table,
)
from text2sql.report.text import percent, points
from text2sql.study.training_history import TrainingRun
from text2sql.study.variants import BASE, Variant

TWO = {BASE: (0.2, 0.7), Variant("finetuned", "finetuned", "run", "outputs/run"): (0.7, 0.6)}


@pytest.fixture(scope="module")
def two_dir(tmp_path_factory):
    return build_tiny_evaluation(tmp_path_factory.mktemp("two"), TWO)


@pytest.fixture(scope="module")
def two(two_dir):
    return report_of(two_dir)


@pytest.mark.slow
def test_replicates_are_averaged_in_every_table(tmp_path):
    report = report_of(build_tiny_evaluation(tmp_path, three_seeds()))
    assert [row[0] for row in recipes_table(report).rows] == ["base", "r4-seed* (3 runs)"]
    assert [row[0] for row in runs_table(report).rows] == ["r4-seed1", "r4-seed2", "r4-seed3"]
    variants = report.splits["validation"].variants
    each = [
        variants[f"r4-seed{s}"]["scores"]["execution_accuracy"]["all"]["score"] for s in (1, 2, 3)
    ]
    assert report.gain.other == pytest.approx(np.mean(each))
    write_report(tmp_path, report)
    assert (tmp_path / "tradeoff.png").exists()
    assert (tmp_path / "tensorboard/r4-seedall").exists()


def test_three_distances_are_in_one_table(two_dir, tmp_path):
    folder = shutil.copytree(two_dir, tmp_path / "near")
    shutil.copytree(folder / "validation", folder / "synonyms")
    study = read_json(folder / "study.json")
    study["splits"].append({"name": "synonyms", "n": 60, "missing_databases": []})
    write_json(folder / "study.json", study)
    rows = distances_table(report_of(folder)).rows
    assert [row[0] for row in rows] == [
        "in domain: validation, EX",
        "near: synonyms, EX",
        "far: mean over benchmarks",
    ]
    assert rows[0][1:-1] == rows[1][1:-1]  # but for p, which is corrected for the second


def test_tables_read_in_points(two):
    split = two.splits["validation"]
    table = comparison_table(split, "base", "finetuned")
    compared = two.gain
    assert table.header == [
        *("score", "base", "finetuned", "difference"),
        *("new databases, 95 %", "these databases, 95 %", "n", "p"),
    ]
    assert table.rows[0][1:4] == [
        percent(compared.base),
        percent(compared.other),
        points(compared.difference),
    ]
    assert table.rows[0][6] == "60 in 6 databases"
    assert "(exact " in table.rows[0][7]
    hardness = hardness_table(split, "base", "finetuned", "exact_match")
    assert len(hardness.rows) == 4
    assert "p" not in hardness.header
    assert [row[0] for row in benchmarks_table(two, "finetuned").rows] == [
        *("quiz (0-shot, acc)", "riddles (0-shot, acc)", "mean of 2 above chance")
    ]


def test_epochs_are_not_shown_where_the_number_of_steps_overrides_them():
    runs = {
        "a": {"num_train_epochs": 5, "max_steps": -1},
        "b": {"num_train_epochs": 5, "max_steps": 9},
    }
    training = {run: TrainingRun(settings=settings) for run, settings in runs.items()}
    report = SimpleNamespace(study=SimpleNamespace(training=training))
    column = training_table(report).header.index("epochs at most")
    assert [row[column] for row in training_table(report).rows] == ["5", "–"]
