"""What the three commands share: flags from a dataclass or a YAML file, and errors that speak."""

import errno
import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from text2sql.records import UserError

DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS)


def parse_flags(
    config_type: type, description: str, arguments: Sequence[str] | None = None
) -> tuple[Any, set[str]]:
    """Return the filled dataclass and the names of the fields that the user set.

    The flags are the fields of `config_type`; `--config FILE` reads them from a YAML file, and the
    command line wins over it. A misspelt flag or key ends the program with exit status 2.
    """
    from trl import TrlParser

    parser = TrlParser(config_type, description=description, allow_abbrev=False)
    parser.add_argument("--config", metavar="FILE", help="read flags from a YAML file")
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    config_path = parser.parse_known_args(arguments)[0].config
    if config_path is not None:
        try:
            arguments = flags_from_yaml(config_path) + arguments
        except UserError as error:
            parser.error(str(error))
    try:
        config = parser.parse_args_into_dataclasses(arguments, look_for_args_file=False)[0]
    except ValueError as error:
        parser.error(str(error))
    return config, names_of_set_fields(parser, config_type, arguments)


def flags_from_yaml(path: str) -> list[str]:
    """Return the command line that says what the YAML mapping in `path` says."""
    import yaml

    try:
        mapping = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"--config {path} cannot be read: {error}") from None
    if not isinstance(mapping, dict):
        raise UserError(f"--config {path} must hold one 'flag: value' a line.")
    flags = []
    for name, value in mapping.items():
        values = value if isinstance(value, list) else [value]
        flags += [f"--{name}", *(v if isinstance(v, str) else json.dumps(v) for v in values)]
    return flags


def names_of_set_fields(parser: Any, config_type: type, arguments: Sequence[str]) -> set[str]:
    unset = object()  # argparse gives no default to a name that the namespace already has
    namespace = Namespace(**{field.name: unset for field in fields(config_type)})
    parsed = vars(parser.parse_known_args(list(arguments), namespace=namespace)[0])
    return {field.name for field in fields(config_type) if parsed[field.name] is not unset}


def run(main: Callable[[], None]) -> NoReturn:
    """Run a command; what a user can cause ends in one message and exit status 1."""
    # Chatter of the libraries below would bury the command's own lines.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        print("\nInterrupted; what was finished is kept.", file=sys.stderr)
        sys.exit(130)
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        place = error.filename or "while writing"
        sys.exit(f"error: {error.strerror}: {place}. Choose another place or free some space.")
    sys.exit(0)
