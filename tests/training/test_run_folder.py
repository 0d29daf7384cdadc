"""An existing run is never lost, and an unfinished one resumes from a complete checkpoint."""

import shutil

import pytest

from text2sql.errors import UserError
from text2sql.files import folder_lock, write_json
from text2sql.seals import write_checksums
from text2sql.training.checkpoints import holds_adapter, list_checkpoints
from text2sql.training.run_folder import (
    begin_or_resume,
    refuse_foreign_folder,
    refuse_lost_adapter,
    remove_run,
)

SETTINGS = {"learning_rate": 1e-4}
PARTS = (
    "adapter_config.json",
    "adapter_model.safetensors",
    "optimizer.pt",
    "scheduler.pt",
    "rng_state.pth",
)


def make_run(run_dir, status="running", checkpoints=(), settings=SETTINGS):
    write_json(run_dir / "run.json", {"status": status, "settings": settings})
    for step in checkpoints:
        checkpoint = run_dir / f"checkpoint-{step}"
        write_json(checkpoint / "trainer_state.json", {"global_step": step})
        for name in PARTS:
            (checkpoint / name).write_bytes(b"part")


def begin(run_dir, resume=False, overwrite=False, settings=SETTINGS):
    return begin_or_resume(run_dir, settings, resume=resume, overwrite=overwrite)


def test_empty_folder_begins(tmp_path):
    assert begin(tmp_path) is None
    assert begin(tmp_path, resume=True) is None


@pytest.mark.parametrize("status", ["running", "finished"])
def test_existing_run_is_not_touched_without_a_word(tmp_path, status):
    make_run(tmp_path, status, checkpoints=[4])
    with pytest.raises(UserError, match="--overwrite"):
        begin(tmp_path)
    assert list_checkpoints(tmp_path)


def test_run_that_ended_before_its_first_checkpoint_is_begun_again(tmp_path):
    make_run(tmp_path)
    assert begin(tmp_path, settings={"learning_rate": 0.1}) is None


def test_resume_takes_the_newest_checkpoint_by_number(tmp_path):
    make_run(tmp_path, checkpoints=[8, 12, 100])
    assert begin(tmp_path, resume=True) == tmp_path / "checkpoint-100"


@pytest.mark.parametrize("state", ["", '{"global_step": 1', None], ids=["empty", "cut", "absent"])
def test_resume_passes_over_a_checkpoint_that_a_kill_cut_short(tmp_path, state):
    make_run(tmp_path, checkpoints=[8])
    half = tmp_path / "checkpoint-12"
    half.mkdir()
    (half / "adapter_model.safetensors").write_bytes(b"half")
    if state is not None:
        (half / "trainer_state.json").write_text(state)
    assert begin(tmp_path, resume=True) == tmp_path / "checkpoint-8"
    assert not half.exists()


def test_resume_with_other_settings_is_refused_and_names_them(tmp_path):
    make_run(tmp_path, checkpoints=[8])
    with pytest.raises(UserError, match=r"learning_rate \(0.0001, now 0.1\)"):
        begin(tmp_path, resume=True, settings={"learning_rate": 0.1})
    assert list_checkpoints(tmp_path)


def test_overwrite_begins_and_touches_nothing_yet(tmp_path):
    make_run(tmp_path, "finished", checkpoints=[8])
    assert begin(tmp_path, overwrite=True) is None
    assert list_checkpoints(tmp_path)


def test_run_is_removed_and_nothing_else(tmp_path):
    make_run(tmp_path, "finished", checkpoints=[8])
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "tensorboard").mkdir()
    remove_run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_folder_that_only_looks_like_a_checkpoint_is_kept(tmp_path):
    (tmp_path / "checkpoint-best").mkdir()
    remove_run(tmp_path)
    assert (tmp_path / "checkpoint-best").is_dir()


def test_folder_is_held_by_one_until_the_block_ends(tmp_path):
    run_dir, refused = tmp_path / "run", pytest.raises(UserError, match="Another command")
    with folder_lock(run_dir), refused, folder_lock(run_dir):
        pass
    with folder_lock(run_dir):
        assert not list(run_dir.iterdir())


@pytest.mark.parametrize("part", PARTS)
def test_checkpoint_without_a_part_is_refused_and_kept(tmp_path, part):
    make_run(tmp_path, checkpoints=[8, 16])
    (tmp_path / "checkpoint-16" / part).unlink()
    with pytest.raises(UserError, match=r"checkpoint-16 is damaged: it has no .*--resume"):
        begin(tmp_path, resume=True)
    assert (tmp_path / "checkpoint-16/trainer_state.json").exists()


def make_run_with_best(run_dir, status="running") -> dict:
    """Write checkpoints 8, 16 and 24, of which the first is the best; return the settings."""
    settings = SETTINGS | {"load_best_model_at_end": True}
    make_run(run_dir, status, checkpoints=[8, 16, 24], settings=settings)
    for checkpoint in list_checkpoints(run_dir):
        write_json(checkpoint / "trainer_state.json", {"best_global_step": 8})
        write_checksums(checkpoint)
    return settings


def test_best_checkpoint_is_checked_before_training_goes_on_from_another(tmp_path):
    settings = make_run_with_best(tmp_path)
    (tmp_path / "checkpoint-16/optimizer.pt").write_bytes(b"of no use")  # it is not read again
    assert begin(tmp_path, resume=True, settings=settings) == tmp_path / "checkpoint-24"
    (tmp_path / "checkpoint-8/adapter_model.safetensors").write_bytes(b"paRt")
    with pytest.raises(UserError, match=r"checkpoint-8 is damaged.*the checkpoints after it.*--re"):
        begin(tmp_path, resume=True, settings=settings)
    settings |= {"load_best_model_at_end": False}
    make_run(tmp_path, settings=settings)
    assert begin(tmp_path, resume=True, settings=settings) == tmp_path / "checkpoint-24"


def test_best_checkpoint_that_is_gone_is_missed_unless_the_run_is_finished(tmp_path):
    settings = make_run_with_best(tmp_path)
    shutil.rmtree(tmp_path / "checkpoint-8")
    with pytest.raises(UserError, match=r"checkpoint-8 is damaged: the folder is gone"):
        begin(tmp_path, resume=True, settings=settings)
    make_run(tmp_path, "finished", settings=settings)
    assert begin(tmp_path, resume=True, settings=settings) == tmp_path / "checkpoint-24"


def test_checkpoint_of_several_processes_has_a_generator_for_each(tmp_path):
    make_run(tmp_path, checkpoints=[8])
    (tmp_path / "checkpoint-8/rng_state.pth").rename(tmp_path / "checkpoint-8/rng_state_1.pth")
    assert begin(tmp_path, resume=True) == tmp_path / "checkpoint-8"


def test_checkpoint_that_is_half_removed_holds_no_adapter(tmp_path):
    make_run(tmp_path, checkpoints=[8])
    assert holds_adapter(tmp_path / "checkpoint-8")
    (tmp_path / "checkpoint-8/adapter_config.json").unlink()
    assert not holds_adapter(tmp_path / "checkpoint-8")


@pytest.mark.parametrize("name", ["notes.txt", ".git", "adapter_config.json", "checkpoint-7"])
def test_folder_with_files_that_no_record_vouches_for_is_refused(tmp_path, name):
    (tmp_path / ".run.json.123.part").write_text("of a first run that was killed")
    refuse_foreign_folder(tmp_path)
    refuse_foreign_folder(tmp_path / "absent")
    (tmp_path / name).mkdir()
    with pytest.raises(UserError, match=rf"{name}, but no run\.json"):
        refuse_foreign_folder(tmp_path)
    make_run(tmp_path)
    refuse_foreign_folder(tmp_path)


def test_finished_run_without_its_adapter_says_where_a_copy_is(tmp_path):
    write_json(tmp_path / "run.json", {"status": "finished", "best_step": 16})
    with pytest.raises(UserError, match=r"is missing; copy it from .*checkpoint-16"):
        refuse_lost_adapter(tmp_path)


@pytest.mark.parametrize("folder", ["evaluation", "evaluation/limit-40"])
def test_run_that_is_being_evaluated_is_not_removed(tmp_path, folder):
    make_run(tmp_path, "finished", checkpoints=[8])
    with (
        folder_lock(tmp_path / folder),
        pytest.raises(UserError, match="Another command is writing"),
    ):
        remove_run(tmp_path)
    assert list_checkpoints(tmp_path)
    remove_run(tmp_path)
    assert not list(tmp_path.iterdir())
