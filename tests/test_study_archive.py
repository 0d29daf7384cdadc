"""The numbers of docs/STUDY.md come from the evaluations that lie beside it."""

import json
import lzma
import re
import tarfile

import pytest
from conftest import ROOT

from docs.study import tables
from text2sql.report.build import build_report
from text2sql.study.study import read_study

PAGE = (ROOT / "docs" / "STUDY.md").read_text(encoding="utf-8")
ARCHIVE = ROOT / "docs" / "study" / "evaluations.tar.xz"
REPORT = ROOT / "docs" / "study" / "report" / "report.json.xz"
ON_THE_PAGE = (
    "answers: execution accuracy on validation",
    "Recipes against each other",
    "study: gain and loss",
    "bf16: gain and loss",
    "study: benchmarks",
    "bf16: benchmarks",
    "answers: gain on each split",
    "In the course of training: execution accuracy",
    "Losses in the course of training",
    "once: benchmarks",
    "gsm8k: benchmarks",
    "Losses at the end of training",
)


@pytest.fixture(scope="module")
def evaluations(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluations")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder)  # our own; Python 3.11.2 has no filters yet
    return folder


@pytest.mark.slow
def test_tables_of_the_page_are_those_of_the_archive(evaluations, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["tables", str(evaluations)])
    tables.main()
    sections = re.split(r"^### ", capsys.readouterr().out, flags=re.M)[1:]
    printed = dict(section.split("\n\n", 1) for section in sections)
    for title in ON_THE_PAGE:
        assert printed[title].strip() in PAGE, title


@pytest.mark.slow
def test_report_that_is_kept_comes_again_from_the_archive_alone(evaluations):
    folder = evaluations / "study"
    made = rounded(json.dumps(build_report(folder, read_study(folder), {}).to_json()))
    kept = rounded(lzma.decompress(REPORT.read_bytes()).decode("utf-8"))
    for part in ("splits", "benchmarks", "mean_over_benchmarks", "tradeoff"):
        assert made[part] == kept[part], part


def rounded(text: str) -> dict:
    """Return JSON with numbers as other versions of numpy give them too."""
    return json.loads(text, parse_float=lambda number: round(float(number), 9))


def test_archive_is_small():
    assert ARCHIVE.stat().st_size < 5e6
