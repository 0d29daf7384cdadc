"""JSON and JSONL files written whole, and the run record that lies beside every output."""

import hashlib
import importlib.metadata
import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
    "nltk",
)


class UserError(Exception):
    """Something that the user can put right; its text says what is wrong and what to do."""


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, renamed to it when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_jsonl(path: Path, rows: Iterable[dict]) -> None:
    write_text(path, "".join(json_line(row) for row in rows))


def json_line(row: dict) -> str:
    # ensure_ascii keeps lone surrogates, which a model's bytes can decode to, writable.
    return json.dumps(row, ensure_ascii=True) + "\n"


def read_json(path: Path) -> Any:
    """Return the parsed file; a `UserError` names a file that is missing or no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid JSON: {error}.") from None


def read_jsonl(path: Path) -> list[dict]:
    """Return one object a line; a `UserError` names the first line that is none."""
    rows = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except ValueError as error:
                raise UserError(f"{path}, line {number}, is not valid JSON: {error}.") from None
    return rows


def read_finished_rows(path: Path) -> list[dict]:
    """Return the rows of a JSONL file that grows, without a last line that a kill cut short.

    The cut line is removed from the file, so that the next row can be appended.
    """
    if not path.exists():
        return []
    finished, newline, cut_short = path.read_bytes().rpartition(b"\n")
    if cut_short:
        with whole_file(path) as temporary:
            temporary.write_bytes(finished + newline)
    return read_jsonl(path)


def sha256_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_json(value: Any) -> str:
    """Return the hash of a JSON value, independent of the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def build_run_record(**facts: Any) -> dict:
    """Return `facts` preceded by what says where an output came from."""
    return {
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": git_commit(),
        "python": platform.python_version(),
        "versions": package_versions(),
        **facts,
    }


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
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    folder = Path(__file__).parent
    try:
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
