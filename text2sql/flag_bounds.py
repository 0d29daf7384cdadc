"""Bounds of numeric flags: metadata of their fields, checked in one place."""

import operator
from dataclasses import fields
from typing import Any

from text2sql.errors import UserError

BOUNDS = {  # keys of a field's metadata, and how a value relates to the bound
    "above": operator.gt,
    "at_least": operator.ge,
    "below": operator.lt,
    "at_most": operator.le,
}


def refuse_out_of_bounds(flags: Any) -> None:
    """Raise a `UserError` for the first number outside the bounds of its field.

    NaN is outside any bounds; None and what is not a number are inside.
    """
    for field in fields(flags):
        value = getattr(flags, field.name)
        bounds = {key: field.metadata[key] for key in BOUNDS if key in field.metadata}
        if isinstance(value, int | float) and not all(
            BOUNDS[key](value, bound) for key, bound in bounds.items()
        ):
            words = [f"{key.replace('_', ' ')} {bound}" for key, bound in bounds.items()]
            raise UserError(f"--{field.name} must be {' and '.join(words)}.")
