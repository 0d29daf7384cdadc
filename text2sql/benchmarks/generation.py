"""Generation requests of the harness, answered by this project's continuous batching.

The settings are the harness' own: stop strings, number of tokens, and the model's stop tokens.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lm_eval.models.utils import handle_stop_sequences, normalize_gen_kwargs
from transformers import GenerationConfig, PreTrainedTokenizerBase

from text2sql.inference.batch_plan import plan_decoding
from text2sql.inference.continuous import StopRule, decode_continuously
from text2sql.inference.greedy import CHECK_EVERY
from text2sql.models.adapters import Model

# Settings that greedy decoding does not depend on, of a request and of a model's own defaults.
KNOWN = {"until", "do_sample", "temperature", "max_gen_toks", "top_k", "top_p", "min_p"}
HARMLESS = KNOWN | {
    "_from_model_config",
    "bos_token_id",
    "cache_implementation",
    "eos_token_id",
    "max_length",
    "max_new_tokens",
    "output_attentions",
    "output_hidden_states",
    "output_logits",
    "output_scores",
    "pad_token_id",
    "return_dict_in_generate",
    "transformers_version",
    "use_cache",
}


class UnsupportedRequest(Exception):
    """A request that only the harness' own `generate_until` can answer; its message names why."""


@dataclass(frozen=True)
class GenerationSettings:
    """How a request is answered greedily."""

    until: list[str]  # stop strings, the end-of-sequence token's text among them
    stop_ids: frozenset[int]
    max_new_tokens: int


def read_settings(
    request: Mapping[str, Any],
    defaults: GenerationConfig,
    eos_token_id: int,
    eos_text: str,
    max_new_tokens: int,
) -> GenerationSettings:
    """Return the settings of a request whose own limit of tokens may be missing.

    Raises an `UnsupportedRequest` where greedy decoding is not all that is asked for.
    """
    kwargs: dict[str, Any] = dict(normalize_gen_kwargs(dict(request), max_new_tokens))
    others = sorted({*kwargs} - KNOWN) + sorted({*defaults.to_diff_dict()} - HARMLESS)
    if kwargs["do_sample"]:
        others.insert(0, "do_sample")
    if others:
        raise UnsupportedRequest(", ".join(others))
    stops = defaults.eos_token_id
    stop_ids = {stops} if isinstance(stops, int) else {*(stops or ())}
    return GenerationSettings(
        until=handle_stop_sequences(kwargs["until"], eos_text),
        stop_ids=frozenset(stop_ids | {eos_token_id}),
        max_new_tokens=kwargs["max_gen_toks"],
    )


def is_sampled(request: Mapping[str, Any]) -> bool:
    """Return whether the request's settings ask for a random sample, as the harness reads them."""
    return bool(normalize_gen_kwargs(dict(request))["do_sample"])


def generate_greedily(
    model: Model,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Sequence[int]],
    settings: GenerationSettings,
    on_finished: Callable[[int, list[int]], None],
) -> None:
    """Pass each prompt's index and new token ids to `on_finished`, which may come in any order.

    The last tokens are those that complete a stop string or end the sequence, if any do.
    """
    stops = StopStrings(tokenizer, settings.until)
    longest = max(map(len, prompts)) + settings.max_new_tokens
    decode_continuously(
        model,
        prompts,
        StopRule(settings.stop_ids, settings.max_new_tokens, stops.is_complete),
        plan_decoding(model, longest),
        pad_id=tokenizer.pad_token_id or 0,
        on_finished=lambda index, token_ids: on_finished(index, stops.cut(token_ids)),
    )


class StopStrings:
    """Finds stop strings in the text of the newest tokens."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, until: Sequence[str]):
        self.tokenizer, self.until = tokenizer, [stop for stop in until if stop]
        lengths = [len(tokenizer.encode(stop, add_special_tokens=False)) for stop in self.until]
        # Another tokenisation of the same text may take more tokens; the harness allows two.
        self.window = max(lengths, default=0) + 2 + CHECK_EVERY

    def is_complete(self, token_ids: list[int]) -> bool:
        text = self.tokenizer.decode(token_ids[-self.window :])
        return any(stop in text for stop in self.until)

    def cut(self, token_ids: list[int]) -> list[int]:
        """Return the tokens up to and including the one that completes a stop string."""
        first = max(len(token_ids) - self.window, 0)
        if self.is_complete(token_ids):
            for length in range(first + 1, len(token_ids)):
                text = self.tokenizer.decode(token_ids[first:length])
                if any(stop in text for stop in self.until):
                    return token_ids[:length]
        return token_ids
