"""The numbers of docs/STUDY.md come from the evaluations that lie beside it."""

import re
import tarfile

import pytest
from conftest import ROOT

from docs.study import tables
from text2sql.report.build import build_report
from text2sql.study.study import read_study

PAGE = (ROOT / "docs" / "STUDY.md").read_text(encoding="utf-8")
ARCHIVE = ROOT / "docs" / "study" / "evaluations.tar.xz"
ON_THE_PAGE = (
    "study: in domain, near and far",
    "study: benchmarks",
    "answers: execution accuracy on validation",
    "answers: recipes against each other",
    "Losses at the end of training",
    "Losses in the course of training",
)


@pytest.fixture(scope="module")
def evaluations(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluations")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
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
@pytest.mark.parametrize("name", ["study", "answers"])
def test_report_is_made_from_the_archive_alone(evaluations, name):
    report = build_report(evaluations / name, read_study(evaluations / name), {})
    assert report.splits["validation"].n == 1034
    assert report.base == "base"


def test_archive_is_small():
    assert ARCHIVE.stat().st_size < 5e6
