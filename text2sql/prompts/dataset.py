"""The folder of prompts: its rows, its manifest, its writing as a whole, and its reading."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from text2sql.data.spider import Example
from text2sql.data.spider_splits import Split, missing_databases
from text2sql.errors import UserError
from text2sql.files import folder_lock, read_object, sha256_of_json, write_json
from text2sql.prompts.budget import FittedPrompt

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

COLUMNS = (
    "id",
    "db_id",
    "question",
    "gold_sql",
    "hardness",
    "prompt",
    "completion",
    "text",
    "num_tokens",
    "num_shots",
    "schema_reduced",
)
MANIFEST = "manifest.json"
UNFINISHED = ".part-"  # how the folders begin that are still written
# Of the manifest, by other commands.
READ_LATER = ("model_id", "seed", "max_length", "limit", "splits", "tokenizer")
PERCENTILES = (50, 90, 95, 99)


def build_row(example: Example, fitted: FittedPrompt) -> dict:
    reduction = fitted.reduction
    return {
        "id": example.id,
        "db_id": example.db_id,
        "question": example.question,
        "gold_sql": example.gold_sql,
        "hardness": example.hardness,
        "prompt": fitted.prompt,
        "completion": fitted.completion,
        "text": fitted.text,
        "num_tokens": fitted.num_tokens,
        "num_shots": fitted.num_shots,
        "schema_reduced": not (reduction.with_types and reduction.all_tables),
    }


def describe_split(
    split: Split, fitted: Sequence[FittedPrompt], rows: Sequence[dict], max_length: int
) -> dict:
    """Return the split's entry in the manifest."""
    kept = {row["id"] for row in rows}
    left_out = [example.id for example in split.examples if example.id not in kept]
    missing = missing_databases((e.db_id for e in split.examples), split.database_dir)
    return {
        "rows": len(rows),
        "left_out": len(left_out),
        "left_out_ids": left_out,
        "above_max_length_ids": [row["id"] for row in rows if row["num_tokens"] > max_length],
        "tables_path": str(split.tables_path.resolve()),
        "database_dir": str(split.database_dir.resolve()),
        "missing_databases": missing,
        "questions_without_database": sum(e.db_id in missing for e in split.examples),
        "databases": len({row["db_id"] for row in rows}),
        "num_shots": count_values(prompt.num_shots for prompt in fitted),
        "without_types": sum(not prompt.reduction.with_types for prompt in fitted),
        "without_some_tables": sum(not prompt.reduction.all_tables for prompt in fitted),
        "hardness": count_values(row["hardness"] or "unknown" for row in rows),
        "num_tokens": length_percentiles([row["num_tokens"] for row in rows]),
    }


def count_values(values: Iterable) -> dict[str, int]:
    return dict(sorted(Counter(map(str, values)).items()))


def length_percentiles(lengths: Sequence[int]) -> dict[str, int]:
    """Return the length that so many percent of the rows do not exceed."""
    ordered = sorted(lengths)
    if not ordered:
        return {}
    ranks = {f"p{percent}": -(-percent * len(ordered) // 100) - 1 for percent in PERCENTILES}
    return {name: ordered[rank] for name, rank in ranks.items()} | {"max": ordered[-1]}


def describe_tokenizer(tokenizer: "PreTrainedTokenizerBase") -> dict[str, str]:
    """Return the manifest's entry: what the text of a prompt and its tokens depend on."""
    return {
        "vocabulary_sha256": sha256_of_json(tokenizer.get_vocab()),
        "chat_template_sha256": sha256_of_json(tokenizer.chat_template),
    }


def write_processed_data(
    output_dir: Path, rows_of_splits: Mapping[str, list[dict]], manifest: dict
) -> None:
    """Write one data set a split, then the manifest; what was there before is replaced.

    The manifest goes first and comes last, so that a folder with one is whole.
    """
    refuse_foreign_folders(output_dir, rows_of_splits)
    with (
        folder_lock(output_dir),
        tempfile.TemporaryDirectory(dir=output_dir, prefix=UNFINISHED) as temporary,
    ):
        remove_unfinished(output_dir, Path(temporary))
        for name, rows in rows_of_splits.items():
            save_rows(rows, Path(temporary, name))
        remove_earlier(output_dir)
        for name in rows_of_splits:
            shutil.rmtree(output_dir / name, ignore_errors=True)
            Path(temporary, name).rename(output_dir / name)
        write_json(output_dir / MANIFEST, manifest)


def refuse_foreign_folders(output_dir: Path, names: Iterable[str]) -> None:
    """Protect what no run of ours wrote; one that was killed leaves splits without a manifest."""
    for path in (output_dir / name for name in names):
        if path.exists() and not (path / "dataset_info.json").exists():
            raise UserError(
                f"{path} is there and is no split of an earlier run. Choose another --output_dir."
            )


def remove_unfinished(output_dir: Path, own: Path) -> None:
    """Remove what runs that were killed while they wrote left behind."""
    for leftover in output_dir.glob(f"{UNFINISHED}*"):
        if leftover != own:
            shutil.rmtree(leftover, ignore_errors=True)


def remove_earlier(output_dir: Path) -> None:
    if not (output_dir / MANIFEST).exists():
        return
    earlier = read_object(output_dir / MANIFEST, "command", "splits")
    print(f"Replacing the prompts that this command made: {earlier['command']}")
    (output_dir / MANIFEST).unlink()
    for name in earlier["splits"]:
        shutil.rmtree(output_dir / name, ignore_errors=True)


def save_rows(rows: list[dict], directory: Path) -> None:
    """Write a data set whose files depend on the rows alone."""
    from datasets import Dataset, Features, List, Value, disable_progress_bars

    messages = List({"role": Value("string"), "content": Value("string")})
    columns = {name: Value("string") for name in COLUMNS} | {
        "prompt": messages,
        "completion": messages,
        "num_tokens": Value("int64"),
        "num_shots": Value("int64"),
        "schema_reduced": Value("bool"),
    }
    disable_progress_bars()
    Dataset.from_list(rows, features=Features(columns)).save_to_disk(directory)


def read_manifest(data_dir: Path) -> dict:
    if not (data_dir / MANIFEST).exists():
        raise UserError(
            f"There are no prompts in {data_dir}. Run preprocess.py first, or say where they lie "
            "with --data_dir."
        )
    return read_object(data_dir / MANIFEST, *READ_LATER)


def refuse_other_tokenizer(data_dir: Path, tokenizer: "PreTrainedTokenizerBase") -> None:
    """Refuse prompts whose model changed its tokenizer: their length in tokens would be wrong.

    A model may change under its name, on the hub as in a folder.
    """
    manifest = read_manifest(data_dir)
    if manifest["tokenizer"] != describe_tokenizer(tokenizer):
        raise UserError(
            f"The prompts in {data_dir} were made with another tokenizer or chat template than "
            f"{manifest['model_id']} has now, or by an earlier version, so their text and number "
            "of tokens may be wrong. Run preprocess.py again."
        )


def read_prompts(data_dir: Path, name: str) -> "Dataset":
    """Return the rows of a split, in memory; a `UserError` where they are absent or damaged."""
    from datasets import load_from_disk

    splits = read_manifest(data_dir)["splits"]
    if name not in splits:
        raise UserError(f"{data_dir} has no split {name}; it has {', '.join(splits)}.")
    try:
        rows = load_from_disk(str(data_dir / name), keep_in_memory=True)
        rows = rows.select_columns(list(COLUMNS))
    except Exception as error:  # datasets and pyarrow raise of every kind on damaged files
        reason = " ".join(str(error).split())
        raise UserError(
            f"The prompts in {data_dir / name} do not load ({reason}). They are damaged or of "
            "another version; run preprocess.py again."
        ) from error
    if not len(rows):
        raise UserError(f"The split {name} in {data_dir} is empty; run preprocess.py again.")
    return rows
