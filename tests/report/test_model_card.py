"""The scores in an adapter's model card, to read and in the hub's own form."""

from dataclasses import replace

import pytest
import yaml
from huggingface_hub import EvalResult, ModelCard, parse_eval_result_entries
from tiny_evaluation import build_tiny_evaluation, report_of, three_seeds

from text2sql.report.model_card import update_model_cards
from text2sql.report.sentences import summarize
from text2sql.report.text import points
from text2sql.study.variants import BASE, Variant

CARD = (
    "---\nbase_model: tiny/gemma\nlibrary_name: peft\ntags: [lora]\n---\n\n# An adapter\n\nMore.\n"
)


@pytest.fixture
def adapter_dir(tmp_path):
    """A run of train.py, as far as its card is concerned."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "README.md").write_text(CARD)
    (folder / "run.json").write_text("{}")
    return folder


def evaluate(tmp_path, adapter_dir, **options):
    variants = {
        BASE: (0.2, 0.7),
        Variant("finetuned", "finetuned", "run", str(adapter_dir)): (0.7, 0.6),
    }
    return report_of(build_tiny_evaluation(tmp_path / "evaluation", variants, **options))


def test_card_quotes_both_readings_with_n_and_clusters(tmp_path, adapter_dir):
    report = evaluate(tmp_path, adapter_dir)
    assert update_model_cards(report) == [adapter_dir / "README.md"]
    card = (adapter_dir / "README.md").read_text()
    assert card.startswith("---\nbase_model: tiny/gemma\n")
    assert "# An adapter\n\nMore.\n" in card
    assert summarize(report) in card
    assert "| execution accuracy, validation | " in card
    assert " | 60 in 6 databases | " in card
    assert "| mean over benchmarks | " in card


def test_hub_reads_the_scores_from_the_metadata(tmp_path, adapter_dir):
    report = evaluate(tmp_path, adapter_dir)
    update_model_cards(report)
    data = ModelCard.load(adapter_dir / "README.md").data
    assert data.library_name == "peft"
    sql, quiz, riddles = data.eval_results
    assert (sql.dataset_type, sql.dataset_split) == ("xlangai/spider", "validation")
    assert sql.metric_value == round(100 * report.gain.other, 1)
    assert sql.metric_args["clusters"] == "6 databases"
    assert sql.metric_args["interval"][0] == round(100 * report.gain.low, 1)
    assert [quiz.dataset_type, riddles.dataset_type] == ["quiz", "riddles"]


def test_later_evaluation_takes_the_place_of_an_earlier_one(tmp_path, adapter_dir):
    report = evaluate(tmp_path, adapter_dir)
    update_model_cards(report)
    once = (adapter_dir / "README.md").read_text()
    update_model_cards(report)
    assert (adapter_dir / "README.md").read_text() == once
    assert once.count("## Evaluation") == 1


def test_each_run_of_a_recipe_tells_the_recipe_and_its_own_gain(tmp_path):
    variants = {}
    for variant, shares in three_seeds().items():
        if variant.run:
            folder = tmp_path / variant.run
            folder.mkdir()
            (folder / "README.md").write_text(CARD)
            (folder / "run.json").write_text("{}")
            variant = Variant(variant.name, "finetuned", variant.run, str(folder))
        variants[variant] = shares
    report = report_of(build_tiny_evaluation(tmp_path / "evaluation", variants))
    assert len(update_model_cards(report)) == 3
    card = (tmp_path / "r4-seed2/README.md").read_text()
    assert "With this recipe (r4-seed*, mean of 3 runs)" in card
    own = points(report.gain.runs["r4-seed2"])
    assert f"This adapter is one of the 3 runs; its own gain is {own} points." in card


def test_hub_reads_the_scores_from_eval_results(tmp_path, adapter_dir):
    report = evaluate(tmp_path, adapter_dir)
    update_model_cards(report)
    content = yaml.safe_load((adapter_dir / ".eval_results/text2sql.yaml").read_text())
    (entry,) = parse_eval_result_entries(content)
    assert (entry.dataset_id, entry.task_id) == ("xlangai/spider", "execution_accuracy")
    assert entry.value == round(100 * report.gain.other, 1)
    assert "n = 60 questions in 6 databases" in entry.notes


def test_what_people_wrote_into_the_card_is_kept(tmp_path, adapter_dir):
    path = adapter_dir / "README.md"
    card = ModelCard(CARD)
    card.data.model_name = "our name"
    theirs = EvalResult("text-generation", "their/data", "theirs", "accuracy", 50.0)
    card.data.eval_results = [theirs]
    path.write_text(str(card))
    report = evaluate(tmp_path, adapter_dir)
    update_model_cards(report)
    path.write_text(path.read_text() + "\nAdded below.\n")
    update_model_cards(report)
    data = ModelCard.load(path).data
    assert data.model_name == "our name"
    assert data.eval_results[0] == theirs
    assert len(data.eval_results) == 4
    assert path.read_text().count("Added below.") == path.read_text().count("## Evaluation") == 1


def test_text_below_a_section_whose_end_was_deleted_is_kept(tmp_path, adapter_dir):
    path = adapter_dir / "README.md"
    path.write_text(f"{CARD}\n<!-- evaluation -->\n\nEdited by hand.\n")
    report = evaluate(tmp_path, adapter_dir)
    for _ in range(2):
        update_model_cards(report)
    assert path.read_text().count("Edited by hand.") == path.read_text().count("## Evaluation") == 1


def test_test_suite_accuracy_is_told_and_extra_splits_are_not_called_spider(tmp_path, adapter_dir):
    report = evaluate(tmp_path, adapter_dir)
    split = report.splits["validation"]
    scores = split.comparisons["finetuned"]
    scores = scores | {"test_suite_accuracy": scores["exact_match"]}
    own = replace(split, comparisons={"finetuned": scores})
    other = replace(split, name="realistic", distance="near")
    update_model_cards(replace(report, splits={"validation": own, "realistic": other}))
    card = ModelCard.load(adapter_dir / "README.md")
    assert "| test-suite accuracy, validation | " in card.content
    results = {(r.dataset_type, r.metric_type): r.metric_value for r in card.data.eval_results}
    expected = round(100 * scores["exact_match"]["all"].other, 1)
    assert results["xlangai/spider", "test_suite_accuracy"] == expected
    assert ("realistic", "execution_accuracy") in results
    assert sum(dataset == "xlangai/spider" for dataset, _ in results) == 2


@pytest.mark.parametrize("reason", ["smoke run", "another program"])
def test_card_is_left_alone(tmp_path, adapter_dir, reason):
    if reason == "another program":
        (adapter_dir / "run.json").unlink()
    report = evaluate(tmp_path, adapter_dir, limit=60 if reason == "smoke run" else None)
    assert update_model_cards(report) == []
    assert (adapter_dir / "README.md").read_text() == CARD
