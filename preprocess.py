"""Build chat prompts from Spider: one row for each question, ready to train on and to evaluate.

python preprocess.py                                  # the hub and the official archive
python preprocess.py --spider_dir spider              # a folder in the official layout
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from text2sql.command_line import parse_flags, run
from text2sql.records import build_run_record, sha256_of_file, write_json


@dataclass
class PreprocessConfig:
    model_id: str = field(
        default="google/gemma-2b-it", metadata={"help": "chat model: a hub name or a folder"}
    )
    output_dir: str = "processed_data"
    spider_dir: str | None = None
    num_shots: int = 3
    shot_selection: Literal["fixed", "similar"] = "fixed"
    schema_format: Literal["create_table", "compact"] = "create_table"
    max_length: int = 1024
    holdout_fraction: float = 0.05
    limit: int | None = None
    seed: int = 42


def main() -> None:
    config, _ = parse_flags(PreprocessConfig, __doc__)
    from transformers import AutoTokenizer

    from text2sql.hub import explain_hub_errors
    from text2sql.prompt_budget import PromptFitter
    from text2sql.prompts import Shot, require_chat_template
    from text2sql.schema_text import render_schema
    from text2sql.shots import choose_fixed_shots, choose_holdout, usable_shots
    from text2sql.spider import database_path, read_examples, read_schemas
    from text2sql.sql_text import one_line

    folder = Path(config.spider_dir)
    schemas = read_schemas(folder / "tables.json")
    with explain_hub_errors(config.model_id, "model"):
        tokenizer = AutoTokenizer.from_pretrained(config.model_id)
    require_chat_template(tokenizer, config.model_id)
    train = number_examples(read_examples(folder / "train_spider.json"), "train")
    validation = number_examples(read_examples(folder / "dev.json"), "validation")
    holdout_databases = choose_holdout(train, config.holdout_fraction, config.seed)
    holdout = [e for e in train if e.db_id in holdout_databases]
    train = [e for e in train if e.db_id not in holdout_databases]
    shots = choose_fixed_shots(train, config.num_shots, config.seed)
    train = [e for e in train if e not in shots]
    fitter = PromptFitter(tokenizer, config.schema_format, config.max_length)
    texts = {
        s.id: Shot(
            render_schema(schemas[s.db_id], config.schema_format), s.question, one_line(s.gold_sql)
        )
        for s in shots
    }
    out = Path(config.output_dir)
    manifest_splits = {}
    for name, examples in {"train": train, "validation": validation, "holdout": holdout}.items():
        examples = examples[: config.limit]
        chosen = [[texts[s.id] for s in usable_shots(e, shots, config.num_shots)] for e in examples]
        fitted = fitter.fit(examples, chosen, schemas, name != "validation")
        rows = [
            build_row(e, f)
            for e, f in zip(examples, fitted, strict=True)
            if name == "validation" or f.num_tokens <= config.max_length
        ]
        save_rows(rows, out / name)
        missing = sorted(
            {e.db_id for e in examples if not database_path(folder / "database", e.db_id).exists()}
        )
        manifest_splits[name] = {
            "rows": len(rows),
            "left_out": len(examples) - len(rows),
            "tables_path": str((folder / "tables.json").resolve()),
            "database_dir": str((folder / "database").resolve()),
            "missing_databases": missing,
        }
    manifest = build_run_record(
        model_id=config.model_id,
        seed=config.seed,
        limit=config.limit,
        max_length=config.max_length,
        splits=manifest_splits,
        shots=[s.id for s in shots],
        sources={
            str(p): sha256_of_file(p)
            for p in (folder / n for n in ("train_spider.json", "dev.json", "tables.json"))
        },
    )
    write_json(out / "manifest.json", manifest)


def number_examples(examples: list, prefix: str) -> list:
    return [replace(e, id=f"{prefix}-{i}") for i, e in enumerate(examples)]


def build_row(e, f) -> dict:
    return {
        "id": e.id,
        "db_id": e.db_id,
        "question": e.question,
        "gold_sql": e.gold_sql,
        "hardness": e.hardness,
        "prompt": f.prompt,
        "completion": f.completion,
        "text": f.text,
        "num_tokens": f.num_tokens,
        "num_shots": f.reduction.num_shots,
        "schema_reduced": f.reduction.schema_reduced,
    }


def save_rows(rows: list[dict], directory: Path) -> None:
    from datasets import Dataset

    Dataset.from_list(rows).save_to_disk(directory)


if __name__ == "__main__":
    run(main)
