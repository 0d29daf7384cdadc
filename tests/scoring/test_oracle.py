"""Our verdicts beside those of the official scripts, on published predictions for Spider.

SPIDER_DIR names Spider's folder, ORACLE_DIR one with `<system>.sql` (one prediction a line, in the
order of dev.json) and `<system>.verdicts.jsonl` (the official hardness, em, ex, ex_keep_distinct).

    SPIDER_DIR=... ORACLE_DIR=... python -m pytest -s tests/scoring/test_oracle.py
"""

import os
import time
from pathlib import Path

import pytest

from text2sql.data.spider import read_examples, read_schemas
from text2sql.files import read_jsonl
from text2sql.scoring.judge import ScoredSplit, ScoringSettings, score_split
from text2sql.scoring.scores import read_prediction_file, summarize_verdicts
from text2sql.scoring.verdict import Verdict

FIELDS = {
    "hardness": "hardness",
    "em": "exact_match",
    "ex": "execution_match",
    "ex_keep_distinct": "execution_match_keep_distinct",
}
LEAST_AGREEMENT = {"hardness": 1.0, "em": 0.999, "ex": 0.999, "ex_keep_distinct": 0.999}
ORACLE_DIR = Path(os.environ.get("ORACLE_DIR", "/nowhere"))
SYSTEMS = sorted(path.stem for path in ORACLE_DIR.glob("*.sql"))


@pytest.mark.real_data
@pytest.mark.skipif(not SYSTEMS, reason="ORACLE_DIR does not name a folder with official verdicts")
@pytest.mark.parametrize("system", SYSTEMS)
def test_verdicts_are_the_official_ones(spider_dir, system, capsys):
    official = read_jsonl(ORACLE_DIR / f"{system}.verdicts.jsonl")
    examples = read_examples(spider_dir / "dev.json")
    started = time.monotonic()
    split = ScoredSplit(examples, read_schemas(spider_dir / "tables.json"), spider_dir / "database")
    predicted_sqls = read_prediction_file(ORACLE_DIR / f"{system}.sql", len(examples))
    [verdicts] = score_split(split, [predicted_sqls], ScoringSettings())
    seconds = time.monotonic() - started
    differences = {
        field: [
            row["index"]
            for row, verdict in zip(official, verdicts, strict=True)
            if row[field] != getattr(verdict, ours)
        ]
        for field, ours in FIELDS.items()
    }
    with capsys.disabled():
        print_row(system, verdicts, differences, seconds)
    for field, least in LEAST_AGREEMENT.items():
        assert len(differences[field]) <= (1 - least) * len(official), (field, differences[field])


def print_row(system: str, verdicts: list[Verdict], differences: dict, seconds: float) -> None:
    scores = summarize_verdicts(verdicts)["scores"]
    shown = "  ".join(
        f"{name} {100 * scores[name]['all']['score']:.1f} %"
        for name in ("exact_match", "execution_accuracy", "execution_accuracy_keep_distinct")
    )
    counts = ", ".join(f"{field} {len(indices)}" for field, indices in differences.items())
    print(f"\n{system}: n {len(verdicts)}  {shown}  {seconds:.1f} s\n  lines that differ: {counts}")
    for field, indices in differences.items():
        for index in indices:
            print(f"  {field} differs at {index}")
