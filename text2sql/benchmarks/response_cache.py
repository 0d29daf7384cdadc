"""On-disk cache of model responses, so that an interrupted benchmark resumes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from text2sql.files import sha256_of_json
from text2sql.processes import gather, is_main_process, on_main_process
from text2sql.progress import progress_bar
from text2sql.seals import read_sealed_lines, sealed_line
from text2sql.shared_work import Findings

if TYPE_CHECKING:
    from lm_eval.api.instance import Instance
    from tqdm import tqdm


class ResponseCache:
    """Responses by request type and arguments; the harness calls it a cache hook.

    The main one of several processes writes the responses that all of them find. The others know
    those of earlier runs, for which they need not wait where `path` is not there (`is_begun`).
    """

    def __init__(self, path: Path, is_begun: bool = True):
        self.responses: dict[str, Any] = on_main_process(read_responses, path) if is_begun else {}
        self.findings = Findings(self.keep)
        self.held: list[tuple[str, Any]] | None = None  # responses of a block that continues
        self.bar: tqdm[Any] | None = None
        if is_main_process():
            path.parent.mkdir(parents=True, exist_ok=True)
            self.file = path.open("a", encoding="utf-8")

    def __enter__(self) -> "ResponseCache":
        return self

    def __exit__(self, *error: object) -> None:
        del self.findings  # which refer to this object, and would keep it in memory
        if is_main_process():
            self.file.close()

    def add_partial(self, kind: str, arguments: tuple[Any, ...], response: Any) -> None:
        """Store a response as soon as it is there; the harness' name for this."""
        found = (key_of(kind, arguments), response)
        if self.held is None:
            self.findings.add([found])
        else:
            self.held.append(found)

    @contextmanager
    def storing_together(self) -> Iterator[None]:
        """Store the block's responses when it ends, or none of them.

        What is computed together stays together: a run that resumes has the same last digits.
        """
        self.held = []
        try:
            yield
            self.findings.add(self.held)
        finally:
            self.held = None

    def keep(self, found: Sequence[tuple[str, Any]]) -> None:
        """Write responses that some process found, on the main one."""
        self.responses |= found
        self.file.write("".join(sealed_line({"key": key, "answer": a}) for key, a in found))
        self.file.flush()
        if self.bar is not None:
            self.bar.update(len(found))

    def complete(
        self,
        kind: str,
        requests: Sequence["Instance"],
        ask: Callable[[list["Instance"]], object],
        label: str | None = None,
    ) -> list[Any]:
        """Return a response for each request; on a process that is not the main one, maybe None.

        `ask` is given those that have none yet, and adds the responses to the part of them that
        this process answers. A `label` is that of a progress bar.
        """
        keys = [key_of(kind, request.args) for request in requests]
        rest = {
            key: request
            for key, request in zip(keys, requests, strict=True)
            if key not in self.responses
        }
        if rest:
            with progress_bar(total=len(rest), desc=label, disable=label is None) as self.bar:
                self.collect(ask, list(rest.values()))
            if not is_main_process():
                self.responses |= dict.fromkeys(rest)
        return [self.responses[key] for key in keys]

    def collect(
        self, ask: Callable[[list["Instance"]], object], requests: list["Instance"]
    ) -> None:
        """Ask on all processes; where the memory of one is short, all raise `OutOfMemoryError`."""
        from torch import OutOfMemoryError

        failure = None
        try:
            ask(requests)
        except OutOfMemoryError as error:
            failure = str(error)
        self.findings.finish()
        failures = [found for found in gather(failure) if found is not None]
        if failures:
            raise OutOfMemoryError(failures[0])


def response_cache_path(path: Path, settings: Mapping[str, Any], batch_size: int) -> Path:
    """Return the path of the cache; padded batches have other last digits than packed rows."""
    made_by = sha256_of_json({**settings, "batch_size": batch_size})[:12]
    return path.with_name(f".{path.stem}-{made_by}-answers.jsonl")


def read_responses(path: Path) -> dict[str, Any]:
    stored = {row["key"]: row["answer"] for row in read_sealed_lines(path)}
    return {key: from_json(response) for key, response in stored.items() if is_finite(response)}


def key_of(kind: str, arguments: tuple[Any, ...]) -> str:
    """Return the name of a request in the cache, the harness' hash of it.

    Those of texts are kept, as a benchmark asks every variant the same long prompts.
    """
    if all(isinstance(argument, str) for argument in arguments):
        return key_of_texts(kind, arguments)
    return hash_request(kind, arguments)


@lru_cache(maxsize=2**17)
def key_of_texts(kind: str, texts: tuple[str, ...]) -> str:
    return hash_request(kind, texts)


def hash_request(kind: str, arguments: tuple[Any, ...]) -> str:
    from lm_eval.api.model import hash_args

    return str(hash_args(kind, arguments))


def from_json(stored: Any) -> Any:
    """Return a log-likelihood and whether it is greedy as the pair that JSON made a list."""
    return tuple(stored) if isinstance(stored, list) else stored


def is_finite(stored: Any) -> bool:
    """Return whether the response survived JSON, which has neither infinity nor NaN."""
    return stored is not None and not (isinstance(stored, list) and None in stored)
