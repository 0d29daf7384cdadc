"""Small data and a small model for every test; nothing here needs a network or a GPU."""

import gc
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before any test imports a library of the hub's: no network, and nothing from this user's cache.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# What is imported stays: searching it for garbage, again and again, would take seconds.
gc.disable()

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from hub_user import hub_root, local_hub  # noqa: E402, F401
from tiny_gemma import build_tiny_gemma  # noqa: E402
from tiny_preprocess import own_spider_dir, preprocess_here, run_preprocess  # noqa: E402, F401
from tiny_run import (  # noqa: E402, F401
    evaluate_script,
    no_model,
    run_evaluate,
    strong_gemma,
    strong_gemma_dir,
    strong_prompts_dir,
    tiny_run_dir,
    tiny_tasks_dir,
)
from tiny_samples import evaluate, sample_dirs  # noqa: E402, F401
from tiny_spider import build_tiny_spider  # noqa: E402
from tiny_train import run_train  # noqa: E402, F401

from text2sql.files import read_json  # noqa: E402
from text2sql.models.tokenizer import load_tokenizer  # noqa: E402
from text2sql.prompts.manifest import describe_tokenizer  # noqa: E402
from text2sql.seals import SEAL_KEY, write_sealed_object  # noqa: E402


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    """What is freed in the test is so without a search, which comes too late for a GPU."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="session")
def tiny_spider_dir(tmp_path_factory) -> Path:
    return build_tiny_spider(tmp_path_factory.mktemp("tiny_spider"))


@pytest.fixture
def spider(tiny_spider_dir, tmp_path) -> Path:
    """A copy of the small data set that a test may damage."""
    return Path(shutil.copytree(tiny_spider_dir, tmp_path / "spider"))


@pytest.fixture(scope="session")
def tiny_gemma_dir(tmp_path_factory, tiny_spider_dir) -> Path:
    rows = json.loads((tiny_spider_dir / "train_spider.json").read_text())
    texts = [f"{row['question']}\n{row['query']}\nCREATE TABLE user model" for row in rows]
    return build_tiny_gemma(tmp_path_factory.mktemp("tiny_gemma"), texts)


@pytest.fixture(scope="session")
def spider_dir() -> Path:
    """The real data set, for tests marked `real_data`."""
    if not os.environ.get("SPIDER_DIR"):
        pytest.skip("SPIDER_DIR does not name a folder with Spider's files")
    return Path(os.environ["SPIDER_DIR"])


@pytest.fixture(scope="session")
def tiny_prompts_dir(tmp_path_factory, tiny_spider_dir, tiny_gemma_dir) -> Path:
    """The output of preprocess.py for the small data set and the small model."""
    output_dir = tmp_path_factory.mktemp("tiny_prompts") / "processed_data"
    flags = ["--spider_dir", tiny_spider_dir, "--model_id", tiny_gemma_dir, "--num_shots", "1"]
    flags += ["--holdout_fraction", "0.2"]
    preprocess_here(*flags, "--output_dir", output_dir)
    return output_dir


@pytest.fixture(params=["vocabulary", "chat template"])
def prompts_of_an_earlier_tokenizer(request, tiny_prompts_dir, tiny_gemma_dir, tmp_path) -> Path:
    """Prompts that were made before the model at the same place got another tokenizer."""
    earlier = load_tokenizer(str(tiny_gemma_dir))
    if request.param == "vocabulary":
        earlier.add_tokens(["SELECT count(*)"])
    else:
        earlier.chat_template += " "
    data_dir = shutil.copytree(tiny_prompts_dir, tmp_path / "earlier")
    manifest = read_json(data_dir / "manifest.json") | {"tokenizer": describe_tokenizer(earlier)}
    manifest.pop(SEAL_KEY)
    write_sealed_object(data_dir / "manifest.json", manifest)
    return data_dir


def run_command(script: str, *flags, check: bool = True, **options):
    """Run one of the three commands as a user would; return the completed process."""
    command = [sys.executable, str(ROOT / script), *map(str, flags)]
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{script} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return done
