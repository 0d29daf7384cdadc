"""The common prefixes of sorted prompts, as a tree of spans that are each computed once."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from text2sql.models.packed_rows import common_length

SMALLEST_SAVING = 64  # tokens; a span that saves less costs more than it saves


@dataclass(frozen=True)
class Span:
    """The tokens `start` to `end` of the prompts `first` to `last`, which share them."""

    start: int
    end: int
    first: int
    last: int

    @property
    def length(self) -> int:
        return self.end - self.start


def shared_spans(prompts: Sequence[Sequence[int]]) -> list[list[Span]]:
    """Return spans that cover every token of every prompt once; the prompts must be sorted.

    The spans of a list are independent of each other and depend on those of the lists before it.
    The last list holds the spans that belong to a single prompt.
    """
    levels: list[list[Span]] = []
    own: list[Span] = []
    pending = [(0, len(prompts), 0, 0)]
    while pending:
        first, last, start, level = pending.pop()
        # What the first and the last of sorted prompts share, all between them share.
        end = common_length(prompts[first], prompts[last - 1], start)
        if last - first == 1:
            own += [Span(start, end, first, last)] if end > start else []
            continue
        if (end - start) * (last - first - 1) >= SMALLEST_SAVING:
            levels += [[]] if level == len(levels) else []
            levels[level].append(Span(start, end, first, last))
            start, level = end, level + 1
        runs = runs_by_next_token(prompts, first, last, end)
        pending += [(*run, start, level) for run in runs]
    return [*levels, own] if own else levels


def runs_by_next_token(
    prompts: Sequence[Sequence[int]], first: int, last: int, position: int
) -> list[tuple[int, int]]:
    """Return the runs among prompts `first` to `last` with the same token at `position`.

    A prompt that ends there is a run of its own.
    """

    def next_token(index: int) -> tuple[int, int]:
        ended = len(prompts[index]) == position
        return (-1, index) if ended else (prompts[index][position], 0)

    runs = [list(run) for _, run in groupby(range(first, last), key=next_token)]
    return [(run[0], run[-1] + 1) for run in runs]
