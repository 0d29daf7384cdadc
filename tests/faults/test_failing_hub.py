"""A hub that fails leads to one message or to the right prompts, and a retry works."""

import os
import random

import pytest
from faulty_hub import KINDS, Fault, FaultyHub
from hub_user import run_as_user

from text2sql.files import read_json

CASES = int(os.environ.get("FAULT_CASES", "0"))
SEED = int(os.environ.get("FAULT_SEED", "1"))
PATHS = ("tokenizer", "tokenizer.json", "tokenizer_config.json", "config.json", "chat_template")
MODEL = "google/gemma-2b-it"


def preprocess(hub, home, spider_dir):
    """Return the process, and the hashes of the prompts where it succeeded."""
    flags = ["--model_id", MODEL, "--spider_dir", str(spider_dir), "--output_dir", "prompts"]
    finished = run_as_user("preprocess.py", *flags, hub=hub, home=home)
    if finished.returncode:
        return finished, None
    splits = read_json(home / "prompts/manifest.json")["splits"]
    return finished, {name: split["rows_sha256"] for name, split in splits.items()}


def check(hub_root, spider_dir, home, fault: Fault) -> None:
    (home / "right").mkdir(parents=True)
    with FaultyHub(hub_root, Fault("never asked", "cut")) as hub:
        _, right = preprocess(hub, home / "right", spider_dir)
    with FaultyHub(hub_root, fault) as hub:
        finished, prompts = preprocess(hub, home, spider_dir)
        errors = [line for line in finished.stderr.splitlines() if line.startswith("error: ")]
        assert "Traceback" not in finished.stderr, (fault, finished.stderr[-2000:])
        assert (finished.returncode, len(errors)) in ((0, 0), (1, 1)), (fault, finished.stderr)
        assert prompts in (None, right), fault
        fault.times = 0
        assert preprocess(hub, home, spider_dir)[1] == right, fault


@pytest.mark.slow
def test_file_that_is_cut_short_is_one_message_or_fetched_again(
    hub_root, tiny_spider_dir, tmp_path
):
    check(hub_root, tiny_spider_dir, tmp_path, Fault(r"tokenizer\.json", "cut", times=1))


@pytest.mark.faults
@pytest.mark.skipif(not CASES, reason="FAULT_CASES names no number of cases")
@pytest.mark.timeout(7200)
def test_campaign_of_failures(hub_root, tiny_spider_dir, tmp_path):
    chance = random.Random(SEED)
    for case in range(max(1, CASES // 100)):
        fault = Fault(chance.choice(PATHS), chance.choice(KINDS), chance.choice((1, 3, 1000)))
        check(hub_root, tiny_spider_dir, tmp_path / str(case), fault)
