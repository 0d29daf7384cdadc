"""What counts as the same query, how hard a query is, and how the scores by clause are counted."""

import pytest

from text2sql.data.spider import (
    Column,
    ForeignKey,
    Schema,
    Table,
    read_examples,
    read_schemas,
)
from text2sql.scoring.exact_match.clauses import CLAUSES, ClauseScore, summarize_partial_scores
from text2sql.scoring.exact_match.match import (
    exact_match,
    hardness,
    map_foreign_keys,
    partial_scores,
)
from text2sql.scoring.exact_match.parser import UnparsableSQL, parse_sql


def table(name: str, *columns: str) -> Table:
    return Table(name, name, tuple(Column(column, column, "text") for column in columns), ())


SCHEMA = Schema(
    "concert",
    (
        table("singer", "singer_id", "name", "age", "country"),
        table("concert", "concert_id", "name", "year"),
        table("sings", "concert_id", "singer_id"),
    ),
    (
        ForeignKey("sings", "concert_id", "concert", "concert_id"),
        ForeignKey("sings", "singer_id", "singer", "singer_id"),
    ),
)


def matches(predicted_sql: str, gold_sql: str) -> bool:
    return exact_match(parse_sql(predicted_sql, SCHEMA), parse_sql(gold_sql, SCHEMA), SCHEMA)


def score(predicted_sql: str, gold_sql: str) -> dict[str, ClauseScore]:
    return partial_scores(parse_sql(predicted_sql, SCHEMA), parse_sql(gold_sql, SCHEMA), SCHEMA)


JOIN = "FROM singer AS T1 JOIN sings AS T2 ON T1.singer_id = T2.singer_id"


@pytest.mark.parametrize(
    ("predicted_sql", "gold_sql"),
    [
        pytest.param(
            "select NAME, AGE from SINGER", "SELECT age, name FROM singer", id="order-of-select"
        ),
        pytest.param(
            "SELECT name FROM singer WHERE age > 1 AND country = 'x'",
            "SELECT name FROM singer WHERE country = 'y' AND age > 2",
            id="values-and-order-of-where",
        ),
        pytest.param(
            "SELECT DISTINCT name, count(DISTINCT age) FROM singer",
            "SELECT name, count(age) FROM singer",
            id="distinct",
        ),
        pytest.param(
            f"SELECT T1.singer_id {JOIN}", f"SELECT T2.singer_id {JOIN}", id="foreign-key"
        ),
        pytest.param(
            f"SELECT T1.name {JOIN}",
            "SELECT b.name FROM sings AS a JOIN singer AS b ON a.concert_id = b.age",
            id="aliases-order-and-conditions-of-joins",
        ),
        pytest.param(
            "SELECT name FROM singer ORDER BY age LIMIT 1",
            "SELECT name FROM singer ORDER BY age ASC LIMIT 5",
            id="size-of-limit",
        ),
        pytest.param(
            "SELECT name FROM singer WHERE age > (SELECT max(age) FROM singer WHERE country = 'x')",
            "SELECT name FROM singer WHERE age > (SELECT max(age) FROM singer WHERE country = 'y')",
            id="values-in-subqueries-of-where",
        ),
        pytest.param(
            f"SELECT T1.name {JOIN} UNION SELECT DISTINCT T2.singer_id {JOIN}",
            f"SELECT T1.name {JOIN} UNION SELECT T1.singer_id {JOIN}",
            id="foreign-key-on-the-other-side-of-a-union",
        ),
        pytest.param(
            "SELECT age FROM singer WHERE age = 1 AND age = 2 OR age = 3",
            "SELECT age FROM singer WHERE age = 1 OR age = 2 AND age = 3",
            id="quirk-place-of-or",
        ),
        pytest.param(
            "SELECT country FROM singer GROUP BY country",
            "SELECT country FROM singer GROUP BY max(country)",
            id="quirk-aggregate-in-group-by",
        ),
    ],
)
def test_queries_that_say_the_same_match(predicted_sql, gold_sql):
    assert matches(predicted_sql, gold_sql)
    assert matches(gold_sql, predicted_sql)


@pytest.mark.parametrize(
    ("predicted_sql", "gold_sql"),
    [
        pytest.param("SELECT name FROM singer", "SELECT age FROM singer", id="column"),
        pytest.param("SELECT max(age) FROM singer", "SELECT min(age) FROM singer", id="aggregate"),
        pytest.param("SELECT name FROM singer", "SELECT name, name FROM singer", id="twice"),
        pytest.param(
            "SELECT singer.name FROM singer", f"SELECT T1.name {JOIN}", id="missing-table"
        ),
        pytest.param(
            "SELECT singer_id FROM singer", "SELECT singer_id FROM sings", id="other-table"
        ),
        pytest.param(
            "SELECT name FROM singer WHERE age > 1",
            "SELECT name FROM singer WHERE age >= 1",
            id="comparison",
        ),
        pytest.param(
            "SELECT name FROM singer WHERE name LIKE 'x'",
            "SELECT name FROM singer WHERE name NOT LIKE 'x'",
            id="not",
        ),
        pytest.param(
            "SELECT name FROM singer WHERE age = 1 AND age = 2",
            "SELECT name FROM singer WHERE age = 1 OR age = 2",
            id="and-or",
        ),
        pytest.param(
            "SELECT name FROM singer ORDER BY age",
            "SELECT name FROM singer ORDER BY age DESC",
            id="direction",
        ),
        pytest.param(
            "SELECT name FROM singer ORDER BY age",
            "SELECT name FROM singer ORDER BY age LIMIT 1",
            id="limit",
        ),
        pytest.param(
            "SELECT age FROM singer GROUP BY age, name HAVING count(*) > 1",
            "SELECT age FROM singer GROUP BY name, age HAVING count(*) > 1",
            id="order-of-group-by",
        ),
        pytest.param(
            "SELECT age FROM singer UNION SELECT age FROM singer",
            "SELECT age FROM singer EXCEPT SELECT age FROM singer",
            id="set-operator",
        ),
        pytest.param(
            "SELECT age FROM singer UNION SELECT age FROM singer",
            "SELECT age FROM singer UNION SELECT name FROM singer",
            id="other-side-of-a-union",
        ),
        pytest.param(
            f"SELECT name FROM singer WHERE age IN (SELECT T1.singer_id {JOIN})",
            f"SELECT name FROM singer WHERE age IN (SELECT T2.singer_id {JOIN})",
            id="quirk-foreign-key-in-a-subquery",
        ),
        pytest.param(
            "SELECT name FROM singer WHERE age IN (SELECT DISTINCT age FROM singer)",
            "SELECT name FROM singer WHERE age IN (SELECT age FROM singer)",
            id="quirk-distinct-in-a-subquery",
        ),
        pytest.param(
            "SELECT name FROM singer WHERE age = (SELECT age FROM singer LIMIT 1)",
            "SELECT name FROM singer WHERE age = (SELECT age FROM singer LIMIT 2)",
            id="quirk-size-of-limit-in-a-subquery",
        ),
        pytest.param(
            "SELECT count(*) FROM (SELECT name FROM singer WHERE age = 1)",
            "SELECT count(*) FROM (SELECT name FROM singer WHERE age = 2)",
            id="quirk-values-in-a-subquery-of-from",
        ),
        pytest.param(
            "SELECT name FROM singer WHERE age = 1 age = 2",
            "SELECT name FROM singer WHERE age = 1 AND age = 2",
            id="missing-connector",
        ),
    ],
)
def test_queries_that_differ_do_not_match(predicted_sql, gold_sql):
    assert matches(gold_sql, gold_sql)
    assert not matches(predicted_sql, gold_sql)
    assert not matches(gold_sql, predicted_sql)


@pytest.mark.parametrize(
    ("gold_sql", "present"),
    [
        ("SELECT name FROM singer", {"select", "select(no AGG)", "and/or"}),
        (
            "SELECT name FROM singer WHERE age = 1 ORDER BY age",
            {"select", "select(no AGG)", "where", "where(no OP)", "order", "and/or", "keywords"},
        ),
    ],
)
def test_an_unparsable_prediction_is_compared_as_an_empty_query(gold_sql, present):
    gold = parse_sql(gold_sql, SCHEMA)
    scores = partial_scores(None, gold, SCHEMA)
    assert not exact_match(None, gold, SCHEMA)
    assert {clause for clause, score in scores.items() if score.gold_total} == present
    assert {clause for clause, score in scores.items() if score.predicted_total} == {"and/or"}


def test_clauses_are_scored_apart():
    scores = score(
        "SELECT max(age), country FROM singer WHERE age > 1 GROUP BY country ORDER BY age",
        "SELECT min(age), country FROM singer WHERE age < 1 AND name = 'x' GROUP BY country "
        "HAVING count(*) > 1 ORDER BY age LIMIT 1",
    )
    assert scores == {
        "select": ClauseScore(2, 2, False),
        "select(no AGG)": ClauseScore(2, 2, True),
        "where": ClauseScore(1, 2, False),
        "where(no OP)": ClauseScore(1, 2, False),
        "group(no Having)": ClauseScore(1, 1, True),
        "group": ClauseScore(1, 1, False),
        "order": ClauseScore(1, 1, False),
        "and/or": ClauseScore(1, 0, False),  # quirk: unequal sets change places
        "IUEN": ClauseScore(0, 0, True),
        "keywords": ClauseScore(4, 6, False),
    }


def test_set_operations_are_scored_by_their_right_sides():
    union = "SELECT age FROM singer UNION SELECT age FROM singer"
    assert score(union, union)["IUEN"] == ClauseScore(1, 1, True)
    assert score(union, f"{union} WHERE age = 1")["IUEN"] == ClauseScore(1, 1, False)
    assert score(union, "SELECT age FROM singer")["IUEN"] == ClauseScore(1, 0, False)


def test_a_summary_counts_only_the_queries_that_have_the_clause():
    where = "SELECT age FROM singer WHERE age = 1"
    plain = "SELECT age FROM singer"
    summary = summarize_partial_scores([score(where, where), score(plain, where)] * 2)
    assert list(summary) == list(CLAUSES)
    assert summary["where"] == {"acc": 1.0, "rec": 0.5, "f1": pytest.approx(2 / 3)}
    assert summary["order"] == {"acc": 0.0, "rec": 0.0, "f1": 1.0}  # quirk: absent scores 1


def test_a_foreign_key_stands_for_its_column_only_where_its_table_is_in_from():
    subquery = "(SELECT sings.singer_id FROM sings)"
    in_from = f"SELECT sings.singer_id FROM singer JOIN sings WHERE age IN {subquery}"
    outside = f"SELECT sings.singer_id FROM singer WHERE age IN {subquery}"
    assert matches(in_from, in_from.replace("SELECT sings", "SELECT singer", 1))
    assert not matches(outside, outside.replace("SELECT sings", "SELECT singer", 1))


def test_a_key_between_two_groups_joins_the_first_only():
    tables = tuple(table(name, "id") for name in "abcd")
    keys = [("b", "a"), ("d", "c"), ("c", "b")]
    schema = Schema("keys", tables, tuple(ForeignKey(x, "id", y, "id") for x, y in keys))
    assert map_foreign_keys(schema) == {
        "a.id": "a.id",
        "b.id": "a.id",
        "c.id": "c.id",  # it is in both groups, and the last one counts
        "d.id": "c.id",
    }


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT count(*) FROM singer", "easy"),
        ("SELECT name FROM singer WHERE age = 1", "easy"),
        ("SELECT name, age FROM singer WHERE age = 1", "medium"),
        ("SELECT name FROM singer ORDER BY age LIMIT 1", "medium"),
        ("SELECT name FROM singer WHERE name LIKE 'x' ORDER BY age", "hard"),
        ("SELECT name FROM singer WHERE age IN (SELECT age FROM singer)", "hard"),
        ("SELECT name FROM singer UNION SELECT name FROM singer", "hard"),
        (f"SELECT T1.name, T1.age {JOIN} WHERE age = 1 OR age = 2 OR age = 3", "extra"),
        ("SELECT name, age FROM singer WHERE age IN (SELECT age FROM singer)", "extra"),
        # Quirks: a subquery in FROM does not count, NOT counts as an aggregate.
        ("SELECT count(*) FROM (SELECT name FROM singer WHERE age = 1)", "easy"),
        ("SELECT max(age) FROM singer WHERE name NOT LIKE 'x'", "medium"),
    ],
)
def test_hardness_counts_what_the_official_script_counts(sql, expected):
    assert hardness(parse_sql(sql, SCHEMA)) == expected


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["train_spider", "train_others", "dev"])
def test_every_gold_query_of_spider_matches_itself(spider_dir, name):
    schemas = read_schemas(spider_dir / "tables.json")
    unparsable = []
    for example in read_examples(spider_dir / f"{name}.json"):
        schema = schemas[example.db_id]
        try:
            gold = parse_sql(example.gold_sql, schema)
        except UnparsableSQL:
            unparsable.append(example.db_id)
            continue
        assert exact_match(gold, gold, schema), example.gold_sql
    # Its query names a table that its schema lacks; Spider's own file has no clauses for it.
    assert unparsable == (["assets_maintenance"] if name == "train_spider" else [])
