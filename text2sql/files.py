"""Atomic writes, folder locks, JSON and JSONL, and hashes of files and values."""

import fcntl
import glob
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from text2sql.errors import UserError

PART_NAME = re.compile(r"\..+\.\d+\.part", re.DOTALL)
PLAIN_NAME = re.compile(r"(?!\.{1,2}$)[^/]+")


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, renamed to it when the block ends without an error.

    A reader of `path` finds the old file or the new one, even after a kill or a power cut; what a
    killed process left half-written is removed. Permissions are kept. A symbolic link is replaced,
    not followed: in a folder that somebody sent, it may point anywhere. Raises a `UserError` where
    no file can be created.
    """
    make_folder(path.parent)
    if path.is_dir():
        raise UserError(f"{path} is a folder, but a file belongs there; move it away.")
    remove_abandoned_parts(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        flush_to_disk(temporary)
        if path.exists() and not path.is_symlink():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_abandoned_parts(path: Path) -> None:
    """Remove the temporary files of `path` whose process has ended."""
    remove_abandoned(path.parent.glob(f".{glob.escape(path.name)}.*.part"))


def remove_all_abandoned_parts(folder: Path) -> None:
    """Remove the temporary files whose process has ended, in the folder and down to two below."""
    for pattern in (".*.part", "*/.*.part", "*/*/.*.part"):
        remove_abandoned(folder.glob(pattern))


def remove_abandoned(parts: Iterable[Path]) -> None:
    for part in parts:
        if is_part(part) and not is_alive(int(part.name.split(".")[-2])):
            part.unlink(missing_ok=True)


def is_part(path: Path) -> bool:
    """Return whether the file is a temporary one of `atomic_write`."""
    return PART_NAME.fullmatch(path.name) is not None and path.is_file()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True


def check_plain_name(name: object, source: Path | str) -> str:
    """Return a name that was read from `source`, if it is safe as the name of one file or folder.

    Raises a `UserError` for a name with a slash, `..`, a control character or nothing in it: the
    file may come from somebody else.
    """
    if isinstance(name, str) and PLAIN_NAME.fullmatch(name) and name.isprintable():
        return name
    raise UserError(
        f"{source} contains {name!r} as the name of a file or folder; only plain names are "
        "accepted. Repair or replace it."
    )


def refuse_linked_folders(root: Path) -> None:
    """Raise a `UserError` if a folder below `root` is a symbolic link, which may point anywhere."""
    for folder, names, _ in os.walk(root):
        for name in names:
            if (path := Path(folder, name)).is_symlink():
                raise UserError(f"{path} is a symbolic link; replace it with a real folder.")


def make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UserError(f"{path} cannot be created as a folder: a file has that name.") from None
    except FileNotFoundError:  # as below /proc
        raise UserError(f"{path} cannot be created; choose another folder.") from None


@contextmanager
def folder_lock(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the folder; a `UserError` if another process holds it.

    The kernel releases the lock however this process ends. A folder that was created for the lock
    and is still empty at the end is removed.
    """
    is_new = not path.exists()
    make_folder(path)
    handle = os.open(path, os.O_RDONLY)
    if not lock(handle):
        os.close(handle)
        raise UserError(
            f"Another command is writing into {path}: wait for it, or choose another --output_dir."
        )
    try:
        remove_all_abandoned_parts(path)
        yield
    finally:
        if is_new and not any(path.iterdir()):
            path.rmdir()
        os.close(handle)


def lock(handle: int, *, exclusive: bool = True) -> bool:
    """Lock an open file or folder until it is closed; return False if another process prevents it.

    On a file system without locks nothing does.
    """
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def flush_to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def write_text(path: Path, text: str) -> None:
    with atomic_write(path) as temporary:
        # Bytes of a model or a database can decode to lone surrogates, which UTF-8 cannot hold:
        # they are written as \udcff, as in JSON.
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_json(path: Path, value: Any) -> None:
    write_text(path, to_json(value, indent=2, ensure_ascii=False) + "\n")


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    write_text(path, "".join(json_line(row) for row in rows))


def json_line(row: dict[str, Any]) -> str:
    return to_json(row) + "\n"


def to_json(value: Any, **options: Any) -> str:
    """Return `value` as JSON; NaN and infinity, which JSON lacks, become null."""
    try:
        return json.dumps(value, allow_nan=False, **options)
    except ValueError:
        finite = json.loads(json.dumps(value), parse_constant=lambda name: None)
        return json.dumps(finite, allow_nan=False, **options)


def refuse_irregular(path: Path) -> None:
    """Raise a `UserError` for a pipe or a device, which may never end and cannot be read again."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UserError(f"{path} is a pipe or a device. Put a file in its place.")


def read_bytes(path: Path) -> bytes:
    refuse_irregular(path)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path} is missing. Put it back, or make it again.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None


def read_json(path: Path) -> Any:
    """Return the parsed file; a `UserError` if it is missing or not valid JSON."""
    return parse_json(path, read_bytes(path))


def parse_json(path: Path, content: bytes) -> Any:
    """Return the parsed content of the file; a `UserError` if it is not valid JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not valid JSON: {error}. Repair or replace it.") from None


def read_object(path: Path, *keys: str) -> dict[str, Any]:
    """Return the parsed file; a `UserError` unless it is a JSON object that has `keys`."""
    value = read_json(path)
    if not isinstance(value, dict):
        raise UserError(f"{path} must contain a JSON object: {{...}}. Repair or replace it.")
    missing = [key for key in keys if key not in value]
    if missing:
        raise UserError(f"{path} lacks {', '.join(missing)}: it is damaged. Replace it.")
    return value


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Return one object per line; a `UserError` names the first line that is not an object."""
    rows = []
    for number, line in enumerate(read_bytes(path).split(b"\n"), start=1):
        if line.strip():
            rows.append(read_line(path, number, line))
    return rows


def read_line(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{path}, line {number}, is not valid JSON: {error}. Repair the line, or remove "
            "the file to start again."
        ) from None
    if not isinstance(row, dict):
        raise UserError(f"{path}, line {number}, must be a JSON object: {{...}}. Repair it.")
    return row


def remove_cut_line(path: Path) -> None:
    """Remove from a JSONL file a last line without its newline, which a kill cut short."""
    finished, newline, cut_short = read_bytes(path).rpartition(b"\n")
    if cut_short:
        os.truncate(path, len(finished + newline))


def sha256_of_file(path: Path) -> str:
    refuse_irregular(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_json(value: Any) -> str:
    """Return the hash of a JSON value, independent of the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
