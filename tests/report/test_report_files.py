"""The files that the report writes: Markdown, one HTML page, plots."""

import re
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from tiny_evaluation import a_whole_study, build_tiny_evaluation, report_of

from text2sql.errors import UserError
from text2sql.files import read_json, write_json
from text2sql.report.content import Report
from text2sql.report.page import Page, as_html, as_markdown, is_written, write_report
from text2sql.study.training_history import read_training
from text2sql.study.variants import BASE, Variant

pytestmark = pytest.mark.slow  # each report draws its plots

TWO = {BASE: (0.2, 0.7), Variant("finetuned", "finetuned", "run", "outputs/run"): (0.7, 0.6)}


@pytest.fixture(scope="module")
def two_dir(tmp_path_factory):
    return build_tiny_evaluation(tmp_path_factory.mktemp("two"), TWO)


@pytest.fixture(scope="module")
def whole_dir(tmp_path_factory):
    """A folder with every file of the report of eight variants."""
    folder = build_tiny_evaluation(tmp_path_factory.mktemp("whole"), a_whole_study())
    write_report(folder, report_of(folder))
    return folder


def test_plots_of_an_earlier_report_do_not_stay(two_dir, tmp_path):
    folder = shutil.copytree(two_dir, tmp_path / "again")
    write_report(folder, report_of(folder))
    assert (folder / "tradeoff.png").exists()
    study = read_json(folder / "study.json")
    write_json(folder / "study.json", study | {"benchmarks": []})
    write_report(folder, report_of(folder))
    assert not (folder / "tradeoff.png").exists()


@pytest.fixture
def committed(two_dir, tmp_path) -> tuple[Path, Report]:
    """A folder with its report, by code of a known commit."""
    folder = shutil.copytree(two_dir, tmp_path / "committed")
    report = report_of(folder)
    report = replace(report, made_by=report.made_by | {"commit": "0123456789ab"})
    assert not is_written(folder, report)
    write_report(folder, report)
    return folder, report


def test_report_is_written_once_by_the_same_code(committed):
    folder, report = committed
    later = report.made_by | {"created": "2030-01-01T00:00:00+00:00", "command": "evaluate.py"}
    assert is_written(folder, replace(report, made_by=later))
    for commit in ("ba9876543210", "0123456789ab-dirty", None):
        assert not is_written(folder, replace(report, made_by=report.made_by | {"commit": commit}))


@pytest.mark.parametrize("name", ["report.html", "tradeoff.png", "report.json"])
def test_report_with_a_file_missing_is_written_again(committed, name):
    folder, report = committed
    (folder / name).unlink()
    assert not is_written(folder, report)


def test_report_of_other_verdicts_or_settings_is_written_again(committed):
    folder, report = committed
    assert not is_written(folder, replace(report, settings=report.settings | {"seed": 7}))
    (folder / "report.json").write_text('["damaged"]')
    assert not is_written(folder, report)


def test_smoke_run_is_marked_in_every_file(tmp_path):
    folder = build_tiny_evaluation(tmp_path, TWO, num_questions=4, num_items=4, limit=4)
    write_report(folder, report_of(folder))
    assert read_json(folder / "report.json")["notes"][0].startswith(
        "SMOKE RUN: --limit 4 kept only the first"
    )
    assert "SMOKE RUN" in (folder / "report.md").read_text()
    assert "SMOKE RUN" in (folder / "report.html").read_text()


def test_every_variant_has_its_row_and_its_point(whole_dir):
    report = read_json(whole_dir / "report.json")
    names = [variant["name"] for variant in report["study"]["variants"]]
    markdown = (whole_dir / "report.md").read_text()
    assert all(f"\n| {name} | " in markdown for name in names)
    assert [point["variant"] for point in report["tradeoff"]["points"]] == names[1:]


def test_markdown_shows_the_plots_beside_it_and_explains_the_intervals(whole_dir):
    markdown = (whole_dir / "report.md").read_text()
    for name in ("tradeoff.png", "hardness_validation.png", "errors_validation.png"):
        assert f"({name})" in markdown
        assert (whole_dir / name).read_bytes().startswith(b"\x89PNG")
    assert "## What the intervals mean" in markdown


def test_html_is_one_file_that_needs_no_network(whole_dir):
    page = (whole_dir / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 3
    assert page.count('<svg class="tradeoff ') == 2
    assert "://" not in page.replace("https://huggingface.co", "")
    assert "<script src" not in page


def test_text_from_models_is_escaped_in_html_and_markdown():
    page = Page(
        title="<script>alert(1)</script>",
        summary="a < b",
        notes=[],
        recommendation=None,
        explanation=[],
        sections=[],
    )
    html = as_html(page, {}, {"splits": {}, "texts": []})
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html
    assert "a &lt; b" in as_markdown(page)


def test_adapter_of_another_program_has_no_learning_curve(two_dir, tmp_path):
    folder = shutil.copytree(two_dir, tmp_path / "foreign")
    study = read_json(folder / "study.json")
    foreign = {"training": {"run": asdict(read_training(tmp_path))}}
    write_json(folder / "study.json", study | foreign)
    write_report(folder, report_of(folder))
    assert not (folder / "learning_curves.png").exists()
    assert "\n| run |" + " – |" * 9 in (folder / "report.md").read_text()


def test_a_link_is_replaced_or_refused_and_never_followed(two_dir, tmp_path):
    folder = shutil.copytree(two_dir, tmp_path / "sent")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    mine = elsewhere / "mine.txt"
    mine.write_text("mine")
    for name in ("report.json", "report.md", "report.html", "tradeoff.png"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(mine)
    write_report(folder, report_of(folder))
    assert mine.read_text() == "mine" and not (folder / "report.md").is_symlink()
    shutil.rmtree(folder / "tensorboard")
    (folder / "tensorboard").symlink_to(elsewhere)
    with pytest.raises(UserError, match="tensorboard is a symbolic link"):
        write_report(folder, report_of(folder))
    assert [path.name for path in elsewhere.iterdir()] == ["mine.txt"]


def test_one_question_is_singular_in_every_file(tmp_path):
    folder = build_tiny_evaluation(tmp_path, TWO, num_questions=1, num_items=4, limit=1)
    write_report(folder, report_of(folder))
    for name in ("report.md", "report.html", "report.tex"):
        text = (folder / name).read_text()
        assert "1 question" in text
        assert not re.search(r"\b1 (questions|databases|gold queries|items|examples)\b", text)
