"""The commands against a hub: good, gone with a warm or a cold cache, gated, missing, broken.

`local_hub` serves a Spider-like data set, its archive, and the tiny Gemma by its real name; the
commands run as a user runs them, in processes of their own.
"""

import errno
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from local_hub import LocalHub

from text2sql.hub import explain_hub_errors
from text2sql.records import UserError

DATASET_CARD = """---
configs:
- config_name: spider
  data_files:
  - split: train
    path: spider/train-00000-of-00001.parquet
  - split: validation
    path: spider/validation-00000-of-00001.parquet
  default: true
---
"""


@pytest.fixture(scope="session")
def hub_root(tmp_path_factory, tiny_spider_dir, tiny_gemma_dir) -> Path:
    root = tmp_path_factory.mktemp("hub")
    shutil.copytree(tiny_gemma_dir, root / "models" / "google" / "gemma-2b-it")
    write_dataset(tiny_spider_dir, root / "datasets" / "xlangai" / "spider")
    write_archive(tiny_spider_dir, root / "files" / "spider.zip")
    return root


def write_dataset(spider_dir: Path, repo: Path) -> None:
    from datasets import Dataset

    (repo / "spider").mkdir(parents=True)
    (repo / "README.md").write_text(DATASET_CARD)
    for split, file_name in (("train", "train_spider.json"), ("validation", "dev.json")):
        rows = Dataset.from_json(str(spider_dir / file_name), cache_dir=str(repo.parent / "cache"))
        rows.to_parquet(repo / "spider" / f"{split}-00000-of-00001.parquet")


def write_archive(spider_dir: Path, path: Path) -> None:
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__MACOSX/._spider_data", "junk")
        for file in sorted(spider_dir.rglob("*.*")):
            archive.write(file, Path("spider_data", file.relative_to(spider_dir)))


@pytest.fixture
def local_hub(hub_root) -> Iterator[LocalHub]:
    with LocalHub(hub_root) as hub:
        yield hub


def run_command(
    script: str, *flags: str, hub: LocalHub, home: Path, **environment: str
) -> subprocess.CompletedProcess:
    """Run a command of the project for a user whose caches are all in `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    own = {"HF_ENDPOINT": hub.url, "HF_HOME": str(home / "hf"), "XDG_CACHE_HOME": str(home)}
    command = [sys.executable, str(ROOT / script), *flags]
    return subprocess.run(
        command, env=kept | own | environment, cwd=home, capture_output=True, text=True
    )


def run_preprocess(hub: LocalHub, home: Path, *flags: str, **environment: str):
    archive = f"--spider_archive={hub.url}/files/spider.zip"
    return run_command("preprocess.py", archive, *flags, hub=hub, home=home, **environment)


def assert_refused(finished: subprocess.CompletedProcess, *words: str) -> None:
    """One message on the last line, without a traceback, that holds all the words."""
    assert finished.returncode == 1, finished.stderr
    assert "Traceback" not in finished.stderr
    message = finished.stderr.strip().splitlines()[-1]
    assert message.startswith("error: ")
    for word in words:
        assert word in message


def data_files(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("data-*.arrow")}


def test_hub_gives_the_rows_of_the_folder_and_again_from_a_warm_cache(
    local_hub, tmp_path, tiny_spider_dir
):
    finished = run_preprocess(local_hub, tmp_path, "--output_dir=from_hub")
    assert finished.returncode == 0, finished.stderr
    folder = run_command(
        "preprocess.py",
        f"--spider_dir={tiny_spider_dir}",
        "--output_dir=from_folder",
        hub=local_hub,
        home=tmp_path,
    )
    assert folder.returncode == 0, folder.stderr
    assert data_files(tmp_path / "from_hub") == data_files(tmp_path / "from_folder") != {}

    local_hub.close()
    warm = run_preprocess(local_hub, tmp_path, "--output_dir=from_cache")
    assert warm.returncode == 0, warm.stderr
    assert "cannot be reached" in warm.stderr
    assert data_files(tmp_path / "from_cache") == data_files(tmp_path / "from_hub")


def test_gated_model_says_where_to_accept_its_licence(local_hub, tmp_path):
    local_hub.gated.add("google/gemma-2b-it")
    finished = run_preprocess(local_hub, tmp_path)
    assert_refused(finished, "gated", "https://huggingface.co/google/gemma-2b-it", "HF_TOKEN")
    assert not list(tmp_path.glob("processed_data")) + list(tmp_path.glob("text2sql"))


def test_gated_dataset_says_where_to_accept_its_licence(local_hub, tmp_path):
    local_hub.gated.add("xlangai/spider")
    page = "https://huggingface.co/datasets/xlangai/spider"
    assert_refused(run_preprocess(local_hub, tmp_path), "gated", page, "HF_TOKEN", "--spider_dir")


def test_missing_model_asks_to_check_its_name(local_hub, tmp_path):
    finished = run_preprocess(local_hub, tmp_path, "--model_id=google/gemma-2b-itt")
    assert_refused(finished, "google/gemma-2b-itt", "not on the hub", "Check its name")


def test_missing_dataset_names_the_folder_instead(local_hub, tmp_path, hub_root):
    local_hub.root = shutil.copytree(hub_root, tmp_path / "root")
    shutil.rmtree(local_hub.root / "datasets")
    finished = run_preprocess(local_hub, tmp_path)
    assert_refused(finished, "xlangai/spider", "not on the hub", "--spider_dir")


@pytest.mark.parametrize("environment", [{}, {"HF_HUB_OFFLINE": "1"}], ids=["gone", "offline"])
def test_cold_cache_without_a_hub_says_what_is_needed(local_hub, tmp_path, environment):
    local_hub.close()
    finished = run_preprocess(local_hub, tmp_path, **environment)
    assert_refused(finished, "google/gemma-2b-it is not in the cache", local_hub.url)


def test_refused_token_is_named(local_hub, tmp_path):
    local_hub.refused_status = 403
    assert_refused(run_preprocess(local_hub, tmp_path), "403", "HF_TOKEN")


def test_archive_that_cannot_be_fetched_names_the_folder_instead(local_hub, tmp_path, hub_root):
    local_hub.root = shutil.copytree(hub_root, tmp_path / "root")
    shutil.rmtree(local_hub.root / "files")
    assert_refused(run_preprocess(local_hub, tmp_path), "could not be fetched", "--spider_dir DIR")


def test_archive_that_is_cut_short_is_refused_and_not_kept(local_hub, tmp_path, hub_root):
    local_hub.root = shutil.copytree(hub_root, tmp_path / "root")
    archive = local_hub.root / "files" / "spider.zip"
    archive.write_bytes(archive.read_bytes()[:-100])
    assert_refused(run_preprocess(local_hub, tmp_path), "not a whole zip archive")
    assert not list((tmp_path / "text2sql").iterdir())


def test_full_disk_names_the_place_to_change():
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(UserError, match="HF_HOME"), explain_hub_errors(str(ROOT), "model"):
        raise RuntimeError("could not download") from full


def test_error_that_is_not_the_hubs_stays_what_it_is():
    with pytest.raises(KeyError), explain_hub_errors(str(ROOT), "model"):
        raise KeyError("a bug of ours")


@pytest.mark.parametrize("repo_id", ["./nowhere", "/nowhere", "~/nowhere", "a/b/c"])
def test_folder_that_does_not_exist_is_not_looked_up_on_the_hub(repo_id):
    with pytest.raises(UserError, match="does not exist"), explain_hub_errors(repo_id, "model"):
        pytest.fail("the block must not be entered")


def test_folder_without_a_model_says_what_the_library_misses(tmp_path):
    from transformers import AutoConfig

    with pytest.raises(UserError, match="cannot be loaded"):  # noqa: SIM117
        with explain_hub_errors(str(tmp_path), "model"):
            AutoConfig.from_pretrained(tmp_path)
