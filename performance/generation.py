"""Time a benchmark that generates, by our continuous batching and by the harness' own model.

    python -m performance.generation --model_id DIR --limit 32 --harness_batch_sizes 1 8

Prints seconds, processor seconds and tokens per second of both, in one process and on one loaded
model, and counts the answers that are equal. The harness' model is that of its command line, in
batches of each of `--harness_batch_sizes`, on a GPU `auto` as well, and is not charged for its
start.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from text2sql.benchmarks.benchmark import Benchmark, parse_benchmark
from text2sql.benchmarks.tasks import load_tasks
from text2sql.cli import run
from text2sql.flags import flag, parse_flags
from text2sql.models.loading import choose_device, load_base_model
from text2sql.models.tokenizer import load_tokenizer
from text2sql.study.variant_models import choose_dtype

WARM_UP_ITEMS = 8


@dataclass
class Flags:
    model_id: str = flag("demo/model", "folder or hub name")
    benchmark: str = flag("ifeval@chat", "a task that generates")
    limit: int | None = flag(32, "first N items")
    harness_limit: int | None = flag(None, "first N items for the harness; default: as --limit")
    max_gen_toks: int = flag(0, "new tokens at most; 0: the task's own limit", at_least=0)
    harness_batch_sizes: list[str] = flag(["1"], "of HFLM; `auto` on a GPU")
    warm_up: bool = flag(False, "answer the first items once before the time is taken")
    without_graphs: bool = flag(False, "time ours without CUDA graphs as well")


def main() -> None:
    flags, _ = parse_flags(Flags, __doc__)

    import torch
    from lm_eval.models.huggingface import HFLM

    from text2sql.benchmarks.harness_model import PrefixSharingHFLM
    from text2sql.benchmarks.response_cache import ResponseCache
    from text2sql.inference import decoding_rows

    benchmark = parse_benchmark(flags.benchmark)
    [task] = load_tasks([benchmark], None)[benchmark.name]
    if flags.max_gen_toks:
        limit = {"max_gen_toks": flags.max_gen_toks}
        task.set_config(key="generation_kwargs", value=limit, update=True)
    dtype = getattr(torch, choose_dtype())
    model = load_base_model(flags.model_id, load_in_4bit=False, dtype=dtype, device=choose_device())
    tokenizer = load_tokenizer(flags.model_id)

    def time_ours(label: str, limit: int | None) -> list[str]:
        with (
            tempfile.TemporaryDirectory() as folder,
            ResponseCache(Path(folder) / "responses.jsonl") as cache,
        ):
            ours = PrefixSharingHFLM(model, tokenizer, cache, 1)
            return time_answers(label, ours, task, benchmark, limit)

    if flags.warm_up:
        time_ours("warm-up", WARM_UP_ITEMS)
    ours = time_ours("ours", flags.limit)
    if torch.cuda.is_available():
        print(f"peak {torch.cuda.max_memory_reserved() / 2**30:.1f} GiB")
        torch.cuda.empty_cache()
    if flags.without_graphs:
        decoding_rows.supports_step_graphs = lambda model: False
        tell_equal(ours, time_ours("ours, no CUDA graphs", flags.limit))
    for size in flags.harness_batch_sizes:
        own = HFLM(
            pretrained=model,
            tokenizer=tokenizer,
            batch_size=int(size) if size.isdigit() else size,
            add_bos_token=True,
        )
        label, limit = f"the harness, batch {size}", flags.harness_limit or flags.limit
        theirs = time_answers(label, own, task, benchmark, limit)
        tell_equal(ours, theirs)


def tell_equal(answers: Sequence[str], others: Sequence[str]) -> None:
    equal = sum(a == b for a, b in zip(answers, others, strict=False))
    print(f"{equal} of {len(others)} answers are equal", flush=True)


def time_answers(
    label: str, harness_model: Any, task: Any, benchmark: Benchmark, limit: int | None
) -> list[str]:
    """Return the answer to each item; print how long they took."""
    task.set_config(key="num_fewshot", value=benchmark.num_fewshot or 0)
    task.build_all_requests(
        limit=limit,
        apply_chat_template=benchmark.as_chat,
        fewshot_as_multiturn=benchmark.as_chat,
        chat_template=harness_model.apply_chat_template if benchmark.as_chat else None,
        tokenizer_name=harness_model.tokenizer_name,
    )
    count = count_tokens(harness_model)
    began, cpu_began = time.perf_counter(), time.process_time()
    answers: list[str] = harness_model.generate_until(task.instances)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    print(
        f"{label}: {len(answers)} answers, {count['tokens']:,} tokens in {seconds:.1f} s: "
        f"{count['tokens'] / seconds:,.0f} tokens/s; {cpu_seconds:.1f} processor seconds",
        flush=True,
    )
    return answers


def count_tokens(harness_model: Any) -> dict[str, int]:
    """Return a dictionary that counts the new tokens of answers from now on, without padding."""
    count, decode = {"tokens": 0}, harness_model.tok_decode

    def counting(tokens: Any, **settings: Any) -> str:
        if isinstance(tokens, list):
            count["tokens"] += sum(t != harness_model.tokenizer.pad_token_id for t in tokens)
        text: str = decode(tokens, **settings)
        return text

    harness_model.tok_decode = counting
    return count


if __name__ == "__main__":
    run(main)
