"""Scores that no document has by itself: a row with both, and a paired bootstrap's interval."""

import random

import numpy as np
import pytest
from scipy.stats import t
from tiny_evaluation import build_tiny_evaluation, report_of

from text2sql.benchmarks.benchmark import Benchmark
from text2sql.files import read_json, write_json
from text2sql.report.corpus_scores import CorpusScore, compare_corpora
from text2sql.report.notes import notes_of
from text2sql.report.sections import sections_of
from text2sql.report.tables import benchmarks_table
from text2sql.study.variants import BASE, Variant

TWO = {BASE: (0.2, 0.7), Variant("finetuned", "finetuned", "run", "outputs/run"): (0.7, 0.6)}


def perplexity_file(score: float, num_documents: int, resampled: list[float] | None) -> dict:
    rows = [
        {"doc_id": n, "doc_hash": f"text {n}", "filter": "none", "word_perplexity": [-9.0 - n, 3]}
        for n in range(num_documents)
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


def evaluation_with_a_novel(folder, num_documents: int, has_resamples: bool = True):
    """An evaluation whose only benchmark is the perplexity of `num_documents` texts."""
    build_tiny_evaluation(folder, TWO)
    study = read_json(folder / "study.json")
    study["benchmarks"] = [vars(Benchmark("novel", 0))]
    write_json(folder / "study.json", study)
    random.seed(5)
    base = [30 + random.gauss(0, 4) for _ in range(200)]
    for name, score, change in (("base", 30.0, 0.0), ("finetuned", 33.0, 3.0)):
        resampled = [value + change + random.gauss(0, 0.5) for value in base]
        content = perplexity_file(score, num_documents, resampled if has_resamples else None)
        write_json(folder / "general" / name / "novel.json", content)
    return report_of(folder)


def test_both_scores_and_the_interval_of_their_difference_are_a_row(tmp_path):
    report = evaluation_with_a_novel(tmp_path, num_documents=8)
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
    assert any("paired bootstrap" in note for note in notes_of(report))


def test_a_report_of_nothing_but_perplexity_has_its_section(tmp_path):
    report = evaluation_with_a_novel(tmp_path, num_documents=8)
    titles = [section.title for section in sections_of(report, plots=())]
    assert "General benchmarks (far): finetuned" in titles


def test_of_a_single_document_nothing_is_said_but_the_scores(tmp_path):
    report = evaluation_with_a_novel(tmp_path, num_documents=1, has_resamples=False)
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


def test_answers_that_did_not_change_show_no_variance_and_get_no_interval():
    base = CorpusScore(30.0, np.linspace(28, 32, 200))
    compared = compare_corpora(base, {"finetuned": base}, 50, 1)
    assert (compared.difference, compared.low, compared.p_value) == (0.0, None, None)


def test_runs_of_a_recipe_add_their_own_variance_and_two_have_no_interval():
    generator = np.random.default_rng(0)
    base = CorpusScore(30.0, 30 + generator.normal(size=200))
    runs = {
        f"seed{n}": CorpusScore(31.0 + n, base.resampled + 1 + n + 0.1 * generator.normal(size=200))
        for n in range(4)
    }
    compared = compare_corpora(base, runs, 50, 1)
    assert compared.difference == pytest.approx(2.5)
    assert compared.runs == {"seed0": 1.0, "seed1": 2.0, "seed2": 3.0, "seed3": 4.0}
    assert compared.standard_error == pytest.approx(0.65, abs=0.02)
    two = {name: runs[name] for name in ("seed0", "seed1")}
    assert compare_corpora(base, two, 50, 1).low is None
