"""Facts about the solved examples in a prompt."""

import pytest

from text2sql.data.spider import Example
from text2sql.prompts.shots import (
    choose_fixed_shots,
    choose_similar_shots,
    may_be_shown,
    usable_shots,
)

LEVELS = ("easy", "medium", "hard", "extra")
TRAIN = [
    Example(f"db{db}", f"Question {n} of {db}?", f"SELECT {n} FROM t{db}", f"train-{db}-{n}", level)
    for db in range(20)
    for n, level in enumerate(LEVELS)
]


def fixed(num_shots: int, seed: int = 42, train=TRAIN) -> list[Example]:
    return choose_fixed_shots(train, num_shots, seed, length=lambda example: len(example.question))


@pytest.mark.parametrize("num_shots", [1, 2, 3, 4])
def test_fixed_shots_differ_in_hardness_and_database(num_shots):
    shots = fixed(num_shots)
    assert len({shot.hardness for shot in shots[:num_shots]}) == num_shots
    assert len({shot.db_id for shot in shots}) == len(shots) == num_shots + 4


def test_fixed_shots_follow_the_seed():
    assert fixed(3, seed=1) == fixed(3, seed=1) != fixed(3, seed=2)


def test_fixed_shots_are_short():
    long = [Example("long", "How " * 99, "SELECT 1", f"long-{n}", "easy") for n in range(80)]
    assert all(shot.db_id != "long" for shot in fixed(6, train=TRAIN + long))


def test_no_shots_means_no_reserves():
    assert fixed(0) == []


def test_small_data_gives_what_shots_it_has():
    assert len(fixed(3, train=TRAIN[:8])) == 2


def test_unknown_hardness_is_no_obstacle():
    train = [Example(f"db{n}", "Q?", f"SELECT {n}") for n in range(10)]
    assert len(fixed(3, train=train)) == 7


@pytest.mark.parametrize(
    "shot, shown",
    {
        "another": (Example("other", "", "SELECT b FROM u"), True),
        "own_database": (Example("own", "", "SELECT b FROM u"), False),
        "own_sql": (Example("other", "", "SELECT a FROM t"), False),
        "own_sql_spelt_otherwise": (Example("other", "", "select  a\nFROM T ;"), False),
        "own_sql_within": (Example("other", "", "SELECT a FROM t WHERE a > 1"), False),
        "part_of_own_sql": (Example("other", "", "SELECT a"), True),
    }.values(),
)
def test_shot_gives_nothing_of_the_example_away(shot, shown):
    assert may_be_shown(shot, Example("own", "", "SELECT a FROM t")) is shown


def test_reserve_steps_in_for_a_shot_of_the_same_database():
    shots = fixed(3)
    example = Example(shots[1].db_id, "Q?", "SELECT nothing")
    assert usable_shots(example, shots, 3) == [shots[0], shots[2], shots[3]]


def test_shots_of_one_prompt_have_different_sql():
    twins = [Example(f"db{n}", "Q?", "SELECT  a" if n else "SELECT a") for n in range(3)]
    assert usable_shots(Example("own", "", "SELECT b"), twins, 3) == twins[:1]


def test_similar_shots_are_the_nearest_questions_of_other_databases():
    train = [
        Example("zoo", "How many lions are there?", "SELECT count(*) FROM lion"),
        Example("farm", "How many cows are there?", "SELECT count(*) FROM cow"),
        Example("farm", "List the names of all farmers by age.", "SELECT name FROM farmer"),
        Example("bank", "Which account has the largest balance?", "SELECT max(balance) FROM a"),
    ]
    example = Example("zoo", "How many tigers are there?", "SELECT count(*) FROM tiger")
    assert choose_similar_shots([example], train, 1) == [[train[1]]]
    assert train[0] not in choose_similar_shots([example], train, 4)[0]


def test_similar_shots_of_a_train_example_leave_it_out():
    for example, shots in zip(TRAIN, choose_similar_shots(TRAIN, TRAIN, 3), strict=True):
        assert len(shots) == 3
        assert all(may_be_shown(shot, example) for shot in shots)
