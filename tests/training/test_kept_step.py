"""What a run says of the step that it kept, and by what it chose it."""

import pytest
from tiny_train import history, losses

from text2sql.files import read_json
from text2sql.training.run_record import model_card

pytestmark = pytest.mark.slow  # each test runs a command or a model

# The last loss is not the lowest.
WORSE = "--learning_rate 5 --lr_scheduler_type constant --warmup_steps 0 --max_grad_norm 0"
SHORT = [*WORSE.split(), "--eval_steps", "2", "--max_steps", "6", "--logging_steps", "1"]


def test_run_that_keeps_its_last_step_names_no_other_as_the_one_kept(run_train, tmp_path):
    printed = run_train(tmp_path / "run", *SHORT, "--load_best_model_at_end", "false")
    record = read_json(tmp_path / "run" / "run.json")
    measured = losses(tmp_path / "run", "eval_loss")
    assert min(measured) < measured[-1] == record["last_eval_loss"]
    assert record["best_step"] is None and record["best_eval_loss"] is None
    assert record["general_kl"] == losses(tmp_path / "run", "eval_general_kl")[-1]
    assert "best step" not in model_card(record)
    assert f"; evaluation loss {measured[-1]:.4f}." in printed


def test_accuracy_is_better_where_it_is_greater_and_no_loss(run_train, tmp_path):
    run_train(tmp_path / "run", *SHORT, "--metric_for_best_model", "mean_token_accuracy")
    record = read_json(tmp_path / "run" / "run.json")
    assert record["settings"]["greater_is_better"] is True
    evaluated = [entry for entry in history(tmp_path / "run") if "eval_loss" in entry]
    best = max(evaluated, key=lambda entry: entry["eval_mean_token_accuracy"])
    assert (record["best_step"], record["best_eval_loss"]) == (best["step"], best["eval_loss"])
    assert "on `holdout`, chosen by `mean_token_accuracy`" in model_card(record)


def test_run_without_its_last_checkpoint_keeps_its_whole_log(run_train, tmp_path):
    run_train(tmp_path / "run", *SHORT, "--save_total_limit", "1")
    (kept,) = (tmp_path / "run").glob("checkpoint-*")
    assert kept.name != "checkpoint-6"
    log = read_json(tmp_path / "run" / "trainer_state.json")["log_history"]
    assert [entry["step"] for entry in log if "loss" in entry] == [1, 2, 3, 4, 5, 6]
    assert not any("train_loss" in entry for entry in log)  # which a restart would change


def test_data_seed_alone_changes_the_order_of_examples(run_train, tmp_path):
    for seed in (1, 2):
        flags = ["--data_seed", seed, "--max_steps", 2, "--logging_steps", 1]
        run_train(tmp_path / str(seed), *flags)
    assert losses(tmp_path / "1") != losses(tmp_path / "2")
