"""Where an adapter is found, which base it names, and whether it has a scale; no model needed."""

import json
import shutil
from pathlib import Path

import pytest

from text2sql.errors import UserError
from text2sql.models import adapter_files
from text2sql.models.adapter_files import (
    can_share_base,
    find_adapter,
    find_unscalable,
    hash_adapter,
    is_hub_name,
    names_same_model,
    refuse_other_task,
    refuse_pointer,
)


def make_adapter(folder: Path, weights: bytes = b"weights", **config: object) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(json.dumps(config))
    (folder / "adapter_model.safetensors").write_bytes(weights)
    return folder


def test_folder_of_an_adapter_is_found_as_it_is(tmp_path):
    folder = make_adapter(tmp_path / "run")
    assert find_adapter(str(folder)) == folder


def test_adapter_that_peft_saved_by_its_name_is_found_below_the_folder(tmp_path):
    make_adapter(tmp_path / "run" / "checkpoint-10")
    named = make_adapter(tmp_path / "run" / "sql")
    assert find_adapter(str(tmp_path / "run")) == named


def test_several_named_adapters_are_listed(tmp_path):
    for name in ("sql", "chat"):
        make_adapter(tmp_path / "run" / name)
    with pytest.raises(UserError, match=r"several adapters; pass one of \S+/chat, \S+/sql"):
        find_adapter(str(tmp_path / "run"))


def test_whole_model_is_sent_to_its_own_flag(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match="is a whole model, not an adapter; pass it with --models"):
        find_adapter(str(tmp_path))


def test_checkpoints_of_another_trainer_are_listed(tmp_path):
    for step in (10, 20):
        make_adapter(tmp_path / f"checkpoint-{step}")
    with pytest.raises(UserError, match=r"checkpoints alone; pass one of \S+-10, \S+-20 to"):
        find_adapter(str(tmp_path))


def test_pointer_of_git_lfs_is_refused_with_what_to_do(tmp_path):
    refuse_pointer(make_adapter(tmp_path / "whole"))
    cloned = make_adapter(tmp_path / "cloned", b"version https://git-lfs.github.com/spec/v1\noid")
    with pytest.raises(UserError, match=r"pointer of Git LFS.*git lfs pull"):
        refuse_pointer(cloned)


@pytest.mark.parametrize("missing", ["adapter_config.json", "adapter_model.safetensors"])
def test_folder_without_an_adapter_sends_to_train(tmp_path, missing):
    folder = make_adapter(tmp_path / "run")
    (folder / missing).unlink()
    with pytest.raises(UserError, match=r"Run train\.py first"):
        find_adapter(str(folder))


def test_hub_name_is_downloaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = make_adapter(tmp_path / "cache")
    monkeypatch.setattr(adapter_files, "download_adapter", {"user/name": folder}.__getitem__)
    assert find_adapter("user/name") == folder


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("user/name", True),
        ("outputs/gemma-2b-it-spider", False),
        ("folder/absent", False),
        ("folder", False),
        ("./user/name", False),
        ("a/b/c", False),
    ],
)
def test_hub_names_are_told_from_folders(tmp_path, monkeypatch, name, expected):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    assert is_hub_name(name) is expected


def test_spellings_of_one_folder_are_one_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("demo/model").mkdir(parents=True)
    Path("demo/other").mkdir()
    for spelling in ("demo/model/", "./demo/model", str(tmp_path / "demo/model")):
        assert names_same_model("demo/model", spelling), spelling
    for other in ("demo/other", "demo/absent", "google/gemma-2b", None):
        assert not names_same_model("demo/model", other), other
    assert names_same_model("google/gemma-2b", "google/gemma-2b")
    assert names_same_model(None, None)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"peft_type": "LORA"}, None),
        ({"peft_type": "LORA", "use_rslora": True, "init_lora_weights": "gaussian"}, None),
        ({"peft_type": "LORA", "use_dora": True}, "DoRA"),
        ({"peft_type": "LORA", "modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"peft_type": "LORA", "trainable_token_indices": [1]}, "trainable_token_indices"),
        ({"peft_type": "LORA", "bias": "lora_only"}, "biases"),
        ({"peft_type": "LORA", "init_lora_weights": "pissa_niter_4"}, "pissa_niter_4"),
        ({"peft_type": "LORA", "init_lora_weights": "olora"}, "changed base weights"),
        ({"peft_type": "IA3"}, "IA3 is not LoRA"),
        ({"peft_type": "PROMPT_TUNING"}, "PROMPT_TUNING is not LoRA"),
    ],
    ids=str,
)
def test_only_plain_lora_has_a_scale(config, reason):
    found = find_unscalable(config)
    assert found == reason if reason is None else reason in found
    assert can_share_base(config) == (reason in (None, "DoRA"))


def test_adapter_of_a_classifier_is_refused(tmp_path):
    folder = make_adapter(tmp_path / "run", task_type="SEQ_CLS")
    with pytest.raises(UserError, match="is for SEQ_CLS, not for generating text"):
        refuse_other_task(folder)
    refuse_other_task(make_adapter(tmp_path / "other"))


def test_hash_tells_other_weights_and_other_settings(tmp_path):
    first = make_adapter(tmp_path / "a")
    same = Path(shutil.copytree(first, tmp_path / "b"))
    others = [make_adapter(tmp_path / "c", b"others"), make_adapter(tmp_path / "d", lora_alpha=16)]
    assert hash_adapter(first) == hash_adapter(same)
    assert len({hash_adapter(folder) for folder in (first, *others)}) == 3
