"""Regular expressions match the same on every Python that this project runs on."""

import importlib
import pkgutil
import re
from re import _constants as ops  # the standard library's own parser of patterns
from re import _parser as parser

import text2sql

SINGLE = {ops.LITERAL, ops.NOT_LITERAL, ops.ANY, ops.IN}


def patterns_of_the_package() -> dict[str, re.Pattern]:
    names = (module.name for module in pkgutil.walk_packages(text2sql.__path__, "text2sql."))
    return {
        f"{name}.{attribute}": value
        for name in names
        for attribute, value in vars(importlib.import_module(name)).items()
        if isinstance(value, re.Pattern)
    }


def is_one_character(body) -> bool:
    return len(body) == 1 and body[0][0] in SINGLE


def possessive_groups(parsed) -> list:
    """Return the bodies of possessive quantifiers that are more than one character."""
    found = []
    for op, arguments in parsed:
        if op is ops.POSSESSIVE_REPEAT and not is_one_character(arguments[2]):
            found.append(arguments[2])
        pending = [arguments]
        while pending:
            part = pending.pop()
            if isinstance(part, parser.SubPattern):
                found += possessive_groups(part)
            elif isinstance(part, tuple | list):
                pending += part
    return found


def test_no_group_has_a_possessive_quantifier():
    # Python before 3.11.5 matches them wrongly where the group backtracks (CPython issue 106052).
    patterns = patterns_of_the_package()
    assert len(patterns) > 20
    wrong = [
        name
        for name, pattern in patterns.items()
        if possessive_groups(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))
    ]
    assert wrong == []


def test_a_possessive_group_is_found_within_others():
    assert possessive_groups(parser.parse(r"a(?:b|(?P<c>x|(?:y|zz)*+))"))
    assert possessive_groups(parser.parse(r"(?:ab)*+"))
    assert not possessive_groups(parser.parse(r"(?:\s++|[^']*+|a*+)*"))
