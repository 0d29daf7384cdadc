"""Rows as other tools write them: the answer is found, and never paired with another question."""

import csv
import io
import json

import pytest

from text2sql.data.spider import Example
from text2sql.errors import UserError
from text2sql.scoring.prediction_files import read_prediction_file

GOLDS = ["SELECT a FROM t", "SELECT b FROM t", "SELECT c FROM u", "SELECT d FROM u"]
SQLS = [sql.replace("SELECT", "SELECT 1,") for sql in GOLDS]
QUESTIONS = ["Which a?", "How many b?", "All c", "The d?"]
DB_IDS = ["first", "first", "second", "second"]
EXAMPLES = list(map(Example, DB_IDS, QUESTIONS, GOLDS))
ORDER = [2, 0, 3, 1]
REPLY = "Sure:\n```sql\n{};\n```"


def json_lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def batch(body_of, order=ORDER, name="request-{}"):
    return json_lines(
        {"custom_id": name.format(n), "response": {"status_code": 200, "body": body_of(reply(n))}}
        for n in order
    )


def reply(n):
    return REPLY.format(SQLS[n])


def chat_body(text):
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}


def tool_body(text):
    arguments = json.dumps({"sql": text})
    message = {
        "content": None,
        "tool_calls": [{"type": "function", "function": {"arguments": arguments}}],
    }
    return {"choices": [{"message": message}]}


def responses_body(text):
    content = [{"type": "output_text", "text": text}]
    return {
        "output": [{"type": "reasoning", "summary": []}, {"type": "message", "content": content}]
    }


def rows(order=ORDER, **names):
    """Return rows of predictions, with a name for each function of their number."""
    return [
        {**{name: of(n) for name, of in names.items()}, "predicted_sql": SQLS[n]} for n in order
    ]


READ = {
    "batch_of_openai": batch(chat_body),
    "batch_numbered_from_another_question": batch(chat_body, name="70{}"),
    "batch_of_tool_calls": batch(tool_body),
    "batch_of_the_responses_api": batch(responses_body),
    "batch_of_completions": batch(lambda text: {"choices": [{"text": text}]}),
    "batch_of_anthropic": json_lines(
        {
            "custom_id": f"q{n}",
            "result": {
                "type": "succeeded",
                "message": {"content": [{"type": "text", "text": reply(n)}]},
            },
        }
        for n in ORDER
    ),
    "batch_of_gemini": json_lines(
        {
            "key": f"q-{n}",
            "response": {
                "candidates": [
                    {
                        "content": {
                            "parts": [
                                {"text": "SELECT 0 FROM t", "thought": True},
                                {"text": reply(n)},
                            ]
                        }
                    }
                ]
            },
        }
        for n in ORDER
    ),
    "samples_of_the_harness": json_lines(
        {
            "doc_id": n,
            "doc": {"question": QUESTIONS[n], "query": GOLDS[n]},
            "resps": [[reply(n)]],
            "filtered_resps": ["x"],
        }
        for n in ORDER
    ),
    "outputs_of_vllm": json_lines(
        {"prompt": "x", "outputs": [{"text": reply(n)}]} for n in range(4)
    ),
    "chats": json_lines(
        {"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": reply(n)}]}
        for n in range(4)
    ),
    "pipeline": json.dumps([[{"generated_text": reply(n)}] for n in range(4)]),
    "gold_beside_a_response": json_lines(
        {"query": GOLDS[n], "response": reply(n)} for n in range(4)
    ),
    "gold_beside_an_output": json_lines(
        {"sql": f"{GOLDS[n]} ;", "output": SQLS[n]} for n in range(4)
    ),
    "sql_beside_an_answer_in_words": json_lines(
        {"sql": SQLS[n], "answer": "Three."} for n in range(4)
    ),
    "ids_of_our_own_examples": json_lines(rows(id="validation-{}".format)),
    "ids_from_one": json_lines(rows(question_id=lambda n: n + 1)),
    "ids_that_are_one_for_all": json_lines(rows(range(4), id=lambda n: "run-7")),
    "index_in_capitals_with_a_point": json_lines(rows(Index=float)),
    "first_column_of_pandas": "\n".join([",sql", *(f'{n},"{SQLS[n]}"' for n in ORDER)]),
    "columns": json.dumps({"question": QUESTIONS, "predicted_sql": SQLS}),
    "columns_of_pandas": json.dumps(
        {"q": dict(enumerate(QUESTIONS)), "sql": dict(enumerate(SQLS))}
    ),
    "object_of_objects": json.dumps({n: {"pred": SQLS[n]} for n in ORDER}),
    "separator_line_of_excel": "sep=;\r\nid;sql\r\n"
    + "".join(f"{n};{SQLS[n]}\r\n" for n in range(4)),
    "one_candidate_in_a_list": json_lines({"predicted_sql": [sql]} for sql in SQLS),
}


def read(tmp_path, text):
    path = tmp_path / "predictions"
    path.write_text(text)
    return [prediction.predicted_sql for prediction in read_prediction_file(path, EXAMPLES)]


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_answers_of_other_tools_are_found_and_paired(tmp_path, text):
    assert read(tmp_path, text) == SQLS


def failed(response):
    return batch(chat_body, [0, 1, 2]) + json_lines([{"custom_id": "request-3", **response}])


def table(rows):
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()


REFUSED = {
    "questions_in_another_order": (
        json_lines(rows(question=QUESTIONS.__getitem__)),
        r"line 1, is for the question with index 2.*as `index`",
    ),
    "questions_in_another_order_in_a_table": (
        table([["Question", "sql"], *([QUESTIONS[n].upper(), SQLS[n]] for n in ORDER)]),
        "line 2, is for the question with index 2",
    ),
    "databases_in_another_order_under_another_name": (
        json_lines(rows(DATABASE=DB_IDS.__getitem__)),
        "line 1, is for the database second, but its question asks first",
    ),
    "databases_in_another_order_behind_tabs": (
        "".join(f"{SQLS[n]}\t{DB_IDS[n]}\n" for n in ORDER),
        "line 1, is for the database second",
    ),
    "databases_of_bird_in_another_order": (
        json.dumps({n: f"{SQLS[n]}\t----- bird -----\t{DB_IDS[3 - n]}" for n in ORDER}),
        'entry "0", is for the database second',
    ),
    "ids_in_another_order_with_gaps": (
        json_lines(rows(id=lambda n: 10 * n)),
        "`id` does not number the questions one by one.*as `index`",
    ),
    "ids_of_several_answers": (
        json_lines(rows(idx=lambda n: n // 2)),
        "`idx` is the same in several rows: give one row for each question",
    ),
    "requests_with_names": (batch(chat_body, name="{0}-concert"), "`custom_id` does not number"),
    "several_candidates": (json.dumps([[sql, "SELECT 2"] for sql in SQLS]), "entry 0, .*several"),
    "several_candidates_in_rows": (json_lines({"sql": [sql, sql]} for sql in SQLS), "several"),
    "several_choices": (
        batch(lambda text: {"choices": 2 * chat_body(text)["choices"]}),
        "line 1, has 2 answers. Give one",
    ),
    "failed_request": (failed({"response": None, "error": {"code": 1}}), "line 4, is a request"),
    "failed_status": (failed({"response": {"status_code": 500, "body": {}}}), "that failed"),
    "gold_beside_an_unknown_column": (
        json_lines({"sql": GOLDS[n], "gpt-4o": SQLS[n]} for n in range(4)),
        "has the gold queries under `sql`: are the predictions under `gpt-4o`",
    ),
    "gold_beside_answers_without_sql": (
        json_lines({"query": GOLDS[n], "response": "I cannot."} for n in range(4)),
        "has the gold queries under `query`: are the predictions under `response`",
    ),
    "raw_answers_under_a_name_of_sql": (
        json_lines({"predict": reply(n), "label": GOLDS[n]} for n in range(4)),
        "text in front of each query: 4 of 4 .*`generation`",
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_rows_without_a_sure_question_are_refused(tmp_path, text, message):
    with pytest.raises(UserError, match=rf"{message}.*Nothing was scored"):
        read(tmp_path, text)
