"""Time general benchmarks on one loaded model: seconds, tokens read, and the GPU's arithmetic.

    python -m performance.benchmarks --model_id DIR --output_dir DIR --benchmarks mmlu hellaswag

Prints for each benchmark the number of tokens that the model read, the number of positions at which
it computed logits, and the GPU utilisation that this arithmetic amounts to. With `--harness_dir`, a
folder that the harness' own command line wrote with `--log_samples`, it also counts the items that
both answer alike. With `--run_harness true` it runs that command line itself on the same items, for
the model or for the model with `--adapter_dir`.
"""

import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from math import isclose
from pathlib import Path

from performance.cards import cap_memory
from text2sql.benchmarks.benchmark import DEFAULT_SHOTS, Benchmark, parse_benchmark
from text2sql.benchmarks.response_cache import response_cache_path
from text2sql.benchmarks.run import leaves_of, run_benchmark
from text2sql.benchmarks.tasks import load_tasks
from text2sql.cli import run
from text2sql.errors import UserError
from text2sql.files import read_json, read_jsonl
from text2sql.flags import parse_flags
from text2sql.models.adapters import attach_adapter, unwrap_adapters
from text2sql.models.loading import choose_device, load_base_model
from text2sql.models.tokenizer import load_tokenizer
from text2sql.study.variant_models import choose_dtype

H200_FLOPS = 989e12  # bf16 without sparsity, by the data sheet


@dataclass
class Flags:
    model_id: str
    output_dir: str
    benchmarks: list[str] = field(default_factory=lambda: list(DEFAULT_SHOTS))
    load_in_4bit: bool = False
    limit: int | None = None
    gib: float | None = None  # emulate a card with this memory
    harness_dir: str | None = None
    adapter_dir: str | None = None
    benchmarks_dir: str | None = None
    run_harness: bool = False
    harness_batch_size: str = "1"  # the command line's default
    max_gen_toks: int = 0  # of tasks that generate; 0: the task's own limit


def main() -> None:
    flags, _ = parse_flags(Flags, __doc__)

    import torch

    cap_memory(flags.gib)
    benchmarks = [parse_benchmark(text) for text in flags.benchmarks]
    own_dir = Path(flags.benchmarks_dir) if flags.benchmarks_dir else None
    tasks = load_tasks(benchmarks, own_dir)
    model = load_base_model(
        flags.model_id,
        load_in_4bit=flags.load_in_4bit,
        dtype=getattr(torch, choose_dtype()),
        device=choose_device(),
        dequantize=flags.load_in_4bit,
    )
    tokenizer, count = load_tokenizer(flags.model_id), count_work(model)
    if flags.adapter_dir:
        model = attach_adapter(model, Path(flags.adapter_dir), "finetuned")
    for benchmark in benchmarks:
        path = Path(flags.output_dir) / "base" / benchmark.results_file
        settings = asdict(flags)
        for made in (path, response_cache_path(path, settings, 0)):
            made.unlink(missing_ok=True)
        limit_generations(tasks[benchmark.name], flags.max_gen_toks)
        count.update(tokens=0, logits=0)
        began, cpu_began = time.perf_counter(), time.process_time()
        run_benchmark(
            benchmark,
            tasks[benchmark.name],
            model,
            tokenizer,
            path,
            settings=settings,
            limit=flags.limit,
        )
        spent = Spent(time.perf_counter() - began, time.process_time() - cpu_began)
        tell(benchmark.name, path, spent, count, unwrap_adapters(model))
        harness_dir = Path(flags.harness_dir) if flags.harness_dir else None
        if flags.run_harness:
            harness_dir = Path(flags.output_dir) / "harness" / benchmark.name
            bos = read_json(path)["text2sql"]["bos"]
            took = run_harness(benchmark, flags, harness_dir, adds_bos=bos is not None)
            print(f"  the harness, with its start: {took}", flush=True)
        if harness_dir:
            compare(path, harness_dir)


@dataclass(frozen=True)
class Spent:
    seconds: float
    cpu_seconds: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.cpu_seconds:.1f} processor seconds"


def limit_generations(tasks, max_gen_toks: int) -> None:
    """Allow each answer so many new tokens, if any number is given."""
    for leaf in (leaf for task in tasks for leaf in leaves_of(task)):
        if max_gen_toks and leaf.OUTPUT_TYPE == "generate_until":
            limit = {"max_gen_toks": max_gen_toks}
            leaf.set_config(key="generation_kwargs", value=limit, update=True)


def run_harness(benchmark: Benchmark, flags: Flags, output_dir: Path, *, adds_bos: bool) -> Spent:
    """Run the harness' own command line on the same items; it keeps every item's record."""
    model_args = f"pretrained={flags.model_id},dtype={choose_dtype()},add_bos_token={adds_bos}"
    if flags.adapter_dir:
        model_args += f",peft={flags.adapter_dir}"
    options = {
        "--model": "hf",
        "--model_args": model_args,
        "--tasks": benchmark.task,
        "--num_fewshot": benchmark.num_fewshot,
        "--batch_size": flags.harness_batch_size,
        "--limit": flags.limit,
        "--include_path": flags.benchmarks_dir,
        "--gen_kwargs": f"max_gen_toks={flags.max_gen_toks}" if flags.max_gen_toks else None,
        "--output_path": output_dir,
    }
    words = [str(w) for name, value in options.items() if value is not None for w in (name, value)]
    as_chat = ["--apply_chat_template", "--fewshot_as_multiturn"] if benchmark.as_chat else []
    command = [sys.executable, "-m", "lm_eval", "run", *words, "--log_samples", *as_chat]
    before, began = os.times(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    after = os.times()
    cpu_seconds = sum(after[i] - before[i] for i in (2, 3))  # of children
    return Spent(time.perf_counter() - began, cpu_seconds)


def count_work(model) -> dict:
    """Return a dictionary that counts the tokens read and the logits computed from now on."""
    count = {"tokens": 0, "logits": 0}

    def count_tokens(module, args, kwargs):
        count["tokens"] += kwargs["input_ids"].numel()

    def count_logits(module, args):
        count["logits"] += args[0].numel() // args[0].shape[-1]

    model.base_model.register_forward_pre_hook(count_tokens, with_kwargs=True)
    model.get_output_embeddings().register_forward_pre_hook(count_logits)
    return count


def tell(name: str, path: Path, spent: Spent, count: dict, model) -> None:
    import torch

    embedding = model.get_output_embeddings().weight
    layers = sum(p.numel() for p in model.parameters()) - embedding.numel()
    flops = 2 * layers * count["tokens"] + 2 * embedding.numel() * count["logits"]
    peak = ""
    if torch.cuda.is_available():
        peak = f", {flops / spent.seconds / H200_FLOPS:.0%} of an H200's arithmetic"
        peak += f", peak {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB"
        torch.cuda.reset_peak_memory_stats()
    content = read_json(path)
    num_items = sum(map(len, content["samples"].values()))
    scores = [f"{part['metric']} {score_of(part, content):.4f}" for part in parts_of(content)]
    print(
        f"{name}: {num_items} items in {spent}, {count['tokens']:,} tokens, logits at "
        f"{count['logits']:,}{peak}; {', '.join(scores[:3])}",
        flush=True,
    )


def parts_of(content: dict) -> list[dict]:
    return content["text2sql"].get("parts") or [content["text2sql"]]


def score_of(part: dict, content: dict) -> float:
    """Return a headline's score; of a tag, which has none, that of its first task."""
    name = part["benchmark"] if part["benchmark"] in content["results"] else min(content["samples"])
    return content["results"][name][f"{part['metric']},{part['filter']}"]


def compare(path: Path, harness_dir: Path) -> None:
    """Print how many items the harness' own command line has right or wrong as we do.

    Answers that are generated must be the same text; log-likelihoods may differ in rounding.
    """
    content = read_json(path)
    total = same = 0
    worst = 0.0
    for task, samples in content["samples"].items():
        files = sorted(harness_dir.rglob(f"samples_{task}_2*.jsonl"))
        others = {(row["doc_id"], row["filter"]): row for row in read_jsonl(files[-1])}
        is_generated = content["configs"][task]["output_type"] == "generate_until"
        for sample in samples:
            other = others[sample["doc_id"], sample["filter"]]
            total += 1
            equal = all(is_equal(sample[name], other[name]) for name in sample["metrics"])
            if is_generated:
                equal = equal and sample["resps"] == other["resps"]
            else:
                pairs = zip(log_likelihoods(sample), log_likelihoods(other), strict=True)
                worst = max([worst, *(abs(own - theirs) for own, theirs in pairs)])
            same += equal
    print(
        f"  items as the harness: {same} of {total}; log-likelihoods within {worst:.3g}", flush=True
    )


def log_likelihoods(sample: dict) -> list[float]:
    answers = sample["filtered_resps"]
    return [float(answer[0] if isinstance(answer, list) else answer) for answer in answers]


def is_equal(own: object, other: object) -> bool:
    """Return whether two values of a metric are the same but for the rounding of sums."""
    if isinstance(own, list) and isinstance(other, list):
        return all(map(is_equal, own, other))
    if isinstance(own, float) and isinstance(other, float):
        return isclose(own, other, rel_tol=1e-4)
    return own == other


if __name__ == "__main__":
    run(main)
