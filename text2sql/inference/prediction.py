"""One line of `predictions.jsonl`: what was answered to one example."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from text2sql.errors import UserError
from text2sql.typed_json import parse_fields, read_records

PREDICTIONS_NAME = "predictions.jsonl"


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """An answer; all but `index` and `predicted_sql` is None where only the SQL is known."""

    index: int  # of the example in its split, from 0
    id: str | None = None  # of the example
    db_id: str | None = None
    generation: str | None = None  # the decoded text, without the token that ended it
    predicted_sql: str  # extracted from the generation; "" where there is none
    is_only_sql: bool | None = None  # the answer is the SQL and nothing else
    num_prompt_tokens: int | None = None
    num_new_tokens: int | None = None
    stopped: bool | None = None  # False where the length limit cut the generation short

    def to_json(self) -> dict[str, Any]:
        """Return the fields that are known."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> "Prediction":
        """Return the prediction in a row; a ValueError names the first field that is wrong."""
        return parse_fields(cls, row)


def read_predictions(path: Path) -> list[Prediction]:
    """Return the predictions in the order of the file; a `UserError` names a line that is wrong."""
    return read_records(path, Prediction.from_json)


def read_all_predictions(path: Path) -> list[Prediction]:
    """Return the predictions by index; a `UserError` where an index is missing or repeated."""
    predictions = sorted(read_predictions(path), key=lambda prediction: prediction.index)
    for position, prediction in enumerate(predictions):
        if prediction.index != position:
            kind = "lacks" if prediction.index > position else "repeats"
            index = min(prediction.index, position)
            raise UserError(
                f"{path} {kind} the prediction with index {index}. Restore the file, or remove it "
                "so that it is made again."
            )
    return predictions
