"""JSON and JSONL come back as they were written, or name the file and line at fault."""

import json
import os
from pathlib import Path

import pytest

from text2sql.errors import UserError
from text2sql.files import (
    json_line,
    read_json,
    read_jsonl,
    read_object,
    sha256_of_file,
    sha256_of_json,
    write_json,
    write_jsonl,
    write_text,
)
from text2sql.seals import read_sealed_lines


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# JSON

ODD_VALUES = {
    "lone surrogate": "\udcff and \ud800",
    "beyond ASCII": "naïve ⟦SQL⟧ 🦆",
    "control characters": "\0 \x1f \r\n \u2028",
    "large integer": 10**30,
}


@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
def test_odd_values_come_back_as_they_were(tmp_path, value):
    write_json(tmp_path / "file.json", {"key": value, f"{value}": 1})
    assert read_json(tmp_path / "file.json") == {"key": value, f"{value}": 1}
    write_jsonl(tmp_path / "file.jsonl", [{"key": value}, {"key": value}])
    assert read_jsonl(tmp_path / "file.jsonl") == [{"key": value}] * 2


def test_lone_surrogate_leaves_the_file_readable_as_utf8(tmp_path):
    write_json(tmp_path / "file.json", "\udcff")
    assert (tmp_path / "file.json").read_bytes() == b'"\\udcff"\n'
    write_text(tmp_path / "report.md", "read \udcff here")
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == "read \\udcff here"


def test_nan_and_infinity_become_null_wherever_they_stand(tmp_path):
    value = {"loss": float("nan"), "é": [1.5, float("inf"), {"low": float("-inf")}]}
    finite = {"loss": None, "é": [1.5, None, {"low": None}]}
    write_json(tmp_path / "file.json", value)
    assert read_json(tmp_path / "file.json") == finite
    assert "é" in (tmp_path / "file.json").read_text(encoding="utf-8")
    assert json.loads(json_line(value)) == finite
    assert json_line(value).count("\n") == 1


def test_value_that_json_cannot_hold_is_an_error_and_leaves_no_file(tmp_path):
    with pytest.raises(TypeError):
        write_json(tmp_path / "file.json", {"path": tmp_path})
    circle = []
    circle.append(circle)
    with pytest.raises(ValueError, match="Circular"):
        write_json(tmp_path / "file.json", circle)
    assert names_in(tmp_path) == []


BAD_JSON = {
    "cut": b'{"n": 1',
    "empty": b"",
    "two values": b"1 2",
    "not UTF-8": b'"\xff"',
    "number of 5000 digits": b"9" * 5000,
    "100,000 lists in each other": b"[" * 100_000,
}


@pytest.mark.parametrize("content", BAD_JSON.values(), ids=BAD_JSON)
def test_file_that_is_no_json_is_named(tmp_path, content):
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(UserError, match=r"run\.json is not valid JSON"):
        read_json(tmp_path / "run.json")


@pytest.mark.parametrize("content", ["[]", "null", "{}", '{"status": 1}'])
def test_file_that_is_no_object_with_its_keys_is_named(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(UserError, match=r"run\.json .*[Rr]eplace it"):
        read_object(tmp_path / "run.json", "status", "settings")


def test_json_saved_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "tables.json").write_bytes(b'\xef\xbb\xbf{"n": 1}\r\n')
    assert read_json(tmp_path / "tables.json") == {"n": 1}


@pytest.mark.parametrize("read", [read_json, read_jsonl])
def test_missing_file_or_a_folder_in_its_place_is_named(tmp_path, read):
    with pytest.raises(UserError, match=r"absent\.json is missing"):
        read(tmp_path / "absent.json")
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        read(tmp_path)


@pytest.mark.parametrize("read", [read_json, read_jsonl, read_sealed_lines, sha256_of_file])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_never_ends_is_not_read(tmp_path, read, kind):
    path = tmp_path / "rows.jsonl"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(UserError, match=r"rows\.jsonl is a pipe or a device"):
        read(path)


BAD_LINES = {
    "deep": "[" * 100_000,
    "cut": '{"n"',
    "array": "[1]",
    "number": "1",
    "null": "null",
    "word": "row",
}


@pytest.mark.parametrize("line", BAD_LINES.values(), ids=BAD_LINES)
def test_line_that_is_no_object_is_named_by_its_number(tmp_path, line):
    (tmp_path / "rows.jsonl").write_text(f'{{"n": 1}}\n\n{line}\n{{"n": 2}}\n')
    with pytest.raises(UserError, match=r"rows\.jsonl, line 3,"):
        read_jsonl(tmp_path / "rows.jsonl")


def test_line_separators_of_unicode_do_not_end_a_line_of_jsonl(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"n": "a\u2028b\x85c"}\n', encoding="utf-8")
    assert read_jsonl(tmp_path / "rows.jsonl") == [{"n": "a\u2028b\x85c"}]


# Hashes


def test_hash_of_a_file_is_that_of_sha256sum(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    assert sha256_of_file(tmp_path / "file").startswith("ba7816bf8f01cfea414140de5dae2223b00361a3")


def test_hash_of_json_ignores_the_order_of_keys_and_nothing_else():
    assert sha256_of_json({"a": 1, "b": [1, 2]}) == sha256_of_json({"b": [1, 2], "a": 1})
    others = [{"a": 1, "b": [2, 1]}, {"a": "1", "b": [1, 2]}, {"a": 1}, "\udcff"]
    assert len({sha256_of_json(value) for value in others}) == 4
