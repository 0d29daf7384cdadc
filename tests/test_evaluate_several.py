"""Several variants in one evaluation: what chooses, what scores, runs and seeds together."""

import json
import shutil

import pytest

from text2sql.errors import UserError
from text2sql.files import read_json

pytestmark = pytest.mark.slow  # each test runs a command or a model

NUM_VALIDATION = 16


def test_what_chooses_among_variants_is_not_what_scores_them(run_evaluate, tmp_path):
    flags = ["--benchmarks", "none", "--limit", "2", "--output_dir", tmp_path]
    run_evaluate(*flags, "--adapter_scales", "0.5")
    study = read_json(tmp_path / "limit-2/study.json")
    assert [(split["name"], split["role"]) for split in study["splits"]] == [
        ("validation", "scoring"),
        ("holdout", "choosing"),
    ]
    assert (tmp_path / "limit-2/holdout/scale-0.5/scores.json").exists()


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        ([], ["validation"]),
        (["--adapter_scales", "0.5", "--choosing_split", "none"], ["validation"]),
        (["--adapter_scales", "0.5", "--splits", "holdout"], ["holdout"]),
    ],
    ids=["one variant", "not wanted", "scored itself"],
)
def test_nothing_chooses_where_no_choice_is_asked_for(run_evaluate, tmp_path, flags, names):
    run_evaluate("--benchmarks", "none", "--limit", "1", "--output_dir", tmp_path, *flags)
    splits = read_json(tmp_path / "limit-1/study.json")["splits"]
    assert [split["name"] for split in splits] == names
    assert {split["role"] for split in splits} == {"scoring"}


def test_several_runs_share_one_report(run_evaluate, tiny_run_dir, tmp_path):
    other = shutil.copytree(tiny_run_dir / "checkpoint-10", tmp_path / "other")
    shutil.copy(tiny_run_dir / "run.json", other)
    with pytest.raises(UserError, match="--output_dir"):
        run_evaluate("--benchmarks", "none", adapters=[tiny_run_dir, other])
    flags = ["--benchmarks", "none", "--limit", "2", "--output_dir", tmp_path / "both"]
    run_evaluate(*flags, adapters=[tiny_run_dir, other])
    report = read_json(tmp_path / "both/limit-2/report.json")
    assert list(report["splits"]["validation"]["variants"]) == ["base", "tiny-spider", "other"]


def test_evaluations_copied_into_one_folder_are_one_evaluation(
    run_evaluate, tiny_run_dir, tiny_tasks_dir, tmp_path, monkeypatch
):
    other = shutil.copytree(tiny_run_dir, tmp_path / "other")
    flags = ["--benchmarks", "odd_ones", "--benchmarks_dir", tiny_tasks_dir, "--limit", "2"]
    flags += ["--choosing_split", "none"]
    for name in ("a", "b"):
        run_evaluate(*flags, "--output_dir", tmp_path / name, adapters=[tiny_run_dir, other])
    for folder in ("validation", "general"):
        shutil.rmtree(tmp_path / "a/limit-2" / folder / "other")
        shutil.rmtree(tmp_path / "b/limit-2" / folder / "tiny-spider")
    for name in ("a", "b"):
        shutil.copytree(tmp_path / name, tmp_path / "all", dirs_exist_ok=True)
    monkeypatch.setattr(
        "text2sql.study.variant_models.LoadedVariants.load_weights",
        lambda *_: pytest.fail("all answers were there"),
    )
    run_evaluate(*flags, "--output_dir", tmp_path / "all", adapters=[tiny_run_dir, other])
    report = read_json(tmp_path / "all/limit-2/report.json")
    assert list(report["benchmarks"]["odd_ones"]["variants"]) == ["base", "tiny-spider", "other"]


def test_runs_that_differ_by_seed_are_one_recipe(run_evaluate, tiny_run_dir, tmp_path):
    runs = []
    for seed, weights in ((1, tiny_run_dir), (2, tiny_run_dir / "checkpoint-10")):
        runs.append(shutil.copytree(tiny_run_dir, tmp_path / f"r4-seed{seed}"))
        shutil.copy(weights / "adapter_model.safetensors", runs[-1])
        settings = {"lora_r": 4, "data_sha256": "same", "seed": seed}
        record = read_json(tiny_run_dir / "run.json") | {"settings": settings}
        (runs[-1] / "run.json").write_text(json.dumps(record))
    flags = ["--benchmarks", "none", "--limit", "2", "--output_dir", tmp_path / "both"]
    run_evaluate(*flags, adapters=runs)
    report = read_json(tmp_path / "both/limit-2/report.json")
    [recipe] = report["recipes"]
    assert recipe["variants"] == ["r4-seed1", "r4-seed2"]
    assert list(report["splits"]["validation"]["comparisons"]) == [recipe["name"]]


def test_tasks_of_different_metrics_are_each_reported_under_their_own(run_evaluate, tmp_path):
    flags = ["--benchmarks", "mixed", "odd_ones@chat", "--limit", "2", "--output_dir", tmp_path]
    run_evaluate(*flags)
    benchmarks = read_json(tmp_path / "limit-2/report.json")["benchmarks"]
    assert {name: told["metric"] for name, told in benchmarks.items()} == {
        "mixed/odd_fruit": "acc_norm",
        "mixed/spelled": "exact_match",
        "mixed/told": "word_perplexity",
        "odd_ones@chat": "acc_norm",
    }
    assert benchmarks["mixed/told"]["variants"]["base"]["score"] > 1
    [told] = benchmarks["mixed/told"]["comparisons"].values()
    assert (told["n"], told["cluster"]) == (2, "document")
    assert told["low"] < told["difference"] < told["high"]
    page = (tmp_path / "limit-2/report.md").read_text()
    assert all(name in page for name in benchmarks)
