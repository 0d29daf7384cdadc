"""A predictions file while it grows: what is finished, and when the file is complete."""

import os
from collections.abc import Iterable
from pathlib import Path

from text2sql.files import remove_cut_line, write_text
from text2sql.inference.prediction import Prediction, read_predictions
from text2sql.seals import sealed_line


def finished_predictions(path: Path) -> dict[int, Prediction]:
    """Return the predictions made so far, by index, from the complete and from the partial file."""
    predictions = []
    for file in (path, partial_path(path)):
        if file.exists():
            remove_cut_line(file)
            predictions += read_predictions(file)
    return {prediction.index: prediction for prediction in predictions}


def partial_path(path: Path) -> Path:
    return path.with_suffix(".part.jsonl")


def append_predictions(path: Path, predictions: Iterable[Prediction]) -> None:
    """Add predictions to the partial file; they are on disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with partial_path(path).open("a", encoding="utf-8") as file:
        file.write("".join(sealed_line(prediction.to_json()) for prediction in predictions))
        file.flush()
        os.fsync(file.fileno())


def finalize_predictions(path: Path, num_rows: int) -> bool:
    """Return whether all rows are predicted; if so, leave only the complete file."""
    finished = finished_predictions(path)
    if not finished.keys() >= set(range(num_rows)):
        return False
    if partial_path(path).exists() or not path.exists():
        lines = (sealed_line(finished[index].to_json()) for index in sorted(finished))
        write_text(path, "".join(lines))
        partial_path(path).unlink(missing_ok=True)  # another process may have removed it
    return True
