"""The three commands one after the other: against a hub, without it, and refused by it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from hub_user import assert_refused, run_as_user
from local_hub import LocalHub
from tiny_tasks import task_settings, write_yaml

from text2sql.files import read_json

pytestmark = pytest.mark.slow  # each test runs a command or a model

RUN = "outputs/gemma-2b-it-spider"
PREPROCESS = ["preprocess.py", "--limit=8", "--num_shots=1", "--holdout_fraction=0.2"]
TRAIN = ["train.py", "--max_steps=2"]
EVALUATION = "evaluation/limit-2"
EVALUATE = ["evaluate.py", "--limit=2", "--max_new_tokens=8", "--num_resamples=100"]


@pytest.fixture(scope="module")
def fruit_tasks(tmp_path_factory) -> list[str]:
    """Flags for two benchmarks with data on the hub, of which the hub has only fruit's."""
    folder = tmp_path_factory.mktemp("hub_tasks")
    for name in ("fruit", "absent"):
        settings = task_settings(name, folder) | {"dataset_path": f"tiny/{name}"}
        del settings["dataset_kwargs"]
        write_yaml(folder / f"{name}.yaml", settings)
    return [f"--benchmarks_dir={folder}", "--benchmarks"]


@pytest.fixture(scope="module")
def user_home(tmp_path_factory, hub_root, fruit_tasks) -> Path:
    """Prompts, an adapter, a report and full caches of a user who ran the commands on a hub."""
    home = tmp_path_factory.mktemp("home")
    with LocalHub(hub_root) as hub:
        archive = f"--spider_archive={hub.url}/files/spider.zip"
        for command in ([*PREPROCESS, archive], TRAIN, [*EVALUATE, *fruit_tasks, "fruit"]):
            finished = run_as_user(*command, hub=hub, home=home)
            assert finished.returncode == 0, finished.stderr
            assert "fatal" not in finished.stderr  # of git: no command needs a checkout
    return home


def with_cold_cache(user_home: Path, tmp_path: Path) -> Path:
    """Return a home with the user's prompts and adapter, and nothing fetched yet."""
    caches = shutil.ignore_patterns("hf", "evaluation")
    return Path(shutil.copytree(user_home, tmp_path / "home", ignore=caches))


def scores_of(evaluation_dir: Path) -> tuple[dict, dict]:
    report = read_json(evaluation_dir / "report.json")
    return report["splits"]["validation"]["comparisons"], report["benchmarks"]


def test_hub_leads_to_an_adapter_and_a_report(user_home):
    adapter = read_json(user_home / RUN / "adapter_config.json")
    assert adapter["base_model_name_or_path"] == "google/gemma-2b-it"
    report = read_json(user_home / RUN / EVALUATION / "report.json")
    assert report["splits"]["validation"]["comparisons"]["finetuned"]
    assert "fruit" in (user_home / RUN / EVALUATION / "report.md").read_text()


def test_smoke_run_of_the_first_command_marks_what_the_later_ones_write(user_home):
    notes = read_json(user_home / RUN / EVALUATION / "report.json")["notes"]
    assert any("preprocess.py --limit 8 kept only the first questions" in note for note in notes)
    assert any("trained on at most 8 examples" in note for note in notes)
    assert "(a smoke run, --limit 8)" in (user_home / RUN / "README.md").read_text()


def test_without_the_hub_the_cache_gives_the_same_adapter_and_report(
    local_hub, user_home, tmp_path, fruit_tasks
):
    local_hub.close()
    again = tmp_path / "again"
    train = [*TRAIN, f"--output_dir={again}"]
    evaluate = [*EVALUATE, f"--adapters={again}", *fruit_tasks, "fruit"]
    for command in (train, evaluate):
        finished = run_as_user(*command, hub=local_hub, home=user_home)
        assert finished.returncode == 0, finished.stderr
        assert "cannot be reached" in finished.stderr
        assert "Warning" not in finished.stderr
    weights = "adapter_model.safetensors"
    assert (again / weights).read_bytes() == (user_home / RUN / weights).read_bytes()
    assert scores_of(again / EVALUATION) == scores_of(user_home / RUN / EVALUATION)


REFUSALS = {
    "gated": ["gated", "https://huggingface.co/google/gemma-2b-it", "HF_TOKEN"],
    "missing": ["google/gemma-2b-it", "not on the hub", "Check its name"],
    "gone": ["google/gemma-2b-it is not in the cache", "Check the connection"],
}


@pytest.mark.parametrize(
    "command",
    [TRAIN, [*EVALUATE, "--benchmarks=none"]],
    ids=["train.py", "evaluate.py"],
)
@pytest.mark.parametrize(("state", "words"), REFUSALS.items(), ids=REFUSALS)
def test_model_that_cannot_be_had_is_one_message(
    local_hub, user_home, tmp_path, command, state, words
):
    if state == "gated":
        local_hub.gated.add("google/gemma-2b-it")
    if state == "missing":
        local_hub.root = tmp_path
    if state == "gone":
        local_hub.close()
    home = with_cold_cache(user_home, tmp_path)
    finished = run_as_user(*command, "--output_dir=new", hub=local_hub, home=home)
    assert_refused(finished, *words)
    assert not list((home / "new").rglob("adapter*")) + list((home / "new").glob("report*"))


def test_weights_that_are_refused_are_not_taken_for_missing_files(local_hub, user_home, tmp_path):
    """As after preprocess.py with a token, and train.py without it: the tokenizer is cached."""
    home = Path(shutil.copytree(user_home, tmp_path / "home", symlinks=True))
    for weights in home.rglob("hf/hub/models--*/snapshots/*/*.safetensors"):
        weights.unlink()
    local_hub.gated.add("google/gemma-2b-it")
    finished = run_as_user(*TRAIN, "--output_dir=new", hub=local_hub, home=home)
    assert_refused(finished, *REFUSALS["gated"])


def test_benchmark_without_data_on_the_hub_is_one_message(
    local_hub, user_home, tmp_path, fruit_tasks
):
    home = with_cold_cache(user_home, tmp_path)
    finished = run_as_user(*EVALUATE, *fruit_tasks, "absent", hub=local_hub, home=home)
    assert_refused(finished, "tiny/absent", "not on the hub", "leave absent out of --benchmarks")
    assert not (home / RUN / EVALUATION).exists()


def find_adapter_as_user(name: str, hub: LocalHub, home: Path) -> subprocess.CompletedProcess:
    """Look for an adapter in a process of its own, from a folder without any."""
    code = "import sys; from text2sql.models.adapter_files import find_adapter\n"
    code += "print(find_adapter(sys.argv[1]))"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    own = {"HF_ENDPOINT": hub.url, "HF_HOME": str(home / "hf"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, name]
    return subprocess.run(command, env=kept | own, cwd=home, capture_output=True, text=True)


def test_adapter_of_the_hub_is_fetched_without_its_checkpoints(hub_root, tmp_path):
    repo = hub_root / "models" / "tiny" / "adapter"
    for folder in (repo, repo / "checkpoint-10"):
        folder.mkdir(parents=True)
        (folder / "adapter_config.json").write_text("{}")
        (folder / "adapter_model.safetensors").write_bytes(b"weights")
    with LocalHub(hub_root) as hub:
        found = find_adapter_as_user("tiny/adapter", hub, tmp_path)
    assert found.returncode == 0, found.stderr
    files = {path.name for path in Path(found.stdout.strip()).iterdir()}
    assert files == {"adapter_config.json", "adapter_model.safetensors"}


def test_whole_model_of_the_hub_is_told_from_an_adapter(hub_root, tmp_path):
    with LocalHub(hub_root) as hub:
        found = find_adapter_as_user("google/gemma-2b-it", hub, tmp_path)
    assert "google/gemma-2b-it is a whole model, not an adapter" in found.stderr
