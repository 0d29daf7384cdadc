"""A sealed file is read while it is as it was written; an edit or damage is one message."""

import pytest

from text2sql.errors import UserError
from text2sql.files import read_json, write_json
from text2sql.seals import (
    CHECKSUMS_NAME,
    SEAL_KEY,
    find_changed,
    read_sealed_lines,
    read_sealed_object,
    read_sealed_text,
    sealed_line,
    write_checksums,
    write_sealed_object,
    write_sealed_text,
)

# Objects

RECORD = {"status": "running", "loss": float("nan"), "shots": (1, 2), "é": {"3": [0.1]}}


def read(path):
    return read_sealed_object(path, "status", advice="Make it again.", unsealed=("status",))


@pytest.fixture
def record(tmp_path):
    write_sealed_object(tmp_path / "run.json", RECORD, unsealed=("status",))
    return tmp_path / "run.json"


def test_object_comes_back_as_json_holds_it_and_without_its_seal(record):
    assert read(record) == {**RECORD, "loss": None, "shots": [1, 2]}
    assert SEAL_KEY in read_json(record)


@pytest.mark.parametrize(
    "change",
    [{"loss": 1.0}, {"shots": [2, 1]}, {"new": 1}, {"é": {"3": [0.1, 0.1]}}, {SEAL_KEY: None}],
)
def test_changed_object_is_refused_with_its_name_and_what_to_do(record, change):
    changed = {**read_json(record), **change}
    write_json(record, changed)
    if change == {SEAL_KEY: None}:  # no seal, as in files of earlier versions
        assert read(record)["shots"] == [1, 2]
        return
    with pytest.raises(UserError, match=r"run\.json was changed after .* Make it again\."):
        read(record)


def test_what_is_not_sealed_may_change_and_a_removed_seal_allows_all(record):
    write_json(record, {**read_json(record), "status": "finished"})
    assert read(record)["status"] == "finished"
    write_json(record, {"status": "finished", "shots": []})
    assert read(record) == {"status": "finished", "shots": []}


def test_text_is_read_while_it_is_unchanged(tmp_path):
    path = tmp_path / "quiz.json"
    write_sealed_text(path, '{"score": 0.5}')
    sealed = path.read_text()
    assert read_sealed_text(path)["score"] == read_json(path)["score"] == 0.5
    path.write_text(sealed.replace("0.5", "0.6"))
    with pytest.raises(UserError, match=r"quiz\.json was changed"):
        read_sealed_text(path)
    path.write_text('{"score": 0.5}')  # of an earlier version
    assert read_sealed_text(path) == {"score": 0.5}


# Lines of a file that grows

GROWING = {
    "absent": (None, 0, None),
    "empty": (b"", 0, b""),
    "whole": (b'{"n": 0}\n{"n": 1}\n', 2, b'{"n": 0}\n{"n": 1}\n'),
    "last line cut": (b'{"n": 0}\n{"n": 1', 1, b'{"n": 0}\n'),
    "last line without its newline": (b'{"n": 0}\n{"n": 1}', 1, b'{"n": 0}\n'),
    "only line cut": (b'{"n"', 0, b""),
    "cut inside a character": (b'{"n": 0}\n{"n": "\xc3', 1, b'{"n": 0}\n'),
    "CRLF": (b'{"n": 0}\r\n{"n": 1}\r\n{"n"', 2, b'{"n": 0}\r\n{"n": 1}\r\n'),
}


@pytest.mark.parametrize(("before", "num_rows", "after"), GROWING.values(), ids=GROWING)
def test_finished_rows_are_read_and_a_cut_line_is_removed(tmp_path, before, num_rows, after):
    path = tmp_path / "rows.jsonl"
    if before is not None:
        path.write_bytes(before)
    assert read_sealed_lines(path) == [{"n": n} for n in range(num_rows)]
    assert (path.read_bytes() if path.exists() else None) == after


def test_row_appended_after_a_cut_line_is_read_back(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"n": 0}\n{"n": 1')
    read_sealed_lines(path)
    with path.open("a") as file:
        file.write(sealed_line({"n": 1}))
    assert read_sealed_lines(path) == [{"n": 0}, {"n": 1}]


def test_damage_before_the_last_line_is_an_error_not_a_loss(tmp_path):
    content = b'{"n": 0}\n{"n\n{"n": 2}\n'
    (tmp_path / "rows.jsonl").write_bytes(content)
    with pytest.raises(UserError, match="line 2"):
        read_sealed_lines(tmp_path / "rows.jsonl")
    assert (tmp_path / "rows.jsonl").read_bytes() == content


def test_changed_line_is_refused_with_its_number(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text(sealed_line({"n": 0}) + sealed_line({"n": 1}).replace("1", "2", 1))
    with pytest.raises(UserError, match=r"rows\.jsonl, line 2, was changed"):
        read_sealed_lines(path)


# Folders


@pytest.fixture
def folder(tmp_path):
    for name in ("optimizer.pt", "trainer_state.json"):
        (tmp_path / name).write_text(name)
    write_checksums(tmp_path)
    return tmp_path


def test_folder_as_it_was_written_has_no_changed_file(folder):
    assert find_changed(folder) is None
    (folder / "another").write_text("file")
    assert find_changed(folder) is None
    (folder / CHECKSUMS_NAME).unlink()  # as in folders of earlier versions
    assert find_changed(folder) is None


@pytest.mark.parametrize("name", ["optimizer.pt", "trainer_state.json"])
def test_file_that_was_changed_or_removed_is_found(folder, name):
    (folder / name).write_text("other")
    assert find_changed(folder) == folder / name
    (folder / name).unlink()
    assert find_changed(folder) == folder / name


def test_checksums_of_a_stranger_lead_to_no_other_folder(folder):
    (folder / CHECKSUMS_NAME).write_text(f"{'0' * 64}  ../secret\n")
    assert find_changed(folder) == folder / "../secret"
