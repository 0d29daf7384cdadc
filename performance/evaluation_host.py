"""Profile what each process of evaluate.py does in benchmarks beside the model's arithmetic.

    python -m performance.evaluation_host FLAGS OF evaluate.py
    torchrun --nproc_per_node 2 -m performance.evaluation_host FLAGS OF evaluate.py

For benchmarks of log-likelihoods. These are constants, so that a small model on a CPU shows the
work beside a large one's. Prints one JSON line per process: the processor seconds of the benchmarks
in all its threads, what the main thread spends them on, and the tokens that were encoded and those
that a model would read.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from lm_eval.api.task import Task

import evaluate
from performance.training import ROOT
from text2sql.benchmarks import harness_model, response_cache, run
from text2sql.cli import run as run_command
from text2sql.inference import log_likelihood
from text2sql.inference.batch_plan import LOGITS_AT_ONCE, ROW_TOKENS, ScoringPlan
from text2sql.inference.copies import ArrivingTensors
from text2sql.inference.log_likelihood import ScoredRow
from text2sql.processes import rank
from text2sql.study import stages

PARTS = {  # what the main thread does; `run_benchmark` and `complete` contain others
    "run_benchmark": run,
    "complete": response_cache.ResponseCache,
    "build_all_requests": Task,
    "key_of": response_cache,
    "keep": response_cache.ResponseCache,
}


def main() -> None:
    seconds: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    for name, owner in PARTS.items():
        time_calls(owner, name, seconds, name, time.thread_time)
    time_calls(stages, "run_benchmarks", seconds, "all threads", time.process_time)
    time_calls(stages, "run_benchmarks", seconds, "main thread", time.thread_time)
    answer_with_constants(tokens)
    evaluate.main()
    row = {
        "rank": rank(),
        "all threads": seconds["all threads"],
        "encoding, in other threads": seconds["all threads"] - seconds["main thread"],
        "packing and reading": seconds["complete"] - seconds["key_of"] - seconds["keep"],
        "building and naming requests": seconds["build_all_requests"] + seconds["key_of"],
        "results": seconds["run_benchmark"] - seconds["complete"] - seconds["build_all_requests"],
        "keeping answers": seconds["keep"],
    }
    line = json.dumps({name: round(value, 2) for name, value in row.items()} | tokens)
    os.write(1, f"{line}\n".encode())  # as only the main process prints


def time_calls(
    owner: Any, name: str, spent: Counter[str], label: str, clock: Callable[[], float]
) -> None:
    """Have all calls of a function add the clock's seconds to `spent`."""
    original = getattr(owner, name)

    @wraps(original)
    def timed(*args: Any, **kwargs: Any) -> Any:
        began = clock()
        try:
            return original(*args, **kwargs)
        finally:
            spent.update({label: clock() - began})

    setattr(owner, name, timed)


def answer_with_constants(tokens: Counter[str]) -> None:
    """Pack rows as a large GPU would, and leave out what it computes; count tokens."""

    def score_row(_model: Any, row: Any, requests: Any, *_settings: Any) -> ScoredRow:
        packed, texts = log_likelihood.pack_groups(row)
        _, targets = log_likelihood.requested_tokens(texts, requests)
        asked = [request for text in texts for request in text.requests]
        lengths = [len(requests[request][1]) for request in asked]
        tokens["tokens read"] += packed["input_ids"].numel()
        constant = torch.full((len(targets),), -1.0)
        scores = ArrivingTensors.of(constant, torch.zeros_like(constant, dtype=torch.bool))
        return ScoredRow(asked, lengths, scores)

    def encode_texts(*args: Any) -> list[list[int]]:
        encoded = encode(*args)
        tokens["tokens encoded"] += sum(map(len, encoded))
        return encoded

    encode = harness_model.encode_texts
    harness_model.encode_texts = encode_texts
    harness_model.scoring_plan_of = lambda _: ScoringPlan(ROW_TOKENS[1], LOGITS_AT_ONCE[1])
    log_likelihood.score_row = score_row


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    run_command(main)
