"""A user of the model hub: the small data and model on `local_hub`, and the commands against it.

The hub has a Spider-like data set, its archive, a benchmark's data, and the tiny Gemma by its
real name. The commands run as a user runs them, in processes of their own.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_hub import LocalHub
from tiny_tasks import question

ROOT = Path(__file__).parent.parent
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
    write_benchmark(root / "datasets" / "tiny" / "fruit")
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


def write_benchmark(repo: Path) -> None:
    repo.mkdir(parents=True)
    rows = [json.dumps(question(number)) for number in range(4)]
    (repo / "test.jsonl").write_text("\n".join(rows))


@pytest.fixture
def local_hub(hub_root) -> Iterator[LocalHub]:
    with LocalHub(hub_root) as hub:
        yield hub


def run_as_user(
    script: str, *flags: str, hub: LocalHub, home: Path, **environment: str
) -> subprocess.CompletedProcess:
    """Run a command of the project for a user whose caches are all in `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    own = {"HF_ENDPOINT": hub.url, "HF_HOME": str(home / "hf"), "XDG_CACHE_HOME": str(home)}
    command = [sys.executable, str(ROOT / script), *flags]
    return subprocess.run(
        command, env=kept | own | environment, cwd=home, capture_output=True, text=True
    )


def assert_refused(finished: subprocess.CompletedProcess, *words: str) -> None:
    """One message on the last line, without a traceback, that holds all the words."""
    assert finished.returncode == 1, finished.stderr
    assert "Traceback" not in finished.stderr
    message = finished.stderr.strip().splitlines()[-1]
    assert message.startswith("error: ")
    for word in words:
        assert word in message
