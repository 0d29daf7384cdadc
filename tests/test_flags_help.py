"""What `--help` prints: groups of flags, kinds of values, defaults; and what it does without."""

import re
from dataclasses import dataclass, field
from typing import Literal

import pytest

from text2sql.flags import flag, parse_flags


@dataclass
class Flags:
    model_id: str = field(default="gemma", metadata={"help": "3 % of it, 100%, or %(default)s"})
    num_shots: int = 3
    max_length: int | None = 1024
    learning_rate: float = 1e-4
    load_in_4bit: bool = True
    bf16: bool | None = None
    splits: list[str] = flag(["validation"], "splits to read")
    plan: Literal["auto", "paper"] = flag("auto", "how to run", group="This run", alias="scheme")
    overwrite: bool = False


def help_page(capsys) -> str:
    with pytest.raises(SystemExit) as stop:
        parse_flags(Flags, "What it does.", ["--help"])
    assert stop.value.code == 0
    return capsys.readouterr().out


def test_help_lists_each_flag_once_with_its_default(capsys):
    page = help_page(capsys)
    assert page.count("--num_shots") == 1
    assert "--num-shots" not in page
    for default in ("(default: 3)", "(default: 0.0001)", "(default: ['validation'])"):
        assert default in page
    assert "(default: None)" not in page


def test_help_has_the_flags_of_a_group_under_its_title(capsys):
    ungrouped, _, group = help_page(capsys).partition("\nThis run:\n")
    assert re.findall(r"^  --(\w+)", group, re.MULTILINE) == ["plan", "overwrite"]
    assert "--num_shots" in ungrouped


def test_help_shows_which_kind_of_value_a_flag_takes(capsys):
    page = help_page(capsys)
    shown = ("--num_shots N", "--max_length N", "--learning_rate X", "--bf16 [BOOL]")
    for flag_and_value in (*shown, "--model_id TEXT", "--load_in_4bit [BOOL]"):
        assert re.search(rf"  {re.escape(flag_and_value)}\s", page)


def test_help_lists_neither_aliases_nor_no_flags(capsys):
    page = help_page(capsys)
    assert "--scheme" not in page
    assert "--no_load_in_4bit" not in page


@dataclass
class LibraryFlags:
    seed: int = 0
    num_shots: int = 8
    plan_file: str | None = field(default=None, metadata={"help": "the library's own"})


def test_help_does_without_the_library_and_help_all_lists_its_flags(capsys):
    def refuse():
        pytest.fail("the library is imported")

    with pytest.raises(SystemExit):
        parse_flags(Flags, "", ["--help"], import_library_flags=refuse)
    page = capsys.readouterr().out
    assert "--plan_file" not in page
    assert "--help_all" in page
    with pytest.raises(SystemExit):
        parse_flags(Flags, "", ["--help_all"], import_library_flags=lambda: LibraryFlags)
    groups = capsys.readouterr().out.partition("\nLibraryFlags (see its documentation):\n")
    assert re.findall(r"^  --(\w+)", groups[2], re.MULTILINE) == ["seed", "plan_file"]


def test_help_prints_percent_signs_and_still_fills_in_defaults(capsys):
    assert "3 % of it, 100%, or gemma" in " ".join(help_page(capsys).split())


def test_help_prints_the_description_line_by_line(capsys):
    with pytest.raises(SystemExit):
        parse_flags(Flags, "First line.\n\n  python train.py  # 3 %\n", ["--help"])
    assert "\n  python train.py  # 3 %\n" in capsys.readouterr().out
