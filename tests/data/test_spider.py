"""Facts about reading Spider: examples, schemas, splits, and folders that are not Spider's."""

import json
import shutil
from collections import Counter

import pytest

from text2sql.data.spider import Example, ForeignKey, database_path, read_examples, read_schemas
from text2sql.data.spider_merge import merged_source, write_merged_source
from text2sql.data.spider_splits import (
    SchemaSource,
    Split,
    hold_out_databases,
    read_extra_split,
    read_folder_splits,
    read_questions,
    source_in,
    with_examples,
)
from text2sql.errors import UserError


@pytest.fixture
def own_spider_dir(tiny_spider_dir, tmp_path):
    """A copy of the small Spider that a test may change."""
    return shutil.copytree(tiny_spider_dir, tmp_path / "spider")


def test_examples_keep_their_order_and_their_double_blanks(tiny_spider_dir):
    examples = read_examples(tiny_spider_dir / "dev.json")
    assert [example.db_id for example in examples] == ["museum"] * 8 + ["stable"] * 8
    assert examples[3].gold_sql == "SELECT name ,  price FROM painting ORDER BY price DESC"


def test_folder_that_was_unpacked_one_level_deeper_is_named(own_spider_dir, tmp_path):
    (tmp_path / "zip").mkdir()
    own_spider_dir.rename(tmp_path / "zip" / "spider_data")
    for read in (
        lambda: read_folder_splits(tmp_path, False),
        lambda: read_questions(tmp_path, "validation"),
    ):
        with pytest.raises(UserError, match=r"lacks .*dev\.json.*zip/spider_data may be the one"):
            read()


def test_layout_of_bird_is_refused_with_what_to_rename(own_spider_dir):
    (own_spider_dir / "tables.json").rename(own_spider_dir / "dev_tables.json")
    (own_spider_dir / "database").rename(own_spider_dir / "dev_databases")
    renamed = r"Rename dev_tables\.json to tables\.json, dev_databases to database\."
    with pytest.raises(UserError, match=renamed):
        read_folder_splits(own_spider_dir, include_others=False)


def test_key_of_bird_is_refused_with_what_to_rename(tmp_path):
    row = {"db_id": "a", "question": "How many?", "evidence": "", "SQL": "SELECT 1"}
    (tmp_path / "dev.json").write_text(json.dumps([row]))
    with pytest.raises(UserError, match=r"under `SQL`, as in BIRD\. Rename that key to `query`"):
        read_examples(tmp_path / "dev.json")


def test_schema_has_keys_by_name(tiny_spider_dir):
    schema = read_schemas(tiny_spider_dir / "tables.json")["museum"]
    assert [table.name for table in schema.tables] == ["wing", "painting"]
    assert schema.tables[1].primary_key == ("painting_id",)
    assert schema.foreign_keys == (ForeignKey("painting", "wing_id", "wing", "wing_id"),)


@pytest.mark.parametrize("content", ['{"a": 1}', '[{"db_id": "x"}]', "[1]", '"text"', "null"])
def test_file_of_another_format_is_refused_by_name(tmp_path, content):
    (tmp_path / "file.json").write_text(content)
    for read in (read_examples, read_schemas):
        with pytest.raises(UserError, match=r"file\.json"):
            read(tmp_path / "file.json")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("question", None),
        ("question", " \n"),
        ("question", "Who?\ud800"),
        ("query", 7),
        ("query", ""),
        ("db_id", ["museum"]),
        ("db_id", "../museum"),
        ("db_id", "museum\x1b[31m"),
    ],
    ids=ascii,
)
def test_example_that_is_not_text_is_refused_by_its_number(own_spider_dir, key, value):
    rows = json.loads((own_spider_dir / "dev.json").read_text())
    rows[3][key] = value
    (own_spider_dir / "dev.json").write_text(json.dumps(rows))
    with pytest.raises(UserError, match=r"dev\.json, example 3 "):
        read_examples(own_spider_dir / "dev.json")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("column_types", []),
        ("column_names_original", [[0]]),
        ("foreign_keys", [[99, 1]]),
        ("foreign_keys", [None]),
        ("table_names_original", [7, "painting"]),
        ("table_names", ["wing\ud800", "painting"]),
        ("db_id", None),
    ],
    ids=ascii,
)
def test_schema_with_lists_that_do_not_fit_is_refused_by_name(own_spider_dir, key, value):
    entries = json.loads((own_spider_dir / "tables.json").read_text())
    entries[0][key] = value
    (own_spider_dir / "tables.json").write_text(json.dumps(entries))
    with pytest.raises(UserError, match=r"tables\.json is not in the format"):
        read_schemas(own_spider_dir / "tables.json")


def test_database_that_is_named_like_a_path_is_refused(own_spider_dir):
    text = (own_spider_dir / "tables.json").read_text().replace("museum", "../museum")
    (own_spider_dir / "tables.json").write_text(text)
    with pytest.raises(UserError, match=r"tables\.json contains '\.\./museum' as the name"):
        read_schemas(own_spider_dir / "tables.json")


def test_schema_that_appears_twice_is_refused_by_its_name(own_spider_dir):
    entries = json.loads((own_spider_dir / "tables.json").read_text())
    (own_spider_dir / "tables.json").write_text(json.dumps([*entries, entries[0]]))
    with pytest.raises(UserError, match=r"tables\.json has two schemas with the db_id 'orchard'"):
        read_schemas(own_spider_dir / "tables.json")


def test_question_of_spider_syn_is_the_reworded_one(own_spider_dir):
    row = {"db_id": "museum", "query": "SELECT 1", "SpiderQuestion": "Who?"}
    row["SpiderSynQuestion"] = "Which person?"
    (own_spider_dir / "syn.json").write_text(json.dumps([row]))
    _, split = read_extra_split(f"syn={own_spider_dir / 'syn.json'}", own_spider_dir)
    assert [example.question for example in split.examples] == ["Which person?"]


@pytest.fixture
def dk_dir(tiny_spider_dir, tmp_path):
    """A folder as Spider-DK is published: a new database, and questions on old ones too."""
    folder = tmp_path / "dk"
    shutil.copytree(tiny_spider_dir / "database" / "museum", folder / "database" / "new_museum")
    database = folder / "database" / "new_museum"
    (database / "museum.sqlite").rename(database / "new_museum.sqlite")
    entries = json.loads((tiny_spider_dir / "tables.json").read_text())
    (museum,) = (entry for entry in entries if entry["db_id"] == "museum")
    (folder / "tables.json").write_text(json.dumps([museum | {"db_id": "new_museum"}]))
    rows = [
        {"db_id": db_id, "question": "How many?", "query": f"SELECT count(*) FROM {table}"}
        for db_id, table in (("new_museum", "wing"), ("stable", "horse"))
    ]
    (folder / "Spider-DK.json").write_text(json.dumps(rows))
    return folder


def test_what_a_folder_lacks_comes_from_spider(dk_dir, tiny_spider_dir):
    _, split = read_extra_split(f"dk={dk_dir}", tiny_spider_dir)
    assert split.sources == {
        "new_museum": source_in(dk_dir, "validation"),
        "stable": source_in(tiny_spider_dir, "validation"),
    }
    assert split.missing_databases() == []


def test_merged_folder_is_in_spiders_layout(dk_dir, tiny_spider_dir, tmp_path):
    _, split = read_extra_split(f"dk={dk_dir}", tiny_spider_dir)
    source = merged_source(split.sources, tmp_path / "merged")
    write_merged_source(split.sources, tmp_path / "merged")
    assert read_schemas(source.tables_path).keys() == {"new_museum", "stable"}
    for db_id in split.sources:
        merged = database_path(source.database_dir, db_id)
        assert merged.read_bytes() == split.database_path(db_id).read_bytes()


def test_folder_without_questions_is_refused_with_the_layout(dk_dir, tiny_spider_dir):
    (dk_dir / "Spider-DK.json").rename(dk_dir / "questions.json")
    with pytest.raises(UserError, match=r"dev\.json or Spider-DK\.json, beside tables\.json"):
        read_extra_split(f"dk={dk_dir}", tiny_spider_dir)


def test_ids_name_the_split_and_the_place_in_it(tiny_spider_dir):
    splits = read_folder_splits(tiny_spider_dir, include_others=False)
    assert list(splits) == ["train", "validation"]
    assert [e.id for e in splits["validation"].examples[:2]] == ["validation-0", "validation-1"]


def test_others_come_after_train_and_only_when_asked_for(own_spider_dir):
    shutil.copy(own_spider_dir / "dev.json", own_spider_dir / "train_others.json")
    assert len(read_folder_splits(own_spider_dir, False)["train"].examples) == 40
    train = read_folder_splits(own_spider_dir, True)["train"]
    assert [e.id for e in train.examples[39:41]] == ["train-39", "others-0"]
    assert len(train.hashes) == 2


def test_others_that_are_asked_for_and_missing_are_an_error(own_spider_dir):
    with pytest.raises(UserError, match=r"train_others\.json"):
        read_folder_splits(own_spider_dir, True)


def test_test_split_has_its_own_schemas_and_databases(own_spider_dir):
    shutil.copy(own_spider_dir / "dev.json", own_spider_dir / "test.json")
    shutil.copy(own_spider_dir / "tables.json", own_spider_dir / "test_tables.json")
    split = read_folder_splits(own_spider_dir, False)["test"]
    assert {(t.name, d.name) for t, d in split.sources.values()} == {
        ("test_tables.json", "test_database")
    }


@pytest.mark.parametrize("name", ["train_spider.json", "dev.json", "tables.json"])
def test_folder_without_a_file_is_refused_and_the_file_named(own_spider_dir, name):
    (own_spider_dir / name).unlink()
    with pytest.raises(UserError, match=name):
        read_folder_splits(own_spider_dir, False)


def test_missing_databases_are_named(own_spider_dir):
    database_path(own_spider_dir / "database", "harbor").unlink()
    splits = read_folder_splits(own_spider_dir, False)
    assert splits["train"].missing_databases() == ["harbor"]
    assert splits["validation"].missing_databases() == []


def test_extra_split_of_a_file_uses_spiders_own_databases(tiny_spider_dir, tmp_path):
    rows = [{"db_id": "museum", "question": "How many?", "query": "SELECT 1"}]
    (tmp_path / "realistic.json").write_text(json.dumps(rows))
    name, split = read_extra_split(f"realistic={tmp_path}/realistic.json", tiny_spider_dir)
    assert (name, split.examples[0].id) == ("realistic", "realistic-0")
    assert set(split.sources.values()) == {source_in(tiny_spider_dir, "validation")}
    assert split.missing_databases() == []


def test_extra_split_of_a_folder_brings_its_own_databases(tiny_spider_dir, own_spider_dir):
    name, split = read_extra_split(f"dk={own_spider_dir}", tiny_spider_dir)
    assert (name, len(split.examples)) == ("dk", 16)
    assert set(split.sources.values()) == {source_in(own_spider_dir, "validation")}


@pytest.mark.parametrize(
    "argument",
    {
        "no_name": "=dev.json",
        "no_place": "dk=",
        "no_equals": "dk",
        "name_is_a_path": "../dk=dev.json",
        "name_of_an_own_split": "validation=dev.json",
        "no_such_file": "dk=nowhere.json",
    }.items(),
    ids=lambda item: item[0],
)
def test_extra_split_that_makes_no_sense_is_refused(tiny_spider_dir, argument):
    with pytest.raises(UserError, match="--extra_split"):
        read_extra_split(argument[1], tiny_spider_dir)


def split_of(num_examples: dict[str, int], tmp_path) -> Split:
    examples = [Example(d, "", "") for d, count in num_examples.items() for _ in range(count)]
    source = SchemaSource(tmp_path / "tables.json", tmp_path / "database")
    return Split(examples, {}, dict.fromkeys(num_examples, source), {})


def test_holdout_takes_whole_databases_near_the_fraction(tmp_path):
    train = split_of({f"db{number}": 10 + number for number in range(50)}, tmp_path)
    kept, holdout = hold_out_databases(train, 0.05, seed=42)
    assert not {e.db_id for e in kept.examples} & {e.db_id for e in holdout.examples}
    assert len(kept.examples) + len(holdout.examples) == len(train.examples)
    assert 0.04 < len(holdout.examples) / len(train.examples) <= 0.05


def test_holdout_changes_with_the_seed_and_with_nothing_else(tmp_path):
    train = split_of({f"db{number}": 10 for number in range(50)}, tmp_path)
    assert hold_out_databases(train, 0.1, 1) == hold_out_databases(train, 0.1, 1)
    assert hold_out_databases(train, 0.1, 1) != hold_out_databases(train, 0.1, 2)


def test_holdout_of_small_data_is_the_smallest_database(tmp_path):
    kept, holdout = hold_out_databases(split_of({"a": 9, "b": 5, "c": 7}, tmp_path), 0.05, 42)
    assert {e.db_id for e in holdout.examples} == {"b"}
    assert len(kept.examples) == 16


def test_part_of_a_split_needs_only_its_own_databases(tiny_spider_dir):
    split = read_folder_splits(tiny_spider_dir, include_others=False)["validation"]
    assert with_examples(split, split.examples[:3]).sources.keys() == {"museum"}


@pytest.mark.real_data
def test_real_spider_has_its_official_numbers(spider_dir):
    splits = read_folder_splits(spider_dir, include_others=True)
    counts = Counter(e.id.split("-")[0] for e in splits["train"].examples)
    assert counts == {"train": 7000, "others": 1659}
    assert len(splits["validation"].examples) == 1034
    assert len(read_schemas(spider_dir / "tables.json")) == 166
