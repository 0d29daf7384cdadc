"""The scripts of docs/study: commands that the parsers take, contrasts of recipes, small copies."""

import shlex
import subprocess

import numpy as np
import pytest
from conftest import ROOT
from scipy.stats import ttest_1samp
from tiny_evaluation import build_tiny_evaluation, report_of

from docs.study import compact, contrasts
from evaluate import EvaluateFlags
from text2sql.files import read_json, write_json
from text2sql.flags import build_parser
from text2sql.report.benchmark_clusters import cluster_of
from text2sql.report.estimators import describe_sample
from text2sql.study.variants import BASE, Variant
from train import TrainFlags

SHARES = {"paper": 0.4, "lr1e-3": 0.8}  # right on SQL


def commands(stage: str) -> list[str]:
    script = ROOT / "docs" / "study" / "commands.sh"
    printed = subprocess.run([script, stage], check=True, capture_output=True, text=True, cwd=ROOT)
    return printed.stdout.splitlines()


@pytest.fixture
def two_recipes(tmp_path):
    """An evaluation of two recipes with three seeds each."""
    runs = {f"{recipe}-seed{seed}": s for recipe, s in SHARES.items() for seed in (1, 2, 3)}
    adapters = {Variant(run, "finetuned", run): (share, 0.6) for run, share in runs.items()}
    folder = build_tiny_evaluation(tmp_path / "study", {BASE: (0.2, 0.7)} | adapters)
    study = read_json(folder / "study.json")
    for run, training in study["training"].items():
        training["settings"]["learning_rate"] = 1e-4 if run.startswith("paper") else 1e-3
    write_json(folder / "study.json", study)
    return folder


def test_27_trainings_are_those_of_the_page_and_their_flags_exist():
    parser, runs = build_parser(TrainFlags, ""), []
    for command in commands("train"):
        flags = parser.parse_args(shlex.split(command)[2:])
        assert flags.output_dir.endswith(f"-seed{flags.seed}")
        runs.append(flags.output_dir.removeprefix("outputs/").partition("-seed")[0])
    seeds = {recipe: runs.count(recipe) for recipe in dict.fromkeys(runs)}
    three, five = ("lr3e-4", "r16", "text", "bf16"), ("paper", "lr1e-3", "all-r16")
    assert seeds == dict.fromkeys(three, 3) | dict.fromkeys(five, 5)


@pytest.mark.parametrize("stage", ["begin", "evaluate"])
def test_every_evaluation_has_flags_that_exist(stage):
    parser = build_parser(EvaluateFlags, "")
    for command in commands(stage):
        parser.parse_args(shlex.split(command.rpartition("&& ")[2])[2:])


def test_every_run_on_nf4_is_evaluated_in_the_main_study():
    evaluated = [
        word
        for command in commands("begin") + commands("evaluate")
        if "/main-" in command.rpartition("&& ")[2]
        for word in command.partition("--adapters ")[2].split()
    ]
    trained = [shlex.split(command)[3] for command in commands("train")]
    assert sorted(evaluated) == sorted(run for run in trained if "bf16" not in run)


def test_contrast_adds_the_variance_of_the_runs_of_both_recipes():
    rng = np.random.default_rng(0)
    first, second = rng.random((3, 40)), rng.random((5, 40)) + 0.2
    differences = second.mean(axis=0) - first.mean(axis=0)
    estimate = contrasts.contrast([(first, second, describe_sample(range(40)))])
    over_runs = [runs.mean(axis=1).var(ddof=1) / len(runs) for runs in (first, second)]
    assert estimate.mean == pytest.approx(differences.mean())
    assert estimate.variance == pytest.approx(differences.var(ddof=1) / 40 + sum(over_runs))
    assert estimate.degrees_of_freedom < ttest_1samp(differences, 0).df


def test_contrasts_table_has_the_pairs_that_were_evaluated(two_recipes, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["contrasts", str(two_recipes)])
    contrasts.main()
    *_, row = capsys.readouterr().out.splitlines()
    assert row.startswith("| `lr1e-3` − `paper` | +")


def test_compact_copy_is_smaller_and_gives_the_same_report(two_recipes, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["compact", str(two_recipes), str(tmp_path / "copy")])
    compact.main()
    whole, copy = report_of(two_recipes).to_json(), report_of(tmp_path / "copy").to_json()
    assert {k: v for k, v in copy.items() if k != "created"} == {
        k: v for k, v in whole.items() if k != "created"
    }
    benchmark = "general/base/quiz.json"
    assert (tmp_path / "copy" / benchmark).stat().st_size < (two_recipes / benchmark).stat().st_size


@pytest.mark.parametrize(
    ("document", "kept"),
    [
        ({"group": "a", "text": "long"}, {"group": "a"}),
        (
            {"sentence": "One two three four", "option1": "x", "option2": "y", "answer": "1"},
            {"sentence": "One two three", "option1": "x", "option2": "y"},
        ),
        ({"question": "One line?", "choices": ["a"], "subject": "law"}, ""),
        ({"question": "A passage.\nWhat?", "choices": ["a"], "subject": "law"}, "A passage.\n."),
        ({"prompt": "Write.", "source_id": ""}, {}),
    ],
    ids=["group", "winogrande", "mmlu", "mmlu with a passage", "alone"],
)
def test_what_is_kept_of_a_document_tells_its_cluster(document, kept):
    fields = compact.cluster_fields(document)
    assert fields == (kept if isinstance(kept, dict) else fields | {"question": kept})
    assert cluster_of(fields, None) == cluster_of(document, None)
