"""General benchmarks through lm-evaluation-harness, in process, on the model that is loaded.

A benchmark is a task, a group or a tag of the harness. Its results lie in one JSON file in the
harness' own schema, with the records of every item (but for `arguments`, which repeat the few-shot
prompt for every choice; `prompt_hash` stays), and with what this project adds under `text2sql`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from text2sql.benchmarks.response_cache import ResponseCache
from text2sql.benchmarks.tasks import find_tasks
from text2sql.errors import UserError
from text2sql.files import sha256_of_json, write_text
from text2sql.run_record import build_run_record, git_commit

if TYPE_CHECKING:
    from lm_eval.api.group import Group
    from lm_eval.api.model import LM
    from lm_eval.api.task import Task
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DEFAULT_SHOTS = {"mmlu": 5, "hellaswag": 0, "arc_challenge": 0, "winogrande": 0}
CPU_BATCH_SIZE = 8
BATCH_SIZE_WHEN_MEMORY_RAN_OUT = 8


@dataclass(frozen=True)
class Benchmark:
    """A name that the harness knows, and the number of shots; None is the task's own number."""

    name: str
    num_fewshot: int | None
    results_file: str = ""  # "" stands for `name` + ".json"

    def __post_init__(self) -> None:
        object.__setattr__(self, "results_file", self.results_file or f"{self.name}.json")


def parse_benchmark(text: str) -> Benchmark:
    """Return the benchmark that `task` or `task:shots` names."""
    name, colon, shots = text.rpartition(":")
    if colon and shots.isdigit():
        return Benchmark(name, int(shots))
    return Benchmark(text, DEFAULT_SHOTS.get(text))


def parse_benchmarks(texts: Sequence[str]) -> list[Benchmark]:
    """Return what `--benchmarks` names; the single word `none` names nothing."""
    if list(texts) == ["none"]:
        return []
    benchmarks = [parse_benchmark(text) for text in texts]
    names = [benchmark.name for benchmark in benchmarks]
    for name in names:
        if name == "none" or names.count(name) > 1:
            raise UserError(f"--benchmarks: {name} cannot stand beside {', '.join(names)}.")
    return benchmarks


def run_benchmark(
    benchmark: Benchmark,
    tasks: Sequence["Task | Group"],
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    path: Path,
    *,
    settings: dict,
    batch_size: int = 0,
    limit: int | None = None,
) -> None:
    """Write the benchmark's results to `path`; `settings` say on what they depend.

    A `batch_size` asks for the harness' own padded batches; 0 leaves the speed to `SharingHFLM`.
    Answers are kept beside `path` while it runs, so that a killed run goes on where it was.
    """
    import torch

    from text2sql.benchmarks.harness_model import PrefixSharingHFLM

    answers = answers_path(path, settings, batch_size)
    size: int | str = batch_size or CPU_BATCH_SIZE
    if model.device.type == "cuda" and not batch_size:
        size = "auto:4"
    while True:
        try:
            with ResponseCache(answers) as kept:
                harness_model = PrefixSharingHFLM(model, tokenizer, kept, size, not batch_size)
                results = ask_harness(benchmark, tasks, harness_model, limit)
            break
        except torch.OutOfMemoryError:
            size = smaller_batch(size)
        torch.cuda.empty_cache()
    results["text2sql"] = build_run_record(
        settings=settings, limit=limit, **describe_headline(benchmark, tasks, results)
    )
    write_results(path, results)
    answers.unlink()


def answers_path(path: Path, settings: dict, batch_size: int) -> Path:
    """Return where answers are kept; those of padded batches have other last digits than ours."""
    made_by = sha256_of_json({**settings, "batch_size": batch_size})[:12]
    return path.with_name(f".{path.stem}-{made_by}-answers.jsonl")


def smaller_batch(size: int | str) -> int:
    if size == 1:
        raise UserError("The GPU's memory does not suffice for one item of this benchmark.")
    size = size // 2 if isinstance(size, int) else BATCH_SIZE_WHEN_MEMORY_RAN_OUT
    print(f"Out of memory; going on with batches of {size}.")
    return size


def ask_harness(
    benchmark: Benchmark,
    tasks: Sequence["Task | Group"],
    harness_model: "LM",
    limit: int | None,
) -> dict:
    """Return what the harness' own command line would, with one `<bos>` before every text."""
    from lm_eval import evaluator, simple_evaluate

    evaluator.get_git_commit_hash = git_commit  # its own prints "fatal: ..." outside a checkout
    return simple_evaluate(
        harness_model,
        tasks=list(tasks),
        num_fewshot=benchmark.num_fewshot,
        limit=limit,
        task_manager=find_tasks([], None),
    )


def describe_headline(
    benchmark: Benchmark, tasks: Sequence["Task | Group"], results: dict
) -> dict[str, Any]:
    """Return which of the harness' numbers stands for the benchmark, and what chance gives.

    The metric is `acc_norm` where the task has it, else the first that it lists; a group's
    subtasks count by their size where the harness weighs them so, else equally.
    """
    samples = next(iter(results["samples"].values()))
    names = samples[0]["metrics"]
    metric = "acc_norm" if "acc_norm" in names else names[0]
    lead = next(iter(results["samples"]))
    weights = [setting.weight_by_size for setting in group_settings(tasks)]
    return {
        "benchmark": benchmark.name,
        "metric": metric,
        "filter": samples[0]["filter"],
        "higher_is_better": results["higher_is_better"][lead].get(metric, True),
        "num_fewshot": results["n-shot"][lead],
        "weight_by_size": bool(weights) and all(weights),
        "chance": chance_of(results, metric),
    }


def group_settings(tasks: Sequence["Task | Group"]) -> list:
    return list(getattr(tasks[0], "aggregate_metric_list", None) or []) if len(tasks) == 1 else []


def chance_of(results: dict, metric: str) -> float | None:
    """Return what guessing gives on right-or-wrong multiple choice, else None."""
    if metric not in ("acc", "acc_norm"):
        return None
    shares = []
    for name, samples in results["samples"].items():
        if results["configs"][name].get("output_type") != "multiple_choice":
            return None
        for sample in samples:
            if sample[metric] not in (0, 1) or "acc_mutual_info" in sample:
                return None
            shares.append(1 / len(sample["filtered_resps"]))
    return sum(shares) / len(shares)


def write_results(path: Path, results: dict) -> None:
    from lm_eval.utils import handle_non_serializable

    for samples in results["samples"].values():
        for sample in samples:
            del sample["arguments"]
    write_text(path, json.dumps(results, default=handle_non_serializable) + "\n")
