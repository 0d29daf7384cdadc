"""The few shapes that a run's packed rows are padded to, each of which gets a CUDA graph."""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from text2sql.models.device import ModelShape
from text2sql.models.packed_rows import RowShape

TOKEN_MULTIPLE = 128  # of the tokens in a row, as matrix kernels like it
FLOPS_PER_WEIGHT = 4  # for a token of a training step whose weights are frozen

# As measured on an H100 at Gemma-2B's and SmolLM2's shapes.
CAPTURE_S = 7e-3  # capturing a layer, forwards and backwards
FLOPS = 5e14  # per second, of matrix products
LAYER_TOKEN_S = 1e-7  # all else that a layer does for a token


def row_shape(num_tokens: int, num_texts: int, longest_text: int) -> RowShape:
    """Return the shape of rows of `num_tokens` that pack at most `num_texts` texts."""
    return RowShape(
        num_tokens=num_tokens,
        num_keys=max((num_texts + 1) * longest_text, num_tokens),  # of texts and what they share
        num_segments=2 * (num_texts + 2),
        max_seqlen=min(longest_text, num_tokens),
    )


def capture_tokens(model: ModelShape) -> int:
    """Return how many tokens a GPU computes while a graph of the model's layers is captured."""
    token_s = FLOPS_PER_WEIGHT * model.num_linear_parameters / FLOPS
    token_s += LAYER_TOKEN_S * model.num_layers
    return round(CAPTURE_S * model.num_layers / token_s)


def choose_row_sizes(sample: Sequence[int], num_rows: int, graph_tokens: int) -> list[int]:
    """Return the sizes, in tokens, that rows are padded to, so that a run takes the least time.

    `sample` holds the sizes of some of the run's `num_rows` rows. A larger number of sizes saves
    padding, but each takes a graph, which costs as much as computing `graph_tokens`.
    """
    counts = Counter(-(-size // TOKEN_MULTIPLE) * TOKEN_MULTIPLE for size in sample)
    sizes = sorted(counts)
    rows = [0, *accumulate(counts[size] * num_rows / len(sample) for size in sizes)]
    best: list[tuple[float, list[int]]] = [(0.0, [])]  # tokens computed for the first n sizes
    for end, size in enumerate(sizes, start=1):
        computed = [
            (best[start][0] + graph_tokens + (rows[end] - rows[start]) * size, start)
            for start in range(end)
        ]
        cost, start = min(computed)
        best.append((cost, [*best[start][1], size]))
    return best[-1][1]
