"""On-disk cache of model responses, so that an interrupted benchmark resumes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from text2sql.seals import read_sealed_lines, sealed_line

if TYPE_CHECKING:
    from lm_eval.api.instance import Instance

Response = TypeVar("Response")


class ResponseCache:
    """Responses by request type and arguments; the harness calls it a cache hook."""

    def __init__(self, path: Path):
        stored = {row["key"]: row["answer"] for row in read_sealed_lines(path)}
        self.responses: dict[str, Any] = {
            key: from_json(response) for key, response in stored.items() if is_finite(response)
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("a", encoding="utf-8")

    def __enter__(self) -> "ResponseCache":
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def add_partial(self, kind: str, arguments: tuple[Any, ...], response: Any) -> None:
        """Store a response as soon as it is there; the harness' name for this."""
        key = key_of(kind, arguments)
        self.responses[key] = response
        self.file.write(sealed_line({"key": key, "answer": response}))
        self.file.flush()

    def complete(
        self,
        kind: str,
        requests: Sequence["Instance"],
        ask: Callable[[list["Instance"]], list[Response]],
    ) -> list[Response]:
        """Return a response for each request; `ask` is given those that have none yet."""
        keys = [key_of(kind, request.args) for request in requests]
        rest = {
            key: request
            for key, request in zip(keys, requests, strict=True)
            if key not in self.responses
        }
        if rest:
            self.responses |= zip(rest, ask(list(rest.values())), strict=True)
        return [self.responses[key] for key in keys]


def key_of(kind: str, arguments: tuple[Any, ...]) -> str:
    from lm_eval.api.model import hash_args

    return str(hash_args(kind, arguments))


def from_json(stored: Any) -> Any:
    """Return a log-likelihood and whether it is greedy as the pair that JSON made a list."""
    return tuple(stored) if isinstance(stored, list) else stored


def is_finite(stored: Any) -> bool:
    """Return whether the response survived JSON, which has neither infinity nor NaN."""
    return stored is not None and not (isinstance(stored, list) and None in stored)
