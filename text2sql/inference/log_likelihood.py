"""Log-likelihoods of continuations: what texts begin with in common once, logits where asked.

Texts are sorted, cut into groups that begin alike, and packed into rows without padding
(`shared_prefix`). The logits of a row are computed only at the tokens before a continuation's own,
some at a time, as those of a vocabulary of 256,000 would fill the memory.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import torch
from torch.nn.functional import log_softmax
from transformers import PreTrainedModel

from text2sql.inference.batch_plan import KEYS_PER_TOKEN, ScoringPlan
from text2sql.inference.kv_cache import base_of
from text2sql.models.packed_attention import (
    Branch,
    common_length,
    pack,
    packed_attention,
)

LARGEST_GROUP = 256  # texts; a larger one fills several rows anyway

Request = tuple[list[int], list[int]]  # tokens of the context, tokens of the continuation
Answer = tuple[float, bool]  # log-likelihood; whether each token is the most likely one


@dataclass
class Text:
    """Tokens that the model reads, and the requests whose continuations end behind them."""

    tokens: tuple[int, ...]
    num_scored: int = 0  # tokens at the end whose logits are asked for
    requests: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Scored:
    """What a row gave: for each token of each request its log-probability, still on the device."""

    requests: list[int]
    lengths: list[int]
    log_probabilities: torch.Tensor
    is_most_likely: torch.Tensor

    def answers(self) -> Iterator[tuple[int, Answer]]:
        """Yield each request with its answer, summed in the precision of the logits."""
        parts = self.log_probabilities.cpu().split(self.lengths)
        greedy = self.is_most_likely.cpu().split(self.lengths)
        for request, part, hits in zip(self.requests, parts, greedy, strict=True):
            yield request, (float(part.sum()), bool(hits.all()))


def score_continuations(
    model: PreTrainedModel,
    requests: Sequence[Request],
    max_length: int,
    plan: ScoringPlan,
    softmax_dtype: torch.dtype | None = None,
) -> Iterator[tuple[int, Answer]]:
    """Yield the place of each request and its answer, in any order.

    A text of more than `max_length` tokens loses its beginning. Where memory runs out, the rest
    goes on in smaller rows.
    """
    groups = groups_of(read_texts(requests, max_length))
    waiting = None  # the GPU computes the next row while the last one is read
    with torch.inference_mode(), packed_attention(base_of(model)):
        while groups:
            row, rest = cut_row(groups, plan.tokens_at_once)
            scored = try_row(model, row, requests, plan.logits_at_once, softmax_dtype)
            if scored is None:
                plan = plan.halved()
                continue
            groups = rest
            if waiting:
                yield from waiting.answers()
            waiting = scored
        if waiting:
            yield from waiting.answers()


def read_texts(requests: Sequence[Request], max_length: int) -> list[Text]:
    """Return what the model must read, sorted, each text once: all but the last token."""
    texts: dict[tuple[int, ...], Text] = {}
    for place, (context, continuation) in enumerate(requests):
        tokens = tuple([*context, *continuation][-(max_length + 1) : -1])
        text = texts.setdefault(tokens, Text(tokens))
        text.num_scored = max(text.num_scored, len(continuation))
        text.requests.append(place)
    return sorted(texts.values(), key=lambda text: text.tokens)


def groups_of(texts: Sequence[Text]) -> list[list[Text]]:
    """Return the sorted texts in groups such that computing each group's beginning once saves most.

    Dynamic programming over the places to cut: a group of n texts that share m tokens saves
    (n - 1) × m.
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


def shared_by(group: Sequence[Text]) -> int:
    """Return how many tokens are computed once for a group of sorted texts."""
    return common_length(group[0].tokens, group[-1].tokens) if len(group) > 1 else 0


def cut_row(
    groups: Sequence[list[Text]], tokens_at_once: int
) -> tuple[list[list[Text]], list[list[Text]]]:
    """Return groups that fill a row, and what is left; at least one text goes into the row."""
    row: list[list[Text]] = []
    tokens = keys = 0
    for place, group in enumerate(groups):
        tokens += (shared := shared_by(group))
        for count, text in enumerate(group):
            tokens += len(text.tokens) - shared
            keys += len(text.tokens)
            is_full = tokens > tokens_at_once or keys > KEYS_PER_TOKEN * tokens_at_once
            if is_full and (row or count):
                part = [group[:count]] if count else []
                return row + part, [group[count:], *groups[place + 1 :]]
        row.append(group)
    return row, []


def try_row(*arguments: object) -> Scored | None:
    """Return what `score_row` returns, or None where the device's memory did not suffice."""
    try:
        return score_row(*arguments)
    except torch.OutOfMemoryError:
        return None


def score_row(
    model: PreTrainedModel,
    row: Sequence[list[Text]],
    requests: Sequence[Request],
    logits_at_once: int,
    softmax_dtype: torch.dtype | None,
) -> Scored:
    """Return the log-probabilities that the row's requests ask for; nothing waits for the GPU."""
    base, device = base_of(model), model.device
    packed, texts = pack_row(row)
    ends = [part.start + part.length for part in packed["shared_prefix"].branches]
    spans = [range(end - text.num_scored, end) for text, end in zip(texts, ends, strict=True)]
    scored = torch.tensor([place for span in spans for place in span], device=device)
    states = base.base_model(
        **{name: value.to(device) for name, value in packed.items()}, use_cache=False
    ).last_hidden_state[0, scored]
    places, targets = asked_tokens(texts, requests)
    asked = [request for text in texts for request in text.requests]
    return Scored(
        asked,
        [len(requests[request][1]) for request in asked],
        *look_up(base, states, places, targets, logits_at_once, softmax_dtype),
    )


def pack_row(row: Sequence[list[Text]]) -> tuple[dict, list[Text]]:
    """Return the arguments of the model for a row of groups, and the row's texts in order."""
    trunks, branches = [], []
    for number, group in enumerate(row):
        shared = shared_by(group)
        trunks.append(group[0].tokens[:shared])
        for text in group:
            own = min(shared, len(text.tokens) - text.num_scored)
            branches.append(Branch(text.tokens[own:], own, number))
    return pack(trunks, branches), [text for group in row for text in group]


def asked_tokens(
    texts: Sequence[Text], requests: Sequence[Request]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return for each token of each request its place among the scored ones, and the token."""
    places, targets, end = [], [], 0
    for text in texts:
        end += text.num_scored
        for request in text.requests:
            continuation = requests[request][1]
            places += range(end - len(continuation), end)
            targets += continuation
    return torch.tensor(places), torch.tensor(targets)


def look_up(
    base: PreTrainedModel,
    states: torch.Tensor,
    places: torch.Tensor,
    targets: torch.Tensor,
    logits_at_once: int,
    softmax_dtype: torch.dtype | None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the log-probability of each target behind its place, and whether none is likelier."""
    device, head = states.device, base.get_output_embeddings()
    found = torch.empty(len(places), dtype=softmax_dtype or states.dtype, device=device)
    hits = torch.empty(len(places), dtype=torch.bool, device=device)
    for first in range(0, len(states), logits_at_once):
        here = ((places >= first) & (places < first + logits_at_once)).nonzero()[:, 0]
        place, target = (places[here] - first).to(device), targets[here].to(device)
        logits = head(states[first : first + logits_at_once])
        log_probabilities = log_softmax(logits, dim=-1, dtype=softmax_dtype)
        here = here.to(device)
        found[here] = log_probabilities[place, target]
        hits[here] = log_probabilities.argmax(-1)[place] == target
    return found, hits
