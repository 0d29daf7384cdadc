"""Damaged prompts, runs and evaluations: the next command has the same numbers or one message.

A seeded campaign over every file that the three commands write and read again. `FAULT_CASES` says
how many cases to try, `FAULT_SEED` which. No case asks a model: what a command would make again is
right by that.
"""

import contextlib
import io
import json
import os
import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from damage import damage

import train
from text2sql.errors import UserError
from text2sql.training.rows import read_rows
from text2sql.training.run_folder import (
    begin_or_resume,
    read_record,
    refuse_lost_adapter,
    write_record,
)

CASES = int(os.environ.get("FAULT_CASES", "0"))
SEED = int(os.environ.get("FAULT_SEED", "1"))
SHORT = 30
TRAIN = "--learning_rate 1e-2 --max_steps 4 --eval_steps 2 --logging_steps 1".split()
# Not read again, or only looked at: pages, plots, events, and what explains the rows to people.
NOT_READ = ("report.*", "*.png", "*.pdf", "*.bib", "*tfevents*", "README.md", "schemas.json")


class AskedAgain(Exception):
    """A model would make the answers again."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory, tiny_prompts_dir) -> Path:
    """Prompts, a run with two checkpoints, and an empty place for its evaluation."""
    root = tmp_path_factory.mktemp("whole")
    shutil.copytree(tiny_prompts_dir, root / "prompts")
    with pytest.MonkeyPatch.context() as patch:
        command = ["train.py", "--data_dir", root / "prompts", "--output_dir", root / "run"]
        patch.setattr(sys, "argv", [*map(str, command), *TRAIN])
        train.main()
    return root


@pytest.fixture
def evaluate(evaluate_script, tiny_tasks_dir, monkeypatch) -> Callable[[Path], str]:
    """Return a function that evaluates the run in a folder and returns the report's numbers."""
    monkeypatch.setattr("lm_eval.evaluator.add_env_info", lambda storage: None)
    for name in ("write_report", "print_report", "update_model_cards", "log_scores"):
        monkeypatch.setattr(evaluate_script, name, lambda *_: None)
    build_report = evaluate_script.build_report
    reports = []

    def keep(*arguments):
        reports.append(build_report(*arguments))
        return reports[-1]

    monkeypatch.setattr(evaluate_script, "build_report", keep)

    def run(root: Path, *flags: str) -> str:
        command = ["evaluate.py", "--data_dir", root / "prompts", "--adapters", root / "run"]
        command += ["--benchmarks", "odd_fruit", "--benchmarks_dir", tiny_tasks_dir]
        command += ["--max_new_tokens", "4", "--num_resamples", "50", "--checkpoints", *flags]
        monkeypatch.setattr(sys, "argv", [*map(str, command)])
        evaluate_script.main()
        content = reports[-1].to_json()
        return json.dumps([content[key] for key in ("splits", "benchmarks", "tradeoff")])

    return run


def resume(root: Path) -> str:
    """Return what train.py would continue from, and the rows it would train on."""
    record = read_record(root / "run", "settings")
    write_record(root / "run", record | {"status": "running"})
    checkpoint = begin_or_resume(root / "run", record["settings"], resume=True, overwrite=False)
    refuse_lost_adapter(root / "run")
    rows, eval_rows = read_rows(root / "prompts", "holdout", None, 10_000)
    return json.dumps([checkpoint and checkpoint.name, rows.to_list(), eval_rows.to_list()])


def find_faults(whole: Path, scratch: Path, evaluate, cases: int, seed: int) -> list[str]:
    """Return the cases that ended neither with the same numbers nor with a `UserError`.

    A checkpoint without its adapter may be left out, as the command says then.
    """
    chance, faults, ends = random.Random(seed), [], Counter[str]()
    commands = {"evaluate": evaluate, "resume": resume}
    expected = {name: command(whole) for name, command in commands.items()}
    files = [path for path in whole.rglob("*") if path.is_file()]
    names = sorted(p.relative_to(whole) for p in files if not any(map(p.match, NOT_READ)))
    for case in range(cases):
        root = shutil.copytree(whole, scratch / str(case))
        name, command = chance.choice(names), chance.choice(list(commands))
        what = damage(root / name, chance)
        try:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                found = commands[command](root)
            if found != expected[command] and "is left out" not in printed.getvalue():
                faults.append(f"case {case}: {command}: other numbers: {name}, {what}")
            ends["same or other numbers"] += 1
        except (UserError, AskedAgain) as error:
            ends[type(error).__name__] += 1
        except Exception as error:  # every other kind is a fault
            faults.append(f"case {case}: {command}: {type(error).__name__} {error}: {name}, {what}")
        shutil.rmtree(root)
    print(f"seed {seed}: {dict(ends)}, {len(faults)} faults", *faults, sep="\n")
    return faults


@pytest.fixture
def evaluated(whole, evaluate, monkeypatch) -> Path:
    """Everything once, finished, with no model to ask from then on."""
    if not (whole / "run/evaluation").exists():
        evaluate(whole)

    def refuse(*_, **__):
        raise AskedAgain

    monkeypatch.setattr("text2sql.study.variant_models.load_base_model", refuse)
    return whole


@pytest.mark.slow
def test_damaged_folders_give_the_same_numbers_or_one_sentence(evaluated, evaluate, tmp_path):
    assert find_faults(evaluated, tmp_path, evaluate, SHORT, seed=1) == []


@pytest.mark.faults
@pytest.mark.skipif(not CASES, reason="FAULT_CASES names no number of cases")
@pytest.mark.timeout(7200)
def test_campaign_over_folders(evaluated, evaluate, tmp_path):
    assert find_faults(evaluated, tmp_path, evaluate, CASES, SEED) == []
