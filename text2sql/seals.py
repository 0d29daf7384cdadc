"""Files sealed with their own hash, so that an edit or damage is noticed when they are read.

A seal finds accidents and edits, not forgery. A file without one, as earlier versions wrote it, is
taken as it is.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from text2sql.errors import UserError
from text2sql.files import (
    parse_json,
    read_bytes,
    read_jsonl,
    read_object,
    remove_cut_line,
    sha256_of_file,
    sha256_of_json,
    to_json,
    write_json,
    write_text,
)

SEAL_KEY = "sha256_as_created"
TEXT_SEAL = f', "{SEAL_KEY}": "'
LINE_SEAL_LENGTH = 16  # hexadecimal digits
CHECKSUMS_NAME = "SHA256SUMS"  # in the format of `sha256sum`


def write_sealed_object(
    path: Path, value: Mapping[str, Any], unsealed: Collection[str] = ()
) -> None:
    """Write a JSON object whose last key is the hash of the others, but for those `unsealed`."""
    write_json(path, {**value, SEAL_KEY: hash_of_object(value, unsealed)})


def read_sealed_object(
    path: Path, *keys: str, advice: str, unsealed: Collection[str] = ()
) -> dict[str, Any]:
    """Return the object without its seal; a `UserError` where it was changed or lacks `keys`.

    `advice` says how the file is made again.
    """
    value = read_object(path, *keys)
    seal = value.pop(SEAL_KEY, None)
    if seal is not None and seal != hash_of_object(value, unsealed):
        raise UserError(f"{path} was changed after it was written. {advice}")
    return value


def hash_of_object(value: Mapping[str, Any], unsealed: Collection[str]) -> str:
    """Return the hash of the object as JSON gives it back."""
    sealed = {key: entry for key, entry in value.items() if key not in unsealed}
    return sha256_of_json(json.loads(to_json(sealed)))


def write_sealed_text(path: Path, text: str) -> None:
    """Write a large JSON object, given as text, with the hash of this text as its last key."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    write_text(path, f'{text.removesuffix("}")}{TEXT_SEAL}{sha256}"}}\n')


def read_sealed_text(path: Path) -> Any:
    """Return the parsed file; a `UserError` if its text is not as it was written."""
    content = read_bytes(path)
    text, seal, sha256 = content.rpartition(TEXT_SEAL.encode())
    if seal and hashlib.sha256(text + b"}").hexdigest() != last_word(sha256):
        raise UserError(f"{path} was changed after it was written. Restore it, or make it again.")
    return parse_json(path, content)


def last_word(end: bytes) -> str:
    """Return the hash in the end of a sealed text, which closes a string and the object."""
    return end.decode(errors="replace").strip().removesuffix('"}')


def read_sealed_lines(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSONL file that is being appended to, without their seals.

    A last line that a kill cut short is removed, so that the next row can be appended. A
    `UserError` names a line that was changed.
    """
    if not path.exists():
        return []
    remove_cut_line(path)
    return [open_line(path, number, row) for number, row in enumerate(read_jsonl(path), start=1)]


def sealed_line(row: Mapping[str, Any]) -> str:
    """Return a line of JSON with the hash of the row as its last key."""
    return to_json({**row, SEAL_KEY: hash_of_row(row)}) + "\n"


def open_line(path: Path, number: int, row: dict[str, Any]) -> dict[str, Any]:
    """Return the row without its seal; a `UserError` where the line was changed."""
    seal = row.pop(SEAL_KEY, None)
    if seal is not None and seal != hash_of_row(row):
        raise UserError(
            f"{path}, line {number}, was changed after it was written. Restore the line, or remove "
            "the file to start again."
        )
    return row


def hash_of_row(row: Mapping[str, Any]) -> str:
    return hash_of_object(row, ())[:LINE_SEAL_LENGTH]


def write_checksums(folder: Path) -> None:
    """Write the hash of each file in the folder beside them, as `sha256sum *` prints it."""
    names = sorted(p.name for p in folder.iterdir() if p.is_file() and p.name != CHECKSUMS_NAME)
    lines = [f"{sha256_of_file(folder / name)}  {name}\n" for name in names]
    write_text(folder / CHECKSUMS_NAME, "".join(lines))


def find_changed(folder: Path, names: Collection[str] = ()) -> Path | None:
    """Return the first file that is missing or is not as its checksum in the folder says.

    `names`: which files to compare; none: all.
    """
    checksums = folder / CHECKSUMS_NAME
    if not checksums.exists():
        return None
    for line in read_bytes(checksums).decode(errors="replace").splitlines():
        sha256, _, name = line.partition("  ")
        if names and name not in names:
            continue
        path = folder / name
        if Path(name).name != name or not path.is_file() or sha256_of_file(path) != sha256:
            return path
    return None
