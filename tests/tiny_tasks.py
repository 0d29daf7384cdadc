"""Benchmark tasks with local data, in the harness' own format: of each kind, and their groups."""

import json
from pathlib import Path

import yaml

WORDS = "apple pear plum oak elm ash cod eel carp rook crow wren".split()
SIZES = {"odd_fruit": 9, "odd_bird": 3}


def build_tiny_tasks(directory: Path) -> Path:
    """Write odd_fruit and odd_bird, and groups of both: weighed by size, and equally.

    The tag `mixed` is of three metrics: odd_fruit, `spelled` (generates) and `told` (perplexity).
    """
    for place, (task, size) in enumerate(SIZES.items()):
        data_path = directory / f"{task}.jsonl"
        rows = [question(number + 5 * place) for number in range(size)]
        data_path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        write_yaml(directory / f"{task}.yaml", task_settings(task, data_path))
    for group, weight_by_size in (("odd_ones", True), ("odd_equally", False)):
        metric = {"metric": "acc_norm", "weight_by_size": weight_by_size}
        write_yaml(
            directory / f"{group}.yaml",
            {"group": group, "task": list(SIZES), "aggregate_metric_list": [metric]},
        )
    write_yaml(directory / "spelled.yaml", spelling_settings(directory / "odd_bird.jsonl"))
    write_yaml(directory / "told.yaml", perplexity_settings(directory / "odd_bird.jsonl"))
    return directory


def question(number: int) -> dict:
    choices = [WORDS[(number + step) % len(WORDS)] for step in (0, 3, 7)]
    return {"question": f"Which is odd: {', '.join(choices)}?", "choices": choices, "answer": 1}


def task_settings(task: str, data_path: Path) -> dict:
    return {
        "task": task,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(data_path)}},
        "test_split": "test",
        "fewshot_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "{{question}}",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "answer",
        "metric_list": [
            {"metric": name, "aggregation": "mean", "higher_is_better": True}
            for name in ("acc", "acc_norm")
        ],
    } | ({"tag": "mixed"} if task == "odd_fruit" else {})


def local_data(data_path: Path) -> dict:
    return {
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(data_path)}},
        "test_split": "test",
        "tag": "mixed",
    }


def spelling_settings(data_path: Path) -> dict:
    return local_data(data_path) | {
        "task": "spelled",
        "output_type": "generate_until",
        "doc_to_text": "{{question}}",
        "doc_to_target": "{{choices[answer]}}",
        "generation_kwargs": {"until": ["\n"], "max_gen_toks": 6, "do_sample": False},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }


def perplexity_settings(data_path: Path) -> dict:
    return local_data(data_path) | {
        "task": "told",
        "output_type": "loglikelihood_rolling",
        "doc_to_text": "",
        "doc_to_target": "{{question}}",
        "metric_list": [{"metric": "word_perplexity"}, {"metric": "bits_per_byte"}],
    }


def write_yaml(path: Path, value: dict) -> None:
    path.write_text(yaml.safe_dump(value))
