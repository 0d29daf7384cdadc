"""What preprocess.py refuses, and that it then leaves everything as it was."""

import json
import shutil

import pytest

import preprocess
from text2sql.errors import UserError
from text2sql.files import read_json, write_json


def test_folder_of_somebody_else_is_left_alone(run_preprocess, tmp_path):
    (tmp_path / "processed" / "train").mkdir(parents=True)
    (tmp_path / "processed" / "train" / "photo.jpg").write_text("precious")
    with pytest.raises(UserError, match="Choose another --output_dir"):
        run_preprocess()
    assert (tmp_path / "processed" / "train" / "photo.jpg").read_text() == "precious"
    assert [path.name for path in (tmp_path / "processed").iterdir()] == ["train"]


@pytest.mark.parametrize(
    "flags",
    [
        ("--spider_archive", "x.zip"),
        ("--holdout_fraction", "1"),
        ("--holdout_fraction", "-0.1"),
        ("--num_shots", "-1"),
        ("--max_length", "0"),
        ("--limit", "0"),
        ("--extra_split", "dk=nowhere"),
        ("--include_others",),
        ("--model_id", "./nowhere"),
        ("--max_length", "20"),
    ],
    ids=" ".join,
)
def test_impossible_flags_are_refused_and_nothing_is_written(run_preprocess, tmp_path, flags):
    with pytest.raises(UserError):
        run_preprocess(*flags)
    assert not (tmp_path / "processed").exists()


@pytest.mark.parametrize("name", ["../victim", "/absolute", "..", "a/b", "evil\x1b[31m"])
def test_manifest_with_a_name_that_is_a_path_is_refused_and_nothing_removed(
    run_preprocess, tmp_path, name
):
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "dataset_info.json").write_text("{}")
    name = str(victim) if name == "/absolute" else name
    (tmp_path / "processed").mkdir()
    (tmp_path / "processed" / "manifest.json").write_text(json.dumps({"splits": {name: {}}}))
    with pytest.raises(UserError, match="only plain names are accepted") as caught:
        run_preprocess("--limit", "1")
    assert (victim / "dataset_info.json").exists()
    assert "\x1b" not in str(caught.value)
    assert [path.name for path in (tmp_path / "processed").iterdir()] == ["manifest.json"]


def test_model_whose_tokenizer_has_no_files_is_refused_before_a_prompt(
    run_preprocess, tiny_gemma_dir, tmp_path
):
    model_dir = shutil.copytree(tiny_gemma_dir, tmp_path / "model")
    (model_dir / "tokenizer.json").unlink()
    config = read_json(model_dir / "tokenizer_config.json")
    write_json(model_dir / "tokenizer_config.json", config | {"tokenizer_class": "GemmaTokenizer"})
    with pytest.raises(UserError, match="cannot spell SQL: its files are missing"):
        run_preprocess("--model_id", str(model_dir))
    assert not (tmp_path / "processed").exists()


def test_template_that_raises_is_refused_with_model_and_reason(
    run_preprocess, tiny_gemma_dir, tmp_path
):
    model_dir = shutil.copytree(tiny_gemma_dir, tmp_path / "model")
    (model_dir / "chat_template.jinja").write_text("{{ raise_exception('Pay first') }}")
    with pytest.raises(UserError, match=r"chat template of .*model .*Pay first"):
        run_preprocess("--model_id", str(model_dir))
    assert not (tmp_path / "processed").exists()


def test_code_of_a_model_folder_is_not_run_and_nobody_is_asked(
    run_preprocess, tiny_gemma_dir, tmp_path
):
    model_dir = shutil.copytree(tiny_gemma_dir, tmp_path / "model")
    (model_dir / "own_tokenizer.py").write_text("raise SystemExit('code was run')")
    config = read_json(model_dir / "tokenizer_config.json")
    config |= {"auto_map": {"AutoTokenizer": ["own_tokenizer.Own", None]}, "tokenizer_class": "Own"}
    write_json(model_dir / "tokenizer_config.json", config)
    output_dir = run_preprocess("--model_id", str(model_dir), "--limit", "1")
    assert read_json(output_dir / "manifest.json")["model_id"] == str(model_dir)


def test_absent_folder_is_told_before_the_hub_is_asked_for_a_tokenizer(
    run_preprocess, tmp_path, monkeypatch
):
    monkeypatch.setattr("preprocess.load_tokenizer", lambda model_id: pytest.fail())
    with pytest.raises(UserError, match=r"--spider_dir .*nowhere: there is no such folder"):
        run_preprocess(spider_dir=tmp_path / "nowhere")


def test_absent_archive_is_told_as_early():
    refused = pytest.raises(
        UserError, match=r"--spider_archive nowhere\.zip: there is no such file"
    )
    with refused:
        preprocess.refuse_contradictions(preprocess.PreprocessFlags(spider_archive="nowhere.zip"))
    preprocess.refuse_contradictions(
        preprocess.PreprocessFlags(spider_archive="https://x.org/s.zip")
    )


def test_question_on_an_unknown_database_is_refused_by_name(run_preprocess, own_spider_dir):
    rows = [{"db_id": "atlantis", "question": "How deep?", "query": "SELECT 1"}]
    (own_spider_dir / "dev.json").write_text(json.dumps(rows))
    with pytest.raises(UserError, match="no schema for atlantis"):
        run_preprocess(spider_dir=own_spider_dir)


def test_file_without_questions_is_refused(run_preprocess, own_spider_dir):
    (own_spider_dir / "dev.json").write_text("[]")
    with pytest.raises(UserError, match=r"dev\.json holds no questions"):
        run_preprocess(spider_dir=own_spider_dir)
