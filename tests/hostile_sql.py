"""SQL that a scorer must survive, and odd SQL that it must run, on a table `bird`."""

ENDLESS = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) "
CROSS_JOIN = " FROM " + ", ".join(f"bird b{number}" for number in range(30))

# Damages a database so that SQLite's messages on it are no UTF-8.
NAME_IN_BYTES = """PRAGMA writable_schema = ON;
    INSERT INTO sqlite_master VALUES ('table', x'ff', 'cage', 0, 'CREATE TABLE cage (a)');"""

WRITES = (
    "DROP TABLE bird",
    "DELETE FROM bird",
    "UPDATE bird SET weight = 1",
    "INSERT INTO bird (name) VALUES ('x')",
    "REPLACE INTO bird (name) VALUES ('x')",
    "INSERT INTO bird (name) VALUES ('x') RETURNING *",
    "WITH x AS (SELECT 1) DELETE FROM bird",
    "WITH x AS (SELECT 1) UPDATE bird SET weight = 1",
    "WITH x AS (SELECT 1) INSERT INTO bird SELECT name, 1, 1 FROM bird",
    "CREATE TABLE cage (a)",
    "CREATE TABLE cage AS SELECT * FROM bird",
    "CREATE TEMP TABLE cage (a)",
    "CREATE TEMP VIEW cage AS SELECT 1",
    "CREATE VIEW cage AS SELECT 1",
    "CREATE INDEX cage ON bird (name)",
    "CREATE TRIGGER cage AFTER INSERT ON bird BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE cage USING fts5(a)",
    "ALTER TABLE bird RENAME TO cage",
    "ALTER TABLE bird ADD COLUMN a",
    "VACUUM",
    "VACUUM INTO 'cage.sqlite'",
    "ATTACH 'cage.sqlite' AS cage",
    "ATTACH ':memory:' AS cage",
    "DETACH main",
    "ANALYZE",
    "REINDEX",
    "BEGIN IMMEDIATE",
    "COMMIT",
    "SAVEPOINT cage",
    "PRAGMA journal_mode = WAL",
    "PRAGMA user_version = 7",
    "PRAGMA writable_schema = ON",
    "PRAGMA query_only = OFF",
    "PRAGMA hard_heap_limit = 0",
    "PRAGMA temp_store_directory = '/tmp'",
    "PRAGMA wal_checkpoint",
    "EXPLAIN DELETE FROM bird",
    "SELECT load_extension('cage')",
    "SELECT fts3_tokenizer('simple', x'0000000000000000')",
)
RUNAWAYS = {
    "endless_recursion": ENDLESS + "SELECT count(*) FROM r",
    "cross_join": "SELECT count(*)" + CROSS_JOIN,
    "like_bomb": "SELECT hex(zeroblob(4900000)) LIKE '%' || hex(zeroblob(20000)) || '1'",
    "glob_bomb": "SELECT hex(zeroblob(4900000)) GLOB '*' || hex(zeroblob(20000)) || '1'",
    "instr_bomb": "SELECT instr(hex(zeroblob(4900000)), hex(zeroblob(2000000)) || '1')",
    "printf_bomb": "SELECT printf('%.*c', 1000000000, 'x') FROM bird",
    "one_row_after_an_endless_search": "SELECT b0.name"
    + CROSS_JOIN
    + " WHERE b0.weight + b29.weight = -1",
}
TOO_LARGE = {
    "giant_blob": "SELECT zeroblob(1000000000)",
    "giant_random_blob": "SELECT hex(randomblob(900000000))",
    "giant_text": "SELECT group_concat(hex(zeroblob(1000000))) FROM bird a, bird b",
    "replace_that_multiplies": "SELECT replace(hex(zeroblob(900000)), '0', hex(zeroblob(900000)))",
    "json_that_grows": "SELECT json_group_array(hex(zeroblob(1000000)))" + CROSS_JOIN,
    "many_large_rows": "SELECT zeroblob(4000000)" + CROSS_JOIN,
    "sort_of_large_rows": ENDLESS + "SELECT zeroblob(1000000) y FROM r ORDER BY y",
    "megabyte_of_sql": "SELECT 1 " + "-- x" * 250_000,
    "megabyte_of_parentheses": "SELECT " + "(" * 500_000 + "1" + ")" * 500_000,
}
UNREADABLE = {
    "nul_byte": "SELECT 1 \0",
    "only_nul": "\0",
    "lone_surrogate": "SELECT '\ud800'",
    "surrogate_of_a_stray_byte": "SELECT '\udcff' FROM bird",
    "open_quote": "SELECT '",
    "control_characters": "\x01\x02",
}
DEEP = {
    "parentheses": "SELECT " + "(" * 20_000 + "1" + ")" * 20_000,
    "nots": "SELECT " + "NOT " * 10_000 + "1",
    "minuses": "SELECT " + "- " * 10_000 + "1",
    "sums": "SELECT 1" + "+1" * 20_000,
    "subqueries": "SELECT " + "(SELECT " * 5_000 + "1" + ")" * 5_000,
    "cases": "SELECT " + "CASE WHEN 1 THEN " * 2_000 + "1" + " END" * 2_000,
    "unions": "SELECT 1" + " UNION SELECT 1" * 3_000,
    "columns": "SELECT 1" + ", 1" * 10_000,
}
KINDS = {
    "no_sql": ("-- SELECT 1", "/* SELECT 1 */", ";", " ; -- x"),
    "syntax": ("SELEC 1", "SELECT", "SELECT * FROM bird WHERE", "SELECT 1 FROM", "))", "hello"),
    "unknown_table": ("SELECT * FROM cage", "SELECT 1 FROM main.cage", "DELETE FROM cage"),
    "unknown_column": ("SELECT colour FROM bird", "SELECT T1.name FROM bird AS T2"),
    "runtime": (
        "SELECT no_such_function(1)",
        "SELECT max()",
        "SELECT 1 UNION SELECT 1, 2",
        "SELECT ?",
    ),
    "wrong_columns": (
        "SELECT name, weight, weight FROM bird",
        "SELECT name, 1, 2 FROM bird LIMIT 0",
    ),
    "wrong_rows": ("SELECT weight, weight FROM bird ORDER BY weight, name", "SELECT 1, 2"),
    "wrong_order": ("SELECT name, weight FROM bird ORDER BY weight DESC, name DESC",),
}
# Each answers 2.
LEGITIMATE = (
    "WITH heavy AS (SELECT * FROM bird WHERE weight > 20) SELECT count(*) FROM heavy",
    "VALUES (2)",
    "SELECT count(*) FROM (SELECT 1 UNION SELECT 2 EXCEPT SELECT 3 UNION SELECT 1)",
    "SELECT CAST('2' AS INTEGER)",
    'SELECT "a"."b" FROM (SELECT 2 AS "b") AS "a"',
    "SELECT `b` FROM (SELECT 2 AS [b])",
    "SELECT 2 -- how many?",
    "-- how many?\nSELECT 2",
    "SELECT /* how many? */ 2;",
    "SELECT 2; SELECT 3",
    "SELECT 2; DROP TABLE bird",
    "WITH RECURSIVE r(x) AS (VALUES (1) UNION SELECT 2 FROM r) SELECT max(x) FROM r",
    "SELECT count(*) OVER () FROM (VALUES (1), (2)) LIMIT 1",
    "SELECT count(*) FROM json_each('[1, 2]')",
    "SELECT value FROM json_each('[2]')",
    "SELECT count(*) - 1 FROM pragma_table_info('bird')",
    "SELECT count(*) FROM sqlite_master",
    "SELECT count ( * ) FROM bird WHERE weight > = 500",
    "SELECT count(*) FROM bird WHERE market_value = 2.5 LIMIT value",
    "SELECT value + value",
    "SELECT count(*) AS value FROM bird WHERE weight = 500 ORDER BY value",
    "SELECT length(zeroblob(9000000)) / 4500000",
    "SELECT YEAR(CURDATE()) - 2018",
    "SELECT YEAR(CURDATE()) DISTINCT - 2018",
)
