"""docs/REPORT.md and docs/STATISTICS.md name what the code has."""

import re
from dataclasses import fields

import pytest
from conftest import ROOT

from text2sql.benchmarks.benchmark import DEFAULT_SHOTS
from text2sql.report.benchmark_clusters import FIELDS
from text2sql.report.build import DEFAULT_SETTINGS
from text2sql.report.content import BenchmarkReport, Primary, Report, SplitReport
from text2sql.report.recipes import Recipe
from text2sql.report.significance import Comparison, Reading
from text2sql.report.tradeoff import Choice, LossTest, Point, Ratio, Tradeoff
from text2sql.run_record import build_run_record

TYPES = (
    *(Report, Primary, Recipe, SplitReport, BenchmarkReport, Comparison, Reading),
    *(Tradeoff, Point, Ratio, LossTest, Choice),
)
NOT_IN_JSON = {"made_by"}  # its entries are keys of the report


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_key_of_report_json_is_documented(kind):
    text = (ROOT / "docs/REPORT.md").read_text()
    names = {field.name for field in fields(kind)} - NOT_IN_JSON
    missing = sorted(name for name in names if f"`{name}" not in text)
    assert not missing, f"describe {missing} of {kind.__name__} in docs/REPORT.md"


OF_THE_PAGE = {"summary", "notes", "recommendation"}  # sentences, beside the report's content
TABLES = {
    "report.json": (Report, {*OF_THE_PAGE, *build_run_record()}),
    "A split": (SplitReport, set()),
    "A benchmark": (BenchmarkReport, set()),
    "A comparison": (Comparison, set()),
}


@pytest.mark.parametrize(("heading", "kind", "others"), [(h, *of) for h, of in TABLES.items()])
def test_every_documented_key_is_one_of_report_json(heading, kind, others):
    text = (ROOT / "docs/REPORT.md").read_text(encoding="utf-8")
    section = re.split(r"\n## ", text.split(f"# {heading}\n")[1])[0]
    cells = re.findall(r"^\| (`.+?) \|", section, flags=re.M)
    named = {name for cell in cells for name in re.findall(r"`(\w+)", cell)}
    expected = {field.name for field in fields(kind)} - NOT_IN_JSON | others
    assert named == expected


def test_every_setting_of_the_report_is_documented():
    text = (ROOT / "docs/REPORT.md").read_text()
    assert all(f"`{name}`" in text for name in DEFAULT_SETTINGS)


def test_clusters_of_every_default_task_and_field_are_documented():
    text = (ROOT / "docs/STATISTICS.md").read_text()
    missing = [name for name in (*DEFAULT_SHOTS, *FIELDS) if f"`{name}`" not in text]
    assert not missing, f"add {missing} to the table of clusters in docs/STATISTICS.md"
