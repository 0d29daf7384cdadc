"""Choosing the solved examples of a prompt: the same few for all, or the most similar ones."""

import random
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from text2sql.data.spider import Example
from text2sql.prompts.sql_text import one_line

# Hardness of the first shot, the second and so on, cyclically.
HARDNESS_OF_SHOTS = ("medium", "hard", "easy", "extra")
NUM_RESERVES = 4
SIMILARITY_BATCH = 512


def choose_fixed_shots(
    examples: Sequence[Example], num_shots: int, seed: int, length: Callable[[Example], int]
) -> list[Example]:
    """Return `num_shots` shots, spread over hardness, then their reserves.

    All are of different databases, and from the shorter half of the examples by `length`: every
    prompt contains them, at the expense of the schema. Data with few databases yields fewer shots,
    or longer ones.
    """
    if not num_shots:
        return []
    num_wanted = num_shots + NUM_RESERVES
    candidates = sorted(examples, key=length)[: len(examples) // 2]
    if len({example.db_id for example in candidates}) < num_wanted:
        candidates = list(examples)
    random.Random(seed).shuffle(candidates)
    chosen: list[Example] = []
    for number in range(num_wanted):
        hardness = HARDNESS_OF_SHOTS[number % len(HARDNESS_OF_SHOTS)]
        others = [e for e in candidates if all(e.db_id != shot.db_id for shot in chosen)]
        # An example of another hardness is better than none.
        chosen += [*(e for e in others if e.hardness == hardness), *others][:1]
    return chosen


def usable_shots(example: Example, shots: Iterable[Example], num_shots: int) -> list[Example]:
    """Return the first `num_shots` with different SQL that do not give the example away."""
    usable: list[Example] = []
    for shot in shots:
        if len(usable) == num_shots:
            break
        shown_already = any(comparable(s.gold_sql) == comparable(shot.gold_sql) for s in usable)
        if may_be_shown(shot, example) and not shown_already:
            usable.append(shot)
    return usable


def may_be_shown(shot: Example, example: Example) -> bool:
    """Return whether the shot is of another database and its SQL does not contain the example's."""
    own_sql, shown_sql = comparable(example.gold_sql), comparable(shot.gold_sql)
    return shot.db_id != example.db_id and own_sql not in shown_sql


@cache
def comparable(sql: str) -> str:
    return one_line(sql).rstrip("; ").lower()


def choose_similar_shots(
    examples: Sequence[Example], candidates: Sequence[Example], num_shots: int
) -> list[list[Example]]:
    """Return, for each example, the candidates with the most similar questions, best first.

    Similarity is the cosine of TF-IDF vectors of words and pairs of words.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+")
    known = vectorizer.fit_transform([candidate.question for candidate in candidates]).T.tocsr()
    asked = vectorizer.transform([example.question for example in examples])
    shots = []
    for start in range(0, len(examples), SIMILARITY_BATCH):
        similarities = (asked[start : start + SIMILARITY_BATCH] @ known).toarray()
        orders = (-similarities).argsort(axis=1, kind="stable")
        for example, order in zip(examples[start:], orders, strict=False):
            best_first = (candidates[index] for index in order)
            shots.append(usable_shots(example, best_first, num_shots))
    return shots
