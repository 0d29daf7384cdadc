"""Batch sizes from free memory: how many prompts, and how many of their tokens, at once."""

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import torch
from transformers import PretrainedConfig

from text2sql.counts import how_many
from text2sql.errors import UserError
from text2sql.models.adapters import Model
from text2sql.models.device import ModelShape, free_bytes, head_sizes
from text2sql.processes import gather

USABLE_FRACTION = 0.8  # of the free memory; the rest is fragmentation and library workspaces
PREFILL_FRACTION = 0.15  # of the usable memory
PREFILL_TOKENS = (256, 8192)  # more tokens at once do not speed up a GPU
LARGEST_BATCH_SIZE = 2048  # above it a step is compute-bound, and a kill would lose more work
CPU_BATCH_SIZE, CPU_PREFILL_TOKENS = 64, 2048
LOGITS_FRACTION = 0.2  # of the usable memory, for logits and their logarithms
LOGITS_AT_ONCE = (16, 2048)  # tokens
ROW_FRACTION = 0.4  # of the usable memory
ROW_TOKENS = (256, 16_384)
KEYS_PER_TOKEN = 16  # the keys of a long prefix are gathered for each of its suffixes
CPU_ROW_TOKENS, CPU_LOGITS_AT_ONCE = 4096, 256
SCORING_PLANS: WeakKeyDictionary[Model, "ScoringPlan"] = WeakKeyDictionary()
TOO_LITTLE_MEMORY = (
    "The GPU has too little memory for one item of this benchmark. Close other programs on it, set "
    "--load_in_4bit true, or leave the benchmark out of --benchmarks."
)


@dataclass(frozen=True)
class ScoringPlan:
    """How many tokens of texts, and how many positions' logits, are computed at once."""

    tokens_at_once: int
    logits_at_once: int

    def halved(self) -> "ScoringPlan":
        """Return the plan to try after running out of memory; a `UserError` if none is left."""
        if self.tokens_at_once == 1:
            raise UserError(TOO_LITTLE_MEMORY)
        torch.cuda.empty_cache()
        smaller = ScoringPlan(self.tokens_at_once // 2, max(1, self.logits_at_once // 2))
        print(
            f"Out of memory; continuing with rows of {how_many(smaller.tokens_at_once, 'token')}."
        )
        return smaller


@dataclass(frozen=True)
class BatchPlan:
    """How many prompts are decoded together, and how many of their tokens prefilled at once."""

    num_prompts: int
    prefill_tokens: int

    def next_batch_size(self, num_left: int) -> int:
        """Return the size of the next batch, chosen so that all remaining ones are similar."""
        return -(-num_left // -(-num_left // self.num_prompts))

    def halved(self) -> "BatchPlan":
        """Return the plan to try after running out of memory; a `UserError` if none is left."""
        if self.num_prompts == 1:
            raise UserError(
                "The GPU has too little memory for a single prompt. Close other programs on it, "
                "set --load_in_4bit true, or lower --max_new_tokens."
            )
        torch.cuda.empty_cache()
        smaller = self.num_prompts // 2
        print(f"Out of memory with batches of {self.num_prompts}; continuing with {smaller}.")
        prefill_tokens = max(PREFILL_TOKENS[0], self.prefill_tokens // 2)
        return replace(self, num_prompts=smaller, prefill_tokens=prefill_tokens)


def plan_decoding(model: Model, longest: int, num_prompts: int = 0) -> BatchPlan:
    """Return the plan for sequences of up to `longest` tokens; 0 prompts chooses their number.

    Each prompt needs its keys and values, the logits of one position and one token's activations.
    """
    if model.device.type != "cuda":
        return BatchPlan(num_prompts or CPU_BATCH_SIZE, CPU_PREFILL_TOKENS)
    config, width = model.config.get_text_config(), torch.finfo(model.dtype).bits // 8
    usable = USABLE_FRACTION * free_bytes(model.device)
    activations = width * activations_per_token(config)
    prefill_tokens = clamp(int(PREFILL_FRACTION * usable / activations), PREFILL_TOKENS)
    cached = longest * config.num_hidden_layers * cached_per_token(config)
    bytes_per_prompt = width * (cached + config.vocab_size) + activations
    fitting = int((usable - prefill_tokens * activations) / bytes_per_prompt)
    return BatchPlan(num_prompts or min(max(fitting, 1), LARGEST_BATCH_SIZE), prefill_tokens)


def scoring_plan_of(model: Model) -> ScoringPlan:
    """Return the model's plan for log-likelihoods, made once as all processes wait for it."""
    if model not in SCORING_PLANS:
        SCORING_PLANS[model] = plan_scoring(model)
    return SCORING_PLANS[model]


def plan_scoring(model: Model) -> ScoringPlan:
    """Return the plan for log-likelihoods, which all processes make at once and alike.

    They divide what is computed together, which depends on the smallest of their free memories.
    """
    if model.device.type != "cuda":
        return ScoringPlan(CPU_ROW_TOKENS, CPU_LOGITS_AT_ONCE)
    config, width = model.config.get_text_config(), torch.finfo(model.dtype).bits // 8
    usable = USABLE_FRACTION * min(gather(free_bytes(model.device)))
    numbers_per_token = activations_per_token(config) + KEYS_PER_TOKEN * cached_per_token(config)
    tokens = clamp(int(ROW_FRACTION * usable / (width * numbers_per_token)), ROW_TOKENS)
    logits_bytes = 3 * width * config.vocab_size
    return ScoringPlan(tokens, clamp(int(LOGITS_FRACTION * usable / logits_bytes), LOGITS_AT_ONCE))


def clamp(number: int, bounds: tuple[int, int]) -> int:
    lowest, highest = bounds
    return min(max(number, lowest), highest)


def cached_per_token(config: PretrainedConfig) -> int:
    """Return how many numbers one layer caches for the keys and values of one token."""
    _, key_value_heads, head_dim = head_sizes(config)
    return 2 * key_value_heads * head_dim


def activations_per_token(config: PretrainedConfig) -> int:
    """Return how many numbers one token occupies while a layer computes it."""
    shape = ModelShape.from_config(config)
    return 3 * shape.intermediate_size + 10 * shape.hidden_size
