"""Two queries compared clause by clause, as Spider's official evaluation does.

The clauses, their names and the way they are counted are those of evaluation.py in taoyds/spider.
The quirks that are kept, because published scores contain them, are marked "Quirk" and listed in
docs/SCORING.md. match.py makes the queries comparable first.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from text2sql.scoring.exact_match.ast import Query, without_connectors


@dataclass(frozen=True)
class ClauseScore:
    """How one clause of a prediction compares with that of the gold query."""

    predicted_total: int  # parts of the clause, 0 where there is none
    gold_total: int
    matches: bool


PartialScores = dict[str, ClauseScore]


def summarize_partial_scores(scores: Sequence[PartialScores]) -> dict[str, dict[str, float]]:
    """Return {clause: {"acc", "rec", "f1"}} over many examples.

    `acc` is the share of matches where the prediction has the clause, `rec` where the gold query
    has it. Quirk: where neither ever matches, `f1` is 1.
    """
    summary = {}
    for clause in CLAUSES:
        column = [score[clause] for score in scores]
        acc = share_of_matches(score for score in column if score.predicted_total)
        rec = share_of_matches(score for score in column if score.gold_total)
        f1 = 2 * acc * rec / (acc + rec) if acc + rec else 1.0
        summary[clause] = {"acc": acc, "rec": rec, "f1": f1}
    return summary


def share_of_matches(scores: Iterable[ClauseScore]) -> float:
    matches = [score.matches for score in scores]
    return sum(matches) / len(matches) if matches else 0.0


def sets_match(predicted: Query, gold: Query) -> bool:
    """Return whether every clause of two comparable queries matches, and the bag of their tables.

    Quirks: the conditions of joins are not compared except for their keywords, nor are HAVING
    without GROUP BY, tables where the gold query has none, and the positions of AND and OR.
    """
    if not all(score(predicted, gold).matches for score in CLAUSES.values()):
        return False
    return not gold.tables or Counter(predicted.tables) == Counter(gold.tables)


def score_clauses(predicted: Query, gold: Query) -> PartialScores:
    return {clause: score(predicted, gold) for clause, score in CLAUSES.items()}


def score_bags(predicted: Iterable[Hashable], gold: Iterable[Hashable]) -> ClauseScore:
    """Score parts that are compared in any order, each as often."""
    predicted_bag, gold_bag = Counter(predicted), Counter(gold)
    return ClauseScore(predicted_bag.total(), gold_bag.total(), predicted_bag == gold_bag)


def score_select(predicted: Query, gold: Query) -> ClauseScore:
    return score_bags(predicted.select, gold.select)


def score_select_without_aggregates(predicted: Query, gold: Query) -> ClauseScore:
    """Quirk: only the aggregate in front of an item is left out."""
    return score_bags(
        (item.value for item in predicted.select), (item.value for item in gold.select)
    )


def score_where(predicted: Query, gold: Query) -> ClauseScore:
    return score_bags(without_connectors(predicted.where), without_connectors(gold.where))


def score_where_without_comparisons(predicted: Query, gold: Query) -> ClauseScore:
    return score_bags(
        (condition.left for condition in without_connectors(predicted.where)),
        (condition.left for condition in without_connectors(gold.where)),
    )


def score_group_without_having(predicted: Query, gold: Query) -> ClauseScore:
    """Quirk: the tables and aggregates of the columns are left out."""
    return score_bags(
        (unit.column.split(".")[-1] for unit in predicted.group_by),
        (unit.column.split(".")[-1] for unit in gold.group_by),
    )


def score_group(predicted: Query, gold: Query) -> ClauseScore:
    """Score GROUP BY with HAVING, each in the order that it is written in."""
    columns = [unit.column for unit in predicted.group_by]
    gold_columns = [unit.column for unit in gold.group_by]
    return score_presence(
        bool(columns),
        bool(gold_columns),
        not gold_columns or (columns == gold_columns and predicted.having == gold.having),
    )


def score_order(predicted: Query, gold: Query) -> ClauseScore:
    """Score ORDER BY with the presence of a LIMIT."""
    limits_match = (predicted.limit is None) == (gold.limit is None)
    return score_presence(
        predicted.order_by is not None,
        gold.order_by is not None,
        gold.order_by is None or (predicted.order_by == gold.order_by and limits_match),
    )


def score_presence(in_predicted: bool, in_gold: bool, matches: bool) -> ClauseScore:
    return ClauseScore(int(in_predicted), int(in_gold), in_predicted == in_gold and matches)


def score_connectors(predicted: Query, gold: Query) -> ClauseScore:
    """Score which of AND and OR the WHERE clauses have, however often.

    Quirks: equal sets count as one part each, even empty ones; unequal ones change places.
    """
    predicted_set, gold_set = set(predicted.where[1::2]), set(gold.where[1::2])
    if predicted_set == gold_set:
        return ClauseScore(1, 1, True)
    return ClauseScore(len(gold_set), len(predicted_set), False)


def score_set_operations(predicted: Query, gold: Query) -> ClauseScore:
    predicted_side, gold_side = predicted.set_query, gold.set_query
    matches = predicted.set_operator == gold.set_operator
    if predicted_side is not None and gold_side is not None and matches:
        matches = sets_match(predicted_side, gold_side)
    return score_presence(predicted_side is not None, gold_side is not None, matches)


def score_keywords(predicted: Query, gold: Query) -> ClauseScore:
    predicted_words, gold_words = keywords_of(predicted), keywords_of(gold)
    return ClauseScore(len(predicted_words), len(gold_words), predicted_words == gold_words)


CLAUSES: dict[str, Callable[[Query, Query], ClauseScore]] = {
    "select": score_select,
    "select(no AGG)": score_select_without_aggregates,
    "where": score_where,
    "where(no OP)": score_where_without_comparisons,
    "group(no Having)": score_group_without_having,
    "group": score_group,
    "order": score_order,
    "and/or": score_connectors,
    "IUEN": score_set_operations,
    "keywords": score_keywords,
}


def keywords_of(query: Query) -> set[str]:
    """Return the keywords of the outermost query. Quirk: some do not count, as JOIN and BETWEEN."""
    present = {
        "where": query.where,
        "group": query.group_by,
        "having": query.having,
        "order": query.order_by,
        "limit": query.limit is not None,
        "or": "or" in query.connectors,
        "not": any(condition.negated for condition in query.conditions),
        "in": any(condition.comparison == "in" for condition in query.conditions),
        "like": any(condition.comparison == "like" for condition in query.conditions),
    }
    words = {word for word, is_present in present.items() if is_present}
    if query.order_by:
        words.add(query.order_by.direction)
    if query.set_operator:
        words.add(query.set_operator)
    return words
