"""However a step is cut into pieces, it computes the same."""

import pytest
from tiny_train import QUICK, losses

from text2sql.errors import UserError
from text2sql.files import read_json, write_json
from text2sql.seals import SEAL_KEY

pytestmark = pytest.mark.slow  # each test runs a command or a model


@pytest.mark.parametrize(("loss_on", "num_steps"), [("sql", 16), ("text", 4)])
def test_packed_row_gives_the_losses_of_the_papers_plan(run_train, tmp_path, loss_on, num_steps):
    exact = "--lora_dropout 0 --learning_rate 1e-4 --logging_steps 1 --loss_on".split()
    exact += [loss_on, "--max_steps", num_steps, "--eval_steps", num_steps]
    run_train(tmp_path / "paper", *exact, "--plan", "paper")
    printed = run_train(tmp_path / "packed", *exact, "--per_device_eval_batch_size", 3)
    assert "8 × 1" in printed and "packed" in printed
    for key in ("loss", "grad_norm", "eval_loss"):
        paper, packed = (losses(tmp_path / name, key) for name in ("paper", "packed"))
        assert len(paper) in (1, num_steps)
        assert packed == pytest.approx(paper, abs=2e-5, rel=2e-4), key


def test_one_by_eight_and_eight_by_one_give_the_same_losses(run_train, tmp_path):
    exact = "--lora_dropout 0 --learning_rate 1e-4 --max_steps 8 --logging_steps 1".split()
    for micro_batch in (1, 8):
        flags = [*exact, "--eval_steps", 8, "--per_device_train_batch_size", micro_batch]
        run_train(tmp_path / str(micro_batch), *flags)
    one, eight = (losses(tmp_path / name) for name in ("1", "8"))
    assert len(one) == 8
    assert one == pytest.approx(eight, abs=2e-5)


@pytest.mark.parametrize("flags", ["--label_smoothing_factor 0.1", "--padding_free"])
def test_flags_that_want_another_row_or_loss_are_not_packed(run_train, tmp_path, flags):
    run_train(tmp_path / "run", "--max_steps", 1, *flags.split())
    assert read_json(tmp_path / "run" / "run.json")["plan"]["packed"] is False


def test_packed_4bit_model_keeps_its_gradients_after_an_evaluation(run_train, tmp_path):
    run_train(tmp_path / "run", *QUICK, "--plan", "paper", "--gradient_checkpointing")
    norms = losses(tmp_path / "run", "grad_norm")
    assert read_json(tmp_path / "run" / "run.json")["plan"]["dequantize"] is False
    assert len(norms) == 16 and min(norms[8:]) > 0


def test_former_name_of_the_plan_is_understood(run_train, tmp_path):
    """As a flag, and in the record of a run that an earlier version began."""
    run_train(tmp_path / "run", "--max_steps", 1, "--arrangement", "paper")
    record = read_json(tmp_path / "run" / "run.json")
    assert record["settings"]["plan"] == "paper"
    record["settings"]["arrangement"] = record["settings"].pop("plan")
    del record[SEAL_KEY]  # as earlier versions wrote no seal
    write_json(tmp_path / "run" / "run.json", record | {"status": "running"})
    run_train(tmp_path / "run", "--max_steps", 1, "--plan", "paper", "--resume")
    assert read_json(tmp_path / "run" / "run.json")["status"] == "finished"


def test_run_may_be_resumed_in_other_micro_batches_but_not_by_the_papers_plan(run_train, tmp_path):
    run_train(tmp_path / "run", *QUICK, "--hub_token", "secret")
    record = read_json(tmp_path / "run" / "run.json")
    assert "secret" not in str(record)
    write_json(tmp_path / "run" / "run.json", record | {"status": "running"})
    with pytest.raises(UserError, match=r"plan \(auto, now paper\)"):  # which has another optimizer
        run_train(tmp_path / "run", *QUICK, "--resume", "--plan", "paper")
    run_train(tmp_path / "run", *QUICK, "--resume", "--per_device_train_batch_size", 2)
    plan = read_json(tmp_path / "run" / "run.json")["plan"]
    assert plan["per_device_train_batch_size"] == 2
    assert plan["gradient_accumulation_steps"] == 4
