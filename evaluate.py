"""Compare the base model with its fine-tuned variants, on Spider and on general benchmarks.

    python evaluate.py                                       base and fine-tuned, then the report
    python evaluate.py --limit 20 --benchmarks none          a smoke run
    python evaluate.py --checkpoints --adapter_scales 0.5    more variants of the same run
    accelerate launch evaluate.py                            all GPUs, the same files
    python evaluate.py --models DIR --merge OUT              whole models; the adapter merged
    python evaluate.py --report_only                         rebuild the report from the files
    python evaluate.py --predictions A.sql B.sql --spider_dir DIR --output_dir OUT
                                                             compare any systems' SQL, no model
    python evaluate.py --samples BASE_DIR TUNED_DIR --output_dir OUT
                                                             compare runs of lm_eval --log_samples

Finished work is kept: an interrupted evaluation resumes when the command is run again.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from text2sql.benchmarks.benchmark import parse_benchmarks
from text2sql.benchmarks.tasks import hash_tasks, load_tasks
from text2sql.cli import fit_address_space, run
from text2sql.data.spider import read_schemas
from text2sql.data.spider_splits import SPIDER_FILES, read_questions, refuse_missing_databases
from text2sql.errors import UserError
from text2sql.files import folder_lock, sha256_of_file
from text2sql.flags import parse_flags
from text2sql.processes import (
    is_main_process,
    lock_folder,
    on_main_process,
    take_sharding_request,
)
from text2sql.prompts.manifest import read_manifest, refuse_other_tokenizer
from text2sql.report.build import build_report
from text2sql.report.content import Report
from text2sql.report.libraries import import_ahead
from text2sql.report.model_card import update_model_cards
from text2sql.report.page import is_written, print_report, print_scores, write_report
from text2sql.report.trackers import log_scores
from text2sql.scoring.scores import SCORES_NAME, refuse_other_scores, score_file
from text2sql.scoring.verdict import VERDICTS_NAME
from text2sql.study import external_answers, stages
from text2sql.study.evaluate_flags import (
    REPORT_FLAGS,
    EvaluateFlags,
    choose_output_dir,
    refuse_contradictions,
)
from text2sql.study.examples import write_examples
from text2sql.study.folder import EvaluationFolder
from text2sql.study.outdated import find_outdated, remove_outdated
from text2sql.study.prepared_split import PreparedSplit, read_split, resolve_base_model
from text2sql.study.study import (
    BaseWeights,
    Study,
    read_study,
    refuse_lost_results,
    write_study,
)
from text2sql.study.training_history import read_training_runs
from text2sql.study.variant_models import LoadedVariants, choose_dtype
from text2sql.study.variants import (
    common_base,
    common_setting,
    list_adapter_dirs,
    list_variants,
    lock_adapters,
    name_recorded_bases,
    note_other_templates,
)
from text2sql.study.whole_models import refuse_other_base, refuse_other_vocabulary


def main() -> None:
    flags, explicit = parse_flags(EvaluateFlags, __doc__)
    refuse_sharding()
    if flags.models and "adapters" not in explicit:
        flags.adapters = []
    refuse_contradictions(flags, explicit)
    fit_address_space(loads_model=flags.uses_model)
    if not (is_main_process() or flags.uses_model):
        return
    folder = EvaluationFolder(choose_output_dir(flags))
    if flags.only_scores:
        score_predictions_file(flags, folder)
        return
    if flags.predictions or flags.samples:
        score_external_answers(flags, folder)
    elif not flags.report_only:
        study, splits, models = plan_study(flags)
        if flags.merge is not None:
            on_main_process(write_merged, study, Path(flags.merge), flags.overwrite)
        evaluate_variants(study, splits, models, folder, flags)
    if not is_main_process():
        return
    report = compare_variants(folder, flags.report_settings(explicit), rewrite=flags.report_only)
    if not flags.report_only:
        update_model_cards(report)
        log_scores(report)


def refuse_sharding() -> None:
    if take_sharding_request():
        raise UserError(
            "evaluate.py divides questions among processes, not the model. Use `accelerate launch` "
            "without FSDP, or for a model larger than a GPU `python evaluate.py`, which spreads it."
        )


def score_predictions_file(flags: EvaluateFlags, folder: EvaluationFolder) -> None:
    """Score one file of predictions; neither a model nor torch is needed."""
    predictions_path, output_dir = Path(flags.predictions[0]), folder.root
    if not flags.overwrite:
        external_answers.refuse_evaluation_of_models(folder)
        refuse_other_scores(predictions_path, output_dir)
    spider_dir, files = Path(flags.spider_dir or "").resolve(), SPIDER_FILES[flags.split]
    split = read_questions(spider_dir, flags.split)
    scores = score_file(
        predictions_path,
        split.examples,
        split.schemas,
        spider_dir / files.databases,
        output_dir,
        flags.scoring_settings(),
        allow_other_text=flags.allow_other_text,
        split=flags.split,
        inputs=split.hashes
        | {str(spider_dir / files.tables): sha256_of_file(spider_dir / files.tables)},
    )
    print_scores(scores)
    print(f"\nScores: {output_dir / SCORES_NAME}; every verdict: {output_dir / VERDICTS_NAME}")


def score_external_answers(flags: EvaluateFlags, folder: EvaluationFolder) -> None:
    """Read, pair and score answers made elsewhere; neither a model nor torch is needed."""
    files, sample_dirs = [Path(p) for p in flags.predictions], [Path(p) for p in flags.samples]
    names = external_answers.name_sources(files or sample_dirs)
    answers = samples = None
    if files:
        spider_dir = Path(flags.spider_dir or "")
        answers = external_answers.read_answer_files(
            files, names, spider_dir, flags.split, flags.allow_other_text
        )
    if sample_dirs:
        samples = external_answers.read_sample_folders(sample_dirs, names)
    settings = flags.report_settings(REPORT_FLAGS)
    study = external_answers.plan_external_study(names, answers, samples, settings)
    with folder_lock(folder.root):
        if not flags.overwrite:
            external_answers.refuse_other_answers(folder, answers)
        if answers is not None:
            external_answers.score_answer_files(folder, answers, flags.scoring_settings())
        if samples is not None:
            external_answers.write_samples(folder, samples)
        write_study(folder, replace(study, finished=True))


def choose_splits(flags: EvaluateFlags) -> dict[str, str]:
    """Return the role of each split that the variants answer, by its name.

    Among several variants the best is chosen on questions of its own: the holdout, where
    preprocess.py made one.
    """
    roles = dict.fromkeys(flags.splits, "scoring")
    name = flags.choosing_split
    if name is None and "holdout" in read_manifest(Path(flags.data_dir))["splits"]:
        name = "holdout"
    if flags.asks_for_choice and name not in (None, "none", flags.splits[0]):
        roles[name] = "choosing"
    return roles


def read_splits(flags: EvaluateFlags) -> list[PreparedSplit]:
    """Return the questions to answer; a `UserError` where a database is missing."""
    splits = [
        read_split(Path(flags.data_dir), name, flags.limit, role)
        for name, role in choose_splits(flags).items()
    ]
    for split in splits if not flags.skip_missing_databases else ():
        refuse_missing_databases(split.db_ids, split.database_dir)  # before hours of generation
    return splits


def choose_base(flags: EvaluateFlags, adapter_dirs: Sequence[Path]) -> BaseWeights:
    """Return how to load the base model; a `UserError` where adapters or prompts name another."""
    data_dir = Path(flags.data_dir)
    recorded_model_id = flags.model_id or (
        common_base(adapter_dirs) if adapter_dirs else read_manifest(data_dir)["model_id"]
    )
    model_id = resolve_base_model(data_dir, recorded_model_id, flags.model_id)
    load_in_4bit = flags.load_in_4bit
    if load_in_4bit is None:  # whole models are stored in 16 bits
        load_in_4bit = bool(common_setting(adapter_dirs, "load_in_4bit", bool(adapter_dirs)))
    return {"model_id": model_id, "load_in_4bit": load_in_4bit, "dtype": choose_dtype()}


def plan_study(flags: EvaluateFlags) -> tuple[Study, list[PreparedSplit], LoadedVariants]:
    """Read and check everything that needs no model; the variants are loaded when first used."""
    variants = list_variants(
        flags.adapters,
        flags.checkpoints,
        flags.adapter_scales,
        flags.models,
        Path(flags.merge) if flags.merge is not None else None,
    )
    adapter_dirs = list_adapter_dirs(variants)
    splits, base = read_splits(flags), choose_base(flags, adapter_dirs)
    variants = name_recorded_bases(variants, base["model_id"])
    models = LoadedVariants(variants, **base)
    refuse_other_tokenizer(Path(flags.data_dir), models.tokenizer)
    refuse_other_vocabulary(adapter_dirs, base["model_id"], models.tokenizer)
    variants = note_other_templates(variants, models.tokenizer)
    for name in flags.models:
        refuse_other_base(name, base["model_id"])
    manifest = read_manifest(Path(flags.data_dir))
    study = Study(
        **base,
        chat_template_sha256=manifest["tokenizer"]["chat_template_sha256"],
        limit=flags.limit,
        prompts_limit=manifest["limit"],
        variants=variants,
        splits=[split.evaluated for split in splits],
        benchmarks=parse_benchmarks(flags.benchmarks),
        training=read_training_runs(variants),
        report_settings=flags.report_settings(REPORT_FLAGS),
    )
    return study, splits, models


def write_merged(study: Study, output_dir: Path, overwrite: bool) -> None:
    """Write the adapter merged into its base, as a model that the study evaluates as well."""
    from text2sql.models.merging import write_merged_model  # imports torch, which takes seconds

    (adapter_dir,) = list_adapter_dirs(study.variants)
    print(f"Merging {adapter_dir} into {output_dir}", flush=True)
    write_merged_model(str(study.model_id), adapter_dir, output_dir, overwrite=overwrite)


def evaluate_variants(
    study: Study,
    splits: Sequence[PreparedSplit],
    models: LoadedVariants,
    folder: EvaluationFolder,
    flags: EvaluateFlags,
) -> None:
    """Generate, score and benchmark every variant of the study, writing results to disk."""
    benchmarks_dir = Path(flags.benchmarks_dir) if flags.benchmarks_dir else None
    tasks_sha256 = hash_tasks(benchmarks_dir)
    with lock_folder(folder.root), lock_adapters(study.variants):
        outdated = on_main_process(
            find_outdated,
            study,
            splits,
            folder,
            max_new_tokens=flags.max_new_tokens,
            tasks_sha256=tasks_sha256,
            overwrite=flags.overwrite,
        )
        unfinished = on_main_process(stages.list_unfinished, study, folder, outdated)
        # Refused before the model loads, and on all processes at once, so that none waits later.
        tasks = load_tasks(unfinished, benchmarks_dir)
        remove_outdated(outdated, models)
        if is_main_process():
            write_study(folder, study)
            for split in splits:
                write_examples(folder, split.name, split.examples, read_schemas(split.tables_path))
        stages.generate_all(
            study,
            splits,
            models,
            folder,
            max_new_tokens=flags.max_new_tokens,
            batch_size=flags.batch_size,
        )
        if is_main_process() and models.loaded is not None:  # there is something new to report
            import_ahead()
        stages.score_all(study, splits, folder, flags.scoring_settings())
        stages.run_benchmarks(
            study, models, tasks, folder, tasks_sha256=tasks_sha256, batch_size=flags.batch_size
        )
        write_study(folder, replace(study, finished=True))
    models.print_peak_memory()


def compare_variants(
    folder: EvaluationFolder, report_flags: dict[str, Any], *, rewrite: bool
) -> Report:
    """Print and return the report on what is in the folder; write it if it is not there yet."""
    print("\nComparing the variants", flush=True)
    study = read_study(folder.root)
    refuse_lost_results(folder, study)
    report = build_report(folder.root, study, report_flags)
    if rewrite or not is_written(folder.root, report):
        write_report(folder.root, report)
    print_report(folder.root, report)
    return report


if __name__ == "__main__":
    run(main)
