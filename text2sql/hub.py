"""The model hub: its refusals become one message that says what to do."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from text2sql.errors import UserError

PROBE_TIMEOUT_S = 10


@contextmanager
def explain_hub_errors(repo_id: str, kind: str, instead: str = "") -> Iterator[None]:
    """Turn what the hub's libraries raise in the block into a `UserError`.

    `repo_id` is a hub name or a folder, `kind` is "model" or "dataset", and `instead` is an
    alternative for the user. Where the hub cannot be reached, the block uses the cache at once, not
    after a minute of retries.
    """
    on_the_hub = not Path(repo_id).exists()
    if on_the_hub and looks_like_a_path(repo_id):
        raise UserError(
            f"The {kind} folder {repo_id} does not exist. Put it back, or pass its new location."
        )
    if on_the_hub:
        refuse_homeless_cache()
        use_cache_if_hub_is_gone()
    try:
        yield
    except Exception as error:
        causes = list(chain_of(error))
        reason = explain_hub_error(causes, repo_id, kind) if on_the_hub else None
        reason = reason or explain_disk_error(causes)
        if reason is None and on_the_hub and (refusal := ask_for_refusal(repo_id, kind)):
            reason = explain_hub_error([refusal], repo_id, kind)
        reason = reason or explain_content_error(causes)
        if reason is None:
            raise
        raise UserError(f"The {kind} {repo_id} {reason} {instead}".strip()) from error


def looks_like_a_path(repo_id: str) -> bool:
    return repo_id.startswith((".", "/", "~")) or repo_id.count("/") > 1


def refuse_homeless_cache() -> None:
    """Raise a `UserError` where the libraries would make a folder `~` in the current one."""
    from huggingface_hub import constants

    if constants.HF_HUB_CACHE.startswith("~"):
        raise UserError(
            "This user has no home folder for the hub's cache; set HF_HOME to a folder."
        )


@cache
def use_cache_if_hub_is_gone() -> None:
    """Ask once per process whether the hub can be reached; if not, the libraries use the cache."""
    from huggingface_hub import constants, get_session
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # of its HTTP client

    if constants.HF_HUB_OFFLINE:
        return
    try:
        answer = get_session().head(constants.ENDPOINT, timeout=PROBE_TIMEOUT_S)
        reason = f"status {answer.status_code}" if answer.status_code >= 500 else ""
    except HTTPError as error:
        reason = str(error) or type(error).__name__
    if reason:
        message = f"{constants.ENDPOINT} cannot be reached ({reason}): using the cache."
        print(message, file=sys.stderr)
        go_offline()


def go_offline() -> None:
    """Have the effect of HF_HUB_OFFLINE=1 on imported libraries and on child processes."""
    from huggingface_hub import constants

    os.environ["HF_HUB_OFFLINE"] = "1"
    constants.HF_HUB_OFFLINE = True
    if "datasets" in sys.modules:
        sys.modules["datasets"].config.HF_HUB_OFFLINE = True


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and its causes, since libraries wrap what the hub's client raised."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def ask_for_refusal(repo_id: str, kind: str) -> Exception | None:
    """Return the error with which the hub refuses this repository, None where it does not.

    Where part of a repository is in the cache, the libraries mistake a refusal for a missing file.
    """
    from huggingface_hub import constants, errors, get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    if constants.HF_HUB_OFFLINE:
        return None
    try:
        get_hf_file_metadata(hf_hub_url(repo_id, "config.json", repo_type=kind))
    except errors.EntryNotFoundError:  # data sets have no such file
        return None
    except (HTTPError, errors.HFValidationError) as error:
        return error
    return None


def explain_hub_error(causes: list[BaseException], repo_id: str, kind: str) -> str | None:
    """Return why the hub refuses and what to do, or None where the hub is not the reason."""
    from datasets.exceptions import DatasetNotFoundError
    from huggingface_hub import constants, errors
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]

    def any_is(*types: type[BaseException]) -> bool:
        return any(isinstance(cause, types) for cause in causes)

    page = f"https://huggingface.co/{'datasets/' if kind == 'dataset' else ''}{repo_id}"
    if any_is(errors.GatedRepoError) or "is a gated dataset" in str(causes[0]):
        return (
            f"is gated. Accept its licence at {page} and set HF_TOKEN to a token of your account "
            "(https://huggingface.co/settings/tokens)."
        )
    if any_is(errors.RepositoryNotFoundError, DatasetNotFoundError):
        return "is not on the hub, or is private. Check its name; set HF_TOKEN if it is private."
    statuses = [c.response.status_code for c in causes if isinstance(c, errors.HfHubHTTPError)]
    if any(status in (401, 403) for status in statuses):
        return f"is refused (status {statuses[0]}). Check HF_TOKEN, and that it may read {page}."
    if any(status == 429 or status >= 500 for status in statuses):
        return f"cannot be fetched: the hub answers with status {statuses[0]}. Try again later."
    unreachable = any_is(errors.LocalEntryNotFoundError, HTTPError, ConnectionError)
    if unreachable or (constants.HF_HUB_OFFLINE and any_is(OSError)):
        return (
            f"is not in the cache at {constants.HF_HOME}, and {constants.ENDPOINT} cannot be "
            "reached. Check the connection and that HF_HUB_OFFLINE is not set. There is no folder "
            f"of this name in {Path.cwd()} either."
        )
    return None


def explain_disk_error(causes: list[BaseException]) -> str | None:
    if any(getattr(cause, "errno", None) in (errno.ENOSPC, errno.EDQUOT) for cause in causes):
        return "does not fit on the disk. Free some space, or set HF_HOME to a larger disk."
    return None


def explain_content_error(causes: list[BaseException]) -> str | None:
    """Return the library's message about files that are missing, corrupt or of another kind."""
    kinds = (OSError, ValueError, TypeError)  # the last for JSON of another shape
    # The tokenizers' library raises `Exception` itself.
    library_said = isinstance(causes[0], kinds) or type(causes[0]) is Exception
    if library_said and getattr(causes[0], "errno", None) is None:
        return f"cannot be loaded: {' '.join(str(causes[0]).split())}"
    return None
