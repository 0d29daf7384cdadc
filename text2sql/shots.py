"""Which solved examples a prompt shows: the same few for all, or the most similar ones."""

import random
from collections.abc import Sequence

from text2sql.spider import Example
from text2sql.sql_text import one_line

NUM_RESERVES = 3


def choose_holdout(examples: Sequence[Example], fraction: float, seed: int) -> set[str]:
    """Return databases that together hold about `fraction` of the examples."""
    db_ids = sorted({example.db_id for example in examples})
    random.Random(seed).shuffle(db_ids)
    wanted = round(fraction * len(examples))
    chosen, held = set(), 0
    for db_id in db_ids:
        size = sum(example.db_id == db_id for example in examples)
        if held + size <= wanted:
            chosen.add(db_id)
            held += size
    return chosen


def choose_fixed_shots(examples: Sequence[Example], num_shots: int, seed: int) -> list[Example]:
    """Return shots, then reserves: of different databases, spread over hardness."""
    if not num_shots:
        return []
    candidates = list(examples)
    random.Random(seed).shuffle(candidates)
    levels = sorted({str(example.hardness) for example in candidates})
    chosen: list[Example] = []
    for number in range(num_shots + NUM_RESERVES):
        level = levels[number % len(levels)]
        taken = {example.db_id for example in chosen}
        pick = next(
            (e for e in candidates if str(e.hardness) == level and e.db_id not in taken), None
        )
        if pick is not None:
            chosen.append(pick)
    return chosen


def usable_shots(example: Example, shots: Sequence[Example], num_shots: int) -> list[Example]:
    """Return the first shots that give nothing of the example away."""
    return [shot for shot in shots if may_be_shown(shot, example)][:num_shots]


def may_be_shown(shot: Example, example: Example) -> bool:
    """A shot must be of another database, and its SQL must not hold the example's own."""
    own, shown = (one_line(sql).lower() for sql in (example.gold_sql, shot.gold_sql))
    return shot.db_id != example.db_id and own not in shown
