"""Exact set match of two queries, its scores by clause, and the hardness of a query.

evaluation.py in taoyds/spider defines all three. With its defaults, values and DISTINCT are not
compared, and columns linked by foreign keys count as one column. The quirks that are kept, because
published scores contain them, are marked "Quirk" and listed in docs/SCORING.md.
"""

from dataclasses import replace

from text2sql.data.spider import Schema
from text2sql.scoring.exact_match.ast import (
    ColumnUnit,
    Conditions,
    Query,
    Value,
    ValueUnit,
    without_connectors,
)
from text2sql.scoring.exact_match.clauses import PartialScores, score_clauses, sets_match

EMPTY_QUERY = Query()  # stands for an unparsable prediction


def exact_match(predicted: Query | None, gold: Query, schema: Schema) -> bool:
    """Return whether the two match by Spider's definition; None is an unparsable prediction."""
    return sets_match(comparable(predicted or EMPTY_QUERY, schema), comparable(gold, schema))


def partial_scores(predicted: Query | None, gold: Query, schema: Schema) -> PartialScores:
    """Return the score of each clause, by the official names of the clauses."""
    return score_clauses(comparable(predicted or EMPTY_QUERY, schema), comparable(gold, schema))


def comparable(query: Query, schema: Schema) -> Query:
    """Return the query without what is not compared, and with one name for linked columns.

    Quirk: columns are only linked if they belong to a table in the first SELECT's own FROM.
    """
    representatives = {
        column: representative
        for column, representative in map_foreign_keys(schema).items()
        if column.partition(".")[0] in query.tables
    }
    return link_columns(drop_values(query), representatives)


def drop_values(query: Query) -> Query:
    """Return the query without values, in itself and in the subqueries of its conditions.

    Quirks: the values in subqueries of FROM stay, and so does the LIMIT of every subquery.
    """
    return replace(
        query,
        join_conditions=drop_condition_values(query.join_conditions),
        where=drop_condition_values(query.where),
        having=drop_condition_values(query.having),
        set_query=query.set_query and drop_values(query.set_query),
    )


def drop_condition_values(conditions: Conditions) -> Conditions:
    """Quirk: a condition in the position of a connector keeps its values."""

    def drop_value(value: Value | None) -> Query | None:
        return drop_values(value) if isinstance(value, Query) else None

    return tuple(
        part
        if isinstance(part, str) or index % 2
        else replace(part, value=drop_value(part.value), upper=drop_value(part.upper))
        for index, part in enumerate(conditions)
    )


def link_columns(query: Query, representatives: dict[str, str]) -> Query:
    """Return the query with each column replaced by its representative, and without DISTINCT.

    Quirk: this reaches the sides of set operations, but no other subquery.
    """

    def link_unit(unit: ColumnUnit) -> ColumnUnit:
        return ColumnUnit(unit.aggregate, representatives.get(unit.column, unit.column), False)

    def link_value(value: ValueUnit) -> ValueUnit:
        return ValueUnit(
            value.operator, link_unit(value.left), value.right and link_unit(value.right)
        )

    def link_conditions(conditions: Conditions) -> Conditions:
        return tuple(
            part
            if isinstance(part, str) or index % 2
            else replace(part, left=link_value(part.left))
            for index, part in enumerate(conditions)
        )

    order_by = query.order_by
    return replace(
        query,
        select_distinct=False,
        select=tuple(replace(item, value=link_value(item.value)) for item in query.select),
        join_conditions=link_conditions(query.join_conditions),
        where=link_conditions(query.where),
        group_by=tuple(link_unit(unit) for unit in query.group_by),
        having=link_conditions(query.having),
        order_by=order_by and replace(order_by, values=tuple(map(link_value, order_by.values))),
        set_query=query.set_query and link_columns(query.set_query, representatives),
    )


def map_foreign_keys(schema: Schema) -> dict[str, str]:
    """Return, by column, the first column in the schema that foreign keys link it to.

    Quirk: a key that links two groups of columns joins only the first of them, and a column in two
    groups belongs to the last.
    """
    columns = [f"{table.name}.{column.name}" for table in schema.tables for column in table.columns]
    positions = {column.lower(): index for index, column in enumerate(columns)}
    groups: list[set[str]] = []
    for key in schema.foreign_keys:
        linked = {
            f"{key.table}.{key.column}".lower(),
            f"{key.referenced_table}.{key.referenced_column}".lower(),
        }
        group = next((group for group in groups if group & linked), None)
        if group is None:
            groups.append(linked)
        else:
            group |= linked
    return {column: min(group, key=positions.__getitem__) for group in groups for column in group}


def hardness(query: Query) -> str:
    """Return "easy", "medium", "hard" or "extra", counted on the query as written."""
    components, nested, others = count_components(query), count_nested(query), count_others(query)
    if nested == 0:
        if components <= 1 and others == 0:
            return "easy"
        if (components <= 1 and others <= 2) or (components <= 2 and others < 2):
            return "medium"
        if (components <= 2 and others > 2) or (components == 3 and others <= 2):
            return "hard"
        return "extra"
    return "hard" if nested == 1 and components <= 1 and others == 0 else "extra"


def count_components(query: Query) -> int:
    """Count WHERE, GROUP BY, ORDER BY, LIMIT, joins, ORs and LIKEs of the outermost query."""
    clauses = (query.where, query.group_by, query.order_by, query.limit is not None)
    return (
        sum(map(bool, clauses))
        + max(0, len(query.tables) - 1)
        + query.connectors.count("or")
        + sum(condition.comparison == "like" for condition in query.conditions)
    )


def count_nested(query: Query) -> int:
    """Count subqueries in conditions and the set operation. Quirk: those in FROM do not count."""
    values = [value for cond in query.conditions for value in (cond.value, cond.upper)]
    return sum(isinstance(value, Query) for value in values) + (query.set_query is not None)


def count_others(query: Query) -> int:
    """Count which of these the query has more than one of: aggregates, selected items, parts of
    WHERE and columns of GROUP BY."""
    sizes = (count_aggregates(query), len(query.select), len(query.where), len(query.group_by))
    return sum(size > 1 for size in sizes)


def count_aggregates(query: Query) -> int:
    """Quirks: NOT in WHERE, and NOT, AND and OR in HAVING count as aggregates; the aggregates in
    HAVING and those inside an item of SELECT, as in `(max(a) - b)`, do not."""
    ordered = query.order_by.values if query.order_by else ()
    units = [*query.group_by, *(v.left for v in ordered), *(v.right for v in ordered if v.right)]
    return (
        sum(item.aggregate != "none" for item in query.select)
        + sum(unit.aggregate != "none" for unit in units)
        + sum(condition.negated for condition in without_connectors(query.where))
        + sum(isinstance(part, str) or part.negated for part in query.having)
    )
