"""Files of predictions as other systems publish them: read, or refused with their format named."""

import csv
import io
import json
import pickle
import sqlite3

import pytest

from text2sql.data.spider import Example
from text2sql.errors import UserError
from text2sql.scoring.prediction_files import MAX_SURPLUS, read_prediction_file

SQLS = [
    "SELECT a FROM t",
    "SELECT b, c FROM t WHERE d > 1",
    "SELECT 'é' FROM t",
    "WITH x AS (SELECT 1) SELECT * FROM x",
]
DB_IDS = ["Mini", "mini_2", "mini_2", "mini_3"]
EXAMPLES = [Example(db_id, "How many?", "SELECT 1") for db_id in DB_IDS]
LINES = "\n".join(SQLS) + "\n"


def json_lines(**columns):
    rows = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def table(delimiter=",", **columns):
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerows([columns, *zip(*columns.values(), strict=True)])
    return file.getvalue()


def answer(sql):
    return f"<think>SELECT 1?</think>\nHere it is:\n```sql\n{sql};\n```\nIt's simple."


ORDER = [2, 0, 3, 1]
SHUFFLED = [SQLS[index] for index in ORDER]
READ = {
    "lines": LINES,
    "no_newline_at_the_end": LINES.rstrip("\n"),
    "lines_of_windows": LINES.replace("\n", "\r\n"),
    "lines_of_old_macs": LINES.replace("\n", "\r"),
    "surplus_blank_lines": LINES + "\n \r\n\n",
    "database_on_each_line": "".join(
        f"{sql}\t{db}\n" for sql, db in zip(SQLS, DB_IDS, strict=True)
    ),
    "database_on_some_lines": f"{SQLS[0]}\n{SQLS[1]}\tmini_2\n{SQLS[2]}\n{SQLS[3]}\tMINI_3\n",
    "other_names_behind_tabs": "".join(f"{sql}\tother\teasy\n" for sql in SQLS),
    "json_list": json.dumps(SQLS),
    "json_list_indented": json.dumps(SQLS, indent=2),
    "json_list_of_objects": json.dumps([{"predicted_sql": sql} for sql in SQLS]),
    "json_list_of_generations": json.dumps([{"generation": answer(sql)} for sql in SQLS]),
    "json_list_with_index": json.dumps(
        [{"index": n, "predicted_sql": SQLS[n]} for n in ORDER], indent=1
    ),
    "json_object_with_a_list": json.dumps({"model": "x", "predictions": SQLS}, indent=2),
    "json_object_by_index": json.dumps(
        {str(n): f"{SQLS[n]}\t----- bird -----\t{DB_IDS[n]}" for n in ORDER}, indent=4
    ),
    "json_lines": json_lines(predicted_sql=SQLS),
    "json_lines_with_blank_lines": json_lines(predicted_sql=SQLS).replace("\n", "\n\n"),
    "json_lines_with_index": json_lines(index=ORDER, predicted_sql=SHUFFLED, more=ORDER),
    "json_lines_with_db_id": json_lines(predicted_sql=SQLS, db_id=DB_IDS),
    "json_lines_of_generations": json_lines(index=ORDER, generation=map(answer, SHUFFLED)),
    "sql_before_generation": json_lines(predicted_sql=SQLS, generation=["SELECT 0 FROM t"] * 4),
    "other_key": json_lines(query=["SELECT 0"] * 4, pred_sql=SQLS),
    "csv": table(question=["a,b"] * 4, predicted_sql=SQLS, db_id=DB_IDS),
    "csv_with_index": table(index=ORDER, predicted_sql=SHUFFLED),
    "csv_of_generations": table(generation=map(answer, SQLS), id="abcd"),
    "csv_of_one_column": table(predicted_sql=SQLS),
    "csv_with_another_name": table(**{"GOLD SQL": SQLS[::-1], "PREDICTED SQL": SQLS}),
    "csv_with_semicolons": table(";", question="abcd", sql=SQLS),
    "tsv": table("\t", question="abcd", predicted_sql=SQLS),
}


def read(tmp_path, content, **options):
    path = tmp_path / "predictions"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_prediction_file(path, EXAMPLES, **options)


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_file_is_read(tmp_path, text):
    predictions = read(tmp_path, text)
    assert [prediction.predicted_sql for prediction in predictions] == SQLS
    assert [prediction.index for prediction in predictions] == [0, 1, 2, 3]


@pytest.mark.parametrize("text", [LINES, json_lines(predicted_sql=SQLS), table(sql=SQLS)])
@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "marked utf-16-be"]
)
def test_unicode_is_read_in_any_encoding_with_and_without_a_mark(tmp_path, text, encoding):
    marked = "\ufeff" * encoding.startswith("marked") + text
    predictions = read(tmp_path, marked.encode(encoding.split()[-1]))
    assert [prediction.predicted_sql for prediction in predictions] == SQLS


def test_generation_is_kept_beside_what_was_taken_out_of_it(tmp_path):
    first, second, *_ = read(tmp_path, json_lines(generation=[SQLS[0], answer(SQLS[1]), "", "no"]))
    assert (first.generation, first.is_only_sql) == (SQLS[0], True)
    assert (second.generation, second.is_only_sql) == (answer(SQLS[1]), False)


def test_prompt_of_a_generation_tells_whether_it_began_with_reasoning(tmp_path):
    generations = ["SELECT 1", "SELECT 1</think>SELECT 2", "SELECT 1", ""]
    prompts = ["Which?<think>\n", "Which?<think>\n", "Which?", "Which?"]
    predictions = read(tmp_path, json_lines(generation=generations, prompt=prompts))
    assert [prediction.predicted_sql for prediction in predictions] == [
        "",
        "SELECT 2",
        "SELECT 1",
        "",
    ]


EMPTY = {
    "blank_line": "\nSELECT 2\n\nSELECT 4\n",
    "blank_line_at_the_end_that_is_needed": "SELECT 1\nSELECT 2\nSELECT 3\n\n",
    "database_alone": "SELECT 1\n\tmini_2\nSELECT 3\tmini_2\nSELECT 4\n",
    "empty_text_in_json": json_lines(predicted_sql=["SELECT 1", "", "SELECT 3", "SELECT 4"]),
    "null_in_json": json_lines(predicted_sql=["SELECT 1", None, "SELECT 3", "SELECT 4"]),
    "null_in_a_json_list": json.dumps(["SELECT 1", None, "SELECT 3", "SELECT 4"]),
    "null_beside_a_generation": json_lines(predicted_sql=["SELECT 1", None], generation=["a", "b"])
    + json_lines(predicted_sql=["SELECT 3", "SELECT 4"]),
    "generation_without_sql": json_lines(
        generation=["SELECT 1", "I don't know.", "SELECT 3", None]
    ),
    "empty_cell": table(predicted_sql=["SELECT 1", "", "SELECT 3", "SELECT 4"], id="abcd"),
    "empty_line_of_one_column": "predicted_sql\nSELECT 1\n\nSELECT 3\nSELECT 4\n",
}


@pytest.mark.parametrize("text", EMPTY.values(), ids=EMPTY)
def test_empty_prediction_keeps_its_place(tmp_path, text):
    predictions = read(tmp_path, text)
    assert len(predictions) == 4
    assert any(prediction.predicted_sql == "" for prediction in predictions)
    for index, prediction in enumerate(predictions, start=1):
        assert prediction.predicted_sql in ("", f"SELECT {index}")


def test_tabs_within_sql_do_not_end_it(tmp_path):
    tabs_within = LINES.replace(" ", "\t")
    assert [p.predicted_sql for p in read(tmp_path, tabs_within)] == tabs_within.splitlines()


def sqlite_file(tmp_path):
    with sqlite3.connect(tmp_path / "some.sqlite") as database:
        database.execute("CREATE TABLE t (a)")
    return (tmp_path / "some.sqlite").read_bytes()


FENCE = "```sql {} ```\n"
OTHER_FORMATS = {
    "fences": ("".join(map(FENCE.format, SQLS)), r"fences.*`generation`"),
    "fences_over_lines": (
        "".join(f"```sql\n{sql}\n```\n" for sql in SQLS),
        r"fences.*`generation`",
    ),
    "fences_in_json": (json_lines(predicted_sql=map(FENCE.format, SQLS)), r"fences.*`generation`"),
    "csv_without_header": (
        table(question="abcd", predicted_sql=SQLS).partition("\n")[2],
        r"CSV without a header.*header that names .* `predicted_sql`",
    ),
    "csv_without_header_that_begins_with_sql": (
        "".join(f"{sql},{db_id}\n" for sql, db_id in zip(SQLS, DB_IDS, strict=True)),
        r"CSV without a header.*`predicted_sql`",
    ),
    "xml": ('<?xml version="1.0"?>\n<sql>SELECT 1</sql>\n', "HTML or XML"),
    "tsv_without_header": ("".join(f"mini\t{sql}\n" for sql in SQLS), r"TSV\) without a header"),
    "numbers": ("".join(f"{n}\t{sql}\n" for n, sql in enumerate(SQLS)), "numbered lines"),
    "numbers_and_dots": ("".join(f"{n}. {sql}\n" for n, sql in enumerate(SQLS)), "numbered lines"),
    "text_before": (
        "".join(f"Here is it: {sql};\n" for sql in SQLS),
        "text in front of",
    ),
    "list_items": ("".join(f"- {sql}\n" for sql in SQLS), "list of items"),
    "markdown_table": ("".join(f"| a | {sql} |\n" for sql in SQLS), "Markdown table"),
    "html": ("<!DOCTYPE html>\n<html>\n<body>\n<p>Not found</p>\n</html>\n", "HTML"),
    "prose": ("We propose a model.\nIt is good.\nThe end is near.\n", "text without SQL"),
    "program": ("import os\n\ndef main():\n    return 1\n", "a program"),
    "statements": ("CREATE TABLE t (a);\nINSERT INTO t VALUES (1);\n", "not queries"),
    "several_lines": ("SELECT a\nFROM t\nWHERE a > 1\nORDER BY a\n" * 4, "on several lines"),
    "quoted_lines": ("".join(f'"{sql}",\n' for sql in SQLS), "quoted lines"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "is a PDF"),
    "archive": (b"PK\x03\x04\x14\0", "is a ZIP archive"),
    "gzip": (b"\x1f\x8b\x08\0", "is a gzip archive"),
    "parquet": (b"PAR1\x15\0", "is a Parquet file"),
    "pickle": (pickle.dumps(SQLS), "is a Python pickle"),
    "pickle_as_text": (pickle.dumps(SQLS, protocol=0), "is a Python pickle"),
    "binary": (bytes(range(256)) * 4 + bytes(64), "is a binary file"),
    "latin_1": ("SELECT 'é'\n".encode("latin-1") + LINES.encode(), "line 1, is not valid UTF-8"),
    "latin_1_below": (LINES.encode() + "SELECT 'é'\n".encode("latin-1"), "line 5, is not valid"),
    "utf_8_cut_in_a_letter": (LINES.encode() + "é".encode()[:1], "line 5, is not valid UTF-8"),
    "nul_in_a_line": (LINES.replace("SELECT b", "SELECT \0") * 50, "line 2, has a NUL byte"),
    "half_of_utf_16": (LINES.encode("utf-16")[:-1], "is not valid UTF-16"),
}


@pytest.mark.parametrize(("content", "message"), OTHER_FORMATS.values(), ids=OTHER_FORMATS)
def test_file_that_is_not_sql_is_refused_by_its_format(tmp_path, content, message):
    with pytest.raises(UserError, match=rf"(?s){message}.*Nothing was scored"):
        read(tmp_path, content)


def test_database_is_refused_by_its_format(tmp_path):
    with pytest.raises(UserError, match="is an SQLite database"):
        read(tmp_path, sqlite_file(tmp_path))


def test_other_text_is_read_if_it_is_meant(tmp_path):
    predictions = read(tmp_path, "".join(map(FENCE.format, SQLS)), allow_other_text=True)
    assert predictions[0].predicted_sql == f"```sql {SQLS[0]} ```"


def test_bytes_that_are_no_text_are_read_if_they_are_meant(tmp_path):
    content = LINES.encode().replace(b"SELECT b", b"SELECT '\xff\0'") + b"\n" * 200
    sql = read(tmp_path, content, allow_other_text=True)[1].predicted_sql
    assert sql.startswith("SELECT '\udcff\0'")


def test_file_that_is_too_large_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "newlines.sql"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # without its blocks
    with pytest.raises(UserError, match=r"newlines\.sql is larger than 64 MiB, .* 4 examples"):
        read_prediction_file(path, EXAMPLES)


def test_half_of_the_lines_may_be_other_text(tmp_path):
    mixed = ["SELECT 1", "DROP TABLE t", "I cannot.", "-- c"]
    with pytest.raises(UserError, match="3 of 4 predictions"):
        read(tmp_path, "\n".join(mixed))
    assert len(read(tmp_path, "\n".join([*mixed[:3], "(SELECT 2)"]))) == 4


WRONG = {
    "too_few_lines": ("SELECT 1\n", "1 prediction for 4 examples"),
    "too_many_lines": (LINES + "SELECT 5\n", "5 predictions for 4 examples"),
    "comment_above_each_line": (
        "".join(f"-- How many?\n{sql};\n" for sql in SQLS),
        "8 predictions for 4 examples.*4 are blank or comments: leave such lines out",
    ),
    "empty_file": ("", "0 predictions for 4 examples"),
    "header_alone": ("predicted_sql,db_id\n", "0 predictions for 4 examples"),
    "too_short_a_list": (json.dumps(SQLS[:3]), "3 predictions for 4 examples"),
    "missing_index": (
        json_lines(index=[0, 1, 3], predicted_sql=SQLS[:3]),
        "missing index is 2",
    ),
    "repeated_index": (
        json_lines(index=[0, 1, 1, 3], predicted_sql=SQLS),
        "line 3, repeats",
    ),
    "index_too_high": (
        json_lines(index=[0, 1, 2, 4], predicted_sql=SQLS),
        "line 4, .* to 3, not 4",
    ),
    "negative_index": (json_lines(index=[0, 1, 2, -1], predicted_sql=SQLS), "line 4, .*not -1"),
    "index_that_is_true": (json_lines(index=[True] * 4, predicted_sql=SQLS), "line 1, .*a number"),
    "index_on_some_lines": (
        json_lines(index=[0, 1], predicted_sql=SQLS[:2]) + json_lines(predicted_sql=SQLS[2:]),
        "line 3, lacks the `index`",
    ),
    "other_databases": (
        json_lines(predicted_sql=SQLS, db_id=DB_IDS[::-1]),
        "line 1, is for the database mini_3, but its question asks Mini",
    ),
    "no_sql_in_a_row": (json_lines(id=[1, 2, 3, 4]), "line 1, has neither `predicted_sql` nor"),
    "sql_that_is_a_number": (
        json_lines(predicted_sql=[1, 2, 3, 4]),
        "line 1, .* a string",
    ),
    "list_of_numbers": ("[1, 2, 3, 4]", "entry 0, must be SQL or an object"),
    "object_of_something_else": ('{\n"cells": 1\n}', "the object, has neither `predicted_sql` nor"),
    "broken_line": (
        json_lines(predicted_sql=SQLS) + '{"predicted_sql": "SEL',
        "line 5, is not valid",
    ),
    "broken_list": (json.dumps(SQLS)[:-1], "is not valid JSON"),
    "bottomless_json": ('{"index": ' + "[" * 100_000, "is not valid JSON"),
    "comma_without_quotes": (
        "id,sql\n1,SELECT a, b FROM t\n",
        "line 2, has 3 cells under a header of 2",
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_file_with_other_rows_than_the_examples_is_refused(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, text)


@pytest.mark.slow
def test_far_too_many_lines_are_not_all_taken_apart(tmp_path):
    with pytest.raises(UserError, match=f"{4 + MAX_SURPLUS + 1:,} predictions for 4"):
        read(tmp_path, "SELECT 1\n" * 1_000_000)
    assert len(read(tmp_path, LINES + "\n" * 1_000_000)) == 4


def test_absent_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.sql"):
        read_prediction_file(tmp_path / "nowhere.sql", EXAMPLES)
