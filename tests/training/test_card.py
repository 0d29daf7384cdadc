"""The model card beside an adapter: a model's name is anybody's text."""

import ast

import pytest
import yaml

from text2sql.training.run_record import model_card

RECORD = {
    "settings": {
        "lora_r": 4,
        "lora_alpha": 8,
        "learning_rate": 1e-4,
        "loss_on": "sql",
        "eval_split": "holdout",
        "lora_target_modules": ["q_proj", "v_proj"],
        "effective_batch_size": 8,
    },
    "num_train_examples": 20,
    "steps": 3,
    "commit": "abc",
    "limit": None,
    "prompts_limit": None,
    "best_step": 3,
    "best_eval_loss": 1.5,
    "load_in_4bit": True,
}


@pytest.mark.parametrize(
    "model_id",
    [
        "google/gemma-2b-it",
        "a<script>b",
        "a\nlicense: mit",
        'a"); import os  # "',
        "a\x1b[31m: b",
        "a\x7f\x85\u2028b",
        "a\u202eb",
        "modèle/\U0001f600",
    ],
    ids=["plain", "HTML", "YAML", "Python", "terminal", "control", "direction", "other scripts"],
)
def test_card_shows_any_model_name_as_text(model_id):
    card = model_card(RECORD | {"model_id": model_id})
    _, header, text = card.split("---\n", 2)
    facts = yaml.safe_load(header)
    assert facts["base_model"] == model_id
    assert set(facts) == {"base_model", "library_name", "pipeline_tag", "tags"}
    (title,) = [line for line in text.splitlines() if line.startswith("# ")]
    assert title.endswith(", specialised on text-to-SQL")
    assert "<" not in title and title.isprintable()
    program = text.partition("```python\n")[2].partition("```")[0]
    (named,) = [node for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Constant)][:1]
    assert named.value == model_id
