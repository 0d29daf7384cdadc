"""The official archive of Spider: downloaded once, checked, and unpacked into the user's cache."""

import errno
import hashlib
import os
import re
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from text2sql.errors import UserError
from text2sql.files import make_folder, read_object, sha256_of_file, write_json
from text2sql.progress import progress_bar
from text2sql.run_record import without_credentials

# The archive that https://yale-lily.github.io/spider links to.
GOOGLE_DRIVE_ID = "1403EGqzIDoHMdQF4c9Bkyl7dZLZ5Wt6J"
GOOGLE_DRIVE_PAGE = f"https://drive.google.com/file/d/{GOOGLE_DRIVE_ID}/view"

# The official archive is 0.2 GB and unpacks to less than 2 GB.
MAX_ARCHIVE_BYTES = 2 * 2**30
MAX_UNPACKED_BYTES = 8 * 2**30
MAX_FILES = 100_000
RETRIES = 2
SERVER_TIMEOUT_S = 60

RECORD = "archive.json"
FETCH = f"Download the official archive from {GOOGLE_DRIVE_PAGE}."
# Errors of the disk or the user's rights; any other of the system is due to a malformed archive.
DISK_ERRORS = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO),
    *(errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.ENOENT),
}


def fetch_spider_archive(source: str | None) -> tuple[Path, dict[str, str]]:
    """Return the folder with the unpacked archive, and its `source` and `sha256`.

    `source` is a file, a URL, or None for the official archive. An archive in the cache is not
    downloaded again, and what a killed run left behind is never taken for a finished download.
    """
    shown = without_credentials(source or GOOGLE_DRIVE_PAGE)
    folder = cache_dir() / folder_name(source)
    if not (folder / RECORD).exists():
        make_folder(folder.parent)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".part-") as temporary:
            archive = Path(source or "")
            if source is None or is_url(source):
                archive = Path(temporary, "spider.zip")
                download(source, archive)
            unpacked = unpack(archive, Path(temporary, "unpacked"), shown)
            write_json(unpacked / RECORD, {"source": shown, "sha256": sha256_of_file(archive)})
            move_into_place(unpacked, folder)
    return folder, read_object(folder / RECORD, "source", "sha256")


def cache_dir() -> Path:
    """Return the folder for downloads; a `UserError` where the user has no home."""
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "text2sql"
    except RuntimeError:
        raise UserError(
            "This user has no home folder for the unpacked archive; set XDG_CACHE_HOME to a folder."
        ) from None


def folder_name(source: str | None) -> str:
    """Return a name that depends on the URL, or on the content of the file."""
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
    """Download the URL, or the official archive for None, with a progress bar."""
    import gdown
    import requests

    try:
        gdown.download(
            url=url,
            id=GOOGLE_DRIVE_ID if url is None else None,
            output=str(path),
            use_cookies=False,
            timeout=SERVER_TIMEOUT_S,
            retries=RETRIES,
            progress=refuse_large_download,
        )
    except (gdown.exceptions.DownloadError, requests.RequestException) as error:
        reason = without_credentials(" ".join(str(error).split()))
        raise UserError(
            "The Spider archive could not be downloaded from "
            f"{without_credentials(url or GOOGLE_DRIVE_PAGE)}: {reason} Download it with a browser "
            f"from {GOOGLE_DRIVE_PAGE} and pass --spider_archive FILE, or --spider_dir DIR for a "
            "folder with its files."
        ) from error


def refuse_large_download(num_bytes: int, total: int | None) -> None:
    if max(num_bytes, total or 0) > MAX_ARCHIVE_BYTES:
        raise UserError(
            f"The download is larger than {MAX_ARCHIVE_BYTES / 2**30:.0f} GiB and cannot be the "
            "Spider archive. Check the address."
        )


def unpack(archive: Path, target: Path, source: str) -> Path:
    """Unpack into `target` and return the folder in it that holds `tables.json`.

    A path out of `target`, a link, an encrypted file and more than `MAX_UNPACKED_BYTES` are refused
    before anything is written. zipfile never writes more than the declared sizes.
    """
    with explain_damaged_archive(source), zipfile.ZipFile(archive) as file:
        members = [member for member in file.infolist() if is_wanted(member)]
        refuse_unsafe(members, source)
        for member in progress_bar(members, desc="unpacking", unit="file"):
            file.extract(member, target)
    return find_spider_folder(target, source)


@contextmanager
def explain_damaged_archive(source: str) -> Iterator[None]:
    """Turn what zipfile and its decoders raise on a malformed archive into a `UserError`.

    Each decoder raises exceptions of its own kind, and paths in the archive those of the system.
    """
    try:
        yield
    except (UserError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in DISK_ERRORS:
            raise
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UserError(
            f"{source} is not a complete zip archive ({' '.join(reason.split())}): the download "
            "was cut short, or it is a web page and not the archive. Download it again."
        ) from error


def is_wanted(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename).parts
    return not member.is_dir() and "__MACOSX" not in parts and ".DS_Store" not in parts


def refuse_unsafe(members: list[zipfile.ZipInfo], source: str) -> None:
    for member in members:
        if leaves_folder(member.filename):
            raise UserError(
                f"{source} contains a path out of its folder, {member.filename!r}. {FETCH}"
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise UserError(f"{source} contains a link, {member.filename!r}. {FETCH}")
        if member.flag_bits & 1:
            raise UserError(f"{source} is encrypted, which the Spider archive is not. {FETCH}")
    size = sum(member.file_size for member in members)
    if size > MAX_UNPACKED_BYTES or len(members) > MAX_FILES:
        raise UserError(
            f"{source} unpacks to {len(members):,} files of {size / 2**30:.1f} GiB, which is not "
            f"the Spider archive (at most {MAX_UNPACKED_BYTES / 2**30:.0f} GiB are unpacked). "
            f"{FETCH}"
        )


def leaves_folder(name: str) -> bool:
    path = PureWindowsPath(name)  # which knows both separators, and drives
    return bool(path.anchor) or ".." in path.parts


def find_spider_folder(folder: Path, source: str) -> Path:
    """Return the top-most folder with a `tables.json`: `spider/` or `spider_data/` in releases."""
    found = min(folder.rglob("tables.json"), key=lambda path: len(path.parts), default=None)
    if found is None:
        raise UserError(f"{source} contains no tables.json: it is not the Spider archive. {FETCH}")
    return found.parent


def move_into_place(unpacked: Path, folder: Path) -> None:
    try:
        unpacked.rename(folder)
    except OSError:
        if not (folder / RECORD).exists():  # otherwise another process was as quick
            raise
