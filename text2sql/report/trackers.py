"""The evaluation's scores in the trackers that a run's `--report_to` named, where installed.

Each variant is a run of the tracker, beside that of the training. TensorBoard's events are among
the report's files, whatever the training named.
"""

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from text2sql.report.content import Report
from text2sql.report.tensorboard import hyperparameters_of, recipe_scalars, scalars_of
from text2sql.study.variants import Variant

DEFAULT_PROJECT = "huggingface"  # of transformers' callbacks, which log the training


@dataclass(frozen=True)
class TrackedRun:
    """What a tracker gets of one variant."""

    name: str
    training_run: str
    project: str | None  # as the training set it
    parameters: dict[str, Any]
    scores: dict[str, float]  # fractions, under the names that they have in report.json
    step: int


def log_to_wandb(run: TrackedRun) -> None:
    import wandb

    project = os.environ.get("WANDB_PROJECT", DEFAULT_PROJECT)
    options = {"group": run.training_run, "job_type": "evaluation", "config": run.parameters}
    with wandb.init(project=project, name=run.name, **options) as started:
        started.log(run.scores, step=run.step)


def log_to_trackio(run: TrackedRun) -> None:
    import trackio

    project = run.project or DEFAULT_PROJECT
    trackio.init(project=project, name=run.name, config=run.parameters)
    try:
        trackio.log(run.scores, step=run.step)
    finally:
        trackio.finish()


def log_to_mlflow(run: TrackedRun) -> None:
    import mlflow

    experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME")
    if experiment:
        mlflow.set_experiment(experiment)
    with mlflow.start_run(run_name=run.name):
        mlflow.log_params(run.parameters)
        scores = {mlflow_name(name): score for name, score in run.scores.items()}
        mlflow.log_metrics(scores, step=run.step)


def mlflow_name(score: str) -> str:
    """Return a name that MLflow accepts.

    It refuses the @ of a benchmark asked as a chat, and where it stores metrics in files, a metric
    whose name is the folder of another.
    """
    return re.sub(r"[^\w. -]", "_", score.replace("/", "."))


TRACKERS: dict[str, Callable[[TrackedRun], None]] = {
    "wandb": log_to_wandb,
    "trackio": log_to_trackio,
    "mlflow": log_to_mlflow,
}


def log_scores(report: Report) -> None:
    """Log every variant whose training named a tracker; a smoke run logs nothing.

    A tracker that fails, without a network or a login, is named and left out: the report's files
    have all that it would have got.
    """
    if report.study.limit or report.study.prompts_limit:
        return
    failed: set[str] = set()
    for variant in report.study.variants:
        for name in trackers_of(report, variant):
            if name in failed:
                continue
            try:
                TRACKERS[name](tracked_run(report, variant))
            except Exception as error:  # each tracker has errors of its own
                failed.add(name)
                print(f"Not logged to {name}: {error}", file=sys.stderr)


def trackers_of(report: Report, variant: Variant) -> list[str]:
    """Return the installed trackers that the training of the variant's run named."""
    training = report.study.training.get(variant.run or "")
    named = training.settings.get("report_to") if training else None
    names = [named] if isinstance(named, str) else named or []
    wanted = TRACKERS if "all" in names else [name for name in TRACKERS if name in names]
    return [name for name in wanted if is_installed(name)]


def is_installed(name: str) -> bool:
    return name in sys.modules or find_spec(name) is not None


def tracked_run(report: Report, variant: Variant) -> TrackedRun:
    run = variant.run or variant.name
    parameters = dict(hyperparameters_of(report, variant))
    return TrackedRun(
        name=f"{run}, evaluation of {variant.name}",
        training_run=run,
        project=report.study.training[run].settings.get("project"),
        parameters={name: value for name, value in parameters.items() if value is not None},
        scores=dict(scalars_of(report, variant)) | recipe_scalars(report).get(variant.name, {}),
        step=variant.step or 0,
    )
