"""The harness' tasks: found by name, loaded with their data, refused in one message."""

import importlib
import sys

import pytest
import yaml
from conftest import ROOT

from text2sql.benchmarks import tasks
from text2sql.benchmarks.benchmark import DEFAULT_BENCHMARKS, parse_benchmark
from text2sql.benchmarks.tasks import load_tasks
from text2sql.errors import UserError


@pytest.fixture
def only_folders(monkeypatch):
    """Never read the harness' whole list, which takes seconds."""
    from lm_eval.tasks import TaskManager

    def manager(include_path=None, include_defaults=True):
        return TaskManager(include_path=include_path, include_defaults=False)

    monkeypatch.setattr("lm_eval.tasks.TaskManager", manager)


def test_a_template_is_compiled_once_and_renders_each_document(only_folders, tiny_tasks_dir):
    from lm_eval.utils import apply_template, env

    load_tasks([parse_benchmark("odd_fruit")], tiny_tasks_dir)
    before = env.from_string.cache_info().misses
    texts = [apply_template("{{word}}, {{word}}", {"word": word}) for word in ("one", "two")]
    assert texts == ["one, one", "two, two"]
    assert env.from_string.cache_info().misses == before + 1


def test_unknown_benchmark_names_close_ones(tiny_tasks_dir, only_folders):
    with pytest.raises(UserError, match=r"no benchmark called odd_frut.*odd_fruit"):
        load_tasks([parse_benchmark("odd_frut")], tiny_tasks_dir)


def test_folder_without_tasks_is_refused(tmp_path):
    with pytest.raises(UserError, match="is not a folder"):
        load_tasks([parse_benchmark("odd_fruit")], tmp_path / "absent")


def test_broken_task_is_one_message(tiny_tasks_dir, tmp_path):
    settings = yaml.safe_load((tiny_tasks_dir / "odd_fruit.yaml").read_text())
    settings["dataset_kwargs"] = {"data_files": {"test": str(tmp_path / "absent.jsonl")}}
    (tmp_path / "broken.yaml").write_text(yaml.safe_dump({**settings, "task": "broken"}))
    with pytest.raises(UserError, match="broken"):
        load_tasks([parse_benchmark("broken")], tmp_path)


def test_task_that_runs_code_is_refused(tiny_tasks_dir, tmp_path):
    settings = yaml.safe_load((tiny_tasks_dir / "odd_fruit.yaml").read_text())
    unsafe = {**settings, "task": "unsafe", "unsafe_code": True}
    (tmp_path / "unsafe.yaml").write_text(yaml.safe_dump(unsafe))
    with pytest.raises(UserError, match="would run code"):
        load_tasks([parse_benchmark("unsafe")], tmp_path)


def test_default_benchmarks_are_found_without_reading_the_whole_list(only_folders):
    names = [parse_benchmark(name).task for name in DEFAULT_BENCHMARKS]
    manager = tasks.find_tasks(names, None)
    assert set(names) <= set(manager.all_tasks)
    assert tasks.dataset_of(manager, "mmlu") == "cais/mmlu"
    assert tasks.dataset_of(manager, "arc_challenge") == "allenai/ai2_arc"


def write_group(folder, *parts):
    (folder / "mixed.yaml").write_text(f"group: mixed\ntask: [{', '.join(parts)}]\n")


def test_own_group_may_list_the_harness_own_tasks(only_folders, tmp_path):
    write_group(tmp_path, "arc_easy", "mmlu_anatomy")
    manager = tasks.find_tasks(["mixed"], tmp_path)
    assert {"mixed", "arc_easy", "mmlu_anatomy"} <= set(manager.all_tasks)


def test_also_in_a_group_within_it(only_folders, tmp_path):
    inner = {"group": "inner", "task": ["arc_easy", {"task": "hellaswag", "num_fewshot": 2}]}
    (tmp_path / "outer.yaml").write_text(yaml.safe_dump({"group": "outer", "task": [inner]}))
    manager = tasks.find_tasks(["outer"], tmp_path)
    assert {"outer", "arc_easy", "hellaswag"} <= set(manager.all_tasks)


def test_a_task_that_a_group_includes_from_a_file_is_not_missed(only_folders, tmp_path):
    inner = {"group": "inner", "task": [{"task": "prompt-0", "include": "_template_yaml"}]}
    (tmp_path / "flan.yaml").write_text(yaml.safe_dump({"group": "flan", "task": [inner]}))
    assert "flan" in tasks.find_tasks(["flan"], tmp_path).all_tasks


def test_tasks_that_an_own_group_defines_itself_are_loaded(only_folders, tiny_tasks_dir, tmp_path):
    settings = yaml.safe_load((tiny_tasks_dir / "odd_fruit.yaml").read_text())
    del settings["task"]
    by_group = {**settings, "group": "by_group", "task": [{"task": "one"}, "two"]}
    by_task = {"group": "by_task", "task": [{**settings, "task": "three"}]}
    for group in (by_group, by_task):
        (tmp_path / f"{group['group']}.yaml").write_text(yaml.safe_dump(group))
    loaded = load_tasks([parse_benchmark(name) for name in ("by_group", "by_task")], tmp_path)
    assert [len(group.get_all_tasks()) for [group] in loaded.values()] == [2, 1]


def test_unknown_task_in_an_own_group_is_named(only_folders, tmp_path):
    write_group(tmp_path, "mixd")
    with pytest.raises(UserError, match=r"no benchmark called mixd\. Did you mean mixed"):
        tasks.find_tasks(["mixed"], tmp_path)


def test_the_installed_package_evaluate_is_found_beside_our_script(monkeypatch):
    monkeypatch.delitem(sys.modules, "evaluate", raising=False)
    monkeypatch.syspath_prepend(str(ROOT))
    tasks.provide_installed_evaluate()
    assert "evaluate" not in sys.modules  # until somebody needs it
    installed = importlib.import_module("evaluate")
    assert installed.__version__ and callable(installed.load)


def test_a_missing_package_says_what_to_install(tiny_tasks_dir, tmp_path):
    settings = yaml.safe_load((tiny_tasks_dir / "odd_fruit.yaml").read_text())
    text = (
        yaml.safe_dump({**settings, "task": "needing"}) + "process_docs: !function code.prepare\n"
    )
    (tmp_path / "needing.yaml").write_text(text)
    (tmp_path / "code.py").write_text("import no_such_package\n")
    with pytest.raises(UserError, match=r"`pip install no_such_package`.*leave needing out"):
        load_tasks([parse_benchmark("needing")], tmp_path)


def test_a_task_that_says_itself_what_to_install_is_quoted(tiny_tasks_dir, tmp_path):
    settings = yaml.safe_load((tiny_tasks_dir / "odd_fruit.yaml").read_text())
    text = yaml.safe_dump({**settings, "task": "solving"}) + "process_docs: !function code.solve\n"
    (tmp_path / "solving.yaml").write_text(text)
    (tmp_path / "code.py").write_text('raise ModuleNotFoundError("Please install sums[math].")\n')
    with pytest.raises(UserError) as raised:
        load_tasks([parse_benchmark("solving")], tmp_path)
    assert str(raised.value) == (
        "solving needs what cannot be imported: Please install sums[math]. Or leave solving out of "
        "--benchmarks."
    )


@pytest.fixture
def no_sentence_model(monkeypatch):
    import nltk

    def find(name):
        raise LookupError(name)

    monkeypatch.setattr(nltk.data, "find", find)
    monkeypatch.setattr(nltk, "download", lambda name, **settings: False)


def test_ifeval_without_the_sentence_model_is_refused_before_any_answer(no_sentence_model):
    with pytest.raises(UserError, match=r"nltk\.downloader punkt_tab.*leave ifeval out"):
        load_tasks([parse_benchmark("ifeval@chat")], None)


def test_so_is_a_group_that_ifeval_is_in(no_sentence_model, only_folders, tiny_tasks_dir, tmp_path):
    settings = yaml.safe_load((tiny_tasks_dir / "odd_fruit.yaml").read_text())
    (tmp_path / "task.yaml").write_text(yaml.safe_dump({**settings, "task": "own_ifeval"}))
    group = {"group": "leaders", "task": ["own_ifeval"]}
    (tmp_path / "group.yaml").write_text(yaml.safe_dump(group))
    with pytest.raises(UserError, match=r"leaders counts sentences.*leave leaders out"):
        load_tasks([parse_benchmark("leaders")], tmp_path)


def test_the_language_of_a_text_is_always_the_same(tiny_tasks_dir, monkeypatch):
    from langdetect import DetectorFactory, detect

    monkeypatch.setattr(DetectorFactory, "seed", None)
    load_tasks([parse_benchmark("odd_fruit")], tiny_tasks_dir)
    assert len({detect("hello hello bonjour bonjour") for _ in range(30)}) == 1
