"""Spider's splits and file names: questions from the hub or a folder, with their databases."""

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from text2sql.counts import how_many
from text2sql.data.spider import Example, Schema, database_path, read_examples, read_schemas
from text2sql.errors import UserError
from text2sql.files import sha256_of_file, sha256_of_json
from text2sql.hub import explain_hub_errors

HUB_DATASET = "xlangai/spider"
OWN_SPLITS = ("train", "validation", "holdout", "test")
TRAINING_SPLITS = ("train", "holdout")  # both made from Spider's training files


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
BIRD_FILES = {  # and what they are called in Spider's layout
    "dev_tables.json": "tables.json",
    "train_tables.json": "tables.json",
    "dev_databases": "database",
    "train_databases": "database",
    "train.json": "train_spider.json",
}
# The questions of a folder that --extra_split names: Spider's layout, or Spider-DK as published.
EXTRA_FILES = ("dev.json", "Spider-DK.json")


class SchemaSource(NamedTuple):
    """A file of schemas and the folder of their databases."""

    tables_path: Path
    database_dir: Path


@dataclass(frozen=True)
class Split:
    """The examples of one split, with their schemas and where these and the databases are."""

    examples: list[Example]
    schemas: dict[str, Schema]  # by db_id, also those that no example needs
    sources: dict[str, SchemaSource]  # of each database that the examples ask
    hashes: dict[str, str]  # of each source of questions

    def database_path(self, db_id: str) -> Path:
        return database_path(self.sources[db_id].database_dir, db_id)

    def missing_databases(self) -> list[str]:
        """Return the databases without a file, sorted."""
        return sorted(d for d in self.sources if not self.database_path(d).is_file())


def make_split(
    name: str, examples: Sequence[Example], sources: Sequence[SchemaSource], hashes: dict[str, str]
) -> Split:
    """Return the split with ids in its examples; of several sources the first has precedence.

    Raises a `UserError` where there are no examples, or where a schema is missing.
    """
    if not examples:
        raise UserError(
            f"{', '.join(hashes)} holds no questions. Restore it, or name another file or folder."
        )
    needed = sorted({example.db_id for example in examples})
    schemas: dict[str, Schema] = {}
    found: dict[str, SchemaSource] = {}
    for source in sources:
        if not found.keys() >= set(needed):
            own = read_schemas(source.tables_path)
            schemas = own | schemas
            found = dict.fromkeys(own, source) | found
    unknown = [db_id for db_id in needed if db_id not in found]
    if unknown:
        tables = " and ".join(str(source.tables_path) for source in sources)
        raise UserError(
            f"{tables} has no schema for {', '.join(unknown)}. Add it, or leave out the questions."
        )
    return Split(
        [replace(example, id=f"{name}-{index}") for index, example in enumerate(examples)],
        schemas,
        {db_id: found[db_id] for db_id in needed},
        hashes,
    )


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
        hashes = {f"{HUB_DATASET}, {name}": sha256_of_json(content)}
        splits[name] = make_split(name, examples, [source_in(archive_folder, name)], hashes)
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
        splits["train"] = Split(
            train.examples + others.examples,
            train.schemas,
            train.sources | others.sources,
            train.hashes | others.hashes,
        )
    test = SPIDER_FILES["test"]
    if (folder / test.questions).exists() and (folder / test.tables).exists():
        splits["test"] = read_questions(folder, "test")
    return splits


def read_extra_split(argument: str, folder: Path) -> tuple[str, Split]:
    """Return name and split of NAME=FILE.json, on `folder`'s databases, or of NAME=DIR.

    What a DIR lacks of schemas and databases comes from `folder`, as Spider-DK needs it.
    """
    name, equals, place = argument.partition("=")
    path = Path(place)
    if not (equals and place and re.fullmatch(r"[A-Za-z0-9][\w.-]*", name)):
        raise UserError(f"--extra_split {argument} must be NAME=FILE.json or NAME=DIR.")
    if name in OWN_SPLITS:
        raise UserError(
            f"--extra_split {argument}: {name} is one of Spider's own splits; choose another name."
        )
    spider = source_in(folder, "validation")
    if path.is_dir():
        own = source_in(path, "validation")
        questions = find_extra_questions(path)
        return name, read_questions(path, name, questions, (own, spider))
    if not path.is_file():
        raise UserError(f"--extra_split {argument}: there is no file or folder {place}.")
    return name, read_questions(path.parent, name, path.name, (spider,))


def find_extra_questions(folder: Path) -> str:
    """Return the name of the file with the questions of an extra split."""
    require_files(folder, (SPIDER_FILES["validation"].tables,))
    found = [name for name in EXTRA_FILES if (folder / name).is_file()]
    if not found:
        raise UserError(
            f"{folder} has no file of questions: name it {' or '.join(EXTRA_FILES)}, beside "
            "tables.json and database/<db_id>/<db_id>.sqlite. What these lack comes from Spider."
        )
    return found[0]


def read_questions(
    folder: Path,
    name: str,
    file_name: str | None = None,
    sources: Sequence[SchemaSource] | None = None,
) -> Split:
    """Return the split of a file in `folder`, which is Spider's own of that name by default."""
    path = folder / (file_name or SPIDER_FILES[name].questions)
    require_files(folder, (path.name,))
    hashes = {str(path.resolve()): sha256_of_file(path)}
    return make_split(name, read_examples(path), sources or [source_in(folder, name)], hashes)


def source_in(folder: Path, name: str) -> SchemaSource:
    """Return where a folder in Spider's layout has the schemas and databases of a split."""
    files = SPIDER_FILES[name]
    return SchemaSource(folder / files.tables, folder / files.databases)


def require_files(folder: Path, names: Sequence[str]) -> None:
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise UserError(
            f"{folder} lacks {', '.join(missing)}. A folder in Spider's layout has "
            "train_spider.json, dev.json, tables.json and database/<db_id>/<db_id>.sqlite."
            f"{hint_at_layout(folder)}"
        )


def hint_at_layout(folder: Path) -> str:
    """Return which folder below has the files, or what to rename in another layout; else ""."""
    tables = SPIDER_FILES["validation"].tables
    below = sorted({*folder.glob(f"*/{tables}"), *folder.glob(f"*/*/{tables}")})
    if below and not (folder / tables).exists():
        return f" {below[0].parent} may be the one."
    renamed = [
        f"{name} to {spider_name}"
        for name, spider_name in BIRD_FILES.items()
        if (folder / name).exists() and not (folder / spider_name).exists()
    ]
    return f" Rename {', '.join(renamed)}." if renamed else ""


def missing_databases(db_ids: Iterable[str], database_dir: Path) -> list[str]:
    """Return the databases without a file, sorted and each once."""
    return sorted(d for d in set(db_ids) if not database_path(database_dir, d).is_file())


def refuse_missing_databases(db_ids: Iterable[str], database_dir: Path) -> None:
    """Raise a `UserError` that names the databases without a file and what to do."""
    missing = missing_databases(db_ids, database_dir)
    if missing:
        raise UserError(
            f"{database_dir} lacks {how_many(len(missing), 'database')}: {', '.join(missing)}. "
            "Put <db_id>/<db_id>.sqlite there, or pass --skip_missing_databases to leave such "
            "questions out of execution accuracy."
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
    return (
        with_examples(train, [e for e in train.examples if e.db_id not in held_out]),
        with_examples(train, [e for e in train.examples if e.db_id in held_out]),
    )


def with_examples(split: Split, examples: Sequence[Example]) -> Split:
    """Return the split with these of its examples, and the sources of the databases they ask."""
    asked = {example.db_id for example in examples}
    sources = {db_id: source for db_id, source in split.sources.items() if db_id in asked}
    return replace(split, examples=list(examples), sources=sources)
