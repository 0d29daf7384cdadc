"""An evaluation's folder with made-up verdicts, as evaluate.py would leave it; no model needed."""

import random
import sys
from dataclasses import asdict
from pathlib import Path

from text2sql.benchmarks.benchmark import Benchmark
from text2sql.files import (
    read_json,
    sha256_of_file,
    write_json,
    write_jsonl,
)
from text2sql.report.build import build_report
from text2sql.report.content import Report
from text2sql.run_record import build_run_record
from text2sql.scoring.exact_match.clauses import CLAUSES, ClauseScore
from text2sql.scoring.scores import FILES_KEY, write_scores
from text2sql.scoring.verdict import Verdict
from text2sql.seals import SEAL_KEY, write_sealed_object
from text2sql.study.study import EvaluatedSplit, read_study
from text2sql.study.variants import BASE, Variant

DATABASES = ("library", "museum", "museum_shop", "theatre", "museum_archive", "farm")
HARDNESS = ("easy", "medium", "hard", "extra")
FEATURES_BY_HARDNESS = ([], ["join"], ["join", "group_by"], ["nesting"])
ERRORS = ("no_sql", "syntax", "unknown_table", "unknown_column", "wrong_columns", "wrong_rows")
HOSTILE = "</script><script>document.title = 'broken'</script><b>\\u2028 &lt;!--"
TRAINING = {
    "settings": {
        "learning_rate": 1e-4,
        "lora_r": 4,
        "num_train_epochs": 5,
        "loss_on": "sql",
    },
    "effective_batch": 8,
    "best_step": 400,
    "losses": {
        "train": [[step, 1.5 / (1 + step / 150)] for step in range(50, 601, 50)],
        "eval": [[200, 0.9], [400, 0.7], [600, 0.8]],
    },
}
NO_CLAUSES = dict.fromkeys(CLAUSES, ClauseScore(0, 0, True))


def build_tiny_evaluation(
    folder: Path,
    variants: dict[Variant, tuple[float, float]],
    num_questions: int = 60,
    num_items: int = 40,
    limit: int | None = None,
    holdout: bool = False,
) -> Path:
    """Write what each variant answered; `variants` gives its share right on SQL and in general."""
    splits = [EvaluatedSplit("validation", num_questions)]
    if holdout:
        splits.append(EvaluatedSplit("holdout", num_questions, role="choosing"))
    for number, (variant, (sql_share, general_share)) in enumerate(variants.items()):
        random.seed(number)
        for split in splits:
            write_answers(folder / split.name / variant.name, sql_share, num_questions)
        for benchmark, choices in (("quiz", 4), ("riddles", 2)):
            path = folder / "general" / variant.name / f"{benchmark}.json"
            write_json(path, benchmark_file(benchmark, general_share, choices, num_items, limit))
    for split in splits:
        write_questions(folder / split.name, num_questions)
    study = build_run_record(
        model_id="tiny/gemma",
        load_in_4bit=True,
        dtype="float32",
        limit=limit,
        variants=[asdict(variant) for variant in variants],
        splits=[asdict(split) for split in splits],
        benchmarks=[asdict(Benchmark(name, 0)) for name in ("quiz", "riddles")],
        training={v.run: training_of(v.run) for v in variants if v.kind == "finetuned" and v.run},
        report_settings={"seed": 1, "num_resamples": 200, "max_forgetting": 1.0},
    )
    write_json(folder / "study.json", study)
    return folder


def training_of(run: str) -> dict:
    """Return the training of a run; that of `r4-seed2` had seed 2."""
    _, has_seed, seed = run.partition("-seed")
    facts = {"seed": int(seed), "data_sha256": "same"} if has_seed else {}
    return {**TRAINING, "settings": {**TRAINING["settings"], **facts}}


def write_questions(folder: Path, num_questions: int) -> None:
    rows = [
        {
            "index": index,
            "db_id": DATABASES[index % 6],
            "question": f"What is number {index}? {HOSTILE}",
            # Asked in two wordings: six questions later the same database has the same query.
            "gold_sql": f"SELECT name FROM room WHERE id = {index // 12} AND note = '{HOSTILE}'",
        }
        for index in range(num_questions)
    ]
    write_jsonl(folder / "examples.jsonl", rows)
    schemas = {"museum": f"room(id, name)\n{HOSTILE}", "library": "book(id, title)"}
    write_json(folder / "schemas.json", schemas)


def write_answers(folder: Path, share_right: float, num_questions: int) -> None:
    verdicts, predictions = [], []
    for index in range(num_questions):
        right = random.random() < share_right
        error = None if right else random.choice(ERRORS)
        verdicts.append(verdict(index, right, error))
        predictions.append(
            {
                "index": index,
                "generation": f"SELECT {index} {HOSTILE}",
                "predicted_sql": f"SELECT {index} {HOSTILE}" if error != "no_sql" else "",
                "is_only_sql": index % 4 != 0,
                "stopped": index % 10 != 0,
            }
        )
    write_jsonl(folder / "predictions.jsonl", predictions)
    write_scores(folder, verdicts)


def change_scores(folder: Path, **content: object) -> None:
    """Replace keys of scores.json, with the hashes as if the scorer had written it so."""
    scores = {**read_json(folder / "scores.json"), **content}
    scores[FILES_KEY] = {name: sha256_of_file(folder / name) for name in scores[FILES_KEY]}
    scores.pop(SEAL_KEY)
    write_sealed_object(folder / "scores.json", scores)


def verdict(index: int, right: bool, error: str | None) -> Verdict:
    return Verdict(
        index=index,
        db_id=DATABASES[index % 6],
        first_wording=index - 6 if index % 12 > 5 else index,
        gold_features=FEATURES_BY_HARDNESS[index % 4],
        hardness=HARDNESS[index % 4],
        exact_match=right and index % 5 != 0,
        clauses=NO_CLAUSES,
        unparsable=error == "syntax",
        execution_match=right,
        execution_match_keep_distinct=right,
        error=error,
        error_message=error and "as made up",
        seconds=0.0,
        empty_equals_empty=False,
    )


def benchmark_file(
    name: str, share_right: float, num_choices: int, num_items: int, limit: int | None
) -> dict:
    """Return results in the harness' schema, with a group above two subtasks."""
    samples = {
        f"{name}_{part}": [
            {
                "doc_id": item,
                "doc_hash": f"{name}{part}{item}",
                "doc": {"question": f"{part} {item}", "group": item // 2},
                "filter": "none",
                "metrics": ["acc"],
                "filtered_resps": [[0.0, False]] * num_choices,
                "acc": float(random.random() < share_right),
            }
            for item in range(num_items // 2)
        ]
        for part in ("early", "late")
    }
    scores = [sample["acc"] for items in samples.values() for sample in items]
    return {
        "results": {name: {"acc,none": sum(scores) / len(scores)}},
        "group_subtasks": {name: [f"{name}_all"], f"{name}_all": list(samples)},
        "samples": samples,
        "text2sql": {
            "benchmark": name,
            "metric": "acc",
            "filter": "none",
            "higher_is_better": True,
            "num_fewshot": 0,
            "weight_by_size": True,
            "chance": 1 / num_choices,
            "limit": limit,
            "settings": {},
        },
    }


def a_whole_study() -> dict[Variant, tuple[float, float]]:
    """Return base, the fine-tuned, three checkpoints and three scales."""
    finetuned = Variant("finetuned", "finetuned", "run", "outputs/run")
    checkpoints = {
        Variant(
            f"checkpoint-{step}", "checkpoint", "run", f"outputs/run/checkpoint-{step}", step=step
        ): (
            0.3 + step / 2000,
            0.6 - step / 6000,
        )
        for step in (200, 400, 600)
    }
    scales = {
        Variant(f"scale-{scale}", "scaled", "run", "outputs/run", scale=scale): (
            0.2 + 0.4 * scale**0.5,
            0.62 - 0.1 * scale**2,
        )
        for scale in (0.25, 0.5, 0.75)
    }
    return {BASE: (0.2, 0.62), finetuned: (0.6, 0.52), **checkpoints, **scales}


def three_seeds() -> dict[Variant, tuple[float, float]]:
    """Return the base and three runs of one recipe."""
    runs = [f"r4-seed{seed}" for seed in (1, 2, 3)]
    return {
        BASE: (0.2, 0.7),
        **{Variant(run, "finetuned", run, f"outputs/{run}"): (0.7, 0.6) for run in runs},
    }


def report_of(folder: Path, **flags: object) -> Report:
    return build_report(folder, read_study(folder), flags)


if __name__ == "__main__":  # to look at a report without a model
    build_tiny_evaluation(Path(sys.argv[1]), a_whole_study(), 1034, 2000)
