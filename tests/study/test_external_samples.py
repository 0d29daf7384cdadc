"""evaluate.py --samples: runs of lm_eval --log_samples are read, checked, paired and compared."""

from pathlib import Path

import pytest
from tiny_samples import RESULTS, SAMPLES, write_run

from text2sql.errors import UserError
from text2sql.files import read_json, read_jsonl, write_json, write_jsonl


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
