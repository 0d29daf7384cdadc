"""The few shapes that a run's packed rows are padded to, each of which gets a CUDA graph."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import accumulate, islice

from datasets import Dataset

from text2sql.models.device import ModelShape
from text2sql.models.packed_rows import RowShape, RowSize
from text2sql.training.packing import count_labels, first_label, packed_row_sizes

SAMPLED_ROWS = 256  # from whose sizes those of a run are known well enough
TOKEN_MULTIPLE = 128  # of the tokens in a row, as matrix kernels like it
KEY_MARGIN = 1.05  # over the keys of sampled rows; those that pad them cost little
FLOPS_PER_WEIGHT = 4  # for a token of a training step whose weights are frozen

# As measured on an H100 at Gemma-2B's and SmolLM2's shapes.
CAPTURE_S = 7e-3  # capturing a layer, forwards and backwards
FLOPS = 5e14  # per second, of matrix products
LAYER_TOKEN_S = 1e-7  # all else that a layer does for a token


def shapes_of_run(
    rows: Dataset, order: Iterable[int], num_texts: int, num_rows: int, model: ModelShape
) -> list[RowShape]:
    """Return the shapes for a run that packs `num_texts` neighbours of `order` into each row."""
    sample = rows.select([*islice(order, SAMPLED_ROWS * num_texts)])
    limits = [first_label(labels) - 1 for labels in sample["labels"]]
    num_labels = [count_labels(labels) for labels in rows["labels"]]
    return choose_row_shapes(
        packed_row_sizes(sample["input_ids"], limits, num_texts),
        [len(token_ids) for token_ids in rows["input_ids"]],
        num_texts=num_texts,
        num_outputs=sum(sorted(num_labels)[-num_texts:]),
        num_rows=num_rows,
        graph_tokens=capture_tokens(model),
    )


def choose_row_shapes(
    sample: Sequence[RowSize],
    lengths: Sequence[int],
    *,
    num_texts: int,
    num_outputs: int,
    num_rows: int,
    graph_tokens: int,
) -> list[RowShape]:
    """Return the shapes that a run's rows of at most `num_texts` texts are padded to.

    No row has more than `num_outputs` labels. `sample` holds the sizes of some of the run's
    `num_rows` rows, `lengths` those of all its texts. The largest shape holds any of these,
    whatever they share. Others have room for the keys of the sampled rows and a few more; a row
    with still more gets a larger shape.
    """
    most_tokens = sum(sorted(lengths)[-num_texts:])
    shape_with = partial(row_shape, num_texts=num_texts, longest_text=max(lengths))
    known = [*sample, RowSize(most_tokens, most_tokens)]
    shapes = []
    smaller = 0
    for num_tokens in choose_row_sizes([row.num_tokens for row in known], num_rows, graph_tokens):
        padded = [row for row in known if smaller < row.num_tokens <= num_tokens]
        smaller = num_tokens
        # Tokens that pad a row see themselves.
        most_keys = max(row.num_keys + num_tokens - row.num_tokens for row in padded)
        num_keys = round_up(round(KEY_MARGIN * most_keys), TOKEN_MULTIPLE)
        shapes.append(shape_with(num_tokens, num_keys, num_outputs))
    largest = shape_with(smaller, smaller + num_texts * max(lengths), num_outputs)
    return [*shapes[:-1], largest]


def row_shape(
    num_tokens: int, num_keys: int, num_outputs: int, *, num_texts: int, longest_text: int
) -> RowShape:
    """Return the shape of rows that pack at most `num_texts` texts and what they share."""
    max_seqlen = min(longest_text, num_tokens)
    num_padding_segments = sum(-(-padded // max_seqlen) for padded in (num_tokens, num_keys))
    return RowShape(
        num_tokens=num_tokens,
        num_keys=num_keys,
        num_segments=num_texts + 1 + num_padding_segments,
        max_seqlen=max_seqlen,
        num_outputs=min(round_up(num_outputs, TOKEN_MULTIPLE), num_tokens),
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
    counts = Counter(round_up(size, TOKEN_MULTIPLE) for size in sample)
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


def round_up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple
