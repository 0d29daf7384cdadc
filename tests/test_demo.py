"""The demo's own data: what is committed is sound, and its generators reproduce it exactly."""

import re
import sqlite3
from collections import Counter, defaultdict
from itertools import groupby
from pathlib import Path

import pytest
from conftest import ROOT

from demo.sources.domains import connect, read_domains
from demo.sources.make_benchmark import (
    BENCHMARK_DIR,
    main,
    pairs_of_unequal_length,
    read_pairs,
)
from demo.sources.make_spider import (
    SPIDER_DIR,
    SPLITS,
    has_ties,
    is_discriminating,
    polish,
    write_spider,
)
from demo.sources.phrases import complete_measure
from text2sql.data.spider import Example, Schema, database_path, read_examples, read_schemas
from text2sql.data.spider_splits import hold_out_databases, read_folder_splits
from text2sql.files import read_jsonl

# Names that both splits may use; demo/README.md lists them.
GENERIC_NAMES = {"age", "full_name", "name", "nickname", "title"}
Examples = dict[str, list[Example]]
Schemas = dict[str, Schema]


@pytest.fixture(scope="module")
def examples() -> Examples:
    return {split.name: read_examples(SPIDER_DIR / split.examples_name) for split in SPLITS}


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return read_schemas(SPIDER_DIR / "tables.json")


def rows_of(db_id: str, sql: str) -> list[tuple]:
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


def test_the_folder_holds_data_sources_benchmark_model_pretraining_and_a_readme():
    found = {path.name for path in SPIDER_DIR.parent.iterdir() if path.name != "__pycache__"}
    assert found == {"README.md", "benchmark", "model", "pretraining", "sources", "spider"}


def test_no_near_miss_of_a_gold_query_gives_its_answer(examples: Examples):
    connections = {
        domain.db_id: connect(domain) for split in SPLITS for domain in read_domains(split.name)
    }
    for example in [*examples["train"], *examples["validation"]]:
        assert is_discriminating(connections[example.db_id], example.gold_sql), example
    for connection in connections.values():
        connection.close()


def test_every_gold_query_has_rows_that_are_not_a_lone_zero_or_null(examples: Examples):
    for example in [*examples["train"], *examples["validation"]]:
        rows = rows_of(example.db_id, example.gold_sql)
        assert rows, example
        assert rows not in ([(0,)], [(None,)]), example


def test_there_are_at_least_240_validation_questions_on_at_least_12_databases(examples: Examples):
    per_database = Counter(example.db_id for example in examples["validation"])
    assert len(per_database) >= 12
    assert per_database.total() >= 240
    assert len(set(per_database.values())) == 1, "databases count alike"


def test_the_demo_holds_out_100_questions_and_trains_on_12_databases():
    command = re.search(r"--holdout_fraction (\S+)", (ROOT / "Makefile").read_text())
    assert command
    train = read_folder_splits(SPIDER_DIR, include_others=False)["train"]
    kept, held_out = hold_out_databases(train, float(command[1]), seed=42)
    assert len(held_out.examples) >= 100
    assert len({example.db_id for example in kept.examples}) >= 12
    assert len(kept.examples) + len(held_out.examples) == len(train.examples)


def test_no_database_is_in_both_splits(examples: Examples):
    train, validation = ({example.db_id for example in examples[split]} for split in examples)
    assert not train & validation


def test_only_generic_names_are_in_the_schemas_of_both_splits(examples: Examples, schemas: Schemas):
    names: defaultdict[str, set[str]] = defaultdict(set)
    for split in examples:
        for db_id in {example.db_id for example in examples[split]}:
            for table in schemas[db_id].tables:
                names[split] |= {table.name, *(column.name for column in table.columns)}
    assert names["train"] & names["validation"] == GENERIC_NAMES
    listed = (SPIDER_DIR.parent / "README.md").read_text()
    assert all(f"`{name}`" in listed for name in GENERIC_NAMES)


def test_no_question_is_repeated_and_a_query_is_asked_in_two_wordings_at_most(examples: Examples):
    for split in examples:
        questions = Counter((e.db_id, e.question) for e in examples[split])
        queries = Counter((e.db_id, e.gold_sql) for e in examples[split])
        assert max(questions.values()) == 1
        assert max(queries.values()) == 2


def test_every_database_asks_one_query_of_each_hardness_in_two_wordings(examples: Examples):
    for split in examples:
        for db_id, asked in groupby(examples[split], key=lambda example: example.db_id):
            queries = Counter(example.gold_sql for example in asked)
            assert sum(number == 2 for number in queries.values()) == 4, db_id


def test_every_split_has_the_four_classes_of_hardness_in_spiders_proportions(
    examples: Examples, schemas: Schemas
):
    from text2sql.scoring.exact_match.match import hardness
    from text2sql.scoring.exact_match.parser import parse_sql

    spiders_own = {"easy": 0.25, "medium": 0.40, "hard": 0.20, "extra": 0.15}
    for split in examples:
        found = Counter(
            hardness(parse_sql(example.gold_sql, schemas[example.db_id]))
            for example in examples[split]
        )
        for name, proportion in spiders_own.items():
            assert found[name] / found.total() == pytest.approx(proportion, abs=0.03)


def test_the_gold_files_hold_the_queries_of_the_json_files(examples: Examples):
    for split in SPLITS:
        lines = (SPIDER_DIR / split.gold_name).read_text().splitlines()
        assert lines == [f"{example.gold_sql}\t{example.db_id}" for example in examples[split.name]]


def test_the_schemas_are_those_of_the_database_files(schemas: Schemas):
    for db_id, schema in schemas.items():
        for table in schema.tables:
            columns = rows_of(db_id, f"SELECT name, pk FROM pragma_table_info('{table.name}')")
            assert [name for name, _ in columns] == [column.name for column in table.columns]
            assert tuple(name for name, key in columns if key) == table.primary_key
        for key in schema.foreign_keys:
            keys = rows_of(db_id, f"PRAGMA foreign_key_list({key.table})")
            assert (key.referenced_table, key.column, key.referenced_column) in [
                row[2:5] for row in keys
            ]


def test_every_foreign_key_points_at_a_row(schemas: Schemas):
    for db_id in schemas:
        assert rows_of(db_id, "PRAGMA foreign_key_check") == []


@pytest.mark.slow
def test_the_generator_reproduces_the_committed_files(tmp_path: Path):
    write_spider(tmp_path, seed=42)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*"))
    assert made == sorted(path.relative_to(SPIDER_DIR) for path in SPIDER_DIR.rglob("*.*"))
    for name in made:
        if name.suffix == ".sqlite":
            assert contents(tmp_path / name) == contents(SPIDER_DIR / name)
        else:
            assert (tmp_path / name).read_bytes() == (SPIDER_DIR / name).read_bytes(), name


def test_the_databases_are_small():
    assert sum(path.stat().st_size for path in SPIDER_DIR.rglob("*.sqlite")) < 500_000


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT name FROM tank WHERE water = 'saltwater'", True),
        ("SELECT name FROM tank WHERE volume > 0", False),
        ("SELECT count(*) FROM tank WHERE volume > 99999", False),
        ("SELECT name FROM tank ORDER BY volume DESC LIMIT 1", True),
        ("SELECT name FROM tank WHERE water = 'saltwater' AND volume > 0", False),
    ],
    ids=["part of the rows", "all rows", "zero", "one largest", "idle condition"],
)
def test_a_query_is_kept_only_if_every_near_miss_answers_differently(sql: str, expected: bool):
    aquarium = next(domain for domain in read_domains("train") if domain.db_id == "aquarium")
    connection = connect(aquarium)
    assert is_discriminating(connection, sql) is expected
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


def test_the_benchmark_is_reproduced_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.argv", ["make_benchmark", "--output_dir", str(tmp_path)])
    main()
    for name in ("grammar.jsonl", "endings.jsonl"):
        assert (tmp_path / name).read_bytes() == (BENCHMARK_DIR / name).read_bytes()


@pytest.mark.slow
def test_the_sentences_of_a_pair_are_equally_long_in_words_and_in_tokens():
    from transformers import AutoTokenizer

    pairs = read_pairs()
    tokenizer = AutoTokenizer.from_pretrained(ROOT / "demo/model")
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


@pytest.mark.slow
def test_the_tasks_load_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
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
