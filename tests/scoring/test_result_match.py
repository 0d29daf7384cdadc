"""The results of two queries match, or not, as the official test-suite script decides."""

import itertools
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from text2sql.scoring.execution.result_match import (
    asks_for_order,
    join_operators,
    remove_distinct,
    replace_current_year,
    replace_placeholder,
    results_match,
)

MATCHES = {
    "rows_in_another_order": ([(1, "a"), (2, "b")], [(2, "b"), (1, "a")], False),
    "columns_in_another_order": ([(1, "a"), (2, "b")], [("a", 1), ("b", 2)], False),
    "ordered_rows_with_columns_in_another_order": (
        [(1, "a"), (2, "b")],
        [("a", 1), ("b", 2)],
        True,
    ),
    "both_empty": ([], [], True),
    "integer_equals_float": ([(1,), (2,)], [(1.0,), (2.0,)], False),
    "null_equals_null": ([(None, 1)], [(1, None)], False),
    "duplicates_as_often": ([(1,), (1,), (2,)], [(2,), (1,), (1,)], False),
    "a_column_twice": ([(1, 1), (2, 2)], [(2, 2), (1, 1)], False),
}
MISMATCHES = {
    "duplicates_more_often": ([(1,), (1,), (2,)], [(1,), (2,), (2,)], False),
    "fewer_rows": ([(1,), (1,)], [(1,)], False),
    "more_columns": ([(1,)], [(1, 1)], False),
    "empty_against_rows": ([], [(None,)], False),
    "wrong_order": ([(1,), (2,)], [(2,), (1,)], True),
    "number_against_its_text": ([(1,)], [("1",)], False),
    "bytes_against_their_text": ([(b"a",)], [("a",)], False),
    "null_against_its_name": ([(None,)], [("None",)], False),
    "values_swapped_within_one_row": ([(1, 2), (3, 4)], [(1, 2), (4, 3)], False),
    # The official script sorts ("10", 1) and (1.0, "10") by their texts, and they differ.
    "float_sorted_apart_from_integer": ([(1, "10")], [(1.0, "10")], False),
    "right_columns_but_wrong_pairs": ([(1, 3), (2, 4)], [(1, 4), (2, 3)], False),
}


@pytest.mark.parametrize(("gold", "predicted", "ordered"), MATCHES.values(), ids=MATCHES)
def test_results_match(gold, predicted, ordered):
    assert results_match(gold, predicted, ordered)


@pytest.mark.parametrize(("gold", "predicted", "ordered"), MISMATCHES.values(), ids=MISMATCHES)
def test_results_do_not_match(gold, predicted, ordered):
    assert not results_match(gold, predicted, ordered)


@st.composite
def two_tables(draw):
    """Two small tables that often match: few values, the second a shuffled, bent first."""
    width = draw(st.integers(1, 4))
    row = st.tuples(*[st.sampled_from((0, 1, "a", None))] * width)
    gold = draw(st.lists(row, max_size=6))
    columns = draw(st.permutations(range(width)))
    predicted = [tuple(row[place] for place in columns) for row in draw(st.permutations(gold))]
    if predicted and draw(st.booleans()):
        predicted[0] = draw(row)
    return gold, predicted


def match_by_trying_every_order(gold, predicted, ordered):
    if not gold or not predicted:
        return not gold and not predicted
    equal = (lambda a, b: a == b) if ordered else (lambda a, b: Counter(a) == Counter(b))
    return any(
        equal(gold, [tuple(row[place] for place in order) for row in predicted])
        for order in itertools.permutations(range(len(gold[0])))
    )


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(two_tables(), st.booleans())
def test_search_gives_the_answer_of_trying_every_order_of_columns(tables, ordered):
    assert results_match(*tables, ordered) == match_by_trying_every_order(*tables, ordered)


def test_wide_results_are_decided_exactly_and_at_once():
    """Trying the orders of 16 columns would take 16! comparisons; sampling could miss this swap."""
    gold = [tuple((row * place) % 7 for place in range(1, 17)) for row in range(40)]
    shuffled = [row[::-1] for row in reversed(gold)]
    bent = [list(row) for row in shuffled]
    bent[0][0], bent[1][0] = bent[1][0], bent[0][0]
    started = time.monotonic()
    assert results_match(gold, shuffled, ordered=False)
    assert not results_match(gold, [tuple(row) for row in bent], ordered=False)
    assert time.monotonic() - started < 1


def test_hundreds_of_equal_columns_do_not_multiply():
    gold = [(1,) * 300, (2,) * 300]
    assert results_match(gold, gold[::-1], ordered=False)


def test_a_million_values_are_compared_within_seconds():
    gold = [(row, row % 10, "x", row % 3, None) for row in range(40_000)]
    started = time.monotonic()
    assert results_match(gold, [row[::-1] for row in reversed(gold)], ordered=False)
    assert time.monotonic() - started < 5


REWRITES = {
    "tokenised_operators": (join_operators, "a > = 1, b < = 2, c ! = 3", "a >= 1, b <= 2, c != 3"),
    "current_year_of_mysql": (replace_current_year, "year ( CURDATE( ) ) - 1", "2020- 1"),
    "distinct_in_any_case": (remove_distinct, "DISTINCT a, max(distinct b)", " a, max( b)"),
    "distinct_within_quotes_stays": (remove_distinct, "SELECT 'DISTINCT'", "SELECT 'DISTINCT'"),
    "only_the_first_statement": (remove_distinct, "SELECT 1; DROP TABLE a", "SELECT 1; "),
    "nothing_from_nothing": (remove_distinct, "", ""),
    "placeholder": (replace_placeholder, "a = value LIMIT value", "a = 1 LIMIT 1"),
    "names_and_texts_with_value": (
        replace_placeholder,
        "SELECT t.value, value_points, market_value FROM values_of WHERE a = 'value'",
        "SELECT t.value, value_points, market_value FROM values_of WHERE a = 'value'",
    ),
}


@pytest.mark.parametrize(("rewrite", "sql", "rewritten"), REWRITES.values(), ids=REWRITES)
def test_rewrite_before_execution(rewrite, sql, rewritten):
    assert rewrite(sql) == rewritten


def test_order_counts_where_the_gold_query_orders():
    assert asks_for_order("SELECT a FROM b Order By a")
    assert not asks_for_order("SELECT ordering FROM b")
