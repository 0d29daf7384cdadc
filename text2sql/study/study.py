"""The study: which variants are compared on which questions and benchmarks; study.json."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

from text2sql.benchmarks.benchmark import Benchmark
from text2sql.errors import UserError
from text2sql.files import check_plain_name
from text2sql.models.adapter_files import hash_adapter
from text2sql.run_record import build_run_record
from text2sql.seals import read_sealed_object, write_sealed_object
from text2sql.study.folder import EvaluationFolder
from text2sql.study.training_history import TrainingRun
from text2sql.study.variants import Variant
from text2sql.study.whole_models import hash_model
from text2sql.typed_json import parse_fields

REQUIRED_KEYS = (
    *("variants", "splits", "benchmarks", "report_settings", "limit"),
    *("command", "created", "commit", "python", "versions"),
)

EVALUATE_AGAIN = (
    "Restore it, or run the evaluation again without --report_only: finished answers are kept."
)

# With their types in JSON.
REPORT_SETTINGS: dict[str, tuple[type, ...]] = {
    "max_forgetting": (int, float),
    "num_resamples": (int,),
    "num_bootstrap": (int,),  # its name in earlier versions
    "seed": (int,),
    "benchmark_clusters": (dict,),
}

NUMBER = (int, float)
# Those of a training that the report shows or compares.
TRAINING_SETTINGS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("learning_rate", "lora_r", "lora_alpha", "lora_dropout"), NUMBER),
    **dict.fromkeys(("num_train_epochs", "max_steps", "weight_decay", "max_length"), NUMBER),
    **dict.fromkeys(("lr_scheduler_type", "loss_on", "data_sha256", "project"), (str,)),
    "seed": (int,),
    "report_to": (str, list),
}


class BaseWeights(TypedDict):
    """How the base model is loaded."""

    model_id: str
    load_in_4bit: bool
    dtype: str


@dataclass(frozen=True)
class EvaluatedSplit:
    """Questions that every variant answers.

    The `role` is "scoring", or "choosing" for questions that only decide which variant is best.
    """

    name: str
    n: int
    database_dir: str | None = None
    missing_databases: list[str] = field(default_factory=list)
    role: str = "scoring"
    folder: str = ""  # relative to the evaluation's folder; default: `name`

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", self.folder or self.name)


@dataclass(frozen=True, kw_only=True)
class Study:
    """The same in memory and in study.json: `from_json(study.to_json()) == study`.

    `model_id`, `load_in_4bit` and `dtype` are the `BaseWeights`, None where the answers were made
    elsewhere.
    """

    model_id: str | None = None
    load_in_4bit: bool | None = None
    dtype: str | None = None
    chat_template_sha256: str | None = None  # of the base's tokenizer, which all variants have
    limit: int | None = None  # of a smoke run: questions per split, and items per task
    prompts_limit: int | None = None  # the --limit with which preprocess.py made the prompts
    variants: list[Variant]
    splits: list[EvaluatedSplit]
    benchmarks: list[Benchmark]
    training: dict[str, TrainingRun] = field(default_factory=dict)  # by run
    report_settings: dict[str, Any] = field(default_factory=dict)
    finished: bool = False  # every score and benchmark of every variant is in the folder
    made_by: dict[str, Any] = field(default_factory=build_run_record)  # command, versions, ...

    def to_json(self) -> dict[str, Any]:
        own = {item.name: as_json(getattr(self, item.name)) for item in fields(self)}
        made_by: dict[str, Any] = own.pop("made_by")
        return made_by | own

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Study":
        """Return the study in study.json, also of an earlier version.

        Raises a ValueError, a TypeError or an AttributeError where entries are damaged.
        """
        names = {item.name for item in fields(cls)}
        known = {name: value for name, value in content.items() if name in names}
        benchmarks = [read_benchmark_entry(b, content["limit"]) for b in content["benchmarks"]]
        parsed = {
            "variants": [parse_fields(Variant, variant) for variant in content["variants"]],
            "splits": [parse_fields(EvaluatedSplit, split) for split in content["splits"]],
            "benchmarks": benchmarks,
            "training": {
                run: parse_fields(TrainingRun, training)
                for run, training in content.get("training", {}).items()
            },
            "made_by": {name: value for name, value in content.items() if name not in names},
        }
        return parse_fields(cls, known | parsed)

    def settings_of(self, variant: Variant) -> dict[str, Any]:
        """Return the settings that the variant's answers depend on, whatever the question."""
        base = {
            "model_id": self.model_id,
            "load_in_4bit": self.load_in_4bit,
            "dtype": self.dtype,
        }
        if variant.model_dir is not None:
            if variant.load_in_4bit is not None:
                base["load_in_4bit"] = variant.load_in_4bit
            return {**base, "adapter_sha256": None, "model_sha256": hash_model(variant.model_dir)}
        if variant.adapter_dir is None:
            return {**base, "adapter_sha256": None}
        sha256 = hash_once(Path(variant.adapter_dir))
        return {**base, "adapter_sha256": sha256, "adapter_scale": variant.scale}

    def identical_variant(self, variant: Variant) -> Variant | None:
        """Return an earlier variant of the same weights, as the best checkpoint is the adapter."""
        earlier = self.variants[: self.variants.index(variant)]
        same = (v for v in earlier if self.settings_of(v) == self.settings_of(variant))
        return next(same, None)


def as_json(value: Any) -> Any:
    """Return a field's value with every dataclass in it as a dictionary."""
    if isinstance(value, list):
        return [as_json(entry) for entry in value]
    if isinstance(value, dict):
        return {key: as_json(entry) for key, entry in value.items()}
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value


def read_benchmark_entry(entry: Mapping[str, Any], limit: int | None) -> Benchmark:
    """Return the benchmark of an entry; before 1.0 smoke runs shared the folder of whole ones."""
    benchmark = parse_fields(Benchmark, entry)
    if "results_file" not in entry and limit is not None:
        return replace(benchmark, results_file=f"{benchmark.name}-limit-{limit}.json")
    return benchmark


@cache
def hash_once(adapter_dir: Path) -> str:
    return hash_adapter(adapter_dir)


def write_study(folder: EvaluationFolder, study: Study) -> None:
    write_sealed_object(folder.study, study.to_json())


def read_study(output_dir: Path) -> Study:
    """Return the study of an evaluation's folder; a `UserError` where there is none."""
    path = EvaluationFolder(output_dir).study
    if not path.exists():
        smoke_runs = sorted(str(found.parent) for found in output_dir.glob(f"limit-*/{path.name}"))
        name_one = f" Smoke runs are in {', '.join(smoke_runs)}." if smoke_runs else ""
        raise UserError(
            f"{output_dir} holds no evaluation; leave out --report_only to make one.{name_one}"
        )
    content = read_sealed_object(path, *REQUIRED_KEYS, advice=EVALUATE_AGAIN)
    try:
        study = Study.from_json(content)
        refuse_unpaired(study)
        check_report_settings(study)
        check_losses(study)
        check_settings(study)
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is damaged ({error}). {EVALUATE_AGAIN}") from None
    check_names(study, path)
    return study


def refuse_lost_results(folder: EvaluationFolder, study: Study) -> None:
    """Raise a `UserError` where a result of a finished study is missing."""
    for variant in study.variants if study.finished else ():
        paths = [folder.answers(split.folder, variant.name).scores for split in study.splits]
        paths += [folder.benchmark_results(b.results_file, variant.name) for b in study.benchmarks]
        for path in paths:
            if not path.exists():
                raise UserError(f"{path} is missing from a finished evaluation. {EVALUATE_AGAIN}")


def refuse_unpaired(study: Study) -> None:
    """Raise a ValueError unless there is a base, and each variant, split and benchmark is once."""
    if not any(variant.kind == "base" for variant in study.variants):
        raise ValueError("no variant is the base")
    for entries in (study.variants, study.splits, study.benchmarks):
        names = [entry.name for entry in entries]
        if len(set(names)) < len(names):
            raise ValueError("a name occurs twice")


def check_report_settings(study: Study) -> None:
    """Raise a ValueError where a setting of the report has another type, or is below zero."""
    if not isinstance(study.made_by["versions"], dict):
        raise ValueError("`versions` must be an object")
    for name, value in study.report_settings.items():
        if type(value) not in REPORT_SETTINGS.get(name, (type(value),)):
            raise ValueError(f"`{name}` has another type than evaluate.py writes")
        if type(value) in (int, float) and value < 0:
            raise ValueError(f"`{name}` is below zero")


def check_losses(study: Study) -> None:
    """Raise a ValueError unless every recorded loss is a pair of step and loss."""
    for run in study.training.values():
        curves = [*run.losses.values(), run.general_kl]
        if any(len(pair) != 2 for curve in curves for pair in curve):
            raise ValueError("a loss is not a pair of two numbers")


def check_settings(study: Study) -> None:
    """Raise a ValueError where a setting of a training that the report shows has another type."""
    for run in study.training.values():
        for name, types in TRAINING_SETTINGS.items():
            if type(run.settings.get(name)) not in (*types, type(None)):
                raise ValueError(f"`{name}` of a training has another type than train.py writes")


def check_names(study: Study, path: Path) -> None:
    """Raise a `UserError` where a name would lead out of the evaluation's folder."""
    names = [variant.name for variant in study.variants]
    names += [variant.run for variant in study.variants if variant.run is not None]
    names += [split.name for split in study.splits]
    names += [split.folder for split in study.splits if split.folder != "."]
    for benchmark in study.benchmarks:
        names += [benchmark.name, benchmark.results_file]
    for name in names:
        check_plain_name(name, path)
    for text in (study.model_id, *(variant.recorded_base for variant in study.variants)):
        if text is not None and not text.isprintable():
            raise UserError(f"{path} names a model {text!r}, which is not printable. Replace it.")
