"""Small folders as lm_eval leaves them with --log_samples, and evaluate.py on them."""

import sys
from pathlib import Path

import pytest

from text2sql.files import write_json, write_jsonl

SAMPLES = "samples_{}_2026-01-02T03-04-05.678901.jsonl"
RESULTS = "results_2026-01-02T03-04-05.678901.json"


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
