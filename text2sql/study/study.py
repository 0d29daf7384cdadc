"""What one evaluation compares and on what, as planned before the model loads: study.json."""

from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from text2sql.benchmarks.run import Benchmark
from text2sql.data.spider import Example
from text2sql.data.spider_splits import missing_databases
from text2sql.errors import UserError
from text2sql.files import read_object, sha256_of_json, write_json
from text2sql.prompts.dataset import read_manifest, read_prompts
from text2sql.run_record import build_run_record
from text2sql.study.training_history import read_training_runs
from text2sql.study.variants import Variant, hash_adapter

STUDY_NAME = "study.json"
COLUMNS = ("id", "db_id", "question", "gold_sql", "prompt")


@dataclass(frozen=True)
class PreparedSplit:
    """The questions of one split of `processed_data`, and where their databases lie."""

    name: str
    rows: list[dict]
    tables_path: Path
    database_dir: Path
    prompts_sha256: str  # of the whole split, also where `--limit` takes a part

    @property
    def examples(self) -> list[Example]:
        return [Example(row["db_id"], row["question"], row["gold_sql"]) for row in self.rows]

    @property
    def db_ids(self) -> set[str]:
        return {row["db_id"] for row in self.rows}

    @property
    def missing_databases(self) -> list[str]:
        return missing_databases(self.db_ids, self.database_dir)


@dataclass(frozen=True)
class Study:
    """`base` says how the base model is loaded: model_id, load_in_4bit, dtype."""

    variants: list[Variant]
    splits: list[PreparedSplit]
    benchmarks: list[Benchmark]
    base: dict
    limit: int | None
    prompts_limit: int | None = None  # with which preprocess.py made the prompts

    def settings_of(self, variant: Variant) -> dict:
        """Return on what the variant's answers depend, whatever the question."""
        if variant.adapter_dir is None:
            return {**self.base, "adapter_sha256": None}
        sha256 = hash_once(Path(variant.adapter_dir))
        return {**self.base, "adapter_sha256": sha256, "adapter_scale": variant.scale}

    def identical_variant(self, variant: Variant) -> Variant | None:
        """Return an earlier variant of the same weights, as the best checkpoint is the adapter."""
        earlier = self.variants[: self.variants.index(variant)]
        same = (v for v in earlier if self.settings_of(v) == self.settings_of(variant))
        return next(same, None)


@cache
def hash_once(adapter_dir: Path) -> str:
    return hash_adapter(adapter_dir)


def read_split(data_dir: Path, name: str, limit: int | None) -> PreparedSplit:
    """Return the first `limit` questions of a split, all of them for None."""
    rows = read_prompts(data_dir, name).select_columns(list(COLUMNS)).to_list()
    split = read_manifest(data_dir)["splits"][name]
    return PreparedSplit(
        name=name,
        rows=rows[:limit],
        tables_path=Path(split["tables_path"]),
        database_dir=Path(split["database_dir"]),
        prompts_sha256=sha256_of_json([row["prompt"] for row in rows]),
    )


def write_study(output_dir: Path, study: Study, **facts: Any) -> None:
    record = build_run_record(
        **study.base,
        limit=study.limit,
        prompts_limit=study.prompts_limit,
        variants=[asdict(variant) for variant in study.variants],
        splits=[
            {
                "name": split.name,
                "n": len(split.rows),
                "database_dir": str(split.database_dir),
                "missing_databases": split.missing_databases,
            }
            for split in study.splits
        ],
        benchmarks=[asdict(benchmark) for benchmark in study.benchmarks],
        training=read_training_runs(study.variants),
        **facts,
    )
    write_json(output_dir / STUDY_NAME, record)


def read_study(output_dir: Path) -> dict:
    """Return study.json, with variants and benchmarks as the objects that they were."""
    if not (output_dir / STUDY_NAME).exists():
        raise UserError(f"{output_dir} holds no evaluation; leave out --report_only to make one.")
    path = output_dir / STUDY_NAME
    study = read_object(path, "variants", "splits", "benchmarks", "report_settings", "limit")
    try:
        variants = [Variant(**variant) for variant in study["variants"]]
        benchmarks = [Benchmark(**benchmark) for benchmark in study["benchmarks"]]
    except TypeError as error:
        raise UserError(f"{path} is damaged ({error}). Run the evaluation again.") from None
    return (
        {"training": {}, "prompts_limit": None}
        | study
        | {"variants": variants, "benchmarks": benchmarks}
    )


def resolve_base_model(data_dir: Path, recorded_model_id: str | None, model_id: str | None) -> str:
    """Return the base model; the prompts must have been made for it."""
    chosen = model_id or recorded_model_id
    if chosen is None:
        raise UserError("The adapter does not tell its base model; say it with --model_id.")
    made_for = read_manifest(data_dir)["model_id"]
    if made_for != chosen:
        raise UserError(
            f"The prompts in {data_dir} were made for {made_for}, the adapter for {chosen}. "
            f"Run preprocess.py --model_id {chosen}, or say another --data_dir."
        )
    return chosen
