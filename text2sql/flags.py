"""Command-line flags from a dataclass, with defaults from YAML files.

Help texts, groups and aliases are metadata of the fields: see `flag`.
"""

import argparse
import copy
import dataclasses
import difflib
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast, get_args, get_origin, get_type_hints

import yaml

from text2sql.errors import UserError
from text2sql.flag_bounds import BOUNDS, refuse_out_of_bounds

if TYPE_CHECKING:
    from trl.scripts._hf_argparser import DataClassType

UNSET = object()

ConfigValue = str | list[Any] | dict[str, Any] | None  # of an entry in a YAML file

METAVARS = {bool: "BOOL", int: "N", float: "X", dict: "JSON"}
BOOLEANS = (
    "Flags marked [BOOL] are switched off by --flag false; if on by default, also by --no_flag."
)


def flag(
    default: Any,
    help: str,
    *,
    group: str | None = None,
    alias: str | None = None,
    **bounds: float,
) -> Any:
    """Return a dataclass field for a command-line flag.

    A list as default is copied for each instance. `group` starts a titled group in `--help`, which
    holds this field and those after it; `alias` is another name, such as a former one, that the
    command line and YAML files accept and `--help` does not list. `bounds` are those of
    `flag_bounds.BOUNDS`.
    """
    metadata: dict[str, Any] = {"help": help, **bounds}
    if group is not None:
        metadata["group"] = group
    if alias is not None:
        metadata["aliases"] = [f"--{alias}"]
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: list(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def parse_flags(
    flags_type: type,
    description: str,
    arguments: Sequence[str] | None = None,
    *,
    import_library_flags: Callable[[], type] | None = None,
) -> tuple[Any, set[str]]:
    """Return the filled dataclass and the names of the fields that the user set explicitly.

    The flags are the fields of `flags_type`; `--config FILE` reads them from a YAML file. The
    command line takes precedence over the files, and a later file over an earlier one. A misspelt
    flag or key ends the program with exit status 2.

    `import_library_flags` returns a library's dataclass, whose fields become flags too. Importing
    it may take seconds: `--help` does without, and `--help_all` lists them.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    if import_library_flags is not None and not {"-h", "--help"} & set(words):
        flags_type = add_library_flags(flags_type, import_library_flags())
    parser = build_parser(flags_type, description, has_more=import_library_flags is not None)
    # argparse gives no default to a name that the namespace already has
    namespace = argparse.Namespace(**dict.fromkeys(names_of_fields(flags_type), UNSET))
    try:
        apply_argv(words, parser, namespace)
        for path in reversed(namespace.config or []):
            apply_config(path, parser, flags_type, namespace)
    except UserError as error:
        parser.error(str(error))
    values = {name: getattr(namespace, name) for name in names_of_fields(flags_type)}
    explicit = {name: value for name, value in values.items() if value is not UNSET}
    for name, value in explicit.items():
        if value == "" and name.endswith("_dir"):  # which would be the current folder
            parser.error(f"--{name} is empty; leave it out, or name a folder")
    flags = flags_type(**explicit)
    refuse_out_of_bounds(flags)
    return flags, set(explicit)


def names_of_fields(flags_type: type) -> list[str]:
    return [field.name for field in fields(flags_type)]


def add_library_flags(flags_type: type, library_type: type) -> type:
    """Return a subclass of `flags_type` with the fields of `library_type` that it lacks."""
    hints = get_type_hints(library_type)
    others = [field for field in fields(library_type) if field.init]
    own = set(names_of_fields(flags_type))
    added = [(f.name, hints[f.name], copy.copy(f)) for f in others if f.name not in own]
    if added:
        title = {"group": f"{library_type.__name__} (see its documentation)"}
        added[0][2].metadata = MappingProxyType(title | dict(added[0][2].metadata))
    return dataclasses.make_dataclass(f"All{flags_type.__name__}", added, bases=(flags_type,))


def build_parser(
    flags_type: type, description: str, *, has_more: bool = False
) -> argparse.ArgumentParser:
    """Return the parser of the fields of `flags_type`; `has_more` adds `--help_all`."""
    from trl.scripts.utils import TrlParser

    hints = get_type_hints(flags_type)

    class Parser(TrlParser):
        group: Any = None

        def add_argument(
            self, *names: str, group: str | None = None, **settings: Any
        ) -> argparse.Action:
            if group is not None and group != getattr(self.group, "title", None):
                self.group = self.add_argument_group(group)
            if "type" in settings and hints[names[0].removeprefix("--")] == (bool | None):
                settings |= {"nargs": "?", "const": True}  # of `bool | None`, as of `bool`
            if settings.get("nargs") == "+":
                settings["action"] = AddValues
            if settings.get("action") == "store_false":  # --no_flag
                settings["help"] = argparse.SUPPRESS
            elif "type" in settings and "choices" not in settings:
                settings.setdefault("metavar", metavar(hints[names[0].removeprefix("--")]))
            settings = {key: value for key, value in settings.items() if key not in BOUNDS}
            add_argument = super().add_argument if self.group is None else self.group.add_argument
            return add_argument(*names, **settings)

    parser = Parser(
        usage="%(prog)s [--flag value ...] [--config FILE]",
        description=description,
        epilog=BOOLEANS,
        formatter_class=FlagHelp,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--config", metavar="FILE", action="append", help="read flags from a YAML file"
    )
    if has_more:
        parser.add_argument("--help_all", action="help", help="list the library's flags too")
    parser._add_dataclass_arguments(cast("DataClassType", flags_type))
    return parser


def metavar(hint: Any) -> str:
    """Return the placeholder for a value of this type in `--help`."""
    origins = [get_origin(member) or member for member in (hint, *get_args(hint))]
    return next((METAVARS[origin] for origin in origins if origin in METAVARS), "TEXT")


class AddValues(argparse.Action):
    """Accumulates the values of a repeated list flag, where argparse would keep the last.

    argparse's own "extend" would keep the default values too.
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        earlier = getattr(namespace, self.dest)
        so_far = [] if earlier is UNSET else earlier
        setattr(namespace, self.dest, [*so_far, *(values or ())])


class FlagHelp(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Prints the description verbatim, one spelling of each flag, and every default."""

    def __init__(self, prog: str):
        width = min(shutil.get_terminal_size().columns, 100)
        super().__init__(prog, max_help_position=36, width=width)

    def add_argument(self, action: argparse.Action) -> None:
        action = copy.copy(action)
        # The parser takes hyphens and aliases too; printing them would double the page.
        short = [word for word in action.option_strings if not word.startswith("--")]
        long = [word for word in action.option_strings if word.startswith("--")]
        action.option_strings = [*short, *long[:1]]
        if action.help is None and action.default is not None and action.nargs != 0:
            action.help = "(default: %(default)s)"
        super().add_argument(action)

    def _get_help_string(self, action: argparse.Action) -> str:
        # argparse takes the sign in "3 % of" for a format; "%(default)s" and "%%" are formats.
        text = action.help if action.default is None else super()._get_help_string(action)
        return re.sub(r"(?<!%)%(?![%(])", "%%", text or "")


def apply_argv(
    words: Sequence[str], parser: argparse.ArgumentParser, namespace: argparse.Namespace
) -> None:
    """Set the flags of a command line in `namespace`; refuse words that set none."""
    unknown = parser.parse_known_args(words, namespace)[1]
    if unknown:
        word = next((word for word in unknown if word.startswith("-")), unknown[0])
        hint = closest_flag(word, vars(namespace))
        raise UserError(f"{word.partition('=')[0]} is not a flag of this command; {hint}")


def apply_config(
    path: str, parser: argparse.ArgumentParser, flags_type: type, namespace: argparse.Namespace
) -> None:
    """Set the flags of the YAML file in `namespace`, except those already set there.

    A value that no word can express (null, a mapping, several values for a flag of one) is set as
    it is.
    """
    hints = get_type_hints(flags_type)
    for name, value in read_config(path, aliases_of_fields(flags_type)):
        if name not in hints:
            hint = closest_flag(name, hints)
            raise UserError(f"--config {path}: {name} is not a flag of this command; {hint}")
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


def aliases_of_fields(flags_type: type) -> dict[str, str]:
    """Return the field that each alias stands for."""
    return {
        alias.removeprefix("--"): field.name
        for field in fields(flags_type)
        for alias in field.metadata.get("aliases", ())
    }


def closest_flag(word: str, names: Iterable[str]) -> str:
    """Return the hint for a word that is not a flag."""
    name = word.partition("=")[0].removeprefix("--").removeprefix("no_").replace("-", "_")
    closest = difflib.get_close_matches(name, names, n=1)
    return f"did you mean --{closest[0]}?" if closest else "--help lists the flags."


def accepts(hint: Any, value: ConfigValue) -> bool:
    """Return whether a field of that type accepts a list, a mapping or None like `value`."""
    return type(value) in {get_origin(member) or member for member in (hint, *get_args(hint))}


class ConfigLoader(yaml.SafeLoader):
    """Reads 1e-6 as a number, as people and YAML 1.2 mean it; YAML 1.1 reads a string."""


ConfigLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def read_config(path: str, aliases: Mapping[str, str]) -> list[tuple[str, ConfigValue]]:
    """Return the entries of a YAML mapping: scalars as they are written, so that `no` stays `no`.

    Aliases are replaced by what they stand for. A `UserError` names a file that cannot be read or
    that sets a flag twice.
    """
    try:
        loader = ConfigLoader(Path(path).read_text(encoding="utf-8"))
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            raise UserError(f"--config {path} must hold one 'flag: value' per line.")
        entries = [(str(key.value), read_node(loader, node)) for key, node in root.value]
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UserError(f"--config {path} cannot be read: {error}") from None
    except RecursionError:
        raise UserError(f"--config {path} is nested too deeply to be read.") from None
    entries = [(aliases.get(name, name), value) for name, value in entries]
    names = [name for name, _ in entries]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise UserError(f"--config {path} sets {twice[0]} twice.")
    return entries


def read_node(loader: Any, node: Any) -> ConfigValue:
    if isinstance(node.value, str):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    value: list[Any] | dict[str, Any] = loader.construct_object(node, deep=True)
    if not isinstance(value, list):
        return value
    written = [item.value for item in node.value]
    return [w if isinstance(w, str) else v for w, v in zip(written, value, strict=True)]
