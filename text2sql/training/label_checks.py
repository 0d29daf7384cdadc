"""The supervised tokens of a row, and refusals of rows that would train a model wrongly."""

from typing import TYPE_CHECKING

from text2sql.errors import UserError
from text2sql.models.tokenizer import end_of_turn_id

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase


def preview_first_row(rows: "Dataset", tokenizer: "PreTrainedTokenizerBase") -> str:
    """Check every tokenised row; return the first, decoded, with supervised tokens in ⟦ ⟧."""
    check_rows(rows, tokenizer, end_of_turn_id(tokenizer))
    return mark_supervised(rows[0]["input_ids"], rows[0]["labels"], tokenizer)


def check_rows(rows: "Dataset", tokenizer: "PreTrainedTokenizerBase", end_of_turn: int) -> None:
    """Raise a `UserError` if a tokenised row would train the model wrongly.

    Each row needs a supervised token, at most one `<bos>` at its start, and the end of turn among
    its labels: without it the model never learns to stop.
    """
    for index, (token_ids, labels) in enumerate(
        zip(rows["input_ids"], rows["labels"], strict=True)
    ):
        supervised = [label for label in labels if label != -100]
        if not supervised:
            raise bad_row(index, "has no supervised token")
        bos = tokenizer.bos_token_id
        if bos is not None and token_ids[:2] == [bos, bos]:
            raise bad_row(index, f"begins with more than one {tokenizer.bos_token}")
        if end_of_turn not in supervised:
            raise bad_row(index, "has no end of turn among its labels")


def bad_row(index: int, fault: str) -> UserError:
    return UserError(f"Row {index} {fault}; make the prompts again with preprocess.py.")


def mark_supervised(
    token_ids: list[int], labels: list[int], tokenizer: "PreTrainedTokenizerBase"
) -> str:
    """Return the decoded row with each supervised part between ⟦ and ⟧."""
    pieces: list[str] = []
    start, inside = 0, False
    for position in range(len(token_ids) + 1):
        at_end = position == len(token_ids)
        supervised = not at_end and labels[position] != -100
        if supervised != inside or at_end:
            pieces.append(str(tokenizer.decode(token_ids[start:position])))
            if supervised != inside:
                pieces.append("⟦" if supervised else "⟧")
            start, inside = position, supervised
    return "".join(pieces)
