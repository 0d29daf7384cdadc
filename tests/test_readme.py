"""What the README says is what the code does: commands, flags, the recipe, the tree, the pins."""

import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from conftest import ROOT

import evaluate
import preprocess
import train
from text2sql.flags import add_library_flags, build_parser

SCRIPT = r"\b(?:preprocess|train|evaluate)\.py"
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIGS = {
    "preprocess.py": preprocess.PreprocessFlags,
    "train.py": add_library_flags(train.TrainFlags, train.import_sft_config()),
    "evaluate.py": evaluate.EvaluateFlags,
}


def code_blocks(language: str) -> list[str]:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.M | re.S)
    return [block for said, block in blocks if said == language]


def section(title: str) -> str:
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, flags=re.M | re.S)[1]


def table_rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def commands() -> list[str]:
    """Return every use of a command in the README, also in a loop and behind a launcher."""
    lines = [line.partition("#")[0] for block in code_blocks("bash") for line in block.splitlines()]
    code = "\n".join(lines).replace("$seed", "1")
    return [found.strip() for found in re.findall(rf"{SCRIPT}[^;\n]*", code)]


def flags_in_the_text() -> set[str]:
    """Return the flags of our commands in code within sentences and tables; not a launcher's."""
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", README, flags=re.M | re.S))
    own = [re.split(SCRIPT, span)[-1] for span in spans]
    return {flag for text in own for flag in re.findall(r"--(\w+)", text)}


def flag_names(script: str) -> set[str]:
    return {field.name for field in fields(CONFIGS[script])}


def test_first_command_stands_in_the_first_thirty_lines():
    assert "make demo" in "\n".join(README.splitlines()[:30])


def test_every_make_target_is_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^make (\w+)", "\n".join(code_blocks("bash")), flags=re.M)
    assert {"demo", "test", "install"} <= set(targets)
    assert all(re.search(rf"^{target}:", makefile, flags=re.M) for target in targets)


@pytest.mark.parametrize("command", commands())
def test_command_has_only_flags_that_exist(command):
    script, *words = shlex.split(command)
    parser = build_parser(CONFIGS[script], "")
    _, unknown = parser.parse_known_args(words)
    assert unknown == []


def test_commands_in_loops_and_behind_launchers_are_found():
    assert "train.py --seed 1 --output_dir outputs/r4-seed1" in commands()
    assert {"train.py", "preprocess.py", "evaluate.py --report_only"} <= set(commands())


@pytest.mark.parametrize("flag", sorted(flags_in_the_text()))
def test_flag_in_the_text_is_a_flag_of_some_command(flag):
    everywhere = set.union(*map(flag_names, CONFIGS)) | {"config", "help", "help_all"}
    assert flag in everywhere


def test_recipe_table_gives_the_defaults_of_the_recipe():
    stated = {cells[0]: cells[1] for cells in table_rows(section("The recipe"))}
    recipe = train.TrainFlags()
    batch = f"{recipe.per_device_train_batch_size} × {recipe.gradient_accumulation_steps}"
    lora = f"r {recipe.lora_r}, alpha {recipe.lora_alpha}, dropout {recipe.lora_dropout}"
    rate = f"{recipe.learning_rate:.0e}".replace("e-0", "e-")
    assert stated["model"] == f"`{preprocess.PreprocessFlags.model_id}`"
    assert stated["tokens"] == f"at most {preprocess.PreprocessFlags.max_length}"
    assert stated["LoRA"].startswith(lora)
    assert all(f"`{name}`" in stated["LoRA"] for name in recipe.lora_target_modules)
    assert stated["epochs"] == f"{recipe.num_train_epochs:g}"
    assert stated["batch"] == batch
    assert stated["learning rate"].startswith(f"{rate}, {recipe.lr_scheduler_type}")
    assert f"{recipe.warmup_steps * 100:g} % warm-up" in stated["learning rate"]
    assert stated["weight decay"] == f"{recipe.weight_decay:g}"
    assert f"every {recipe.eval_steps:g} steps" in stated["evaluation, checkpoints"]
    assert f"{recipe.save_total_limit} kept" in stated["evaluation, checkpoints"]
    assert f"batch {recipe.per_device_eval_batch_size}" in stated["evaluation, checkpoints"]
    assert stated["log"].startswith(f"every {recipe.logging_steps:g} steps")
    assert stated["data loader"].startswith(f"{recipe.dataloader_num_workers} workers")
    assert stated["seed"].startswith(str(recipe.seed))


def test_tree_names_only_what_is_there():
    (tree,) = (block for block in code_blocks("") if "run_record.py" in block)
    for line in tree.splitlines():
        inside = "text2sql/" if line.startswith("  ") else ""
        for name in re.findall(r"[\w/]+(?:\.py|/)", line.split("   ")[0].strip() or line.strip()):
            assert (ROOT / inside / name).exists(), name


def test_dependency_table_names_every_pinned_package():
    pinned = re.findall(r"^([\w-]+)==", (ROOT / "requirements.txt").read_text(), flags=re.M)
    named = ", ".join(cells[0] for cells in table_rows(section("Dependencies")))
    assert set(pinned) <= set(named.split(", "))
    assert all(
        re.search(rf"^{name}==", (ROOT / "requirements.txt").read_text(), flags=re.M)
        for name in named.split(", ")
    )


def test_links_into_the_project_lead_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        if not link.startswith("http"):
            assert (ROOT / link).exists(), link


@pytest.mark.parametrize("script", sorted(CONFIGS))
def test_help_shows_the_flags_in_at_most_100_lines_and_imports_no_torch(script):
    code = (
        "import atexit, runpy, sys\n"
        "atexit.register(lambda: print('torch' in sys.modules))\n"
        f"sys.argv = [{script!r}, '--help']\n"
        f"runpy.run_path({script!r}, run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    *page, has_torch = done.stdout.splitlines()
    assert has_torch == "False"
    assert len(page) <= 100
    shown = "\n".join(page)
    assert Path(script).stem in shown
    assert all(f"--{name}" in shown for name in ("config", "limit", "output_dir"))


@pytest.mark.slow
def test_skipped_test_says_why_beside_those_that_failed(tmp_path):
    (tmp_path / "test_x.py").write_text(
        "import pytest\n"
        "def test_a(): pytest.skip('there is no moon')\n"
        "def test_b(): assert False, 'for a test'\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_x.py"]
    command += ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    summary = done.stdout.rpartition("short test summary info")[2]
    assert "there is no moon" in summary
    assert "FAILED test_x.py::test_b" in summary
