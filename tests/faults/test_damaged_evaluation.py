"""Damaged evaluations: a report has the same numbers or is refused in one sentence.

A seeded campaign over every file that a report reads. `FAULT_CASES` says how many cases to try.
"""

import copy
import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny_evaluation import build_tiny_evaluation, change_scores, report_of

from text2sql.errors import UserError
from text2sql.files import read_jsonl
from text2sql.report.example_browser import browser_content
from text2sql.report.page import build_page
from text2sql.scoring.scores import hash_questions
from text2sql.seals import write_sealed_text
from text2sql.study.variants import BASE, Variant

CASES = int(os.environ.get("FAULT_CASES", "0"))
SHORT = 60
VARIANTS = {BASE: (0.2, 0.7), Variant("finetuned", "finetuned", "run", "outputs/run"): (0.7, 0.6)}
OTHER_VALUES = (None, "x", 7, [1], {}, "../x", "\x1b[2J")


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
    return folder


def numbers(folder: Path) -> str:
    """Return every number of the report as the page and report.json would show it."""
    report = report_of(folder)
    page = build_page(report, {})
    browser = browser_content(folder, report)
    answers = {name: split["answers"] for name, split in browser["splits"].items()}
    content = report.to_json()
    kept = [content["splits"], content["benchmarks"], content["tradeoff"], answers]
    return json.dumps([page.summary, *kept])


def spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place in a JSON value, of a list the first two."""
    keys = list(value) if isinstance(value, dict) else range(min(2, len(value)))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from spots(value[key])


def damage(path: Path, chance: random.Random) -> str:
    """Change one thing in the file; return what."""
    hows = [cut_or_flip, cut_or_flip, change_value, change_value]
    if path.suffix == ".jsonl":
        hows.append(move_lines)
    return chance.choice(hows)(path, chance)


def cut_or_flip(path: Path, chance: random.Random) -> str:
    data = bytearray(path.read_bytes())
    how = chance.choice(["empty", "half", "removed", "bit", "bit", "bit"])
    if how == "removed":
        path.unlink()
        return how
    if how == "bit":
        place, bit = chance.randrange(len(data)), chance.randrange(8)
        data[place] ^= 1 << bit
        how = f"bit {bit} of byte {place}"
    else:
        del data[0 if how == "empty" else len(data) // 2 :]
    path.write_bytes(data)
    return how


def move_lines(path: Path, chance: random.Random) -> str:
    lines = path.read_text().splitlines(keepends=True)
    place = chance.randrange(len(lines))
    how = chance.choice(["lost", "doubled", "reversed"])
    if how == "lost":
        del lines[place]
    elif how == "doubled":
        lines.insert(place, lines[place])
    else:
        lines.reverse()
    path.write_text("".join(lines))
    return f"line {place} {how}"


def change_value(path: Path, chance: random.Random) -> str:
    lines = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
    line = chance.randrange(len(lines))
    content = json.loads(lines[line])
    node, key = chance.choice(list(spots(content)))
    how = chance.choice(["removed", "replaced", "replaced", "doubled"])
    if how == "removed":
        del node[key]
    elif how == "doubled" and isinstance(node, list):
        node.append(copy.deepcopy(node[key]))
    else:
        node[key] = chance.choice(OTHER_VALUES)
    lines[line] = json.dumps(content)
    path.write_text("\n".join(lines) + "\n")
    return f"{key!r} in line {line} {how}"


def find_faults(whole: Path, scratch: Path, cases: int, seed: int) -> list[str]:
    """Return the cases that ended neither with the same numbers nor with a `UserError`."""
    chance, faults, expected = random.Random(seed), [], numbers(whole)
    names = sorted(path.relative_to(whole) for path in whole.rglob("*.json*"))
    for case in range(cases):
        folder = shutil.copytree(whole, scratch / str(case))
        name = chance.choice(names)
        what = damage(folder / name, chance)
        try:
            if numbers(folder) != expected and not may_change(name, what):
                faults.append(f"case {case}: other numbers: {name}, {what}")
        except UserError:
            pass
        except Exception as error:  # every other kind is a fault
            faults.append(f"case {case}: {type(error).__name__} {error}: {name}, {what}")
        shutil.rmtree(folder)
    return faults


def may_change(name: Path, what: str) -> bool:
    """Return whether the report may differ: study.json says what is reported, and a variant without
    its scores is reported as unfinished."""
    is_result = name.name == "scores.json" or name.parts[0] == "general"
    return name.name == "study.json" or (is_result and what == "removed")


@pytest.mark.slow
def test_a_damaged_evaluation_gives_the_same_numbers_or_one_sentence(whole, tmp_path):
    assert find_faults(whole, tmp_path, SHORT, seed=1) == []


@pytest.mark.faults
@pytest.mark.skipif(not CASES, reason="FAULT_CASES names no number of cases")
@pytest.mark.timeout(3600)
def test_campaign(whole, tmp_path):
    assert find_faults(whole, tmp_path, CASES, seed=2) == []
