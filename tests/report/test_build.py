"""The report from made-up verdicts: its numbers, its words, its files."""

import json
import shutil
from dataclasses import asdict

import pytest
from tiny_evaluation import a_whole_study, build_tiny_evaluation, report_of

from text2sql.files import read_json, read_jsonl, write_json
from text2sql.report.page import as_html, as_markdown, write_report
from text2sql.report.significance import compare, compare_strata, correct_for_several
from text2sql.report.tables import (
    benchmarks_table,
    comparison_table,
    distances_table,
    hardness_table,
)
from text2sql.report.text import (
    interval,
    notes_of,
    percent,
    points,
    recommendation,
    summarize,
)
from text2sql.study.training_history import read_training
from text2sql.study.variants import BASE, Variant

pytestmark = pytest.mark.slow  # each test runs a command or a model

TWO = {BASE: (0.2, 0.7), Variant("finetuned", "finetuned", "run", "outputs/run"): (0.7, 0.5)}
RESAMPLING = {"seed": 1, "num_bootstrap": 200}


@pytest.fixture(scope="module")
def two_dir(tmp_path_factory):
    return build_tiny_evaluation(tmp_path_factory.mktemp("two"), TWO)


@pytest.fixture(scope="module")
def two(two_dir):
    return report_of(two_dir)


@pytest.fixture(scope="module")
def whole_dir(tmp_path_factory):
    """A folder with every file of the report of eight variants."""
    folder = build_tiny_evaluation(tmp_path_factory.mktemp("whole"), a_whole_study())
    write_report(folder, report_of(folder))
    return folder


def verdict_values(folder, variant: str, key: str) -> list[float]:
    return [
        float(row[key]) for row in read_jsonl(folder / "validation" / variant / "verdicts.jsonl")
    ]


def items(folder, variant: str, benchmark: str) -> list[float]:
    samples = read_json(folder / "general" / variant / f"{benchmark}.json")["samples"]
    return [sample["acc"] for task in samples.values() for sample in task]


@pytest.mark.parametrize(
    ("score", "key"), [("execution_accuracy", "execution_match"), ("exact_match", "exact_match")]
)
def test_comparison_is_that_of_the_verdicts(two, two_dir, score, key):
    pair = [verdict_values(two_dir, variant, key) for variant in ("base", "finetuned")]
    compared = two["splits"]["validation"]["comparisons"]["finetuned"][score]["all"]
    assert compared == asdict(compare(*pair, **RESAMPLING))


def test_hardness_levels_share_out_all_questions(two):
    compared = two["splits"]["validation"]["comparisons"]["finetuned"]["execution_accuracy"]
    levels = [compared[level] for level in ("easy", "medium", "hard", "extra")]
    assert sum(level["n"] for level in levels) == compared["all"]["n"] == 60
    assert sum(level["num_better"] for level in levels) == compared["all"]["num_better"]


def test_strict_reading_counts_only_answers_that_are_nothing_but_sql(two, two_dir):
    right = verdict_values(two_dir, "finetuned", "execution_match")
    expected = sum(value for index, value in enumerate(right) if index % 4) / len(right)
    variant = two["splits"]["validation"]["variants"]["finetuned"]
    assert variant["execution_accuracy_strict"] == {"score": expected, "n": 60}
    assert variant["shares"]["only_sql"] == 0.75
    assert variant["shares"]["cut_short"] == 0.1


def test_p_values_are_corrected_over_the_benchmarks(two):
    compared = [b["comparisons"]["finetuned"] for b in two["benchmarks"].values()]
    corrected = correct_for_several([comparison["p_value"] for comparison in compared])
    assert [comparison["p_holm"] for comparison in compared] == corrected
    assert corrected != [comparison["p_value"] for comparison in compared]


def test_mean_over_benchmarks_counts_each_equally(two, two_dir):
    names = ("quiz", "riddles")
    strata = [tuple(items(two_dir, v, name) for v in ("base", "finetuned")) for name in names]
    expected = compare_strata(strata, **RESAMPLING)
    assert two["mean_over_benchmarks"]["finetuned"] == asdict(expected)


def test_scores_stand_above_chance(two):
    quiz = two["benchmarks"]["quiz"]
    base = quiz["variants"]["base"]
    assert quiz["chance"] == 0.25
    assert base["above_chance"] == pytest.approx(base["score"] - 0.25)
    table = benchmarks_table(two, "finetuned")
    shown = table.rows[0][table.header.index("finetuned above chance")]
    assert shown == points(quiz["variants"]["finetuned"]["score"] - 0.25)
    assert all(len(row) == len(table.header) for row in table.rows)


def test_subject_groups_are_compared(two):
    group = two["benchmarks"]["quiz"]["subject_groups"]["quiz_all"]["finetuned"]
    whole = two["benchmarks"]["quiz"]["comparisons"]["finetuned"]
    assert (group["n"], group["difference"]) == (whole["n"], whole["difference"])


def test_report_is_plain_json_without_nan(two):
    assert json.loads(json.dumps(two, allow_nan=False)) == two


def test_summary_quotes_both_differences_with_interval_and_n(two):
    gain = two["splits"]["validation"]["comparisons"]["finetuned"]["execution_accuracy"]["all"]
    sentence = summarize(two)
    quote = f"{points(gain['difference'])} points (95 % interval {interval(gain)}, n = 60 "
    assert f"{quote}validation questions)" in sentence
    assert "items of 2 benchmarks)" in sentence


def test_unfinished_variant_is_left_out_and_said(two_dir, tmp_path):
    folder = shutil.copytree(two_dir, tmp_path / "unfinished")
    (folder / "validation/finetuned/scores.json").unlink()
    (folder / "general/finetuned/quiz.json").unlink()
    report = report_of(folder)
    write_report(folder, report)
    notes = read_json(folder / "report.json")["notes"]
    assert "validation: finetuned is not finished; run evaluate.py again." in notes
    assert "quiz: finetuned not finished; run evaluate.py again." in notes
    assert report["splits"]["validation"]["comparisons"] == {}
    assert report["mean_over_benchmarks"] == {}
    assert summarize(report).startswith("Nothing is compared yet")


def test_general_ability_that_was_not_measured_is_said(two_dir, tmp_path):
    folder = shutil.copytree(two_dir, tmp_path / "no_benchmarks")
    study = read_json(folder / "study.json")
    (folder / "study.json").write_text(json.dumps(study | {"benchmarks": []}))
    report = report_of(folder)
    assert summarize(report).endswith("general ability was not measured.")
    assert recommendation(report) is None
    write_report(folder, report)
    assert not (folder / "tradeoff.png").exists()


def test_plots_of_an_earlier_report_do_not_stay(two_dir, tmp_path):
    folder = shutil.copytree(two_dir, tmp_path / "again")
    write_report(folder, report_of(folder))
    assert (folder / "tradeoff.png").exists()
    study = read_json(folder / "study.json")
    (folder / "study.json").write_text(json.dumps(study | {"benchmarks": []}))
    write_report(folder, report_of(folder))
    assert not (folder / "tradeoff.png").exists()


def test_smoke_run_is_marked_first(tmp_path):
    folder = build_tiny_evaluation(tmp_path, TWO, num_questions=4, num_items=4, limit=4)
    write_report(folder, report_of(folder))
    assert read_json(folder / "report.json")["notes"][0].startswith("SMOKE RUN: only the first 4")
    assert "SMOKE RUN" in (folder / "report.md").read_text()
    assert "SMOKE RUN" in (folder / "report.html").read_text()


def test_study_of_a_part_of_the_prompts_or_the_training_is_marked_too(tmp_path):
    folder = build_tiny_evaluation(tmp_path, TWO)
    study = read_json(folder / "study.json")
    for training in study["training"].values():
        training["limit"] = 30
    write_json(folder / "study.json", study | {"prompts_limit": 60})
    notes = [*notes_of(report_of(folder))]
    assert notes[0].startswith("SMOKE RUN: only the first 60 questions of a split have prompts")
    assert notes[1].startswith("SMOKE RUN: run was trained on at most 30 examples")


def test_every_variant_has_its_row_and_its_point(whole_dir):
    report = read_json(whole_dir / "report.json")
    names = [variant["name"] for variant in report["study"]["variants"]]
    markdown = (whole_dir / "report.md").read_text()
    assert all(f"\n| {name} | " in markdown for name in names)
    assert [point["variant"] for point in report["tradeoff"]["points"]] == names[1:]


def test_markdown_shows_the_plots_that_lie_beside_it(whole_dir):
    markdown = (whole_dir / "report.md").read_text()
    for name in ("tradeoff.png", "hardness_validation.png", "errors_validation.png"):
        assert f"({name})" in markdown
        assert (whole_dir / name).read_bytes().startswith(b"\x89PNG")


def test_html_is_one_file_that_asks_no_network(whole_dir):
    page = (whole_dir / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 4
    assert "://" not in page.replace("https://huggingface.co", "")
    assert "<script src" not in page


def test_text_from_models_is_escaped_in_html():
    content = {
        "title": "<script>alert(1)</script>",
        "summary": "a < b",
        "notes": [],
        "recommendation": None,
        "sections": [],
    }
    page = as_html(content, {}, {"splits": {}, "texts": []})
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "a < b" in as_markdown(content)


def test_adapter_of_another_program_has_no_learning_curve(two_dir, tmp_path):
    assert read_training(tmp_path).losses == {"train": [], "eval": []}
    folder = shutil.copytree(two_dir, tmp_path / "foreign")
    study = read_json(folder / "study.json")
    foreign = {"training": {"run": asdict(read_training(tmp_path))}}
    (folder / "study.json").write_text(json.dumps(study | foreign))
    write_report(folder, report_of(folder))
    assert not (folder / "learning_curves.png").exists()
    assert "| run | – | – | – | – | – | – |" in (folder / "report.md").read_text()


def test_three_distances_stand_in_one_table(two_dir, tmp_path):
    folder = shutil.copytree(two_dir, tmp_path / "near")
    shutil.copytree(folder / "validation", folder / "synonyms")
    study = read_json(folder / "study.json")
    study["splits"].append({"name": "synonyms", "n": 60, "missing_databases": []})
    (folder / "study.json").write_text(json.dumps(study))
    rows = distances_table(report_of(folder)).rows
    assert [row[0] for row in rows] == [
        "in domain: validation, EX",
        "near: synonyms, EX",
        "far: mean over benchmarks",
    ]
    assert rows[0][1:] == rows[1][1:]


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.01, 0.2, "rose from "),
        (-0.2, -0.01, "fell from "),
        (-0.1, 0.1, "did not measurably change ("),
    ],
)
def test_summary_says_that_a_score_moved_only_where_its_interval_does(two, low, high, words):
    report = json.loads(json.dumps(two))
    gain = report["splits"]["validation"]["comparisons"]["finetuned"]["execution_accuracy"]["all"]
    gain |= {"low": low, "high": high}
    assert summarize(report).startswith(f"With fine-tuning, execution accuracy {words}")


def test_tables_read_in_points(two):
    split = two["splits"]["validation"]
    table = comparison_table(split, "finetuned")
    compared = split["comparisons"]["finetuned"]["execution_accuracy"]["all"]
    assert table.header == ["score", "base", "finetuned", "difference", "95 %", "n", "p"]
    assert table.rows[0][1:4] == [
        percent(compared["base"]),
        percent(compared["other"]),
        points(compared["difference"]),
    ]
    assert len(hardness_table(split, "finetuned", "exact_match").rows) == 4
    assert [row[0] for row in benchmarks_table(two, "finetuned").rows] == [
        *("quiz (0-shot, acc)", "riddles (0-shot, acc)", "mean")
    ]
