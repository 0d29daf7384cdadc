"""JSON objects -> dataclasses, with every field checked; errors name the file and the line."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from text2sql.errors import UserError
from text2sql.files import read_bytes, read_line
from text2sql.seals import open_line

Record = TypeVar("Record")

NAMES_OF_TYPES = {
    str: "a string",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def parse_fields(cls: type[Record], value: Mapping[str, Any]) -> Record:
    """Return the dataclass `cls` with the fields of a JSON object.

    Raises a ValueError that names the first field that is missing or of another type, also within
    its lists and objects. Keys that are not fields are ignored, so that files of later versions can
    be read.
    """
    return cls(
        **{
            field.name: checked_field(cls, field, value)
            for field in fields(cls)  # type: ignore[arg-type]  # typeshed's DataclassInstance is private
            if field.name in value or is_required(field)
        }
    )


def is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def checked_field(cls: type, field: Field[Any], value: Mapping[str, Any]) -> Any:
    if field.name not in value:
        raise ValueError(f"lacks `{field.name}`")
    content, allowed = value[field.name], allowed_types(cls)[field.name]
    if type(content) not in allowed and not (type(content) is int and float in allowed):
        expected = " or ".join(NAMES_OF_TYPES[kind] for kind in allowed)
        raise ValueError(f"must have {expected} as `{field.name}`")
    if type(content) in (list, dict) and not fits(content, field_types(cls)[field.name]):
        raise ValueError(f"has an entry of another type in `{field.name}`")
    return content


def fits(value: Any, hint: Any) -> bool:
    """Return whether a JSON value, whose objects may be parsed already, is of a type."""
    for option in union_options(hint):
        kind, parts = get_origin(option) or option, get_args(option)
        if option is Any:
            return True
        if option is float and type(value) is int:
            return True
        if type(value) is not kind and not (is_parsed(kind) and isinstance(value, kind)):
            continue
        entries = value.values() if isinstance(value, dict) else value
        if not parts or all(fits(entry, parts[-1]) for entry in entries):
            return True
    return False


def is_parsed(kind: Any) -> bool:
    """Return whether the type is a class of this project, not one that JSON has."""
    return isinstance(kind, type) and kind not in NAMES_OF_TYPES


@cache
def field_types(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


@cache
def allowed_types(cls: type) -> dict[str, tuple[type, ...]]:
    """Return the Python types that the JSON value of each field may have."""
    return {
        name: tuple(get_origin(option) or option for option in union_options(hint))
        for name, hint in field_types(cls).items()
    }


def union_options(hint: Any) -> tuple[Any, ...]:
    """Return `int, None` for `int | None`, and a hint that is not a union alone."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def read_records(path: Path, parse: Callable[[dict[str, Any]], Record]) -> list[Record]:
    """Return what `parse` makes of each line of a JSONL file.

    A `UserError` names the first line that is not a JSON object, or that `parse` refuses with a
    ValueError.
    """
    return [
        parse_line(path, number, line, parse)
        for number, line in enumerate(read_bytes(path).split(b"\n"), start=1)
        if line.strip()
    ]


def parse_line(
    path: Path, number: int, line: bytes, parse: Callable[[dict[str, Any]], Record]
) -> Record:
    row = open_line(path, number, read_line(path, number, line))
    try:
        return parse(row)
    except ValueError as error:
        raise UserError(
            f"{path}, line {number}, {error}. Correct the line, or remove the file so that it is "
            "made again."
        ) from None
