"""Which kind of token may follow which in a query: enough to tell SQL from prose, and no parser."""

CLAUSES = {"SELECT": 0, "FROM": 1, "WHERE": 2, "GROUP": 3, "HAVING": 4, "ORDER": 5, "LIMIT": 6}
SET_OPERATIONS = {"UNION", "INTERSECT", "EXCEPT"}
BEFORE_OPERAND = {"NOT", "CASE", "EXISTS", "DISTINCT", "ALL", "WHEN"}
INFIX = {
    *("AND", "OR", "LIKE", "GLOB", "REGEXP", "MATCH", "IN", "BETWEEN", "IS", "ESCAPE", "COLLATE"),
    *("AS", "ON", "USING", "THEN", "ELSE", "JOIN", "OFFSET", "WINDOW", "BY"),
}
JOIN_KINDS = {"NATURAL", "LEFT", "RIGHT", "FULL", "INNER", "OUTER", "CROSS"}
POSTFIX = {"ASC", "DESC", "ISNULL", "NOTNULL", "END", "NULLS", "OVER", "FILTER"}
KEYWORDS = {*CLAUSES, *SET_OPERATIONS, *BEFORE_OPERAND, *INFIX, *JOIN_KINDS, *POSTFIX}
FOLLOWERS = {  # of keywords that cannot be followed by any operand
    "GROUP": {"BY"},
    "ORDER": {"BY"},
    "USING": {"("},
    "IN": {"("},
    "OVER": {"("},
    "FILTER": {"("},
    "NULLS": {"FIRST", "LAST"},
    "INFIX NOT": {"IN", "LIKE", "BETWEEN", "GLOB", "REGEXP", "MATCH", "NULL"},
    **{kind: {"JOIN", *JOIN_KINDS} for kind in JOIN_KINDS},
}
# These name tables and columns too: `FROM match`.
ALSO_NAMES = {"MATCH", "GLOB", "REGEXP", "WINDOW", "OFFSET", "OVER", "FILTER", "NULLS", *JOIN_KINDS}
JOINING = {"JOIN", "ON", "USING"}


class Level:
    """What is between two parentheses, or outside of all: the clause that was reached."""

    def __init__(self) -> None:
        self.clause = -1  # its place in CLAUSES
        self.takes_alias = False  # an operand may have a second name here


class Grammar:
    """Which kind of token may come next. `accept` tells it of each token."""

    def __init__(self) -> None:
        self.levels = [Level()]
        self.needs_operand = True
        self.has_alias = False
        self.previous = ""  # in capitals
        self.has_from = False
        self.open_cases = 0

    @property
    def is_complete(self) -> bool:
        """Whether the query could end here, but for open parentheses."""
        return not self.needs_operand and self.previous not in FOLLOWERS and self.previous != "."

    @property
    def awaits_main_select(self) -> bool:
        """Whether all there is so far is what WITH defines."""
        is_outermost = len(self.levels) == 1
        return is_outermost and self.levels[0].clause == -1 and not self.needs_operand

    def accept(self, kind: str, text: str) -> bool:
        """Return whether such a token may come next, and take it as the last one if not."""
        upper = text.upper()
        followers, was_complete = FOLLOWERS.get(self.previous), not self.needs_operand
        accepted = followers is None or upper in followers
        if self.previous in ("LIMIT", "OFFSET"):
            accepted = kind in ("number", "open", "operator")
        is_name = self.previous == "." or (upper in ALSO_NAMES and self.needs_operand)
        if kind == "word" and upper in KEYWORDS and not is_name:
            accepted &= self.accept_keyword(upper)
        elif upper in ("WITH", "RECURSIVE") and self.previous in ("", "WITH"):
            pass  # a name follows
        elif kind in ("word", "number", "literal"):
            accepted &= self.accept_operand(kind)
        else:
            accepted &= self.accept_sign(kind, upper)
        if is_name:
            upper = "NAME"
        self.previous = "INFIX NOT" if upper == "NOT" and was_complete else upper
        return accepted

    def accept_operand(self, kind: str) -> bool:
        if self.needs_operand or self.previous in (".", "NULLS"):
            self.has_alias = self.previous == "AS"
            self.needs_operand = False
            return True
        may_have_alias = self.levels[-1].takes_alias or self.previous == ")"
        accepted = kind != "number" and may_have_alias and not self.has_alias
        self.has_alias = True
        return accepted

    def accept_sign(self, kind: str, sign: str) -> bool:
        level = self.levels[-1]
        if kind == "open":
            self.levels.append(Level())
            self.needs_operand = True
            return True
        if kind == "close":
            accepted = not self.needs_operand or self.previous == "("
            self.levels[-2:] = self.levels[-2:-1]
            self.needs_operand = self.has_alias = False
            return accepted
        if kind == "dot":
            return not self.needs_operand
        if sign == "*" and (self.needs_operand or self.previous == "."):
            self.needs_operand, self.has_alias = False, True
            return True
        if sign in "+-~" and self.needs_operand:
            return True
        accepted = kind in ("comma", "operator") and not self.needs_operand
        level.takes_alias |= kind == "comma" and level.clause == CLAUSES["FROM"]
        self.needs_operand, self.has_alias = True, False
        return accepted

    def accept_keyword(self, word: str) -> bool:
        level = self.levels[-1]
        was_complete = not self.needs_operand
        if word == "SELECT":
            accepted = self.previous in ("", "(", "ALL", *SET_OPERATIONS) or self.awaits_main_select
            self.enter_clause(level, word)
            return accepted
        if word in CLAUSES:
            accepted = level.clause < CLAUSES[word] and (was_complete or self.previous == "(")
            self.enter_clause(level, word)
            return accepted
        if word in SET_OPERATIONS:
            level.clause = -1
            self.needs_operand, self.has_alias = True, False
            return was_complete
        if word in ("WHEN", "THEN", "ELSE", "END") and not self.open_cases:
            return False
        self.open_cases += {"CASE": 1, "END": -1}.get(word, 0)
        if word in BEFORE_OPERAND:
            accepted = self.needs_operand or word in ("NOT", "WHEN")
            self.needs_operand = True
            return accepted
        if word in POSTFIX or word in JOIN_KINDS:
            self.has_alias = word != "END"
            return was_complete
        return self.accept_infix(word, level, was_complete)

    def enter_clause(self, level: Level, word: str) -> None:
        level.clause = CLAUSES[word]
        level.takes_alias = word in ("SELECT", "FROM")
        self.has_from |= word == "FROM"
        self.needs_operand, self.has_alias = True, False

    def accept_infix(self, word: str, level: Level, was_complete: bool) -> bool:
        in_tables = level.clause == CLAUSES["FROM"]
        in_condition = not (in_tables and level.takes_alias)
        in_place = in_tables if word in JOINING else word == "AS" or in_condition
        if word in JOINING:
            level.takes_alias = word == "JOIN"
        self.needs_operand, self.has_alias = True, False
        return in_place and (was_complete or self.previous in ("GROUP", "ORDER", "INFIX NOT"))
