"""preprocess.py on the small data set, in this process."""

import shutil
import sys
from pathlib import Path

import pytest

import preprocess


def preprocess_here(*flags: object) -> None:
    """Run the command in this process, which spares the seconds of importing its libraries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["preprocess.py", *map(str, flags)])
        preprocess.main()


@pytest.fixture
def run_preprocess(tiny_spider_dir, tiny_gemma_dir, tmp_path):
    """Return a function that runs the command in this process and returns its output folder."""

    def run(*flags: str, spider_dir: Path = tiny_spider_dir, output: str = "processed") -> Path:
        fixed = ["--model_id", tiny_gemma_dir, "--spider_dir", spider_dir]
        preprocess_here(*fixed, "--output_dir", tmp_path / output, *flags)
        return tmp_path / output

    return run


@pytest.fixture
def own_spider_dir(tiny_spider_dir, tmp_path) -> Path:
    return shutil.copytree(tiny_spider_dir, tmp_path / "spider")
