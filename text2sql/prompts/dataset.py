"""The folder of prompts: its rows, written together with the manifest and checked when read."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from text2sql.data.spider import Example
from text2sql.data.spider_merge import merged_source, write_merged_source
from text2sql.data.spider_splits import SchemaSource
from text2sql.errors import UserError, is_machine_failure
from text2sql.files import folder_lock, read_object, sha256_of_file, sha256_of_json
from text2sql.prompts.budget import FittedPrompt
from text2sql.prompts.manifest import MANIFEST, RELATIVE, REMAKE, plain_names, read_manifest
from text2sql.seals import write_sealed_object

if TYPE_CHECKING:
    from datasets import Dataset

COLUMNS = (
    "id",
    "db_id",
    "question",
    "gold_sql",
    "hardness",
    "prompt",
    "completion",
    "text",
    "num_prompt_chars",
    "num_tokens",
    "num_shots",
    "schema_reduced",
)
DATASET_INFO = "dataset_info.json"  # which `save_to_disk` writes into each split's folder
STATE_NAME = "state.json"  # as it does this one, which lists the files of rows
MERGED = "spider"  # within it: schemas and databases from several folders
UNFINISHED = ".part-"  # prefix of folders that are still being written


def build_row(example: Example, fitted: FittedPrompt) -> dict[str, Any]:
    reduction = fitted.reduction
    return {
        "id": example.id,
        "db_id": example.db_id,
        "question": example.question,
        "gold_sql": example.gold_sql,
        "hardness": example.hardness,
        "prompt": fitted.chat.prompt,
        "completion": fitted.chat.completion,
        "text": fitted.chat.prompt_text + fitted.chat.completion_text,
        "num_prompt_chars": len(fitted.chat.prompt_text),
        "num_tokens": fitted.num_tokens,
        "num_shots": fitted.num_shots,
        "schema_reduced": not (reduction.with_types and reduction.all_tables),
    }


def prompt_text(row: Mapping[str, Any]) -> str:
    """Return what the model is asked: the row's `text` as far as the completion."""
    return str(row["text"][: row["num_prompt_chars"]])


def write_processed_data(
    output_dir: Path,
    rows_of_splits: Mapping[str, list[dict[str, Any]]],
    sources_of_splits: Mapping[str, Mapping[str, SchemaSource]],
    manifest: dict[str, Any],
) -> None:
    """Write one data set per split, then the manifest; an earlier run's output is replaced.

    The manifest is removed first and written last: a folder that has one is complete. Its entry
    for each split is completed with the hash of the rows and the paths of schemas and databases.
    """
    refuse_foreign_folders(output_dir, rows_of_splits)
    entries = manifest["splits"]
    with (
        folder_lock(output_dir),
        tempfile.TemporaryDirectory(dir=output_dir, prefix=UNFINISHED) as temporary,
    ):
        remove_unfinished(output_dir, Path(temporary))
        for name, rows in rows_of_splits.items():
            save_rows(rows, Path(temporary, name))
            entries[name]["rows_sha256"] = hash_rows(Path(temporary, name))
            entries[name] |= place_sources(
                sources_of_splits[name],
                Path(temporary, name, MERGED),
                (output_dir / name / MERGED).resolve(),
            )
        remove_earlier(output_dir)
        for name in rows_of_splits:
            remove_folder(output_dir / name)
            Path(temporary, name).rename(output_dir / name)
        write_sealed_object(output_dir / MANIFEST, manifest)


def place_sources(
    sources: Mapping[str, SchemaSource], temporary: Path, final: Path
) -> dict[str, Any]:
    """Return the manifest's paths of schemas and databases, and the hash of the schemas.

    Where they come from several folders, they are merged in `temporary`, which becomes `final`.
    """
    source = merged_source(sources, final)
    tables_path = source.tables_path
    if source.database_dir.parent == final:
        write_merged_source(sources, temporary)
        tables_path = temporary / tables_path.name
    paths = {"tables_path": source.tables_path, "database_dir": source.database_dir}
    output_dir = final.parents[1]
    return {
        **{key: str(path.resolve()) for key, path in paths.items()},
        RELATIVE: {key: os.path.relpath(path.resolve(), output_dir) for key, path in paths.items()},
        "tables_sha256": sha256_of_file(tables_path),
    }


def refuse_foreign_folders(output_dir: Path, names: Iterable[str]) -> None:
    """Protect folders that no run of this command wrote.

    A run that was killed leaves splits without a manifest.
    """
    for path in (output_dir / name for name in names):
        if path.exists() and not (path / DATASET_INFO).exists():
            raise UserError(
                f"{path} exists and was not written by preprocess.py. Choose another --output_dir."
            )


def remove_unfinished(output_dir: Path, own: Path) -> None:
    """Remove what runs that were killed while writing left behind."""
    for leftover in output_dir.glob(f"{UNFINISHED}*"):
        if leftover != own:
            remove_folder(leftover)


def remove_earlier(output_dir: Path) -> None:
    """Remove the manifest of an earlier run and the folders that it wrote."""
    if not (output_dir / MANIFEST).exists():
        return
    names = plain_names(output_dir, read_object(output_dir / MANIFEST, "splits")["splits"])
    print(f"Replacing the prompts in {output_dir}")
    (output_dir / MANIFEST).unlink()
    for path in (output_dir / name for name in names):
        if (path / DATASET_INFO).is_file():
            remove_folder(path)


def remove_folder(path: Path) -> None:
    """Remove the folder with its content; of a link, the link alone."""
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def save_rows(rows: list[dict[str, Any]], directory: Path) -> None:
    """Write a data set whose files depend only on the rows."""
    from datasets import Dataset, Features, List, Value, disable_progress_bars

    messages = List({"role": Value("string"), "content": Value("string")})
    columns = {name: Value("string") for name in COLUMNS} | {
        "prompt": messages,
        "completion": messages,
        "num_prompt_chars": Value("int64"),
        "num_tokens": Value("int64"),
        "num_shots": Value("int64"),
        "schema_reduced": Value("bool"),
    }
    disable_progress_bars()
    Dataset.from_list(rows, features=Features(columns)).save_to_disk(directory)


def hash_rows(directory: Path) -> str:
    """Return the hash of a split's rows on disk: of the files that are loaded, in their order."""
    files = read_object(directory / STATE_NAME)["_data_files"]
    return sha256_of_json([sha256_of_file(directory / file["filename"]) for file in files])


def refuse_changed_rows(directory: Path, rows_sha256: str) -> None:
    """Raise a `UserError` where the rows are gone or are not those that preprocess.py wrote."""
    if not (directory / STATE_NAME).exists():
        raise UserError(f"There are no prompts in {directory}: {STATE_NAME} is missing. {REMAKE}")
    if hash_rows(directory) != rows_sha256:
        raise UserError(
            f"The prompts in {directory} are no longer those that preprocess.py wrote. {REMAKE}"
        )


def read_prompts(data_dir: Path, name: str) -> "Dataset":
    """Return the rows of a split, in memory; a `UserError` where they are absent or damaged."""
    from datasets import load_from_disk

    splits = read_manifest(data_dir)["splits"]
    if name not in splits:
        raise UserError(f"{data_dir} has no split {name}; choose from {', '.join(splits)}.")
    directory = data_dir / name
    try:
        refuse_changed_rows(directory, splits[name]["rows_sha256"])
        rows = load_from_disk(str(directory), keep_in_memory=True)
        rows = rows.with_format(None).select_columns(list(COLUMNS))
    except UserError:
        raise
    except Exception as error:  # datasets and pyarrow raise many kinds on damaged files
        if is_machine_failure(error):
            raise
        reason = " ".join(str(error).split())
        raise UserError(
            f"The prompts in {directory} do not load ({reason}). They are damaged or of another "
            f"version. {REMAKE}"
        ) from error
    if not len(rows):
        raise UserError(f"The split {name} in {data_dir} is empty. {REMAKE}")
    return rows
