"""Turn Spider into few-shot chat prompts, ready for train.py and evaluate.py.

python preprocess.py                                   # from the hub and the official archive
python preprocess.py --spider_archive spider.zip       # the archive from a file or a URL
python preprocess.py --spider_dir spider               # all from a folder, without the hub
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from text2sql.cli import run
from text2sql.data.spider import Example, Schema, read_schemas
from text2sql.data.spider_archive import fetch_spider_archive, is_url
from text2sql.data.spider_splits import (
    Split,
    hold_out_databases,
    read_extra_split,
    read_folder_splits,
    read_hub_splits,
)
from text2sql.errors import UserError
from text2sql.files import sha256_of_file
from text2sql.flags import parse_flags
from text2sql.models.tokenizer import load_tokenizer
from text2sql.prompts.budget import PromptFitter
from text2sql.prompts.chat import Shot
from text2sql.prompts.dataset import (
    build_row,
    describe_split,
    describe_tokenizer,
    write_processed_data,
)
from text2sql.prompts.schema_text import render_schema
from text2sql.prompts.shots import choose_fixed_shots, choose_similar_shots, usable_shots
from text2sql.prompts.sql_text import one_line
from text2sql.run_record import build_run_record
from text2sql.scoring.exact_match.match import hardness
from text2sql.scoring.exact_match.parser import UnparsableSQL, parse_sql

TRAINING = ("train", "holdout")


@dataclass
class PreprocessFlags:
    model_id: str = field(
        default="google/gemma-2b-it",
        metadata={"help": "chat model whose template and tokens count: a hub name or a folder"},
    )
    output_dir: str = field(default="processed_data", metadata={"help": "folder to write"})
    spider_dir: str | None = field(
        default=None, metadata={"help": "folder in Spider's layout; nothing is fetched"}
    )
    spider_archive: str | None = field(
        default=None, metadata={"help": "file or URL of Spider's archive; default: Google Drive"}
    )
    include_others: bool = field(
        default=False, metadata={"help": "add the 1659 questions of train_others.json to train"}
    )
    extra_split: list[str] = field(
        default_factory=list,
        metadata={"help": "NAME=FILE.json on Spider's databases, or NAME=DIR with its own"},
    )
    holdout_fraction: float = field(
        default=0.05, metadata={"help": "share of train, in whole databases, for early stopping"}
    )
    num_shots: int = field(default=3, metadata={"help": "solved examples in each prompt"})
    shot_selection: Literal["fixed", "similar"] = field(
        default="fixed", metadata={"help": "the same shots for all, or each question's nearest"}
    )
    schema_format: Literal["create_table", "compact"] = "create_table"
    max_length: int = field(default=1024, metadata={"help": "tokens of prompt and SQL together"})
    limit: int | None = field(
        default=None, metadata={"help": "first N examples of each split: a smoke run"}
    )
    seed: int = 42


def main() -> None:
    config, _ = parse_flags(PreprocessFlags, __doc__)
    refuse_impossible(config)
    tokenizer = load_tokenizer(config.model_id)  # first: a gated model needs no download to fail
    splits, archive = read_splits(config)
    schemas = {name: read_schemas(split.tables_path) for name, split in splits.items()}
    splits = {name: with_hardness(split, schemas[name]) for name, split in splits.items()}
    splits = hold_out(splits, config)
    schemas["holdout"] = schemas["train"]
    splits["train"], fixed_shots = take_fixed_shots(splits["train"], schemas["train"], config)

    rows, descriptions = {}, {}
    for name, split in splits.items():
        split = replace(split, examples=split.examples[: config.limit])
        shots = choose_shots(split.examples, fixed_shots, splits["train"].examples, config)
        fitter = PromptFitter(
            tokenizer, schemas[name], config.schema_format, config.max_length, name in TRAINING
        )
        fitted = fitter.fit(split.examples, render_shots(shots, schemas["train"], config), name)
        rows[name] = [
            build_row(example, prompt)
            for example, prompt in zip(split.examples, fitted, strict=True)
            if name not in TRAINING or prompt.num_tokens <= config.max_length
        ]
        if not rows[name]:
            raise UserError(
                f"No example of {name} fits --max_length {config.max_length}; raise it."
            )
        descriptions[name] = describe_split(split, fitted, rows[name], config.max_length)
    manifest = build_manifest(config, splits, descriptions, fixed_shots, archive, tokenizer)
    write_processed_data(Path(config.output_dir), rows, manifest)
    print_summary(config, descriptions)


def refuse_impossible(config: PreprocessFlags) -> None:
    if config.spider_dir and config.spider_archive:
        raise UserError("--spider_dir holds all files: say it, or --spider_archive, but not both.")
    if not 0 <= config.holdout_fraction < 1:
        raise UserError("--holdout_fraction is a share of the train questions: 0 or more, below 1.")
    if config.num_shots < 0 or config.max_length < 1:
        raise UserError("--num_shots must be 0 or more, and --max_length 1 or more.")
    if config.limit is not None and config.limit < 1:
        raise UserError("--limit must be 1 or more.")
    if config.spider_dir and not Path(config.spider_dir).is_dir():
        raise UserError(f"--spider_dir {config.spider_dir}: there is no such folder.")
    archive = config.spider_archive
    if archive is not None and not is_url(archive) and not Path(archive).is_file():
        raise UserError(f"--spider_archive {archive}: there is no such file.")


def read_splits(config: PreprocessFlags) -> tuple[dict[str, Split], dict | None]:
    """Return the splits, and where the archive came from if there was one."""
    if config.spider_dir:
        folder, archive = Path(config.spider_dir), None
        splits = read_folder_splits(folder, config.include_others)
    else:
        folder, archive = fetch_spider_archive(config.spider_archive)
        splits = read_hub_splits(folder, config.include_others)
    for argument in config.extra_split:
        name, split = read_extra_split(argument, folder)
        if name in splits:
            raise UserError(f"--extra_split names {name} twice.")
        splits[name] = split
    return splits, archive


def with_hardness(split: Split, schemas: Mapping[str, Schema]) -> Split:
    if not split.examples:
        raise UserError(f"{', '.join(split.hashes)} holds no questions.")
    unknown = sorted({e.db_id for e in split.examples} - schemas.keys())
    if unknown:
        raise UserError(f"{split.tables_path} has no schema for {', '.join(unknown)}.")
    return replace(
        split,
        examples=[
            replace(example, hardness=gold_hardness(example, schemas[example.db_id]))
            for example in split.examples
        ],
    )


def gold_hardness(example: Example, schema: Schema) -> str | None:
    """Return None where Spider's own grammar does not take the gold query."""
    try:
        return hardness(parse_sql(example.gold_sql, schema))
    except UnparsableSQL:
        return None


def hold_out(splits: dict[str, Split], config: PreprocessFlags) -> dict[str, Split]:
    if not config.holdout_fraction:
        return splits
    train, holdout = hold_out_databases(splits["train"], config.holdout_fraction, config.seed)
    if not train.examples:
        raise UserError(
            f"--holdout_fraction {config.holdout_fraction} holds out every database of train: "
            "lower it, or say 0 to hold out none."
        )
    return splits | {"train": train, "holdout": holdout}


def take_fixed_shots(
    train: Split, schemas: Mapping[str, Schema], config: PreprocessFlags
) -> tuple[Split, list[Example]]:
    """Return train without the fixed shots and their reserves, and these."""
    if config.shot_selection == "similar":
        return train, []

    schema_lengths = {
        db_id: len(render_schema(schemas[db_id], config.schema_format))
        for db_id in {example.db_id for example in train.examples}
    }

    def length(example: Example) -> int:
        return schema_lengths[example.db_id] + len(example.question) + len(example.gold_sql)

    shots = choose_fixed_shots(train.examples, config.num_shots, config.seed, length)
    taken = {shot.id for shot in shots}
    kept = [example for example in train.examples if example.id not in taken]
    return replace(train, examples=kept), shots


def choose_shots(
    examples: Sequence[Example],
    fixed_shots: Sequence[Example],
    candidates: Sequence[Example],
    config: PreprocessFlags,
) -> list[list[Example]]:
    if config.shot_selection == "similar":
        return choose_similar_shots(examples, candidates, config.num_shots)
    return [usable_shots(example, fixed_shots, config.num_shots) for example in examples]


def render_shots(
    shots: Sequence[Sequence[Example]], schemas: Mapping[str, Schema], config: PreprocessFlags
) -> list[list[Shot]]:
    chosen = {shot.id: shot for own in shots for shot in own}
    rendered = {id_: render_shot(shot, schemas, config) for id_, shot in chosen.items()}
    return [[rendered[shot.id] for shot in own] for own in shots]


def render_shot(example: Example, schemas: Mapping[str, Schema], config: PreprocessFlags) -> Shot:
    schema_text = render_schema(schemas[example.db_id], config.schema_format)
    return Shot(schema_text, example.question, one_line(example.gold_sql))


def build_manifest(
    config: PreprocessFlags,
    splits: Mapping[str, Split],
    descriptions: Mapping[str, dict],
    fixed_shots: Sequence[Example],
    archive: dict | None,
    tokenizer: Any,
) -> dict:
    tables = {split.tables_path for split in splits.values()}
    hashes = {str(path.resolve()): sha256_of_file(path) for path in sorted(tables)}
    for split in splits.values():
        hashes |= split.hashes
    return build_run_record(
        **asdict(config),
        splits=descriptions,
        fixed_shots=[
            {"role": "shot" if number < config.num_shots else "reserve", **asdict(shot)}
            for number, shot in enumerate(fixed_shots)
        ],
        sources=hashes,
        archive=archive,
        tokenizer=describe_tokenizer(tokenizer),
    )


def print_summary(config: PreprocessFlags, descriptions: Mapping[str, dict]) -> None:
    num_shots = config.num_shots
    for name, split in descriptions.items():
        lengths = ", ".join(f"{rank} {length}" for rank, length in split["num_tokens"].items())
        line = f"{name}: {split['rows']} prompts of tokens {lengths}"
        if split["left_out"]:
            line += f", {split['left_out']} left out (longer than {config.max_length} tokens)"
        print(line)
        with_fewer = sum(n for shots, n in split["num_shots"].items() if int(shots) < num_shots)
        if with_fewer:
            print(
                f"  {with_fewer} with fewer than {num_shots} shots (no more fitted or were found)"
            )
        if split["missing_databases"]:
            print(
                f"  no database file for {', '.join(split['missing_databases'])} "
                f"({split['questions_without_database']} questions)"
            )
    print(f"Written to {config.output_dir}" + (" (a smoke run)" if config.limit else ""))


if __name__ == "__main__":
    run(main)
