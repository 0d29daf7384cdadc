"""What a gold query uses is found in the query itself and in all queries inside it."""

import pytest

from text2sql.data.spider import Column, ForeignKey, Schema, Table
from text2sql.scoring.exact_match.parser import parse_sql
from text2sql.scoring.query_features import query_features

SINGER = Table(
    "singer", "singer", (Column("id", "id", "number"), Column("age", "age", "number")), ()
)
SONG = Table("song", "song", (Column("singer_id", "singer id", "number"),), ())
SCHEMA = Schema("music", (SINGER, SONG), (ForeignKey("song", "singer_id", "singer", "id"),))

QUERIES = {
    "SELECT age FROM singer WHERE age > 3": [],
    "SELECT T1.age FROM singer AS T1 JOIN song AS T2 ON T1.id = T2.singer_id": ["join"],
    "SELECT id FROM singer WHERE id NOT IN (SELECT singer_id FROM song)": ["nesting"],
    "SELECT id FROM singer EXCEPT SELECT singer_id FROM song": ["set_operation"],
    "SELECT max(age) FROM singer": ["aggregation"],
    "SELECT age FROM singer GROUP BY age HAVING count(*) > 1": ["aggregation", "group_by"],
    "SELECT age FROM singer ORDER BY count(*)": ["aggregation", "order_by_limit"],
    "SELECT age FROM singer LIMIT 3": ["order_by_limit"],
    "SELECT id FROM singer WHERE age > (SELECT avg(age) FROM singer)": ["nesting", "aggregation"],
    "SELECT count(*) FROM (SELECT age FROM singer GROUP BY age)": [
        "nesting",
        "aggregation",
        "group_by",
    ],
    "SELECT id FROM singer UNION SELECT T1.id FROM singer AS T1 JOIN song AS T2": [
        "join",
        "set_operation",
    ],
}


@pytest.mark.parametrize(("sql", "features"), QUERIES.items(), ids=QUERIES)
def test_features_of_a_query(sql, features):
    assert query_features(parse_sql(sql, SCHEMA)) == features
