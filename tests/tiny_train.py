"""train.py in this process, on the prompts of the small data set."""

import sys
from pathlib import Path

import pytest

import train
from text2sql.files import read_json

QUICK = "--learning_rate 1e-2 --logging_steps 1 --eval_steps 8 --max_steps 16".split()


@pytest.fixture
def run_train(tiny_prompts_dir, monkeypatch, capsys):
    """Run train.main() in this process; return what it printed."""

    def run(output_dir: Path, *flags) -> str:
        command = ["train.py", "--data_dir", tiny_prompts_dir, "--output_dir", output_dir, *flags]
        monkeypatch.setattr(sys, "argv", [str(part) for part in command])
        train.main()
        return capsys.readouterr().out

    return run


def history(run_dir: Path) -> list[dict]:
    """Return the log of the last checkpoint, without the clock and TRL's count of tokens seen."""
    last = max(run_dir.glob("checkpoint-*"), key=lambda path: int(path.name[11:]))
    entries = read_json(last / "trainer_state.json")["log_history"]
    left_out = ("runtime", "per_second", "num_tokens")
    return [
        {key: value for key, value in entry.items() if not key.endswith(left_out)}
        for entry in entries
    ]


def losses(run_dir: Path, key: str = "loss") -> list[float]:
    return [entry[key] for entry in history(run_dir) if key in entry]
