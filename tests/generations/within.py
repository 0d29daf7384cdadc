"""What may be within a query: (generation, the query that counts), by name."""

from generations.wrappers import OTHER, SQL

WITHIN = {
    "lines": ("SELECT name\n  FROM singer\n  WHERE age > 30", SQL),
    "blank_lines": ("SELECT name\n\nFROM singer\n\n\nWHERE age > 30", SQL),
    "blank_lines_in_a_fence": ("```sql\nSELECT name\n\nFROM singer\n\nWHERE age > 30\n```", SQL),
    "blank_lines_with_blanks": ("SELECT name\n  \t\nFROM singer\n \nWHERE age > 30", SQL),
    "blank_lines_small": ("select name\n\nfrom singer\n\nwhere age > 30", SQL.lower()),
    "line_ends_of_windows": ("SELECT name\r\nFROM singer\r\n\r\nWHERE age > 30\r\n", SQL),
    "keywords_at_line_ends": ("SELECT\nname\nFROM\nsinger\nWHERE\nage\n>\n30", SQL),
    "a_table_called_user": (
        "SELECT name FROM\nuser\nWHERE age > 30",
        "SELECT name FROM user WHERE age > 30",
    ),
    "columns_on_lines": ("SELECT\nName,\nAge\nFROM singer", "SELECT Name, Age FROM singer"),
    "commas_first": ("SELECT name\n, age\nFROM singer", "SELECT name , age FROM singer"),
    "arithmetic_on_lines": (
        "SELECT price\n  * quantity\n  - rebate AS total\nFROM sale",
        "SELECT price * quantity - rebate AS total FROM sale",
    ),
    "union": (f"{OTHER}\nUNION ALL\n{SQL}", f"{OTHER} UNION ALL {SQL}"),
    "union_with_blank_lines": (f"{OTHER}\n\nUNION\n\n{SQL}", f"{OTHER} UNION {SQL}"),
    "with": (
        f"WITH a AS (\n  {OTHER}\n),\nb AS (SELECT 1)\n\nSELECT * FROM a",
        f"WITH a AS ( {OTHER} ), b AS (SELECT 1) SELECT * FROM a",
    ),
    "subquery_alias_on_its_line": (
        f"SELECT age\nFROM (\n  {OTHER}\n)\nsub\nWHERE age > 1",
        f"SELECT age FROM ( {OTHER} ) sub WHERE age > 1",
    ),
    "case": (
        "SELECT CASE\n  WHEN age > 30 THEN 'old'\n  ELSE 'young'\nEND AS label\nFROM singer",
        "SELECT CASE WHEN age > 30 THEN 'old' ELSE 'young' END AS label FROM singer",
    ),
    "window": (
        "SELECT name,\n  rank() OVER (\n    PARTITION BY country\n    ORDER BY age\n"
        "  ) AS place\nFROM singer",
        "SELECT name, rank() OVER ( PARTITION BY country ORDER BY age ) AS place FROM singer",
    ),
    "keywords_as_names": (
        "select T1.order\nfrom match as T1\njoin left on T1.id = left.id",
        "select T1.order from match as T1 join left on T1.id = left.id",
    ),
    "leading_comment": (f"-- SELECT the names\n{SQL}", SQL),
    "leading_block_comment": (f"/* SELECT the names; */\n{SQL}", SQL),
    "leading_block_comment_with_a_query": (f"/* not {OTHER} */\n{SQL}", SQL),
    "comment_with_semicolon": ("SELECT name -- first; then\nFROM singer WHERE age > 30", SQL),
    "comment_with_fence": ("SELECT name -- ```\nFROM singer WHERE age > 30", SQL),
    "comment_with_tag": ("SELECT name -- <think> </sql>\nFROM singer WHERE age > 30", SQL),
    "comment_with_token": ("SELECT name /* <|im_end|> */ FROM singer WHERE age > 30", SQL),
    "comment_with_blank_line": ("SELECT name /* a\n\nb */\nFROM singer WHERE age > 30", SQL),
    "comment_with_query": (f"SELECT name /* {OTHER}; */ FROM singer WHERE age > 30", SQL),
    "comment_with_apostrophe": ("SELECT name -- the singer's\nFROM singer WHERE age > 30", SQL),
    "comment_that_is_prose": (f"{SQL} -- this returns the names", SQL),
    "comment_with_fence_on_lines": (f"/*\n```sql\n{OTHER}\n```\n*/\n{SQL}", SQL),
    "comment_line_with_closing_tag": (f"-- </think>\n{SQL}", SQL),
    **{
        f"quote_with_{name}": (
            f"SELECT name FROM singer WHERE note = {quoted}",
            f"SELECT name FROM singer WHERE note = {quoted}",
        )
        for name, quoted in {
            "semicolon": "'a; b'",
            "fence": "'```'",
            "fence_of_tildes": "'~~~'",
            "query": f"'{OTHER}'",
            "tag": "'<think>'",
            "closing_tag": "'</think>'",
            "sql_tag": "'</sql>'",
            "special_token": "'<|im_end|>'",
            "end_of_text": "'</s>'",
            "channel": "'<|channel|>final<|message|>'",
            "comment": "'-- no'",
            "block_comment": "'/* no */'",
            "doubled_quote": "'it''s; so'",
            "double_quotes": '"a; b"',
            "json": """'{"sql": "no"}'""",
            "question": "'Question: why?'",
            "sentence": "'So. This Is it.'",
            "backslash": r"'a\b'",
            "chinese": "'这个；查询'",
            "brackets": "'[/SQL]'",
            "html": "'a &gt; b'",
        }.items()
    },
    "quote_with_lines": (
        "SELECT name FROM singer WHERE note = 'first\n\nsecond; third' AND age > 30",
        "SELECT name FROM singer WHERE note = 'first  second; third' AND age > 30",
    ),
    "quote_in_a_fence": (
        "```sql\nSELECT name FROM singer WHERE note = '```'\n```",
        "SELECT name FROM singer WHERE note = '```'",
    ),
    "quote_in_tags": (
        "<sql>SELECT name FROM singer WHERE note = '</sql>'</sql>",
        "SELECT name FROM singer WHERE note = '</sql>'",
    ),
    "quoted_name_with_backticks": (
        "SELECT `first name; x` FROM `singer`",
        "SELECT `first name; x` FROM `singer`",
    ),
    "name_in_brackets": (
        "SELECT [first name; x] FROM [singer]",
        "SELECT [first name; x] FROM [singer]",
    ),
    "quote_never_closed": (
        "SELECT name FROM singer WHERE note = 'x",
        "SELECT name FROM singer WHERE note = 'x",
    ),
    "quote_never_closed_in_a_fence": (
        "```sql\nSELECT name FROM singer WHERE note = 'x\n```\nIt's so",
        "SELECT name FROM singer WHERE note = 'x",
    ),
    "blank_behind_the_dot": (
        "SELECT T1. name FROM singer AS T1",
        "SELECT T1. name FROM singer AS T1",
    ),
    "blanks_around_the_dot": (
        "SELECT T1 . Name , T1 . Age FROM singer AS T1 JOIN b AS T2 ON T1. Id = T2 . Id",
        "SELECT T1 . Name , T1 . Age FROM singer AS T1 JOIN b AS T2 ON T1. Id = T2 . Id",
    ),
    "cut_in_a_condition": (
        "SELECT name FROM singer WHERE age > 30 AND",
        "SELECT name FROM singer WHERE age > 30 AND",
    ),
    "cut_in_the_list": ("SELECT name,", "SELECT name,"),
    "cut_in_a_call": ("SELECT max(", "SELECT max("),
    "wrong_sql_stays_wrong": ("SELECT name age of singer", "SELECT name age of singer"),
    "select_one": ("SELECT 1", "SELECT 1"),
    "clauses_on_lines": (f"{SQL}\nORDER BY name\nLIMIT 5", f"{SQL} ORDER BY name LIMIT 5"),
    "keywords_capitalised": (
        "Select name\nFrom singer\nWhere age > 30",
        "Select name From singer Where age > 30",
    ),
    "list_on_lines": (
        "SELECT name FROM singer WHERE id IN\n(\n1,\n2\n)",
        "SELECT name FROM singer WHERE id IN ( 1, 2 )",
    ),
    "not_exists_on_lines": (
        "SELECT name\nFROM singer s\nWHERE NOT EXISTS (\n  SELECT 1\n  FROM c\n"
        "  WHERE c.id = s.id\n)",
        "SELECT name FROM singer s WHERE NOT EXISTS ( SELECT 1 FROM c WHERE c.id = s.id )",
    ),
    "comment_never_closed": (f"{SQL} /* it is", SQL),
    "wrong_aliases_stay": (
        "SELECT name FROM singer singer2 singer3 WHERE age > 30",
        "SELECT name FROM singer singer2 singer3 WHERE age > 30",
    ),
    "wrong_quotes_stay": (
        "SELECT name\nFROM singer\nWHERE name = O'Brien",
        "SELECT name FROM singer WHERE name = O'Brien",
    ),
    "missing_keyword_stays": (
        "SELECT name\nFROM singer\nage > 30",
        "SELECT name FROM singer age > 30",
    ),
    "call_on_two_lines": ("SELECT count\n(*) FROM singer", "SELECT count (*) FROM singer"),
    "union_of_parentheses": (
        "(SELECT a FROM t) UNION (SELECT b FROM u)",
        "(SELECT a FROM t) UNION (SELECT b FROM u)",
    ),
    "blank_in_subquery": (
        "SELECT name FROM singer WHERE id IN (\n\nSELECT id FROM c\n\n)",
        "SELECT name FROM singer WHERE id IN ( SELECT id FROM c )",
    ),
    "comment_block_lines": ("SELECT name\n/*\n * the name\n */\nFROM singer WHERE age > 30", SQL),
    "comment_trailing": (f"{SQL} -- done;", SQL),
    "comment_with_tags": ("SELECT name /* </sql> */ FROM singer WHERE age > 30", SQL),
    "comment_with_think": (f"{SQL} /* </think> */", SQL),
    "comment_dash_think": (f"{SQL} -- </think>", SQL),
    "comment_dash_quote_think": (
        "SELECT name FROM singer WHERE b = 'x' -- </think> ok",
        "SELECT name FROM singer WHERE b = 'x'",
    ),
    "quote_select": (
        "SELECT name FROM singer WHERE b LIKE '%SELECT 1 FROM x%'",
        "SELECT name FROM singer WHERE b LIKE '%SELECT 1 FROM x%'",
    ),
    "quote_newline_semicolon": (
        "SELECT name FROM singer WHERE b = 'x;\ny'",
        "SELECT name FROM singer WHERE b = 'x; y'",
    ),
    "dq_fence": (
        'SELECT name FROM singer WHERE b = "```sql"',
        'SELECT name FROM singer WHERE b = "```sql"',
    ),
    "dq_in_fence": (
        '```sql\nSELECT name FROM singer WHERE b = "~~~"\n```',
        'SELECT name FROM singer WHERE b = "~~~"',
    ),
    "user_table": ("SELECT * FROM user", "SELECT * FROM user"),
    "user_table_nl": ("SELECT *\nFROM user\nWHERE id = 1", "SELECT * FROM user WHERE id = 1"),
    "question_col": ("SELECT question FROM quiz", "SELECT question FROM quiz"),
    "union_nl_lower": (
        f"{OTHER.lower()}\nunion\n{SQL.lower()}",
        f"{OTHER.lower()} union {SQL.lower()}",
    ),
    "tabs": ("SELECT\tname\tFROM\tsinger\tWHERE\tage > 30", SQL),
}
