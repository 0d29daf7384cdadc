"""Neighbours: deterministic copies of a database with other content, apart from the data."""

import contextlib
import random
import sqlite3

import pytest
from hostile_sql import NAME_IN_BYTES
from scored_spider import gold_sqls, score

from text2sql.data.spider import ForeignKey, Schema, read_schemas
from text2sql.errors import UserError
from text2sql.scoring.neighbours import draw, make_distinct, make_neighbours
from text2sql.scoring.scores import summarize_verdicts
from text2sql.scoring.table_content import read_tables


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def museum(spider):
    return spider / "database" / "museum" / "museum.sqlite"


@pytest.fixture
def schema(spider):
    return read_schemas(spider / "tables.json")["museum"]


def rows_of(path, sql):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def dump(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_neighbours_have_the_same_schema_and_other_content(museum, schema):
    paths = make_neighbours(museum, schema, 3)
    statements = "SELECT sql FROM sqlite_master ORDER BY name"
    assert {str(rows_of(path, statements)) for path in (museum, *paths)} == {
        str(rows_of(museum, statements))
    }
    assert len({tuple(dump(path)) for path in (museum, *paths)}) == 4


def test_foreign_keys_of_a_neighbour_refer_to_rows_that_exist(museum, schema):
    for path in make_neighbours(museum, schema, 3):
        assert rows_of(path, "SELECT count(*) FROM painting WHERE wing_id IS NOT NULL") > [(0,)]
        orphans = "SELECT count(*) FROM painting WHERE wing_id NOT IN (SELECT wing_id FROM wing)"
        assert rows_of(path, orphans) == [(0,)]


def test_neighbours_are_the_same_in_another_cache(museum, schema, tmp_path, monkeypatch):
    first = make_neighbours(museum, schema, 2)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    second = make_neighbours(museum, schema, 2)
    assert set(first).isdisjoint(second)
    assert list(map(dump, first)) == list(map(dump, second))


def test_neighbours_are_made_once_and_apart_from_the_data(museum, schema, cache):
    paths = make_neighbours(museum, schema, 2)
    assert all(path.is_relative_to(cache) for path in paths)
    assert [path.name for path in museum.parent.iterdir()] == ["museum.sqlite"]
    before = [path.stat().st_mtime_ns for path in paths]
    more = make_neighbours(museum, schema, 3)
    assert more[:2] == paths
    assert [path.stat().st_mtime_ns for path in paths] == before


def test_changed_database_gets_other_neighbours(museum, schema):
    before = make_neighbours(museum, schema, 1)
    with contextlib.closing(sqlite3.connect(museum)) as connection:
        connection.execute("UPDATE wing SET floor = 77")
        connection.commit()
    assert make_neighbours(museum, schema, 1) != before


ODD_SCHEMA = """
    CREATE TABLE "order" (a INTEGER PRIMARY KEY, b TEXT UNIQUE, c REAL, d BLOB, next INTEGER);
    CREATE TABLE line (a INTEGER, n INTEGER, PRIMARY KEY (a, n));
    CREATE TABLE one (a INTEGER PRIMARY KEY, x TEXT) WITHOUT ROWID;
    CREATE TABLE empty (a INTEGER, b TEXT NOT NULL CHECK (b <> ''));
    CREATE VIEW large AS SELECT * FROM "order" WHERE a > 1;
    CREATE INDEX by_c ON "order" (c);
    CREATE TRIGGER grow AFTER INSERT ON line BEGIN INSERT INTO empty VALUES (1, 'x'); END;
    INSERT INTO "order" VALUES
        (1, 'x', 0.1, x'00', 2), (2, 'y', 1e300, NULL, 1), (9223372036854775807, NULL, 2, x'ff', 1);
    INSERT INTO one VALUES (1, 'a'), (2, 'b');
    INSERT INTO line VALUES (1, 1), (1, 2), (2, 1);
    DELETE FROM empty;
"""


def test_odd_databases_have_neighbours_too(tmp_path):
    path = tmp_path / "odd.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(ODD_SCHEMA)
        connection.execute("INSERT INTO line VALUES (3, CAST(x'74c3' AS TEXT))")  # not UTF-8
        connection.commit()
    keys = (
        ForeignKey("line", "a", "order", "a"),
        ForeignKey("one", "a", "ORDER", "A"),
        ForeignKey("order", "next", "order", "a"),
        ForeignKey("order", "a", "line", "a"),
        ForeignKey("line", "n", "nowhere", "a"),
    )
    for neighbour in make_neighbours(path, Schema("odd", (), keys), 6):
        assert rows_of(neighbour, "PRAGMA integrity_check") == [("ok",)]
        assert rows_of(neighbour, 'SELECT count(*) FROM "order"') > [(0,)]
        assert rows_of(neighbour, "SELECT count(*) FROM large") >= [(0,)]


def test_references_of_a_table_to_itself_exist_in_its_neighbours(tmp_path):
    path = tmp_path / "staff.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE person (boss INTEGER, id INTEGER PRIMARY KEY)")
        rows = [(number // 2 * 3 or None, number * 3) for number in range(1, 30)]
        connection.executemany("INSERT INTO person VALUES (?, ?)", rows)
        connection.commit()
    schema = Schema("staff", (), (ForeignKey("person", "boss", "person", "id"),))
    for neighbour in make_neighbours(path, schema, 4):
        assert rows_of(neighbour, "SELECT count(boss) FROM person") > [(0,)]
        orphans = "SELECT count(*) FROM person WHERE boss NOT IN (SELECT id FROM person)"
        assert rows_of(neighbour, orphans) == [(0,)]


def test_damaged_database_is_named(museum, schema):
    content = museum.read_bytes()
    museum.write_bytes(content[:100] + b"?" * (len(content) - 100))
    with pytest.raises(UserError, match=r"museum\.sqlite"):
        make_neighbours(museum, schema, 1)


def test_tables_come_after_those_that_they_refer_to(museum, schema):
    with contextlib.closing(sqlite3.connect(museum)) as connection:
        tables = read_tables(connection, schema)
    assert list(tables) == ["wing", "painting"]
    assert tables["painting"].parents == {4: ("wing", 0)}


@pytest.mark.parametrize(("pool", "decimals"), [([0.25, 0.75], 2), ([3, 40], 0), ([1.5, 9], 1)])
def test_drawn_numbers_lie_between_those_of_the_column(pool, decimals):
    drawn = [draw(pool, random.Random(seed)) for seed in range(50)]
    assert min(pool) <= min(drawn) < max(drawn) <= max(pool)
    assert all(round(number, decimals) == number for number in drawn)
    assert len(set(drawn)) > 5


def test_values_become_distinct():
    values = [1, 1, 2**63 - 1, 2**63 - 1, 1e300, 1e300, "a", "a", b"a", b"a", None, None]
    distinct = make_distinct(values, random.Random(1))
    assert len(set(distinct)) == 11 and distinct[::2] == values[::2] and distinct[-1] is None


def test_correct_predictions_that_match_by_luck_do_not_survive(spider):
    predicted_sqls = gold_sqls(spider)
    predicted_sqls[1] = "SELECT style FROM wing WHERE floor < 7"  # as all floors are
    predicted_sqls[2] = "SELECT 1"
    predicted_sqls[8] = "SELECT 8"  # as many horses as there are
    verdicts = score(spider, predicted_sqls, neighbours=3)
    assert verdicts[8].execution_match and verdicts[8].survives_neighbours is False
    assert verdicts[2].survives_neighbours is None
    assert verdicts[0].survives_neighbours is True
    survival = summarize_verdicts(verdicts)["scores"]["neighbour_survival"]["all"]
    assert survival["n"] == 15
    assert survival["score"] == sum(bool(v.survives_neighbours) for v in verdicts) / 15
    assert {verdict.test_suite_match for verdict in verdicts} == {None}


def test_gold_queries_survive_their_own_neighbours(spider):
    verdicts = score(spider, gold_sqls(spider), neighbours=4)
    assert {verdict.survives_neighbours for verdict in verdicts} <= {True, None}


def test_without_neighbours_there_is_no_survival(spider):
    scores = summarize_verdicts(score(spider, gold_sqls(spider)))["scores"]
    assert "neighbour_survival" not in scores


def test_no_neighbours_of_a_file_whose_damage_has_no_readable_message(museum, schema):
    with contextlib.closing(sqlite3.connect(museum)) as connection:
        connection.executescript(NAME_IN_BYTES)
    with pytest.raises(UserError, match="No neighbours can be made"):
        make_neighbours(museum, schema, 1)
