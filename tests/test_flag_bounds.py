"""Numbers outside the bounds of their flag are refused in one message."""

from dataclasses import dataclass

import pytest

from text2sql.errors import UserError
from text2sql.flags import flag, parse_flags


@dataclass
class BoundedFlags:
    limit: int | None = flag(None, "first N", above=0)
    fraction: float = flag(0.5, "of the whole", at_least=0, below=1)


@pytest.mark.parametrize("words", [["--limit", "0"], ["--limit", "-1"]], ids=" ".join)
def test_number_outside_its_bound_is_refused(words):
    with pytest.raises(UserError, match=r"--limit must be above 0\.$"):
        parse_flags(BoundedFlags, "", words)


@pytest.mark.parametrize("value", ["-0.1", "1", "nan", "inf"])
def test_number_outside_either_bound_is_refused(value):
    with pytest.raises(UserError, match=r"--fraction must be at least 0 and below 1\.$"):
        parse_flags(BoundedFlags, "", ["--fraction", value])


def test_numbers_within_their_bounds_and_none_are_taken():
    assert parse_flags(BoundedFlags, "", ["--fraction", "0"])[0] == BoundedFlags(None, 0.0)
