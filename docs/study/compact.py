"""Copy an evaluation's folder without what `evaluate.py --report_only` does not need.

    python -m docs.study.compact outputs/study COPY

Of a benchmark's items it keeps the scores and what tells which of them belong together; the texts
of the questions and of the answers stay behind. Answers to Spider are copied as they are,
and so are its questions, to which the scores are bound; its schemas stay behind.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from text2sql.cli import run
from text2sql.errors import UserError
from text2sql.files import make_folder
from text2sql.report.benchmark_clusters import FIELDS, TWIN_WORDS
from text2sql.seals import read_sealed_text, write_sealed_text
from text2sql.study.folder import GENERAL_NAME, EvaluationFolder
from text2sql.study.study import read_study

ITEM_KEYS = ("doc_id", "doc_hash", "filter")
RESULT_KEYS = ("results", "group_subtasks", "samples", "n-shot", "higher_is_better", "text2sql")


def main() -> None:
    if len(sys.argv) != 3:
        raise UserError("Name two folders: python -m docs.study.compact FROM TO")
    source, target = map(Path, sys.argv[1:])
    study = read_study(source)
    study_path = EvaluationFolder(target).study
    shutil.copy(EvaluationFolder(source).study, make_folder_of(study_path))
    for split in study.splits:
        examples = EvaluationFolder(source).examples(split.folder)
        shutil.copy(examples, make_folder_of(EvaluationFolder(target).examples(split.folder)))
        for variant in study.variants:
            folder = Path(split.folder, variant.name)
            shutil.copytree(source / folder, target / folder, dirs_exist_ok=True)
    for variant in study.variants:
        for benchmark in study.benchmarks:
            path = Path(GENERAL_NAME, variant.name, benchmark.results_file)
            if (source / path).exists():
                results = without_texts(read_sealed_text(source / path))
                write_sealed_text(make_folder_of(target / path), json.dumps(results))


def make_folder_of(path: Path) -> Path:
    make_folder(path.parent)
    return path


def without_texts(results: dict[str, Any]) -> dict[str, Any]:
    """Return the results with each item's score under the headline's metric, and its cluster."""
    facts = results["text2sql"]
    metrics = {part["metric"] for part in (facts, *(facts.get("parts") or ())) if "metric" in part}
    kept = {key: results[key] for key in RESULT_KEYS if key in results}
    kept["samples"] = {
        task: [
            {key: sample[key] for key in (*ITEM_KEYS, *metrics) if key in sample}
            | {"doc": cluster_fields(sample.get("doc") or {})}
            for sample in samples
        ]
        for task, samples in results["samples"].items()
    }
    return kept


def cluster_fields(document: dict[str, Any]) -> dict[str, Any]:
    """Return what `text2sql.report.benchmark_clusters` reads of a document by itself."""
    if named := {key: document[key] for key in FIELDS if document.get(key) not in (None, "")}:
        return named
    if document.keys() >= {"sentence", "option1", "option2"}:
        words = " ".join(str(document["sentence"]).split()[:TWIN_WORDS])
        return {"sentence": words, "option1": document["option1"], "option2": document["option2"]}
    if document.keys() >= {"question", "choices", "subject"}:
        passage = str(document["question"]).strip().rpartition("\n")[0].strip()
        return {"question": f"{passage}\n." if passage else "", "choices": [], "subject": ""}
    return {}


if __name__ == "__main__":
    run(main)
