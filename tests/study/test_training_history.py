"""What a study keeps of the training: settings and losses from the files of a run."""

from text2sql.files import write_json
from text2sql.study.training_history import read_training


def test_losses_are_those_that_the_newest_complete_checkpoint_logged(tmp_path):
    log = [{"step": 1, "loss": 2.0}, {"step": 2, "loss": 1.5}, {"step": 2, "eval_loss": 1.7}]
    for step, entries in ((1, log[:1]), (2, [*log, {"step": 2, "train_loss": 1.75}])):
        state = tmp_path / f"checkpoint-{step}" / "trainer_state.json"
        write_json(state, {"log_history": entries})
    (tmp_path / "checkpoint-3").mkdir()  # cut short by a kill
    settings = {"learning_rate": 1e-4, "effective_batch_size": 16}
    record = {"settings": settings, "best_step": 2, "limit": None, "prompts_limit": 60}
    write_json(tmp_path / "run.json", record)
    assert read_training(tmp_path) == {
        "settings": settings,
        "effective_batch": 16,
        "limit": 60,
        "best_step": 2,
        "losses": {"train": [[1, 2.0], [2, 1.5]], "eval": [[2, 1.7]]},
    }
