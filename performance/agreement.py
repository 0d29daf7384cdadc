"""Count the answers that stay the same in batches, in the arithmetic of evaluation.

    python -m performance.agreement --model_id DIR --data_dir DIR --adapter_dir DIR

In bf16, additions in another order round differently, so where two next tokens nearly tie, another
batch size can flip the choice. Generates the answers of base and adapter to all validation prompts
one by one and in batches, by evaluate.py's decoding and by transformers' `generate`, and prints how
many are the same, token by token.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from performance.decoding import Decode, encode_validation, generate_with, ours_with
from text2sql.cli import run
from text2sql.flags import parse_flags
from text2sql.inference.batch_plan import plan_decoding
from text2sql.inference.generate import greedy_settings
from text2sql.study.variant_models import LoadedVariants, choose_dtype
from text2sql.study.variants import BASE, Variant

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel

Answers = list[list[int]]


@dataclass
class Flags:
    model_id: str
    data_dir: str
    adapter_dir: str
    max_new_tokens: int = 64
    limit: int | None = None
    load_in_4bit: bool = True
    dtype: str | None = None  # what evaluate.py would choose


def main() -> None:
    flags, _ = parse_flags(Flags, __doc__)
    finetuned = Variant("finetuned", "finetuned", adapter_dir=flags.adapter_dir)
    dtype = flags.dtype or choose_dtype()
    models = LoadedVariants([finetuned], flags.model_id, flags.load_in_4bit, dtype)
    prompts = encode_validation(models.tokenizer, Path(flags.data_dir), flags.limit)
    settings = greedy_settings(models.tokenizer, flags.max_new_tokens)
    for variant in (finetuned, BASE):
        print(f"{variant.name}, {len(prompts)} prompts in {dtype}", flush=True)
        with models.active(variant) as model:
            compare(model, prompts, settings)


def compare(
    model: "PreTrainedModel", prompts: Sequence[Sequence[int]], settings: "GenerationConfig"
) -> None:
    longest = max(map(len, prompts)) + settings.max_new_tokens
    generate = generate_with(model, settings)
    ours = ours_with(model, settings, plan_decoding(model, longest, 0))
    alone = {
        "generate one by one": in_batches(prompts, 1, generate),
        "ours one by one": in_batches(prompts, 1, ours),
    }
    tell("ours one by one", alone["ours one by one"], alone)
    for size in (len(prompts), 64):
        tell(f"ours, batches of {size}", in_batches(prompts, size, ours), alone)
    tell("generate, batches of 64", in_batches(prompts, 64, generate), alone)


def in_batches(prompts: Sequence[Sequence[int]], size: int, decode: Decode) -> Answers:
    starts = range(0, len(prompts), size)
    return [answer for start in starts for answer in decode(prompts[start : start + size])]


def tell(label: str, answers: Answers, alone: dict[str, Answers]) -> None:
    """Print how many answers equal those of each way to generate them one by one."""
    for name, expected in alone.items():
        same = sum(a == b for a, b in zip(answers, expected, strict=True))
        share = 100 * same / len(answers)
        print(f"{label:24} as {name:20} {same:5} of {len(answers)} ({share:.1f} %)", flush=True)


if __name__ == "__main__":
    run(main)
