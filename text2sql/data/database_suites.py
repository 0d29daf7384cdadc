"""Test suites: folders in which a database has several files, for test-suite accuracy."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from text2sql.data.spider import database_path, suite_paths
from text2sql.data.spider_splits import SPIDER_FILES, TRAINING_SPLITS, Split, missing_databases
from text2sql.errors import UserError


def use_test_suite(splits: Mapping[str, Split], test_suite_dir: Path) -> dict[str, Split]:
    """Return the splits with the databases of a test suite in place of Spider's own.

    `test_suite_dir` is the official archive's folder, or its folder `database`. A `UserError` where
    it lacks a database of `validation`, or has one file for each. Training splits, and databases
    that an extra split has of its own, stay as they are.
    """
    suite = find_suite(test_suite_dir)
    validation = splits["validation"]
    missing = missing_databases(validation.sources, suite)
    if missing:
        raise UserError(
            f"--test_suite_dir {test_suite_dir} has no file <db_id>/<db_id>.sqlite for "
            f"{', '.join(missing)}. Pass the folder of the official archive of test suites."
        )
    if not any(suite_paths(suite, db_id) for db_id in validation.sources):
        raise UserError(
            f"--test_suite_dir {test_suite_dir} has only one file for each database, which is not "
            "a test suite. Leave the flag out, or pass the folder of the official archive."
        )
    own = {source.database_dir for source in validation.sources.values()}
    return {
        name: split if name in TRAINING_SPLITS else replace_databases(split, own, suite)
        for name, split in splits.items()
    }


def find_suite(test_suite_dir: Path) -> Path:
    """Return the folder in which each database has a folder."""
    if not test_suite_dir.is_dir():
        raise UserError(f"--test_suite_dir {test_suite_dir}: there is no such folder.")
    inner = test_suite_dir / SPIDER_FILES["validation"].databases
    return inner if inner.is_dir() else test_suite_dir


def replace_databases(split: Split, own: set[Path], suite: Path) -> Split:
    """Return the split with the suite's folder for the databases in `own` that the suite has."""
    sources = {
        db_id: source._replace(database_dir=suite)
        if source.database_dir in own and database_path(suite, db_id).is_file()
        else source
        for db_id, source in split.sources.items()
    }
    return replace(split, sources=sources)
