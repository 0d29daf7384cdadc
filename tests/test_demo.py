"""The demo's own data: what is committed is sound, and its generators still make exactly it."""

import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from demo.sources.domains import connect, read_domains
from demo.sources.make_benchmark import BENCHMARK_DIR, main, pairs_of_unequal_length, read_pairs
from demo.sources.make_spider import SPIDER_DIR, SPLITS, has_ties, is_telling, polish, write_spider
from demo.sources.phrases import complete_measure
from demo.pretraining.pretrain import MODEL_DIR
from text2sql.data.spider import database_path, read_examples, read_schemas
from text2sql.files import read_jsonl

EXAMPLE_FILES = {split: SPIDER_DIR / name for split, name, _, _ in SPLITS}
# Names that both splits may use; demo/README.md lists them.
GENERIC_NAMES = {"age", "full_name", "name", "nickname", "title"}


@pytest.fixture(scope="module")
def examples():
    return {split: read_examples(path) for split, path in EXAMPLE_FILES.items()}


@pytest.fixture(scope="module")
def schemas():
    return read_schemas(SPIDER_DIR / "tables.json")


@pytest.fixture(scope="module")
def tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(MODEL_DIR)


def rows_of(db_id: str, sql: str) -> list:
    path = database_path(SPIDER_DIR / "database", db_id)
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def contents(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_every_gold_query_has_rows_that_are_not_a_lone_zero_or_null(examples):
    for example in [*examples["train"], *examples["validation"]]:
        rows = rows_of(example.db_id, example.gold_sql)
        assert rows, example
        assert rows not in ([(0,)], [(None,)]), example


def test_there_are_about_400_train_and_200_validation_questions(examples):
    assert len(examples["train"]) == 403
    assert len(examples["validation"]) == 204
    assert len({example.db_id for example in examples["train"]}) == 13
    assert len({example.db_id for example in examples["validation"]}) == 6


def test_no_database_is_in_both_splits(examples):
    train, validation = ({example.db_id for example in examples[split]} for split in examples)
    assert not train & validation


def test_only_generic_names_are_in_the_schemas_of_both_splits(examples, schemas):
    names = {"train": set(), "validation": set()}
    for split in names:
        for db_id in {example.db_id for example in examples[split]}:
            for table in schemas[db_id].tables:
                names[split] |= {table.name, *(column.name for column in table.columns)}
    assert names["train"] & names["validation"] == GENERIC_NAMES
    listed = (SPIDER_DIR.parent / "README.md").read_text()
    assert all(f"`{name}`" in listed for name in GENERIC_NAMES)


@pytest.mark.parametrize("part", ["question", "gold_sql"])
def test_nothing_is_asked_twice_of_a_database(examples, part):
    asked = Counter((e.db_id, getattr(e, part)) for split in examples for e in examples[split])
    assert max(asked.values()) == 1


def test_every_split_has_the_four_classes_of_hardness_in_spiders_proportions(examples, schemas):
    from text2sql.scoring.exact_match.match import hardness
    from text2sql.scoring.exact_match.parser import parse_sql

    spiders_own = {"easy": 0.25, "medium": 0.40, "hard": 0.20, "extra": 0.15}
    for split in examples:
        found = Counter(
            hardness(parse_sql(example.gold_sql, schemas[example.db_id]))
            for example in examples[split]
        )
        for name, share in spiders_own.items():
            assert found[name] / found.total() == pytest.approx(share, abs=0.03)


def test_the_gold_files_hold_the_queries_of_the_json_files(examples):
    for split, _, gold_name, _ in SPLITS:
        lines = (SPIDER_DIR / gold_name).read_text().splitlines()
        assert lines == [f"{example.gold_sql}\t{example.db_id}" for example in examples[split]]


def test_the_schemas_are_those_of_the_database_files(schemas):
    for db_id, schema in schemas.items():
        for table in schema.tables:
            found = rows_of(db_id, f"SELECT name, pk FROM pragma_table_info('{table.name}')")
            assert [name for name, _ in found] == [column.name for column in table.columns]
            assert tuple(name for name, key in found if key) == table.primary_key
        for key in schema.foreign_keys:
            found = rows_of(db_id, f"PRAGMA foreign_key_list({key.table})")
            assert (key.referenced_table, key.column, key.referenced_column) in [
                row[2:5] for row in found
            ]


def test_every_foreign_key_points_at_a_row(schemas):
    for db_id in schemas:
        assert rows_of(db_id, "PRAGMA foreign_key_check") == []


def test_the_generator_makes_the_same_files_again(tmp_path):
    write_spider(tmp_path, seed=42)
    for path in sorted(SPIDER_DIR.rglob("*.*")):
        again = tmp_path / path.relative_to(SPIDER_DIR)
        if path.suffix == ".sqlite":
            assert contents(again) == contents(path)
        else:
            assert again.read_bytes() == path.read_bytes(), path


def test_the_databases_are_small():
    assert sum(path.stat().st_size for path in SPIDER_DIR.rglob("*.sqlite")) < 500_000


@pytest.mark.parametrize(
    ("sql", "telling"),
    [
        ("SELECT name FROM tank WHERE water = 'saltwater'", True),
        ("SELECT name FROM tank WHERE volume > 0", False),
        ("SELECT count(*) FROM tank WHERE volume > 99999", False),
        ("SELECT name FROM tank ORDER BY volume DESC LIMIT 1", True),
        ("SELECT name FROM tank WHERE water = 'saltwater' AND volume > 0", False),
    ],
    ids=["part of the rows", "all rows", "zero", "one largest", "idle condition"],
)
def test_a_query_is_kept_only_if_a_near_miss_answers_otherwise(sql, telling):
    aquarium = next(domain for domain in read_domains("train") if domain.db_id == "aquarium")
    connection = connect(aquarium)
    assert is_telling(connection, sql) is telling
    connection.close()


def test_a_tie_at_the_limit_is_noticed():
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 9), (2, 9), (3, 5), (4, 1);"
    )
    assert has_ties(connection, "SELECT a FROM t ORDER BY b DESC LIMIT 1")
    assert not has_ties(connection, "SELECT a FROM t ORDER BY b ASC LIMIT 2")
    connection.close()


def test_a_column_of_few_words_has_all_its_phrases():
    phrases = complete_measure({"counted": "bunks"}, "bunks")
    assert phrases["more"] == "with more than {} bunks / have more than {} bunks"
    assert phrases["ask"] == "How many bunks does {} have / How many bunks do {} have"
    assert polish("is there a empty cabin?") == "Is there an empty cabin?"


def test_the_benchmark_is_made_again_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["make_benchmark", "--output_dir", str(tmp_path)])
    main()
    for name in ("grammar.jsonl", "endings.jsonl"):
        assert (tmp_path / name).read_bytes() == (BENCHMARK_DIR / name).read_bytes()


def test_the_sentences_of_a_pair_are_equally_long_in_words_and_in_tokens(tokenizer):
    pairs = read_pairs()
    assert list(Counter(row["phenomenon"] for row in pairs).values()) == [40] * 10
    assert all(len(a.split()) == len(b.split()) for a, b in (row["choices"] for row in pairs))
    assert all(a != b for a, b in (row["choices"] for row in pairs))
    assert pairs_of_unequal_length(pairs, tokenizer) == []


def test_the_right_ending_cannot_be_told_from_the_endings_alone():
    rows = read_jsonl(BENCHMARK_DIR / "endings.jsonl")
    assert all(len(ending.split()) == 4 for row in rows for ending in row["endings"])
    for start in range(0, len(rows), 4):
        group = rows[start : start + 4]
        assert len({frozenset(row["endings"]) for row in group}) == 1
        right = {row["endings"][row["label"]] for row in group}
        assert right == set(group[0]["endings"])
    assert Counter(row["label"] for row in rows) == dict.fromkeys(range(4), 25)


def test_the_tasks_load_from_any_folder(tmp_path, monkeypatch):
    from lm_eval.tasks import TaskManager

    monkeypatch.chdir(tmp_path)
    manager = TaskManager(include_path=str(BENCHMARK_DIR), include_defaults=False)
    tasks = manager.load(["demo_grammar", "demo_endings"])["tasks"]
    assert {name: len(task.test_docs()) for name, task in tasks.items()} == {
        "demo_grammar": 400,
        "demo_endings": 100,
    }
    document = tasks["demo_endings"].test_docs()[0]
    assert tasks["demo_endings"].doc_to_choice(document) == document["endings"]
