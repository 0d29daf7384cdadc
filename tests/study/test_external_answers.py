"""Answers made elsewhere, compared: files of SQL, and folders of the harness' own samples."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from tiny_run import WITHOUT_TORCH

from text2sql.errors import UserError
from text2sql.files import read_json, read_jsonl
from text2sql.study.external_answers import name_sources


@pytest.fixture
def sql_files(tiny_spider_dir, tmp_path) -> list[Path]:
    """Three files: all right, two wrong, one empty."""
    golds = [row["query"] for row in json.loads((tiny_spider_dir / "dev.json").read_text())]
    answers = {
        "right": golds,
        "wrong": ["SELECT 1", "SELECT absent FROM stall", *golds[2:]],
        "empty": [*golds[:-2], "", golds[-1]],
    }
    for name, lines in answers.items():
        (tmp_path / f"{name}.sql").write_text("\n".join(lines))
    return [tmp_path / f"{name}.sql" for name in answers]


@pytest.mark.slow
def test_files_are_scored_and_compared_with_the_first_without_torch(
    sql_files, tiny_spider_dir, tmp_path
):
    flags = ["--predictions", *sql_files, "--spider_dir", tiny_spider_dir, "--output_dir", "out"]
    command = [sys.executable, "-c", WITHOUT_TORCH, ROOT / "evaluate.py", *flags]
    done = subprocess.run(
        list(map(str, command)), check=True, cwd=tmp_path, capture_output=True, text=True
    )
    report = read_json(tmp_path / "out/report.json")
    compared = report["splits"]["validation"]["comparisons"]
    assert list(compared) == ["wrong", "empty"]
    differences = {name: c["execution_accuracy"]["all"] for name, c in compared.items()}
    assert differences["wrong"]["difference"] == pytest.approx(-2 / 16)
    assert differences["empty"]["difference"] == pytest.approx(-1 / 16)
    assert sum(read_json(tmp_path / "out/wrong/scores.json")["errors"].values()) == 2
    assert len(read_jsonl(tmp_path / "out/right/verdicts.jsonl")) == 16
    assert "wrong" in (tmp_path / "out/report.html").read_text()
    assert report["summary"] in done.stdout


def test_the_report_of_files_can_be_rebuilt(evaluate, sql_files, tiny_spider_dir):
    compare = ["--predictions", *sql_files, "--spider_dir", tiny_spider_dir, "--output_dir", "out"]
    evaluate(*compare)
    expected = read_json(Path("out/report.json"))["splits"]
    Path("out/report.json").unlink()
    evaluate("--report_only", "--output_dir", "out")
    assert read_json(Path("out/report.json"))["splits"] == expected


def test_a_file_with_too_few_lines_is_refused_before_any_is_scored(
    evaluate, sql_files, tiny_spider_dir
):
    sql_files[1].write_text("SELECT 1")
    flags = ["--predictions", *sql_files, "--spider_dir", tiny_spider_dir, "--output_dir", "out"]
    with pytest.raises(UserError, match=r"wrong\.sql has 1 prediction for 16"):
        evaluate(*flags)
    assert not Path("out").exists()


def test_answers_that_are_mostly_syntax_errors_are_the_first_note(
    evaluate, sql_files, tiny_spider_dir
):
    Path("broken.sql").write_text("SELECT FROM\n" * 12 + "SELECT 1\n" * 4)
    files = ["--predictions", sql_files[0], "broken.sql"]
    evaluate(*files, "--spider_dir", tiny_spider_dir, "--output_dir", "out")
    notes = read_json(Path("out/report.json"))["notes"]
    assert notes[0].startswith("validation, broken: WARNING: syntax errors in 12 of 16 predictions")


def test_files_of_one_name_are_named_by_their_folders(evaluate, sql_files, tiny_spider_dir):
    for name, path in zip("ab", sql_files[:2], strict=True):
        Path(name).mkdir()
        shutil.copy(path, Path(name, "pred.sql"))
    flags = ["--spider_dir", tiny_spider_dir, "--output_dir", "out"]
    evaluate("--predictions", "a/pred.sql", "b/pred.sql", *flags)
    variants = read_json(Path("out/study.json"))["variants"]
    assert [variant["name"] for variant in variants] == ["a-pred", "b-pred"]
    with pytest.raises(UserError, match="would be called a-pred"):
        evaluate("--predictions", "a/pred.sql", "a/pred.sql", *flags)


def test_folders_keep_their_whole_names(tmp_path, monkeypatch):
    folders = [tmp_path / name for name in ("llama-3.1", "llama-3.2")]
    for folder in folders:
        folder.mkdir()
    assert name_sources(folders) == ["llama-3.1", "llama-3.2"]
    monkeypatch.chdir(folders[0])
    assert name_sources([Path(), Path("../llama-3.2")]) == ["llama-3.1", "llama-3.2"]


@pytest.mark.slow
def test_scores_of_another_file_are_replaced_only_if_told(evaluate, sql_files, tiny_spider_dir):
    Path("other").mkdir()
    flags = ["--spider_dir", tiny_spider_dir, "--output_dir", "out"]
    evaluate("--predictions", *sql_files[:2], *flags)
    sql_files[1].write_text(sql_files[0].read_text())  # the same system, better by now
    evaluate("--predictions", *sql_files[:2], *flags)
    other = shutil.copy(sql_files[2], Path("other", "wrong.sql"))
    with pytest.raises(UserError, match=r"out/wrong holds the scores of .*wrong\.sql"):
        evaluate("--predictions", sql_files[0], other, *flags)
    evaluate("--predictions", sql_files[0], other, *flags, "--overwrite")
    assert read_json(Path("out/wrong/scores.json"))["errors"] == {"no_sql": 1}


@pytest.mark.slow
def test_samples_and_files_together_give_the_trade_off(
    evaluate, sample_dirs, sql_files, tiny_spider_dir
):
    files = ["--predictions", *sql_files[:2], "--spider_dir", tiny_spider_dir]
    evaluate("--samples", *sample_dirs, *files, "--output_dir", "out")
    [point] = [
        point
        for point in read_json(Path("out/report.json"))["tradeoff"]["points"]
        if point["variant"] == "wrong"
    ]
    assert point["specialization_gain"]["difference"] == pytest.approx(-2 / 16)
    assert point["generalization_change"]["difference"] == pytest.approx(-0.05)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--samples", "a"], "--samples needs a second folder"),
        (["--samples", "a", "b"], "Several answers need --output_dir"),
        (["--samples", "a", "b", "--spider_dir", "s"], "--spider_dir: not together with --samples"),
        (["--predictions", "a", "--spider_dir", "s", "--seed", "1"], "--seed: only with a second"),
        (
            ["--predictions", "a", "b", "c", "--spider_dir", "s", "--samples", "d", "e"],
            "names 3 files and --samples 2 folders",
        ),
        (["--benchmark_clusters", "mmlu"], "--benchmark_clusters mmlu must be TASK=FIELD"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_contradictions_are_refused(evaluate, flags, message):
    with pytest.raises(UserError, match=message):
        evaluate(*flags)


def test_an_evaluation_of_models_is_not_replaced(evaluate, sample_dirs, tmp_path):
    from tiny_evaluation import a_whole_study, build_tiny_evaluation

    build_tiny_evaluation(tmp_path / "out", a_whole_study())
    with pytest.raises(UserError, match="holds an evaluation of models"):
        evaluate("--samples", *sample_dirs, "--output_dir", "out")


def test_scores_of_one_file_do_not_go_into_an_evaluation_of_models(
    evaluate, sql_files, tiny_spider_dir, tmp_path
):
    from tiny_evaluation import a_whole_study, build_tiny_evaluation

    build_tiny_evaluation(tmp_path / "out", a_whole_study())
    flags = ["--spider_dir", tiny_spider_dir, "--output_dir", "out"]
    with pytest.raises(UserError, match="holds an evaluation of models"):
        evaluate("--predictions", sql_files[0], *flags)
