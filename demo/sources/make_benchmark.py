"""Write the items of demo/benchmark from demo/benchmark_text: python -m demo.sources.make_benchmark

With --tokenizer FOLDER it also counts the pairs of sentences that are not equally long for it.
"""

import argparse
import re
from pathlib import Path

from text2sql.files import write_jsonl

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
        print(f"{len(unequal)} pairs are not equally long in tokens")


def read_pairs() -> list[dict]:
    """Return a row for each sentence: itself and its ungrammatical twin.

    The right one stands first and second in turns, so that a tie favours neither.
    """
    rows = []
    for line in lines_of(TEXT_DIR / "grammar.txt"):
        if line.startswith("## "):
            phenomenon, contrast = line.removeprefix("## ").split(" / ")
        elif line:
            twins = [re.sub(r"[][]", "", line), spoil(line, contrast, len(rows) // 2 % 2)]
            label = len(rows) % 2
            choices = twins[::-1] if label else twins
            rows.append({"phenomenon": phenomenon, "choices": choices, "label": label})
    return rows


def spoil(sentence: str, contrast: str, place: int) -> str:
    """Return the sentence with its bracketed words swapped, or with that of `place` got wrong."""
    before, first, between, second, after = re.split(r"[][]", sentence)
    if contrast == "one word":
        first, second = ((second, second), (first, first))[place]
    else:
        first, second = second, first
    return before + first + between + second + after


def read_stories() -> list[dict]:
    """Return a row for each story; its ending stands in each of the four places in turns."""
    groups = "\n".join(lines_of(TEXT_DIR / "endings.txt")).strip().split("\n\n")
    rows = []
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
    """Return the lines that are no comment; an empty line or `## name` structures the file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("# ")]


def pairs_of_unequal_length(rows: list[dict], tokenizer) -> list[dict]:
    return [
        row
        for row in rows
        if len({len(tokenizer(sentence)["input_ids"]) for sentence in row["choices"]}) > 1
    ]


if __name__ == "__main__":
    main()
