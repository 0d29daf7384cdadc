"""Folders that lm-evaluation-harness wrote with --log_samples, as results of benchmarks.

The harness writes one `samples_<task>_<time>.jsonl` per task and one `results_<time>.json` per run.
"""

import re
from collections.abc import Mapping, Sequence
from math import isclose
from pathlib import Path
from statistics import fmean
from typing import Any

from text2sql.benchmarks.headline import describe_headlines
from text2sql.errors import UserError
from text2sql.files import read_jsonl, read_object

SAMPLES_NAME = re.compile(r"samples_(?P<task>.+)_(?P<time>\d{4}-\d\d-\d\dT[\d.-]+)\.jsonl")
RESULTS_KEYS = ("results", "configs", "n-shot", "higher_is_better")
Results = dict[str, Any]  # in the harness' own schema


def read_samples(folder: Path) -> Results:
    """Return the newest results of each task below the folder, with the records of its items.

    A `UserError` names a folder without samples.
    """
    newest = newest_samples(folder)
    if not newest:
        raise UserError(
            f"{folder} holds no samples_<task>_<time>.jsonl. Run lm_eval with --log_samples and "
            "--output_path, and name that folder."
        )
    merged: Results = {key: {} for key in (*RESULTS_KEYS, "group_subtasks", "samples", "as_chat")}
    for task, path in newest.items():
        time = path.stem.rpartition("_")[2]
        results = read_object(path.with_name(f"results_{time}.json"), *RESULTS_KEYS)
        for key in RESULTS_KEYS:
            merged[key] |= results.get(key, {})
        merged["group_subtasks"] |= results.get("group_subtasks", {})
        merged["as_chat"][task] = bool(results.get("chat_template"))
        merged["samples"][task] = [without_arguments(row) for row in read_jsonl(path)]
        refuse_incomplete(path, task, merged)
    return merged


def newest_samples(folder: Path) -> dict[str, Path]:
    """Return the file with the newest records of each task below the folder."""
    matches = [(SAMPLES_NAME.fullmatch(path.name), path) for path in folder.rglob("samples_*")]
    dated = sorted((match["time"], match["task"], path) for match, path in matches if match)
    return {task: path for _, task, path in dated}


def without_arguments(row: dict[str, Any]) -> dict[str, Any]:
    """Return the record without the prompts, which are repeated for every choice."""
    return {key: value for key, value in row.items() if key != "arguments"}


def refuse_incomplete(path: Path, task: str, results: Results) -> None:
    needed = {"doc_id", "doc_hash", "filter", "metrics"}
    rows = results["samples"][task]
    if not rows or task not in results["results"] or not all(needed <= row.keys() for row in rows):
        raise UserError(
            f"{path} is not what lm_eval 0.4 writes with --log_samples (items with "
            f"{', '.join(sorted(needed))}). Run it again."
        )


def split_by_benchmark(results: Results) -> dict[str, Results]:
    """Return the results of each group, and of each task that is in no group.

    They are named as `--benchmarks` names them, with `@chat` where a chat template was applied.
    """
    groups, tasks = results["group_subtasks"], set(results["samples"])
    children = {child for members in groups.values() for child in members}
    found = {}
    for name in [name for name in groups if name not in children]:
        leaves = leaves_of(name, groups)
        if leaves and set(leaves) <= tasks:
            found[name] = results_of(name, leaves, results)
            tasks -= set(leaves)
    found |= {task: results_of(task, [task], results) for task in sorted(tasks)}
    return {
        f"{name}@chat" if part["text2sql"]["as_chat"] else name: part
        for name, part in found.items()
    }


def leaves_of(name: str, groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the tasks below a group; a task is its own leaf."""
    if not groups.get(name):
        return [name]
    return [leaf for child in groups[name] for leaf in leaves_of(child, groups)]


def results_of(name: str, leaves: Sequence[str], results: Results) -> Results:
    """Return the part of the results that belongs to one benchmark."""
    part: Results = {
        "results": {name: results["results"].get(name, {})}
        | {leaf: results["results"][leaf] for leaf in leaves},
        "group_subtasks": results["group_subtasks"],
        "samples": {leaf: results["samples"][leaf] for leaf in leaves},
        **{
            key: {leaf: results[key].get(leaf, default) for leaf in leaves}
            for key, default in (("configs", {}), ("n-shot", 0), ("higher_is_better", {}))
        },
    }
    headlines = describe_headlines(name, part, weight_by_size=is_weighted(name, part))
    part["text2sql"] = headlines | {"as_chat": all(results["as_chat"][leaf] for leaf in leaves)}
    return part


def is_weighted(name: str, results: Results) -> bool:
    """Return whether a group's score is the mean over its items, not over its tasks.

    The harness does not record it: both means are compared with the score that it reports.
    """
    sizes = [len(samples) for samples in results["samples"].values()]
    for key, score in results["results"][name].items():
        scores = [results["results"][task].get(key) for task in results["samples"]]
        numbers = [s for s in scores if isinstance(s, float)]
        if "_stderr" in key or not isinstance(score, float) or len(numbers) < len(sizes):
            continue
        weighted = fmean(numbers, weights=sizes)
        if not isclose(weighted, fmean(numbers), abs_tol=1e-9):
            return isclose(weighted, score, abs_tol=1e-6)
    return True  # where both agree it makes no difference to the score


def refuse_unpaired(base: Path, base_results: Results, other: Path, other_results: Results) -> None:
    """Raise a `UserError` that names the tasks, shots, mode or items in which folders differ."""
    tasks, others = set(base_results["samples"]), set(other_results["samples"])
    if tasks != others:
        raise UserError(
            f"{base} and {other} have different tasks: only one of them has "
            f"{', '.join(sorted(tasks ^ others))}. Run lm_eval with the same --tasks."
        )
    for task in sorted(tasks):
        shots = [results["n-shot"].get(task) for results in (base_results, other_results)]
        if shots[0] != shots[1]:
            raise UserError(
                f"{task} was asked with {shots[0]} shots in {base} and {shots[1]} in {other}. Run "
                "lm_eval with the same --num_fewshot."
            )
        if base_results["as_chat"][task] != other_results["as_chat"][task]:
            raise UserError(
                f"{task} was asked as a chat in only one of {base} and {other}. Run lm_eval with "
                "--apply_chat_template for both or for neither."
            )
        items, other_items = (
            {(row["doc_id"], row["doc_hash"]) for row in results["samples"][task]}
            for results in (base_results, other_results)
        )
        if items != other_items:
            raise UserError(
                f"{base} has {len(items)} items of {task}, {other} {len(other_items)}, and "
                f"{len(items & other_items)} are the same. Run lm_eval with the same version and "
                "--limit."
            )
