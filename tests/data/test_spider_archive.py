"""Facts about unpacking an archive that anybody may have made."""

import errno
import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from local_hub import LocalHub

from text2sql.data import spider_archive
from text2sql.data.spider_archive import fetch_spider_archive
from text2sql.errors import UserError


@pytest.fixture(autouse=True)
def cache_dir(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "text2sql"


@pytest.fixture
def served(tmp_path):
    """A folder of files, and the hub that serves them."""
    (tmp_path / "root" / "files").mkdir(parents=True)
    with LocalHub(tmp_path / "root") as hub:
        yield tmp_path / "root" / "files", hub


def zip_of(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in files.items():
            file.writestr(name, text)
    return content.getvalue()


def write_zip(path: Path, files: dict[str, str]) -> Path:
    path.write_bytes(zip_of(files))
    return path


def nothing_is_left_in(cache_dir: Path) -> bool:
    return not cache_dir.exists() or not list(cache_dir.iterdir())


@pytest.mark.parametrize("top", ["spider/", "spider_data/", "", "a/b/"])
def test_folder_of_the_archive_is_found_whatever_its_name(tmp_path, top):
    files = {f"{top}tables.json": "[]", f"{top}database/x/x.sqlite": "x"}
    files |= {f"__MACOSX/{top}._tables.json": "junk", f"__MACOSX/{top}tables.json": "junk"}
    folder, record = fetch_spider_archive(str(write_zip(tmp_path / "spider.zip", files)))
    assert (folder / "tables.json").read_text() == "[]"
    assert (folder / "database" / "x" / "x.sqlite").read_text() == "x"
    assert record["source"].endswith("spider.zip")


def test_archive_is_unpacked_once_and_again_when_it_changes(tmp_path):
    path = write_zip(tmp_path / "spider.zip", {"tables.json": "[1]"})
    first, _ = fetch_spider_archive(str(path))
    (first / "tables.json").write_text("from the cache")
    again, _ = fetch_spider_archive(str(path))
    assert (again / "tables.json").read_text() == "from the cache"
    write_zip(path, {"tables.json": "[2]"})
    assert (fetch_spider_archive(str(path))[0] / "tables.json").read_text() == "[2]"


@pytest.mark.parametrize(
    "name", ["../out.txt", "a/../../out.txt", "/out.txt", "..\\out.txt", "C:\\out.txt", "C:out.txt"]
)
def test_path_out_of_the_folder_is_refused_before_anything_is_written(tmp_path, cache_dir, name):
    path = write_zip(tmp_path / "spider.zip", {"tables.json": "[]", name: "out"})
    with pytest.raises(UserError, match="out of its folder"):
        fetch_spider_archive(str(path))
    assert nothing_is_left_in(cache_dir)
    assert not list(tmp_path.rglob("out.txt"))


def test_link_is_refused(tmp_path, cache_dir):
    with zipfile.ZipFile(tmp_path / "spider.zip", "w") as file:
        link = zipfile.ZipInfo("tables.json")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
    with pytest.raises(UserError, match="link"):
        fetch_spider_archive(str(tmp_path / "spider.zip"))
    assert nothing_is_left_in(cache_dir)


def test_archive_that_declares_too_much_is_refused(tmp_path, cache_dir):
    content = bytearray(zip_of({f"file{number}": "x" for number in range(3)} | {"tables.json": ""}))
    entry = content.find(b"PK\x01\x02")  # an entry of the central directory; its size is at 24
    while entry >= 0:
        struct.pack_into("<I", content, entry + 24, 0xFFFFFFF0)
        entry = content.find(b"PK\x01\x02", entry + 1)
    (tmp_path / "spider.zip").write_bytes(content)
    with pytest.raises(UserError, match=r"16\.0 GiB"):
        fetch_spider_archive(str(tmp_path / "spider.zip"))
    assert nothing_is_left_in(cache_dir)


def test_archive_that_declares_too_little_is_refused(tmp_path, cache_dir):
    content = bytearray(zip_of({"tables.json": "[" + " " * 100_000 + "]"}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.find(signature) + offset, 2)
    (tmp_path / "spider.zip").write_bytes(content)
    with pytest.raises(UserError, match="not a complete zip archive"):
        fetch_spider_archive(str(tmp_path / "spider.zip"))
    assert nothing_is_left_in(cache_dir)


@pytest.mark.parametrize(
    "content",
    {
        "cut_short": zip_of({"tables.json": "[]" * 9999})[:-30],
        "damaged": zip_of({"tables.json": "[]" * 9999}).replace(b"PK\x03\x04", b"PK\x03\x05"),
        "a_web_page": b"<html>Virus scan warning</html>",
        "empty": b"",
    }.items(),
    ids=lambda item: item[0],
)
def test_what_is_no_whole_archive_is_refused(served, cache_dir, content):
    folder, hub = served
    (folder / "spider.zip").write_bytes(content[1])
    with pytest.raises(UserError, match="not a complete zip archive"):
        fetch_spider_archive(f"{hub.url}/files/spider.zip")
    assert nothing_is_left_in(cache_dir)


def damaged_member(compression: int) -> bytes:
    """Return an archive whose decoder, and not its checksum, finds the damage."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as file:
        file.writestr("tables.json", "[1, 2, 3]" * 99)
    start = 30 + len("tables.json")  # of the data, after the local header
    return content.getvalue()[:start] + b"\xff" * 40 + content.getvalue()[start + 40 :]


def member_beyond_the_file() -> bytes:
    content = bytearray(zip_of({"tables.json": "[]"}))
    entry = content.find(b"PK\x01\x02")  # the offset of the member is at 42
    struct.pack_into("<I", content, entry + 42, 0xFFFFFF00)
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    {
        "deflate": damaged_member(zipfile.ZIP_DEFLATED),
        "bzip2": damaged_member(zipfile.ZIP_BZIP2),
        "lzma": damaged_member(zipfile.ZIP_LZMA),
        "deep": zip_of({"a/" * 3000 + "tables.json": "[]"}),
        "long_name": zip_of({"a" * 300 + "/tables.json": "[]"}),
        "file_below_a_file": zip_of({"a": "[]", "a/tables.json": "[]"}),
        "offset": member_beyond_the_file(),
    }.items(),
    ids=lambda item: item[0],
)
def test_archive_that_a_decoder_or_the_system_refuses_is_one_message(tmp_path, cache_dir, content):
    (tmp_path / "spider.zip").write_bytes(content[1])
    with pytest.raises(UserError, match=r"spider\.zip is not a complete zip archive"):
        fetch_spider_archive(str(tmp_path / "spider.zip"))
    assert nothing_is_left_in(cache_dir)


def test_full_disk_is_not_blamed_on_the_archive(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "extract", fail)
    path = write_zip(tmp_path / "spider.zip", {"tables.json": "[]"})
    with pytest.raises(OSError, match="No space left"):
        fetch_spider_archive(str(path))


def test_user_without_a_home_is_told_what_to_set(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", raise_no_home)
    with pytest.raises(UserError, match="set XDG_CACHE_HOME"):
        fetch_spider_archive(str(write_zip(tmp_path / "spider.zip", {"tables.json": "[]"})))


def test_cache_that_cannot_be_made_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    path = write_zip(tmp_path / "spider.zip", {"tables.json": "[]"})
    with pytest.raises(UserError, match="cannot be created as a folder"):
        fetch_spider_archive(str(path))


def raise_no_home():
    raise RuntimeError("Could not determine home directory.")


def test_archive_of_something_else_is_refused(tmp_path, cache_dir):
    path = write_zip(tmp_path / "spider.zip", {"photo.txt": "a holiday"})
    with pytest.raises(UserError, match=r"no tables\.json"):
        fetch_spider_archive(str(path))
    assert nothing_is_left_in(cache_dir)


def test_url_is_fetched_once_and_then_read_from_the_cache(served):
    folder, hub = served
    write_zip(folder / "spider.zip", {"spider/tables.json": "[]"})
    url = f"{hub.url}/files/spider.zip"
    first, record = fetch_spider_archive(url)
    hub.close()
    assert fetch_spider_archive(url) == (first, record)
    assert record["source"] == url


def test_password_and_signature_of_a_url_are_neither_stored_nor_shown(served, cache_dir):
    folder, hub = served
    write_zip(folder / "spider.zip", {"spider/tables.json": "[]"})
    address = hub.url.replace("://", "://user:PASS@")
    fetch_spider_archive(f"{address}/files/spider.zip?sig=SIGNED")
    (record,) = cache_dir.rglob("archive.json")
    assert "PASS" not in record.read_text() and "SIGNED" not in record.read_text()
    with pytest.raises(UserError, match="downloaded") as caught:
        fetch_spider_archive(f"{address}/files/nowhere.zip?sig=SIGNED")
    assert "PASS" not in str(caught.value) and "SIGNED" not in str(caught.value)


@pytest.mark.slow
def test_download_that_is_cut_short_leaves_nothing(served, cache_dir):
    folder, hub = served
    write_zip(folder / "spider.zip", {"spider/tables.json": "[]" * 9999})
    hub.cut_short_after = 40
    with pytest.raises(UserError, match="could not be downloaded"):
        fetch_spider_archive(f"{hub.url}/files/spider.zip")
    assert nothing_is_left_in(cache_dir)


def test_download_that_is_too_long_is_stopped(served, cache_dir, monkeypatch):
    folder, hub = served
    write_zip(folder / "spider.zip", {"spider/tables.json": "[]"})
    monkeypatch.setattr(spider_archive, "MAX_ARCHIVE_BYTES", 10)
    with pytest.raises(UserError, match="larger than"):
        fetch_spider_archive(f"{hub.url}/files/spider.zip")
    assert nothing_is_left_in(cache_dir)


def test_missing_url_and_missing_file_say_what_to_do_instead(served, tmp_path):
    with pytest.raises(UserError, match="--spider_dir"):
        fetch_spider_archive(f"{served[1].url}/files/nowhere.zip")
    with pytest.raises(UserError, match="no such file"):
        fetch_spider_archive(str(tmp_path / "nowhere.zip"))


def test_official_archive_that_google_refuses_names_its_page(monkeypatch):
    import gdown

    def refuse(**_):
        raise gdown.exceptions.FileURLRetrievalError("Too many users have viewed this file.")

    monkeypatch.setattr(gdown, "download", refuse)
    with pytest.raises(UserError, match=r"Too many users.*drive\.google\.com/file/d/1403EG"):
        fetch_spider_archive(None)
