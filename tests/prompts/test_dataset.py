"""Facts about the folder of prompts: how it is replaced, and what is refused when it is read."""

import shutil
from pathlib import Path

import pytest

from text2sql.errors import UserError
from text2sql.files import read_json, write_json
from text2sql.prompts.dataset import read_prompts
from text2sql.prompts.manifest import read_manifest
from text2sql.seals import SEAL_KEY
from text2sql.study.prepared_split import read_split


def read_rows(output_dir: Path, split: str) -> list[dict]:
    from datasets import load_from_disk

    return load_from_disk(str(output_dir / split), keep_in_memory=True).to_list()


@pytest.fixture
def own_prompts_dir(tiny_prompts_dir, tmp_path) -> Path:
    """A copy that a test may damage, where `run_preprocess` writes."""
    return Path(shutil.copytree(tiny_prompts_dir, tmp_path / "processed"))


def test_later_run_replaces_an_earlier_one_with_all_its_splits(
    own_prompts_dir, run_preprocess, capsys
):
    run_preprocess("--holdout_fraction", "0", "--seed", "1")
    assert not (own_prompts_dir / "holdout").exists()
    assert read_json(own_prompts_dir / "manifest.json")["seed"] == 1
    assert "Replacing" in capsys.readouterr().out


def test_folder_that_a_killed_run_left_is_written_again(own_prompts_dir, run_preprocess):
    (own_prompts_dir / "manifest.json").unlink()
    shutil.rmtree(own_prompts_dir / "holdout")
    assert len(read_rows(run_preprocess(), "holdout")) == 8


def test_what_a_killed_run_half_wrote_is_removed(own_prompts_dir, run_preprocess):
    written = {path.name for path in own_prompts_dir.iterdir()}
    (own_prompts_dir / ".part-abc" / "train").mkdir(parents=True)
    run_preprocess()
    assert {path.name for path in own_prompts_dir.iterdir()} == written


def test_link_in_place_of_an_earlier_split_is_replaced_and_not_followed(
    own_prompts_dir, run_preprocess, tmp_path
):
    output_dir = own_prompts_dir
    elsewhere = (output_dir / "holdout").rename(tmp_path / "elsewhere")
    (output_dir / "holdout").symlink_to(elsewhere)
    earlier = read_rows(tmp_path, "elsewhere")
    run_preprocess()
    assert not (output_dir / "holdout").is_symlink()
    assert len(read_rows(output_dir, "holdout")) == 8
    assert read_rows(tmp_path, "elsewhere") == earlier


@pytest.mark.parametrize("files", ["doubled", "those of another split"])
def test_rows_of_other_files_than_were_written_are_refused(own_prompts_dir, files):
    state_path = own_prompts_dir / "validation" / "state.json"
    state = read_json(state_path)
    (own,) = state["_data_files"]
    other = {"filename": f"../train/{own['filename']}"}
    write_json(state_path, state | {"_data_files": [own, own] if files == "doubled" else [other]})
    with pytest.raises(UserError, match=r"validation are no longer those that preprocess\.py"):
        read_prompts(own_prompts_dir, "validation")


def test_format_beside_the_rows_hides_none_of_their_columns(own_prompts_dir):
    rows = read_prompts(own_prompts_dir, "validation").to_list()
    state_path = own_prompts_dir / "validation" / "state.json"
    write_json(state_path, read_json(state_path) | {"_format_columns": ["text"]})
    found = read_prompts(own_prompts_dir, "validation")
    assert found["num_tokens"][:] == [row["num_tokens"] for row in rows]


def test_rows_that_changed_on_disk_are_refused(own_prompts_dir):
    output_dir = own_prompts_dir
    (path,) = (output_dir / "validation").glob("*.arrow")
    path.write_bytes(path.read_bytes().replace(b"How many", b"How nany"))
    with pytest.raises(
        UserError, match=r"validation are no longer those that preprocess\.py wrote"
    ):
        read_prompts(output_dir, "validation")
    assert len(read_prompts(output_dir, "holdout")) == 8


@pytest.mark.parametrize(
    ("place", "key", "value"),
    [
        ("manifest", "model_id", None),
        ("manifest", "seed", "42"),
        ("manifest", "splits", ["validation"]),
        ("split", "rows_sha256", 7),
        ("split", "database_dir", None),
    ],
)
def test_manifest_of_another_shape_is_one_message(own_prompts_dir, place, key, value):
    path = own_prompts_dir / "manifest.json"
    manifest = read_json(path)
    (manifest if place == "manifest" else manifest["splits"]["validation"])[key] = value
    del manifest[SEAL_KEY]
    write_json(path, manifest)
    with pytest.raises(UserError, match=rf"manifest\.json: `{key}` .*Run preprocess\.py again"):
        read_manifest(path.parent)


def test_schemas_that_were_moved_away_are_one_message(run_preprocess, own_spider_dir):
    output_dir = run_preprocess(spider_dir=own_spider_dir)
    own_spider_dir.rename(own_spider_dir.with_name("moved"))
    with pytest.raises(UserError, match=r"tables\.json, the schemas of validation, is missing"):
        read_split(output_dir, "validation", None)


def test_schemas_and_prompts_that_were_moved_together_are_found(
    run_preprocess, own_spider_dir, tmp_path
):
    output_dir = run_preprocess(spider_dir=own_spider_dir)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for folder in (output_dir, own_spider_dir):
        folder.rename(elsewhere / folder.name)
    split = read_split(elsewhere / output_dir.name, "validation", None)
    assert split.tables_path == elsewhere / own_spider_dir.name / "tables.json"
    assert split.missing_databases == []


def test_schemas_that_changed_since_the_prompts_were_made_are_one_message(
    run_preprocess, own_spider_dir
):
    output_dir = run_preprocess(spider_dir=own_spider_dir)
    tables_path = own_spider_dir / "tables.json"
    tables_path.write_text(tables_path.read_text().replace("museum", "mosaic"))
    with pytest.raises(UserError, match=r"tables\.json is no longer the file that the prompts"):
        read_split(output_dir, "validation", None)


def test_edited_manifest_is_one_message(run_preprocess):
    path = run_preprocess() / "manifest.json"
    write_json(path, read_json(path) | {"seed": 7})
    with pytest.raises(UserError, match=r"manifest\.json was changed .*Run preprocess\.py again"):
        read_manifest(path.parent)
