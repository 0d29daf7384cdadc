"""The manifest of a folder of prompts: how they were made, and what other commands read of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from text2sql.data.spider_splits import Split
from text2sql.errors import UserError
from text2sql.files import check_plain_name, sha256_of_json
from text2sql.prompts.budget import FittedPrompt
from text2sql.seals import read_sealed_object

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

MANIFEST = "manifest.json"
# What other commands read of the manifest, with the types in JSON.
MANIFEST_TYPES: dict[str, tuple[type, ...]] = {
    "model_id": (str,),
    "seed": (int,),
    "max_length": (int,),
    "limit": (int, type(None)),
    "splits": (dict,),
    "tokenizer": (dict,),
}
SPLIT_TYPES: dict[str, tuple[type, ...]] = {
    "rows": (int,),
    "tables_path": (str,),
    "database_dir": (str,),
    "rows_sha256": (str,),
}
RELATIVE = "relative_to_manifest"  # the paths of a split, for folders that are moved together
PERCENTILES = (50, 90, 95, 99)
REMAKE = "Run preprocess.py again."


def describe_split(
    split: Split, fitted: Sequence[FittedPrompt], rows: Sequence[dict[str, Any]], max_length: int
) -> dict[str, Any]:
    """Return what the manifest says of the split's prompts."""
    kept = {row["id"] for row in rows}
    left_out = [example.id for example in split.examples if example.id not in kept]
    missing = split.missing_databases()
    return {
        "rows": len(rows),
        "left_out": len(left_out),
        "left_out_ids": left_out,
        "above_max_length_ids": [row["id"] for row in rows if row["num_tokens"] > max_length],
        "missing_databases": missing,
        "questions_without_database": sum(e.db_id in missing for e in split.examples),
        "databases": len({row["db_id"] for row in rows}),
        "num_shots": count_values(prompt.num_shots for prompt in fitted),
        "without_types": sum(not prompt.reduction.with_types for prompt in fitted),
        "without_some_tables": sum(not prompt.reduction.all_tables for prompt in fitted),
        "hardness": count_values(row["hardness"] or "unknown" for row in rows),
        "num_tokens": length_percentiles([row["num_tokens"] for row in rows]),
    }


def count_values(values: Iterable[object]) -> dict[str, int]:
    return dict(sorted(Counter(map(str, values)).items()))


def length_percentiles(lengths: Sequence[int]) -> dict[str, int]:
    """Return the percentiles of the lengths, each a length that occurs, and the maximum."""
    ordered = sorted(lengths)
    if not ordered:
        return {}
    ranks = {f"p{percent}": -(-percent * len(ordered) // 100) - 1 for percent in PERCENTILES}
    return {name: ordered[rank] for name, rank in ranks.items()} | {"max": ordered[-1]}


def describe_tokenizer(tokenizer: "PreTrainedTokenizerBase") -> dict[str, str]:
    """Return the hashes of what a prompt's text and its number of tokens depend on."""
    return {
        "vocabulary_sha256": sha256_of_json(tokenizer.get_vocab()),
        "chat_template_sha256": sha256_of_json(tokenizer.chat_template),
    }


def read_manifest(data_dir: Path) -> dict[str, Any]:
    """Return the manifest; a `UserError` where it is absent, malformed or of an earlier version."""
    if not (data_dir / MANIFEST).exists():
        raise UserError(
            f"There are no prompts in {data_dir}. Run preprocess.py first, or pass --data_dir with "
            "the folder that it wrote."
        )
    manifest = read_sealed_object(data_dir / MANIFEST, *MANIFEST_TYPES, advice=REMAKE)
    require_types(data_dir, manifest, MANIFEST_TYPES)
    for name in plain_names(data_dir, manifest["splits"]):
        require_types(data_dir, manifest["splits"][name], SPLIT_TYPES)
    if not manifest["model_id"].isprintable():
        raise UserError(f"{data_dir / MANIFEST} names a model that is not printable. {REMAKE}")
    return manifest


def source_path(data_dir: Path, split: Mapping[str, Any], key: str) -> Path:
    """Return the recorded path of a split; where it is gone, the one beside the manifest."""
    recorded = Path(split[key])
    relative = split.get(RELATIVE, {}).get(key)
    if recorded.exists() or not isinstance(relative, str) or not (data_dir / relative).exists():
        return recorded
    return (data_dir / relative).resolve()


def require_types(data_dir: Path, value: Any, types: Mapping[str, tuple[type, ...]]) -> None:
    for key, allowed in types.items():
        if not isinstance(value, dict) or key not in value or type(value[key]) not in allowed:
            raise UserError(
                f"{data_dir / MANIFEST}: `{key}` is missing or has another type than preprocess.py "
                f"writes. {REMAKE}"
            )


def refuse_other_tokenizer(data_dir: Path, tokenizer: "PreTrainedTokenizerBase") -> None:
    """Refuse prompts whose model changed its tokenizer: their length in tokens would be wrong.

    A model may change under its name, on the hub as in a folder.
    """
    manifest = read_manifest(data_dir)
    if manifest["tokenizer"] != describe_tokenizer(tokenizer):
        raise UserError(
            f"The prompts in {data_dir} were made with another tokenizer or chat template than "
            f"{manifest['model_id']} has now, so their text and number of tokens may be wrong. "
            f"{REMAKE}"
        )


def plain_names(data_dir: Path, splits: object) -> list[str]:
    """Return the names of the manifest's splits, which somebody else may have written."""
    path = data_dir / MANIFEST
    if not isinstance(splits, dict):
        raise UserError(f"{path}: `splits` must be an object. {REMAKE}")
    return [check_plain_name(name, path) for name in splits]
