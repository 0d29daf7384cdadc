"""preprocess.py --test_suite_dir: evaluated splits use databases that have several files."""

import shutil
from pathlib import Path

import pytest

from text2sql.data.database_suites import use_test_suite
from text2sql.data.spider_splits import read_extra_split, read_folder_splits
from text2sql.errors import UserError
from text2sql.files import read_json
from text2sql.prompts.manifest import MANIFEST


@pytest.fixture
def suite_dir(tiny_spider_dir, tmp_path) -> Path:
    """A test suite of the validation databases, as the official archive has it."""
    for db_id in ("museum", "stable"):
        source = tiny_spider_dir / "database" / db_id / f"{db_id}.sqlite"
        folder = tmp_path / "suite" / "database" / db_id
        folder.mkdir(parents=True)
        for name in (f"{db_id}.sqlite", f"{db_id}_2.sqlite"):
            shutil.copyfile(source, folder / name)
    return tmp_path / "suite"


@pytest.fixture
def splits(tiny_spider_dir):
    return read_folder_splits(tiny_spider_dir, include_others=False)


def folders(split):
    return {db_id: source.database_dir for db_id, source in split.sources.items()}


@pytest.mark.parametrize("inner", ["", "database"])
def test_validation_uses_the_test_suite_and_train_does_not(splits, suite_dir, inner):
    changed = use_test_suite(splits, suite_dir / inner)
    assert set(folders(changed["validation"]).values()) == {suite_dir / "database"}
    assert changed["train"] == splits["train"]
    assert changed["validation"].examples == splits["validation"].examples


def test_extra_split_keeps_databases_of_its_own(splits, suite_dir, own_spider_dir, tiny_spider_dir):
    for argument in (f"own={own_spider_dir}", f"shared={tiny_spider_dir / 'dev.json'}"):
        name, split = read_extra_split(argument, tiny_spider_dir)
        splits[name] = split
    changed = use_test_suite(splits, suite_dir)
    assert changed["own"] == splits["own"]
    assert folders(changed["shared"]) == folders(changed["validation"])


def test_test_suite_that_lacks_a_database_is_refused(splits, suite_dir):
    (suite_dir / "database/stable/stable.sqlite").unlink()
    with pytest.raises(UserError, match=r"has no file <db_id>/<db_id>\.sqlite for stable"):
        use_test_suite(splits, suite_dir)


def test_folder_with_one_file_per_database_is_not_a_test_suite(splits, tiny_spider_dir):
    with pytest.raises(UserError, match="only one file for each database"):
        use_test_suite(splits, tiny_spider_dir)


def test_missing_folder_is_named(splits, tmp_path):
    with pytest.raises(UserError, match="nowhere: there is no such folder"):
        use_test_suite(splits, tmp_path / "nowhere")


def test_manifest_leads_evaluate_to_the_test_suite(run_preprocess, suite_dir):
    output_dir = run_preprocess("--test_suite_dir", str(suite_dir), "--num_shots", "1")
    manifest = read_json(output_dir / MANIFEST)
    assert manifest["test_suite_dir"] == str(suite_dir)
    assert manifest["splits"]["validation"]["database_dir"] == str(suite_dir / "database")
    assert manifest["splits"]["train"]["database_dir"] != str(suite_dir / "database")
