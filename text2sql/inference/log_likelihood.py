"""Log-likelihoods of continuations: shared prefixes computed once, logits only where asked for.

Texts are sorted, cut into groups with a common prefix, and packed into rows without padding. The
logits of a row are computed only at the positions that predict a continuation, a chunk at a time,
since those of a vocabulary of 256,000 would fill the memory.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeVar

import numpy as np
import torch
from torch.nn.functional import log_softmax
from transformers import PreTrainedModel

from text2sql.inference.batch_plan import KEYS_PER_TOKEN, ScoringPlan
from text2sql.inference.copies import ArrivingTensors, send
from text2sql.models.adapters import Model, unwrap_adapters
from text2sql.models.packed_attention import packed_attention
from text2sql.models.packed_rows import PackedRow, Suffix, common_length, pack_row

LARGEST_GROUP = 256  # texts; a larger group fills several rows anyway

T = TypeVar("T")
Request = tuple[list[int], list[int]]  # tokens of the context, tokens of the continuation
Answer = tuple[float, bool]  # log-likelihood; whether each token is the most likely one


@dataclass
class Text:
    """Tokens that the model reads, and the requests whose continuations it predicts at the end."""

    tokens: tuple[int, ...]
    num_scored: int = 0  # positions at the end whose logits are needed
    requests: list[int] = field(default_factory=list)  # indices of requests


@dataclass(frozen=True)
class ScoredRow:
    """The log-probability of each token of each request in a row, and whether it is the largest."""

    requests: list[int]
    lengths: list[int]
    scores: ArrivingTensors
    ends_block: bool = False

    def answers(self) -> Iterator[tuple[int, Answer]]:
        """Yield the index of each request and its answer, summed in the logits' precision."""
        log_probabilities, is_most_likely = self.scores.read()
        parts = log_probabilities.split(self.lengths)
        greedy = is_most_likely.split(self.lengths)
        for request, part, hits in zip(self.requests, parts, greedy, strict=True):
            yield request, (float(part.sum()), bool(hits.all()))


def score_blocks(
    model: Model,
    blocks: Iterable[Sequence[Request]],
    max_length: int,
    plan: ScoringPlan,
    softmax_dtype: torch.dtype | None = None,
) -> Iterator[list[Answer]]:
    """Yield the answers to each block of requests; rows hold texts of one block only.

    No block is empty. A text of more than `max_length` tokens is truncated from the left. When
    memory runs out, the remaining texts are computed in smaller rows. While a row's answers are
    read, a GPU computes the next one, be it of the next block.
    """
    found: dict[int, Answer] = {}
    with torch.inference_mode(), packed_attention(unwrap_adapters(model)):
        rows = score_rows(model, blocks, max_length, plan, softmax_dtype)
        for row in one_late(rows) if model.device.type == "cuda" else rows:
            found.update(row.answers())
            if row.ends_block:
                yield [found[index] for index in range(len(found))]
                found = {}


def score_rows(
    model: Model,
    blocks: Iterable[Sequence[Request]],
    max_length: int,
    plan: ScoringPlan,
    softmax_dtype: torch.dtype | None,
) -> Iterator[ScoredRow]:
    """Yield the rows of all blocks, each as soon as the device was told to compute it."""
    for requests in blocks:
        groups = group_texts(read_texts(requests, max_length))
        while groups:
            row, rest = take_row(groups, plan.tokens_at_once)
            scored = try_scoring(model, row, requests, plan.logits_at_once, softmax_dtype)
            if scored is None:
                plan = plan.halved()
                continue
            groups = rest
            yield replace(scored, ends_block=not rest)


def one_late(items: Iterable[T]) -> Iterator[T]:
    """Yield each item when the next one is there, and then the last."""
    waiting: deque[T] = deque()
    for item in items:
        waiting.append(item)
        if len(waiting) > 1:
            yield waiting.popleft()
    yield from waiting


def read_texts(requests: Sequence[Request], max_length: int) -> list[Text]:
    """Return the sorted distinct texts to compute: each request without its last token."""
    texts: dict[tuple[int, ...], Text] = {}
    for index, (context, continuation) in enumerate(requests):
        tokens = tuple([*context, *continuation][-(max_length + 1) : -1])
        text = texts.setdefault(tokens, Text(tokens))
        text.num_scored = max(text.num_scored, len(continuation))
        text.requests.append(index)
    return sorted(texts.values(), key=lambda text: text.tokens)


def group_texts(texts: Sequence[Text]) -> list[list[Text]]:
    """Return the sorted texts in the groups that save the most when prefixes are computed once.

    Dynamic programming over where to cut: n texts that share m tokens save (n - 1) * m.
    """
    pairs = pairwise(text.tokens for text in texts)
    shared = np.array([common_length(one, other) for one, other in pairs], dtype=int)
    saved = np.zeros(len(texts) + 1, dtype=int)
    starts = np.arange(-1, len(texts))
    for end in range(1, len(texts) + 1):
        first = max(0, end - LARGEST_GROUP)
        least = np.minimum.accumulate(shared[first : end - 1][::-1])
        sizes = np.arange(1, len(least) + 1)
        savings = np.concatenate(([0], sizes * least)) + saved[first:end][::-1]
        best = int(savings.argmax())
        saved[end], starts[end] = savings[best], end - 1 - best
    groups, end = [], len(texts)
    while end > 0:
        groups.append(list(texts[starts[end] : end]))
        end = starts[end]
    return groups[::-1]


def shared_length(group: Sequence[Text]) -> int:
    """Return how many tokens are computed once for a group of sorted texts."""
    return common_length(group[0].tokens, group[-1].tokens) if len(group) > 1 else 0


def take_row(
    groups: Sequence[list[Text]], tokens_at_once: int
) -> tuple[list[list[Text]], list[list[Text]]]:
    """Return groups that fill a row, and the rest; the row has at least one text."""
    row: list[list[Text]] = []
    num_tokens = num_keys = 0
    for index, group in enumerate(groups):
        num_tokens += (shared := shared_length(group))
        for count, text in enumerate(group):
            num_tokens += len(text.tokens) - shared
            num_keys += len(text.tokens)
            is_full = num_tokens > tokens_at_once or num_keys > KEYS_PER_TOKEN * tokens_at_once
            if is_full and (row or count):
                part = [group[:count]] if count else []
                return row + part, [group[count:], *groups[index + 1 :]]
        row.append(group)
    return row, []


def try_scoring(
    model: Model,
    row: Sequence[list[Text]],
    requests: Sequence[Request],
    logits_at_once: int,
    softmax_dtype: torch.dtype | None,
) -> ScoredRow | None:
    """Return what `score_row` returns, or None when the device runs out of memory."""
    try:
        return score_row(model, row, requests, logits_at_once, softmax_dtype)
    except torch.OutOfMemoryError:
        return None


def score_row(
    model: Model,
    row: Sequence[list[Text]],
    requests: Sequence[Request],
    logits_at_once: int,
    softmax_dtype: torch.dtype | None,
) -> ScoredRow:
    """Return the log-probabilities that the row's requests ask for, without waiting for the GPU."""
    base, device = unwrap_adapters(model), model.device
    packed, texts = pack_groups(row)
    layout = packed["shared_prefix"]
    ends = [segment.start + segment.length for segment in layout.suffixes]
    spans = [range(end - text.num_scored, end) for text, end in zip(texts, ends, strict=True)]
    scored = torch.tensor([index for span in spans for index in span])
    states = base.base_model(
        input_ids=send(packed["input_ids"], device),
        position_ids=send(packed["position_ids"], device),
        shared_prefix=send(layout, device),
        use_cache=False,
    ).last_hidden_state[0, send(scored, device)]
    rows, targets = requested_tokens(texts, requests)
    asked = [request for text in texts for request in text.requests]
    lengths = [len(requests[request][1]) for request in asked]
    scores = score_targets(base, states, rows, targets, logits_at_once, softmax_dtype)
    return ScoredRow(asked, lengths, ArrivingTensors.of(*scores))


def pack_groups(row: Sequence[list[Text]]) -> tuple[PackedRow, list[Text]]:
    """Return the model's arguments for a row of groups, and the row's texts in order."""
    prefixes, suffixes = [], []
    for index, group in enumerate(row):
        shared = shared_length(group)
        prefixes.append(group[0].tokens[:shared])
        for text in group:
            length = min(shared, len(text.tokens) - text.num_scored)
            suffixes.append(Suffix(text.tokens[length:], length, index))
    return pack_row(prefixes, suffixes), [text for group in row for text in group]


def requested_tokens(
    texts: Sequence[Text], requests: Sequence[Request]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the tokens (n,) of all requests, and for each the index of the state before it."""
    rows: list[int] = []
    targets: list[int] = []
    end = 0
    for text in texts:
        end += text.num_scored
        for request in text.requests:
            continuation = requests[request][1]
            rows += range(end - len(continuation), end)
            targets += continuation
    return torch.tensor(rows), torch.tensor(targets)


def score_targets(
    base: PreTrainedModel,
    states: torch.Tensor,
    rows: torch.Tensor,
    targets: torch.Tensor,
    logits_at_once: int,
    softmax_dtype: torch.dtype | None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the log-probability of each target (n,), and whether it is the most likely token.

    `states` are (positions, hidden size); `rows` (n,) index those that predict the targets (n,).
    """
    device, head = states.device, base.get_output_embeddings()
    log_likelihoods = torch.empty(len(rows), dtype=softmax_dtype or states.dtype, device=device)
    is_most_likely = torch.empty(len(rows), dtype=torch.bool, device=device)
    for first in range(0, len(states), logits_at_once):
        chunk = ((rows >= first) & (rows < first + logits_at_once)).nonzero()[:, 0]
        row, target = send(rows[chunk] - first, device), send(targets[chunk], device)
        logits = head(states[first : first + logits_at_once])
        log_probabilities = log_softmax(logits, dim=-1, dtype=softmax_dtype)
        chunk = send(chunk, device)
        log_likelihoods[chunk] = log_probabilities[row, target]
        is_most_likely[chunk] = log_probabilities.argmax(-1)[row] == target
    return log_likelihoods, is_most_likely
