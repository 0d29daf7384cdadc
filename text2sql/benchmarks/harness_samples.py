"""Folders that lm-evaluation-harness wrote with --log_samples, as results of benchmarks.

The harness writes one `samples_<task>_<time>.jsonl` per task and one `results_<time>.json` per run.
"""

import re
from collections.abc import Mapping, Sequence
from math import isclose
from pathlib import Path
from statistics import fmean
from typing import Any

from text2sql.benchmarks.groups import leaves_of
from text2sql.benchmarks.headline import describe_headlines, headline_of
from text2sql.benchmarks.resampling import is_mean_of_numbers
from text2sql.errors import UserError
from text2sql.files import check_plain_name, read_jsonl, read_object
from text2sql.typed_json import fits

SAMPLES_NAME = re.compile(r"samples_(?P<task>.+)_(?P<time>\d{4}-\d\d-\d\dT[\d.-]+)\.jsonl")
RESULTS_KEYS = ("results", "configs", "n-shot", "higher_is_better")
RESULTS_TYPES: dict[str, Any] = {
    "results": dict[str, dict[str, Any]],
    "configs": dict[str, dict[str, Any]],
    "n-shot": dict[str, int | None],
    "higher_is_better": dict[str, dict[str, bool | None]],
    "group_subtasks": dict[str, list[str]],
}
TASK_DEFAULTS: dict[str, Any] = {"configs": {}, "n-shot": 0, "higher_is_better": {}}
ITEM_TYPES: dict[str, Any] = {
    "doc_id": int | str,
    "doc_hash": str,
    "filter": str,
    "metrics": list[str],
}
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
        results_path = path.with_name(f"results_{time}.json")
        results = read_object(results_path, *RESULTS_KEYS)
        refuse_other_shape(results_path, task, results)
        for key in RESULTS_KEYS:
            merged[key] |= results.get(key, {})
        for key, default in TASK_DEFAULTS.items():
            merged[key][task] = merged[key].get(task) or default
        merged["group_subtasks"] |= results.get("group_subtasks", {})
        merged["as_chat"][task] = bool(results.get("chat_template"))
        merged["samples"][task] = [without_arguments(row) for row in read_jsonl(path)]
        refuse_incomplete(path, task, merged)
        refuse_other_score(path, task, merged)
    return merged


def newest_samples(folder: Path) -> dict[str, Path]:
    """Return the file with the newest records of each task below the folder."""
    matches = [(SAMPLES_NAME.fullmatch(path.name), path) for path in folder.rglob("samples_*")]
    dated = sorted((match["time"], match["task"], path) for match, path in matches if match)
    return {task: path for _, task, path in dated}


def without_arguments(row: dict[str, Any]) -> dict[str, Any]:
    """Return the record without the prompts, which are repeated for every choice."""
    return {key: value for key, value in row.items() if key != "arguments"}


def refuse_other_shape(path: Path, task: str, results: Results) -> None:
    """Raise a `UserError` where what a folder holds is not what lm_eval writes.

    Somebody may have sent it, and files are named by its tasks and groups.
    """
    for key, types in RESULTS_TYPES.items():
        if not fits(results.get(key, {}), types):
            raise UserError(
                f"{path} has something else as `{key}` than lm_eval 0.4 writes. Run it again."
            )
    for name in (task, *results.get("group_subtasks", {})):
        check_plain_name(name, path)


def refuse_incomplete(path: Path, task: str, results: Results) -> None:
    rows = results["samples"][task]
    if not rows or task not in results["results"] or not all(map(is_item, rows)):
        raise UserError(
            f"{path} is not what lm_eval 0.4 writes with --log_samples (items with "
            f"{', '.join(sorted(ITEM_TYPES))}, and each of the metrics). Run it again."
        )
    seen = set()
    for row in rows:
        key = row["doc_id"], row["doc_hash"], row["filter"]
        if key in seen:
            raise UserError(f"{path} has the item {row['doc_id']} twice. Run lm_eval again.")
        seen.add(key)


def is_item(row: Mapping[str, Any]) -> bool:
    has_types = all(key in row and fits(row[key], types) for key, types in ITEM_TYPES.items())
    return has_types and bool(row["metrics"]) and row.keys() >= set(row["metrics"])


def refuse_other_score(path: Path, task: str, results: Results) -> None:
    """Raise a `UserError` where the mean over a task's items is not the score reported for it."""
    headline = headline_of(task, results)
    rows = [row for row in results["samples"][task] if row["filter"] == headline.filter]
    values = [row.get(headline.metric) for row in rows]
    reported = results["results"][task].get(f"{headline.metric},{headline.filter}")
    if not is_mean_of_numbers(headline, values) or not isinstance(reported, int | float):
        return
    try:
        is_same = isclose(fmean(values), reported, abs_tol=1e-6)
    except OverflowError:  # integers of hundreds of digits
        is_same = False
    if not is_same:
        raise UserError(
            f"{path} has items whose mean {headline.metric} is not the score that the results "
            "beside it report. Run lm_eval again."
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


def results_of(name: str, leaves: Sequence[str], results: Results) -> Results:
    """Return the part of the results that belongs to one benchmark."""
    part: Results = {
        "results": {name: results["results"].get(name, {})}
        | {leaf: results["results"][leaf] for leaf in leaves},
        "group_subtasks": results["group_subtasks"],
        "samples": {leaf: results["samples"][leaf] for leaf in leaves},
        **{key: {leaf: results[key][leaf] for leaf in leaves} for key in TASK_DEFAULTS},
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
        scored = [
            f"{headline.metric} ({headline.filter})"
            for headline in (
                headline_of(task, results) for results in (base_results, other_results)
            )
        ]
        if scored[0] != scored[1]:
            raise UserError(
                f"{task} is scored by {scored[0]} in {base} and by {scored[1]} in {other}. Run "
                "lm_eval with the same version."
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
