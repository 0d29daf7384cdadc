"""Worker processes of the data loader: kept over epochs and evaluations, gone after the run."""

import multiprocessing

import pytest
import torch
from tiny_train import QUICK, losses

from text2sql.errors import UserError
from text2sql.training.settings import device_defaults
from text2sql.training.trainer import AdapterTrainer

pytestmark = pytest.mark.slow  # each test runs a command or a model

WORKERS = ["--dataloader_num_workers", "1", "--dataloader_persistent_workers", "true"]
EXACT = ["--lora_dropout", "0"]  # on a CPU, workers draw from the generator of the dropout


def test_workers_survive_evaluations_but_not_the_run(tmp_path, run_train, monkeypatch):
    evaluate = AdapterTrainer.evaluate
    workers = []

    def watch(trainer, *args, **kwargs):
        metrics = evaluate(trainer, *args, **kwargs)
        workers.append({child.pid for child in multiprocessing.active_children()})
        return metrics

    monkeypatch.setattr(AdapterTrainer, "evaluate", watch)
    run_train(tmp_path / "kept", *QUICK, *EXACT, *WORKERS)
    assert len(workers) == 2 and len(workers[0]) == 2  # one that trains and one that evaluates
    assert workers[0] == workers[1]
    assert multiprocessing.active_children() == []
    run_train(tmp_path / "none", *QUICK, *EXACT, "--dataloader_num_workers", "0")
    assert losses(tmp_path / "kept") == losses(tmp_path / "none")


def test_smaller_evaluation_batches_get_a_loader_of_their_own(tmp_path, run_train, monkeypatch):
    sizes = []
    prediction_step = AdapterTrainer.prediction_step

    def short_of_memory(trainer, model, inputs, *args, **kwargs):
        sizes.append(len(inputs["shared_prefix"].suffixes))
        if sizes[-1] > 2:
            raise torch.OutOfMemoryError("not enough")
        return prediction_step(trainer, model, inputs, *args, **kwargs)

    monkeypatch.setattr(AdapterTrainer, "prediction_step", short_of_memory)
    at_once = ["--per_device_eval_batch_size", "4"]
    out = run_train(tmp_path / "halved", *QUICK, *WORKERS, *at_once)
    assert "evaluating 2 examples at once" in out
    assert sizes[0] > 2 and max(sizes[1:]) == 2


def test_rows_are_packed_in_the_process_on_a_gpu():
    assert device_defaults(True, False, may_pack=True)["dataloader_num_workers"] == 0
    assert "dataloader_num_workers" not in device_defaults(True, True, may_pack=False)


@pytest.mark.parametrize(
    ("flag", "value"), [("persistent_workers", "true"), ("prefetch_factor", "3")]
)
def test_flags_of_workers_bring_workers_or_are_refused(tmp_path, run_train, flag, value):
    flags = [*QUICK, f"--dataloader_{flag}", value]
    with pytest.raises(UserError, match="--dataloader_num_workers 0 rules out"):
        run_train(tmp_path / "none", *flags, "--dataloader_num_workers", "0")
    run_train(tmp_path / "some", *flags)
    assert multiprocessing.active_children() == []
