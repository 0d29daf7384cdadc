"""Queries that explain the answer or are offered beside it: (generation, the query), by name."""

from generations.wrappers import OTHER, SQL

MEAN = "SELECT avg(age) FROM singer"
ABOVE = f"SELECT name FROM singer WHERE age > ({MEAN})"
ABSENT = "SELECT name FROM stadium EXCEPT SELECT name FROM concert"
COUNTS = "SELECT id, count(*) AS n FROM concert GROUP BY id"
MAIN = "SELECT id FROM c WHERE n > 1"
FENCE = "```sql\n{}\n```"
ANSWER = FENCE.format(f"{ABOVE};")

EXPLAINED = {
    "subquery_behind_a_label": (f"{ANSWER}\n1. **Subquery**: `{MEAN}`\n   - the mean", ABOVE),
    "subquery_in_a_fence": (f"{ANSWER}\nThe inner query\n{FENCE.format(MEAN)}\ngives it.", ABOVE),
    "subquery_in_parentheses": (f"{ANSWER}\nHere\n{FENCE.format(f'({MEAN})')}\nis it.", ABOVE),
    "subquery_without_marks": (f"{ABOVE};\n\nSubquery: {MEAN}\nIt gives the mean.", ABOVE),
    "subquery_on_lines": (
        f"{FENCE.format(ABOVE.replace(' (', ' (' + chr(10)))}\nHere\n"
        f"{FENCE.format(MEAN.replace(' FROM', chr(10) + 'FROM'))}\nis the mean.",
        ABOVE.replace("(SELECT", "( SELECT"),
    ),
    "subquery_chinese": (f"{ANSWER}\n子查询：`{MEAN}`", ABOVE),
    "sides_of_a_set_operation": (
        f"{FENCE.format(ABSENT)}\n- First:\n{FENCE.format('SELECT name FROM stadium')}\n"
        f"- Then:\n{FENCE.format('SELECT name FROM concert')}",
        ABSENT,
    ),
    "parts_of_with": (
        f"{FENCE.format(f'WITH c AS ({COUNTS}) {MAIN}')}\n1. {FENCE.format(COUNTS)}\n2. Main:\n"
        f"{FENCE.format(MAIN)}",
        f"WITH c AS ({COUNTS}) {MAIN}",
    ),
    "subquery_first": (f"First\n{FENCE.format(MEAN)}\nThen\n{ANSWER}", ABOVE),
    "subquery_after_brackets_too_many": (f"{ABOVE}) AS x JOIN ({MEAN}) AS y", ABOVE),
    "longer_query_corrected": (f"{SQL} AND x = 1;\nNo, without x:\n{SQL}", SQL),
    "offer_in_backticks": (f"{ANSWER}\nIf you want the ages instead: `{OTHER}`.", ABOVE),
    "offers_in_a_list": (f"{ANSWER}\n* Only ages: `{OTHER}`\n* `{SQL}`", ABOVE),
    "offer_in_brackets": (f"{SQL};\n(For ages: `{OTHER}`)", SQL),
    "backticks_on_their_own_line": (f"{FENCE.format(OTHER)}\nBetter:\n`{SQL}`", SQL),
    "bold_backticks_on_their_own_line": (f"{FENCE.format(OTHER)}\nBetter:\n**`{SQL}`**", SQL),
    "markdown_quotation": ("So:\n> SELECT name\n> FROM singer\n> WHERE age > 30\n\nDone.", SQL),
    "markdown_quotation_of_a_fence": (f"> ```sql\n> {SQL}\n> ```", SQL),
    "line_that_begins_with_greater": ("SELECT name FROM singer WHERE age\n> 30", SQL),
    "cast_of_another_dialect": (
        "SELECT a::float / b FROM t WHERE d::date = '2014-01-01'",
        "SELECT a::float / b FROM t WHERE d::date = '2014-01-01'",
    ),
    "tool_calls_of_deepseek": (
        f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>run\n"
        f'```json\n{{"sql": "{SQL}"}}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
        SQL,
    ),
}
