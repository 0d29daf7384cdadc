"""The tasks below a group, also where a file that somebody sent has no sound groups."""

from text2sql.benchmarks.groups import leaves_of


def test_leaves_keep_their_order_and_occur_once():
    groups = {"all": ["b", "inner", "a"], "inner": ["c", "a"], "empty": []}
    assert leaves_of("all", groups) == ["b", "c", "a"]
    assert leaves_of("empty", groups) == ["empty"]
    assert leaves_of("a", groups) == ["a"]


def test_group_that_contains_itself_ends():
    assert leaves_of("all", {"all": ["inner"], "inner": ["all", "a"]}) == ["a"]


def test_groups_that_double_sixty_times_end():
    groups = {f"g{depth}": [f"g{depth + 1}"] * 2 for depth in range(60)}
    assert leaves_of("g0", groups) == ["g60"]
