"""The report as TensorBoard events, beside those of the training.

Each variant is a run of its own, so that TensorBoard draws them side by side: a checkpoint's scores
at its step, with the hyperparameters by which the plugin HPARAMS compares the variants of all runs.
Figures and texts are in the run `report`. The events are built from TensorBoard's own messages, as
the summary writers of torch and tensorboardX import torch, which the report does without.
"""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from text2sql.report.content import Report
from text2sql.study.variants import Variant

EVENTS_PREFIX = "events.out.tfevents."
HYPERPARAMETERS = (  # of the settings in run.json
    *("learning_rate", "lr_scheduler_type", "num_train_epochs", "max_steps", "weight_decay"),
    *("lora_r", "lora_alpha", "lora_dropout", "loss_on", "max_length", "seed"),
)


def write_events(
    folder: Path, report: Report, texts: Mapping[str, str], plots: Mapping[str, bytes]
) -> None:
    """Replace the events in `folder` with those of this report.

    The events of a training, which are in the folder itself, and other files stay.
    """
    for run in folder.glob("*/"):
        if all(path.name.startswith(EVENTS_PREFIX) for path in run.iterdir()):
            shutil.rmtree(run)
    by_recipe = recipe_scalars(report)
    for variant in report.study.variants:
        scalars = dict(scalars_of(report, variant)) | by_recipe.pop(variant.name, {})
        if scalars:
            values = [*hyperparameter_values(report, variant), *scalar_values(scalars)]
            write_run(folder / variant.name, values, step=variant.step or 0)
    for recipe, scalars in by_recipe.items():  # those of several runs
        write_run(folder / recipe.replace("*", "all"), scalar_values(scalars), 0)
    text_events = [text_value(tag, text) for tag, text in texts.items()]
    write_run(folder / "report", [*image_values(plots), *text_events], 0)


def scalars_of(report: Report, variant: Variant) -> Iterator[tuple[str, float]]:
    """Yield every score of the variant under the name that it has in report.json."""
    name = variant.name
    for split_name, split in report.splits.items():
        for score, levels in split.variants.get(name, {}).get("scores", {}).items():
            for level, content in levels.items():
                if content["score"] is not None:
                    yield f"{split_name}/{score}/{level}", content["score"]
    for benchmark, content in report.benchmarks.items():
        score = content.variants.get(name, {}).get("score")
        if score is not None:
            yield f"general/{benchmark}/{content.metric}", score


def recipe_scalars(report: Report) -> dict[str, dict[str, float]]:
    """Return each recipe's gain and change with the ends of both readings, as fractions."""
    scalars = {}
    for point in report.tradeoff.points:
        gain, change = point.specialization_gain, point.generalization_change
        readings = {
            "specialization_gain/new_databases": gain,
            "specialization_gain/these_databases": gain.same_databases,
            "generalization_change": change,
        }
        ends = {
            f"tradeoff/{name}/{end}": getattr(reading, end)
            for name, reading in readings.items()
            for end in ("low", "high")
            if reading is not None and getattr(reading, end) is not None
        }
        ends["tradeoff/specialization_gain"] = gain.difference
        ends["tradeoff/generalization_change"] = change.difference
        ends["tradeoff/front_share"] = point.front_share
        scalars[point.variant] = ends
    return scalars


def hyperparameter_values(report: Report, variant: Variant) -> list[Any]:
    """Return what TensorBoard's plugin HPARAMS shows of the variant."""
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb

    known = {
        name: value for name, value in hyperparameters_of(report, variant) if value is not None
    }
    trial = "/".join(filter(None, (variant.run, variant.name)))
    return list(hparams_pb(known, trial_id=trial).value)


def hyperparameters_of(report: Report, variant: Variant) -> Iterator[tuple[str, Any]]:
    yield from (("model_id", report.study.model_id), ("kind", variant.kind))
    training = report.study.training.get(variant.run or "")
    if training is None:  # the base, or answers made elsewhere
        return
    yield from (("run", variant.run), ("adapter_scale", variant.scale))
    yield from (("step", variant.step), ("effective_batch", training.effective_batch))
    for name in HYPERPARAMETERS:
        yield name, training.settings.get(name)


def scalar_values(scalars: Mapping[str, float]) -> list[Any]:
    from tensorboard.compat.proto.summary_pb2 import Summary

    return [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]


def image_values(plots: Mapping[str, bytes]) -> list[Any]:
    from tensorboard.compat.proto.summary_pb2 import Summary

    return [
        Summary.Value(tag=name.removesuffix(".png"), image=png_image(png))
        for name, png in plots.items()
    ]


def png_image(png: bytes) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary

    # Bytes 16 to 23 of a PNG file hold its width and height.
    width, height = (int.from_bytes(png[start : start + 4], "big") for start in (16, 20))
    return Summary.Image(width=width, height=height, colorspace=4, encoded_image_string=png)


def text_value(tag: str, text: str) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING

    plugin = SummaryMetadata.PluginData(plugin_name="text")
    return Summary.Value(
        tag=tag,
        metadata=SummaryMetadata(plugin_data=plugin),
        tensor=TensorProto(
            dtype=DT_STRING,
            string_val=[text.encode()],
            tensor_shape=TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)]),
        ),
    )


def write_run(folder: Path, values: list[Any], step: int) -> None:
    import time

    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder))
    writer.add_event(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))
    writer.close()
