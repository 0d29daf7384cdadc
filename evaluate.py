"""Compare the base model with its fine-tuned variants, on Spider and on general benchmarks.

    python evaluate.py                                       base and fine-tuned, then the report
    python evaluate.py --limit 20 --benchmarks none          a smoke run
    python evaluate.py --checkpoints --adapter_scales 0.5    more variants of the same run
    python evaluate.py --report_only                         the report again, from what is on disk
    python evaluate.py --predictions FILE --spider_dir DIR   score anybody's predictions, no model

Finished work is kept: an interrupted evaluation resumes when the command is run again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from text2sql.benchmarks.benchmark import DEFAULT_SHOTS, parse_benchmarks
from text2sql.benchmarks.tasks import hash_tasks
from text2sql.cli import run
from text2sql.data.spider import read_examples, read_schemas
from text2sql.data.spider_splits import SPIDER_FILES, refuse_missing_databases
from text2sql.errors import UserError
from text2sql.files import folder_lock, sha256_of_file
from text2sql.flags import flag, parse_flags
from text2sql.models.tokenizer import load_tokenizer
from text2sql.prompts.manifest import read_manifest, refuse_other_tokenizer
from text2sql.report.build import build_report
from text2sql.report.content import Report
from text2sql.report.model_card import update_model_cards
from text2sql.report.page import print_report, print_scores, write_report
from text2sql.scoring.judge import ScoringSettings
from text2sql.scoring.scores import SCORES_NAME, refuse_other_scores, score_file
from text2sql.scoring.verdict import VERDICTS_NAME
from text2sql.study.folder import EvaluationFolder
from text2sql.study.outdated import find_outdated, remove_outdated
from text2sql.study.prepared_split import (
    PreparedSplit,
    read_split,
    resolve_base_model,
)
from text2sql.study.study import BaseWeights, Study, read_study, write_study
from text2sql.study.training_history import read_training_runs
from text2sql.study.variant_models import LoadedVariants, choose_dtype
from text2sql.study.variants import common_setting, list_variants

SECONDS_PER_DAY = 86_400


@dataclass
class EvaluateFlags:
    adapters: list[str] = flag(
        ["outputs/gemma-2b-it-spider"], "folders that train.py wrote", group="Variants"
    )
    checkpoints: bool = flag(False, "evaluate every kept checkpoint too")
    adapter_scales: list[float] = flag([], "also evaluate the adapter at these strengths")
    model_id: str | None = flag(None, "base model; default: the adapter's own")
    load_in_4bit: bool | None = flag(None, "default: as the adapter was trained")

    data_dir: str = flag("processed_data", "prompts from preprocess.py", group="Questions")
    splits: list[str] = flag(["validation"], "splits of data_dir; the first is the main one")
    max_new_tokens: int = flag(256, "longest generation", above=0)
    batch_size: int = flag(0, "0: what fits; N: benchmarks as the harness batches", at_least=0)
    query_timeout_s: float = flag(
        10.0, "deadline of one predicted query", above=0, at_most=SECONDS_PER_DAY
    )
    skip_missing_databases: bool = flag(False, "leave their questions out of execution accuracy")
    allow_gold_errors: bool = flag(False, "count questions apart whose gold query fails")

    benchmarks: list[str] = flag(
        list(DEFAULT_SHOTS), "harness tasks as task[:shots][@chat], or none", group="Benchmarks"
    )
    benchmarks_dir: str | None = flag(None, "folder with tasks of your own")

    predictions: str | None = flag(
        None, "score this file: SQL lines or JSON lines", group="Answers made elsewhere"
    )
    spider_dir: str | None = flag(None, "their questions: a folder in Spider's layout")
    split: str = flag("validation", f"their split: {', '.join(SPIDER_FILES)}")

    output_dir: str | None = flag(
        None, "default: evaluation/ in the adapter's folder", group="Output and report"
    )
    limit: int | None = flag(None, "smoke run: first N questions and items, in limit-N/", above=0)
    overwrite: bool = flag(False, "replace what other settings made")
    report_only: bool = flag(False, "rebuild the report from output_dir")
    max_forgetting: float = flag(1.0, "points of general ability that may be lost", at_least=0)
    num_bootstrap: int = flag(5000, "resamples of each interval", above=0)
    seed: int = flag(42, "of the resampling", at_least=0)


REPORT_FLAGS = {"max_forgetting", "num_bootstrap", "seed"}  # only the report reads these
PREDICTIONS_FLAGS = {"predictions", "spider_dir", "split"}
SCORING_FLAGS = {"query_timeout_s", "skip_missing_databases", "allow_gold_errors"}


def main() -> None:
    flags, explicit = parse_flags(EvaluateFlags, __doc__)
    refuse_contradictions(flags, explicit)
    folder = EvaluationFolder(choose_output_dir(flags))
    if flags.predictions is not None:
        score_predictions_file(flags, folder.root)
        return
    if not flags.report_only:
        study, splits, models = plan_study(flags)
        evaluate_variants(study, splits, models, folder, flags)
    report = compare_variants(
        folder, {name: getattr(flags, name) for name in explicit & REPORT_FLAGS}
    )
    if not flags.report_only:
        update_model_cards(report)


def refuse_contradictions(flags: EvaluateFlags, explicit: set[str]) -> None:
    """Refuse flags that have no meaning together."""
    if flags.predictions is not None:
        refuse(
            explicit - PREDICTIONS_FLAGS - SCORING_FLAGS - {"output_dir", "overwrite"},
            "not together with --predictions",
        )
        if Path(flags.predictions).is_dir():
            raise UserError(f"--predictions '{flags.predictions}' is a folder; name a file.")
        if flags.spider_dir is None:
            raise UserError("--predictions needs --spider_dir, the folder with Spider's files.")
        if flags.split not in SPIDER_FILES:
            raise UserError(f"--split {flags.split}: choose from {', '.join(SPIDER_FILES)}.")
    else:
        refuse(explicit & PREDICTIONS_FLAGS, "only together with --predictions")
    if flags.report_only:
        allowed = REPORT_FLAGS | {"report_only", "output_dir", "adapters", "limit"}
        refuse(explicit - allowed, "not together with --report_only")
    if len(set(flags.splits)) < len(flags.splits):
        raise UserError(f"--splits names one twice: {', '.join(flags.splits)}.")


def refuse(names: set[str], reason: str) -> None:
    if names:
        raise UserError(f"{', '.join(f'--{name}' for name in sorted(names))}: {reason}.")


def choose_output_dir(flags: EvaluateFlags) -> Path:
    """Return the folder to fill; a smoke run has its own inside that of the whole evaluation."""
    if flags.output_dir is not None:
        output_dir = Path(flags.output_dir)
    elif flags.predictions is not None:
        output_dir = Path("outputs") / Path(flags.predictions).stem
    elif len(flags.adapters) > 1:
        raise UserError("Several adapters need --output_dir, the folder of their common report.")
    else:
        output_dir = Path(flags.adapters[0]) / "evaluation"
    return output_dir if flags.limit is None else output_dir / f"limit-{flags.limit}"


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
    print(f"\nScores: {output_dir / SCORES_NAME}; every verdict: {output_dir / VERDICTS_NAME}")


def scoring_settings(flags: EvaluateFlags) -> ScoringSettings:
    return ScoringSettings(
        query_timeout_s=flags.query_timeout_s,
        allow_gold_errors=flags.allow_gold_errors,
        skip_missing_databases=flags.skip_missing_databases,
    )


def read_splits(flags: EvaluateFlags) -> list[PreparedSplit]:
    """Return the questions to answer; a `UserError` where a database is missing."""
    data_dir = Path(flags.data_dir)
    splits = [read_split(data_dir, name, flags.limit) for name in flags.splits]
    for split in splits if not flags.skip_missing_databases else ():
        refuse_missing_databases(split.db_ids, split.database_dir)  # before hours of generation
    return splits


def choose_base(flags: EvaluateFlags) -> BaseWeights:
    """Return how to load the base model; a `UserError` where adapters or prompts need another."""
    data_dir, adapter_dirs = Path(flags.data_dir), [Path(adapter) for adapter in flags.adapters]
    recorded_model_id = cast(str | None, common_setting(adapter_dirs, "model_id"))
    model_id = resolve_base_model(data_dir, recorded_model_id, flags.model_id)
    refuse_other_tokenizer(data_dir, load_tokenizer(model_id))
    load_in_4bit = flags.load_in_4bit
    if load_in_4bit is None:
        load_in_4bit = bool(common_setting(adapter_dirs, "load_in_4bit", default=True))
    return {"model_id": model_id, "load_in_4bit": load_in_4bit, "dtype": choose_dtype()}


def plan_study(flags: EvaluateFlags) -> tuple[Study, list[PreparedSplit], LoadedVariants]:
    """Read and check everything that needs no model; the variants are loaded when first used."""
    adapter_dirs = [Path(adapter) for adapter in flags.adapters]
    variants = list_variants(adapter_dirs, flags.checkpoints, flags.adapter_scales)
    splits, base = read_splits(flags), choose_base(flags)
    study = Study(
        **base,
        limit=flags.limit,
        prompts_limit=read_manifest(Path(flags.data_dir))["limit"],
        variants=variants,
        splits=[split.evaluated for split in splits],
        benchmarks=parse_benchmarks(flags.benchmarks),
        training=read_training_runs(variants),
        report_settings={name: getattr(flags, name) for name in sorted(REPORT_FLAGS)},
    )
    return study, splits, LoadedVariants(variants, **base)


def evaluate_variants(
    study: Study,
    splits: Sequence[PreparedSplit],
    models: LoadedVariants,
    folder: EvaluationFolder,
    flags: EvaluateFlags,
) -> None:
    """Generate, score and benchmark every variant of the study, writing results to disk."""
    from text2sql.study import stages  # imports torch, which takes seconds

    benchmarks_dir = Path(flags.benchmarks_dir) if flags.benchmarks_dir else None
    tasks_sha256 = hash_tasks(benchmarks_dir)
    with folder_lock(folder.root):
        outdated = find_outdated(
            study,
            splits,
            folder,
            max_new_tokens=flags.max_new_tokens,
            tasks_sha256=tasks_sha256,
            overwrite=flags.overwrite,
        )
        tasks = stages.load_unfinished_tasks(study, folder, benchmarks_dir, outdated)
        remove_outdated(outdated, models)
        write_study(folder, study)
        stages.write_examples(splits, folder)
        stages.generate_all(
            study,
            splits,
            models,
            folder,
            max_new_tokens=flags.max_new_tokens,
            batch_size=flags.batch_size,
        )
        stages.score_all(study, splits, folder, scoring_settings(flags))
        stages.run_benchmarks(
            study, models, tasks, folder, tasks_sha256=tasks_sha256, batch_size=flags.batch_size
        )
    models.print_peak_memory()


def compare_variants(folder: EvaluationFolder, report_flags: dict[str, Any]) -> Report:
    """Write, print and return the report on what is in the folder."""
    print("\nComparing the variants", flush=True)
    study = read_study(folder.root)
    report = build_report(folder.root, study, study.report_settings | report_flags)
    write_report(folder.root, report)
    print_report(folder.root, report)
    return report


if __name__ == "__main__":
    run(main)
