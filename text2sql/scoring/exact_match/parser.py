"""SQL in Spider's subset -> clauses, parsed as Spider's official evaluation parses it.

The grammar follows the behaviour of process_sql.py in taoyds/spider: what it accepts is accepted,
what it rejects raises `UnparsableSQL`. Its quirks are included, because published scores contain
them; each is marked "Quirk" in the code and listed in docs/SCORING.md.
"""

from dataclasses import replace

from text2sql.data.spider import Schema
from text2sql.scoring.exact_match.ast import (
    AGGREGATES,
    ARITHMETIC,
    COMPARISONS,
    CONNECTORS,
    SET_OPERATORS,
    ColumnUnit,
    Condition,
    Conditions,
    OrderBy,
    Query,
    SelectItem,
    Value,
    ValueUnit,
)
from text2sql.scoring.exact_match.lexer import TokenReader, UnparsableSQL, tokenize_sql
from text2sql.scoring.exact_match.names import SchemaNames

CLAUSE_KEYWORDS = (
    *("select", "from", "where", "group", "order", "limit"),
    *("intersect", "union", "except"),
)
JOIN_KEYWORDS = ("join", "on", "as")
CLAUSE_ENDS = (*CLAUSE_KEYWORDS, ")", ";")
CONDITIONS_ENDS = (*CLAUSE_ENDS, *JOIN_KEYWORDS)
# Quirk: `or` does not end a column on the right of a comparison, so `a = b or c = d` loses `c = d`.
VALUE_ENDS = (*CLAUSE_KEYWORDS, *JOIN_KEYWORDS, ",", ")", "and")

# Two limits of our own. The official parser has no limit on length, and for depth only that of
# Python's stack: 240 subqueries or 980 set operations.
MAX_LENGTH = 50_000
MAX_NESTING = 100


def parse_sql(sql: str, schema: Schema) -> Query:
    """Return the clauses of `sql`; raise `UnparsableSQL`, and nothing else, if it is rejected.

    Quirk: whatever follows a complete query is ignored (`LIMIT 3 OFFSET 2`, a second statement).
    """
    if len(sql) > MAX_LENGTH:
        raise UnparsableSQL(f"more than {MAX_LENGTH} characters")
    return QueryParser(tokenize_sql(sql), schema).parse_query()


class QueryParser:
    """Reads one query from the start of `tokens`; each `parse_` method continues after the last."""

    def __init__(self, tokens: list[str], schema: Schema):
        self.tokens = TokenReader(tokens)
        self.names = SchemaNames(schema, tokens)
        self.default_tables: list[str] = []  # in which a column without a table is looked up
        self.nesting = 0

    def parse_query(self) -> Query:
        """Quirk: parentheses are accepted around a SELECT, not around a whole set operation."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise UnparsableSQL(f"more than {MAX_NESTING} queries nested")
        in_parentheses = self.tokens.accept("(")
        query = self.parse_clauses()
        self.tokens.skip(";")
        if in_parentheses:
            self.tokens.expect(")")
        self.tokens.skip(";")
        if set_operator := self.tokens.accept(*SET_OPERATORS):
            query = replace(query, set_operator=set_operator, set_query=self.parse_query())
        self.nesting -= 1
        return query

    def parse_clauses(self) -> Query:
        """Read FROM first, because the columns of SELECT are looked up in its tables."""
        outer_tables, self.default_tables = self.default_tables, []
        select_position = self.tokens.position
        tables, join_conditions = self.parse_from()
        from_end, self.tokens.position = self.tokens.position, select_position
        select_distinct, select = self.parse_select()
        self.tokens.position = from_end
        query = Query(
            select_distinct=select_distinct,
            select=select,
            tables=tables,
            join_conditions=join_conditions,
            where=self.parse_conditions_after("where"),
            group_by=self.parse_group_by(),
            having=self.parse_conditions_after("having"),
            order_by=self.parse_order_by(),
            limit=self.parse_limit(),
        )
        self.default_tables = outer_tables
        return query

    def parse_from(self) -> tuple[tuple[str | Query, ...], Conditions]:
        """Return the tables after the next FROM, wherever it is, and their conditions.

        Quirks: JOIN may be missing between tables; LEFT, INNER, commas, aliases without AS and
        aliases of subqueries are rejected, because none of them is a table's name.
        """
        self.tokens.jump_behind("from")
        tables: list[str | Query] = []
        join_conditions: list[Condition | str] = []
        while not self.tokens.at_end():
            in_parentheses = self.tokens.accept("(")
            if self.tokens.peek() == "select":
                tables.append(self.parse_query())
            else:
                tables.append(self.parse_table())
            if self.tokens.accept("on"):
                join_conditions += ["and"] if join_conditions else []
                join_conditions += self.parse_conditions()
            if in_parentheses:
                self.tokens.expect(")")
            if self.tokens.peek() in CLAUSE_ENDS:
                break
        return tuple(tables), alternating(join_conditions)

    def parse_table(self) -> str:
        self.tokens.accept("join")
        table = self.names.find_table(self.tokens.take())
        if self.tokens.accept("as"):
            self.tokens.take()
        self.default_tables.append(table)
        return table

    def parse_select(self) -> tuple[bool, tuple[SelectItem, ...]]:
        """Quirk: the commas between the items may be missing."""
        self.tokens.expect("select")
        distinct = self.tokens.accept("distinct") is not None
        items = []
        while not self.tokens.at_end() and self.tokens.peek() not in CLAUSE_KEYWORDS:
            aggregate = self.tokens.accept(*AGGREGATES) or "none"
            items.append(SelectItem(aggregate, self.parse_value_unit()))
            self.tokens.accept(",")
        return distinct, tuple(items)

    def parse_value_unit(self) -> ValueUnit:
        in_parentheses = self.tokens.accept("(")
        left = self.parse_column_unit()
        operator = self.tokens.accept(*ARITHMETIC)
        right = self.parse_column_unit() if operator else None
        if in_parentheses:
            self.tokens.expect(")")
        return ValueUnit(operator or "none", left, right)

    def parse_column_unit(self) -> ColumnUnit:
        in_parentheses = self.tokens.accept("(")
        aggregate = self.tokens.accept(*AGGREGATES)
        if aggregate:
            self.tokens.expect("(")
        distinct = self.tokens.accept("distinct") is not None
        column = self.names.find_column(self.tokens.take(), self.default_tables)
        # Quirk: a parenthesis around an aggregate is opened here but not closed.
        if aggregate or in_parentheses:
            self.tokens.expect(")")
        return ColumnUnit(aggregate or "none", column, distinct)

    def parse_conditions_after(self, keyword: str) -> Conditions:
        return alternating(self.parse_conditions() if self.tokens.accept(keyword) else [])

    def parse_conditions(self) -> list[Condition | str]:
        """Quirk: an empty list of conditions is accepted at the end of the text."""
        conditions: list[Condition | str] = []
        while not self.tokens.at_end():
            conditions.append(self.parse_condition())
            if self.tokens.peek() in CONDITIONS_ENDS:
                break
            if connector := self.tokens.accept(*CONNECTORS):
                conditions.append(connector)
        return conditions

    def parse_condition(self) -> Condition:
        """Quirk: NOT, EXISTS and parentheses before a condition are rejected."""
        left = self.parse_value_unit()
        negated = self.tokens.accept("not") is not None
        comparison = self.tokens.expect(*COMPARISONS)
        value, upper = self.parse_value(), None
        if comparison == "between":
            self.tokens.expect("and")
            upper = self.parse_value()
        return Condition(negated, left, comparison, value, upper)

    def parse_value(self) -> Value:
        """Read the right side of a comparison: a query, a string, a number or a column.

        Quirk: a list such as `IN (1, 2)`, NULL, a column in parentheses, an aggregate and
        arithmetic that begins with a number are rejected.
        """
        in_parentheses = self.tokens.accept("(")
        if self.tokens.peek() == "select":
            value: Value = self.parse_query()
        elif (literal := parse_literal(self.tokens.peek())) is not None:
            self.tokens.take()
            value = literal
        elif in_parentheses:
            raise UnparsableSQL("neither a query nor a value in parentheses")
        else:
            value = self.parse_column_value()
        if in_parentheses:
            self.tokens.expect(")")
        return value

    def parse_column_value(self) -> ColumnUnit:
        """Quirk: what follows the column, as in `= a + b`, is skipped up to one of VALUE_ENDS."""
        words = []
        while not self.tokens.at_end() and self.tokens.peek() not in VALUE_ENDS:
            words.append(self.tokens.take())
        distinct = words[:1] == ["distinct"]
        if len(words) <= distinct or words[0] in AGGREGATES:
            raise UnparsableSQL("no column on the right of a comparison")
        column = self.names.find_column(words[int(distinct)], self.default_tables)
        return ColumnUnit("none", column, distinct)

    def parse_group_by(self) -> tuple[ColumnUnit, ...]:
        columns = []
        if self.tokens.accept("group"):
            self.tokens.expect("by")
            while not self.tokens.at_end() and self.tokens.peek() not in CLAUSE_ENDS:
                columns.append(self.parse_column_unit())
                if not self.tokens.accept(","):
                    break
        return tuple(columns)

    def parse_order_by(self) -> OrderBy | None:
        if not self.tokens.accept("order"):
            return None
        self.tokens.expect("by")
        direction, values = "asc", []
        while not self.tokens.at_end() and self.tokens.peek() not in CLAUSE_ENDS:
            values.append(self.parse_value_unit())
            direction = self.tokens.accept("desc", "asc") or direction
            if not self.tokens.accept(","):
                break
        return OrderBy(direction, tuple(values))

    def parse_limit(self) -> int | None:
        if not self.tokens.accept("limit"):
            return None
        try:
            return int(self.tokens.take())
        except ValueError:
            raise UnparsableSQL("LIMIT without an integer") from None


def parse_literal(token: str | None) -> str | float | None:
    """Return a quoted string as it is, a number as float, and None for any other token."""
    if token is None or '"' in token:
        return token
    try:
        return float(token)
    except ValueError:
        return None


def alternating(conditions: list[Condition | str]) -> Conditions:
    """Return the conditions; a connector in a condition's position, at which the official scorer
    stops with an error, makes the query unparsable here."""
    if any(isinstance(condition, str) for condition in conditions[::2]):
        raise UnparsableSQL("conditions without AND or OR between them")
    return tuple(conditions)
