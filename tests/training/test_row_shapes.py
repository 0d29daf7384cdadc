"""The shapes that rows are padded to: few where graphs are dear, many where padding is."""

import pytest

from text2sql.models.device import ModelShape
from text2sql.models.packed_rows import (
    RowShape,
    Segment,
    Suffix,
    can_pad,
    lay_out_segments,
    pack_row,
    size_of,
)
from text2sql.training.row_shapes import (
    TOKEN_MULTIPLE,
    capture_tokens,
    choose_row_shapes,
    choose_row_sizes,
    row_shape,
)

SAMPLE = [*range(1000, 3000, 10)]


def cost(sizes: list[int], sample: list[int], num_rows: int, graph_tokens: int) -> float:
    padded = [min(size for size in sizes if size >= row) for row in sample]
    return sum(padded) * num_rows / len(sample) + len(sizes) * graph_tokens


@pytest.mark.parametrize("graph_tokens", [1_000, 30_000, 1_000_000])
def test_sizes_hold_every_sampled_row_and_cost_less_than_any_multiples(graph_tokens):
    sizes = choose_row_sizes(SAMPLE, 1000, graph_tokens)
    assert sizes[-1] >= max(SAMPLE) and all(size % TOKEN_MULTIPLE == 0 for size in sizes)
    for multiple in range(TOKEN_MULTIPLE, 3000, TOKEN_MULTIPLE):
        others = sorted({-(-row // multiple) * multiple for row in SAMPLE})
        chosen, other = (cost(each, SAMPLE, 1000, graph_tokens) for each in (sizes, others))
        assert chosen <= other


def test_graph_costs_more_tokens_of_a_small_model_than_of_a_large_one():
    small = ModelShape(30, 576, 1536, 49_152, 106_000_000, 28_000_000)
    large = ModelShape(18, 2048, 16_384, 256_000, 1_980_000_000, 524_000_000)
    assert capture_tokens(small) > 5 * capture_tokens(large) > 5_000


def test_longer_runs_get_more_sizes():
    counts = [len(choose_row_sizes(SAMPLE, num_rows, 30_000)) for num_rows in (10, 1000, 100_000)]
    assert counts == sorted(counts) and counts[0] == 1 and counts[2] > 10


def packed(shared: int, own: int, num_texts: int = 4) -> list[Segment]:
    return lay_out_segments([[5] * shared], [Suffix([6] * own, shared)] * num_texts)


def shapes_for(sample: list[list[Segment]], graph_tokens: int) -> list[RowShape]:
    return choose_row_shapes(
        [*map(size_of, sample)],
        [100] * 50,
        num_texts=4,
        num_outputs=40,
        num_rows=1000,
        graph_tokens=graph_tokens,
    )


@pytest.mark.parametrize("graph_tokens", [10, 1_000, 1_000_000])
def test_every_row_of_the_texts_fits_whatever_it_shares_and_whatever_was_sampled(graph_tokens):
    shapes = shapes_for([packed(40, 20), packed(20, 40), packed(0, 90)], graph_tokens)
    for shared in range(100):
        for own in range(1, 101 - shared):
            for num_texts in (1, 4):
                segments = packed(shared, own, num_texts)
                assert any(can_pad(segments, shape) for shape in shapes), (shared, own, num_texts)


def test_sampled_rows_get_the_smallest_shape_with_room_for_their_tokens():
    sample = [packed(shared, 95 - shared) for shared in range(0, 95, 5)]
    shapes = shapes_for(sample, graph_tokens=1)
    assert len({shape.num_tokens for shape in shapes}) == len(shapes) > 2
    for segments in sample:
        large_enough = [s for s in shapes if s.num_tokens >= size_of(segments).num_tokens]
        assert can_pad(segments, large_enough[0])


def test_shapes_have_room_for_the_labels_and_for_no_more_than_their_tokens():
    shapes = shapes_for([packed(40, 20), packed(20, 40), packed(0, 90)], graph_tokens=1)
    assert [shape.num_outputs for shape in shapes] == [TOKEN_MULTIPLE] * len(shapes)
    assert row_shape(256, 700, 900, num_texts=4, longest_text=100).num_outputs == 256


def test_row_beyond_the_promised_texts_does_not_fit():
    shape = row_shape(512, 600, 40, num_texts=4, longest_text=100)
    assert can_pad(lay_out_segments([[]], [Suffix([6])]), shape)
    assert not can_pad(lay_out_segments([[]], [Suffix([6] * 101)]), shape)
    assert not can_pad(lay_out_segments([[]], [Suffix([6] * 100)] * 6), shape)


def test_padded_rows_of_a_shape_differ_in_nothing_that_a_graph_depends_on():
    shape = row_shape(256, 700, 40, num_texts=4, longest_text=100)
    rows = [pack_row([[5] * n], [Suffix([6] * n, n)] * 4, [shape]) for n in (20, 35, 50)]
    assert {row["input_ids"].shape for row in rows} == {(1, 256)}
    assert {row["position_ids"].shape for row in rows} == {(1, 256)}
    for row in rows:
        layout = row["shared_prefix"]
        assert layout.shape == shape
        assert layout.keys.shape == (shape.num_keys,) and layout.keys.max() < 256
        for bounds, total in ((layout.cu_seqlens_q, 256), (layout.cu_seqlens_k, shape.num_keys)):
            lengths = bounds.diff()
            assert bounds.shape == (shape.num_segments + 1,) and bounds[-1] == total
            assert lengths.min() >= 0 and lengths.max() <= layout.max_seqlen_q == 100
