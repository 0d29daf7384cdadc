"""The rows of a continuous batch: which prompt each holds, and what was generated for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from text2sql.inference.copies import ArrivingTensors
from text2sql.inference.greedy import additive_mask, prefill
from text2sql.inference.kv_cache import BlockCache, aligned
from text2sql.inference.step_graphs import StepGraphs, supports_step_graphs
from text2sql.models.adapters import Model

GRAPH_COLUMNS = 128  # widths with a graph are multiples of it

# Returns the tokens up to their end, and whether they end; the first `num_checked` do not.
Cut = Callable[[list[int], int], tuple[list[int], bool]]


@dataclass(frozen=True)
class RowWrite:
    """A write of one new token in each row, in the column behind the row's last one."""

    rows: torch.Tensor  # (rows,) all rows of the block
    columns: torch.Tensor  # (rows,)
    width: int  # columns that are read

    def __call__(self, block: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        block[self.rows, :, self.columns] = states[:, :, 0]
        return block[:, :, : self.width]


@dataclass(frozen=True)
class Launched:
    """Tokens (rows, steps) on their way from the device, and the prompt that each row held."""

    indices: list[int | None]
    tokens: ArrivingTensors

    def read(self) -> list[list[int]]:
        (tokens,) = self.tokens.read()
        found: list[list[int]] = tokens.tolist()
        return found


class DecodingRows:
    """The rows of the cache, one prompt each or none."""

    def __init__(self, model: Model, num_rows: int, longest: int, pad_id: int):
        self.model, self.longest, self.pad_id = model, longest, pad_id
        self.has_graphs = supports_step_graphs(model)
        self.graphs = StepGraphs(self.has_graphs)
        self.cache = BlockCache(model.config.num_hidden_layers, num_rows, aligned(longest))
        self.tokens = torch.full((num_rows,), pad_id, device=model.device)  # the newest of each
        self.positions = torch.zeros(num_rows, dtype=torch.long, device=model.device)
        self.lengths = [0] * num_rows  # tokens of prompt and generation, the newest included
        self.indices: list[int | None] = [None] * num_rows  # of the prompts; None for a free row
        self.generated: dict[int, list[int]] = {}  # new tokens of the prompts that are in a row

    @property
    def is_busy(self) -> bool:
        return bool(self.generated)

    @property
    def free(self) -> list[int]:
        return [row for row, index in enumerate(self.indices) if index is None]

    def admit(self, prompts: dict[int, Sequence[int]], prefill_tokens: int) -> None:
        """Put sorted prompts into free rows and compute all but their last tokens."""
        slots = self.free[: len(prompts)]
        for slot, (index, prompt) in zip(slots, prompts.items(), strict=True):
            self.indices[slot], self.generated[index] = index, []
            self.lengths[slot] = len(prompt)
        rows, last = (
            torch.tensor(numbers, device=self.model.device)
            for numbers in (slots, [prompt[-1] for prompt in prompts.values()])
        )
        self.tokens[rows] = last
        self.positions[rows] = torch.tensor(
            [len(prompt) - 1 for prompt in prompts.values()], device=self.model.device
        )
        contexts = [prompt[:-1] for prompt in prompts.values()]
        prefill(self.model, self.cache, contexts, self.pad_id, prefill_tokens, rows)

    def advance(self, num_steps: int) -> Launched:
        """Generate the next tokens of every row, without waiting for the device."""
        steps = []
        for _ in range(num_steps):
            self.graphs.step(self.width, self.compute)
            steps.append(self.tokens.clone())
            self.lengths = [length + 1 for length in self.lengths]
        tokens = ArrivingTensors.of(torch.stack(steps, dim=1))
        return Launched(list(self.indices), tokens)

    @property
    def width(self) -> int:
        """Return how many columns hold all tokens of every row."""
        filled = min(max(self.lengths), self.longest)
        if self.has_graphs:
            filled = -(-filled // GRAPH_COLUMNS) * GRAPH_COLUMNS
        return min(aligned(filled), self.cache.num_columns)

    def compute(self, width: int) -> None:
        """Compute the next token of each row, reading `width` columns; all in place."""
        columns = torch.arange(width, device=self.model.device)
        visible = columns <= self.positions[:, None]
        rows = torch.arange(len(self.positions), device=self.model.device)
        self.cache.write_next(RowWrite(rows, self.positions, width))
        logits = self.model(
            input_ids=self.tokens[:, None],
            position_ids=self.positions[:, None],
            attention_mask=additive_mask(visible[:, None, None], self.model),
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits
        self.tokens.copy_(logits[:, -1].argmax(-1))
        # A finished row may go a few tokens too far before that is noticed.
        self.positions.add_(1).clamp_(max=self.longest - 1)

    def take_finished(self, launched: Launched, cut: Cut) -> list[tuple[int, list[int]]]:
        """Free the rows that have finished; return their prompts and what was generated."""
        finished = []
        for index, new in zip(launched.indices, launched.read(), strict=True):
            if index is None or index not in self.generated:
                continue  # it had finished before these steps were computed
            token_ids = self.generated[index]
            token_ids += new
            kept, ends = cut(token_ids, len(token_ids) - len(new))
            if ends:
                finished.append((index, kept))
                del self.generated[index]
                row = self.indices.index(index)
                self.indices[row], self.lengths[row] = None, 0
        return finished

    def shrink(self, largest_live_fraction: float) -> None:
        """Leave the free rows out of the batch, once there are enough of them."""
        live = [row for row, index in enumerate(self.indices) if index is not None]
        num_live = len(live)
        if num_live == len(self.indices) or num_live > largest_live_fraction * len(self.indices):
            return
        holes = [row for row in range(num_live) if self.indices[row] is None]
        movers = [row for row in live if row >= num_live]
        sources, targets = (
            torch.tensor(rows, dtype=torch.long, device=self.model.device)
            for rows in (movers, holes)
        )
        for source, target in zip(movers, holes, strict=True):
            self.indices[target], self.lengths[target] = self.indices[source], self.lengths[source]
        del self.indices[num_live:], self.lengths[num_live:]
        for numbers in (self.tokens, self.positions):
            numbers[targets] = numbers[sources]
        self.tokens, self.positions = self.tokens[:num_live], self.positions[:num_live]
        self.cache.move_rows(sources, targets, num_live)
        self.graphs.forget()
