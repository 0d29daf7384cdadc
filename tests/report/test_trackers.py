"""Scores in the trackers that the training's --report_to named."""

import sys
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import pytest
from tiny_evaluation import build_tiny_evaluation, report_of

from text2sql.report import trackers
from text2sql.report.trackers import TRACKERS, log_scores
from text2sql.study.variants import BASE, Variant

VARIANTS = {
    BASE: (0.2, 0.7),
    Variant("finetuned", "finetuned", "run", "outputs/run"): (0.7, 0.6),
    Variant("checkpoint-400", "checkpoint", "run", "outputs/run/checkpoint-400", step=400): (
        *(0.6, 0.6),
    ),
}


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    return report_of(build_tiny_evaluation(tmp_path_factory.mktemp("trackers"), VARIANTS))


def reporting_to(report, named):
    run = report.study.training["run"]
    run = replace(run, settings=run.settings | {"report_to": named})
    return replace(report, study=replace(report.study, training={"run": run}))


class FakeTracker:
    """The calls of the three trackers' functions, kept in order."""

    def __init__(self, error: Exception | None = None):
        self.calls, self.error = [], error

    def __getattr__(self, name):
        def called(*args, **kwargs):
            self.calls.append((name, args, kwargs))
            if self.error:
                raise self.error
            return nullcontext(SimpleNamespace(log=self.log))

        return called

    def named(self, *names):
        return [(args, kwargs) for name, args, kwargs in self.calls if name in names]


@pytest.fixture
def fakes(monkeypatch):
    fakes = {name: FakeTracker() for name in TRACKERS}
    for name, fake in fakes.items():
        monkeypatch.setitem(sys.modules, name, fake)
    return fakes


@pytest.mark.parametrize("tracker", sorted(TRACKERS))
def test_named_tracker_gets_each_variant_of_the_run_and_no_other_does(evaluated, fakes, tracker):
    log_scores(reporting_to(evaluated, tracker))
    assert all(not fake.calls for name, fake in fakes.items() if name != tracker)
    started = fakes[tracker].named("init", "start_run")
    names = [kwargs.get("name") or kwargs["run_name"] for _, kwargs in started]
    assert names == ["run, evaluation of finetuned", "run, evaluation of checkpoint-400"]
    first, second = fakes[tracker].named("log", "log_metrics")
    ((logged,), options) = first
    scores = {name.replace("/", "."): score for name, score in logged.items()}
    assert scores["tradeoff.specialization_gain"] == evaluated.gain.difference
    assert scores["tradeoff.specialization_gain.new_databases.low"] == evaluated.gain.low
    accuracy = evaluated.splits["validation"].variants["finetuned"]["scores"]["execution_accuracy"]
    assert scores["validation.execution_accuracy.all"] == accuracy["all"]["score"]
    assert (options["step"], second[1]["step"]) == (0, 400)


@pytest.mark.parametrize("named", ["tensorboard", "none", None, []])
def test_nothing_is_logged_unless_named(evaluated, fakes, named):
    log_scores(reporting_to(evaluated, named))
    assert all(not fake.calls for fake in fakes.values())


@pytest.mark.parametrize("named", ["all", ["wandb", "trackio", "mlflow"]])
def test_several_trackers_may_be_named(evaluated, fakes, named):
    log_scores(reporting_to(evaluated, named))
    assert all(fake.calls for fake in fakes.values())


def test_tracker_that_is_not_installed_is_left_out(evaluated, monkeypatch, capsys):
    monkeypatch.setattr(trackers, "find_spec", lambda name: None)
    log_scores(reporting_to(evaluated, "all"))
    assert capsys.readouterr().err == ""


def test_tracker_without_a_network_is_named_once_and_stops_nothing(evaluated, fakes, capsys):
    fakes["wandb"].error = OSError("no network")
    log_scores(reporting_to(evaluated, ["wandb", "mlflow"]))
    assert capsys.readouterr().err == "Not logged to wandb: no network\n"
    assert len(fakes["mlflow"].named("log_metrics")) == 2


def test_smoke_run_is_not_logged(evaluated, fakes):
    report = reporting_to(evaluated, "all")
    log_scores(replace(report, study=replace(report.study, limit=20)))
    assert all(not fake.calls for fake in fakes.values())


def test_mlflow_gets_names_that_it_accepts(evaluated, fakes):
    renamed = {"quiz@chat": evaluated.benchmarks["quiz"]}
    log_scores(replace(reporting_to(evaluated, "mlflow"), benchmarks=renamed))
    ((scores,), _) = fakes["mlflow"].named("log_metrics")[0]
    assert "general.quiz_chat.acc" in scores
    folders = {name.rpartition("/")[0] for name in scores}
    assert not folders & scores.keys()  # its store of files keeps a metric in a file
