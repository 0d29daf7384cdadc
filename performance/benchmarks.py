"""Time general benchmarks on one loaded model: seconds, tokens read, and the GPU's arithmetic.

    python -m performance.benchmarks --model_id DIR --output_dir DIR --benchmarks mmlu hellaswag

Prints for each benchmark the number of tokens that the model read, the number of positions at which
it computed logits, and the GPU utilisation that this arithmetic amounts to. With `--harness_dir`, a
folder that the harness' own command line wrote with `--log_samples`, it also counts the items that
both answer alike.
"""

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from performance.cards import cap_memory
from text2sql.benchmarks.benchmark import DEFAULT_SHOTS, parse_benchmark
from text2sql.benchmarks.run import response_cache_path, run_benchmark
from text2sql.benchmarks.tasks import load_tasks
from text2sql.cli import run
from text2sql.files import read_json, read_jsonl
from text2sql.flags import parse_flags
from text2sql.models.loading import choose_device, load_base_model
from text2sql.models.tokenizer import load_tokenizer
from text2sql.report.benchmark_results import read_benchmark
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


def main() -> None:
    flags, _ = parse_flags(Flags, __doc__)

    import torch

    cap_memory(flags.gib)
    benchmarks = [parse_benchmark(text) for text in flags.benchmarks]
    tasks = load_tasks(benchmarks, None)
    model = load_base_model(
        flags.model_id,
        load_in_4bit=flags.load_in_4bit,
        dtype=getattr(torch, choose_dtype()),
        device=choose_device(),
        dequantize=flags.load_in_4bit,
    )
    tokenizer, count = load_tokenizer(flags.model_id), count_work(model)
    for benchmark in benchmarks:
        path = Path(flags.output_dir) / "base" / benchmark.results_file
        settings = asdict(flags)
        for made in (path, response_cache_path(path, settings, 0)):
            made.unlink(missing_ok=True)
        count.update(tokens=0, logits=0)
        began = time.perf_counter()
        run_benchmark(
            benchmark,
            tasks[benchmark.name],
            model,
            tokenizer,
            path,
            settings=settings,
            limit=flags.limit,
        )
        tell(benchmark.name, path, time.perf_counter() - began, count, model)
        if flags.harness_dir:
            compare(path, Path(flags.harness_dir))


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


def tell(name: str, path: Path, seconds: float, count: dict, model) -> None:
    import torch

    embedding = model.get_output_embeddings().weight
    layers = sum(p.numel() for p in model.parameters()) - embedding.numel()
    flops = 2 * layers * count["tokens"] + 2 * embedding.numel() * count["logits"]
    peak = ""
    if torch.cuda.is_available():
        peak = f", {flops / seconds / H200_FLOPS:.0%} of an H200's arithmetic"
        peak += f", peak {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB"
        torch.cuda.reset_peak_memory_stats()
    results = read_benchmark(path)
    print(
        f"{name}: {results.n} items in {seconds:.1f} s, {count['tokens']:,} tokens, logits at "
        f"{count['logits']:,}{peak}; {results.metric} {results.score:.4f}",
        flush=True,
    )


def compare(path: Path, harness_dir: Path) -> None:
    """Print how many items the harness' own command line has right or wrong as we do."""
    total = same = 0
    worst = 0.0
    for task, samples in read_json(path)["samples"].items():
        files = sorted(harness_dir.rglob(f"samples_{task}_2*.jsonl"))
        others = {row["doc_id"]: row for row in read_jsonl(files[-1])}
        for sample in samples:
            other = others[sample["doc_id"]]
            total += 1
            same += all(sample[metric] == other[metric] for metric in sample["metrics"])
            pairs = zip(sample["filtered_resps"], other["filtered_resps"], strict=True)
            worst = max([worst, *(abs(float(a[0]) - float(b[0])) for a, b in pairs)])
    print(
        f"  items as the harness: {same} of {total}; log-likelihoods within {worst:.3g}", flush=True
    )


if __name__ == "__main__":
    run(main)
