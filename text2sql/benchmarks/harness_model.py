"""The harness' own model, with log-likelihoods and generations at the speed of the device.

Prefixes that texts share (the shots of a subject, a question before its choices) are computed once,
nothing is padded, and logits are computed only for continuations; generations are decoded by
continuous batching. Everything else, including the arithmetic from logits to log-likelihoods and
what a stop string cuts off, is the harness' own.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice, tee
from typing import Any, cast

from lm_eval.api.instance import Instance
from lm_eval.api.model import TemplateLM
from lm_eval.models.huggingface import HFLM
from lm_eval.models.utils import has_bos_prefix, postprocess_generated_text
from transformers import PreTrainedTokenizerBase

from text2sql.benchmarks.generation import (
    UnsupportedRequest,
    generate_greedily,
    is_sampled,
    read_settings,
)
from text2sql.benchmarks.response_cache import ResponseCache
from text2sql.inference.batch_plan import ScoringPlan, scoring_plan_of
from text2sql.inference.generate import own_prompts
from text2sql.inference.kv_cache import supports_block_cache
from text2sql.inference.log_likelihood import Answer, Request, score_blocks
from text2sql.models.adapters import Model, is_spread, runs_in_layers
from text2sql.models.packed_attention import supports_packed_attention
from text2sql.processes import is_main_process, on_main_process, rank, world_size
from text2sql.prompts.chat_format import adds_bos
from text2sql.prompts.tokens import encode_texts
from text2sql.shared_work import take_units

TOKENS_PER_REQUEST = 32  # of the texts of a block, about; it then fills a row or two
TEXTS_AT_ONCE = 512  # encoded in one call
LONG_TEXTS_AT_ONCE = 32  # scored, and then cached, together
WINDOWS_AT_ONCE = 512  # of long texts, packed into rows together


class PrefixSharingHFLM(HFLM):
    """`HFLM` for a loaded model, with responses cached in a file.

    With `share_prefixes=False` every number is the harness' own to the last digit: rounding depends
    on which texts are in a batch together.
    """

    batch_size_per_gpu: int | str  # of HFLM

    def __init__(
        self,
        model: Model,
        tokenizer: PreTrainedTokenizerBase,
        cache: ResponseCache,
        batch_size: int | str,
        share_prefixes: bool = True,
    ):
        self.bos = choose_bos(model.config.model_type, tokenizer)
        super().__init__(
            pretrained=model,
            tokenizer=tokenizer,
            add_bos_token=self.bos is not None,
            batch_size=batch_size,
        )
        self.cache = cache
        self.continuous = share_prefixes and supports_block_cache(self.model)
        self.share_prefixes = (
            share_prefixes
            and runs_in_layers(model)
            and supports_packed_attention(model.config)
            and not is_spread(model)
        )
        self.keeps_batches = not share_prefixes
        self.encoded: dict[str, list[int]] = {}
        self.set_cache_hook(cache)

    def loglikelihood(self, requests: list[Instance], disable_tqdm: bool = False) -> list[Answer]:
        def ask_packed(rest: list[Instance]) -> None:
            self.plan = scoring_plan_of(self.model)
            asked, encoded = tee(self.encoded_ahead(take_blocks(rest, self.plan)))
            answered = self.score((tokens for _, tokens in encoded))
            for (block, _), answers in zip(asked, answered, strict=True):
                with self.cache.storing_together():
                    for request, answer in zip(block, answers, strict=True):
                        self.cache.add_partial("loglikelihood", request.args, answer)

        if not self.share_prefixes:
            ask_padded = partial(HFLM.loglikelihood, self, disable_tqdm=disable_tqdm)
            return self.cache.complete("loglikelihood", requests, self.own_requests(ask_padded))
        label = None if disable_tqdm else "log-likelihoods"
        return self.cache.complete("loglikelihood", requests, ask_packed, label)

    def loglikelihood_rolling(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[float]:
        def ask_packed(rest: list[Instance]) -> None:
            self.plan = scoring_plan_of(self.model)
            original, self.batch_size_per_gpu = self.batch_size_per_gpu, WINDOWS_AT_ONCE
            try:
                for part in take_parts(rest, LONG_TEXTS_AT_ONCE):
                    with self.cache.storing_together():
                        HFLM.loglikelihood_rolling(self, part, disable_tqdm=True)
            finally:
                self.batch_size_per_gpu = original

        kind = "loglikelihood_rolling"
        if not self.share_prefixes:
            ask_padded = partial(HFLM.loglikelihood_rolling, self, disable_tqdm=disable_tqdm)
            return self.cache.complete(kind, requests, self.own_requests(ask_padded))
        return self.cache.complete(kind, requests, ask_packed, None if disable_tqdm else "texts")

    def own_requests(self, ask: Callable[[list[Instance]], object]) -> Callable[..., None]:
        """Return a function that asks this process' part of the requests, in the harness' batches.

        With `keeps_batches` the main process asks them all: rounding depends on the batches.
        """

        def ask_own(requests: list[Instance]) -> None:
            alone = self.keeps_batches
            own = requests * is_main_process() if alone else requests[rank() :: world_size()]
            if own:
                ask(own)

        return ask_own

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        sampled = [request for request in requests if is_sampled(request.args[1])]
        greedy = [request for request in requests if not is_sampled(request.args[1])]
        # Samples are not cached: a repeated request must get another one.
        samples = iter(self.sample(sampled, disable_tqdm) if sampled else ())
        ask, label = self.generate_rest, "generations"
        texts = iter(self.cache.complete("generate_until", greedy, ask, label))
        return [next(samples if is_sampled(r.args[1]) else texts) for r in requests]

    def sample(self, requests: list[Instance], disable_tqdm: bool) -> list[str]:
        print(
            f"Generating {len(requests)} answers as the harness does, as they are sampled; a run "
            "that is interrupted generates them again.",
            flush=True,
        )
        self.allow_virtual_tokens()
        return on_main_process(super().generate_until, requests, disable_tqdm)

    def generate_rest(self, requests: list[Instance]) -> None:
        """Generate this process' part of the texts, caching each as it comes."""
        groups: dict[str, list[Instance]] = {}
        for request in requests:
            groups.setdefault(repr(request.args[1]), []).append(request)
        for group in groups.values():
            try:
                self.generate_continuously(group)
            except UnsupportedRequest as error:
                print(f"Generating as the harness does, because of {error}.", flush=True)
                self.allow_virtual_tokens()
                ask = partial(HFLM.generate_until, self, disable_tqdm=True)
                self.own_requests(ask)(group)

    def allow_virtual_tokens(self) -> None:
        """Leave no padding to the harness where an adapter's virtual tokens would precede it."""
        if not runs_in_layers(self.model):
            self.batch_size_per_gpu = 1

    def generate_continuously(self, requests: list[Instance]) -> None:
        """Generate and cache the texts of requests with the same settings.

        Raises an `UnsupportedRequest` before the first, where only the harness' way can.
        """
        if not self.continuous:
            raise UnsupportedRequest("the model or --batch_size")
        eos = self.tok_decode(self.eot_token_id, skip_special_tokens=False)
        defaults = self.model.generation_config
        settings = read_settings(
            requests[0].args[1], defaults, self.eot_token_id, eos, self.max_gen_toks
        )
        room = self.max_length - settings.max_new_tokens
        if room <= 0:
            raise UnsupportedRequest(f"max_gen_toks, {settings.max_new_tokens}")
        prompts = [self.encode_prompt(request.args[0])[-room:] for request in requests]
        if not all(prompts):
            raise UnsupportedRequest("an empty prompt")
        own = own_prompts(dict(enumerate(prompts)), settings.max_new_tokens)
        indices = list(own)

        def cache_text(position: int, token_ids: list[int]) -> None:
            text = postprocess_generated_text(
                self.tok_decode(token_ids), stop=settings.until, think_end_token=None
            )
            self.cache.add_partial("generate_until", requests[indices[position]].args, text)

        if own:
            generate_greedily(self.model, self.tokenizer, list(own.values()), settings, cache_text)

    def encode_prompt(self, text: str) -> list[int]:
        """Return the tokens of a prompt; one that already begins with <bos> gets no other."""
        has_bos = has_bos_prefix(text, self.tokenizer.bos_token)
        return self.tok_encode(text, add_special_tokens=not has_bos and self.add_bos_token)

    def encoded_ahead(
        self, blocks: Iterator[list[Instance]]
    ) -> Iterator[tuple[list[Instance], list[Request]]]:
        """Yield blocks of requests with their tokens, encoding the next block meanwhile.

        That is done in a thread, and a tokenizer serves one at a time: the caller encodes nothing.
        """

        def encode(block: list[Instance]) -> tuple[list[Instance], list[Request]]:
            return block, self.encode_requests(block)

        with ThreadPoolExecutor(1) as pool:
            coming = deque(pool.submit(encode, block) for block in islice(blocks, 1))
            while coming:
                ready = coming.popleft().result()
                coming.extend(pool.submit(encode, block) for block in islice(blocks, 1))
                yield ready

    def encode_requests(self, requests: list[Instance]) -> list[Request]:
        """Return the tokens that the harness would ask the model for."""
        self.encoded = self.encode_all([request.args for request in requests])
        tokens: Any = TemplateLM.loglikelihood(cast(TemplateLM, EncodingOnly(self)), requests, True)
        self.encoded = {}
        return [(context, continuation) for _, context, continuation in tokens]

    def encode_all(self, pairs: Iterable[tuple[str, str]]) -> dict[str, list[int]]:
        """Return the tokens of the texts that the harness encodes one by one, in parallel."""
        asked = [text for c, e in pairs if c for text in (c.rstrip(), c + e)]
        bos = self.tokenizer.decode(self.prefix_token_id)
        texts: dict[bool, list[str]] = {True: [], False: []}  # by whether they begin with <bos>
        for text in dict.fromkeys(asked):
            texts[text.startswith(bos)].append(text)
        encoded: dict[str, list[int]] = {}
        for has_bos, group in texts.items():
            adds_special_tokens = self.add_bos_token and not has_bos
            for first in range(0, len(group), TEXTS_AT_ONCE):
                part = group[first : first + TEXTS_AT_ONCE]
                ids = encode_texts(self.tokenizer, part, adds_special_tokens)
                encoded |= zip(part, ids, strict=True)
        return encoded

    def tok_encode(
        self,
        string: str,
        add_special_tokens: bool | None = None,
        left_truncate_len: int | None = None,
        **settings: object,
    ) -> list[int]:
        is_plain = add_special_tokens is None and left_truncate_len is None and not settings
        if is_plain and string in self.encoded:
            return self.encoded[string]
        token_ids: list[int] = super().tok_encode(
            string, add_special_tokens, left_truncate_len, **settings
        )
        return token_ids

    def _loglikelihood_tokens(
        self,
        requests: list[tuple[tuple[str, str] | None, list[int], list[int]]],
        disable_tqdm: bool = False,
        override_bs: int | None = None,
    ) -> list[Answer]:
        if not self.share_prefixes:
            padded: list[Answer] = super()._loglikelihood_tokens(
                requests, disable_tqdm, override_bs
            )
            return padded
        tokens = [(context, continuation) for _, context, continuation in requests]
        return [answer for answers in self.score([tokens]) for answer in answers]

    def score(self, blocks: Iterable[list[Request]]) -> Iterator[list[Answer]]:
        return score_blocks(self.model, blocks, self.max_length, self.plan, self.softmax_dtype)


class EncodingOnly:
    """Stands in for a model in the harness' `loglikelihood`, which returns the tokens it has made.

    The harness makes them of the texts, and then asks `_loglikelihood_tokens` for the answers.
    """

    def __init__(self, model: HFLM):
        self.model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def _loglikelihood_tokens(self, requests: list[Any], disable_tqdm: bool = False) -> list[Any]:
        return requests


def take_blocks(requests: list[Instance], plan: ScoringPlan) -> Iterator[list[Instance]]:
    """Return an iterator over this process' blocks of requests whose texts are packed together."""
    return take_parts(requests, max(plan.tokens_at_once // TOKENS_PER_REQUEST, 1))


def take_parts(requests: list[Instance], size: int) -> Iterator[list[Instance]]:
    """Return an iterator over the parts that this process gets of requests cut into equal parts."""
    units = take_units(-(-len(requests) // size))
    return (requests[unit * size : (unit + 1) * size] for unit in units)


def choose_bos(model_type: str, tokenizer: PreTrainedTokenizerBase) -> str | None:
    """Return the token that begins every text of a benchmark, None for none.

    It is the one that the tokenizer itself puts before a text. Gemma is lost without its `<bos>`,
    which some copies of its tokenizer leave out: the tokenizer is then set to add it.
    """
    if not adds_bos(tokenizer):
        if not model_type.startswith("gemma") or tokenizer.bos_token is None:
            return None
        tokenizer.add_bos_token = True
    return str(tokenizer.bos_token)
