"""Sentences follow the numbers: what may be quoted, what is recommended, what is not claimed."""

import re
from dataclasses import replace

import pytest
from tiny_evaluation import a_whole_study, build_tiny_evaluation, report_of, three_seeds

from text2sql.files import read_json, write_json
from text2sql.report.content import Report
from text2sql.report.notes import notes_of
from text2sql.report.sentences import choice_sentences, explain, recommendation, summarize
from text2sql.report.significance import Comparison
from text2sql.report.text import interval, points
from text2sql.study.variants import BASE, Variant

FINETUNED = Variant("finetuned", "finetuned", "run", "outputs/run")
GOOD = {BASE: (0.1, 0.7), FINETUNED: (0.9, 0.95)}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return report_of(build_tiny_evaluation(tmp_path_factory.mktemp("good"), GOOD))


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    return report_of(build_tiny_evaluation(tmp_path_factory.mktemp("seeds"), three_seeds()))


def with_gain(report: Report, **changes: object) -> Report:
    """Return the report with another primary gain."""
    split = report.splits["validation"]
    gain = replace(split.comparisons["finetuned"]["execution_accuracy"]["all"], **changes)
    scores = {**split.comparisons["finetuned"], "execution_accuracy": {"all": gain}}
    comparisons = {**split.comparisons, "finetuned": scores}
    return replace(report, splits={"validation": replace(split, comparisons=comparisons)})


def test_summary_quotes_both_primary_comparisons_with_interval_and_clusters(good):
    sentence = summarize(good)
    gain: Comparison = good.gain
    assert sentence.startswith("With this adapter, execution accuracy rose from")
    assert f"{points(gain.difference)} points (95 % interval {interval(gain)}" in sentence
    assert "n = 60 validation questions in 6 databases; on these databases" in sentence
    assert "the mean of quiz and riddles rose from" in sentence
    assert "general ability" not in sentence


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.01, 0.2, "rose from "),
        (-0.2, -0.01, "fell from "),
        (-0.1, 0.1, r"went from \S+ to \S+ %, which may be no change on databases like these: "),
    ],
    ids=["above 0", "below 0", "includes 0"],
)
def test_score_moved_only_where_its_interval_did(good, low, high, words):
    report = with_gain(good, low=low, high=high)
    assert re.match(f"With this adapter, execution accuracy {words}", summarize(report))


def test_score_that_is_the_same_stayed(good):
    gain = good.gain
    report = with_gain(good, other=gain.base, difference=0.0, low=-0.1, high=0.1)
    shown = f"stayed at {100 * gain.base:.1f} %: 0.0 points (95 % interval −10.0 to +10.0"
    assert shown in summarize(report)


def test_recipe_is_quoted_as_the_mean_of_its_runs(seeds):
    assert summarize(seeds).startswith("With this recipe (r4-seed*, mean of 3 runs), execution")
    notes = "\n".join(notes_of(seeds))
    assert "r4-seed1, r4-seed2 and r4-seed3, which differ in their training seed" in notes
    assert "its intervals are the recipe's" in notes


def test_bases_and_weights_other_than_the_studys_are_named(tmp_path):
    plain = Variant("plain", "finetuned", "plain", "outputs/plain", recorded_base="old/gemma")
    other = replace(plain, name="other", run="other", recorded_base=None, has_other_template=True)
    merged = Variant("merged", "finetuned", model_dir="out", load_in_4bit=False)
    scores = {BASE: (0.2, 0.6), plain: (0.6, 0.5), other: (0.6, 0.5), merged: (0.6, 0.5)}
    notes = list(notes_of(report_of(build_tiny_evaluation(tmp_path, scores))))
    assert notes[0] == (
        "plain records old/gemma as its base model; it was evaluated on tiny/gemma (--model_id)."
    )
    assert notes[1].startswith("other was saved with another chat template than tiny/gemma; ")
    assert notes[2] == "merged was evaluated in the 16-bit weights that --merge wrote."


@pytest.mark.parametrize(
    ("bos", "words"),
    [
        ("<bos>", "each text begins with <bos>"),
        ("<s>", "each text begins with <s>"),
        (None, "no token begins a text"),
    ],
)
def test_token_that_begins_the_texts_of_benchmarks_is_named(good, bos, words):
    benchmarks = {name: replace(b, bos=bos) for name, b in good.benchmarks.items()}
    (note,) = [
        note for note in notes_of(replace(good, benchmarks=benchmarks)) if "prompted" in note
    ]
    assert note == f"quiz and riddles: prompted without a chat template; {words}."


def test_single_run_is_told_to_be_one(good):
    (note,) = [note for note in notes_of(good) if "one training run" in note]
    assert "Another run may differ by an amount that one run cannot show." in note


def test_recommendation_names_its_test_and_what_could_have_been_shown(good):
    text = recommendation(good)
    assert text.startswith("Recommended: finetuned. Its gain is above 0 and its loss within ")
    assert "p of a loss of 1 point or more: " in text
    assert re.search(r"With 80 % power, this study could show .* less than \S+ points", text)


def test_recommendation_says_what_chose_and_what_scored(tmp_path):
    scaled = Variant("scale-0.5", "scaled", "run", "outputs/run", scale=0.5)
    variants = GOOD | {scaled: (0.5, 0.95)}
    report = report_of(build_tiny_evaluation(tmp_path, variants, 300, 400, holdout=True))
    text = recommendation(report)
    assert "chosen among 2 variants by holdout and one half of each benchmark's clusters" in text
    assert "On questions that did not choose it, it gained" in text
    assert "On the other half of the benchmarks' clusters the mean changed by" in text


def test_what_may_have_lost_too_much_is_not_recommended(tmp_path):
    variants = {BASE: (0.1, 0.9), FINETUNED: (0.9, 0.6)}
    report = report_of(build_tiny_evaluation(tmp_path, variants), max_forgetting=2.5)
    assert recommendation(report).startswith(
        "No variant is recommended. finetuned: it may have lost more than the limit "
        "(--max_forgetting 2.5)"
    )


def test_nothing_within_the_limit_is_one_sentence(tmp_path):
    variants = {
        BASE: (0.9, 0.9),
        FINETUNED: (0.1, 0.5),
        Variant("scale-0.5", "scaled", "run", "outputs/run", scale=0.5): (0.2, 0.5),
    }
    report = report_of(build_tiny_evaluation(tmp_path, variants))
    assert re.match(
        r"No variant is recommended: by validation and .* none of ", recommendation(report)
    )


def test_best_checkpoint_is_told_with_what_chose_it(tmp_path):
    folder = build_tiny_evaluation(tmp_path, a_whole_study(), holdout=True)
    sentences = choice_sentences(report_of(folder, max_forgetting=100.0))
    assert [sentence.split(":")[0] for sentence in sentences] == ["Best checkpoint", "Best scale"]
    assert all("by holdout and one half of each benchmark" in sentence for sentence in sentences)


def test_primary_comparisons_are_named_where_there_are_several_variants(tmp_path):
    notes = "\n".join(notes_of(report_of(build_tiny_evaluation(tmp_path, a_whole_study()))))
    assert (
        "Primary, named before the results: finetuned on validation and finetuned on the mean of "
        "quiz and riddles. All other comparisons are exploratory." in notes
    )


def test_benchmark_at_chance_is_left_out_of_the_mean_and_said(tmp_path):
    folder = build_tiny_evaluation(tmp_path, {BASE: (0.2, 0.5), FINETUNED: (0.7, 0.5)})
    report = report_of(folder)
    assert report.benchmarks["riddles"].at_chance  # chance is 1/2
    assert not report.benchmarks["quiz"].at_chance  # chance is 1/4
    assert report.change.benchmarks == ["quiz"]
    assert "riddles is left out of the mean: the base is at chance" in "\n".join(notes_of(report))
    assert "; quiz " in summarize(report)


def test_every_benchmark_at_chance_leaves_no_mean(tmp_path):
    folder = build_tiny_evaluation(tmp_path, {BASE: (0.2, 0.22), FINETUNED: (0.7, 0.22)})
    report = report_of(folder)
    assert report.mean_over_benchmarks == {}
    assert summarize(report).endswith("every benchmark is at chance and cannot show forgetting.")
    assert recommendation(report) is None


def test_benchmarks_that_were_not_run_are_said(tmp_path):
    folder = build_tiny_evaluation(tmp_path, GOOD)
    study = read_json(folder / "study.json")
    write_json(folder / "study.json", study | {"benchmarks": []})
    report = report_of(folder)
    assert summarize(report).endswith("general benchmarks were not run.")
    assert recommendation(report) is None


def test_unfinished_variant_is_left_out_and_said(tmp_path):
    folder = build_tiny_evaluation(tmp_path, GOOD)
    (folder / "validation/finetuned/scores.json").unlink()
    (folder / "general/finetuned/quiz.json").unlink()
    report = report_of(folder)
    notes = list(notes_of(report))
    assert "validation: finetuned is not finished; run evaluate.py again." in notes
    assert "quiz: finetuned not finished; run evaluate.py again." in notes
    assert report.splits["validation"].comparisons == {}
    assert report.mean_over_benchmarks == {}
    assert summarize(report).startswith("Nothing is compared yet")


def test_explanation_of_an_interval_has_the_numbers_of_the_study(good):
    text = "\n".join(explain(good))
    assert (
        "a sample of 60 questions in 6 databases stands for questions about other databases" in text
    )
    assert "Items with the same group belong together." in text
    assert f"t with {good.gain.degrees_of_freedom:.1f} degrees of freedom" in text


def test_smoke_runs_of_every_kind_are_marked_first(tmp_path):
    folder = build_tiny_evaluation(tmp_path, GOOD, num_questions=12, num_items=8, limit=12)
    study = read_json(folder / "study.json")
    study["training"]["run"]["limit"] = 30
    write_json(folder / "study.json", study | {"prompts_limit": 60})
    notes = list(notes_of(report_of(folder)))
    assert notes[0].startswith("SMOKE RUN: --limit 12 kept only the first questions")
    assert notes[1].startswith("SMOKE RUN: preprocess.py --limit 60 kept only the first")
    assert notes[2].startswith("SMOKE RUN: run was trained on at most 30 examples")
