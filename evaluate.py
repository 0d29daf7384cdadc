"""Compare the base model with its fine-tuned variants, on Spider and on general benchmarks.

    python evaluate.py                                       base and fine-tuned, then the report
    python evaluate.py --limit 20 --benchmarks none          a smoke run
    python evaluate.py --checkpoints --adapter_scales 0.5    more variants of the same run
    python evaluate.py --report_only                         the report again, from what is on disk
    python evaluate.py --predictions FILE --spider_dir DIR   score anybody's predictions, no model

Finished work is kept: a run that was stopped goes on where it was.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from text2sql.benchmarks.run import DEFAULT_SHOTS, parse_benchmarks
from text2sql.cli import run
from text2sql.data.spider import read_examples, read_schemas
from text2sql.data.spider_splits import SPIDER_FILES, refuse_missing_databases
from text2sql.errors import UserError
from text2sql.files import folder_lock, sha256_of_file
from text2sql.flags import parse_flags
from text2sql.models.tokenizer import load_tokenizer
from text2sql.prompts.dataset import read_manifest, refuse_other_tokenizer
from text2sql.report.build import build_report
from text2sql.report.page import print_report, print_scores, write_report
from text2sql.scoring.scores import refuse_other_scores, score_file
from text2sql.scoring.verdict import ScoringSettings
from text2sql.study.study import (
    Study,
    read_split,
    read_study,
    resolve_base_model,
    write_study,
)
from text2sql.study.variants import common_setting, list_variants


def flag(default: Any, text: str) -> Any:
    """Return a field with its help text."""
    return field(default=default, metadata={"help": text})


@dataclass
class EvaluateFlags:
    data_dir: str = flag("processed_data", "prompts, as preprocess.py wrote them")
    adapters: list[str] = field(
        default_factory=lambda: ["outputs/gemma-2b-it-spider"],
        metadata={"help": "folders that train.py wrote"},
    )
    output_dir: str | None = flag(None, "default: the adapter's folder + /evaluation")
    splits: list[str] = field(
        default_factory=lambda: ["validation"],
        metadata={"help": "splits of data_dir; the first gives the gain"},
    )
    checkpoints: bool = flag(False, "evaluate every kept checkpoint too")
    adapter_scales: list[float] = field(
        default_factory=list,
        metadata={"help": "strengths of the adapter to evaluate too, such as 0.5"},
    )
    benchmarks: list[str] = field(
        default_factory=lambda: list(DEFAULT_SHOTS),
        metadata={"help": "tasks of the harness, task:shots, or none"},
    )
    benchmarks_dir: str | None = flag(None, "folder with benchmark tasks of your own")
    max_forgetting: float = flag(1.0, "points of general ability that the recommended may lose")
    limit: int | None = flag(None, "smoke run: so many questions a split and items a task")
    max_new_tokens: int = flag(256, "longest generation")
    batch_size: int = flag(0, "0: for the memory; N: N at once, benchmarks as the harness does")
    model_id: str | None = flag(None, "base model; default: the adapter's own")
    load_in_4bit: bool | None = flag(None, "default: as the adapter was trained")
    predictions: str | None = flag(None, "score this file: one SQL a line, or JSON lines")
    spider_dir: str | None = flag(None, "with --predictions: folder in Spider's layout")
    split: str = flag("validation", "with --predictions: train, validation or test")
    report_only: bool = flag(False, "rebuild the report from what lies in output_dir")
    query_timeout_s: float = flag(10.0, "deadline of one predicted query")
    skip_missing_databases: bool = flag(False, "leave their questions out of execution accuracy")
    allow_gold_errors: bool = flag(False, "count questions apart whose gold query fails")
    num_bootstrap: int = flag(5000, "resamples of each interval")
    seed: int = flag(42, "of the resampling")
    overwrite: bool = flag(
        False, "replace in output_dir what other settings made, or another file of predictions"
    )


REPORT_FLAGS = {"max_forgetting", "num_bootstrap", "seed"}  # only the report reads these
PREDICTIONS_FLAGS = {"predictions", "spider_dir", "split"}
SECONDS_PER_DAY = 86_400
SCORING_FLAGS = {"query_timeout_s", "skip_missing_databases", "allow_gold_errors"}


def main() -> None:
    flags, said = parse_flags(EvaluateFlags, __doc__)
    refuse_contradictions(flags, said)
    output_dir = choose_output_dir(flags)
    if flags.predictions is not None:
        score_predictions_file(flags, output_dir)
        return
    if not flags.report_only:
        evaluate_variants(plan_study(flags), flags, output_dir)
    print("\nComparing the variants", flush=True)
    study = read_study(output_dir)
    said_now = {name: getattr(flags, name) for name in said & REPORT_FLAGS}
    report = build_report(output_dir, study, study["report_settings"] | said_now)
    write_report(output_dir, report)
    print_report(output_dir, report)


def refuse_contradictions(flags: EvaluateFlags, said: set[str]) -> None:
    """Refuse flags that have no meaning beside each other, and values without one."""
    if flags.predictions is not None:
        refuse(
            said - PREDICTIONS_FLAGS - SCORING_FLAGS - {"output_dir", "overwrite"},
            "not together with --predictions",
        )
        if Path(flags.predictions).is_dir():
            raise UserError(f"--predictions '{flags.predictions}' is a folder; name a file.")
        if flags.spider_dir is None:
            raise UserError("--predictions needs --spider_dir, the folder with Spider's files.")
        if flags.split not in SPIDER_FILES:
            raise UserError(f"--split {flags.split}: choose from {', '.join(SPIDER_FILES)}.")
    else:
        refuse(said & PREDICTIONS_FLAGS, "only together with --predictions")
    if flags.report_only:
        allowed = REPORT_FLAGS | {"report_only", "output_dir", "adapters"}
        refuse(said - allowed, "not together with --report_only")
    if len(set(flags.splits)) < len(flags.splits):
        raise UserError(f"--splits names one twice: {', '.join(flags.splits)}.")
    for name in ("limit", "max_new_tokens", "num_bootstrap", "query_timeout_s"):
        if getattr(flags, name) is not None and not getattr(flags, name) > 0:  # nan is not
            raise UserError(f"--{name} must be above 0.")
    for name in ("batch_size", "max_forgetting", "seed"):
        if not getattr(flags, name) >= 0:
            raise UserError(f"--{name} must not be below 0.")
    if flags.query_timeout_s > SECONDS_PER_DAY:
        raise UserError(f"--query_timeout_s must not be above {SECONDS_PER_DAY}, a day.")


def refuse(names: set[str], reason: str) -> None:
    if names:
        raise UserError(f"{', '.join(f'--{name}' for name in sorted(names))}: {reason}.")


def choose_output_dir(flags: EvaluateFlags) -> Path:
    if flags.output_dir is not None:
        return Path(flags.output_dir)
    if flags.predictions is not None:
        return Path("outputs") / Path(flags.predictions).stem
    if len(flags.adapters) > 1:
        raise UserError("Several adapters need --output_dir, the folder of their common report.")
    return Path(flags.adapters[0]) / "evaluation"


def score_predictions_file(flags: EvaluateFlags, output_dir: Path) -> None:
    """Score anybody's predictions; neither a model nor torch is needed."""
    examples_path, tables_path, database_dir = (
        Path(flags.spider_dir) / name for name in SPIDER_FILES[flags.split]
    )
    predictions_path = Path(flags.predictions)
    if not flags.overwrite:
        refuse_other_scores(predictions_path, output_dir)
    examples = read_examples(examples_path)
    if not examples:
        raise UserError(f"{examples_path} holds no questions.")
    scores = score_file(
        predictions_path,
        examples,
        read_schemas(tables_path),
        database_dir,
        output_dir,
        scoring_settings(flags),
        split=flags.split,
        inputs={str(path): sha256_of_file(path) for path in (examples_path, tables_path)},
    )
    print_scores(scores)
    print(f"\nScores: {output_dir / 'scores.json'}; every verdict: {output_dir / 'verdicts.jsonl'}")


def scoring_settings(flags: EvaluateFlags) -> ScoringSettings:
    return ScoringSettings(
        query_timeout_s=flags.query_timeout_s,
        allow_gold_errors=flags.allow_gold_errors,
        skip_missing_databases=flags.skip_missing_databases,
    )


def plan_study(flags: EvaluateFlags) -> Study:
    """Read and check everything that needs no model."""
    adapter_dirs = [Path(adapter) for adapter in flags.adapters]
    variants = list_variants(adapter_dirs, flags.checkpoints, flags.adapter_scales)
    data_dir = Path(flags.data_dir)
    splits = [read_split(data_dir, name, flags.limit) for name in flags.splits]
    for split in splits if not flags.skip_missing_databases else ():
        refuse_missing_databases(split.db_ids, split.database_dir)  # before hours of generation
    load_in_4bit = flags.load_in_4bit
    if load_in_4bit is None:
        load_in_4bit = common_setting(adapter_dirs, "load_in_4bit", default=True)

    model_id = resolve_base_model(
        data_dir, common_setting(adapter_dirs, "model_id"), flags.model_id
    )
    refuse_other_tokenizer(data_dir, load_tokenizer(model_id))

    from text2sql.study.variant_models import choose_dtype  # imports torch, which takes seconds

    base = {
        "model_id": model_id,
        "load_in_4bit": load_in_4bit,
        "dtype": choose_dtype(),
    }
    benchmarks = parse_benchmarks(flags.benchmarks)
    prompts_limit = read_manifest(data_dir)["limit"]
    return Study(variants, splits, benchmarks, base, flags.limit, prompts_limit)


def evaluate_variants(study: Study, flags: EvaluateFlags, output_dir: Path) -> None:
    """Bring every answer, verdict and benchmark that the study asks for onto the disk."""
    from text2sql.study import stages
    from text2sql.study.outdated import (
        find_outdated,
        refuse_smaller_study,
        remove_outdated,
    )
    from text2sql.study.variant_models import LoadedVariants

    benchmarks_dir = Path(flags.benchmarks_dir) if flags.benchmarks_dir else None
    tasks_sha256 = stages.hash_tasks(benchmarks_dir)
    models = LoadedVariants(study.variants, **study.base)
    with folder_lock(output_dir):
        refuse_smaller_study(output_dir, flags.limit, flags.overwrite)
        stale = find_outdated(
            study, output_dir, flags.max_new_tokens, tasks_sha256, flags.overwrite
        )
        tasks = stages.load_unfinished_tasks(study, output_dir, benchmarks_dir, stale)
        remove_outdated(stale, models)
        report_settings = {name: getattr(flags, name) for name in REPORT_FLAGS}
        write_study(output_dir, study, report_settings=report_settings)
        answer_and_score(study, models, tasks, tasks_sha256, flags, output_dir)
    models.print_peak_memory()


def answer_and_score(
    study: Study,
    models: Any,
    tasks: Any,
    tasks_sha256: str | None,
    flags: EvaluateFlags,
    output_dir: Path,
) -> None:
    """Predict, score and measure, while no other evaluation writes into the folder."""
    from text2sql.study import stages

    batch_size = flags.batch_size
    stages.generate_all(
        study,
        models,
        output_dir,
        max_new_tokens=flags.max_new_tokens,
        batch_size=batch_size,
    )
    stages.score_all(study, output_dir, scoring_settings(flags))
    stages.run_benchmarks(
        study, models, tasks, output_dir, tasks_sha256=tasks_sha256, batch_size=batch_size
    )


if __name__ == "__main__":
    run(main)
