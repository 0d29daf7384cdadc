"""The scores in an adapter's model card, to read and in the hub's own form."""

import pytest
from huggingface_hub import ModelCard
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


@pytest.mark.parametrize("reason", ["smoke run", "another program"])
def test_card_is_left_alone(tmp_path, adapter_dir, reason):
    if reason == "another program":
        (adapter_dir / "run.json").unlink()
    report = evaluate(tmp_path, adapter_dir, limit=60 if reason == "smoke run" else None)
    assert update_model_cards(report) == []
    assert (adapter_dir / "README.md").read_text() == CARD
