"""Files that are no sound database, and what the views and virtual tables of one may read."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hostile_sql import NAME_IN_BYTES

from text2sql.errors import UserError
from text2sql.scoring.execution.sandbox import (
    QueryError,
    check_database_file,
    open_database,
    read_query,
)

FULL_TEXT = {
    module: f"CREATE VIRTUAL TABLE texts USING {module}(body)"
    for module in ("fts3", "FTS4", "fts5")
}


@pytest.fixture
def query(tmp_path):
    """Return the rows of a query on a database made by a script."""

    def run(script: str, sql: str) -> list:
        path = tmp_path / "library.sqlite"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)
        with closing(open_database(str(path))) as connection:
            return read_query(connection, sql).rows

    return run


@pytest.mark.parametrize("table", FULL_TEXT.values(), ids=FULL_TEXT)
def test_view_over_a_full_text_table_runs(query, table):
    script = f"""{table};
        INSERT INTO texts VALUES ('a fox'), ('a hen');
        CREATE VIEW foxes AS SELECT body FROM texts WHERE texts MATCH 'fox';
        CREATE VIEW same AS SELECT * FROM foxes;"""
    assert query(script, "SELECT * FROM same") == [("a fox",)]


def test_view_over_a_spatial_table_runs(query):
    script = """CREATE VIRTUAL TABLE boxes USING rtree(id, low, high);
        INSERT INTO boxes VALUES (1, 0, 5), (2, 7, 9);
        CREATE VIEW wide AS SELECT id FROM boxes WHERE high - low > 3;"""
    assert query(script, "SELECT * FROM wide") == [(1,)]


def test_view_over_other_virtual_tables_is_refused(query):
    script = """CREATE VIRTUAL TABLE texts USING fts5(body);
        CREATE VIRTUAL TABLE terms USING fts5vocab(texts, row);
        CREATE VIEW known AS SELECT term FROM terms;"""
    assert query(script, "SELECT term FROM terms") == []
    with pytest.raises(QueryError, match="unsafe use of virtual table"):
        query("", "SELECT * FROM known")


@pytest.mark.parametrize("function", ["load_extension('x')", "fts3_tokenizer('simple')"])
def test_view_beside_a_full_text_table_may_call_no_more_than_a_query(query, function):
    script = f"""CREATE VIRTUAL TABLE texts USING fts5(body);
        CREATE VIEW hostile AS SELECT {function} AS x;"""
    with pytest.raises(QueryError, match=r"unsafe use of|not authorized"):
        query(script, "SELECT * FROM hostile")


@pytest.fixture
def database(tmp_path) -> Path:
    path = tmp_path / "bird.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bird (name TEXT)")
    return path


DAMAGE = {
    "empty": lambda whole: b"",
    "a_web_page": lambda whole: b"<html>" * 1000,
    "cut_short": lambda whole: whole[: len(whole) // 2],
    "only_the_header": lambda whole: whole[:100],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_database_file_is_named(database, damage):
    check_database_file(database)
    database.write_bytes(damage(database.read_bytes()))
    with pytest.raises(UserError, match=r"bird\.sqlite"):
        check_database_file(database)


def test_damage_with_a_message_that_is_no_utf8_is_an_error_of_the_query(database):
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(NAME_IN_BYTES)
    with closing(open_database(str(database))) as connection, pytest.raises(QueryError) as raised:
        read_query(connection, "SELECT name FROM bird")
    assert raised.value.kind == "runtime"


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_database_with_uncommitted_changes_is_named(database, ending):
    log = database.with_name(database.name + ending)
    log.write_bytes(b"")
    check_database_file(database)
    log.write_bytes(b"x")
    with pytest.raises(UserError, match="uncommitted"):
        check_database_file(database)
