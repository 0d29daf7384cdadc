"""Command-line flags from a dataclass, with defaults from YAML files."""

import argparse
import difflib
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import yaml

from text2sql.errors import UserError

UNSET = object()


def parse_flags(
    config_type: type, description: str, arguments: Sequence[str] | None = None
) -> tuple[Any, set[str]]:
    """Return the filled dataclass and the names of the fields that the user set.

    The flags are the fields of `config_type`; `--config FILE` reads them from a YAML file, and the
    command line wins over it, and a later file over an earlier one. A misspelt flag or key ends
    the program with exit status 2.
    """
    parser = build_parser(config_type, description)
    # argparse gives no default to a name that the namespace already has
    namespace = argparse.Namespace(**dict.fromkeys(names_of_fields(config_type), UNSET))
    try:
        apply_argv(sys.argv[1:] if arguments is None else arguments, parser, namespace)
        for path in reversed(namespace.config or []):
            apply_config(path, parser, get_type_hints(config_type), namespace)
    except UserError as error:
        parser.error(str(error))
    values = {name: getattr(namespace, name) for name in names_of_fields(config_type)}
    said = {name: value for name, value in values.items() if value is not UNSET}
    for name, value in said.items():
        if value == "" and name.endswith("_dir"):  # which would be the current folder
            parser.error(f"--{name} is empty; leave it out, or name a folder")
    return config_type(**said), set(said)


def names_of_fields(config_type: type) -> list[str]:
    return [field.name for field in fields(config_type)]


def build_parser(config_type: type, description: str) -> argparse.ArgumentParser:
    from trl import TrlParser

    class Parser(TrlParser):
        def add_argument(self, *names: str, **settings: Any) -> argparse.Action:
            if settings.get("nargs") == "+":
                settings["action"] = AddValues
            return super().add_argument(*names, **settings)

    parser = Parser(
        config_type,
        usage="%(prog)s [--flag value ...] [--config FILE]",
        description=description,
        formatter_class=FlagHelp,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--config", metavar="FILE", action="append", help="read flags from a YAML file"
    )
    return parser


class AddValues(argparse.Action):
    """Lets a list flag be said again: its values add up, where argparse would keep the last.

    argparse's own "extend" would add to the default, too.
    """

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        earlier = getattr(namespace, self.dest)
        setattr(namespace, self.dest, values if earlier is UNSET else [*earlier, *values])


class FlagHelp(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Prints the description as it is written, one spelling of each flag, and every default."""

    def add_argument(self, action: argparse.Action) -> None:
        action = copy(action)
        # The parser takes hyphens too; printing both spellings would double the page.
        action.option_strings = [word for word in action.option_strings if "-" not in word[2:]]
        if action.help is None and action.default is not None and action.nargs != 0:
            action.help = "(default: %(default)s)"
        super().add_argument(action)

    def _get_help_string(self, action: argparse.Action) -> str:
        # argparse takes the sign in "3 % of" for a format; "%(default)s" and "%%" are formats.
        text = action.help if action.default is None else super()._get_help_string(action)
        return re.sub(r"(?<!%)%(?![%(])", "%%", text)


def apply_argv(
    words: Sequence[str], parser: argparse.ArgumentParser, namespace: argparse.Namespace
) -> None:
    """Set in `namespace` what the words of a command line say; refuse a word that says nothing."""
    unknown = parser.parse_known_args(words, namespace)[1]
    if unknown:
        word = next((word for word in unknown if word.startswith("-")), unknown[0])
        hint = closest_flag(word, vars(namespace))
        raise UserError(f"{word.partition('=')[0]} is no flag of this command; {hint}")


def apply_config(
    path: str, parser: argparse.ArgumentParser, hints: Mapping, namespace: argparse.Namespace
) -> None:
    """Set in `namespace` what the YAML file says and what came before it did not.

    What no word can say (null, a mapping, several values for a flag of one) is set as it is.
    """
    for name, value in read_config(path):
        if name not in hints:
            hint = closest_flag(name, hints)
            raise UserError(f"--config {path}: {name} is no flag of this command; {hint}")
        if getattr(namespace, name) is not UNSET:
            continue
        if isinstance(value, str):
            apply_argv([f"--{name}={value}"], parser, namespace)
        elif isinstance(value, list) and parser._option_string_actions[f"--{name}"].nargs == "+":
            if any(str(item).startswith("--") for item in value):
                raise UserError(f"--config {path}: {name} cannot hold a flag: {value!r}.")
            apply_argv([f"--{name}", *map(str, value)], parser, namespace)
        elif accepts(hints[name], value):
            setattr(namespace, name, value)
        else:
            raise UserError(f"--config {path}: {name} cannot be {value!r}.")


def closest_flag(word: str, names: Iterable[str]) -> str:
    """Return the hint for a word that is no flag."""
    name = word.partition("=")[0].removeprefix("--").removeprefix("no_").replace("-", "_")
    closest = difflib.get_close_matches(name, names, n=1)
    return f"did you mean --{closest[0]}?" if closest else "--help lists the flags."


def accepts(hint: Any, value: list | dict | None) -> bool:
    """Tell whether a field of that type may be a list, a mapping or None, as `value` is."""
    return type(value) in {get_origin(member) or member for member in (hint, *get_args(hint))}


class ConfigLoader(yaml.SafeLoader):
    """YAML 1.1 takes 1e-6 for a word, where people and YAML 1.2 mean a number."""


ConfigLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def read_config(path: str) -> list[tuple[str, str | list | dict | None]]:
    """Return what a YAML mapping says: single values as they are written, so that `no` stays `no`.

    A `UserError` names a file that cannot be read or says a name twice.
    """
    try:
        loader = ConfigLoader(Path(path).read_text(encoding="utf-8"))
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            raise UserError(f"--config {path} must hold one 'flag: value' a line.")
        entries = [(str(key.value), read_node(loader, node)) for key, node in root.value]
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UserError(f"--config {path} cannot be read: {error}") from None
    names = [name for name, _ in entries]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise UserError(f"--config {path} says {twice[0]} twice.")
    return entries


def read_node(loader: Any, node: Any) -> str | list | dict | None:
    if isinstance(node.value, str):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    value = loader.construct_object(node, deep=True)
    if not isinstance(value, list):
        return value
    written = [item.value for item in node.value]
    return [w if isinstance(w, str) else v for w, v in zip(written, value, strict=True)]
