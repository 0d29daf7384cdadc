"""evaluate.py on a random Gemma of 100,000 parameters: from prompts to the report, and back."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, run_command
from tiny_run import QUICK, WITHOUT_TORCH

from text2sql.benchmarks.tasks import hash_tasks
from text2sql.errors import UserError
from text2sql.files import folder_lock, read_json, read_jsonl
from text2sql.seals import SEAL_KEY, sealed_line
from text2sql.study import variant_models

pytestmark = pytest.mark.slow  # each test runs a command or a model

NUM_VALIDATION = 16


@pytest.fixture(scope="module")
def finished(tiny_run_dir, strong_prompts_dir, tiny_tasks_dir, tmp_path_factory) -> Path:
    """The folder of a whole evaluation by the command itself, with what it printed."""
    output_dir = tmp_path_factory.mktemp("finished") / "evaluation"
    flags = ["--data_dir", strong_prompts_dir, "--adapters", tiny_run_dir, *QUICK]
    flags += ["--benchmarks", "odd_ones", "odd_fruit:1", "--benchmarks_dir", tiny_tasks_dir]
    done = run_command("evaluate.py", *flags, "--output_dir", output_dir)
    (output_dir / "printed").write_text(done.stdout)
    return output_dir


def generations(folder: Path) -> list[str]:
    return [row["generation"] for row in read_jsonl(folder / "predictions.jsonl")]


def test_every_variant_has_predictions_verdicts_scores_and_benchmarks(finished):
    for variant in ("base", "finetuned"):
        folder = finished / "validation" / variant
        assert len(read_jsonl(folder / "predictions.jsonl")) == NUM_VALIDATION
        assert len(read_jsonl(folder / "verdicts.jsonl")) == NUM_VALIDATION
        assert read_json(folder / "scores.json")["n"] == NUM_VALIDATION
        assert sorted(path.name for path in (finished / "general" / variant).iterdir()) == [
            *("odd_fruit.json", "odd_ones.json")
        ]
    assert generations(finished / "validation/base") != generations(
        finished / "validation/finetuned"
    )


def test_report_has_the_scores_that_lie_in_the_folders(finished):
    report = read_json(finished / "report.json")
    for variant in ("base", "finetuned"):
        scores = read_json(finished / "validation" / variant / "scores.json")["scores"]
        assert report["splits"]["validation"]["variants"][variant]["scores"] == scores
        raw = read_json(finished / "general" / variant / "odd_ones.json")
        score = report["benchmarks"]["odd_ones"]["variants"][variant]["score"]
        assert score == raw["results"]["odd_ones"]["acc_norm,none"]
    assert report["benchmarks"]["odd_fruit"]["num_fewshot"] == 1


def test_command_ends_with_table_sentence_and_place(finished):
    printed = (finished / "printed").read_text()
    report = read_json(finished / "report.json")
    assert "finetuned" in printed
    assert report["summary"] in printed
    assert str(finished / "report.md") in printed


def test_finished_evaluation_loads_no_model_and_reports_the_same(
    run_evaluate, finished, tmp_path, no_model
):
    copied = shutil.copytree(finished, tmp_path / "evaluation")
    run_evaluate("--output_dir", copied, "--benchmarks", "odd_ones", "odd_fruit:1")
    assert comparable_report(copied) == comparable_report(finished)


def test_report_only_rebuilds_every_file_from_what_is_on_disk(run_evaluate, finished, tmp_path):
    copied = shutil.copytree(finished, tmp_path / "evaluation")
    written = [path for path in copied.iterdir() if path.name.startswith("report")]
    for path in [*written, *copied.glob("*.png")]:
        path.unlink()
    shutil.rmtree(copied / "tensorboard")
    command = [sys.executable, "-c", WITHOUT_TORCH, str(ROOT / "evaluate.py")]
    subprocess.run([*command, "--report_only", "--output_dir", str(copied)], check=True)
    assert comparable_report(copied) == comparable_report(finished)
    assert {path.name for path in copied.iterdir()} == {path.name for path in finished.iterdir()}


def comparable_report(folder: Path) -> dict:
    """Return the report without what tells when and by which command it was made."""
    report = read_json(folder / "report.json")
    for record in (report, report["study"]):
        for key in ("command", "created", "commit"):
            del record[key]
    return report


def test_scale_0_answers_as_the_base_and_scale_1_as_the_finetuned(
    run_evaluate, tiny_run_dir, tmp_path
):
    flags = ["--adapter_scales", "0", "0.5", "1", "--checkpoints", "--limit", "6"]
    run_evaluate(*flags, "--benchmarks", "none", "--output_dir", tmp_path)
    said = {
        folder.name: generations(folder)
        for folder in (tmp_path / "limit-6/validation").iterdir()
        if folder.is_dir()
    }
    assert said["scale-0"] == said["base"]
    assert said["scale-1"] == said["finetuned"]
    others = ("base", "finetuned", "scale-0.5", "checkpoint-10", "checkpoint-20")
    assert len({tuple(said[name]) for name in others}) == len(others)


def test_checkpoint_that_is_the_adapter_itself_is_not_asked_again(
    run_evaluate, tiny_run_dir, tiny_tasks_dir, tmp_path, monkeypatch
):
    run_dir = shutil.copytree(tiny_run_dir, tmp_path / "run")
    weights = "adapter_model.safetensors"
    shutil.copy(run_dir / weights, run_dir / "checkpoint-20" / weights)
    active, LoadedVariants = [], variant_models.LoadedVariants
    use = LoadedVariants.active
    monkeypatch.setattr(
        LoadedVariants, "active", lambda self, v: active.append(v.name) or use(self, v)
    )
    flags = ["--checkpoints", "--benchmarks", "odd_ones", "--benchmarks_dir", tiny_tasks_dir]
    flags += ["--choosing_split", "none"]
    run_evaluate(*flags, "--limit", "3", "--output_dir", tmp_path, adapters=[run_dir])
    assert active == ["base", "finetuned", "checkpoint-10"] * 2
    smoke = tmp_path / "limit-3"
    assert generations(smoke / "validation/checkpoint-20") == generations(
        smoke / "validation/finetuned"
    )
    general = read_json(smoke / "report.json")["benchmarks"]["odd_ones"]["variants"]
    assert general["checkpoint-20"] == general["finetuned"]


def test_own_tasks_are_the_same_with_what_python_leaves_beside_them(tiny_tasks_dir, tmp_path):
    folder = shutil.copytree(tiny_tasks_dir, tmp_path / "tasks")
    before = hash_tasks(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "local_data.cpython-311.pyc").write_bytes(b"compiled")
    (folder / ".DS_Store").write_bytes(b"of a file manager")
    assert hash_tasks(folder) == before
    (folder / "more.yaml").write_text("task: more\n")
    assert hash_tasks(folder) != before


def test_default_folder_is_the_adapters_own_and_one_of_three_gpus_says_how_to_use_all(
    run_evaluate, tiny_run_dir, tmp_path, monkeypatch
):
    monkeypatch.setattr("text2sql.study.variant_models.num_unused_gpus", lambda: 2)
    run_dir = shutil.copytree(tiny_run_dir, tmp_path / "run")
    printed = run_evaluate("--limit", "2", "--benchmarks", "none", adapters=[run_dir])
    assert "`accelerate launch evaluate.py` uses all 3." in printed
    report = read_json(run_dir / "evaluation" / "limit-2" / "report.json")
    assert report["notes"][0].startswith("SMOKE RUN")
    assert report["splits"]["validation"]["n"] == 2


def test_smoke_run_has_a_folder_of_its_own_and_leaves_the_whole_study_alone(
    run_evaluate, finished, tmp_path
):
    copied = shutil.copytree(finished, tmp_path / "evaluation")
    flags = ["--output_dir", copied, "--benchmarks", "odd_ones"]
    run_evaluate(*flags, "--limit", "3")
    smoke = copied / "limit-3"
    whole = read_jsonl(finished / "validation/base/predictions.jsonl")
    assert read_jsonl(smoke / "validation/base/predictions.jsonl") == whole[:3]
    assert read_json(smoke / "validation/base/scores.json")["n"] == 3
    assert read_json(smoke / "report.json")["benchmarks"]["odd_ones"]["n"] == 6  # 3 of each task
    shutil.rmtree(smoke)
    assert contents(copied) == contents(finished)


def test_report_of_a_smoke_run_is_rebuilt_in_its_folder(run_evaluate, tmp_path, monkeypatch):
    flags = ["--limit", "2", "--output_dir", str(tmp_path)]
    run_evaluate(*flags, "--benchmarks", "none")
    (tmp_path / "limit-2" / "report.json").unlink()
    run_command("evaluate.py", "--report_only", *flags)
    assert read_json(tmp_path / "limit-2" / "report.json")["study"]["limit"] == 2


def test_kill_in_the_middle_loses_no_finished_batch(
    run_evaluate, tiny_run_dir, strong_prompts_dir, tmp_path
):
    command = [sys.executable, str(ROOT / "evaluate.py"), "--data_dir", str(strong_prompts_dir)]
    command += ["--adapters", str(tiny_run_dir), "--output_dir", str(tmp_path), "--batch_size", "1"]
    command += ["--benchmarks", "none", "--max_new_tokens", "60"]
    growing = tmp_path / "validation" / "base" / "predictions.part.jsonl"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (growing.exists() and growing.stat().st_size):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = [
        json.loads(line)
        for line in growing.read_text().splitlines(keepends=True)
        if line.endswith("\n")
    ]
    assert 0 < len(kept) < NUM_VALIDATION
    # The kept rows are marked, so that they are seen to be kept and not made again.
    for row in kept:
        row.pop(SEAL_KEY)
    growing.write_text("".join(sealed_line(row | {"generation": "kept"}) for row in kept))
    run_evaluate("--max_new_tokens", "60", "--benchmarks", "none", "--output_dir", tmp_path)
    rows = read_jsonl(tmp_path / "validation/base/predictions.jsonl")
    assert [row["index"] for row in rows] == list(range(NUM_VALIDATION))
    assert sum(row["generation"] == "kept" for row in rows) == len(kept)


def test_work_of_other_settings_is_refused_and_replaced_only_if_told(
    run_evaluate, finished, tmp_path
):
    copied = shutil.copytree(finished, tmp_path / "evaluation")
    flags = ["--output_dir", copied, "--benchmarks", "none", "--max_new_tokens", "3"]
    before = (copied / "validation/base/predictions.jsonl").read_bytes()
    with pytest.raises(UserError, match=r"max_new_tokens \(4, now 3\).*--overwrite"):
        run_evaluate(*flags)
    assert (copied / "validation/base/predictions.jsonl").read_bytes() == before
    run_evaluate(*flags, "--overwrite")
    rows = read_jsonl(copied / "validation/base/predictions.jsonl")
    assert max(row["num_new_tokens"] for row in rows) == 3
    assert (copied / "general/base/odd_ones.json").exists()


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_overwrite_leaves_a_folder_alone_that_another_evaluation_holds(
    run_evaluate, finished, tmp_path
):
    copied = shutil.copytree(finished, tmp_path / "evaluation")
    flags = ["--output_dir", copied, "--benchmarks", "none", "--max_new_tokens", "3"]
    with folder_lock(copied), pytest.raises(UserError, match="Another command is writing"):
        run_evaluate(*flags, "--overwrite")
    assert contents(copied) == contents(finished)


def test_overwrite_removes_nothing_when_the_model_cannot_load(
    run_evaluate, finished, tmp_path, monkeypatch
):
    def refuse(*given, **settings):
        raise UserError("no such model")

    copied = shutil.copytree(finished, tmp_path / "evaluation")
    monkeypatch.setattr("text2sql.study.variant_models.load_base_model", refuse)
    flags = ["--output_dir", copied, "--benchmarks", "none", "--max_new_tokens", "3"]
    with pytest.raises(UserError, match="no such model"):
        run_evaluate(*flags, "--overwrite")
    assert contents(copied) == contents(finished)


def test_answers_whose_settings_are_lost_are_not_gone_on_with(run_evaluate, finished, tmp_path):
    copied = shutil.copytree(finished, tmp_path / "evaluation")
    (copied / "validation/base/generation.json").unlink()
    with pytest.raises(UserError, match=r"base was made with other settings.*not recorded"):
        run_evaluate("--output_dir", copied, "--benchmarks", "none")


def test_new_adapter_in_the_same_folder_leaves_the_base_answers(
    run_evaluate, finished, tiny_run_dir, tmp_path
):
    copied = shutil.copytree(finished, tmp_path / "evaluation")
    retrained = shutil.copytree(tiny_run_dir, tmp_path / "tiny-spider")
    shutil.copy(tiny_run_dir / "checkpoint-10/adapter_model.safetensors", retrained)
    flags = ["--output_dir", copied, "--benchmarks", "none"]
    with pytest.raises(UserError, match=r"finetuned was made with other settings: adapter_sha256"):
        run_evaluate(*flags, adapters=[retrained])
    base = copied / "validation/base/predictions.jsonl"
    written = base.stat().st_mtime_ns
    run_evaluate(*flags, "--overwrite", adapters=[retrained])
    assert base.stat().st_mtime_ns == written
    assert generations(copied / "validation/finetuned") != generations(
        finished / "validation/finetuned"
    )
