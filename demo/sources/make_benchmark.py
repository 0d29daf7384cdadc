"""Write the items of demo/benchmark from benchmark_text/:

    python -m demo.sources.make_benchmark

With --tokenizer FOLDER it also counts the sentence pairs of unequal length in that tokenizer.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from text2sql.files import write_jsonl

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Row: TypeAlias = dict[str, Any]  # of a benchmark file

TEXT_DIR = Path(__file__).parent / "benchmark_text"
BENCHMARK_DIR = Path(__file__).parents[1] / "benchmark"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output_dir", type=Path, default=BENCHMARK_DIR)
    parser.add_argument("--tokenizer", help="folder of a tokenizer to count with")
    arguments = parser.parse_args()
    pairs, stories = read_pairs(), read_stories()
    write_jsonl(arguments.output_dir / "grammar.jsonl", pairs)
    write_jsonl(arguments.output_dir / "endings.jsonl", stories)
    print(f"{len(pairs)} pairs of sentences, {len(stories)} stories")
    if arguments.tokenizer:
        from transformers import AutoTokenizer

        unequal = pairs_of_unequal_length(pairs, AutoTokenizer.from_pretrained(arguments.tokenizer))
        print(f"{len(unequal)} pairs differ in length in tokens")


def read_pairs() -> list[Row]:
    """Return one row per sentence: the sentence and its ungrammatical variant.

    The grammatical one comes first and second in turn, so that a tie favors neither.
    """
    rows: list[Row] = []
    for line in lines_of(TEXT_DIR / "grammar.txt"):
        if line.startswith("## "):
            phenomenon, contrast = line.removeprefix("## ").split(" / ")
        elif line:
            variants = [re.sub(r"[][]", "", line), spoil(line, contrast, len(rows) // 2 % 2)]
            label = len(rows) % 2
            choices = variants[::-1] if label else variants
            rows.append({"phenomenon": phenomenon, "choices": choices, "label": label})
    return rows


def spoil(sentence: str, contrast: str, index: int) -> str:
    """Return the sentence with its bracketed words swapped, or one of them wrong (by `index`)."""
    before, first, between, second, after = re.split(r"[][]", sentence)
    if contrast == "one word":
        first, second = ((second, second), (first, first))[index]
    else:
        first, second = second, first
    return before + first + between + second + after


def read_stories() -> list[Row]:
    """Return one row per story; the right ending takes each of the four positions in turn."""
    groups = "\n".join(lines_of(TEXT_DIR / "endings.txt")).strip().split("\n\n")
    rows: list[Row] = []
    for number, group in enumerate(groups):
        stories, endings = zip(*(line.split(" | ") for line in group.splitlines()), strict=True)
        for index, story in enumerate(stories):
            label = (number + index) % 4
            first = (index - label) % 4
            rows.append(
                {
                    "group": number,
                    "story": story,
                    "endings": [*endings[first:], *endings[:first]],
                    "label": label,
                }
            )
    return rows


def lines_of(path: Path) -> list[str]:
    """Return the lines that are not comments; empty lines and `## name` structure the file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("# ")]


def pairs_of_unequal_length(rows: list[Row], tokenizer: PreTrainedTokenizerBase) -> list[Row]:
    return [
        row
        for row in rows
        if len({len(tokenizer(sentence)["input_ids"]) for sentence in row["choices"]}) > 1
    ]


if __name__ == "__main__":
    main()
