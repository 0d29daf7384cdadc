"""What the harness' model has answered, on disk as it comes, so that a killed run goes on."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from text2sql.files import json_line, read_finished_rows

if TYPE_CHECKING:
    from lm_eval.api.instance import Instance


class ResponseCache:
    """Answers by the kind of the request and its arguments; the harness calls it a cache hook."""

    def __init__(self, path: Path):
        stored = {row["key"]: row["answer"] for row in read_finished_rows(path)}
        self.answers: dict[str, Any] = {
            key: as_answer(answer) for key, answer in stored.items() if is_finite(answer)
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("a", encoding="utf-8")

    def __enter__(self) -> "ResponseCache":
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def add_partial(self, kind: str, arguments: tuple, answer: Any) -> None:
        key = key_of(kind, arguments)
        self.answers[key] = answer
        self.file.write(json_line({"key": key, "answer": answer}))
        self.file.flush()

    def ask_the_rest(
        self, kind: str, requests: Sequence["Instance"], ask: Callable[[list], Any]
    ) -> list:
        """Return an answer for each request; `ask` is given those that have none yet."""
        keys = [key_of(kind, request.args) for request in requests]
        rest = {
            key: request
            for key, request in zip(keys, requests, strict=True)
            if key not in self.answers
        }
        if rest:
            answers = ask(list(rest.values()))
            self.answers |= zip(rest, answers, strict=True)
        return [self.answers[key] for key in keys]


def key_of(kind: str, arguments: tuple) -> str:
    from lm_eval.api.model import hash_args

    return hash_args(kind, arguments)


def as_answer(stored: Any) -> Any:
    """Return a log-likelihood and whether it is the greedy answer as the pair that they were."""
    return tuple(stored) if isinstance(stored, list) else stored


def is_finite(stored: Any) -> bool:
    """Say whether the answer could be written: JSON has neither infinity nor NaN."""
    return stored is not None and not (isinstance(stored, list) and None in stored)
