"""evaluate.py with what others bring: their adapters, names of the base, and whole models."""

import json
import shutil
import weakref
from pathlib import Path

import pytest
from tiny_adapters import save_adapter

from text2sql.errors import UserError
from text2sql.files import read_json, read_jsonl
from text2sql.study import variant_models

pytestmark = pytest.mark.slow  # each test runs a command or a model

SMOKE = ["--limit", "4", "--benchmarks"]


def generations(output_dir: Path) -> dict[str, list[str]]:
    """Return each variant's answers by its name."""
    return {
        path.parent.name: [row["generation"] for row in read_jsonl(path)]
        for path in output_dir.glob("limit-4/validation/*/predictions.jsonl")
    }


def rename_base(adapter_dir: Path, name: str | None) -> None:
    config = read_json(adapter_dir / "adapter_config.json") | {"base_model_name_or_path": name}
    (adapter_dir / "adapter_config.json").write_text(json.dumps(config))


def forbid_two_models_in_memory(monkeypatch) -> None:
    """Fail where a model loads while an earlier one is still in memory."""
    loaded: list[weakref.ref] = []
    load = variant_models.load_base_model

    def load_alone(*arguments, **settings):
        assert not [model for model in loaded if model() is not None]
        model = load(*arguments, **settings)
        loaded.append(weakref.ref(model))
        return model

    monkeypatch.setattr(variant_models, "load_base_model", load_alone)


@pytest.fixture
def plain_dir(strong_gemma_dir, tmp_path) -> Path:
    return save_adapter("plain", strong_gemma_dir, tmp_path / "adapters" / "plain")


def test_adapter_merged_model_and_full_fine_tune_are_compared_with_one_base(
    run_evaluate, plain_dir, strong_gemma_dir, tiny_tasks_dir, tmp_path, monkeypatch
):
    forbid_two_models_in_memory(monkeypatch)
    full = shutil.copytree(strong_gemma_dir, tmp_path / "full")
    flags = [*SMOKE, "odd_ones", "--load_in_4bit", "false"]
    flags += ["--models", full, "--merge", tmp_path / "out", "--output_dir", tmp_path]
    run_evaluate(*flags, adapters=[plain_dir])
    said = generations(tmp_path)
    assert set(said) == {"base", "plain", "full", "merged"}
    assert said["full"] == said["base"] != said["plain"]
    report = read_json(tmp_path / "limit-4" / "report.json")
    assert set(report["benchmarks"]["odd_ones"]["variants"]) == set(said)
    settings = read_json(tmp_path / "limit-4/validation/merged/generation.json")["settings"]
    assert settings["load_in_4bit"] is False and len(settings["model_sha256"]) == 64
    assert read_json(tmp_path / "out" / "merge.json")["adapter_dir"] == str(plain_dir)


def test_whole_models_need_no_adapter_and_no_benchmark_of_ours(
    run_evaluate, strong_gemma_dir, tmp_path
):
    full = shutil.copytree(strong_gemma_dir, tmp_path / "full")
    run_evaluate(*SMOKE, "none", "--models", full, adapters=None)
    assert set(generations(full / "evaluation")) == {"base", "full"}


@pytest.mark.parametrize("kind", ["prompt_tuning", "prefix_tuning", "ia3"])
def test_methods_other_than_lora_are_evaluated_at_full_strength(
    run_evaluate, kind, plain_dir, strong_gemma_dir, tiny_tasks_dir, tmp_path
):
    adapter_dir = save_adapter(kind, strong_gemma_dir, tmp_path / kind)
    flags = [*SMOKE, "odd_ones", "--load_in_4bit", "false"]
    run_evaluate(*flags, adapters=[adapter_dir])
    run_evaluate(*flags, adapters=[plain_dir])
    beside, alone = (generations(folder / "evaluation") for folder in (adapter_dir, plain_dir))
    assert beside["base"] == alone["base"]
    assert len(beside["finetuned"]) == len(beside["base"])
    with pytest.raises(UserError, match="--adapter_scales has no meaning"):
        run_evaluate(*SMOKE, "none", "--adapter_scales", "0.5", adapters=[adapter_dir])


@pytest.mark.parametrize("name", [None, "/a/folder/that/moved", "user/mirror-bnb-4bit"])
def test_base_by_another_name_is_overridden_and_recorded(
    run_evaluate, no_model, name, plain_dir, strong_gemma_dir, tmp_path
):
    adapter_dir = Path(shutil.copytree(plain_dir, tmp_path / "plain"))
    rename_base(adapter_dir, name)
    with pytest.raises(UserError, match="--model_id"):
        run_evaluate(*SMOKE, "none", adapters=[adapter_dir])


def test_answers_do_not_depend_on_the_name_of_the_base(
    run_evaluate, plain_dir, strong_gemma_dir, tmp_path
):
    adapter_dir = Path(shutil.copytree(plain_dir, tmp_path / "plain"))
    rename_base(adapter_dir, "user/mirror-bnb-4bit")
    flags = [*SMOKE, "none", "--load_in_4bit", "false", "--model_id", strong_gemma_dir]
    printed = run_evaluate(*flags, adapters=[adapter_dir])
    assert f"was trained on user/mirror-bnb-4bit; evaluating it on {strong_gemma_dir}" in printed
    run_evaluate(*flags, "--output_dir", tmp_path / "other", adapters=[plain_dir])
    assert generations(adapter_dir / "evaluation") == generations(tmp_path / "other")
    variants = read_json(adapter_dir / "evaluation/limit-4/study.json")["variants"]
    assert [v["recorded_base"] for v in variants] == [None, "user/mirror-bnb-4bit"]


def test_adapter_saved_by_name_is_found_in_its_folder(run_evaluate, plain_dir, tmp_path):
    shutil.copytree(plain_dir, tmp_path / "named" / "sql")
    flags = [*SMOKE, "none", "--load_in_4bit", "false"]
    run_evaluate(*flags, adapters=[tmp_path / "named"])
    assert set(generations(tmp_path / "named" / "evaluation")) == {"base", "finetuned"}


def test_merge_needs_one_adapter(run_evaluate, no_model, plain_dir, tmp_path):
    two = [plain_dir, shutil.copytree(plain_dir, tmp_path / "other")]
    with pytest.raises(UserError, match="--merge needs one adapter"):
        run_evaluate(*SMOKE, "none", "--merge", tmp_path / "out", adapters=two)


def test_whole_model_of_another_shape_is_refused_before_any_model_loads(
    run_evaluate, no_model, plain_dir, strong_gemma_dir, tmp_path
):
    other = Path(shutil.copytree(strong_gemma_dir, tmp_path / "other"))
    config = read_json(other / "config.json") | {"num_hidden_layers": 4}
    (other / "config.json").write_text(json.dumps(config))
    flags = [*SMOKE, "none", "--models", other, "--output_dir", tmp_path / "out"]
    with pytest.raises(UserError, match="num_layers is 4, that of the base 2"):
        run_evaluate(*flags, adapters=[plain_dir])
