"""Which items of a benchmark belong together, by the documents that the harness keeps.

docs/STATISTICS.md has the table of what is clustered by what.
"""

from collections.abc import Mapping
from typing import Any

from text2sql.errors import UserError

ITEM = "item"
# Fields of a document by which its items belong together, and what such a cluster is called.
FIELDS = {
    "group": "group",
    "phenomenon": "phenomenon",
    "source_id": "source",
    "passage": "passage",
    "article": "passage",
}
TWIN_WORDS = 3  # by which WinoGrande's twins begin alike


def cluster_of(document: Mapping[str, Any], chosen_field: str | None) -> tuple[str, str] | None:
    """Return what the item's cluster is and its name; None for an item by itself.

    A `UserError` tells of a chosen field that the document lacks.
    """
    if chosen_field is not None:
        return chosen_field, read_field(document, chosen_field)
    for field, kind in FIELDS.items():
        if document.get(field) not in (None, ""):
            return kind, str(document[field])
    if document.keys() >= {"sentence", "option1", "option2"}:
        return "twins", twins_name(document)
    if document.keys() >= {"question", "choices", "subject"}:
        return shared_passage(str(document["question"]))
    return None


def read_field(document: Mapping[str, Any], field: str) -> str:
    if field not in document:
        raise UserError(
            f"--benchmark_clusters: there is no field {field} among {', '.join(sorted(document))}."
        )
    return str(document[field])


def twins_name(document: Mapping[str, Any]) -> str:
    """Return what both sentences of a WinoGrande pair share: the options and the first words."""
    options = sorted(str(document[key]).lower() for key in ("option1", "option2"))
    return " ".join([*options, *str(document["sentence"]).lower().split()[:TWIN_WORDS]])


def shared_passage(question: str) -> tuple[str, str] | None:
    """Return the text above the last line of an MMLU question, which several may share."""
    passage, line_break, _ = question.strip().rpartition("\n")
    return ("passage", passage.strip()) if line_break else None
