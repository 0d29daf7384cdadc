"""What TensorBoard shows of a study, read back by TensorBoard's own readers."""

import shutil

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
from tensorboard.plugins.hparams.metadata import (
    SESSION_START_INFO_TAG,
    parse_session_start_info_plugin_data,
)
from tiny_evaluation import a_whole_study, build_tiny_evaluation, report_of

from text2sql.files import read_json
from text2sql.report.page import write_report
from text2sql.study.variants import BASE

pytestmark = pytest.mark.slow  # each test runs a command or a model


@pytest.fixture(scope="module")
def whole_dir(tmp_path_factory):
    folder = build_tiny_evaluation(tmp_path_factory.mktemp("whole"), a_whole_study())
    write_report(folder, report_of(folder))
    return folder


def test_tensorboard_has_each_variant_as_a_run(whole_dir):
    report = read_json(whole_dir / "report.json")
    for name, step in (("base", 0), ("finetuned", 0), ("checkpoint-400", 400)):
        events = EventAccumulator(str(whole_dir / "tensorboard" / name)).Reload()
        (event,) = events.Scalars("validation/execution_accuracy/all")
        scores = report["splits"]["validation"]["variants"][name]["scores"]
        assert event.value == pytest.approx(scores["execution_accuracy"]["all"]["score"])
        assert event.step == step
        assert events.Scalars("general/quiz/acc")
    events = EventAccumulator(str(whole_dir / "tensorboard" / "report")).Reload()
    assert "tradeoff" in events.Tags()["images"]
    assert events.Images("tradeoff")[0].width > 500
    assert "summary/text_summary" not in events.Tags()["tensors"]
    text = events.Tensors("summary")[0].tensor_proto.string_val[0].decode()
    assert report["summary"] in text


def test_tensorboard_compares_the_variants_by_their_hyperparameters(whole_dir):
    runs = EventMultiplexer().AddRunsFromDirectory(str(whole_dir / "tensorboard")).Reload()
    told = {}
    for name in ("base", "finetuned", "scale-0.5", "checkpoint-400"):
        content = runs.SummaryMetadata(name, SESSION_START_INFO_TAG).plugin_data.content
        values = parse_session_start_info_plugin_data(content).hparams
        told[name] = {key: getattr(v, v.WhichOneof("kind")) for key, v in values.items()}
    assert told["base"] == {"model_id": "tiny/gemma", "kind": "base"}
    assert told["finetuned"]["learning_rate"] == 1e-4
    assert told["finetuned"]["effective_batch"] == 8
    assert told["scale-0.5"]["adapter_scale"] == 0.5
    assert told["checkpoint-400"]["step"] == 400


def test_tensorboard_has_the_same_figures_as_the_report(whole_dir):
    events = EventAccumulator(str(whole_dir / "tensorboard" / "report")).Reload()
    for path in whole_dir.glob("*.png"):
        assert events.Images(path.stem)[0].encoded_image_string == path.read_bytes()
    assert len(events.Tags()["images"]) == 4


def test_tensorboard_events_are_replaced_and_not_added_to(whole_dir, tmp_path):
    folder = shutil.copytree(whole_dir, tmp_path / "again")
    write_report(folder, report_of(folder))
    for run in (folder / "tensorboard").iterdir():
        assert len(list(run.iterdir())) == 1


def test_events_of_the_training_and_other_files_stay(tmp_path):
    folder = build_tiny_evaluation(tmp_path, {BASE: (0.5, 0.5)}, num_questions=6, num_items=2)
    training = folder / "tensorboard/events.out.tfevents.1.training"
    notes = folder / "tensorboard/notes/mine.txt"
    for path in (training, notes):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"kept")
    earlier = folder / "tensorboard/scale-2/events.out.tfevents.1.earlier"
    earlier.parent.mkdir()
    earlier.write_bytes(b"replaced")
    write_report(folder, report_of(folder))
    assert training.read_bytes() == notes.read_bytes() == b"kept"
    assert not earlier.exists()
