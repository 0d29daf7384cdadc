"""The run record stored with every output: command, time, commit and versions."""

import importlib.metadata
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from text2sql import __version__

RECORDED_PACKAGES = (
    "torch",
    "transformers",
    "tokenizers",
    "datasets",
    "peft",
    "trl",
    "bitsandbytes",
    "accelerate",
    "lm_eval",
    "sqlparse",
)

SECRET_FLAGS = ("--hub_token", "--hub-token")
URL_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s@]+@")
URL_QUERY = re.compile(r"(://[^\s?]+)\?[^\s]+")  # which may hold a signature


def build_run_record(**facts: Any) -> dict[str, Any]:
    """Return `facts` preceded by the provenance of an output: command, time, commit, versions."""
    return {
        "command": command_text(sys.argv),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **running_code(),
        **facts,
    }


@cache
def running_code() -> dict[str, Any]:
    """Return the commit and versions of what this process runs, which cannot change under it."""
    return {
        "text2sql": __version__,
        "commit": git_commit(),
        "python": platform.python_version(),
        "versions": package_versions(),
    }


def command_text(words: Sequence[str]) -> str:
    """Return the command as typed into a shell, without its folder, hub token or URL passwords."""
    shown = [Path(words[0]).name]
    for before, word in pairwise(words):
        flag, equals, _ = word.partition("=")
        if before in SECRET_FLAGS:
            word = "***"
        elif flag in SECRET_FLAGS and equals:
            word = f"{flag}=***"
        shown.append(without_credentials(word))
    return shlex.join(shown)


def without_credentials(text: str) -> str:
    """Return the text with user, password and query of each URL replaced by `***`."""
    return URL_QUERY.sub(r"\1?***", URL_CREDENTIALS.sub("***@", text))


def package_versions() -> dict[str, str]:
    versions = {}
    for package in RECORDED_PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def git_commit() -> str | None:
    """Return the checkout's commit, with `-dirty` where tracked files differ; None without git."""
    root = Path(__file__).resolve().parent.parent
    # Named explicitly: a copy unpacked inside another checkout must not record that one's commit.
    checkout = ["--git-dir", str(root / ".git"), "--work-tree", str(root)]
    command = ["git", *checkout, "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(
            command, cwd=root, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def differing_settings(recorded: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """Return "name (recorded value, now value)" for each setting that differs, sorted by name.

    A setting that was not recorded counts as None.
    """
    return [
        f"{name} ({recorded.get(name, 'not recorded')}, now {settings.get(name)})"
        for name in sorted(recorded.keys() | settings.keys())
        if recorded.get(name) != settings.get(name)
    ]
