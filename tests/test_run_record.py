"""The record beside every output says where it came from, and nothing that is secret."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from text2sql import run_record
from text2sql.files import read_json, write_json, write_text
from text2sql.run_record import (
    build_run_record,
    command_text,
    differing_settings,
    git_commit,
    running_code,
)


def test_record_says_command_time_commit_and_versions_before_the_facts(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/somewhere/train.py", "--output_dir", "my run"])
    record = build_run_record(seed=42)
    assert list(record) == [
        "command",
        "created",
        "text2sql",
        "commit",
        "python",
        "versions",
        "seed",
    ]
    assert record["command"] == "train.py --output_dir 'my run'"
    assert record["versions"]["transformers"]
    assert record["created"].endswith("+00:00")


@pytest.mark.parametrize("words", [["--hub_token", "hf_secret"], ["--hub-token=hf_secret"]])
def test_hub_token_is_not_recorded(words):
    text = command_text(["train.py", *words, "--seed", "1"])
    assert "hf_secret" not in text
    assert text.endswith("--seed 1")


def test_argument_that_is_no_utf8_can_be_recorded(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["train.py", "--output_dir", "caf\udce9"])
    write_json(tmp_path / "run.json", build_run_record())
    assert "caf\udce9" in read_json(tmp_path / "run.json")["command"]


@pytest.fixture
def copied_module(tmp_path, monkeypatch):
    """A copy of the project, as far as git sees it, in place of this one."""
    module = tmp_path / "project" / "text2sql" / "run_record.py"
    write_text(module, "")
    monkeypatch.setattr(run_record, "__file__", str(module))
    monkeypatch.delenv("GIT_DIR", raising=False)
    return module


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit_all(folder: Path) -> str:
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "m")
    return git(folder, "rev-parse", "HEAD")


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@needs_git
def test_commit_is_that_of_the_checkout_and_marked_where_files_differ(copied_module):
    commit = commit_all(copied_module.parent.parent)
    assert git_commit() == commit[:12]
    copied_module.write_text("changed")
    assert git_commit() == f"{commit[:12]}-dirty"


@needs_git
def test_commit_of_another_checkout_around_a_copy_is_not_recorded(copied_module):
    commit_all(copied_module.parent.parent.parent)
    assert git_commit() is None


def test_without_git_the_record_is_written_without_a_commit(copied_module, monkeypatch, tmp_path):
    assert git_commit() is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert running_code.__wrapped__()["commit"] is None


def test_password_in_a_url_is_not_recorded():
    url = "https://user:secret@example.org/spider.zip"
    for words in (["--spider_archive", url], [f"--spider_archive={url}"]):
        text = command_text(["preprocess.py", *words])
        assert "https://***@example.org/spider.zip" in text
        assert "secret" not in text


def test_settings_that_differ_are_named_with_both_values():
    recorded, now = {"seed": 1, "dtype": "float32", "gone": None}, {"seed": 2, "dtype": "float32"}
    assert differing_settings(recorded, now | {"scale": 0.5}) == [
        "scale (not recorded, now 0.5)",
        "seed (1, now 2)",
    ]
    assert differing_settings(now, now) == []
