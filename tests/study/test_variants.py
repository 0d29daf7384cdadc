"""Which models a study compares, read from folders alone."""

import hashlib
import json
from pathlib import Path

import pytest

from text2sql.errors import UserError
from text2sql.files import read_json, write_json
from text2sql.models.adapter_files import hash_adapter_config
from text2sql.seals import write_checksums
from text2sql.study.variants import (
    BASE,
    common_base,
    common_setting,
    list_variants,
    lock_adapters,
    name_recorded_bases,
    read_run_record,
)
from text2sql.training.run_folder import remove_run, write_record


def make_run(folder: Path, steps=(), weights=b"weights", **record) -> Path:
    """Write the files of a run that variants are read from."""
    for path in (folder, *(folder / f"checkpoint-{step}" for step in steps)):
        path.mkdir(parents=True)
        (path / "adapter_config.json").write_text(
            '{"base_model_name_or_path": "tiny", "peft_type": "LORA"}'
        )
        (path / "adapter_model.safetensors").write_bytes(weights)
        (path / "trainer_state.json").write_text("{}")
    if record:
        (folder / "run.json").write_text(json.dumps(record))
    return folder


def names(variants) -> list[str]:
    return [variant.name for variant in variants]


def test_one_run_gives_base_and_finetuned(tmp_path):
    base, finetuned = list_variants([make_run(tmp_path / "run")])
    assert base == BASE
    assert (finetuned.name, finetuned.kind, finetuned.run) == ("finetuned", "finetuned", "run")


def test_checkpoints_are_ordered_by_step_and_scales_as_given(tmp_path):
    run = make_run(tmp_path / "run", steps=(1000, 200))
    variants = list_variants([run], checkpoints=True, scales=[0.75, 0.5])
    assert names(variants) == [
        *("base", "finetuned", "checkpoint-200", "checkpoint-1000", "scale-0.75", "scale-0.5")
    ]
    assert [variant.step for variant in variants[2:4]] == [200, 1000]


def test_several_runs_are_named_by_their_folders(tmp_path):
    runs = [make_run(tmp_path / name) for name in ("small", "large")]
    variants = list_variants(runs, scales=[0.5])
    assert names(variants) == ["base", "small", "small-scale-0.5", "large", "large-scale-0.5"]


def test_half_written_checkpoint_is_left_out(tmp_path):
    run = make_run(tmp_path / "run", steps=(200, 400))
    (run / "checkpoint-400" / "trainer_state.json").unlink()
    assert names(list_variants([run], checkpoints=True))[2:] == ["checkpoint-200"]


def test_run_without_checkpoints_names_the_flag_that_keeps_some(tmp_path):
    with pytest.raises(UserError, match="--save_total_limit"):
        list_variants([make_run(tmp_path / "run")], checkpoints=True)


def test_absent_adapter_sends_to_train(tmp_path):
    with pytest.raises(UserError, match=r"Run train\.py first"):
        list_variants([tmp_path / "run"])


@pytest.mark.parametrize("scales", [[0.5, 0.5], [-1.0], [11.0], [float("nan")]], ids=str)
def test_impossible_scales_are_refused(tmp_path, scales):
    with pytest.raises(UserError, match="scale"):
        list_variants([make_run(tmp_path / "run")], scales=scales)


def test_two_folders_of_one_name_are_told_apart_by_the_folders_around_them(tmp_path):
    runs = [make_run(tmp_path / name / "checkpoint-500") for name in ("a", "b")]
    variants = list_variants(runs, scales=[0.5])
    assert names(variants)[1::2] == ["a-checkpoint-500", "b-checkpoint-500"]
    assert [v.run for v in variants[2::2]] == ["a-checkpoint-500", "b-checkpoint-500"]


def test_folder_that_is_named_twice_is_refused(tmp_path):
    runs = [make_run(tmp_path / name / "a" / "run") for name in ("one", "other")]
    for folders in (runs, runs[:1] * 2):
        with pytest.raises(UserError, match="called a-run"):
            list_variants(folders)


def test_run_called_base_is_refused_beside_another(tmp_path):
    runs = [make_run(tmp_path / name) for name in ("base", "other")]
    with pytest.raises(UserError, match="called base"):
        list_variants(runs)


def test_adapter_of_another_program_names_its_base(tmp_path):
    assert read_run_record(make_run(tmp_path / "run")) == {"model_id": "tiny"}


def test_record_of_another_program_is_no_record_of_a_base(tmp_path):
    run = make_run(tmp_path / "run")
    (run / "run.json").write_text('{"name": "mine"}')
    assert read_run_record(run) == {"model_id": "tiny"}


def test_runs_of_two_bases_are_refused_together(tmp_path):
    runs = [make_run(tmp_path / name, model_id=name) for name in ("a", "b")]
    with pytest.raises(UserError, match="differ in model_id"):
        common_setting(runs, "model_id")
    assert common_setting(runs[:1], "load_in_4bit", default=True) is True


def test_scale_of_an_adapter_that_has_none_is_refused_but_for_1(tmp_path):
    run = make_run(tmp_path / "run")
    (run / "adapter_config.json").write_text('{"peft_type": "IA3"}')
    with pytest.raises(UserError, match=r"--adapter_scales has no meaning .*IA3 is not LoRA"):
        list_variants([run], scales=[0.5])
    assert names(list_variants([run], scales=[1])) == ["base", "finetuned", "scale-1"]


def test_whole_models_and_the_merged_one_come_behind_the_adapter(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "config.json").write_text("{}")
    run = make_run(tmp_path / "run")
    models = [str(tmp_path / "full"), "user/other"]
    variants = list_variants([run], models=models, merged_dir=tmp_path / "out")
    assert names(variants) == ["base", "run", "full", "other", "merged"]
    assert [v.model_dir for v in variants[2:]] == [*models, str(tmp_path / "out")]
    assert {v.kind for v in variants[1:]} == {"finetuned"}
    assert variants[-1].load_in_4bit is False, "a merged model is evaluated as it was written"


def test_recorded_base_is_kept_where_it_has_another_name(tmp_path):
    variants = list_variants([make_run(tmp_path / "run")])
    assert name_recorded_bases(variants, "tiny") == variants
    assert [v.recorded_base for v in name_recorded_bases(variants, "mirror/tiny")] == [None, "tiny"]


def test_adapters_of_different_bases_need_the_base_by_name(tmp_path):
    runs = [make_run(tmp_path / name, model_id=name) for name in ("a", "b")]
    with pytest.raises(UserError, match=r"different base models .*pass --model_id"):
        common_base(runs)
    assert common_base(runs[:1]) == "a"


def test_adapter_whose_weights_changed_after_the_training_is_refused(tmp_path):
    sha256 = hashlib.sha256(b"weights").hexdigest()
    run = make_run(tmp_path / "run", adapter_sha256=sha256, model_id="tiny")
    assert len(list_variants([run])) == 2
    (run / "adapter_model.safetensors").write_bytes(b"weighty")
    with pytest.raises(UserError, match=r"is not what train\.py wrote.*remove the keys"):
        list_variants([run])


def test_adapter_whose_settings_changed_is_refused_unless_its_base_moved(tmp_path):
    run = make_run(tmp_path / "run", model_id="tiny")
    write_record(run, {"model_id": "tiny", "adapter_config_sha256": hash_adapter_config(run)})
    config = read_json(run / "adapter_config.json")
    write_json(run / "adapter_config.json", config | {"base_model_name_or_path": "moved/tiny"})
    assert len(list_variants([run])) == 2
    write_json(run / "adapter_config.json", config | {"lora_alpha": 7})
    with pytest.raises(UserError, match=r"adapter_config\.json is not what train\.py wrote"):
        list_variants([run])


def test_checkpoint_that_changed_is_refused(tmp_path):
    run = make_run(tmp_path / "run", steps=(10, 20))
    write_checksums(run / "checkpoint-20")
    assert len(list_variants([run], checkpoints=True)) == 4
    (run / "checkpoint-20/adapter_model.safetensors").write_bytes(b"weighty")
    with pytest.raises(UserError, match=r"checkpoint-20 is damaged: adapter_model.*remove that fo"):
        list_variants([run], checkpoints=True)
    with pytest.raises(UserError, match=r"checkpoint-20 is damaged: adapter_model.*--adapters"):
        list_variants([run / "checkpoint-20"])


def test_checkpoint_whose_optimizer_was_removed_for_its_size_is_evaluated(tmp_path):
    run = make_run(tmp_path / "run", steps=(10, 20))
    optimizer = run / "checkpoint-20/optimizer.pt"
    optimizer.write_bytes(b"large")
    write_checksums(optimizer.parent)
    optimizer.unlink()
    assert len(list_variants([run], checkpoints=True)) == 4
    assert len(list_variants([optimizer.parent])) == 2


def test_run_is_not_replaced_while_its_adapter_is_evaluated_anywhere(tmp_path):
    run = make_run(tmp_path / "run", steps=(10,))
    with lock_adapters(list_variants([run], checkpoints=True)):
        with lock_adapters(list_variants([run])):  # evaluations share it
            pass
        with pytest.raises(UserError, match="Another command is evaluating"):
            remove_run(run)
        assert (run / "adapter_model.safetensors").exists()
    remove_run(run)
    assert not (run / "adapter_model.safetensors").exists()


def test_checkpoint_that_is_half_removed_is_left_out(tmp_path, capsys):
    run = make_run(tmp_path / "run", steps=(10, 20))
    (run / "checkpoint-10/adapter_config.json").unlink()
    assert names(list_variants([run], checkpoints=True)) == ["base", "finetuned", "checkpoint-20"]
    assert "checkpoint-10 lacks its adapter" in capsys.readouterr().out
