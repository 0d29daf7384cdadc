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

# A module imports only modules listed before it. Add a new one after the last that it imports.
ORDER = """
    errors files typed_json run_record flags cli hub
    data.spider data.spider_splits data.spider_archive
    prompts.sql_text prompts.schema_text prompts.chat prompts.budget prompts.shots prompts.dataset
    models.device models.tokenizer models.loading models.adapters models.packed_rows
    models.packed_attention
    inference.extract_sql inference.prediction inference.batch_plan inference.prefix_tree
    inference.kv_cache inference.greedy inference.log_likelihood inference.partial_predictions
    inference.generate
    training.run_folder training.plan training.label_checks training.packing training.cuda_graphs
    training.trainer training.fallback training.build training.run_record
    scoring.exact_match.lexer scoring.exact_match.names scoring.exact_match.ast
    scoring.exact_match.parser scoring.exact_match.clauses scoring.exact_match.match
    scoring.execution.result_match scoring.execution.sandbox scoring.execution.worker
    scoring.execution.pool scoring.verdict scoring.scores
    benchmarks.tasks benchmarks.response_cache benchmarks.harness_model benchmarks.run
    study.variants study.variant_models study.training_history
    report.example_browser
    study.study study.outdated study.stages
    report.estimators report.hypotheses report.choosing
    report.significance report.tradeoff report.benchmark_results
    report.plots report.text report.tables report.tensorboard
    report.build report.sections report.page
""".split()

# Each takes from half a second to ten to import, which `--help` and the scorer do not wait for.
HEAVY = {
    *("accelerate", "bitsandbytes", "datasets", "lm_eval", "matplotlib", "nltk", "peft"),
    *("scipy", "statsmodels", "tensorboard", "torch", "transformers", "trl"),
}
HEAVY_MODULES = {
    "inference.batch_plan",
    "inference.kv_cache",
    "inference.greedy",
    "inference.log_likelihood",
    "inference.generate",
    "models.packed_attention",
    "training.packing",
    "study.stages",
    "benchmarks.harness_model",
    "training.cuda_graphs",
    "training.trainer",
    "training.fallback",
    "training.build",
}  # imported where the work begins, after the flags are read

# Rooms without a test file of their own name, and the file that tests them.
TESTED_IN = {
    "adapters": "variants",
    "ast": "parser",
    "benchmark_results": "benchmarks",
    "budget": "prompts",
    "chat": "prompts",
    "clauses": "match",
    "dataset": "preprocess",
    "device": "plan",
    "errors": "cli",
    "example_browser": "build",
    "kv_cache": "greedy",
    "lexer": "parser",
    "names": "parser",
    "outdated": "evaluate",
    "packed_rows": "packed_attention",
    "partial_predictions": "generate",
    "prediction": "typed_json",
    "plots": "build",
    "run": "benchmarks",
    "sandbox": "pool",
    "schema_text": "prompts",
    "sections": "build",
    "spider_splits": "spider",
    "sql_text": "extract_sql",
    "stages": "evaluate",
    "study": "evaluate",
    "tables": "build",
    "tasks": "benchmarks",
    "tokenizer": "loading",
    "trainer": "train",
    "variant_models": "evaluate",
    "verdict": "scores",
    "worker": "pool",
}

SHADOWS_ON_PURPOSE = {"evaluate"}  # only lm_eval's metrics beyond ours import that package
MAX_LINES = 320

PACKAGE = ROOT / "text2sql"
MODULES = sorted(
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


def modules_imported(module: str) -> list[tuple[int, str]]:
    names = imported_names(ast.walk(parse(file_of(module))))
    return [(line, module_of(name)) for line, name in names if name.startswith("text2sql.")]


def file_of(module: str) -> str:
    return f"text2sql/{module.replace('.', '/')}.py"


def module_of(name: str) -> str:
    """Return the module of a dotted name: of `text2sql.data.spider.Schema` it is `data.spider`."""
    parts = name.split(".")[1:]
    return next(".".join(parts[:n]) for n in (1, 2, 3) if ".".join(parts[:n]) in MODULES)


def project_files() -> list[Path]:
    """Return the files that git keeps or would keep; a copy without git has none to check."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_every_module_stands_once_in_the_order():
    missing = sorted(set(MODULES) - set(ORDER))
    gone = sorted(set(ORDER) - set(MODULES))
    assert not missing, f"add {missing} to ORDER in {__file__}, below the modules that they import"
    assert not gone, f"take {gone} out of ORDER in {__file__}: there are no such modules"
    assert len(ORDER) == len(set(ORDER)), "a module stands twice in ORDER"


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_only_modules_above_it(module):
    above = ORDER[: ORDER.index(module)] if module in ORDER else ORDER
    wrong = [f"line {line}: {name}" for line, name in modules_imported(module) if name not in above]
    assert not wrong, (
        f"{file_of(module)} imports modules that do not stand above it in ORDER ({wrong}). Move "
        "what both need into a module above both; or, if that module does not need this one, move "
        f"its name up in ORDER of {__file__}."
    )


@pytest.mark.parametrize("file", FILES)
def test_nothing_imports_a_script_or_a_test(file):
    outside = {*SCRIPTS, "tests", "demo", "performance"}
    names = imported_names(ast.walk(parse(file)))
    wrong = [f"line {line}: {name}" for line, name in names if name.split(".")[0] in outside]
    assert not wrong, (
        f"{file} imports what only people and tests start ({wrong}); move what it needs "
        "into a module of text2sql/."
    )


@pytest.mark.parametrize("file", FILES)
def test_importing_a_file_imports_nothing_heavy(file):
    if file in map(file_of, HEAVY_MODULES):
        return
    heavy = HEAVY | {f"text2sql.{module}" for module in HEAVY_MODULES}
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
    modules = [f"text2sql.{module}" for module in MODULES if module not in HEAVY_MODULES]
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
    code += IMPORT_ALL.format(names=modules + SCRIPTS, heavy=HEAVY)
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


def test_every_module_has_its_test_file():
    own = {path.stem.removeprefix("test_") for path in (ROOT / "tests").rglob("test_*.py")}
    modules = {module.rpartition(".")[2] for module in MODULES}
    untested = sorted(modules - own - set(TESTED_IN))
    assert not untested, (
        f"write tests/test_<module>.py for {untested}, or name in TESTED_IN of {__file__} the file "
        "that tests it."
    )
    stale = sorted(module for module in TESTED_IN if module in own or module not in modules)
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
