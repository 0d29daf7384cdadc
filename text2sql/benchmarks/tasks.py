"""The tasks of lm-evaluation-harness, found by their names and loaded with their data."""

import difflib
import importlib.abc
import importlib.machinery
import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import lru_cache
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from text2sql.benchmarks.benchmark import Benchmark
from text2sql.errors import UserError
from text2sql.files import sha256_of_file, sha256_of_json
from text2sql.hub import explain_hub_errors

if TYPE_CHECKING:
    from lm_eval.api.group import Group
    from lm_eval.api.task import Task
    from lm_eval.tasks import TaskManager

ROOT = Path(__file__).resolve().parents[2]
SENTENCE_MODEL = "punkt_tab"  # in NLTK's data
LOCAL_FORMATS = ("arrow", "csv", "json", "parquet", "text")  # `dataset_path` of one's own files
DEFINING = {"dataset_path", "include"}  # settings of a task that a group defines itself


def load_tasks(
    benchmarks: Sequence[Benchmark], benchmarks_dir: Path | None
) -> dict[str, list["Task | Group"]]:
    """Return the harness' objects by the benchmark's name, with their data fetched.

    Benchmarks do not share objects, as running one changes their number of shots.

    A `UserError` names a task that the harness does not know, that has no data to be had, or that
    would run code written by a model.
    """
    if not benchmarks:
        return {}
    from datasets import disable_progress_bars

    provide_installed_evaluate()
    keep_compiled_templates()
    disable_progress_bars()  # one for every subtask and split
    logging.getLogger("lm_eval").setLevel(logging.ERROR)  # it warns about deliberate settings
    manager = find_tasks([benchmark.task for benchmark in benchmarks], benchmarks_dir)
    tasks = {}
    for benchmark in benchmarks:
        print(f"Fetching the data of {benchmark.name}", flush=True)
        tasks[benchmark.name] = load_task(manager, benchmark.task)
    detect_languages_alike()
    return tasks


def provide_installed_evaluate() -> None:
    """Make `import evaluate` find the installed package, not this project's script of that name.

    Nothing is imported yet: the harness needs the package for few metrics.
    """
    present = sys.modules.get("evaluate")
    if present is not None and Path(present.__file__ or "").resolve().parent == ROOT:
        del sys.modules["evaluate"]
    if not any(isinstance(finder, EvaluateFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, EvaluateFinder())


class EvaluateFinder(importlib.abc.MetaPathFinder):
    """Finds the package `evaluate` outside of this project, if it is installed.

    If it is not, the harness says what to install when a metric needs it.
    """

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "evaluate":
            return None
        elsewhere = [folder for folder in sys.path if Path(folder or ".").resolve() != ROOT]
        return importlib.machinery.PathFinder.find_spec(name, elsewhere, target)


def keep_compiled_templates() -> None:
    """Make the harness compile each of its prompt templates once, not again for every shot."""
    from lm_eval import utils

    if not hasattr(utils.env.from_string, "cache_info"):
        utils.env.from_string = lru_cache(maxsize=4096)(utils.env.from_string)


def hash_tasks(benchmarks_dir: Path | None) -> str | None:
    """Return one hash of the folder's files, so that changed tasks are run again.

    Files that Python or a file manager leaves there (`__pycache__`, hidden files) do not count.
    """
    if benchmarks_dir is None:
        return None
    files = (path.relative_to(benchmarks_dir) for path in benchmarks_dir.rglob("*"))
    tasks = sorted(
        file
        for file in files
        if (benchmarks_dir / file).is_file()
        and not any(part == "__pycache__" or part.startswith(".") for part in file.parts)
    )
    return sha256_of_json({str(file): sha256_of_file(benchmarks_dir / file) for file in tasks})


def find_tasks(names: Sequence[str], benchmarks_dir: Path | None) -> "TaskManager":
    """Return an index with all `names`; reading the harness' whole list takes seconds."""
    from lm_eval.tasks import TaskManager

    own = []
    if benchmarks_dir is not None:
        if not benchmarks_dir.is_dir():
            raise UserError(f"--benchmarks_dir {benchmarks_dir} is not a folder.")
        own = [benchmarks_dir]
    manager = TaskManager(include_path=own, include_defaults=False)
    for _ in range(2):  # then also for what the groups found list
        wanted = names_with_parts(manager, names)
        likely = dict.fromkeys(folder for name in sorted(wanted) for folder in likely_folders(name))
        manager = TaskManager(include_path=[*likely, *own], include_defaults=False)
        if names_with_parts(manager, names) <= set(manager.all_tasks):
            return manager
    manager = TaskManager(include_path=own, include_defaults=True)
    for name in sorted(names_with_parts(manager, names)):
        if name not in manager.all_tasks:
            close = difflib.get_close_matches(name, manager.all_tasks, n=5)
            hint = f"Did you mean {', '.join(close)}?" if close else "See `lm_eval ls tasks`."
            raise UserError(f"The harness has no benchmark called {name}. {hint}")
    return manager


def names_with_parts(manager: "TaskManager", names: Iterable[str]) -> set[str]:
    """Return the names, and those that their groups list, which may be the harness' own tasks."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            entry = manager.task_index.get(name)
            waiting += names_listed((entry.cfg or {}) if entry is not None else {})
    return found


def names_listed(settings: Mapping[str, Any]) -> list[str]:
    """Return what a group's list names, also in groups within it; not the tasks it defines itself.

    A task is defined there, and not found by its name, where it or its group says which data it
    reads or which file it includes.
    """
    parts = settings.get("task")
    if not isinstance(parts, list) or DEFINING & settings.keys():
        return []
    names = []
    for part in parts:
        if isinstance(part, str):
            names.append(part)
        elif isinstance(part, dict) and isinstance(part.get("task"), list):  # a group
            names += names_listed(part)
        elif isinstance(part, dict) and not DEFINING & part.keys():
            name = part.get("group", part.get("task"))
            names += [name] if isinstance(name, str) else []
    return names


def likely_folders(name: str) -> list[Path]:
    """Return the harness' folder that is named as the task begins (`arc` for `arc_challenge`)."""
    import lm_eval.tasks

    tasks_dir, words = Path(lm_eval.tasks.__file__).parent, name.split("_")
    prefixes = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    folders = [tasks_dir / prefix for prefix in prefixes if (tasks_dir / prefix).is_dir()]
    return folders[:1]


def load_task(manager: "TaskManager", name: str) -> list["Task | Group"]:
    require_sentence_model(name, name)
    dataset = dataset_of(manager, name)
    instead = f"Or leave {name} out of --benchmarks."
    try:
        with explain_hub_errors(dataset, "dataset", instead) if dataset else nullcontext():
            loaded = manager.load([name])
    except UserError:
        raise
    except ImportError as error:
        raise UserError(f"{name} needs {explain_import_error(error)} {instead}") from error
    except Exception as error:  # a task's files are anybody's and can fail in any way
        reason = f"{type(error).__name__}: {error}"
        raise UserError(f"The benchmark {name} cannot be prepared ({reason}).") from error
    for leaf, task in loaded["tasks"].items():
        if getattr(task, "UNSAFE_CODE", False):
            raise UserError(
                f"{name} would run code that the model wrote. Leave it out of --benchmarks."
            )
        require_sentence_model(leaf, name)  # of a group
        build_requests_once(task)
    if name in loaded.get("groups", {}):
        return [loaded["groups"][name]]
    return list(loaded["tasks"].values())


def explain_import_error(error: ImportError) -> str:
    """Return what to install; many tasks say it themselves, in an error without a module's name."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        return f"a package that is not installed: `pip install {package}`."
    return f"what cannot be imported: {str(error).rstrip('.')}."


def build_requests_once(task: "Task") -> None:
    """Make the task keep its requests, since every variant is asked the same."""
    build = task.build_all_requests

    def build_or_clear(**settings: Any) -> None:
        if getattr(task, "_instances", None) is None:
            build(**settings)
        for instance in task.instances:
            instance.resps, instance.filtered_resps = [], {}

    task.build_all_requests = build_or_clear


def require_sentence_model(task: str, benchmark: str) -> None:
    """Have the model with which IFEval counts sentences, fetched once; a `UserError` without it.

    Without it the harness would fail after all answers are generated.
    """
    if "ifeval" not in task:
        return
    import nltk

    try:
        nltk.data.find(f"tokenizers/{SENTENCE_MODEL}")
    except LookupError:
        if not nltk.download(SENTENCE_MODEL, quiet=True, print_error_to=StringIO()):
            raise UserError(
                f"{benchmark} counts sentences with NLTK's model, which cannot be fetched. Run "
                f"`python -m nltk.downloader {SENTENCE_MODEL}` once where there is a network, or "
                f"leave {benchmark} out of --benchmarks."
            ) from None


def detect_languages_alike() -> None:
    """Make IFEval find the same language in the same text whenever it is asked.

    Its package draws random numbers: of `SELECT name FROM singer` it says Danish or English.
    """
    if (package := sys.modules.get("langdetect")) is not None:
        package.DetectorFactory.seed = 0


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
