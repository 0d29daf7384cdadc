"""Time a benchmark that generates, by our continuous batching and by the harness' own model.

    python -m performance.generation --model_id DIR --limit 32 --max_gen_toks 48

Prints seconds and processor seconds of both, in one process and on one loaded model, and counts
the answers that are equal. The harness gets `--harness_batch_size`, on a GPU `auto` as well.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from text2sql.benchmarks.benchmark import parse_benchmark
from text2sql.benchmarks.tasks import load_tasks
from text2sql.cli import run
from text2sql.flags import flag, parse_flags
from text2sql.models.loading import choose_device, load_base_model
from text2sql.models.tokenizer import load_tokenizer
from text2sql.study.variant_models import choose_dtype


@dataclass
class Flags:
    model_id: str = flag("demo/model", "folder or hub name")
    benchmark: str = flag("ifeval@chat", "a task that generates")
    limit: int | None = flag(32, "first N items")
    max_gen_toks: int = flag(0, "new tokens at most; 0: the task's own limit", at_least=0)
    harness_batch_size: str = flag("1", "of HFLM; `auto` on a GPU")


def main() -> None:
    flags, _ = parse_flags(Flags, __doc__)

    import torch
    from lm_eval.models.huggingface import HFLM

    from text2sql.benchmarks.harness_model import PrefixSharingHFLM
    from text2sql.benchmarks.response_cache import ResponseCache

    benchmark = parse_benchmark(flags.benchmark)
    [task] = load_tasks([benchmark], None)[benchmark.name]
    if flags.max_gen_toks:
        limit = {"max_gen_toks": flags.max_gen_toks}
        task.set_config(key="generation_kwargs", value=limit, update=True)
    dtype = getattr(torch, choose_dtype())
    model = load_base_model(flags.model_id, load_in_4bit=False, dtype=dtype, device=choose_device())
    tokenizer = load_tokenizer(flags.model_id)
    with (
        tempfile.TemporaryDirectory() as folder,
        ResponseCache(Path(folder) / "responses.jsonl") as cache,
    ):
        ours = time_answers("ours", PrefixSharingHFLM(model, tokenizer, cache, 1), task, flags)
    size = flags.harness_batch_size
    own = HFLM(
        pretrained=model,
        tokenizer=tokenizer,
        batch_size=int(size) if size.isdigit() else size,
        add_bos_token=True,
    )
    theirs = time_answers(f"the harness, batch {size}", own, task, flags)
    equal = sum(a == b for a, b in zip(ours, theirs, strict=True))
    print(f"{equal} of {len(ours)} answers are equal")


def time_answers(label: str, harness_model: Any, task: Any, flags: Flags) -> list[str]:
    """Return the answer to each item; print how long they took."""
    benchmark = parse_benchmark(flags.benchmark)
    task.set_config(key="num_fewshot", value=benchmark.num_fewshot or 0)
    task.build_all_requests(
        limit=flags.limit,
        apply_chat_template=benchmark.as_chat,
        fewshot_as_multiturn=benchmark.as_chat,
        chat_template=harness_model.apply_chat_template if benchmark.as_chat else None,
        tokenizer_name=harness_model.tokenizer_name,
    )
    began, cpu_began = time.perf_counter(), time.process_time()
    answers: list[str] = harness_model.generate_until(task.instances)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    print(
        f"{label}: {len(answers)} answers in {seconds:.1f} s, {cpu_seconds:.1f} processor seconds",
        flush=True,
    )
    return answers


if __name__ == "__main__":
    run(main)
