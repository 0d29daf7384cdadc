"""The rows that a run trains on and those that choose its checkpoint."""

from pathlib import Path
from typing import TYPE_CHECKING

from text2sql.errors import UserError
from text2sql.prompts.dataset import read_prompts

if TYPE_CHECKING:
    from datasets import Dataset


def read_rows(
    data_dir: Path, eval_split: str, limit: int | None, max_length: int
) -> tuple["Dataset", "Dataset"]:
    """Return the first `limit` rows of `train` and of `eval_split`, in memory.

    A `UserError` if a train row has more tokens than `max_length`.
    """
    rows, eval_rows = (read_prompts(data_dir, split) for split in ("train", eval_split))
    if limit is not None:
        rows, eval_rows = (
            split.select(range(min(limit, len(split)))) for split in (rows, eval_rows)
        )
    longest = max(rows["num_tokens"])
    if longest > max_length:
        raise UserError(
            f"A train row has {longest} tokens, more than --max_length {max_length}, and the SQL "
            f"is never truncated; run preprocess.py --max_length {max_length} first."
        )
    return rows, eval_rows
