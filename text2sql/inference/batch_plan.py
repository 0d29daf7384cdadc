"""From free memory to how many prompts, and how many tokens of them, are computed at once."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from text2sql.errors import UserError
from text2sql.models.device import ModelShape, free_bytes, head_sizes

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

USABLE_SHARE = 0.8  # of the free memory; the rest is fragmentation and the libraries' workspaces
PREFILL_SHARE = 0.15  # of the usable memory
PREFILL_TOKENS = (256, 8192)  # beyond, a GPU has enough to do
LARGEST_BATCH_SIZE = 2048  # beyond, a step is bound by arithmetic, and a kill would lose more
CPU_PLAN_SIZES = (64, 2048)
LOGITS_SHARE = 0.2  # of the usable memory, for logits and their logarithms
LOGITS_AT_ONCE = (16, 2048)  # tokens
ROW_SHARE = 0.4
ROW_TOKENS = (256, 16_384)
KEYS_PER_TOKEN = 16  # a long beginning is gathered for each text that goes on from it
CPU_ROW_TOKENS, CPU_LOGITS_AT_ONCE = 4096, 256


@dataclass(frozen=True)
class ScoringPlan:
    """How many tokens of texts are computed at once, and the logits of how many."""

    tokens_at_once: int
    logits_at_once: int

    def halved(self) -> "ScoringPlan":
        """Return the plan to try when memory ran out; a `UserError` if none is smaller."""
        if self.tokens_at_once == 1:
            raise UserError("The GPU's memory does not suffice for one item of this benchmark.")
        empty_cache()
        smaller = ScoringPlan(self.tokens_at_once // 2, max(1, self.logits_at_once // 2))
        print(f"Out of memory; going on with rows of {smaller.tokens_at_once} tokens.")
        return smaller


@dataclass(frozen=True)
class BatchPlan:
    """How many prompts are decoded together, and how many of their tokens are read at once."""

    num_prompts: int
    prefill_tokens: int

    def share_of(self, num_left: int) -> int:
        """Return the size of the next batch, so that those to come are about as large."""
        return -(-num_left // -(-num_left // self.num_prompts))

    def halved(self) -> "BatchPlan":
        """Return the plan to try when memory ran out; a `UserError` if none is smaller."""
        if self.num_prompts == 1:
            raise UserError(
                "The GPU's memory does not suffice for a single prompt. Close other programs on "
                "it, set --load_in_4bit true, or lower --max_new_tokens."
            )
        empty_cache()
        print(
            f"Out of memory with batches of {self.num_prompts}; "
            f"going on with {self.num_prompts // 2}."
        )
        return replace(
            self,
            num_prompts=self.num_prompts // 2,
            prefill_tokens=max(PREFILL_TOKENS[0], self.prefill_tokens // 2),
        )


def plan_decoding(model: "PreTrainedModel", longest: int, num_prompts: int = 0) -> BatchPlan:
    """Return the plan for sequences of up to `longest` tokens; 0 prompts leaves their number open.

    Each prompt needs its keys and values, its logits of one position and one token's activations.
    """
    import torch

    if model.device.type != "cuda":
        largest, prefill_tokens = CPU_PLAN_SIZES
        return BatchPlan(num_prompts or largest, prefill_tokens)
    config, width = model.config.get_text_config(), torch.finfo(model.dtype).bits // 8
    usable = USABLE_SHARE * free_bytes(model.device)
    activations = width * activations_of_token(config)
    prefill_tokens = clamp(int(PREFILL_SHARE * usable / activations), PREFILL_TOKENS)
    of_prompt = (
        width * (longest * config.num_hidden_layers * cached_of_layer(config) + config.vocab_size)
        + activations
    )
    fitting = int((usable - prefill_tokens * activations) / of_prompt)
    return BatchPlan(num_prompts or min(max(fitting, 1), LARGEST_BATCH_SIZE), prefill_tokens)


def plan_scoring(model: "PreTrainedModel") -> ScoringPlan:
    """Return the plan for log-likelihoods."""
    import torch

    if model.device.type != "cuda":
        return ScoringPlan(CPU_ROW_TOKENS, CPU_LOGITS_AT_ONCE)
    config, width = model.config.get_text_config(), torch.finfo(model.dtype).bits // 8
    usable = USABLE_SHARE * free_bytes(model.device)
    of_token = width * (activations_of_token(config) + KEYS_PER_TOKEN * cached_of_layer(config))
    tokens = clamp(int(ROW_SHARE * usable / of_token), ROW_TOKENS)
    of_logits = 3 * width * config.vocab_size
    return ScoringPlan(tokens, clamp(int(LOGITS_SHARE * usable / of_logits), LOGITS_AT_ONCE))


def clamp(number: int, bounds: tuple[int, int]) -> int:
    least, most = bounds
    return min(max(number, least), most)


def empty_cache() -> None:
    import torch

    torch.cuda.empty_cache()


def cached_of_layer(config: "PretrainedConfig") -> int:
    """Return how many numbers the keys and values of one token are in one layer."""
    _, key_value_heads, head_dim = head_sizes(config)
    return 2 * key_value_heads * head_dim


def activations_of_token(config: "PretrainedConfig") -> int:
    """Return how many numbers one token takes while a layer computes it."""
    shape = ModelShape.from_config(config)
    return 3 * shape.intermediate_size + 10 * shape.hidden_size
