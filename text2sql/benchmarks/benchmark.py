"""A benchmark as `--benchmarks` names it: task[:shots][@chat]."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from text2sql.errors import UserError

# Knowledge and common sense as continuations, and what chat tuning gave, asked as a chat.
DEFAULT_BENCHMARKS = ("mmlu", "hellaswag", "arc_challenge", "winogrande", "ifeval@chat")
DEFAULT_SHOTS = {"mmlu": 5, "hellaswag": 0, "arc_challenge": 0, "winogrande": 0}
NAME = re.compile(r"(?P<task>[^:@]+)(?::(?P<shots>\d+))?(?P<chat>@chat)?")


@dataclass(frozen=True)
class Benchmark:
    """A task, a group or a tag of lm-evaluation-harness, and how it is asked.

    `name` heads its column in the tables and is its key in the report. Asked as a chat, prompts
    are rendered by the model's chat template, with each shot as a turn of its own.
    """

    name: str
    num_fewshot: int | None  # None: as many as the task sets itself
    task: str = ""  # the harness' name; default: `name`
    as_chat: bool = False
    results_file: str = ""  # default: `name` + ".json"

    def __post_init__(self) -> None:
        object.__setattr__(self, "task", self.task or self.name)
        object.__setattr__(self, "results_file", self.results_file or f"{self.name}.json")


def parse_benchmark(text: str) -> Benchmark:
    """Return the benchmark that `task`, `task:shots`, `task@chat` or `task:shots@chat` names."""
    match = NAME.fullmatch(text)
    if match is None:
        raise UserError(
            f"--benchmarks {text!r} is not task[:shots][@chat], such as mmlu:5 or gsm8k:5@chat."
        )
    task, shots, chat = match["task"], match["shots"], match["chat"]
    num_fewshot = DEFAULT_SHOTS.get(task) if shots is None else int(shots)
    return Benchmark(task + (chat or ""), num_fewshot, task, as_chat=chat is not None)


def parse_benchmarks(texts: Sequence[str]) -> list[Benchmark]:
    """Return what `--benchmarks` names; the single word `none` names nothing."""
    if list(texts) == ["none"]:
        return []
    benchmarks = [parse_benchmark(text) for text in texts]
    names = [benchmark.name for benchmark in benchmarks]
    for name in names:
        if name == "none":
            raise UserError(f"--benchmarks: none cannot be combined with {', '.join(names)}.")
        if names.count(name) > 1:
            raise UserError(f"--benchmarks names {name} twice: {', '.join(texts)}.")
    return benchmarks
