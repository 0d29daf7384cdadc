"""docs/SCORING.md lists what the code has, no more and no less."""

import re
from dataclasses import fields
from typing import get_args

import pytest
from conftest import ROOT

from text2sql.data.spider import Example
from text2sql.scoring.exact_match.clauses import CLAUSES
from text2sql.scoring.failures import FailureKind, NotExecuted
from text2sql.scoring.prediction_files import read_prediction_file
from text2sql.scoring.query_features import FEATURES
from text2sql.scoring.scores import HARDNESS_LEVELS, NO_FEATURE
from text2sql.scoring.verdict import Verdict

EXAMPLES = [Example("bird", question, "SELECT 1") for question in ("How many?", "All?")]
DOCUMENT = (ROOT / "docs/SCORING.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return re.split(r"\n##+ ", DOCUMENT.split(f"# {heading}\n")[1])[0]


def table(heading: str) -> dict[str, str]:
    """Return the rows of the section's first table: the names in the first cell, and the rest."""
    _, body = section(heading).split("| --- |", 1)
    rows = re.findall(r"^\| (`.+?`) \| (.+) \|$", body, flags=re.M)
    return {name: text for names, text in rows for name in re.findall(r"`(.+?)`", names)}


def test_kinds_of_failure_are_those_of_the_scorer_in_its_order():
    assert tuple(table("Kinds of failure")) == get_args(FailureKind)


def test_fields_of_a_verdict_are_those_that_are_written_in_their_order():
    assert list(table("What is written")) == [field.name for field in fields(Verdict)]


def test_values_of_fields_are_listed():
    described = table("What is written")
    names = {field: re.findall(r"`(\w+)`", text) for field, text in described.items()}
    assert names["hardness"] == list(HARDNESS_LEVELS)
    assert names["gold_features"] == list(FEATURES)
    assert [name for name in names["not_executed"] if "_" in name] == [
        *get_args(NotExecuted),
        "execution_match",
    ]


def test_features_of_a_query_are_explained():
    explained = table("What a query uses")["execution_accuracy_by_feature"]
    assert re.findall(r"`(\w+)`", explained) == [*FEATURES, NO_FEATURE]


def test_clauses_have_the_names_of_the_official_script():
    paragraph = next(line for line in DOCUMENT.splitlines() if line.startswith("**Scores by cl"))
    names = re.findall(r"`(.+?)`", paragraph.split("official ones: ")[1])
    assert set(names) == set(CLAUSES)


def test_modules_of_exact_match_are_listed():
    folder = ROOT / "text2sql/scoring/exact_match"
    assert {f"{path.stem}.py" for path in folder.glob("[a-z]*.py")} == {
        name for name in table("Exact match") if name.endswith(".py")
    }


def documented_examples():
    lines = section("Files of predictions").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line[:1] == "|"]
    return {name: text.strip("`") for name, text in rows[2:]}


@pytest.mark.parametrize("text", documented_examples().values(), ids=documented_examples())
def test_documented_format_is_read(tmp_path, text):
    path = tmp_path / "predictions"
    path.write_text(
        text if text.startswith('{"0"') else text.replace("\\n", "\n").replace("\\t", "\t")
    )
    first, second = (p.predicted_sql for p in read_prediction_file(path, EXAMPLES))
    assert first in ("SELECT 1", "SELECT 1 FROM t")
    assert second == "SELECT 2"
