"""Time the decoding of Spider's validation prompts: ours, `generate` in batches, and one by one.

    python -m performance.decoding --model_id DIR --data_dir DIR --adapter_dir DIR

Writes a random adapter to `--adapter_dir` if there is none, and measures the base and the adapter
on the same loaded weights. Random weights never stop, so every answer has `--max_new_tokens`.
"""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from performance.cards import cap_memory
from text2sql.cli import run
from text2sql.flags import parse_flags
from text2sql.inference.batch_plan import BatchPlan, plan_decoding
from text2sql.inference.generate import (
    generate_batch,
    greedy_settings,
    try_decoding,
)
from text2sql.models.tokenizer import load_tokenizer
from text2sql.prompts.dataset import prompt_text, read_prompts
from text2sql.prompts.tokens import encode_texts
from text2sql.study.variant_models import LoadedVariants, choose_dtype
from text2sql.study.variants import BASE, Variant

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedTokenizerBase


@dataclass
class Flags:
    model_id: str
    data_dir: str
    adapter_dir: str
    max_new_tokens: int = 64
    limit: int | None = None
    num_one_by_one: int = 4
    num_generated: int = 128  # prompts of the comparison with `generate`
    batch_sizes: list[int] = field(default_factory=lambda: [0, 256])  # 0: by free memory
    cards: list[float] = field(default_factory=list)  # GiB of cards to emulate on the GPU


def main() -> None:
    flags, _ = parse_flags(Flags, __doc__)
    write_random_adapter(flags.model_id, Path(flags.adapter_dir))
    tokenizer = load_tokenizer(flags.model_id)
    prompts = encode_validation(tokenizer, Path(flags.data_dir), flags.limit)
    print(f"{len(prompts)} prompts of {sum(map(len, prompts)) / len(prompts):.0f} tokens")
    settings = greedy_settings(tokenizer, flags.max_new_tokens)
    finetuned = Variant("finetuned", "finetuned", adapter_dir=flags.adapter_dir)
    if not flags.cards:
        models = load(finetuned, flags.model_id)
        with models.active(BASE) as model:
            generate = generate_with(model, settings)
            measure("one by one", prompts[: flags.num_one_by_one], 1, generate)
            measure("generate, 64", prompts[: flags.num_generated], 64, generate)
        for variant in (BASE, finetuned):
            for size in flags.batch_sizes:
                measure_ours(variant.name, models, variant, prompts, settings, size)
    for gib in flags.cards:
        cap_memory(gib)
        measure_ours(f"{gib:g} GiB", load(finetuned, flags.model_id), finetuned, prompts, settings)
        gc.collect()
        torch.cuda.empty_cache()


def encode_validation(
    tokenizer: "PreTrainedTokenizerBase", data_dir: Path, limit: int | None
) -> list[list[int]]:
    """Return the token ids of the first `limit` validation prompts, sorted."""
    rows = read_prompts(data_dir, "validation").to_list()[:limit]
    return sorted(encode_texts(tokenizer, [prompt_text(row) for row in rows]))


def load(variant: Variant, model_id: str) -> LoadedVariants:
    """Return the loaded base with the variant's adapter, in NF4 unless there is room."""
    began = time.perf_counter()
    models = LoadedVariants([variant], model_id, load_in_4bit=True, dtype=choose_dtype())
    dequantised = not any(
        "bnb" in type(p).__module__ or p.dtype.itemsize == 1 for p in models.model.parameters()
    )
    weights = "dequantised" if dequantised else "NF4"
    print(f"Loaded in {time.perf_counter() - began:.1f} s; weights {weights}")
    return models


def measure_ours(
    label: str,
    models: LoadedVariants,
    variant: Variant,
    prompts: Sequence[Sequence[int]],
    settings: "GenerationConfig",
    batch_size: int = 0,
) -> None:
    longest = max(map(len, prompts)) + settings.max_new_tokens
    with models.active(variant) as model:
        plan = plan_decoding(model, longest, batch_size)
        size = plan.next_batch_size(len(prompts))
        measure(f"{label}, {size}", prompts, size, ours_with(model, settings, plan))


def write_random_adapter(model_id: str, adapter_dir: Path) -> None:
    """Save an adapter of the recipe's shape whose weights are random, unless there is one."""
    if (adapter_dir / "adapter_config.json").exists():
        return
    from peft import LoraConfig, get_peft_model
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(model_id))
    lora = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(model, lora)
    weights = {
        name: 0.01 * torch.randn(parameter.shape)
        for name, parameter in model.named_parameters()
        if "lora_" in name
    }
    model.save_pretrained(adapter_dir, state_dict=weights)


Decode = Callable[[Sequence[Sequence[int]]], list[list[int]]]


def generate_with(model, settings) -> Decode:
    return lambda batch: generate_batch(model, batch, settings)


def ours_with(model, settings, plan: BatchPlan) -> Decode:
    """Return our decoding, which halves a batch for which memory runs out."""

    def decode(batch: Sequence[Sequence[int]]) -> list[list[int]]:
        nonlocal plan
        generated = try_decoding(model, batch, settings, plan)
        if generated is not None:
            return generated
        plan = plan.halved()
        middle = len(batch) // 2
        return decode(batch[:middle]) + decode(batch[middle:])

    return decode


def measure(label: str, prompts: Sequence[Sequence[int]], batch_size: int, decode: Decode) -> None:
    """Print the examples a second of one pass over the prompts, after a short one to warm up."""
    if not prompts:
        return
    on_gpu = torch.cuda.is_available()
    decode(prompts[:batch_size][:8])
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        torch.cuda.synchronize()
    began = time.perf_counter()
    for first in range(0, len(prompts), batch_size):
        decode(prompts[first : first + batch_size])
    seconds = time.perf_counter() - began
    peak = f", peak {torch.cuda.max_memory_reserved() / 2**30:.1f} GiB" if on_gpu else ""
    rate = len(prompts) / seconds
    print(
        f"{label:24} {len(prompts):5} in {seconds:6.2f} s: {rate:6.1f} examples/s{peak}", flush=True
    )


if __name__ == "__main__":
    run(main)
