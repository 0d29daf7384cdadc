"""evaluate.py refuses in one message what cannot work, and scores predictions without a model."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, run_command
from tiny_run import WITHOUT_TORCH

from text2sql.errors import UserError
from text2sql.files import read_json
from text2sql.seals import SEAL_KEY

pytestmark = pytest.mark.slow  # each test runs a command or a model

NUM_VALIDATION = 16


def test_absent_prompts_say_to_preprocess_first(run_evaluate, tmp_path, no_model):
    with pytest.raises(UserError, match=r"Run preprocess\.py first"):
        run_evaluate("--benchmarks", "none", data_dir=tmp_path)


def test_absent_split_names_those_that_are_there(run_evaluate, tmp_path, no_model):
    with pytest.raises(UserError, match=r"no split test; choose from .*validation"):
        run_evaluate("--benchmarks", "none", "--splits", "test", "--output_dir", tmp_path)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGE = {
    "manifest is a list": lambda folder: (folder / "manifest.json").write_text("[]"),
    "manifest says nothing": lambda folder: (folder / "manifest.json").write_text("{}"),
    "folder of a split is gone": lambda folder: shutil.rmtree(folder / "validation"),
    "rows are cut short": lambda folder: cut(*folder.glob("validation/*.arrow")),
    "rows are empty": lambda folder: next(folder.glob("validation/*.arrow")).write_bytes(b""),
    "rows are gone": lambda folder: next(folder.glob("validation/*.arrow")).unlink(),
    "columns are rubbish": lambda folder: (folder / "validation/dataset_info.json").write_text("x"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_prompts_say_to_preprocess_again(
    run_evaluate, strong_prompts_dir, tmp_path, no_model, damage
):
    data_dir = shutil.copytree(strong_prompts_dir, tmp_path / "data")
    damage(data_dir)
    with pytest.raises(UserError, match=r"[Rr]un preprocess\.py again|[Rr]eplace it"):
        run_evaluate("--benchmarks", "none", "--output_dir", tmp_path / "out", data_dir=data_dir)
    assert not (tmp_path / "out").exists()


def test_unknown_benchmark_is_told_before_any_work(run_evaluate, tmp_path, no_model, monkeypatch):
    from lm_eval.tasks import TaskManager

    def only_folders(include_path=None, include_defaults=True):
        return TaskManager(include_path=include_path, include_defaults=False)

    monkeypatch.setattr("lm_eval.tasks.TaskManager", only_folders)
    with pytest.raises(UserError, match="no benchmark called odd_bones"):
        run_evaluate("--benchmarks", "odd_bones", "--output_dir", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_missing_database_is_told_before_any_work(
    run_evaluate, strong_prompts_dir, tiny_spider_dir, tmp_path, monkeypatch
):
    data_dir = shutil.copytree(strong_prompts_dir, tmp_path / "data")
    databases = shutil.copytree(tiny_spider_dir / "database", tmp_path / "database")
    shutil.rmtree(databases / "museum")
    manifest = read_json(data_dir / "manifest.json")
    manifest["splits"]["validation"]["database_dir"] = str(databases)
    del manifest[SEAL_KEY]
    (data_dir / "manifest.json").write_text(json.dumps(manifest))
    flags = ["--benchmarks", "none", "--output_dir", tmp_path / "out"]
    with monkeypatch.context() as patch:
        patch.setattr(
            "text2sql.study.variant_models.load_base_model", lambda *a, **k: pytest.fail()
        )
        with pytest.raises(UserError, match=r"museum.*--skip_missing_databases"):
            run_evaluate(*flags, data_dir=data_dir)
    run_evaluate(*flags, "--skip_missing_databases", data_dir=data_dir)
    report = read_json(tmp_path / "out" / "report.json")
    compared = report["splits"]["validation"]["comparisons"]["finetuned"]
    assert compared["execution_accuracy"]["all"]["n"] == NUM_VALIDATION // 2
    assert compared["exact_match"]["all"]["n"] == NUM_VALIDATION
    assert any("left out of execution" in note for note in report["notes"])


def test_prompts_of_another_model_are_refused(run_evaluate, tmp_path, no_model):
    with pytest.raises(UserError, match=r"preprocess\.py --model_id another"):
        run_evaluate("--model_id", "another", "--benchmarks", "none", "--output_dir", tmp_path)


def test_prompts_of_a_tokenizer_that_the_model_no_longer_has_are_refused(
    run_evaluate, prompts_of_an_earlier_tokenizer, tiny_gemma_dir, tiny_run_dir, tmp_path, no_model
):
    adapter = shutil.copytree(tiny_run_dir, tmp_path / "run")
    record = read_json(adapter / "run.json") | {"model_id": str(tiny_gemma_dir)}
    (adapter / "run.json").write_text(json.dumps(record))
    flags = ["--benchmarks", "none", "--output_dir", tmp_path / "out"]
    with pytest.raises(UserError, match=r"another tokenizer.*Run preprocess\.py again"):
        run_evaluate(*flags, adapters=[adapter], data_dir=prompts_of_an_earlier_tokenizer)
    assert not (tmp_path / "out").exists()


def test_adapter_without_weights_is_told_before_any_work(run_evaluate, tiny_run_dir, tmp_path):
    broken = shutil.copytree(tiny_run_dir, tmp_path / "broken")
    (broken / "adapter_model.safetensors").unlink()
    with pytest.raises(UserError, match="holds checkpoints alone"):
        run_evaluate("--benchmarks", "none", adapters=[broken])


def test_corrupt_adapter_is_one_message(run_evaluate, tiny_run_dir, tmp_path):
    broken = shutil.copytree(tiny_run_dir, tmp_path / "broken")
    (broken / "adapter_model.safetensors").write_bytes(b"not an adapter")
    with pytest.raises(UserError, match="does not load"):
        run_evaluate("--benchmarks", "none", adapters=[broken])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--predictions", "p.sql"], "--predictions needs --spider_dir"),
        (["--predictions", ""], "--predictions '' is a folder; name a file"),
        (["--predictions", "p.sql", "--spider_dir", "s", "--limit", "3"], "--limit"),
        (["--predictions", "p.sql", "--spider_dir", "s", "--split", "holdout"], "--split holdout"),
        (["--spider_dir", "s"], "only together with --predictions"),
        (["--report_only", "--benchmarks", "mmlu"], "not together with --report_only"),
        (["--splits", "test", "--splits", "test"], "--splits names one twice: test, test"),
        (["--choosing_split", "validation"], "choose on other questions"),
        (["--limit", "0"], "--limit must be above 0"),
        (["--query_timeout_s", "nan"], "--query_timeout_s must be above 0"),
        (["--query_timeout_s", "inf"], "--query_timeout_s must be above 0 and at most 86400"),
        (["--max_forgetting", "nan"], "--max_forgetting must be at least 0"),
        (["--batch_size", "-1"], "--batch_size must be at least 0"),
        (["--report_only", "--output_dir", "absent"], "leave out --report_only"),
        (["--adapters", "absent"], r"Run train\.py first"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_contradictions_are_refused(evaluate_script, monkeypatch, tmp_path, flags, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["evaluate.py", *flags])
    with pytest.raises(UserError, match=message):
        evaluate_script.main()


def test_anybodys_predictions_are_scored_without_torch(tiny_spider_dir, tmp_path):
    golds = [row["query"] for row in json.loads((tiny_spider_dir / "dev.json").read_text())]
    (tmp_path / "mine.sql").write_text("\n".join([*golds[:-2], "", "SELECT absent FROM stall"]))
    command = [
        sys.executable,
        "-c",
        WITHOUT_TORCH,
        str(ROOT / "evaluate.py"),
        "--predictions",
        "mine.sql",
    ]
    command += ["--spider_dir", str(tiny_spider_dir)]
    done = subprocess.run(command, check=True, cwd=tmp_path, capture_output=True, text=True)
    scores = read_json(tmp_path / "outputs" / "mine" / "scores.json")
    assert scores["scores"]["execution_accuracy"]["all"] == {"score": 14 / 16, "n": 16}
    assert scores["errors"] == {"no_sql": 1, "unknown_column": 1}
    assert "87.5" in done.stdout
    assert "no_sql 1" in done.stdout


def test_too_few_predictions_are_exit_status_1_and_nothing_is_scored(tiny_spider_dir, tmp_path):
    (tmp_path / "mine.sql").write_text("SELECT 1\n")
    flags = ["--predictions", "mine.sql", "--spider_dir", tiny_spider_dir]
    done = run_command("evaluate.py", *flags, check=False, cwd=tmp_path)
    assert done.returncode == 1
    assert "1 prediction for 16 examples" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "outputs").exists()


def test_questions_that_are_none_are_not_scored(own_spider_dir, tmp_path):
    (own_spider_dir / "dev.json").write_text("[]")
    (tmp_path / "mine.sql").write_text("")
    flags = ["--predictions", "mine.sql", "--spider_dir", own_spider_dir]
    done = run_command("evaluate.py", *flags, check=False, cwd=tmp_path)
    assert done.returncode == 1
    assert "no questions" in done.stderr


def test_scores_of_another_file_are_replaced_only_if_told(
    evaluate_script, tiny_spider_dir, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    golds = [row["query"] for row in json.loads((tiny_spider_dir / "dev.json").read_text())]
    for name, first in (("a", "SELECT 1"), ("b", "SELECT 2")):
        Path(name).mkdir()
        Path(name, "pred.sql").write_text("\n".join([first, *golds[1:]]))

    def score(path, *flags):
        command = ["evaluate.py", "--predictions", path, "--spider_dir", str(tiny_spider_dir)]
        monkeypatch.setattr(sys, "argv", [*command, *flags])
        evaluate_script.main()
        return read_json(Path("outputs/pred/scores.json"))["predictions"]["path"]

    assert score("a/pred.sql") == str(tmp_path / "a/pred.sql")
    Path("a/pred.sql").write_text("\n".join(golds))  # the same system, better by now
    assert score("a/pred.sql") == str(tmp_path / "a/pred.sql")
    with pytest.raises(UserError, match=r"holds the scores of .*/a/pred\.sql.*--output_dir"):
        score("b/pred.sql")
    monkeypatch.chdir("b")  # where the same name is another file
    with pytest.raises(UserError, match=r"holds the scores of .*/a/pred\.sql.*--output_dir"):
        score("pred.sql", "--output_dir", "../outputs/pred")
    monkeypatch.chdir("..")
    assert score("b/pred.sql", "--overwrite") == str(tmp_path / "b/pred.sql")
