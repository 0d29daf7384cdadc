"""What a query uses: joins, nesting, set operations, aggregation, grouping and ordering."""

from collections.abc import Callable, Iterator

from text2sql.scoring.exact_match.ast import Query


def query_features(query: Query) -> list[str]:
    """Return the names of FEATURES that the query or a query in it has, in their order there."""
    queries = list(walk(query))
    return [name for name, is_used in FEATURES.items() if any(map(is_used, queries))]


def walk(query: Query) -> Iterator[Query]:
    """Yield the query and all queries in it: subqueries and right sides of set operations."""
    yield query
    for part in (*subqueries(query), query.set_query):
        if part is not None:
            yield from walk(part)


def subqueries(query: Query) -> list[Query]:
    """Return the queries in FROM and in the conditions."""
    values = [value for cond in query.conditions for value in (cond.value, cond.upper)]
    return [part for part in (*query.tables, *values) if isinstance(part, Query)]


def has_aggregate(query: Query) -> bool:
    """Return whether SELECT, a condition or ORDER BY has an aggregate."""
    values = [item.value for item in query.select]
    values += [condition.left for condition in query.conditions]
    values += query.order_by.values if query.order_by else ()
    units = [unit for value in values for unit in (value.left, value.right) if unit is not None]
    aggregates = [item.aggregate for item in query.select] + [unit.aggregate for unit in units]
    return any(aggregate != "none" for aggregate in aggregates)


FEATURES: dict[str, Callable[[Query], bool]] = {
    "join": lambda query: len(query.tables) > 1,
    "nesting": lambda query: bool(subqueries(query)),
    "set_operation": lambda query: query.set_query is not None,
    "aggregation": has_aggregate,
    "group_by": lambda query: bool(query.group_by),
    "order_by_limit": lambda query: query.order_by is not None or query.limit is not None,
}
