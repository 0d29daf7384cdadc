"""General benchmarks through lm-evaluation-harness, in process, on the model that is loaded.

The results of a benchmark are one JSON file in the harness' own schema, with the records of every
item (but for `arguments`, which repeat the few-shot prompt for every choice; `prompt_hash` stays),
and with what this project adds under `text2sql`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from lm_eval import evaluator, simple_evaluate
from lm_eval.api.group import Group
from lm_eval.utils import handle_non_serializable
from torch.utils import collect_env

from text2sql.benchmarks.benchmark import Benchmark
from text2sql.benchmarks.harness_model import PrefixSharingHFLM
from text2sql.benchmarks.headline import Headline, describe_headlines
from text2sql.benchmarks.resampling import Aggregate, resample_tasks
from text2sql.benchmarks.response_cache import ResponseCache, response_cache_path
from text2sql.benchmarks.tasks import find_tasks
from text2sql.errors import UserError
from text2sql.inference.batch_plan import TOO_LITTLE_MEMORY
from text2sql.processes import is_main_process
from text2sql.run_record import build_run_record, git_commit
from text2sql.seals import write_sealed_text

if TYPE_CHECKING:
    from lm_eval.api.model import LM
    from lm_eval.api.task import Task
    from transformers import PreTrainedTokenizerBase

    from text2sql.models.adapters import Model

CPU_BATCH_SIZE = 8
BATCH_SIZE_WHEN_MEMORY_RAN_OUT = 8


def run_benchmark(
    benchmark: Benchmark,
    tasks: Sequence["Task | Group"],
    model: "Model",
    tokenizer: "PreTrainedTokenizerBase",
    path: Path,
    *,
    settings: Mapping[str, Any],
    is_begun: bool = True,
    batch_size: int = 0,
    limit: int | None = None,
) -> None:
    """Write the benchmark's results to `path`; they record the `settings` that they depend on.

    A `batch_size` other than 0 asks for the harness' own padded batches of that size. Responses
    are cached beside `path` until it is written, so that an interrupted run resumes; unless
    `is_begun`, there are none yet. Several processes divide the items, and the main one writes.
    """
    cache_path = response_cache_path(path, settings, batch_size)
    size: int | str = batch_size or CPU_BATCH_SIZE
    if model.device.type == "cuda" and not batch_size:
        size = "auto:4"
    while True:
        try:
            with ResponseCache(cache_path, is_begun) as cache:
                harness_model = PrefixSharingHFLM(
                    model, tokenizer, cache, size, share_prefixes=not batch_size
                )
                results = ask_harness(benchmark, tasks, harness_model, limit)
            break
        except torch.OutOfMemoryError:
            size, is_begun = smaller_batch(size), True
        torch.cuda.empty_cache()
    if not is_main_process():
        return
    results["text2sql"] = build_run_record(
        settings=settings,
        limit=limit,
        as_chat=benchmark.as_chat,
        bos=harness_model.bos,
        **describe_headlines(benchmark.task, results, weight_by_size=weighs_by_size(tasks)),
        resampled_scores=resample_tasks(results, own_aggregations(tasks)),
    )
    write_results(path, results)
    cache_path.unlink()


def smaller_batch(size: int | str) -> int:
    """Return the batch size to retry with; a `UserError` where there is none."""
    if size == 1:
        raise UserError(TOO_LITTLE_MEMORY)
    size = size // 2 if isinstance(size, int) else BATCH_SIZE_WHEN_MEMORY_RAN_OUT
    print(f"Out of memory; continuing with batches of {size}.")
    return size


def ask_harness(
    benchmark: Benchmark,
    tasks: Sequence["Task | Group"],
    harness_model: "LM",
    limit: int | None,
) -> dict[str, Any]:
    """Return the results of the harness' own command line, without its bootstrapped errors.

    As a chat that is `--apply_chat_template --fewshot_as_multiturn`.
    """
    evaluator.get_git_commit_hash = git_commit  # its own prints "fatal: ..." outside a checkout
    describe_machine_ahead()
    if not is_main_process():
        leave_results_to_main_process(tasks)
    results: dict[str, Any] = simple_evaluate(
        harness_model,
        tasks=list(tasks),
        num_fewshot=benchmark.num_fewshot,
        limit=limit,
        bootstrap_iters=0,  # the report computes its own intervals
        apply_chat_template=benchmark.as_chat,
        fewshot_as_multiturn=benchmark.as_chat,
        task_manager=find_tasks([], None),
    )
    return results


def leave_results_to_main_process(tasks: Sequence["Task | Group"]) -> None:
    """Make the harness do nothing with the responses, so that the next benchmark can begin."""
    for task in tasks:
        for leaf in leaves_of(task):
            leaf.apply_filters = lambda: None


@cache
def describe_machine_ahead() -> None:
    """Have torch's description of the machine looked up, once, while the model is asked.

    A dozen programs run for it. Only the main process writes it.
    """
    describe = collect_env.get_pretty_env_info if is_main_process() else str
    collect_env.get_pretty_env_info = ThreadPoolExecutor(1).submit(describe).result


def weighs_by_size(tasks: Sequence["Task | Group"]) -> bool:
    """Return whether `tasks` is a group in which items count equally, whatever their task."""
    settings = getattr(tasks[0], "aggregate_metric_list", None) if len(tasks) == 1 else None
    return bool(settings) and all(setting.weight_by_size for setting in settings or ())


def own_aggregations(
    tasks: Sequence["Task | Group"],
) -> Callable[[Headline], Aggregate | None]:
    """Return a function that finds how a task makes its score of its items' values."""
    leaves = [leaf for task in tasks for leaf in leaves_of(task)]
    by_name = {str(leaf.task_name): leaf.aggregation() for leaf in leaves}
    return lambda headline: by_name[headline.benchmark].get(headline.metric)


def leaves_of(task: "Task | Group") -> Sequence["Task"]:
    return task.get_all_tasks() if isinstance(task, Group) else [task]


def write_results(path: Path, results: dict[str, Any]) -> None:
    for samples in results["samples"].values():
        for sample in samples:
            del sample["arguments"]
    write_sealed_text(path, json.dumps(results, default=handle_non_serializable))
