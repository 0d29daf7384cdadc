"""The layout: light imports, names that shadow nothing, files short enough to read.

`make lint` checks the order of imports (import-linter) and which files may import heavy packages
(ruff, TID253); here is what those cannot see.
"""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

SHADOWS_ON_PURPOSE = {"evaluate"}  # only lm_eval's metrics beyond ours import that package
MAX_LINES = 320

PACKAGE = ROOT / "text2sql"
RUFF = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
HEAVY_PACKAGES = set(RUFF["flake8-tidy-imports"]["banned-module-level-imports"])
HEAVY_FILES = {
    file
    for file, ignored in RUFF["per-file-ignores"].items()
    if "TID253" in ignored and file.startswith("text2sql/")
}
SCRIPTS = sorted(path.stem for path in ROOT.glob("*.py"))
FILES = [
    *(path.relative_to(ROOT).as_posix() for path in sorted(PACKAGE.rglob("*.py"))),
    *(f"{script}.py" for script in SCRIPTS),
]


def parse(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"), file)


def imported_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of every import; `from a import b` gives a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def statements_run_on_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that an import executes, those within `if` and `try` too."""
    for node in body:
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test) != "__name__ == '__main__'":
            yield from statements_run_on_import([*node.body, *node.orelse])


def project_files() -> list[Path]:
    """Return the files that git tracks or would track; a copy without git has none to check."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("file", FILES)
def test_nothing_imports_a_script_or_a_test(file):
    outside = {*SCRIPTS, "tests", "demo", "performance"}
    names = imported_names(parse(file))
    wrong = [f"line {line}: {name}" for line, name in names if name.split(".")[0] in outside]
    assert not wrong, f"{file} imports {wrong}; move what it needs into text2sql/."


IMPORT_ALL = """
import importlib, sys
sys.path.insert(0, {root!r})
for name in {names}:
    importlib.import_module(name)
    heavy = sorted({heavy} & set(sys.modules))
    assert not heavy, f"importing {{name}} imports {{heavy}} on the way"
"""


def test_importing_everything_light_prints_nothing_writes_nothing_and_loads_nothing_heavy(tmp_path):
    light = [file for file in FILES if file not in HEAVY_FILES]
    names = [file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for file in light]
    code = IMPORT_ALL.format(root=str(ROOT), names=names, heavy=HEAVY_PACKAGES)
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", FILES)
def test_importing_a_file_calls_nothing_but_what_defines_its_own_names(file):
    tree = parse(file)
    own_classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    calls = [
        node.value
        for node in statements_run_on_import(tree.body)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]
    wrong = [
        f"line {call.lineno}: {ast.unparse(call.func)}()"
        for call in calls
        if ast.unparse(call.func).split(".")[0] not in own_classes
    ]
    assert not wrong, f"{file} acts when it is imported ({wrong}); do that in a function."


def test_no_name_in_the_root_shadows_a_package():
    names = {path.relative_to(ROOT).parts[0] for path in project_files()}
    importable = {name.removesuffix(".py") for name in names if not name.startswith(".")}
    installed = {*importlib.metadata.packages_distributions(), *sys.stdlib_module_names}
    shadowing = sorted(importable & installed - SHADOWS_ON_PURPOSE)
    assert not shadowing, f"{shadowing} in the root would hide the package of that name."


def test_no_file_contains_an_absolute_path_of_one_machine():
    path_of_a_machine = re.compile(rb"(?<![\w.])/(?:work|root|home|mnt|Users)/\w")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in project_files()
        for number, line in enumerate(path.read_bytes().split(b"\n"), start=1)
        if path_of_a_machine.search(line)
    ]
    assert not wrong, f"absolute paths in {wrong}; make them relative"


def test_no_python_file_is_too_long_to_read():
    lengths = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n")
        for path in project_files()
        if path.suffix == ".py"
    }
    long = {name: lines for name, lines in lengths.items() if lines >= MAX_LINES}
    assert not long, f"split what has {MAX_LINES} lines or more by subject: {long}"
