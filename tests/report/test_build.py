"""The report from made-up verdicts: its numbers and its tables."""

import json
import shutil
from dataclasses import asdict, replace

import numpy as np
import pytest
from tiny_evaluation import (
    DATABASES,
    a_whole_study,
    build_tiny_evaluation,
    change_scores,
    report_of,
)

from text2sql.errors import UserError
from text2sql.files import read_json, read_jsonl, write_json, write_jsonl
from text2sql.report.example_browser import browser_content
from text2sql.report.hypotheses import correct_for_several
from text2sql.report.page import write_report
from text2sql.report.significance import PairedScores, compare_questions
from text2sql.report.split_tables import (
    databases_table,
    features_table,
    shares_table,
)
from text2sql.report.tables import benchmarks_table, recipes_table
from text2sql.report.text import NONE, points
from text2sql.scoring.scores import FILES_KEY
from text2sql.seals import SEAL_KEY
from text2sql.study.variants import BASE, Variant

TWO = {BASE: (0.2, 0.7), Variant("finetuned", "finetuned", "run", "outputs/run"): (0.7, 0.6)}


@pytest.fixture(scope="module")
def two_dir(tmp_path_factory):
    return build_tiny_evaluation(tmp_path_factory.mktemp("two"), TWO)


@pytest.fixture(scope="module")
def two(two_dir):
    return report_of(two_dir)


@pytest.fixture(scope="module")
def whole_dir(tmp_path_factory):
    """An evaluation of eight variants."""
    return build_tiny_evaluation(tmp_path_factory.mktemp("whole"), a_whole_study())


def verdict_values(folder, variant: str, key: str) -> np.ndarray:
    rows = read_jsonl(folder / "validation" / variant / "verdicts.jsonl")
    return np.array([float(row[key]) for row in rows])


@pytest.mark.parametrize(
    ("score", "key"), [("execution_accuracy", "execution_match"), ("exact_match", "exact_match")]
)
def test_comparison_is_that_of_the_verdicts_by_database_and_gold_query(two, two_dir, score, key):
    base, other = (verdict_values(two_dir, variant, key) for variant in ("base", "finetuned"))
    examples = read_jsonl(two_dir / "validation/examples.jsonl")
    expected = compare_questions(
        PairedScores(base, {"finetuned": other}),
        [example["db_id"] for example in examples],
        [example["gold_sql"] for example in examples],
    )
    compared = two.splits["validation"].comparisons["finetuned"][score]["all"]
    assert replace(compared, p_holm=None) == expected
    assert (expected.num_clusters, expected.same_databases.num_clusters) == (6, 30)


def test_hardness_levels_share_out_all_questions_and_are_not_tested(two):
    compared = two.splits["validation"].comparisons["finetuned"]["execution_accuracy"]
    levels = [compared[level] for level in ("easy", "medium", "hard", "extra")]
    assert sum(level.n for level in levels) == compared["all"].n == 60
    assert sum(level.num_better for level in levels) == compared["all"].num_better
    assert {level.p_value for level in levels} == {None}


def test_gold_queries_are_split_by_what_they_use_and_are_not_tested(two):
    compared = two.splits["validation"].by_feature["finetuned"]
    assert {name: one.n for name, one in compared.items()} == {
        "join": 30,
        "nesting": 15,
        "group_by": 15,
        "none": 15,
    }
    levels = two.splits["validation"].comparisons["finetuned"]["execution_accuracy"]
    assert compared["nesting"] == levels["extra"]
    assert {one.p_value for one in compared.values()} == {None}
    assert [
        row[0] for row in features_table(two.splits["validation"], "base", "finetuned").rows
    ] == [
        "JOIN",
        "a subquery",
        "GROUP BY",
        "none of these",
    ]


def test_databases_share_out_all_questions(two, two_dir):
    compared = two.splits["validation"].by_database["finetuned"]
    assert {name: one.n for name, one in compared.items()} == dict.fromkeys(sorted(DATABASES), 10)
    correct = verdict_values(two_dir, "finetuned", "execution_match")
    assert compared["library"].other == correct[::6].mean()
    assert (compared["library"].low, compared["library"].p_value) == (None, None)
    table = databases_table(two.splits["validation"], "base", "finetuned")
    assert table.header[3:] == ["difference", "these databases, 95 %", "n"]
    assert {len(row) for row in table.rows} == {6}


def test_wordings_and_neighbours_are_reported(two, two_dir, tmp_path):
    correct = verdict_values(two_dir, "finetuned", "execution_match").reshape(-1, 2, 6)
    wordings = two.splits["validation"].variants["finetuned"]["wordings"]
    assert wordings["n"] == 30
    assert wordings["all_right"] == (correct.sum(axis=1) == 2).mean()
    labels = [row[0] for row in shares_table(two.splits["validation"]).rows]
    assert "of gold queries in several wordings: all right" in labels
    assert not any("neighbour" in label for label in labels)
    folder = shutil.copytree(two_dir, tmp_path / "neighbours")
    answers = folder / "validation/finetuned"
    survival = {"neighbour_survival": {"all": {"score": 0.75, "n": 40}}}
    scores = read_json(answers / "scores.json")["scores"]
    change_scores(answers, scores=scores | survival)
    rows = shares_table(report_of(folder).splits["validation"]).rows
    assert rows[-1] == ["of correct answers: survive on neighbour databases", NONE, "75.0"]


def test_test_suite_accuracy_is_compared_where_it_was_measured(two, two_dir, tmp_path):
    assert "test_suite_accuracy" not in two.splits["validation"].comparisons["finetuned"]
    folder = shutil.copytree(two_dir, tmp_path / "suite")
    for variant in ("base", "finetuned"):
        path = folder / "validation" / variant / "verdicts.jsonl"
        rows = read_jsonl(path)
        write_jsonl(path, (row | {"test_suite_match": row["exact_match"]} for row in rows))
        change_scores(path.parent)
    compared = report_of(folder).splits["validation"].comparisons["finetuned"]
    suite, exact = compared["test_suite_accuracy"]["all"], compared["exact_match"]["all"]
    assert (suite.base, suite.other, suite.low) == (exact.base, exact.other, exact.low)


@pytest.mark.slow
def test_folder_that_an_earlier_version_scored_is_reported(two_dir, tmp_path):
    folder = shutil.copytree(two_dir, tmp_path / "earlier")
    for variant in ("base", "finetuned"):
        path = folder / "validation" / variant / "verdicts.jsonl"
        new = ("gold_features", "first_wording", "test_suite_match", "survives_neighbours")
        rows = [{k: v for k, v in row.items() if k not in new} for row in read_jsonl(path)]
        write_jsonl(path, rows)
        scores = read_json(path.with_name("scores.json"))
        new = ("wordings", "execution_accuracy_by_feature", "execution_accuracy_by_database")
        new += (FILES_KEY, SEAL_KEY)
        write_json(path.with_name("scores.json"), {k: scores[k] for k in scores if k not in new})
    report = report_of(folder)
    assert report.splits["validation"].by_feature["finetuned"] == {}
    write_report(folder, report)
    assert "by what the gold query uses" not in (folder / "report.md").read_text()


def test_strict_reading_counts_only_answers_that_are_nothing_but_sql(two, two_dir):
    correct = verdict_values(two_dir, "finetuned", "execution_match")
    expected = sum(value for index, value in enumerate(correct) if index % 4) / len(correct)
    variant = two.splits["validation"].variants["finetuned"]
    assert variant["execution_accuracy_strict"] == {"score": pytest.approx(expected), "n": 60}
    assert variant["shares"]["only_sql"] == 0.75
    assert variant["shares"]["cut_short"] == pytest.approx(0.1)


def test_wordings_that_differ_in_case_and_blanks_are_one_gold_query(two_dir, tmp_path):
    folder = shutil.copytree(two_dir, tmp_path / "folded")
    path = folder / "validation/examples.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows[::2]:
        row["gold_sql"] = row["gold_sql"].replace("SELECT ", "select  ")
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert report_of(folder).splits["validation"].num_gold_queries == 30


def test_p_values_of_all_benchmarks_and_variants_are_one_family(whole_dir):
    report = report_of(whole_dir)
    compared = [c for b in report.benchmarks.values() for c in b.comparisons.values()]
    corrected = correct_for_several([comparison.p_value for comparison in compared])
    assert [comparison.p_holm for comparison in compared] == corrected
    assert len(compared) == 2 * 7


def test_scores_of_questions_but_the_primary_one_are_a_family_too(whole_dir):
    report = report_of(whole_dir)
    compared = report.splits["validation"].comparisons
    pairs = [(recipe, score) for recipe, scores in compared.items() for score in scores]
    others = [
        compared[r][s]["all"] for r, s in pairs if (r, s) != ("finetuned", "execution_accuracy")
    ]
    assert report.gain.p_holm is None
    assert [one.p_holm for one in others] == correct_for_several([one.p_value for one in others])


def test_mean_over_benchmarks_counts_each_equally(two):
    each = [benchmark.comparisons["finetuned"].difference for benchmark in two.benchmarks.values()]
    assert two.change.difference == pytest.approx(np.mean(each))
    assert two.change.benchmarks == ["quiz", "riddles"]


def test_scores_are_given_above_chance(two):
    quiz = two.benchmarks["quiz"]
    base = quiz.variants["base"]
    assert quiz.chance == 0.25
    assert base["above_chance"] == pytest.approx(base["score"] - 0.25)
    assert base["low"] < base["score"] < base["high"]
    table = benchmarks_table(two, "finetuned")
    shown = table.rows[0][table.header.index("finetuned above chance")]
    assert shown == points(quiz.variants["finetuned"]["score"] - 0.25)
    assert all(len(row) == len(table.header) for row in table.rows)


def test_subtasks_and_groups_of_items_are_read_from_the_documents(two):
    quiz = two.benchmarks["quiz"]
    assert (quiz.cluster, quiz.num_clusters, quiz.n) == ("group", 20, 40)
    assert quiz.comparisons["finetuned"].other_subtasks.num_clusters == 2
    group, whole = quiz.subject_groups["quiz_all"]["finetuned"], quiz.comparisons["finetuned"]
    assert (group.n, group.difference) == (whole.n, pytest.approx(whole.difference))


def test_field_that_the_user_names_clusters_a_benchmark(two_dir):
    report = report_of(two_dir, benchmark_clusters={"quiz": "question"})
    assert (report.benchmarks["quiz"].cluster, report.benchmarks["quiz"].num_clusters) == (
        "question",
        40,
    )
    assert report.benchmarks["riddles"].cluster == "group"


@pytest.mark.parametrize("value", [float("nan"), 1e308, 10**400], ids=["nan", "overflow", "huge"])
def test_item_whose_score_has_no_variance_is_refused(two_dir, tmp_path, value):
    folder = shutil.copytree(two_dir, tmp_path / "forged")
    path = folder / "general/finetuned/quiz.json"
    content = read_json(path)
    content.pop(SEAL_KEY, None)
    next(iter(content["samples"].values()))[0]["acc"] = value
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"quiz\.json is not the result of a benchmark"):
        report_of(folder)


def test_feature_that_a_later_version_may_write_is_shown_by_its_name(two_dir, tmp_path):
    folder = shutil.copytree(two_dir, tmp_path / "later")
    path = folder / "validation/base/verdicts.jsonl"
    write_jsonl(path, [row | {"gold_features": ["window"]} for row in read_jsonl(path)])
    change_scores(path.parent)
    content = browser_content(folder, report_of(folder))["splits"]["validation"]
    assert {tuple(example["uses"]) for example in content["examples"]} == {("window",)}


def test_report_is_plain_json_without_nan(whole_dir):
    report = report_of(whole_dir).to_json()
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_comparison_in_json_has_both_readings_by_their_names(two):
    compared = two.to_json()["splits"]["validation"]["comparisons"]["finetuned"]
    gain = compared["execution_accuracy"]["all"]
    assert gain == asdict(two.gain)
    assert gain["cluster"] == "database"
    assert gain["same_databases"]["cluster"] == "gold_query"
    assert {"low", "high", "p_value", "num_clusters"} <= gain["same_databases"].keys()


def test_settings_of_an_earlier_version_are_understood(two_dir, tmp_path):
    folder = shutil.copytree(two_dir, tmp_path / "earlier")
    study = read_json(folder / "study.json")
    study["report_settings"] = {"seed": 1, "num_bootstrap": 300, "max_forgetting": 2.0}
    write_json(folder / "study.json", study)
    settings = report_of(folder).settings
    assert settings == {
        "max_forgetting": 2.0,
        "num_resamples": 300,
        "seed": 1,
        "benchmark_clusters": {},
    }


def test_answers_of_files_are_compared_with_the_first(two_dir, tmp_path):
    folder = tmp_path / "files"
    shutil.copytree(two_dir / "validation", folder)
    (folder / "base").rename(folder / "mine")
    study = read_json(two_dir / "study.json")
    study |= {
        "model_id": None,
        "dtype": None,
        "benchmarks": [],
        "training": {},
        "variants": [
            asdict(Variant("mine", "base")),
            asdict(Variant("finetuned", "finetuned")),
        ],
        "splits": [{"name": "validation", "n": 60, "folder": "."}],
    }
    write_json(folder / "study.json", study)
    report = report_of(folder)
    write_report(folder, report)
    assert report.gain == report_of(two_dir).gain
    assert recipes_table(report).rows[0][0] == "mine"
    assert read_json(folder / "report.json")["summary"].startswith("With finetuned, execution")
