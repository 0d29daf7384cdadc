"""Results of gold queries between two uses: in memory as far as they are few, then on disk."""

import os
import tempfile
import threading
from typing import IO, NamedTuple

MAX_IN_MEMORY = 64 << 20  # bytes of all results together


class ResultStore:
    """Keeps packed results for several threads; those beyond `max_in_memory` in a temporary file.

    The file has no name and is gone with this process. Where none can be written, the results stay
    in memory.
    """

    def __init__(self, max_in_memory: int = MAX_IN_MEMORY):
        self.memory_left = max_in_memory
        self.file: IO[bytes] | None = None
        self.end = 0  # of the file, in bytes
        self.writing = threading.Lock()

    def keep(self, packed: bytes) -> "StoredResult":
        with self.writing:
            if len(packed) <= self.memory_left:
                self.memory_left -= len(packed)
                return StoredResult(packed)
            try:
                return self.append(packed)
            except OSError:
                return StoredResult(packed)

    def append(self, packed: bytes) -> "StoredResult":
        if self.file is None:
            # Open as long as this object.
            self.file = tempfile.TemporaryFile(prefix="text2sql-", buffering=0)  # noqa: SIM115
        self.file.seek(self.end)
        self.file.truncate()  # what a full disk cut short
        written = 0
        while written < len(packed):
            written += self.file.write(packed[written:])
        stored = StoredResult(None, self.file.fileno(), self.end, len(packed))
        self.end += len(packed)
        return stored

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


class StoredResult(NamedTuple):
    """A packed result: its bytes, or their place in an open file."""

    packed: bytes | None
    handle: int = -1
    offset: int = 0
    num_bytes: int = 0

    def read(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return os.pread(self.handle, self.num_bytes, self.offset)
