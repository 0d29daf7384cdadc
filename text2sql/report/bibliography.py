"""What a paper about the study cites: entries of references.bib for what the study used."""

import re
from pathlib import Path

from text2sql.report.content import Report

REFERENCES = Path(__file__).with_name("references.bib")
KEY = re.compile(r"@\w+\{([^,\s]+),")
PROJECT, SPIDER, TEST_SUITES = "text2sql_tradeoff", "yu2018spider", "zhong2020testsuites"
HARNESS = "gao2024harness"
BENCHMARKS = {  # by the harness' name of the task, or of the group that its subtasks begin with
    "mmlu": "hendrycks2021mmlu",
    "hellaswag": "zellers2019hellaswag",
    "arc": "clark2018arc",
    "winogrande": "sakaguchi2019winogrande",
    "ifeval": "zhou2023ifeval",
    "gsm8k": "cobbe2021gsm8k",
    "blimp": "warstadt2020blimp",
}


def read_entries() -> dict[str, str]:
    """Return the BibTeX entries of references.bib by key."""
    entries = REFERENCES.read_text(encoding="utf-8").strip().split("\n\n")
    return {key_of(entry): entry for entry in entries}


def key_of(entry: str) -> str:
    match = KEY.match(entry)
    if match is None:
        raise ValueError(f"not a BibTeX entry: {entry[:40]!r}")
    return match[1]


def benchmark_key(task: str) -> str | None:
    """Return the key of a task's paper; None where references.bib has none."""
    families = (f for f in BENCHMARKS if task == f or task.startswith(f"{f}_"))
    return next((BENCHMARKS[family] for family in families), None)


def cited_keys(report: Report) -> list[str]:
    """Return the keys of what the study used, in the order of references.bib."""
    cited: set[str | None] = {PROJECT}
    if report.splits:
        cited.add(SPIDER)
    if has_test_suite(report):
        cited.add(TEST_SUITES)
    if report.study.benchmarks:
        cited |= {HARNESS, *(benchmark_key(b.task) for b in report.study.benchmarks)}
    return [key for key in read_entries() if key in cited]


def has_test_suite(report: Report) -> bool:
    return any(
        "test_suite_accuracy" in variant["scores"]
        for split in report.splits.values()
        for variant in split.variants.values()
    )


def bibliography(report: Report) -> str:
    """Return a BibTeX file of what the study used, and a note on tasks without an entry."""
    entries = read_entries()
    tasks = [b.task for b in report.study.benchmarks if benchmark_key(b.task) is None]
    blocks = [entries[key] for key in cited_keys(report)]
    if tasks:  # BibTeX ignores text outside entries, which begin with an @
        names = " ".join(", ".join(tasks).replace("@", " at ").split())
        blocks.append(f"% Without an entry here; cite their papers too: {names}")
    return "\n\n".join(blocks) + "\n"
