"""Damaged evaluations: a report has the same numbers or is refused in one sentence.

A seeded campaign over every file that a report reads. `FAULT_CASES` says how many cases to try,
`FAULT_SEED` which.
"""

import json
import os
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from damage import damage
from tiny_evaluation import build_tiny_evaluation, change_scores, report_of

from text2sql.errors import UserError
from text2sql.files import read_jsonl
from text2sql.report.example_browser import browser_content
from text2sql.report.page import build_page
from text2sql.scoring.scores import hash_questions
from text2sql.seals import write_sealed_text
from text2sql.study.folder import EvaluationFolder
from text2sql.study.study import read_study, refuse_lost_results, write_study
from text2sql.study.variants import BASE, Variant

CASES = int(os.environ.get("FAULT_CASES", "0"))
SEED = int(os.environ.get("FAULT_SEED", "1"))
SHORT = 60
VARIANTS = {BASE: (0.2, 0.7), Variant("finetuned", "finetuned", "run", "outputs/run"): (0.7, 0.6)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """An evaluation with the hashes that evaluate.py records."""
    folder = tmp_path_factory.mktemp("evaluation")
    build_tiny_evaluation(folder, VARIANTS, num_questions=12, num_items=4)
    rows = read_jsonl(folder / "validation/examples.jsonl")
    questions = hash_questions((row["db_id"], row["question"], row["gold_sql"]) for row in rows)
    for path in folder.glob("validation/*/"):
        change_scores(path, scored={"questions_sha256": questions})
    for path in folder.glob("general/*/*.json"):
        write_sealed_text(path, path.read_text().strip())
    write_study(EvaluationFolder(folder), replace(read_study(folder), finished=True))
    return folder


def numbers(folder: Path) -> str:
    """Return every number of the report as the page and report.json would show it."""
    refuse_lost_results(EvaluationFolder(folder), read_study(folder))
    report = report_of(folder)
    page = build_page(report, {})
    browser = browser_content(folder, report)
    answers = {name: split["answers"] for name, split in browser["splits"].items()}
    content = report.to_json()
    kept = [content["splits"], content["benchmarks"], content["tradeoff"], answers]
    return json.dumps([page.summary, *kept])


def find_faults(whole: Path, scratch: Path, cases: int, seed: int) -> list[str]:
    """Return the cases that ended neither with the same numbers nor with a `UserError`."""
    chance, faults, expected = random.Random(seed), [], numbers(whole)
    names = sorted(path.relative_to(whole) for path in whole.rglob("*.json*"))
    for case in range(cases):
        folder = shutil.copytree(whole, scratch / str(case))
        name = chance.choice(names)
        what = damage(folder / name, chance)
        try:
            if numbers(folder) != expected:
                faults.append(f"case {case}: other numbers: {name}, {what}")
        except UserError:
            pass
        except Exception as error:  # every other kind is a fault
            faults.append(f"case {case}: {type(error).__name__} {error}: {name}, {what}")
        shutil.rmtree(folder)
    return faults


@pytest.mark.slow
def test_a_damaged_evaluation_gives_the_same_numbers_or_one_sentence(whole, tmp_path):
    assert find_faults(whole, tmp_path, SHORT, seed=1) == []


@pytest.mark.faults
@pytest.mark.skipif(not CASES, reason="FAULT_CASES names no number of cases")
@pytest.mark.timeout(3600)
def test_campaign(whole, tmp_path):
    assert find_faults(whole, tmp_path, CASES, SEED) == []
