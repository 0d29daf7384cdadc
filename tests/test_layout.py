"""The layout of DESIGN: arrows that go one way, light imports, and names that shadow nothing."""

import ast
import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# A room imports only rooms that stand above it. A new room goes below the last one it imports.
ORDER = """
    records command_line hub
    data.spider data.spider_splits data.spider_archive
    prompts.sql_text prompts.schema_text prompts.chat prompts.budget prompts.shots
    prompts.processed_data
    models.device_plan models.modeling models.shared_prefix models.run_folder
    models.variants models.loaded_variants
    inference.batch_plan inference.prefix_tree inference.block_cache inference.decoding
    inference.text_scoring inference.generation
    training.supervision training.packing training.cuda_graphs training.trainer training.fallback
    training.setup training.record
    scoring.sql_tokens scoring.sql_names scoring.sql_query scoring.sql_clauses
    scoring.clause_scores scoring.exact_match
    scoring.result_match scoring.read_only_sql scoring.sql_worker scoring.execution
    scoring.verdicts scoring.score_files
    study.significance study.tradeoff study.benchmark_tasks study.kept_answers
    study.harness_model study.benchmarks study.benchmark_results
    study.training_runs study.example_browser study.plan study.stale_work
    study.evaluation
    study.plots study.report_text study.report_tables study.tensorboard_events
    study.report study.report_sections study.report_files
""".split()

# Each takes from half a second to ten to import, which `--help` and the scorer do not wait for.
HEAVY = {
    *("accelerate", "bitsandbytes", "datasets", "lm_eval", "matplotlib", "nltk", "peft"),
    *("scipy", "statsmodels", "tensorboard", "torch", "transformers", "trl"),
}
HEAVY_ROOMS = {
    "inference.block_cache",
    "inference.decoding",
    "inference.text_scoring",
    "study.harness_model",
    "training.cuda_graphs",
    "training.trainer",
    "training.fallback",
    "training.setup",
}  # imported where the work begins, after the flags are read

# Rooms without a test file of their own name, and the file that tests them.
TESTED_IN = {
    "benchmark_results": "benchmarks",
    "benchmark_tasks": "benchmarks",
    "block_cache": "decoding",
    "budget": "prompts",
    "chat": "prompts",
    "clause_scores": "exact_match",
    "evaluation": "evaluate",
    "example_browser": "report",
    "loaded_variants": "evaluate",
    "plan": "evaluate",
    "plots": "report",
    "processed_data": "preprocess",
    "read_only_sql": "execution",
    "record": "train",
    "report_files": "report",
    "report_sections": "report",
    "report_tables": "report",
    "schema_text": "prompts",
    "score_files": "scoring",
    "setup": "train",
    "spider_splits": "spider",
    "sql_names": "sql_clauses",
    "sql_query": "sql_clauses",
    "sql_tokens": "sql_clauses",
    "sql_worker": "execution",
    "stale_work": "evaluate",
    "trainer": "train",
    "verdicts": "scoring",
}

SHADOWS_ON_PURPOSE = {"evaluate"}  # only lm_eval's metrics beyond ours import that package
MAX_LINES = 320

PACKAGE = ROOT / "text2sql"
ROOMS = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if path.stem != "__init__"
)
SCRIPTS = sorted(path.stem for path in ROOT.glob("*.py"))
FILES = [
    *(path.relative_to(ROOT).as_posix() for path in sorted(PACKAGE.rglob("*.py"))),
    *(f"{script}.py" for script in SCRIPTS),
]


def parse(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"), file)


def imported_names(nodes: Iterator[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of every import among the nodes; `from a import b` gives a.b."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = ".".join(filter(None, ["text2sql" if node.level else "", node.module]))
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def nodes_run_on_import(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what Python executes at an import: no bodies of functions, nothing for type hints."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test) in GUARDS:
            waiting += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


GUARDS = ("TYPE_CHECKING", "__name__ == '__main__'")


def rooms_imported(room: str) -> list[tuple[int, str]]:
    names = imported_names(ast.walk(parse(file_of(room))))
    return [(line, room_of(name)) for line, name in names if name.startswith("text2sql.")]


def file_of(room: str) -> str:
    return f"text2sql/{room.replace('.', '/')}.py"


def room_of(name: str) -> str:
    """Return the room of a dotted name: of `text2sql.data.spider.Schema` it is `data.spider`."""
    parts = name.split(".")[1:]
    return parts[0] if parts[0] in ROOMS else ".".join(parts[:2])


def project_files() -> list[Path]:
    """Return the files that git keeps or would keep; a copy without git has none to check."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_every_room_stands_once_in_the_order():
    missing = sorted(set(ROOMS) - set(ORDER))
    gone = sorted(set(ORDER) - set(ROOMS))
    assert not missing, f"add {missing} to ORDER in {__file__}, below the rooms that they import"
    assert not gone, f"take {gone} out of ORDER in {__file__}: there are no such rooms"
    assert len(ORDER) == len(set(ORDER)), "a room stands twice in ORDER"


@pytest.mark.parametrize("room", ROOMS)
def test_room_imports_only_rooms_above_it(room):
    above = ORDER[: ORDER.index(room)] if room in ORDER else ORDER
    wrong = [f"line {line}: {name}" for line, name in rooms_imported(room) if name not in above]
    assert not wrong, (
        f"{file_of(room)} imports rooms that do not stand above it in ORDER ({wrong}). Move "
        "what both need into a room above both; or, if that room does not need this one, move "
        f"its name up in ORDER of {__file__}."
    )


@pytest.mark.parametrize("file", FILES)
def test_nothing_imports_a_script_or_a_test(file):
    outside = {*SCRIPTS, "tests", "demo", "performance"}
    names = imported_names(ast.walk(parse(file)))
    wrong = [f"line {line}: {name}" for line, name in names if name.split(".")[0] in outside]
    assert not wrong, (
        f"{file} imports what only people and tests start ({wrong}); move what it needs "
        "into a room of text2sql/."
    )


@pytest.mark.parametrize("file", FILES)
def test_importing_a_file_imports_nothing_heavy(file):
    if file in map(file_of, HEAVY_ROOMS):
        return
    heavy = HEAVY | {f"text2sql.{room}" for room in HEAVY_ROOMS}
    names = imported_names(nodes_run_on_import(parse(file)))
    wrong = [
        f"line {line}: {name}"
        for line, name in names
        if name.split(".")[0] in heavy or ".".join(name.split(".")[:3]) in heavy
    ]
    assert not wrong, (
        f"{file} imports at its top what takes long to import ({wrong}). Import it inside "
        f"the function that uses it, or, for type hints alone, under `if TYPE_CHECKING:`."
    )


IMPORT_ALL = """
import importlib, sys
for name in {names}:
    importlib.import_module(name)
    heavy = sorted({heavy} & set(sys.modules))
    assert not heavy, f"importing {{name}} imports {{heavy}} on the way"
"""


def test_importing_everything_light_prints_nothing_writes_nothing_and_loads_nothing_heavy(tmp_path):
    rooms = [f"text2sql.{room}" for room in ROOMS if room not in HEAVY_ROOMS]
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
    code += IMPORT_ALL.format(names=rooms + SCRIPTS, heavy=HEAVY)
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
        for node in nodes_run_on_import(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]
    wrong = [
        f"line {call.lineno}: {ast.unparse(call.func)}()"
        for call in calls
        if ast.unparse(call.func).split(".")[0] not in own_classes
    ]
    assert not wrong, f"{file} acts when it is imported ({wrong}); do that in a function."


@pytest.mark.parametrize("file", FILES)
def test_file_begins_by_saying_what_it_is(file):
    assert ast.get_docstring(parse(file)), f"give {file} a docstring: what is it for?"


def test_every_room_has_its_test_file():
    own = {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")}
    rooms = {room.rpartition(".")[2] for room in ROOMS}
    untested = sorted(rooms - own - set(TESTED_IN))
    assert not untested, (
        f"write tests/test_<room>.py for {untested}, or name in TESTED_IN of {__file__} the file "
        "that tests it."
    )
    stale = sorted(room for room in TESTED_IN if room in own or room not in rooms)
    assert not stale, f"take {stale} out of TESTED_IN: they have their own test file, or are gone"
    absent = sorted({file for file in TESTED_IN.values() if file not in own})
    assert not absent, f"TESTED_IN names tests/test_<name>.py that are not there: {absent}"


def test_no_name_in_the_root_shadows_a_package():
    names = {path.relative_to(ROOT).parts[0] for path in project_files()}
    importable = {name.removesuffix(".py") for name in names if not name.startswith(".")}
    installed = {*importlib.metadata.packages_distributions(), *sys.stdlib_module_names}
    shadowing = sorted(importable & installed - SHADOWS_ON_PURPOSE)
    assert not shadowing, (
        f"{shadowing} in the root would be imported in place of the package of that name; "
        "choose another name."
    )


def test_no_file_names_a_place_of_one_machine():
    place = re.compile(rb"(?<![\w.])/(?:work|root|home|mnt|Users)/\w")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in project_files()
        for number, line in enumerate(path.read_bytes().split(b"\n"), start=1)
        if place.search(line)
    ]
    assert not wrong, f"absolute paths of somebody's machine stand in {wrong}; make them relative"


def test_no_python_file_is_too_long_to_read():
    lengths = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n")
        for path in project_files()
        if path.suffix == ".py"
    }
    long = {name: lines for name, lines in lengths.items() if lines >= MAX_LINES}
    assert not long, f"split what has {MAX_LINES} lines or more by what it is about: {long}"
