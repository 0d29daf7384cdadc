"""Files are written whole or not at all, and names from others stay within their folder."""

import multiprocessing
import os
import signal
import stat
from pathlib import Path

import pytest

from text2sql.errors import UserError
from text2sql.files import (
    atomic_write,
    check_plain_name,
    folder_lock,
    read_json,
    refuse_linked_folders,
    write_json,
    write_text,
)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Files written whole


def test_missing_folders_are_made_on_the_way(tmp_path):
    write_text(tmp_path / "a" / "b" / "file.txt", "text")
    assert (tmp_path / "a" / "b" / "file.txt").read_text() == "text"
    assert names_in(tmp_path / "a" / "b") == ["file.txt"]


def test_error_in_the_block_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "scores.json"
    write_json(path, {"n": 1})
    with pytest.raises(RuntimeError), atomic_write(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert read_json(path) == {"n": 1}
    assert names_in(tmp_path) == ["scores.json"]


def write_half_and_die(path: Path) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)


def test_kill_before_the_rename_leaves_the_old_file(tmp_path):
    path = tmp_path / "scores.json"
    write_json(path, {"n": 1})
    process = multiprocessing.get_context("fork").Process(target=write_half_and_die, args=(path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert read_json(path) == {"n": 1}
    write_json(path, {"n": 2})
    assert read_json(path) == {"n": 2}


def test_content_is_on_the_disk_before_the_name_points_to_it(tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (calls.append("fsync"), fsync(fd)))
    monkeypatch.setattr(
        Path, "replace", lambda self, path: (calls.append("replace"), replace(self, path))
    )
    write_text(tmp_path / "file", "text")
    assert calls == ["fsync", "replace"]


def write_often(path: Path, word: str) -> None:
    for _ in range(50):
        write_text(path, word * 50_000)


def test_two_processes_writing_one_file_leave_one_whole_version(tmp_path):
    path = tmp_path / "file"
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=write_often, args=(path, word)) for word in ("a", "b")]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers) or not seen:
        if path.exists():
            text = path.read_text()
            seen.add((len(text), len(set(text))))
    assert seen == {(50_000, 1)}
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert names_in(tmp_path) == ["file"]


def test_permissions_of_a_rewritten_file_are_kept(tmp_path):
    path = tmp_path / "file"
    write_text(path, "old")
    path.chmod(0o640)
    write_text(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_new_file_has_the_permissions_that_open_would_give(tmp_path):
    write_text(tmp_path / "file", "text")
    (tmp_path / "plain").touch()
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("target_exists", [True, False], ids=["existing", "dangling"])
def test_link_is_replaced_and_its_target_stays_as_it_was(tmp_path, target_exists):
    target = tmp_path / "elsewhere" / "file"
    if target_exists:
        write_text(target, "old")
    (tmp_path / "link").symlink_to(target)
    write_text(tmp_path / "link", "new")
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "link").read_text() == "new"
    assert target.exists() == target_exists
    assert not target_exists or target.read_text() == "old"


def test_parts_of_killed_processes_are_removed_when_a_command_takes_the_folder(tmp_path):
    parts = [tmp_path / name for name in (".a.4194999.part", "general/base/.b.c.4194999.part")]
    others = [tmp_path / f".a.{os.getpid()}.part", tmp_path / ".mine.part", tmp_path / "c.1.part"]
    for path in (*parts, *others):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    with folder_lock(tmp_path):
        assert not any(path.exists() for path in parts)
        assert all(path.exists() for path in others)


def test_part_of_a_killed_process_is_removed_and_that_of_a_running_one_is_not(tmp_path):
    path = tmp_path / "scores.json"
    process = multiprocessing.get_context("fork").Process(target=write_half_and_die, args=(path,))
    process.start()
    process.join()
    (tmp_path / f".scores.json.{os.getppid()}.part").touch()
    (tmp_path / ".other.json.999999999.part").touch()
    write_json(path, {})
    expected = [f".scores.json.{os.getppid()}.part", ".other.json.999999999.part", "scores.json"]
    assert names_in(tmp_path) == sorted(expected)


@pytest.mark.parametrize("name", ["base", "checkpoint-200", "ü", "a b", "gemma-2b.it", "..."])
def test_plain_name_is_accepted(name):
    assert check_plain_name(name, "study.json") == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "/etc", "a/b", "a\nb", "\x1b[31m", "a\0", "\u202e", 7, None]
)
def test_name_that_could_leave_the_folder_or_alter_the_terminal_is_refused(name):
    with pytest.raises(UserError, match=r"study\.json contains .* only plain names"):
        check_plain_name(name, "study.json")


def test_linked_folder_below_an_output_folder_is_refused_but_the_folder_itself_may_be_a_link(
    tmp_path,
):
    (tmp_path / "disk" / "evaluation" / "general").mkdir(parents=True)
    (tmp_path / "evaluation").symlink_to(tmp_path / "disk" / "evaluation")
    refuse_linked_folders(tmp_path / "evaluation")
    (tmp_path / "disk" / "evaluation" / "tensorboard").symlink_to(tmp_path)
    with pytest.raises(UserError, match="tensorboard is a symbolic link"):
        refuse_linked_folders(tmp_path / "evaluation")


def test_file_in_the_way_of_a_folder_is_named(tmp_path):
    write_text(tmp_path / "file", "")
    for path in (tmp_path / "file" / "scores.json", tmp_path / "file" / "deeper" / "scores.json"):
        with pytest.raises(UserError, match=r"file.* cannot be created as a folder"):
            write_json(path, {})
    assert names_in(tmp_path) == ["file"]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="only Linux has a /proc")
def test_place_where_no_folder_can_be_is_named():
    with pytest.raises(UserError, match=r"/proc/none/scores cannot be created"):
        write_json(Path("/proc/none/scores/x.json"), {})


def test_folder_in_the_way_of_a_file_is_named_before_anything_is_computed(tmp_path):
    with pytest.raises(UserError, match="is a folder"), atomic_write(tmp_path):
        pytest.fail("the block began")
