"""Whether kept answers to a benchmark may be used: asked in the same way, by the same template."""

from dataclasses import replace

import pytest

from text2sql.benchmarks.benchmark import parse_benchmark
from text2sql.errors import UserError
from text2sql.files import write_json
from text2sql.study.folder import EvaluationFolder
from text2sql.study.outdated import benchmark_settings, find_outdated
from text2sql.study.study import Study
from text2sql.study.variants import BASE

CHAT, PLAIN = parse_benchmark("gsm8k:5@chat"), parse_benchmark("gsm8k:5")


def study_of(benchmark, template: str) -> Study:
    return Study(
        model_id="tiny",
        variants=[BASE],
        splits=[],
        benchmarks=[benchmark],
        chat_template_sha256=template,
    )


def outdated(study: Study, folder: EvaluationFolder) -> list:
    return find_outdated(study, [], folder, max_new_tokens=4, tasks_sha256=None, overwrite=False)


@pytest.fixture
def keep_answers(tmp_path):
    """Store answers that were made with the given settings, as the study's benchmark."""

    def keep(study: Study, settings: dict) -> EvaluationFolder:
        folder = EvaluationFolder(tmp_path)
        path = folder.benchmark_results(study.benchmarks[0].results_file, BASE.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {"text2sql": {"settings": settings}})
        return folder

    return keep


def test_answers_by_another_chat_template_are_not_kept(keep_answers):
    before = study_of(CHAT, "old")
    folder = keep_answers(before, benchmark_settings(before, CHAT, BASE, None))
    assert outdated(before, folder) == []
    with pytest.raises(UserError, match=r"chat_template_sha256 \(old, now new\)"):
        outdated(study_of(CHAT, "new"), folder)


def test_without_a_chat_the_template_does_not_matter(keep_answers):
    before = study_of(PLAIN, "old")
    folder = keep_answers(before, benchmark_settings(before, PLAIN, BASE, None))
    assert outdated(study_of(PLAIN, "new"), folder) == []


def test_answers_of_a_version_that_recorded_no_template_are_kept(keep_answers):
    study = study_of(CHAT, "new")
    settings = benchmark_settings(study, CHAT, BASE, None)
    del settings["chat_template_sha256"]
    assert outdated(study, keep_answers(study, settings)) == []


def test_answers_asked_without_a_chat_are_none_asked_as_a_chat(keep_answers):
    study = study_of(CHAT, "new")
    settings = benchmark_settings(study, replace(CHAT, as_chat=False), BASE, None)
    with pytest.raises(UserError, match=r"as_chat \(not recorded, now True\)"):
        outdated(study, keep_answers(study, settings))
