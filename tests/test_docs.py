"""Documents beside the README say what the code does."""

import re
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT

import text2sql

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("demo/**/*.md")],
    key=lambda path: path.relative_to(ROOT).parts,
)
PINS = dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / "requirements.txt").read_text(), flags=re.M))


def rows_of(document: Path) -> list[list[str]]:
    lines = [line for line in document.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize(
    ("package", "version", "surface", "module"),
    [row[:4] for row in rows_of(ROOT / "docs" / "UPGRADING.md")],
)
def test_fragile_surface_is_used_where_it_is_listed_and_was_checked_on_the_pinned_version(
    package, version, surface, module
):
    assert PINS[package] == version
    assert surface in (ROOT / module).read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_named_in_a_document_exist(document):
    text = document.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    files = re.findall(r"`((?:text2sql|tests|docs|demo|performance)/[\w./-]+)`", text)
    missing = [link for link in links if not (document.parent / link).exists()]
    missing += [file for file in files if not (ROOT / file).exists()]
    assert not missing


def test_version_is_the_same_everywhere_and_has_its_changes():
    version = text2sql.__version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(rf"^## \[{re.escape(version)}\]", changelog, flags=re.M)
    assert f"\nversion: {version}\n" in citation
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in project.get("project", {})  # one home: text2sql/__init__.py
