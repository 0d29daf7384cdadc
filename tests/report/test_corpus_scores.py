"""Scores that no document has by itself: a row with both, and a paired bootstrap's interval."""

import random

import numpy as np
import pytest
from lm_eval.api.metrics import weighted_perplexity
from scipy.stats import t
from tiny_evaluation import build_tiny_evaluation, report_of

from performance.simulated_texts import (
    TextWorld,
    coverage_of_perplexity,
    perplexity,
    simulate_texts,
)
from text2sql.benchmarks.benchmark import Benchmark
from text2sql.files import read_json, write_json
from text2sql.report.corpus_scores import CorpusScore, compare_corpora, degrees_of_freedom
from text2sql.report.notes import notes_of
from text2sql.report.sections import sections_of
from text2sql.report.tables import benchmarks_table
from text2sql.study.variants import BASE, Variant

TWO = {BASE: (0.2, 0.7), Variant("finetuned", "finetuned", "run", "outputs/run"): (0.7, 0.6)}

FIFTY = {"novel": {str(number): 1.0 for number in range(50)}}


def perplexity_file(score: float, words: list[int], resampled: list[float] | None) -> dict:
    rows = [
        {"doc_id": n, "doc_hash": f"text {n}", "filter": "none", "word_perplexity": [-9.0 - n, w]}
        for n, w in enumerate(words)
    ]
    return {
        "results": {"novel": {"word_perplexity,none": score}},
        "group_subtasks": {},
        "samples": {"novel": rows},
        "text2sql": {
            "benchmark": "novel",
            "metric": "word_perplexity",
            "filter": "none",
            "aggregation": "weighted_perplexity",
            "higher_is_better": False,
            "num_fewshot": 0,
            "weight_by_size": False,
            "chance": None,
            "resampled_scores": {} if resampled is None else {"novel": resampled},
        },
    }


def evaluation_with_a_novel(folder, words: list[int], has_resamples: bool = True):
    """An evaluation whose only benchmark is the perplexity of texts of so many words."""
    build_tiny_evaluation(folder, TWO)
    study = read_json(folder / "study.json")
    study["benchmarks"] = [vars(Benchmark("novel", 0))]
    write_json(folder / "study.json", study)
    random.seed(5)
    base = [30 + random.gauss(0, 4) for _ in range(200)]
    for name, score, change in (("base", 30.0, 0.0), ("finetuned", 33.0, 3.0)):
        resampled = [value + change + random.gauss(0, 0.5) for value in base]
        content = perplexity_file(score, words, resampled if has_resamples else None)
        write_json(folder / "general" / name / "novel.json", content)
    return report_of(folder)


def test_both_scores_and_the_interval_of_their_difference_are_a_row(tmp_path):
    report = evaluation_with_a_novel(tmp_path, words=[3] * 8)
    compared = report.benchmarks["novel"].comparisons["finetuned"]
    assert (compared.n, compared.cluster, compared.num_better) == (8, "document", None)
    # By pairing, the draws' common spread of 4 falls out.
    assert 0.6 < compared.standard_error < 0.9
    assert compared.high - compared.difference == pytest.approx(
        t.ppf(0.975, 7) * compared.standard_error
    )
    [row] = benchmarks_table(report, "finetuned").rows
    assert row[:4] == ["novel (0-shot, word_perplexity)", "30", "33", "+3"]
    assert row[6] == "8 documents"
    assert row[4].startswith("+1.") and row[8] == "–"
    [note] = [note for note in notes_of(report) if "paired bootstrap" in note]
    assert "too narrow where a few long ones decide the score" in note


def test_a_few_long_texts_among_short_ones_are_few_degrees_of_freedom(tmp_path):
    report = evaluation_with_a_novel(tmp_path, words=[90, 90, 90, 90, 1, 1, 1, 1])
    compared = report.benchmarks["novel"].comparisons["finetuned"]
    assert compared.n == 8
    assert compared.degrees_of_freedom == pytest.approx(364**2 / (4 * 90**2 + 4) - 1)


def test_a_report_of_nothing_but_perplexity_has_its_section(tmp_path):
    report = evaluation_with_a_novel(tmp_path, words=[3] * 8)
    titles = [section.title for section in sections_of(report, plots=())]
    assert "General benchmarks (far): finetuned" in titles


def test_of_a_single_document_nothing_is_said_but_the_scores(tmp_path):
    report = evaluation_with_a_novel(tmp_path, words=[3], has_resamples=False)
    compared = report.benchmarks["novel"].comparisons["finetuned"]
    assert (compared.base, compared.other, compared.low) == (30.0, 33.0, None)
    [row] = benchmarks_table(report, "finetuned").rows
    assert row[4:8] == ["–", "–", "1 document", "–"]
    assert any("cannot be said" in note for note in notes_of(report))


def test_an_accuracy_whose_floor_is_unknown_is_said_to_have_none(tmp_path):
    build_tiny_evaluation(tmp_path, TWO)
    for name in ("base", "finetuned"):
        path = tmp_path / "general" / name / "quiz.json"
        content = read_json(path)
        content["text2sql"]["chance"] = None
        content.pop("sha256", None)
        write_json(path, content)
    report = report_of(tmp_path)
    rows = {row[0]: row for row in benchmarks_table(report, "finetuned").rows}
    assert rows["quiz (0-shot, acc)"][8] == "unknown"
    assert [note for note in notes_of(report) if "guessing" in note] == [
        "quiz: what guessing gives is unknown, so the base may be at the floor and unable to show "
        "forgetting."
    ]


def test_degrees_of_freedom_are_those_of_documents_that_weigh_alike():
    assert degrees_of_freedom([[3.0] * 8]) == pytest.approx(7)
    assert degrees_of_freedom([[3.0] * 8, [1.0] * 5]) == pytest.approx(11)
    assert degrees_of_freedom([[9.0] * 4 + [1e-3] * 100]) == pytest.approx(3, abs=0.1)
    assert degrees_of_freedom([[1000.0, 1.0]]) == 1


def test_answers_that_did_not_change_show_no_variance_and_get_no_interval():
    base = CorpusScore(30.0, np.linspace(28, 32, 200))
    compared = compare_corpora(base, {"finetuned": base}, FIFTY)
    assert (compared.difference, compared.low, compared.p_value) == (0.0, None, None)


def test_runs_of_a_recipe_add_their_own_variance_and_two_have_no_interval():
    generator = np.random.default_rng(0)
    base = CorpusScore(30.0, 30 + generator.normal(size=200))
    runs = {
        f"seed{n}": CorpusScore(31.0 + n, base.resampled + 1 + n + 0.1 * generator.normal(size=200))
        for n in range(4)
    }
    compared = compare_corpora(base, runs, FIFTY)
    assert compared.difference == pytest.approx(2.5)
    assert compared.runs == {"seed0": 1.0, "seed1": 2.0, "seed2": 3.0, "seed3": 4.0}
    assert compared.standard_error == pytest.approx(0.65, abs=0.02)
    two = {name: runs[name] for name in ("seed0", "seed1")}
    assert compare_corpora(base, two, FIFTY).low is None


def test_simulated_perplexity_is_the_harness_own_and_its_true_change_that_of_very_many_texts():
    world = TextWorld(length_sd=0.5, change_with_length=0.05)
    texts = simulate_texts(world, 400_000, np.random.default_rng(0))
    base, finetuned = (perplexity(n, texts.lengths) for n in (texts.base, texts.finetuned))
    assert finetuned - base == pytest.approx(world.true_difference, rel=0.02)
    few = slice(20)
    sums = -texts.base[few] * texts.lengths[few]
    pairs = list(zip(sums, texts.lengths[few], strict=True))
    assert weighted_perplexity(pairs) == pytest.approx(
        perplexity(texts.base[few], texts.lengths[few])
    )


def test_the_interval_covers_the_change_but_less_often_where_few_long_texts_dominate():
    rng = np.random.default_rng(1)
    alike = coverage_of_perplexity(TextWorld(length_sd=0.5), 30, 400, rng)
    dominated = TextWorld(length_sd=1.5, change_with_length=0.05)
    assert 0.92 < alike < 0.98
    assert coverage_of_perplexity(dominated, 30, 400, rng) < alike - 0.05
