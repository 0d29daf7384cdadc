"""The model hub: what it refuses becomes one message that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from text2sql.records import UserError


@contextmanager
def explain_hub_errors(repo_id: str, kind: str) -> Iterator[None]:
    """Turn what the hub's libraries raise for `repo_id` into a `UserError`.

    `kind` is "model" or "dataset".
    """
    try:
        yield
    except Exception as error:
        message = explain(error, repo_id, kind)
        if message is None:
            raise
        raise UserError(message) from error


def explain(error: Exception, repo_id: str, kind: str) -> str | None:
    text = f"{type(error).__name__}: {error}"
    if "gated" in text.lower() or "401" in text:
        page = repo_id if kind == "model" else f"datasets/{repo_id}"
        return (
            f"The {kind} {repo_id} is gated. Accept its licence at https://huggingface.co/{page} "
            "and set HF_TOKEN (or run `hf auth login`)."
        )
    if isinstance(error, OSError):
        return f"The {kind} {repo_id} could not be loaded: {error}"
    return None
