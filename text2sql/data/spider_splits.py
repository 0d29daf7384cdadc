"""Spider's splits and file names: questions from the hub or a folder, with their databases."""

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from text2sql.data.spider import Example, database_path, read_examples
from text2sql.errors import UserError
from text2sql.files import sha256_of_file, sha256_of_json
from text2sql.hub import explain_hub_errors

HUB_DATASET = "xlangai/spider"
OWN_SPLITS = ("train", "validation", "holdout", "test")


class SplitFiles(NamedTuple):
    """The names of a split's questions, schemas and databases in a folder in Spider's layout."""

    questions: str
    tables: str
    databases: str


SPIDER_FILES = {
    "train": SplitFiles("train_spider.json", "tables.json", "database"),
    "others": SplitFiles("train_others.json", "tables.json", "database"),
    "validation": SplitFiles("dev.json", "tables.json", "database"),
    "test": SplitFiles("test.json", "test_tables.json", "test_database"),
}


@dataclass(frozen=True)
class Split:
    """The examples of one split, and the paths of their schemas and databases."""

    examples: list[Example]
    tables_path: Path
    database_dir: Path
    hashes: dict[str, str]  # of each source of questions


def read_folder_splits(folder: Path, include_others: bool) -> dict[str, Split]:
    """Return train and validation, and test where present, of a folder in Spider's layout."""
    train, validation = SPIDER_FILES["train"], SPIDER_FILES["validation"]
    require_files(folder, (train.questions, validation.questions, train.tables))
    splits = {name: read_questions(folder, name) for name in ("train", "validation")}
    return add_others_and_test(splits, folder, include_others)


def read_hub_splits(archive_folder: Path, include_others: bool) -> dict[str, Split]:
    """Return the same splits with the hub's questions and the archive's schemas and databases."""
    splits = {}
    for name, examples in read_hub_examples().items():
        content = [[example.db_id, example.question, example.gold_sql] for example in examples]
        splits[name] = Split(
            number_examples(examples, name),
            archive_folder / SPIDER_FILES[name].tables,
            archive_folder / SPIDER_FILES[name].databases,
            {f"{HUB_DATASET}, {name}": sha256_of_json(content)},
        )
    return add_others_and_test(splits, archive_folder, include_others)


def read_hub_examples() -> dict[str, list[Example]]:
    instead = "Or read Spider from a folder: --spider_dir DIR."
    with explain_hub_errors(HUB_DATASET, "dataset", instead):
        from datasets import load_dataset

        dataset = load_dataset(HUB_DATASET)
    return {
        name: [Example(row["db_id"], row["question"], row["query"]) for row in dataset[name]]
        for name in ("train", "validation")
    }


def add_others_and_test(
    splits: dict[str, Split], folder: Path, include_others: bool
) -> dict[str, Split]:
    if include_others:
        require_files(folder, (SPIDER_FILES["others"].questions,))
        train, others = splits["train"], read_questions(folder, "others")
        splits["train"] = replace(
            train,
            examples=train.examples + others.examples,
            hashes=train.hashes | others.hashes,
        )
    test = SPIDER_FILES["test"]
    if (folder / test.questions).exists() and (folder / test.tables).exists():
        splits["test"] = read_questions(folder, "test")
    return splits


def read_extra_split(argument: str, folder: Path) -> tuple[str, Split]:
    """Return name and split of NAME=FILE.json, on `folder`'s databases, or of NAME=DIR."""
    name, equals, place = argument.partition("=")
    path = Path(place)
    if not (equals and place and re.fullmatch(r"[A-Za-z0-9][\w.-]*", name)):
        raise UserError(f"--extra_split {argument} must be NAME=FILE.json or NAME=DIR.")
    if name in OWN_SPLITS:
        raise UserError(f"--extra_split {argument}: {name} is one of Spider's own splits.")
    files = SPIDER_FILES["validation"]
    if path.is_dir():
        require_files(path, (files.questions, files.tables))
        return name, read_questions(path, name, files)
    if not path.is_file():
        raise UserError(f"--extra_split {argument}: there is no file or folder {place}.")
    split = read_questions(path.parent, name, files._replace(questions=path.name))
    return name, replace(
        split, tables_path=folder / files.tables, database_dir=folder / files.databases
    )


def read_questions(folder: Path, name: str, files: SplitFiles | None = None) -> Split:
    """Return a split whose ids begin with `name`; its files are Spider's own of that name."""
    files = files or SPIDER_FILES[name]
    path = folder / files.questions
    return Split(
        number_examples(read_examples(path), name),
        folder / files.tables,
        folder / files.databases,
        {str(path.resolve()): sha256_of_file(path)},
    )


def number_examples(examples: Sequence[Example], prefix: str) -> list[Example]:
    return [replace(example, id=f"{prefix}-{number}") for number, example in enumerate(examples)]


def require_files(folder: Path, names: Sequence[str]) -> None:
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise UserError(
            f"{folder} lacks {', '.join(missing)}. A folder in Spider's layout has "
            "train_spider.json, dev.json, tables.json and database/<db_id>/<db_id>.sqlite."
        )


def missing_databases(db_ids: Iterable[str], database_dir: Path) -> list[str]:
    """Return the databases without a file, sorted and each once."""
    return sorted(d for d in set(db_ids) if not database_path(database_dir, d).is_file())


def refuse_missing_databases(db_ids: Iterable[str], database_dir: Path) -> None:
    """Raise a `UserError` that names the databases without a file and what to do."""
    missing = missing_databases(db_ids, database_dir)
    if missing:
        raise UserError(
            f"{len(missing)} database files are missing from {database_dir}: "
            f"{', '.join(missing)}. Put them there, or pass --skip_missing_databases to leave "
            "their questions out of execution accuracy."
        )


def hold_out_databases(train: Split, fraction: float, seed: int) -> tuple[Split, Split]:
    """Return train and holdout: whole databases with about `fraction` of the examples.

    Databases are drawn by the seed, passing over those that would exceed the fraction; where all
    of them would, as in small data, the smallest one is held out.
    """
    num_examples = Counter(example.db_id for example in train.examples)
    db_ids = sorted(num_examples)
    random.Random(seed).shuffle(db_ids)
    wanted = round(fraction * len(train.examples))
    held_out: set[str] = set()
    for db_id in db_ids:
        if num_examples[db_id] <= wanted:
            held_out.add(db_id)
            wanted -= num_examples[db_id]
    held_out = held_out or {min(db_ids, key=num_examples.__getitem__)}
    kept = [example for example in train.examples if example.db_id not in held_out]
    holdout = [example for example in train.examples if example.db_id in held_out]
    return replace(train, examples=kept), replace(train, examples=holdout)
