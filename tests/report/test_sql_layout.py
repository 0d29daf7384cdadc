"""SQL laid out for the browser of questions: lines, indents and capitals, and nothing else."""

import pytest

from text2sql.report.sql_layout import lay_out

NESTED = """SELECT t1.name, count(*)
FROM singer AS t1
LEFT OUTER JOIN song AS t2 ON t1.id = t2.singer
  AND t2.year BETWEEN 1990 AND 2000
WHERE t1.age > (
    SELECT avg(age)
    FROM singer
    WHERE country = 'from  and')
  OR t1.age IS NULL
GROUP BY t1.name
LIMIT 3"""


def test_each_clause_has_a_line_and_nested_queries_are_indented():
    assert lay_out(NESTED.replace("\n", " ")) == NESTED
    assert lay_out("select a from b union select c from d").splitlines() == [
        *("SELECT a", "FROM b", "UNION", "SELECT c", "FROM d")
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "select `from`, [where x], \"And\" from t -- and so on\nwhere a = 'it''s  or'",
        "select count(distinct a), cast(b as text) from t where c in (1, 2) and d",
        "select 'never closed from x where",
        "the answer (select one) is ) unclear /* or",
        "(((select a from b",
        "",
    ],
)
def test_only_blanks_and_the_case_of_keywords_change(sql):
    laid_out = lay_out(sql)
    assert "".join(laid_out.split()).lower() == "".join(sql.split()).lower()
    for quoted in ("`from`", "[where x]", '"And"', "'it''s  or'"):
        assert (quoted in laid_out) == (quoted in sql)


def test_what_follows_a_comment_stays_outside_of_it():
    assert lay_out("select a -- first\n, b from c") == "SELECT a -- first\n, b\nFROM c"
