"""The official archive of Spider: fetched once, checked, and unpacked into the user's cache."""

import hashlib
import os
import re
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from tqdm import tqdm

from text2sql.errors import UserError
from text2sql.files import read_json, sha256_of_file, write_json

# The archive that https://yale-lily.github.io/spider links to.
GOOGLE_DRIVE_ID = "1403EGqzIDoHMdQF4c9Bkyl7dZLZ5Wt6J"
GOOGLE_DRIVE_PAGE = f"https://drive.google.com/file/d/{GOOGLE_DRIVE_ID}/view"

# The official archive has 0.2 GB and unpacks to less than 2 GB.
MAX_ARCHIVE_BYTES = 2 * 2**30
MAX_UNPACKED_BYTES = 8 * 2**30
MAX_FILES = 100_000
RETRIES = 2
SERVER_TIMEOUT_S = 60

RECORD = "archive.json"


def fetch_spider_archive(source: str | None) -> tuple[Path, dict]:
    """Return the folder with the unpacked archive, and where it came from with its sha256.

    `source` is a file, a URL, or None for the official one. What is in the cache is not fetched
    again; what a kill left behind is never taken for a finished download.
    """
    folder = cache_dir() / folder_name(source)
    if not (folder / RECORD).exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".part-") as temporary:
            archive = Path(source or "")
            if source is None or is_url(source):
                archive = Path(temporary, "spider.zip")
                download(source, archive)
            unpacked = unpack(archive, Path(temporary, "unpacked"), source or GOOGLE_DRIVE_PAGE)
            record = {"source": source or GOOGLE_DRIVE_PAGE, "sha256": sha256_of_file(archive)}
            write_json(unpacked / RECORD, record)
            move_into_place(unpacked, folder)
    return folder, read_json(folder / RECORD)


def cache_dir() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "text2sql"


def folder_name(source: str | None) -> str:
    """Return a name that changes with the URL, or with the content of the file."""
    if source is None:
        return f"spider-{GOOGLE_DRIVE_ID}"
    if is_url(source):
        return f"spider-{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    if not Path(source).is_file():
        raise UserError(f"--spider_archive {source}: there is no such file.")
    return f"spider-{sha256_of_file(Path(source))[:16]}"


def is_url(source: str) -> bool:
    return re.match(r"https?://", source) is not None


def download(url: str | None, path: Path) -> None:
    """Fetch the URL, or the official archive for None, with a progress bar."""
    import gdown
    import requests

    place = {"id": GOOGLE_DRIVE_ID} if url is None else {"url": url}
    try:
        gdown.download(
            **place,
            output=str(path),
            use_cookies=False,
            timeout=SERVER_TIMEOUT_S,
            retries=RETRIES,
            progress=refuse_too_long_download,
        )
    except (gdown.exceptions.DownloadError, requests.RequestException) as error:
        raise UserError(
            f"The Spider archive could not be fetched from {url or GOOGLE_DRIVE_PAGE}: "
            f"{' '.join(str(error).split())} Download it with a browser from {GOOGLE_DRIVE_PAGE} "
            "and say --spider_archive FILE, or --spider_dir DIR for a folder with its files."
        ) from error


def refuse_too_long_download(num_bytes: int, total: int | None) -> None:
    if max(num_bytes, total or 0) > MAX_ARCHIVE_BYTES:
        raise UserError(
            f"The download is larger than {MAX_ARCHIVE_BYTES / 2**30:.0f} GiB and cannot be the "
            "Spider archive. Check the address."
        )


def unpack(archive: Path, target: Path, source: str) -> Path:
    """Unpack into `target` and return the folder in it that holds `tables.json`.

    Refused before anything is written: a path out of `target`, a link, an encrypted file, and
    more than `MAX_UNPACKED_BYTES`. zipfile never writes more than the sizes that are declared.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            members = [member for member in file.infolist() if is_wanted(member)]
            refuse_unsafe(members, source)
            for member in tqdm(members, desc="unpacking", unit="file"):
                file.extract(member, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise UserError(
            f"{source} is not a whole zip archive ({error}): the download was cut short, or it is "
            "a page and not the archive. Fetch it again."
        ) from error
    return find_spider_folder(target, source)


def is_wanted(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename).parts
    return not member.is_dir() and "__MACOSX" not in parts and ".DS_Store" not in parts


def refuse_unsafe(members: list[zipfile.ZipInfo], source: str) -> None:
    for member in members:
        if leaves_folder(member.filename):
            raise UserError(f"{source} holds a path out of its folder: {member.filename!r}.")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise UserError(f"{source} holds a link, {member.filename!r}, which is not unpacked.")
        if member.flag_bits & 1:
            raise UserError(f"{source} is encrypted; the Spider archive is not.")
    size = sum(member.file_size for member in members)
    if size > MAX_UNPACKED_BYTES or len(members) > MAX_FILES:
        raise UserError(
            f"{source} unpacks to {len(members):,} files of {size / 2**30:.1f} GiB, which is not "
            f"the Spider archive (at most {MAX_UNPACKED_BYTES / 2**30:.0f} GiB are unpacked)."
        )


def leaves_folder(name: str) -> bool:
    path = PureWindowsPath(name)  # it knows both separators, and drives
    return bool(path.anchor) or ".." in path.parts


def find_spider_folder(folder: Path, source: str) -> Path:
    """Return the top-most folder with a `tables.json`: `spider/` or `spider_data/` in releases."""
    found = min(folder.rglob("tables.json"), key=lambda path: len(path.parts), default=None)
    if found is None:
        raise UserError(f"{source} holds no tables.json: it is not the Spider archive.")
    return found.parent


def move_into_place(unpacked: Path, folder: Path) -> None:
    try:
        unpacked.rename(folder)
    except OSError:
        if not (folder / RECORD).exists():  # otherwise another process was as quick
            raise
