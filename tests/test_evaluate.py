"""evaluate.py on a random Gemma of 100,000 parameters: from prompts to the report, and back."""

import importlib.util
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from conftest import ROOT, run_command
from tiny_tasks import build_tiny_tasks

from text2sql.modeling import load_base_model, load_tokenizer
from text2sql.records import UserError, read_json, read_jsonl

NUM_VALIDATION = 16
QUICK = ["--max_new_tokens", "4", "--num_bootstrap", "100"]

# Runs a script as a user would, and fails where it imported torch.
WITHOUT_TORCH = """
import os, runpy, sys
sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
assert "torch" not in sys.modules, "torch was imported"
"""


@pytest.fixture(scope="module")
def script():
    """evaluate.py under a name that is not that of the installed package."""
    spec = importlib.util.spec_from_file_location("evaluate_script", ROOT / "evaluate.py")
    sys.modules["evaluate_script"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tasks_dir(tmp_path_factory) -> Path:
    return build_tiny_tasks(tmp_path_factory.mktemp("tasks"))


@pytest.fixture(scope="module")
def base_model(tiny_gemma_dir):
    """The small Gemma, with layers so strong that it does not only repeat its last token."""
    model = load_base_model(
        str(tiny_gemma_dir),
        load_in_4bit=False,
        dtype=torch.float32,
        device=torch.device("cpu"),
    )
    for layer in model.model.layers:
        layer.mlp.down_proj.weight.data *= 30
        layer.self_attn.o_proj.weight.data *= 30
    return model


@pytest.fixture(scope="module")
def base_dir(base_model, tiny_gemma_dir, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    base_model.save_pretrained(folder)
    load_tokenizer(str(tiny_gemma_dir)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def prompts_dir(base_dir, tiny_prompts_dir, tmp_path_factory) -> Path:
    folder = shutil.copytree(tiny_prompts_dir, tmp_path_factory.mktemp("prompts") / "data")
    manifest = read_json(folder / "manifest.json")
    (folder / "manifest.json").write_text(json.dumps(manifest | {"model_id": str(base_dir)}))
    return folder


@pytest.fixture(scope="module")
def trained_run(base_model, base_dir, tmp_path_factory) -> Path:
    """A run with an adapter that changes what the model says, and two checkpoints."""
    from peft import LoraConfig, get_peft_model

    settings = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"])
    settings.task_type = "CAUSAL_LM"
    base_model.name_or_path = str(base_dir)
    model = get_peft_model(base_model, settings)
    run_dir = tmp_path_factory.mktemp("outputs") / "tiny-spider"
    torch.manual_seed(0)
    for folder in (run_dir / "checkpoint-10", run_dir / "checkpoint-20", run_dir):
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.data.normal_(0, 1.0)
        model.save_pretrained(folder)
        (folder / "trainer_state.json").write_text("{}")
    record = {"model_id": str(base_dir), "load_in_4bit": False, "status": "finished"}
    (run_dir / "run.json").write_text(json.dumps(record))
    return run_dir


@pytest.fixture
def evaluate(script, trained_run, prompts_dir, tasks_dir, monkeypatch, capsys):
    """Run evaluate.main() in this process; return what it printed."""
    monkeypatch.setattr("lm_eval.evaluator.add_env_info", lambda storage: None)

    def run(*flags, adapters=(trained_run,), data_dir=prompts_dir) -> str:
        command = ["evaluate.py", "--data_dir", data_dir, "--adapters", *adapters, *QUICK]
        command += ["--benchmarks_dir", tasks_dir] if "none" not in flags else []
        monkeypatch.setattr(sys, "argv", [str(part) for part in [*command, *flags]])
        script.main()
        return capsys.readouterr().out

    return run


@pytest.fixture
def no_model(monkeypatch):
    """Fail where a model is loaded."""
    monkeypatch.setattr(
        "text2sql.loaded_variants.load_base_model", lambda *a, **k: pytest.fail("a model is loaded")
    )


@pytest.fixture(scope="module")
def finished(script, trained_run, prompts_dir, tasks_dir, tmp_path_factory) -> Path:
    """The folder of a whole evaluation by the command itself, with what it printed."""
    output_dir = tmp_path_factory.mktemp("finished") / "evaluation"
    flags = ["--data_dir", prompts_dir, "--adapters", trained_run, *QUICK]
    flags += ["--benchmarks", "odd_ones", "odd_fruit:1", "--benchmarks_dir", tasks_dir]
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
    evaluate, finished, tmp_path, no_model
):
    copied = shutil.copytree(finished, tmp_path / "evaluation")
    evaluate("--output_dir", copied, "--benchmarks", "odd_ones", "odd_fruit:1")
    assert comparable_report(copied) == comparable_report(finished)


def test_report_only_rebuilds_every_file_from_what_is_on_disk(evaluate, finished, tmp_path):
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


def test_scale_0_answers_as_the_base_and_scale_1_as_the_finetuned(evaluate, trained_run, tmp_path):
    flags = ["--adapter_scales", "0", "0.5", "1", "--checkpoints", "--limit", "6"]
    evaluate(*flags, "--benchmarks", "none", "--output_dir", tmp_path)
    said = {
        folder.name: generations(folder)
        for folder in (tmp_path / "validation").iterdir()
        if folder.is_dir()
    }
    assert said["scale-0"] == said["base"]
    assert said["scale-1"] == said["finetuned"]
    others = ("base", "finetuned", "scale-0.5", "checkpoint-10", "checkpoint-20")
    assert len({tuple(said[name]) for name in others}) == len(others)


def test_default_folder_is_the_adapters_own(evaluate, trained_run, tmp_path):
    run_dir = shutil.copytree(trained_run, tmp_path / "run")
    evaluate("--limit", "2", "--benchmarks", "none", adapters=[run_dir])
    report = read_json(run_dir / "evaluation" / "report.json")
    assert report["notes"][0].startswith("SMOKE RUN")
    assert report["splits"]["validation"]["n"] == 2


def test_smoke_run_is_the_beginning_of_the_whole(evaluate, tmp_path, monkeypatch):
    flags = ["--benchmarks", "none", "--output_dir", tmp_path]
    evaluate("--limit", "3", *flags)
    first = read_jsonl(tmp_path / "validation/base/predictions.jsonl")
    evaluate(*flags)
    assert read_jsonl(tmp_path / "validation/base/predictions.jsonl")[:3] == first
    evaluate("--limit", "3", *flags)
    assert len(read_jsonl(tmp_path / "validation/base/predictions.jsonl")) == NUM_VALIDATION
    assert read_json(tmp_path / "validation/base/scores.json")["n"] == 3


def test_kill_in_the_middle_loses_no_finished_batch(evaluate, trained_run, prompts_dir, tmp_path):
    command = [sys.executable, str(ROOT / "evaluate.py"), "--data_dir", str(prompts_dir)]
    command += ["--adapters", str(trained_run), "--output_dir", str(tmp_path), "--batch_size", "1"]
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
    growing.write_text("".join(json.dumps(row | {"generation": "kept"}) + "\n" for row in kept))
    evaluate("--max_new_tokens", "60", "--benchmarks", "none", "--output_dir", tmp_path)
    rows = read_jsonl(tmp_path / "validation/base/predictions.jsonl")
    assert [row["index"] for row in rows] == list(range(NUM_VALIDATION))
    assert sum(row["generation"] == "kept" for row in rows) == len(kept)


def test_work_of_other_settings_is_refused_and_replaced_only_if_told(evaluate, finished, tmp_path):
    copied = shutil.copytree(finished, tmp_path / "evaluation")
    flags = ["--output_dir", copied, "--benchmarks", "none", "--max_new_tokens", "3"]
    before = (copied / "validation/base/predictions.jsonl").read_bytes()
    with pytest.raises(UserError, match=r"max_new_tokens \(4, now 3\).*--overwrite"):
        evaluate(*flags)
    assert (copied / "validation/base/predictions.jsonl").read_bytes() == before
    evaluate(*flags, "--overwrite")
    rows = read_jsonl(copied / "validation/base/predictions.jsonl")
    assert max(row["num_new_tokens"] for row in rows) == 3
    assert (copied / "general/base/odd_ones.json").exists()


def test_new_adapter_in_the_same_folder_leaves_the_base_answers(
    evaluate, finished, trained_run, tmp_path
):
    copied = shutil.copytree(finished, tmp_path / "evaluation")
    retrained = shutil.copytree(trained_run, tmp_path / "tiny-spider")
    shutil.copy(trained_run / "checkpoint-10/adapter_model.safetensors", retrained)
    flags = ["--output_dir", copied, "--benchmarks", "none"]
    with pytest.raises(UserError, match=r"finetuned was made with other settings: adapter_sha256"):
        evaluate(*flags, adapters=[retrained])
    base = copied / "validation/base/predictions.jsonl"
    written = base.stat().st_mtime_ns
    evaluate(*flags, "--overwrite", adapters=[retrained])
    assert base.stat().st_mtime_ns == written
    assert generations(copied / "validation/finetuned") != generations(
        finished / "validation/finetuned"
    )


def test_several_runs_share_one_report(evaluate, trained_run, tmp_path):
    other = shutil.copytree(trained_run / "checkpoint-10", tmp_path / "other")
    shutil.copy(trained_run / "run.json", other)
    with pytest.raises(UserError, match="--output_dir"):
        evaluate("--benchmarks", "none", adapters=[trained_run, other])
    flags = ["--benchmarks", "none", "--limit", "2", "--output_dir", tmp_path / "both"]
    evaluate(*flags, adapters=[trained_run, other])
    report = read_json(tmp_path / "both" / "report.json")
    assert list(report["splits"]["validation"]["variants"]) == ["base", "tiny-spider", "other"]


def test_absent_prompts_say_to_preprocess_first(evaluate, tmp_path, no_model):
    with pytest.raises(UserError, match=r"Run preprocess\.py first"):
        evaluate("--benchmarks", "none", data_dir=tmp_path)


def test_absent_split_names_those_that_are_there(evaluate, tmp_path, no_model):
    with pytest.raises(UserError, match=r"no split test; it has .*validation"):
        evaluate("--benchmarks", "none", "--splits", "test", "--output_dir", tmp_path)


def test_unknown_benchmark_is_told_before_any_work(evaluate, tmp_path, no_model, monkeypatch):
    from lm_eval.tasks import TaskManager

    def only_folders(include_path=None, include_defaults=True):
        return TaskManager(include_path=include_path, include_defaults=False)

    monkeypatch.setattr("lm_eval.tasks.TaskManager", only_folders)
    with pytest.raises(UserError, match="no benchmark called odd_bones"):
        evaluate("--benchmarks", "odd_bones", "--output_dir", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_missing_database_is_told_before_any_work(
    evaluate, prompts_dir, tiny_spider_dir, tmp_path, monkeypatch
):
    data_dir = shutil.copytree(prompts_dir, tmp_path / "data")
    databases = shutil.copytree(tiny_spider_dir / "database", tmp_path / "database")
    shutil.rmtree(databases / "museum")
    manifest = read_json(data_dir / "manifest.json")
    manifest["splits"]["validation"]["database_dir"] = str(databases)
    (data_dir / "manifest.json").write_text(json.dumps(manifest))
    flags = ["--benchmarks", "none", "--output_dir", tmp_path / "out"]
    with monkeypatch.context() as patch:
        patch.setattr("text2sql.loaded_variants.load_base_model", lambda *a, **k: pytest.fail())
        with pytest.raises(UserError, match=r"museum.*--skip_missing_databases"):
            evaluate(*flags, data_dir=data_dir)
    evaluate(*flags, "--skip_missing_databases", data_dir=data_dir)
    report = read_json(tmp_path / "out" / "report.json")
    compared = report["splits"]["validation"]["comparisons"]["finetuned"]
    assert compared["execution_accuracy"]["all"]["n"] == NUM_VALIDATION // 2
    assert compared["exact_match"]["all"]["n"] == NUM_VALIDATION
    assert any("left out of execution" in note for note in report["notes"])


def test_prompts_of_another_model_are_refused(evaluate, tmp_path, no_model):
    with pytest.raises(UserError, match=r"preprocess\.py --model_id another"):
        evaluate("--model_id", "another", "--benchmarks", "none", "--output_dir", tmp_path)


def test_corrupt_adapter_is_one_message(evaluate, trained_run, tmp_path):
    broken = shutil.copytree(trained_run, tmp_path / "broken")
    (broken / "adapter_model.safetensors").write_bytes(b"not an adapter")
    with pytest.raises(UserError, match="does not load"):
        evaluate("--benchmarks", "none", adapters=[broken])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--predictions", "p.sql"], "--predictions needs --spider_dir"),
        (["--predictions", "p.sql", "--spider_dir", "s", "--limit", "3"], "--limit"),
        (["--predictions", "p.sql", "--spider_dir", "s", "--split", "holdout"], "--split holdout"),
        (["--spider_dir", "s"], "only together with --predictions"),
        (["--report_only", "--benchmarks", "mmlu"], "not together with --report_only"),
        (["--limit", "0"], "--limit must be above 0"),
        (["--batch_size", "-1"], "--batch_size must not be below 0"),
        (["--report_only", "--output_dir", "absent"], "leave out --report_only"),
        (["--adapters", "absent"], r"Run train\.py first"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_contradictions_are_refused(script, monkeypatch, tmp_path, flags, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["evaluate.py", *flags])
    with pytest.raises(UserError, match=message):
        script.main()


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
    assert "1 lines for 16 examples" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "outputs").exists()
