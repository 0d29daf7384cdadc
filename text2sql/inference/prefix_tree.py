"""What prompts begin with in common, as a tree of spans that are each computed once."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from text2sql.models.packed_attention import common_length

SMALLEST_SAVING = 64  # tokens; a span that saves less costs more than it saves


@dataclass(frozen=True)
class Span:
    """The tokens `start` to `end` of the prompts `first` to `last`, which are the same in each."""

    start: int
    end: int
    first: int
    last: int

    @property
    def length(self) -> int:
        return self.end - self.start


def shared_spans(prompts: Sequence[Sequence[int]]) -> list[list[Span]]:
    """Return spans that together are every token of every prompt; the prompts must be sorted.

    The spans of one list are independent of each other; each needs those of the lists before it.
    The last list holds what belongs to one prompt alone.
    """
    levels: list[list[Span]] = []
    alone: list[Span] = []
    todo = [(0, len(prompts), 0, 0)]
    while todo:
        first, last, start, level = todo.pop()
        # What the first and the last of sorted prompts share, all between them share.
        end = common_length(prompts[first], prompts[last - 1], start)
        if last - first == 1:
            alone += [Span(start, end, first, last)] if end > start else []
            continue
        if (end - start) * (last - first - 1) >= SMALLEST_SAVING:
            levels += [[]] if level == len(levels) else []
            levels[level].append(Span(start, end, first, last))
            start, level = end, level + 1
        todo += [(*run, start, level) for run in runs_of_next_token(prompts, first, last, end)]
    return [*levels, alone] if alone else levels


def runs_of_next_token(
    prompts: Sequence[Sequence[int]], first: int, last: int, place: int
) -> list[tuple[int, int]]:
    """Return runs of the prompts `first` to `last` that go on alike; ended ones stand alone."""

    def next_token(index: int) -> tuple[int, int]:
        ended = len(prompts[index]) == place
        return (-1, index) if ended else (prompts[index][place], 0)

    runs = [list(run) for _, run in groupby(range(first, last), key=next_token)]
    return [(run[0], run[-1] + 1) for run in runs]
