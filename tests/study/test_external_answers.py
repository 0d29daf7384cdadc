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
from text2sql.files import read_json, read_jsonl, write_json, write_jsonl
from text2sql.study.external_answers import name_sources

SAMPLES = "samples_{}_2026-01-02T03-04-05.678901.jsonl"
RESULTS = "results_2026-01-02T03-04-05.678901.json"


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


@pytest.fixture
def evaluate(evaluate_script, monkeypatch, tmp_path):
    """Run evaluate.py in this process and in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*flags) -> None:
        monkeypatch.setattr(sys, "argv", ["evaluate.py", *map(str, flags)])
        evaluate_script.main()

    return run


def item(number: int, score: float) -> dict:
    return {
        "doc_id": number,
        "doc": {"text": f"item {number}"},
        "arguments": {"gen_args_0": {"arg_0": "a long prompt"}},
        "filtered_resps": [["-1.5", "False"], ["-2.5", "True"]],
        "filter": "none",
        "metrics": ["acc"],
        "doc_hash": f"hash of {number}",
        "acc": score,
    }


def write_run(folder: Path, scores: dict[str, list[float]], group: str | None = None) -> Path:
    """Write what lm_eval leaves below its --output_path, for a model called `model`."""
    means = {task: sum(items) / len(items) for task, items in scores.items()}
    results = {task: {"acc,none": mean} for task, mean in means.items()}
    if group:
        items = [score for of_task in scores.values() for score in of_task]
        results[group] = {"acc,none": sum(items) / len(items)}
    write_json(
        folder / "model" / RESULTS,
        {
            "results": results,
            "group_subtasks": {group: list(scores)} if group else {},
            "configs": {task: {"output_type": "multiple_choice"} for task in scores},
            "n-shot": dict.fromkeys(scores, 2),
            "higher_is_better": {task: {"acc": True} for task in scores},
        },
    )
    for task, of_task in scores.items():
        rows = [item(number, score) for number, score in enumerate(of_task)]
        write_jsonl(folder / "model" / SAMPLES.format(task), rows)
    return folder


@pytest.fixture
def sample_dirs(tmp_path) -> list[Path]:
    base = write_run(tmp_path / "before", {"quiz": [1.0] * 36 + [0.0] * 4})
    return [base, write_run(tmp_path / "after", {"quiz": [1.0] * 34 + [0.0] * 6})]


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


def test_samples_of_the_harness_are_paired_by_task_and_document(evaluate, sample_dirs):
    evaluate("--samples", *sample_dirs, "--output_dir", "out")
    report = read_json(Path("out/report.json"))
    quiz = report["benchmarks"]["quiz"]
    assert (quiz["num_fewshot"], quiz["chance"], quiz["n"]) == (2, 0.5, 40)
    assert quiz["comparisons"]["after"]["difference"] == pytest.approx(-0.05)
    assert report["mean_over_benchmarks"]["after"]["difference"] == pytest.approx(-0.05)
    kept = read_json(Path("out/general/after/quiz.json"))["samples"]["quiz"][0]
    assert kept["doc"] == {"text": "item 0"}
    assert "arguments" not in kept


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


def test_a_group_of_tasks_is_one_benchmark_with_the_weights_that_it_was_scored_with(
    evaluate, tmp_path
):
    scores = {"quiz_a": [1.0, 0.0, 0.0, 0.0], "quiz_b": [1.0, 1.0]}
    runs = [write_run(tmp_path / name, scores, group="quiz") for name in ("before", "after")]
    evaluate("--samples", *runs, "--output_dir", "out")
    facts = read_json(Path("out/general/before/quiz.json"))["text2sql"]
    assert (facts["benchmark"], facts["weight_by_size"]) == ("quiz", True)
    benchmarks = read_json(Path("out/report.json"))["benchmarks"]
    assert list(benchmarks) == ["quiz"]
    assert benchmarks["quiz"]["variants"]["before"]["score"] == 0.5


def test_the_newest_samples_of_a_task_count(evaluate, sample_dirs):
    for path in (sample_dirs[1] / "model").iterdir():
        path.rename(path.with_name(path.name.replace("2026-01-02", "2026-01-01")))
    write_run(sample_dirs[1], {"quiz": [0.0] * 40})
    evaluate("--samples", *sample_dirs, "--output_dir", "out")
    scores = read_json(Path("out/report.json"))["benchmarks"]["quiz"]["variants"]
    assert scores["after"]["score"] == 0.0


UNPAIRED = {
    "tasks": ({"puzzle": [1.0] * 10}, "different tasks: only one of them has puzzle, quiz"),
    "items": ({"quiz": [1.0] * 9}, "40 items of quiz, .* 9, and 9 are the same"),
}


@pytest.mark.parametrize(("scores", "message"), UNPAIRED.values(), ids=UNPAIRED)
def test_samples_that_do_not_pair_say_what_differs(
    evaluate, sample_dirs, tmp_path, scores, message
):
    other = write_run(tmp_path / "other", scores)
    with pytest.raises(UserError, match=message):
        evaluate("--samples", sample_dirs[0], other, "--output_dir", "out")
    assert not Path("out").exists()


# What a folder that somebody sent may hold in its results or in each item, and the message.
HOSTILE = {
    "a group that leads out of the folder": (
        {"group_subtasks": {"../../../stray": ["quiz"]}},
        {},
        "only plain names are accepted",
    ),
    "a list of configs": ({"configs": ["quiz"]}, {}, "something else as `configs`"),
    "a text as shots": ({"n-shot": {"quiz": "<b>"}}, {}, "something else as `n-shot`"),
    "scores in a list": ({"results": {"quiz": [1]}}, {}, "something else as `results`"),
    "an edited score": ({"results": {"quiz": {"acc,none": 0.99}}}, {}, "mean acc is not the score"),
    "a huge score": ({"results": {"quiz": {"acc,none": 10**400}}}, {}, "mean acc is not"),
    "metrics that no item has": ({}, {"metrics": ["f1"]}, "is not what lm_eval 0.4 writes"),
    "no metrics": ({}, {"metrics": []}, "is not what lm_eval 0.4 writes"),
    "a number as filter": ({}, {"filter": 1}, "is not what lm_eval 0.4 writes"),
    "a list as document": ({}, {"doc_id": [0]}, "is not what lm_eval 0.4 writes"),
    "one item many times": ({}, {"doc_id": 0, "doc_hash": ""}, "has the item 0 twice"),
}


@pytest.mark.parametrize(
    ("changed_results", "changed_items", "message"), HOSTILE.values(), ids=HOSTILE
)
def test_hostile_samples_are_refused_before_anything_is_written(
    evaluate, sample_dirs, tmp_path, changed_results, changed_items, message
):
    for folder in sample_dirs:
        results_path = folder / "model" / RESULTS
        items_path = folder / "model" / SAMPLES.format("quiz")
        write_json(results_path, read_json(results_path) | changed_results)
        write_jsonl(items_path, [row | changed_items for row in read_jsonl(items_path)])
    before = set(tmp_path.parent.rglob("*"))
    with pytest.raises(UserError, match=message):
        evaluate("--samples", *sample_dirs, "--output_dir", "out")
    assert set(tmp_path.parent.rglob("*")) == before


def test_samples_scored_by_another_metric_are_refused(evaluate, sample_dirs):
    path = sample_dirs[1] / "model" / SAMPLES.format("quiz")
    rows = [row | {"metrics": ["acc_norm"], "acc_norm": row["acc"]} for row in read_jsonl(path)]
    write_jsonl(path, rows)
    with pytest.raises(UserError, match=r"by acc \(none\) in .* and by acc_norm \(none\) in"):
        evaluate("--samples", *sample_dirs, "--output_dir", "out")


def test_a_document_without_fields_is_an_item_by_itself(evaluate, sample_dirs):
    for folder in sample_dirs:
        path = folder / "model" / SAMPLES.format("quiz")
        write_jsonl(path, [row | {"doc": "a text"} for row in read_jsonl(path)])
    evaluate("--samples", *sample_dirs, "--output_dir", "out")
    assert read_json(Path("out/report.json"))["benchmarks"]["quiz"]["num_clusters"] == 40


def test_samples_of_other_shots_are_refused(evaluate, sample_dirs):
    path = sample_dirs[1] / "model" / RESULTS
    write_json(path, read_json(path) | {"n-shot": {"quiz": 5}})
    with pytest.raises(UserError, match=r"quiz was asked with 2 shots in .* and 5 in"):
        evaluate("--samples", *sample_dirs, "--output_dir", "out")


def apply_chat_template(folder: Path) -> None:
    """Record what lm_eval does with --apply_chat_template."""
    path = folder / "model" / RESULTS
    write_json(path, read_json(path) | {"chat_template": "{% for message in messages %}"})


def test_samples_of_a_chat_are_named_as_one(evaluate, sample_dirs):
    for folder in sample_dirs:
        apply_chat_template(folder)
    evaluate("--samples", *sample_dirs, "--output_dir", "out")
    report = read_json(Path("out/report.json"))
    assert list(report["benchmarks"]) == ["quiz@chat"]
    assert report["benchmarks"]["quiz@chat"]["comparisons"]["after"]["n"] == 40
    [told] = read_json(Path("out/study.json"))["benchmarks"]
    assert (told["name"], told["task"], told["as_chat"]) == ("quiz@chat", "quiz", True)
    assert "quiz@chat" in Path("out/report.md").read_text()


def test_samples_of_a_chat_and_of_none_are_refused(evaluate, sample_dirs):
    apply_chat_template(sample_dirs[1])
    with pytest.raises(
        UserError, match=r"quiz was asked as a chat in only one.*both or for neither"
    ):
        evaluate("--samples", *sample_dirs, "--output_dir", "out")


def test_a_folder_without_samples_says_how_to_make_them(evaluate, sample_dirs, tmp_path):
    with pytest.raises(UserError, match="--log_samples"):
        evaluate("--samples", sample_dirs[0], tmp_path / "absent", "--output_dir", "out")


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
