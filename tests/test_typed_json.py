"""JSON objects become dataclasses, or an error that names the file, the line and the field."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from text2sql.errors import UserError
from text2sql.files import write_jsonl
from text2sql.inference.prediction import Prediction, read_predictions
from text2sql.typed_json import parse_fields


@dataclass(frozen=True)
class Point:
    x: float
    name: str | None = None
    tags: list[str] | None = None
    curves: dict[str, list[list[float]]] | None = None
    settings: dict[str, Any] | None = None


ACCEPTED = {
    "every_field": ({"x": 1.5, "name": "a", "tags": ["b"]}, Point(1.5, "a", ["b"])),
    "defaults_for_missing_fields": ({"x": 1.5}, Point(1.5)),
    "null_where_it_is_allowed": ({"x": 1.5, "name": None}, Point(1.5)),
    "an_integer_as_a_number": ({"x": 1}, Point(1)),
    "nested_numbers": ({"x": 1, "curves": {"a": [[1, 0.5]]}}, Point(1, curves={"a": [[1, 0.5]]})),
    "any_content": ({"x": 1, "settings": {"a": [None]}}, Point(1, settings={"a": [None]})),
    "a_key_of_a_later_version": ({"x": 1.5, "y": 2.5}, Point(1.5)),
}
REFUSED = {
    "missing": ({"name": "a"}, "lacks `x`"),
    "null": ({"x": None}, "must have a number as `x`"),
    "true_as_a_number": ({"x": True}, "must have a number as `x`"),
    "number_as_a_string": ({"x": 1.5, "name": 2}, "must have a string or null as `name`"),
    "number_in_a_list": ({"x": 1, "tags": ["a", 2]}, "has an entry of another type in `tags`"),
    "text_in_a_curve": ({"x": 1, "curves": {"a": [[1, "b"]]}}, "has an entry .* in `curves`"),
    "null_as_a_curve": ({"x": 1, "curves": {"a": None}}, "has an entry .* in `curves`"),
    "true_in_a_curve": ({"x": 1, "curves": {"a": [[True]]}}, "has an entry .* in `curves`"),
    "object_as_a_list": ({"x": 1.5, "tags": {}}, "must have a list or null as `tags`"),
}


@pytest.mark.parametrize(("value", "point"), ACCEPTED.values(), ids=ACCEPTED)
def test_object_with_the_right_fields_is_read(value, point):
    assert parse_fields(Point, value) == point


@pytest.mark.parametrize(("value", "message"), REFUSED.values(), ids=REFUSED)
def test_object_with_a_wrong_field_is_refused(value, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        parse_fields(Point, value)


OF_A_MODEL = Prediction(
    index=3,
    id="validation-3",
    db_id="museum",
    generation="SELECT 'é\ud800'",
    predicted_sql="SELECT 'é\ud800'",
    is_only_sql=True,
    num_prompt_tokens=200,
    num_new_tokens=7,
    stopped=False,
)
SQL_ALONE = Prediction(index=0, predicted_sql="")


def test_predictions_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "predictions.jsonl"
    write_jsonl(path, (prediction.to_json() for prediction in (OF_A_MODEL, SQL_ALONE)))
    assert read_predictions(path) == [OF_A_MODEL, SQL_ALONE]


def test_prediction_of_which_only_the_sql_is_known_has_no_other_fields():
    assert SQL_ALONE.to_json() == {"index": 0, "predicted_sql": ""}


def test_wrong_prediction_is_refused_with_its_file_and_line(tmp_path):
    path = tmp_path / "predictions.jsonl"
    rows = [SQL_ALONE.to_json(), {"index": "1", "predicted_sql": ""}]
    path.write_text("\n\n".join(map(json.dumps, rows)))
    with pytest.raises(UserError, match=r"predictions\.jsonl, line 3, must have an integer as"):
        read_predictions(path)
