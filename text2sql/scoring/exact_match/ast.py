"""The clauses of one query in Spider's subset of SQL, as exact match compares them.

The structure is that of process_sql.py in taoyds/spider, with names instead of its numbers.
"""

from dataclasses import dataclass

# Quirk: the word `none` is read as an aggregate and as an arithmetic operator.
AGGREGATES = ("none", "max", "min", "count", "sum", "avg")
ARITHMETIC = ("none", "-", "+", "*", "/")
COMPARISONS = (*("not", "between", "=", ">", "<", ">=", "<=", "!=", "in", "like", "is", "exists"),)
CONNECTORS = ("and", "or")
SET_OPERATORS = ("intersect", "union", "except")


@dataclass(frozen=True)
class ColumnUnit:
    """A column with or without an aggregate: `max(distinct t.a)`."""

    aggregate: str  # one of AGGREGATES; "none" where there is none
    column: str  # "table.column" in lower case, or "*"
    distinct: bool


@dataclass(frozen=True)
class ValueUnit:
    """A column unit, or two with arithmetic between them."""

    operator: str  # one of ARITHMETIC; "none" where there is none
    left: ColumnUnit
    right: ColumnUnit | None = None


@dataclass(frozen=True)
class SelectItem:
    aggregate: str  # the one in front, as in `max(a - b)` and in the usual `max(a)`
    value: ValueUnit


@dataclass(frozen=True)
class Condition:
    negated: bool
    left: ValueUnit
    comparison: str  # one of COMPARISONS
    value: "Value | None"  # None where values are not compared
    upper: "Value | None" = None  # of BETWEEN


@dataclass(frozen=True)
class OrderBy:
    direction: str  # Quirk: one for the whole clause, the last that was written
    values: tuple[ValueUnit, ...]


@dataclass(frozen=True)
class Query:
    """One SELECT; the left side of a set operation holds the operation."""

    select_distinct: bool = False
    select: tuple[SelectItem, ...] = ()
    tables: "tuple[str | Query, ...]" = ()  # table names in lower case, and subqueries
    join_conditions: "Conditions" = ()  # of all ON together, joined by AND
    where: "Conditions" = ()
    group_by: tuple[ColumnUnit, ...] = ()
    having: "Conditions" = ()
    order_by: OrderBy | None = None
    limit: int | None = None
    set_operator: str | None = None  # one of SET_OPERATORS
    set_query: "Query | None" = None  # the right side; `a UNION b UNION c` is a UNION (b UNION c)

    @property
    def conditions(self) -> "tuple[Condition, ...]":
        """The conditions of this SELECT's own clauses."""
        clauses = (self.join_conditions, self.where, self.having)
        return tuple(condition for clause in clauses for condition in without_connectors(clause))

    @property
    def connectors(self) -> "Conditions":
        """What is between the conditions of this SELECT's own clauses."""
        return self.join_conditions[1::2] + self.where[1::2] + self.having[1::2]


# A quoted string keeps its quotes.
Value = float | str | ColumnUnit | Query
# Condition, connector, condition, and so on. Quirk: a connector may be missing between two
# conditions; then the second condition is in the position of the connector.
Conditions = tuple[Condition | str, ...]


def without_connectors(conditions: Conditions) -> tuple[Condition, ...]:
    return tuple(part for part in conditions[::2] if isinstance(part, Condition))
