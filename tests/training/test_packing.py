"""What the trainer feeds: examples in one row, with their labels and what each weighs."""

import pytest
from datasets import Dataset

from text2sql.training.packing import add_padding_rows, own_tokens, pack_examples, packed_row_sizes
from text2sql.training.row_shapes import row_shape

SQL_ALONE = [
    {"input_ids": [2, 5, 6, 7, 8], "labels": [-100, -100, -100, 7, 8]},
    {"input_ids": [2, 5, 6, 9], "labels": [-100, -100, -100, 9]},
]
WHOLE_TEXT = [{"input_ids": text, "labels": text} for text in ([2, 5, 6], [2, 5, 7, 8])]


def next_tokens(batch: dict) -> list[tuple[int, int]]:
    """Return each supervised token of the row with its label."""
    row = batch["input_ids"][0].tolist()
    positions, labels = batch["supervised"].tolist(), batch["shift_labels"][0].tolist()
    return [(row[position], label) for position, label in zip(positions, labels, strict=True)]


def test_shared_part_ends_before_the_token_that_predicts_the_first_label():
    batch = pack_examples(SQL_ALONE)
    assert batch["input_ids"].tolist() == [[2, 5, 6, 7, 8, 6, 9]]
    assert batch["position_ids"].tolist() == [[0, 1, 2, 3, 4, 2, 3]]
    assert next_tokens(batch) == [(6, 7), (7, 8), (6, 9)]


def test_loss_on_the_whole_text_shares_nothing_and_supervises_all_but_the_first_tokens():
    batch = pack_examples(WHOLE_TEXT)
    assert batch["input_ids"].tolist() == [[2, 5, 6, 2, 5, 7, 8]]
    assert next_tokens(batch) == [(2, 5), (5, 6), (2, 5), (5, 7), (7, 8)]


def test_labels_of_a_padded_row_are_followed_by_positions_that_nobody_reads():
    shape = row_shape(128, 200, 5, num_texts=2, longest_text=5)
    padded, plain = pack_examples(SQL_ALONE, [shape]), pack_examples(SQL_ALONE)
    assert padded["supervised"].tolist() == [*plain["supervised"].tolist(), *[0] * 125]
    for name in ("shift_labels", "labels", "loss_weights"):
        assert padded[name].equal(plain[name])


def test_row_with_more_labels_than_a_shape_promises_is_not_padded_to_it():
    few, enough = (row_shape(128, 200, n, num_texts=9, longest_text=10) for n in (5, 200))
    few = few._replace(num_outputs=2)
    assert pack_examples(SQL_ALONE, [few])["shared_prefix"].shape is None
    assert pack_examples(SQL_ALONE, [few, enough])["shared_prefix"].shape == enough


def test_one_example_is_the_row_that_it_is():
    batch = pack_examples(SQL_ALONE[:1])
    assert batch["input_ids"].tolist() == [[2, 5, 6, 7, 8]]
    assert next_tokens(batch) == [(6, 7), (7, 8)]


def test_each_example_weighs_one_whatever_its_labels():
    weights = pack_examples(SQL_ALONE)["loss_weights"]
    assert weights.tolist() == [[0.5, 0.5, 1.0]]


def test_padding_rows_make_a_multiple_and_have_no_weight():
    rows = add_padding_rows(Dataset.from_list(SQL_ALONE * 2), 3)
    assert len(rows) == 6
    assert rows.select(range(4)).remove_columns("weight").to_list() == SQL_ALONE * 2
    batch = pack_examples(rows.select([3, 4]).to_list())
    assert batch["loss_weights"].tolist() == [[1.0, 0.0, 0.0]]
    assert batch["shift_labels"].tolist() == [[9, -100, -100]]
    assert batch["labels"].tolist() == [[-100, 9, -100, -100]]


@pytest.mark.parametrize("examples", [SQL_ALONE, WHOLE_TEXT], ids=["SQL alone", "whole text"])
def test_labels_are_counted_the_same_shifted_and_not(examples):
    batch = pack_examples(examples)
    num_labels = batch["shift_labels"].ne(-100).sum()
    assert num_labels == batch["labels"][..., 1:].ne(-100).sum() == batch["labels"].ne(-100).sum()


def test_sizes_of_rows_are_those_of_runs_of_neighbours():
    texts = [[1, 2, 3, 4], [1, 2, 3, 5], [6, 7], [8]]
    limits = [3, 3, 1, 0]

    def tokens(limits: list[int], num_texts: int) -> list[int]:
        return [size.num_tokens for size in packed_row_sizes(texts, limits, num_texts)]

    assert tokens(limits, 1) == [4, 4, 2, 1]
    assert tokens(limits, 2) == [5, 3]  # of 1 2 3, 4, 5 and 6 7, 8
    assert tokens([2, 3, 1, 0], 2) == [6, 3]  # the first text shares two tokens
    assert tokens(limits, 4) == tokens(limits, 8) == [8]
    assert tokens(limits, 3) == [7]  # the last text does not fill a row
    assert packed_row_sizes(texts, limits, 2)[0].num_keys == 3 + 4 + 4  # 1 2 3 and both texts


def test_own_tokens_are_those_behind_the_prefix_that_most_texts_share():
    shots, schema = [1, 2, 3, 4], [5, 6]
    texts = [[*shots, 7], [*shots, 8, 9], [*shots, *schema, 7], [*shots[:2], *schema], [9, 9, 9]]
    limits = [len(text) - 1 for text in texts]
    assert own_tokens(texts, limits) == [1, 2, 3, 2, 3]
    assert own_tokens(texts, [2] * 5) == [3, 4, 5, 2, 3]
