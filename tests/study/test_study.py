"""study.json: the same study on disk and in memory, also of an earlier version."""

import json
import shutil
from dataclasses import asdict

import pytest
from tiny_evaluation import a_whole_study, build_tiny_evaluation, report_of

from text2sql.errors import UserError
from text2sql.files import read_json, write_json
from text2sql.study.folder import EvaluationFolder
from text2sql.study.study import Study, read_study, write_study
from text2sql.study.variants import BASE


def test_a_study_is_the_same_after_it_was_written(tmp_path):
    study = read_study(build_tiny_evaluation(tmp_path, a_whole_study()))
    write_study(EvaluationFolder(tmp_path), study)
    assert read_study(tmp_path) == study
    assert Study.from_json(study.to_json()) == study
    assert study.training["run"].best_step == 400


def test_study_json_says_how_it_was_made(tmp_path):
    study = Study(variants=[BASE], splits=[], benchmarks=[], limit=None)
    assert set(study.to_json()) > {"command", "created", "commit", "versions", "variants"}


def test_folder_without_an_evaluation_names_its_smoke_runs(tmp_path):
    with pytest.raises(UserError, match=r"holds no evaluation; .* to make one\.\Z"):
        read_study(tmp_path)
    build_tiny_evaluation(tmp_path / "limit-20", a_whole_study())
    with pytest.raises(UserError, match=r"Smoke runs are in \S+/limit-20\."):
        read_study(tmp_path)


@pytest.mark.slow
def test_smoke_run_of_an_earlier_version_can_still_be_reported(tmp_path):
    variants = a_whole_study()
    folder = build_tiny_evaluation(tmp_path, variants, limit=20)
    expected = report_of(folder)
    study = read_json(folder / "study.json")
    for benchmark in study["benchmarks"]:
        del benchmark["results_file"]
        for variant in variants:
            path = folder / "general" / variant.name / f"{benchmark['name']}.json"
            shutil.move(path, path.with_name(f"{benchmark['name']}-limit-20.json"))
    for split in study["splits"]:
        del split["database_dir"], split["role"], split["folder"]
    write_json(folder / "study.json", study)
    report = report_of(folder)
    assert report.benchmarks == expected.benchmarks
    assert report.splits == expected.splits


@pytest.mark.parametrize(
    "change",
    [
        {"variants": None},
        {"variants": [{"colour": "red"}]},
        {"variants": []},
        {"variants": [asdict(BASE), asdict(BASE)]},
        {"splits": [{"name": "validation", "n": "60"}]},
        {"limit": "all"},
        None,
    ],
    ids=["null", "foreign", "no base", "doubled", "type in entry", "type", "absent"],
)
def test_damaged_study_is_one_message(tmp_path, change):
    path = build_tiny_evaluation(tmp_path, {BASE: (0.5, 0.5)}) / "study.json"
    study = json.loads(path.read_text())
    if change is None:
        del study["benchmarks"]
    path.write_text(json.dumps(study | (change or {})))
    with pytest.raises(UserError, match=r"study\.json .*damaged"):
        read_study(tmp_path)


@pytest.mark.parametrize("name", ["../planted", "/tmp/planted", "..", "a\nb", "\x1b[2J"])
@pytest.mark.parametrize("key", ["variants", "splits", "benchmarks"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path, key, name):
    path = build_tiny_evaluation(tmp_path, {BASE: (0.5, 0.5)}, 2, 2) / "study.json"
    study = read_json(path)
    study[key][0] |= {"name": name, "folder": "", "results_file": ""}
    write_json(path, study)
    with pytest.raises(UserError, match="only plain names"):
        read_study(tmp_path)


def test_a_model_whose_name_has_a_line_of_its_own_is_refused(tmp_path):
    path = build_tiny_evaluation(tmp_path, {BASE: (0.5, 0.5)}, 2, 2) / "study.json"
    write_json(path, read_json(path) | {"model_id": "tiny\nrm -r ~"})
    with pytest.raises(UserError, match="not printable"):
        read_study(tmp_path)
