"""Flags come from the command line or a YAML file; test_cli.py covers `run`."""

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from text2sql.files import write_text
from text2sql.flags import flag, parse_flags

ROOT = Path(__file__).parent.parent


@dataclass
class Flags:
    model_id: str = field(default="gemma", metadata={"help": "3 % of it, 100%, or %(default)s"})
    spider_dir: str | None = field(default=None, metadata={"help": "a folder"})
    num_shots: int = 3
    max_length: int | None = 1024
    learning_rate: float = 1e-4
    load_in_4bit: bool = True
    resume: bool = False
    bf16: bool | None = None
    loss_on: Literal["sql", "text"] = "sql"
    eval_strategy: str = "steps"
    adapter_scales: list[float] = field(default_factory=list)
    splits: list[str] = field(default_factory=lambda: ["validation"])
    report_to: None | str | list[str] = "none"  # noqa: RUF036 - as TRL declares it
    lr_scheduler_kwargs: dict | str | None = None
    liger_kernel_config: dict[str, bool] | None = None
    plan: Literal["auto", "paper"] = flag("auto", "how to run", group="This run", alias="scheme")
    overwrite: bool = False


def parse(*words: str) -> Flags:
    return parse_flags(Flags, "What it does.", words)[0]


def parse_config(folder: Path, text: str, *words: str) -> Flags:
    write_text(folder / "flags.yaml", text)
    return parse("--config", str(folder / "flags.yaml"), *words)


def refusal(capsys, *words: str) -> str:
    """Return the one line that says why the words are refused, with exit status 2."""
    with pytest.raises(SystemExit) as stop:
        parse(*words)
    assert stop.value.code == 2
    usage, message, *rest = capsys.readouterr().err.splitlines()
    assert usage.startswith("usage: ")
    return " ".join([message, *rest])


def config_refusal(capsys, folder: Path, text: str) -> str:
    write_text(folder / "flags.yaml", text)
    return refusal(capsys, "--config", str(folder / "flags.yaml"))


# The command line


def test_without_flags_every_value_is_the_default_of_its_field():
    assert parse_flags(Flags, "", []) == (Flags(), set())


FORMS = {
    "bare flag is true": (["--resume"], "resume", True),
    "true is said": (["--resume", "true"], "resume", True),
    "false is said": (["--load_in_4bit", "false"], "load_in_4bit", False),
    "false after an equals sign": (["--load_in_4bit=no"], "load_in_4bit", False),
    "no_ makes it false": (["--no_load_in_4bit"], "load_in_4bit", False),
    "hyphens": (["--load-in-4bit", "0"], "load_in_4bit", False),
    "optional bool": (["--bf16", "false"], "bf16", False),
    "bare optional bool": (["--bf16"], "bf16", True),
    "negative number": (["--num_shots", "-1"], "num_shots", -1),
    "negative fraction": (["--learning_rate", "-0.5"], "learning_rate", -0.5),
    "exponent": (["--learning_rate", "2e-5"], "learning_rate", 2e-5),
    "none for an optional number": (["--max_length", "none"], "max_length", None),
    "choice": (["--loss_on", "text"], "loss_on", "text"),
    "list": (["--adapter_scales", "0.25", "1"], "adapter_scales", [0.25, 1.0]),
    "value with a space and an equals sign": (["--model_id", "a = b"], "model_id", "a = b"),
    "empty value": (["--model_id", ""], "model_id", ""),
    "same as the default": (["--num_shots", "3"], "num_shots", 3),
    "list said again": (
        ["--adapter_scales", "0.25", "0.5", "--adapter_scales=1"],
        "adapter_scales",
        [0.25, 0.5, 1.0],
    ),
    "list said again instead of its default": (
        ["--splits", "test", "--splits", "holdout"],
        "splits",
        ["test", "holdout"],
    ),
    "alias": (["--scheme", "paper"], "plan", "paper"),
    "last of two": (["--num_shots", "1", "--num_shots", "2"], "num_shots", 2),
}


@pytest.mark.parametrize(("words", "name", "value"), FORMS.values(), ids=FORMS)
def test_flag_sets_its_field_and_is_named_as_said(words, name, value):
    flags, said = parse_flags(Flags, "", words)
    assert getattr(flags, name) == value
    assert said == {name}


def test_words_come_from_sys_argv_where_none_are_given(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["train.py", "--num_shots", "5"])
    assert parse_flags(Flags, "")[0].num_shots == 5


MISUSE = {
    "misspelt": (["--modle_id", "x"], "--modle_id is not a flag .* did you mean --model_id"),
    "misspelt with a value": (["--num_shot=3"], "--num_shot is not a flag .* mean --num_shots"),
    "misspelt with hyphens": (["--num-shot", "3"], "did you mean --num_shots"),
    "empty": (["--spider_dir", ""], "--spider_dir is empty"),
    "misspelt no_": (["--no_laod_in_4bit"], "did you mean --load_in_4bit"),
    "shortened": (["--num", "3"], "--num is not a flag"),
    "like nothing": (["--xyzzy"], "--xyzzy is not a flag of this command; --help lists the flags"),
    "word without a flag": (["stray"], "stray is not a flag"),
    "no number": (["--num_shots", "many"], "--num_shots.*invalid int value: 'many'"),
    "fraction for an int": (["--num_shots", "1.5"], "--num_shots.*invalid int"),
    "no choice": (["--loss_on", "all"], "--loss_on.*invalid choice: 'all'.*'sql', 'text'"),
    "no bool": (["--resume", "maybe"], "--resume.*maybe"),
    "value forgotten": (["--num_shots"], "--num_shots.*expected one argument"),
    "config file forgotten": (["--config"], "--config.*expected one argument"),
    "hyphen in the flag's value": (["--model_id", "--seed"], "--model_id.*expected one"),
}


@pytest.mark.parametrize(("words", "message"), MISUSE.values(), ids=MISUSE)
def test_misuse_ends_with_status_2_and_one_line_that_names_it(capsys, words, message):
    assert re.search(message, refusal(capsys, *words))


# The YAML file

VALUES = {
    "number": ("num_shots: 5", "num_shots", 5),
    "exponent, which YAML reads as a word": ("learning_rate: 1e-5", "learning_rate", 1e-5),
    "negative exponent": ("learning_rate: -1e-5", "learning_rate", -1e-5),
    "negative number": ("num_shots: -1", "num_shots", -1),
    "true": ("resume: true", "resume", True),
    "no for a bool": ("load_in_4bit: no", "load_in_4bit", False),
    "no for a word": ("eval_strategy: no", "eval_strategy", "no"),
    "null for a number": ("max_length: null", "max_length", None),
    "null for a word": ("report_to: ~", "report_to", None),
    "nothing": ("spider_dir:", "spider_dir", None),
    "quoted null": ("spider_dir: 'null'", "spider_dir", "null"),
    "empty word": ("model_id: ''", "model_id", ""),
    "word with spaces and a hash": ("model_id: 'my # model'", "model_id", "my # model"),
    "word that begins with hyphens": ("model_id: --resume", "model_id", "--resume"),
    "date": ("model_id: 2024-01-01", "model_id", "2024-01-01"),
    "no date": ("model_id: 2024-99-99", "model_id", "2024-99-99"),
    "leading zeros": ("model_id: 007", "model_id", "007"),
    "several lines": ("model_id: |\n  one\n  two", "model_id", "one\ntwo"),
    "list": ("adapter_scales: [0.25, 1e-1, -1]", "adapter_scales", [0.25, 0.1, -1.0]),
    "list of one a line": ("splits:\n- validation\n- no", "splits", ["validation", "no"]),
    "one value for a list": ("splits: holdout", "splits", ["holdout"]),
    "list or word": ("report_to: [a, b]", "report_to", ["a", "b"]),
    "mapping": (
        "lr_scheduler_kwargs: {a: 1e-1, b: x}",
        "lr_scheduler_kwargs",
        {"a": 0.1, "b": "x"},
    ),
    "mapping only": ("liger_kernel_config: {rope: yes}", "liger_kernel_config", {"rope": True}),
    "mapping as JSON": ("lr_scheduler_kwargs: '{\"a\": 1}'", "lr_scheduler_kwargs", '{"a": 1}'),
    "CRLF": ("num_shots: 5\r\n", "num_shots", 5),
    "alias of a flag": ("scheme: paper", "plan", "paper"),
    "alias of YAML": ("num_shots: &n 5\nmax_length: *n", "max_length", 5),
}


@pytest.mark.parametrize(("text", "name", "value"), VALUES.values(), ids=VALUES)
def test_value_of_the_yaml_file_reaches_its_field(tmp_path, text, name, value):
    assert getattr(parse_config(tmp_path, text), name) == value


def test_fields_of_the_yaml_file_count_as_said(tmp_path):
    write_text(tmp_path / "flags.yaml", "num_shots: 3\nspider_dir: null")
    _, said = parse_flags(Flags, "", [f"--config={tmp_path / 'flags.yaml'}", "--resume"])
    assert said == {"num_shots", "spider_dir", "resume"}


@pytest.mark.parametrize("value", ["5", "null"])
def test_command_line_wins_over_the_yaml_file_on_either_side_of_it(tmp_path, value):
    write_text(tmp_path / "flags.yaml", f"max_length: {value}\nsplits: [a, b]")
    config = ["--config", str(tmp_path / "flags.yaml")]
    said = ["--max_length", "7", "--splits", "c"]
    for words in ([*config, *said], [*said, *config]):
        flags = parse(*words)
        assert (flags.max_length, flags.splits) == (7, ["c"])


def test_later_yaml_file_wins_over_an_earlier_one(tmp_path):
    write_text(tmp_path / "all.yaml", "max_length: 5\nnum_shots: 5")
    write_text(tmp_path / "mine.yaml", "max_length: null")
    paths = (str(tmp_path / name) for name in ("all.yaml", "mine.yaml"))
    flags = parse(*(f"--config={path}" for path in paths))
    assert (flags.max_length, flags.num_shots) == (None, 5)


BAD_CONFIGS = {
    "empty": ("", "must hold one 'flag: value' per line"),
    "only a comment": ("# num_shots: 3", "must hold one 'flag: value' per line"),
    "list": ("- num_shots", "must hold one 'flag: value' per line"),
    "word": ("num_shots", "must hold one 'flag: value' per line"),
    "unknown key": ("num_shot: 3", "num_shot is not a flag .* did you mean --num_shots"),
    "key that is no word": ("no: 3", "no is not a flag"),
    "key that is a list": ("? [a, b]\n: 3", "is not a flag"),
    "config inside": ("config: other.yaml", "config is not a flag"),
    "key twice": ("num_shots: 1\nnum_shots: 2", "sets num_shots twice"),
    "bad YAML": ("num_shots: [1", "cannot be read"),
    "flag and its alias": ("plan: auto\nscheme: paper", "sets plan twice"),
    "two documents": ("num_shots: 1\n---\nnum_shots: 2", "cannot be read"),
    "object of Python": ("splits: !!python/object:os.system [a]", "cannot be read"),
    "alias of itself": ("lr_scheduler_kwargs: &a {b: *a}", "cannot be read"),
    "bad date inside": ("lr_scheduler_kwargs: {a: 2024-99-99}", "cannot be read"),
    "null for a flag without null": ("num_shots: null", "num_shots cannot be None"),
    "list for a flag of one": ("num_shots: [1, 2]", "num_shots cannot be \\['1', '2'\\]"),
    "mapping for a word": ("model_id: {a: 1}", "model_id cannot be \\{'a': 1\\}"),
    "empty list": ("splits: []", "--splits.*expected at least one argument"),
    "flag in a list": ("splits: [a, --resume]", "splits cannot hold a flag: .*--resume"),
    "no number": ("num_shots: many", "--num_shots.*invalid int value: 'many'"),
    "no choice": ("loss_on: all", "invalid choice"),
}


@pytest.mark.parametrize(("text", "message"), BAD_CONFIGS.values(), ids=BAD_CONFIGS)
def test_yaml_file_that_cannot_be_meant_is_refused(capsys, tmp_path, text, message):
    assert re.search(message, config_refusal(capsys, tmp_path, text))


def test_yaml_file_that_is_missing_a_folder_or_binary_is_named(capsys, tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\x01")
    (tmp_path / "nul").write_bytes(b"num_shots: 1\0")
    for name in ("absent", "binary", "nul", "."):
        path = str(tmp_path / name)
        assert f"--config {path} cannot be read: " in refusal(capsys, "--config", path)


@dataclass
class LibraryFlags:
    seed: int = 0
    num_shots: int = 8
    plan_file: str | None = field(default=None, metadata={"help": "the library's own"})


def parse_with_library(*words: str):
    return parse_flags(Flags, "", words, import_library_flags=lambda: LibraryFlags)


def test_library_flags_join_those_of_the_command_which_keep_their_defaults():
    flags, explicit = parse_with_library("--plan_file", "x", "--seed", "1")
    assert isinstance(flags, Flags)
    assert (flags.num_shots, flags.plan_file, flags.seed) == (3, "x", 1)
    assert explicit == {"plan_file", "seed"}


def test_parsing_light_flags_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from dataclasses import make_dataclass\n"
        "from text2sql.flags import flag, parse_flags\n"
        "parse_flags(make_dataclass('Flags', [('seed', int, 42)]), '', [])\n"
        "print({'torch', 'transformers', 'datasets'} & set(sys.modules))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert ended.stdout == "set()\n"
