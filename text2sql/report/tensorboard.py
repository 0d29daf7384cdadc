"""report.json -> TensorBoard events, without torch, beside those of the training.

Each variant is a run of its own, so that TensorBoard draws them side by side; a checkpoint's
scores stand at its step, and its hyperparameters beside them, by which the plugin HPARAMS compares
the variants of all runs. Figures and texts are in the run `report`.
"""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HYPERPARAMETERS = (  # of the settings in run.json
    *("learning_rate", "lr_scheduler_type", "num_train_epochs", "max_steps", "weight_decay"),
    *("lora_r", "lora_alpha", "lora_dropout", "loss_on", "max_length", "seed"),
)


def write_events(folder: Path, report: Mapping, content: Mapping, plots: Mapping) -> None:
    """Replace the events in `folder` with those of this report."""
    shutil.rmtree(folder, ignore_errors=True)
    for variant in report["study"]["variants"]:
        scalars = dict(scalars_of(report, variant["name"]))
        if scalars:
            values = [*hyperparameter_values(report, variant), *scalar_values(scalars)]
            write_run(folder / variant["name"], values, step=variant["step"] or 0)
    write_run(folder / "report", [*image_values(plots), *text_values(content)], 0)


def scalars_of(report: Mapping, name: str) -> Iterator[tuple[str, float]]:
    """Yield every score of the variant under the name that it has in report.json."""
    for split_name, split in report["splits"].items():
        for score, levels in split["variants"].get(name, {}).get("scores", {}).items():
            for level, content in levels.items():
                if content["score"] is not None:
                    yield f"{split_name}/{score}/{level}", content["score"]
    for benchmark, content in report["benchmarks"].items():
        if name in content["variants"]:
            tag = f"general/{benchmark}/{content['metric']}"
            yield tag, content["variants"][name]["score"]
    for point in report["tradeoff"]["points"]:
        if point["variant"] == name:
            for axis in ("specialization_gain", "generalization_change"):
                yield f"tradeoff/{axis}", point[axis]["difference"]


def hyperparameter_values(report: Mapping, variant: Mapping) -> list:
    """Return what TensorBoard's plugin HPARAMS shows of the variant."""
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb

    told = {name: value for name, value in hyperparameters_of(report, variant) if value is not None}
    trial = "/".join(filter(None, (variant["run"], variant["name"])))
    return list(hparams_pb(told, trial_id=trial).value)


def hyperparameters_of(report: Mapping, variant: Mapping) -> Iterator[tuple[str, Any]]:
    study = report["study"]
    yield from (("model_id", study["model_id"]), ("kind", variant["kind"]))
    training = study["training"].get(variant["run"])
    if training is None:  # the base
        return
    yield from (("run", variant["run"]), ("adapter_scale", variant["scale"]))
    yield from (("step", variant["step"]), ("effective_batch", training["effective_batch"]))
    for name in HYPERPARAMETERS:
        yield name, training["settings"].get(name)


def scalar_values(scalars: Mapping[str, float]) -> list:
    from tensorboard.compat.proto.summary_pb2 import Summary

    return [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]


def image_values(plots: Mapping[str, bytes]) -> list:
    from tensorboard.compat.proto.summary_pb2 import Summary

    return [
        Summary.Value(tag=name.removesuffix(".png"), image=png_image(png))
        for name, png in plots.items()
    ]


def png_image(png: bytes) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary

    # A PNG file has its width and height in the 16th to the 23rd byte.
    width, height = (int.from_bytes(png[place : place + 4], "big") for place in (16, 20))
    return Summary.Image(width=width, height=height, colorspace=4, encoded_image_string=png)


def text_values(content: Mapping) -> list:
    """Return summary, notes and every table as TensorBoard's texts, which are Markdown."""
    texts = {"summary": "\n\n".join([content["summary"], content["recommendation"] or ""])}
    texts["notes"] = "\n".join(f"- {note}" for note in content["notes"])
    for section in content["sections"]:
        if section.table:
            texts[section.title] = section.table.as_markdown()
    return [text_value(tag, text) for tag, text in texts.items()]


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


def write_run(folder: Path, values: list, step: int) -> None:
    import time

    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder))
    writer.add_event(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))
    writer.close()
