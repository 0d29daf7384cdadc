"""Our verdicts beside those of the official scripts, on published predictions for Spider.

SPIDER_DIR names Spider's folder, ORACLE_DIR one with `<system>.sql` (one prediction a line, in the
order of dev.json) and `<system>.verdicts.jsonl` (the official hardness, em, ex, ex_keep_distinct).

    SPIDER_DIR=... ORACLE_DIR=... python -m pytest -s tests/scoring/test_oracle.py

TEST_SUITE_DIR names a folder like Spider's whose databases have several files each, and
TEST_SUITE_VERDICTS_DIR one with `<system>.verdicts.jsonl` (the official test_suite_match and
test_suite_match_keep_distinct) for some of the systems in ORACLE_DIR.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from text2sql.data.spider import read_examples, read_schemas
from text2sql.files import read_jsonl
from text2sql.scoring.judge import ScoredSplit, ScoringSettings, score_split
from text2sql.scoring.prediction_files import read_prediction_file
from text2sql.scoring.scores import summarize_verdicts
from text2sql.scoring.verdict import Verdict

FIELDS = {
    "hardness": "hardness",
    "em": "exact_match",
    "ex": "execution_match",
    "ex_keep_distinct": "execution_match_keep_distinct",
}
SUITE_FIELDS = {
    "test_suite_match": "test_suite_match",
    "test_suite_match_keep_distinct": "test_suite_match_keep_distinct",
}
LEAST_AGREEMENT = 0.999
ORACLE_DIR = Path(os.environ.get("ORACLE_DIR", "/nowhere"))
SYSTEMS = sorted(path.stem for path in ORACLE_DIR.glob("*.sql"))
SUITE_DIR = Path(os.environ.get("TEST_SUITE_DIR", "/nowhere"))
SUITE_VERDICTS_DIR = Path(os.environ.get("TEST_SUITE_VERDICTS_DIR", "/nowhere"))
SUITE_SYSTEMS = [s for s in SYSTEMS if (SUITE_VERDICTS_DIR / f"{s}.verdicts.jsonl").is_file()]


@pytest.mark.real_data
@pytest.mark.skipif(not SYSTEMS, reason="ORACLE_DIR does not name a folder with official verdicts")
@pytest.mark.parametrize("system", SYSTEMS)
def test_verdicts_are_the_official_ones(spider_dir, system, capsys):
    started = time.monotonic()
    [verdicts] = score_systems(spider_dir, [system])
    seconds = time.monotonic() - started
    official = read_jsonl(ORACLE_DIR / f"{system}.verdicts.jsonl")
    with capsys.disabled():
        print(f"\n{system}: {describe_scores(verdicts)}  {seconds:.1f} s")
        differences = find_differences(official, verdicts, FIELDS)
    assert not differences["hardness"]
    for field, indices in differences.items():
        assert len(indices) <= (1 - LEAST_AGREEMENT) * len(official), (field, indices)


@pytest.mark.real_data
@pytest.mark.skipif(not SUITE_SYSTEMS, reason="TEST_SUITE_VERDICTS_DIR names no official verdicts")
def test_verdicts_on_test_suites_are_the_official_ones(capsys):
    started = time.monotonic()
    for system, verdicts in zip(
        SUITE_SYSTEMS, score_systems(SUITE_DIR, SUITE_SYSTEMS), strict=True
    ):
        official = read_jsonl(SUITE_VERDICTS_DIR / f"{system}.verdicts.jsonl")
        with capsys.disabled():
            seconds = time.monotonic() - started
            print(f"\n{system}: {describe_scores(verdicts)}  after {seconds:.1f} s")
            differences = find_differences(official, verdicts, SUITE_FIELDS)
        for field, indices in differences.items():
            assert len(indices) <= (1 - LEAST_AGREEMENT) * len(official), (field, indices)


def score_systems(spider_dir: Path, systems: list[str]) -> Iterator[list[Verdict]]:
    examples = read_examples(spider_dir / "dev.json")
    schemas = read_schemas(spider_dir / "tables.json")
    files = [read_prediction_file(ORACLE_DIR / f"{system}.sql", examples) for system in systems]
    answers = [[prediction.predicted_sql for prediction in file] for file in files]
    split = ScoredSplit(examples, schemas, spider_dir / "database")
    return score_split(split, answers, ScoringSettings())


def describe_scores(verdicts: list[Verdict]) -> str:
    scores = summarize_verdicts(verdicts)["scores"]
    shown = [f"{name} {100 * levels['all']['score']:.1f} %" for name, levels in scores.items()]
    return f"n {len(verdicts)}  {'  '.join(shown)}"


def find_differences(
    official: list[dict], verdicts: list[Verdict], fields: dict[str, str]
) -> dict[str, list[int]]:
    """Return, and print, the indices at which each field differs from the official one."""
    differences = {
        field: [
            row["index"]
            for row, verdict in zip(official, verdicts, strict=True)
            if row[field] != getattr(verdict, ours)
        ]
        for field, ours in fields.items()
    }
    for field, indices in differences.items():
        print(f"  {field} differs in {len(indices)} lines: {indices}")
    return differences
