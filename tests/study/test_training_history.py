"""What a study keeps of the training: settings and losses from the files of a run."""

from pathlib import Path

import pytest

from text2sql.errors import UserError
from text2sql.files import sha256_of_file, sha256_of_json, write_json
from text2sql.seals import write_checksums
from text2sql.study.training_history import TrainingRun, read_training


def test_losses_are_those_that_the_newest_complete_checkpoint_logged(tmp_path):
    log = [{"step": 1, "loss": 2.0}, {"step": 2, "loss": 1.5}, {"step": 2, "eval_loss": 1.7}]
    for step, entries in ((1, log[:1]), (2, [*log, {"step": 2, "train_loss": 1.75}])):
        state = tmp_path / f"checkpoint-{step}" / "trainer_state.json"
        write_json(state, {"log_history": entries})
    (tmp_path / "checkpoint-3").mkdir()  # cut short by a kill
    settings = {"learning_rate": 1e-4, "effective_batch_size": 16}
    record = {"settings": settings, "best_step": 2, "limit": None, "prompts_limit": 60}
    write_json(tmp_path / "run.json", record)
    assert read_training(tmp_path) == TrainingRun(
        settings=settings,
        effective_batch=16,
        limit=60,
        best_step=2,
        losses={"train": [[1, 2.0], [2, 1.5]], "eval": [[2, 1.7]], "general": []},
    )


def test_log_that_changed_is_refused_where_only_its_numbers_could_tell(tmp_path):
    state = tmp_path / "checkpoint-1" / "trainer_state.json"
    write_json(state, {"log_history": [{"step": 1, "loss": 2.0}]})
    write_checksums(state.parent)
    assert read_training(tmp_path).losses["train"] == [[1, 2.0]]
    write_json(state, {"log_history": [{"step": 1, "loss": 3.0}]})
    with pytest.raises(UserError, match=r"trainer_state\.json was changed.*Restore"):
        read_training(tmp_path)


def test_losses_of_a_finished_run_are_its_own_where_its_last_checkpoints_are_gone(tmp_path):
    log = [{"step": 1, "loss": 2.0}, {"step": 2, "loss": 9.0}]
    write_json(tmp_path / "checkpoint-1" / "trainer_state.json", {"log_history": log[:1]})
    write_json(tmp_path / "trainer_state.json", {"log_history": log})
    write_json(
        tmp_path / "run.json", {"log_sha256": sha256_of_file(tmp_path / "trainer_state.json")}
    )
    assert read_training(tmp_path).losses["train"] == [[1, 2.0], [2, 9.0]]
    write_json(tmp_path / "trainer_state.json", {"log_history": log[:1]})
    with pytest.raises(UserError, match=r"trainer_state\.json was changed.*newest checkpoint"):
        read_training(tmp_path)
    (tmp_path / "trainer_state.json").unlink()
    assert read_training(tmp_path).losses["train"] == [[1, 2.0]]


@pytest.mark.parametrize(
    ("loads_best", "best_step", "kept"), [(True, 2, 2), (True, None, 6), (False, 2, 6)]
)
def test_step_that_was_kept_is_the_last_where_none_was_chosen(
    tmp_path, loads_best, best_step, kept
):
    record = {"settings": {"load_best_model_at_end": loads_best}, "steps": 6}
    write_json(tmp_path / "run.json", record | {"best_step": best_step})
    assert read_training(tmp_path).best_step == kept


def test_curves_on_general_texts_begin_with_the_base(tmp_path):
    log = [{"step": 0, "eval_general_loss": 3.0, "eval_general_kl": 0.0}]
    log += [{"step": 2, "eval_loss": 1.7, "eval_general_loss": 3.5, "eval_general_kl": 0.25}]
    write_json(tmp_path / "checkpoint-2" / "trainer_state.json", {"log_history": log})
    run = read_training(tmp_path)
    assert run.losses == {"train": [], "eval": [[2, 1.7]], "general": [[0, 3.0], [2, 3.5]]}
    assert run.general_kl == [[0, 0.0], [2, 0.25]]


def run_on_prompts(folder: Path, prompts_made: str) -> TrainingRun:
    manifest = {"created": prompts_made, "seed": 7, "num_shots": 3, "sources": {"dev.json": "ab"}}
    write_json(folder / "data" / "manifest.json", manifest | {"output_dir": "anywhere"})
    record = {"created": "2026-01-02T00:00:00+00:00", "data_dir": str(folder / "data")}
    write_json(folder / "run" / "run.json", record)
    return read_training(folder / "run")


def test_the_settings_of_the_prompts_are_those_that_decide_their_content(tmp_path):
    settings = run_on_prompts(tmp_path, "2026-01-01T00:00:00+00:00").data_settings
    assert settings == {
        "seed": 7,
        "num_shots": 3,
        "sources_sha256": sha256_of_json(["ab"]),
    }


def test_prompts_that_were_made_after_the_run_began_tell_nothing_of_it(tmp_path):
    assert run_on_prompts(tmp_path, "2026-01-03T00:00:00+00:00").data_settings is None
