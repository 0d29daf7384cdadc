"""Turn Spider into few-shot chat prompts, ready for train.py and evaluate.py.

python preprocess.py                                   # from the hub and the official archive
python preprocess.py --spider_archive spider.zip       # the archive from a file or a URL
python preprocess.py --spider_dir spider               # everything from a folder, without the hub
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from text2sql.cli import fit_address_space, run
from text2sql.counts import how_many
from text2sql.data.database_suites import use_test_suite
from text2sql.data.spider import Example, Schema
from text2sql.data.spider_archive import fetch_spider_archive, is_url
from text2sql.data.spider_splits import (
    TRAINING_SPLITS,
    Split,
    hold_out_databases,
    read_extra_split,
    read_folder_splits,
    read_hub_splits,
    with_examples,
)
from text2sql.errors import UserError
from text2sql.files import sha256_of_file
from text2sql.flags import flag, parse_flags
from text2sql.models.tokenizer import load_tokenizer
from text2sql.prompts.budget import FittedPrompt, PromptFitter
from text2sql.prompts.chat import Shot
from text2sql.prompts.chat_format import ChatFormat, find_chat_format
from text2sql.prompts.dataset import build_row, write_processed_data
from text2sql.prompts.manifest import describe_split, describe_tokenizer
from text2sql.prompts.schema_text import render_schema
from text2sql.prompts.shots import choose_fixed_shots, choose_similar_shots, usable_shots
from text2sql.prompts.sql_text import one_line
from text2sql.run_record import build_run_record, without_credentials
from text2sql.scoring.gold_queries import find_gold_problems, gold_hardness

MAX_NAMED = 5  # gold queries in one line of the summary


@dataclass
class PreprocessFlags:
    model_id: str = flag(
        "google/gemma-2b-it", "chat model: a hub name or a folder", group="Model and output"
    )
    output_dir: str = flag("processed_data", "folder to write")
    spider_dir: str | None = flag(
        None, "folder in Spider's layout; nothing is downloaded", group="Questions and databases"
    )
    spider_archive: str | None = flag(
        None, "Spider's archive: a file or URL; default: Google Drive"
    )
    test_suite_dir: str | None = flag(None, "several files per database: test suites")
    include_others: bool = flag(False, "add the 1659 questions of train_others.json")
    extra_split: list[str] = flag([], "NAME=FILE.json on Spider's databases, or NAME=DIR")
    holdout_fraction: float = flag(
        0.05, "fraction of train held out, in whole databases", at_least=0, below=1
    )
    num_shots: int = flag(3, "solved examples per prompt", group="Prompts", at_least=0)
    shot_selection: Literal["fixed", "similar"] = flag(
        "fixed", "the same shots for all, or the nearest questions"
    )
    schema_format: Literal["create_table", "compact"] = flag(
        "create_table", "statements with types, or one line per table"
    )
    max_length: int = flag(1024, "tokens of prompt and SQL together", at_least=1)
    limit: int | None = flag(
        None, "smoke run: first N examples per split", group="This run", at_least=1
    )
    seed: int = flag(42, "of the shots and the held-out databases")


def main() -> None:
    flags, _ = parse_flags(PreprocessFlags, __doc__)
    refuse_contradictions(flags)
    fit_address_space()
    # First of all, because a gated model should not cost a download of the data.
    chat_format = find_chat_format(load_tokenizer(flags.model_id))
    splits, archive = read_splits(flags)
    splits = hold_out(splits, flags)
    splits["train"], fixed_shots = take_fixed_shots(splits["train"], flags)
    shot_candidates = splits["train"].examples
    splits = {
        name: with_examples(split, split.examples[: flags.limit]) for name, split in splits.items()
    }

    rows, descriptions = {}, {}
    for name, split in splits.items():
        shots = choose_shots(split.examples, fixed_shots, shot_candidates, flags)
        rendered_shots = render_shots(shots, splits["train"].schemas, flags)
        fitted = fit_prompts(name, split, rendered_shots, chat_format, flags)
        rows[name] = build_rows(name, split, fitted, flags.max_length)
        descriptions[name] = describe_split(split, fitted, rows[name], flags.max_length)
    for name, problems in find_gold_problems(splits).items():
        descriptions[name] |= problems
    manifest = build_manifest(flags, splits, descriptions, fixed_shots, archive, chat_format)
    sources = {name: split.sources for name, split in splits.items()}
    write_processed_data(Path(flags.output_dir), rows, sources, manifest)
    print_summary(flags, descriptions)


def refuse_contradictions(flags: PreprocessFlags) -> None:
    if flags.spider_dir and flags.spider_archive:
        raise UserError("Pass --spider_dir, which needs no archive, or --spider_archive, not both.")
    if flags.spider_dir and not Path(flags.spider_dir).is_dir():
        raise UserError(f"--spider_dir {flags.spider_dir}: there is no such folder.")
    archive = flags.spider_archive
    if archive is not None and not is_url(archive) and not Path(archive).is_file():
        raise UserError(f"--spider_archive {archive}: there is no such file.")


def read_splits(flags: PreprocessFlags) -> tuple[dict[str, Split], dict[str, str] | None]:
    """Return the splits with the hardness of each example, and the archive's source and hash."""
    if flags.spider_dir:
        folder, archive = Path(flags.spider_dir), None
        splits = read_folder_splits(folder, flags.include_others)
    else:
        folder, archive = fetch_spider_archive(flags.spider_archive)
        splits = read_hub_splits(folder, flags.include_others)
    for argument in flags.extra_split:
        name, split = read_extra_split(argument, folder)
        if name in splits:
            raise UserError(f"--extra_split names {name} twice; give each split its own name.")
        splits[name] = split
    if flags.test_suite_dir:
        splits = use_test_suite(splits, Path(flags.test_suite_dir))
    return {name: with_hardness(split) for name, split in splits.items()}, archive


def with_hardness(split: Split) -> Split:
    return replace(
        split,
        examples=[
            replace(example, hardness=gold_hardness(example.gold_sql, split.schemas[example.db_id]))
            for example in split.examples
        ],
    )


def hold_out(splits: dict[str, Split], flags: PreprocessFlags) -> dict[str, Split]:
    if not flags.holdout_fraction:
        return splits
    train, holdout = hold_out_databases(splits["train"], flags.holdout_fraction, flags.seed)
    if not train.examples:
        raise UserError(
            f"--holdout_fraction {flags.holdout_fraction} holds out every database of train. "
            "Lower it, or pass 0 to hold out none."
        )
    return splits | {"train": train, "holdout": holdout}


def take_fixed_shots(train: Split, flags: PreprocessFlags) -> tuple[Split, list[Example]]:
    """Return train without the fixed shots and their reserves, and these examples."""
    if flags.shot_selection == "similar":
        return train, []
    schema_lengths = {
        db_id: len(render_schema(train.schemas[db_id], flags.schema_format))
        for db_id in train.sources
    }

    def length(example: Example) -> int:
        return schema_lengths[example.db_id] + len(example.question) + len(example.gold_sql)

    shots = choose_fixed_shots(train.examples, flags.num_shots, flags.seed, length)
    taken = {shot.id for shot in shots}
    kept = [example for example in train.examples if example.id not in taken]
    if not kept:
        raise UserError(
            f"All {len(train.examples)} examples of train would be solved ones of the prompts, or "
            "their reserves: none is left to train on. Lower --num_shots, or add examples."
        )
    return with_examples(train, kept), shots


def choose_shots(
    examples: Sequence[Example],
    fixed_shots: Sequence[Example],
    candidates: Sequence[Example],
    flags: PreprocessFlags,
) -> list[list[Example]]:
    if flags.shot_selection == "similar":
        return choose_similar_shots(examples, candidates, flags.num_shots)
    return [usable_shots(example, fixed_shots, flags.num_shots) for example in examples]


def render_shots(
    shots: Sequence[Sequence[Example]], schemas: Mapping[str, Schema], flags: PreprocessFlags
) -> list[list[Shot]]:
    chosen = {shot.id: shot for own in shots for shot in own}
    rendered = {id_: render_shot(shot, schemas, flags) for id_, shot in chosen.items()}
    return [[rendered[shot.id] for shot in own] for own in shots]


def render_shot(example: Example, schemas: Mapping[str, Schema], flags: PreprocessFlags) -> Shot:
    schema_text = render_schema(schemas[example.db_id], flags.schema_format)
    return Shot(schema_text, example.question, one_line(example.gold_sql))


def fit_prompts(
    name: str,
    split: Split,
    shots: list[list[Shot]],
    chat_format: ChatFormat,
    flags: PreprocessFlags,
) -> list[FittedPrompt]:
    fitter = PromptFitter(
        chat_format,
        split.schemas,
        flags.schema_format,
        flags.max_length,
        fit_completion=name in TRAINING_SPLITS,
    )
    return fitter.fit(split.examples, shots, name)


def build_rows(
    name: str, split: Split, fitted: Sequence[FittedPrompt], max_length: int
) -> list[dict[str, Any]]:
    """Return the rows of the split; only those of training are left out where they are too long."""
    rows = [
        build_row(example, prompt)
        for example, prompt in zip(split.examples, fitted, strict=True)
        if name not in TRAINING_SPLITS or prompt.num_tokens <= max_length
    ]
    if not rows:
        raise UserError(f"No example of {name} fits --max_length {max_length}; raise it.")
    return rows


def build_manifest(
    flags: PreprocessFlags,
    splits: Mapping[str, Split],
    descriptions: Mapping[str, dict[str, Any]],
    fixed_shots: Sequence[Example],
    archive: dict[str, str] | None,
    chat_format: ChatFormat,
) -> dict[str, Any]:
    tables = {source.tables_path for split in splits.values() for source in split.sources.values()}
    hashes = {str(path.resolve()): sha256_of_file(path) for path in sorted(tables)}
    for split in splits.values():
        hashes |= split.hashes
    settings = asdict(flags)
    if flags.spider_archive:
        settings["spider_archive"] = without_credentials(flags.spider_archive)
    return build_run_record(
        **settings,
        splits=descriptions,
        fixed_shots=[
            {"role": "shot" if index < flags.num_shots else "reserve", **asdict(shot)}
            for index, shot in enumerate(fixed_shots)
        ],
        sources=hashes,
        archive=archive,
        tokenizer=describe_tokenizer(chat_format.tokenizer),
    )


def print_summary(flags: PreprocessFlags, descriptions: Mapping[str, dict[str, Any]]) -> None:
    for name, split in descriptions.items():
        lengths = ", ".join(f"{rank} {length}" for rank, length in split["num_tokens"].items())
        line = f"{name}: {how_many(split['rows'], 'prompt')}; tokens: {lengths}"
        if split["left_out"]:
            line += f"; {split['left_out']} left out (longer than {flags.max_length} tokens)"
        print(line)
        for remark in remarks(split, flags.num_shots):
            print(f"  {remark}")
    print(f"Written to {flags.output_dir}" + (" (a smoke run)" if flags.limit else ""))


def remarks(split: Mapping[str, Any], num_shots: int) -> list[str]:
    """Return what a user should know of a split's prompts, databases and gold queries."""
    found = []
    with_fewer = sum(n for shots, n in split["num_shots"].items() if int(shots) < num_shots)
    if with_fewer:
        found.append(
            f"{with_fewer} with fewer than {how_many(num_shots, 'shot')} "
            "(no more fitted or were found)"
        )
    if split["missing_databases"]:
        found.append(
            f"no database file for {', '.join(split['missing_databases'])} "
            f"({how_many(split['questions_without_database'], 'question')})"
        )
    if split["gold_outside_grammar"]:
        found.append(
            "gold queries outside Spider's grammar, scored by execution alone: "
            + name_some(split["gold_outside_grammar"])
        )
    if split["gold_errors"]:
        reasons = [f"{id_} ({reason})" for id_, reason in split["gold_errors"].items()]
        found.append("gold queries that do not run: " + name_some(reasons))
    return found


def name_some(names: Sequence[str]) -> str:
    """Return the number of names, and the first few."""
    more = ", …" if len(names) > MAX_NAMED else ""
    return f"{len(names)}: {', '.join(names[:MAX_NAMED])}{more}"


if __name__ == "__main__":
    run(main)
