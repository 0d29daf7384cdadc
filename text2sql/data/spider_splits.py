"""Spider's splits: questions from the hub or a folder, with the schemas and databases they use."""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from text2sql.data.spider import Example, database_path, read_examples
from text2sql.errors import UserError
from text2sql.files import sha256_of_file, sha256_of_json
from text2sql.hub import explain_hub_errors

HUB_DATASET = "xlangai/spider"
OWN_SPLITS = ("train", "validation", "holdout", "test")


@dataclass(frozen=True)
class Split:
    """The examples of one split, and where their schemas and databases lie."""

    examples: list[Example]
    tables_path: Path
    database_dir: Path
    hashes: dict[str, str]  # of each source of questions


def read_folder_splits(folder: Path, include_others: bool) -> dict[str, Split]:
    """Return train and validation, and test where it is there, of a folder in Spider's layout."""
    require_files(folder, ("train_spider.json", "dev.json", "tables.json"))
    train = read_questions(folder, "train_spider.json", "train")
    splits = {"train": train, "validation": read_questions(folder, "dev.json", "validation")}
    return add_others_and_test(splits, folder, include_others)


def read_hub_splits(archive_folder: Path, include_others: bool) -> dict[str, Split]:
    """Return the same with the questions of the hub's data set; the archive gives the rest."""
    splits = {}
    for name, examples in read_hub_examples().items():
        content = [[example.db_id, example.question, example.gold_sql] for example in examples]
        splits[name] = Split(
            number_examples(examples, name),
            archive_folder / "tables.json",
            archive_folder / "database",
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
        require_files(folder, ("train_others.json",))
        train, others = splits["train"], read_questions(folder, "train_others.json", "others")
        splits["train"] = replace(
            train,
            examples=train.examples + others.examples,
            hashes=train.hashes | others.hashes,
        )
    if (folder / "test.json").exists() and (folder / "test_tables.json").exists():
        test = read_questions(folder, "test.json", "test")
        splits["test"] = replace(
            test,
            tables_path=folder / "test_tables.json",
            database_dir=folder / "test_database",
        )
    return splits


def read_extra_split(argument: str, folder: Path) -> tuple[str, Split]:
    """Return name and split of NAME=FILE.json, on `folder`'s databases, or of NAME=DIR."""
    name, equals, place = argument.partition("=")
    path = Path(place)
    if not (equals and place and re.fullmatch(r"[A-Za-z0-9][\w.-]*", name)):
        raise UserError(f"--extra_split {argument} must be NAME=FILE.json or NAME=DIR.")
    if name in OWN_SPLITS:
        raise UserError(f"--extra_split {argument}: {name} is one of Spider's own splits.")
    if path.is_dir():
        require_files(path, ("dev.json", "tables.json"))
        return name, read_questions(path, "dev.json", name)
    if not path.is_file():
        raise UserError(f"--extra_split {argument}: there is no file or folder {place}.")
    own = read_questions(path.parent, path.name, name)
    return name, replace(own, tables_path=folder / "tables.json", database_dir=folder / "database")


def read_questions(folder: Path, file_name: str, id_prefix: str) -> Split:
    path = folder / file_name
    return Split(
        number_examples(read_examples(path), id_prefix),
        folder / "tables.json",
        folder / "database",
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


def missing_databases(split: Split) -> list[str]:
    """Return the databases of the split's examples whose files are not there, sorted."""
    db_ids = {example.db_id for example in split.examples}
    return sorted(d for d in db_ids if not database_path(split.database_dir, d).is_file())


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
