"""General benchmarks through lm-evaluation-harness, in process, on the model that is loaded.

A benchmark is a task, a group or a tag of the harness. Its results lie in one JSON file in the
harness' own schema, with the records of every item (but for `arguments`, which repeat the few-shot
prompt for every choice; `prompt_hash` stays), and with what this project adds under `text2sql`.
"""

import difflib
import importlib.machinery
import importlib.util
import json
import logging
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from text2sql.hub import explain_hub_errors
from text2sql.records import UserError, build_run_record, git_commit, sha256_of_json, write_text

if TYPE_CHECKING:
    from lm_eval.api.group import Group
    from lm_eval.api.task import Task
    from lm_eval.tasks import TaskManager
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DEFAULT_SHOTS = {"mmlu": 5, "hellaswag": 0, "arc_challenge": 0, "winogrande": 0}
LOCAL_FORMATS = ("arrow", "csv", "json", "parquet", "text")  # `dataset_path` of one's own files
CPU_BATCH_SIZE = 8
BATCH_SIZE_WHEN_MEMORY_RAN_OUT = 8


@dataclass(frozen=True)
class Benchmark:
    """A name that the harness knows, and the number of shots; None is the task's own number."""

    name: str
    num_fewshot: int | None

    def path(self, general_dir: Path, variant: str, limit: int | None) -> Path:
        """Return the results' file; a smoke run has a file of its own."""
        return general_dir / variant / f"{self.name}{f'-limit-{limit}' if limit else ''}.json"


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


def load_tasks(
    benchmarks: Sequence[Benchmark], benchmarks_dir: Path | None
) -> dict[str, list["Task | Group"]]:
    """Return the harness' objects for each benchmark, with their data fetched.

    A `UserError` tells of a name the harness does not know, of data that cannot be had, and of a
    task that would run code that a model wrote.
    """
    from datasets import disable_progress_bars

    provide_installed_evaluate()
    disable_progress_bars()  # one for every subtask and split
    logging.getLogger("lm_eval").setLevel(logging.ERROR)  # it warns of what is done on purpose
    manager = find_tasks([benchmark.name for benchmark in benchmarks], benchmarks_dir)
    tasks = {}
    for benchmark in benchmarks:
        print(f"Fetching the data of {benchmark.name}", flush=True)
        tasks[benchmark.name] = load_task(manager, benchmark.name)
    return tasks


def provide_installed_evaluate() -> None:
    """Put the package `evaluate` into `sys.modules`, to be loaded if the harness uses it.

    This project's script has the same name and would be found first.
    """
    root = Path(__file__).resolve().parents[2]
    present = sys.modules.get("evaluate")
    if present is not None and Path(present.__spec__.origin).parent != root:
        return
    elsewhere = [place for place in sys.path if Path(place or ".").resolve() != root]
    spec = importlib.machinery.PathFinder.find_spec("evaluate", elsewhere)
    spec.loader = importlib.util.LazyLoader(spec.loader)
    sys.modules["evaluate"] = package = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)


def find_tasks(names: Sequence[str], benchmarks_dir: Path | None) -> "TaskManager":
    """Return an index that has all `names`; reading the harness' whole list takes seconds."""
    from lm_eval.tasks import TaskManager

    own = []
    if benchmarks_dir is not None:
        if not benchmarks_dir.is_dir():
            raise UserError(f"--benchmarks_dir {benchmarks_dir} is not a folder.")
        own = [benchmarks_dir]
    places = [folder for name in names for folder in likely_folders(name)]
    manager = TaskManager(include_path=[*places, *own], include_defaults=False)
    if not set(names) <= set(manager.all_tasks):
        manager = TaskManager(include_path=own, include_defaults=True)
    for name in names:
        if name not in manager.all_tasks:
            close = difflib.get_close_matches(name, manager.all_tasks, n=5)
            hint = f"Did you mean {', '.join(close)}?" if close else "See `lm_eval ls tasks`."
            raise UserError(f"The harness has no benchmark called {name}. {hint}")
    return manager


def likely_folders(name: str) -> list[Path]:
    """Return the harness' folder that is named as the task begins (`arc` for `arc_challenge`)."""
    import lm_eval.tasks

    tasks_dir, words = Path(lm_eval.tasks.__file__).parent, name.split("_")
    prefixes = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    folders = [tasks_dir / prefix for prefix in prefixes if (tasks_dir / prefix).is_dir()]
    return folders[:1]


def load_task(manager: "TaskManager", name: str) -> list["Task | Group"]:
    dataset = dataset_of(manager, name)
    instead = f"Or leave {name} out of --benchmarks."
    try:
        with explain_hub_errors(dataset, "dataset", instead) if dataset else nullcontext():
            loaded = manager.load([name])
    except UserError:
        raise
    except Exception as error:  # a task's files are anybody's and can fail in any way
        reason = f"{type(error).__name__}: {error}"
        raise UserError(f"The benchmark {name} cannot be prepared ({reason}).") from error
    for task in loaded["tasks"].values():
        if getattr(task, "UNSAFE_CODE", False):
            raise UserError(f"{name} would run code that the model wrote; it is left out.")
    if name in loaded.get("groups", {}):
        return [loaded["groups"][name]]
    return list(loaded["tasks"].values())


def dataset_of(manager: "TaskManager", name: str) -> str | None:
    """Return the hub's data set that the benchmark's first task reads; None for local files."""
    from lm_eval.tasks._yaml_loader import load_yaml

    index = manager.task_index
    entry = index.get(name)
    if entry is None or entry.yaml_path is None:  # a tag
        tagged = sorted(task for task, entry in index.items() if name in entry.tags)
        return dataset_of(manager, tagged[0]) if tagged else None
    settings = load_yaml(entry.yaml_path, resolve_func=False, recursive=True)
    children = settings.get("task")
    if isinstance(children, list) and children and isinstance(children[0], str):
        return dataset_of(manager, children[0])
    path = settings.get("dataset_path")
    return None if path in LOCAL_FORMATS else path


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

    Answers are kept beside `path` while it runs, so that a killed run goes on where it was.
    """
    import torch

    answers = path.with_name(f".{path.stem}-{sha256_of_json(settings)[:12]}-answers")
    size: int | str = batch_size or CPU_BATCH_SIZE
    if model.device.type == "cuda" and not batch_size:
        size = "auto:4"
    while True:
        try:
            results = ask_harness(benchmark, tasks, model, tokenizer, answers, size, limit)
            break
        except torch.OutOfMemoryError:
            size = smaller_batch(size)
        torch.cuda.empty_cache()
    results["text2sql"] = build_run_record(
        settings=settings, limit=limit, **describe_headline(benchmark, tasks, results)
    )
    write_results(path, results)
    for leftover in path.parent.glob(f"{answers.name}*"):
        leftover.unlink()


def smaller_batch(size: int | str) -> int:
    if size == 1:
        raise UserError("The GPU's memory does not suffice for one item of this benchmark.")
    size = size // 2 if isinstance(size, int) else BATCH_SIZE_WHEN_MEMORY_RAN_OUT
    print(f"Out of memory; going on with batches of {size}.")
    return size


def ask_harness(
    benchmark: Benchmark,
    tasks: Sequence["Task | Group"],
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    answers: Path,
    batch_size: int | str,
    limit: int | None,
) -> dict:
    """Return what the harness' own command line would, with one `<bos>` before every text."""
    from lm_eval import evaluator, simple_evaluate
    from lm_eval.models.huggingface import HFLM

    evaluator.get_git_commit_hash = git_commit  # its own prints "fatal: ..." outside a checkout
    # A model without <bos> gets none.
    add_bos_token = tokenizer.bos_token_id is not None or None
    harness_model = HFLM(
        pretrained=model, tokenizer=tokenizer, add_bos_token=add_bos_token, batch_size=batch_size
    )
    return simple_evaluate(
        harness_model,
        tasks=list(tasks),
        num_fewshot=benchmark.num_fewshot,
        limit=limit,
        use_cache=str(answers),
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
