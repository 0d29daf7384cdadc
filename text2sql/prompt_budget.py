"""Prompts made to fit a number of tokens: shots go first, then types, then unrelated tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from text2sql.prompts import Shot, build_completion, build_prompt, render_chat
from text2sql.schema_text import keep_related_tables, render_schema
from text2sql.spider import Example, Schema

# Kept free for the SQL, whatever the gold one is: its length must not shape the prompt.
SQL_TOKENS = 128
TOKENIZER_BATCH = 256


@dataclass(frozen=True)
class Reduction:
    """What is left of a full prompt."""

    num_shots: int
    with_types: bool = True
    all_tables: bool = True

    @property
    def schema_reduced(self) -> bool:
        return not (self.with_types and self.all_tables)


@dataclass
class FittedPrompt:
    """A prompt within its budget, or the smallest one there is."""

    prompt: list[dict]
    completion: list[dict]
    text: str
    num_prompt_tokens: int
    num_tokens: int
    reduction: Reduction


def reductions(num_shots: int, schema_format: str) -> list[Reduction]:
    """Return the steps from the full prompt to the smallest, in the order they are tried."""
    steps = [Reduction(kept) for kept in range(num_shots, -1, -1)]
    with_types = schema_format != "create_table"
    if not with_types:
        steps.append(Reduction(0, with_types=False))
    return [*steps, Reduction(0, with_types, all_tables=False)]


class PromptFitter:
    """Builds the prompts of one run; the tokenizer measures whole texts, in batches."""

    def __init__(self, tokenizer: Any, schema_format: str, max_length: int):
        self.tokenizer = tokenizer
        self.schema_format = schema_format
        self.max_length = max_length
        self.schema_texts: dict[tuple, str] = {}

    def fit(
        self,
        examples: Sequence[Example],
        shots: Sequence[Sequence[Shot]],
        schemas: Mapping[str, Schema],
        fit_completion: bool,
    ) -> list[FittedPrompt]:
        """Return one prompt for each example, reduced no further than `max_length` asks for.

        With `fit_completion` a gold query longer than `SQL_TOKENS` has its room too, as training
        needs it; without, nothing of the gold query shapes the prompt.
        """
        fitted: list[FittedPrompt | None] = [None] * len(examples)
        steps = reductions(max(map(len, shots), default=0), self.schema_format)
        pending = list(range(len(examples)))
        for step in steps:
            candidates = self.build(
                [(examples[i], shots[i][: step.num_shots], schemas) for i in pending], step
            )
            for i, candidate in zip(pending, candidates, strict=True):
                fitted[i] = candidate
            pending = [i for i in pending if not self.fits(fitted[i], fit_completion)]
        return fitted

    def fits(self, candidate: FittedPrompt, fit_completion: bool) -> bool:
        if candidate.num_prompt_tokens + SQL_TOKENS > self.max_length:
            return False
        return candidate.num_tokens <= self.max_length or not fit_completion

    def build(self, parts: Sequence[tuple], step: Reduction) -> list[FittedPrompt]:
        prompts, texts = [], []
        for example, shots, schemas in parts:
            schema_text = self.schema_text(schemas[example.db_id], example.question, step)
            prompt = build_prompt(schema_text, example.question, shots)
            completion = build_completion(example.gold_sql)
            prompts.append((prompt, completion, render_chat(self.tokenizer, prompt, True)))
            texts.append(render_chat(self.tokenizer, [*prompt, *completion], False))
        num_prompt_tokens = self.count_tokens([text for _, _, text in prompts])
        num_tokens = self.count_tokens(texts)
        return [
            FittedPrompt(prompt, completion, text, prompt_count, count, step)
            for (prompt, completion, _), text, prompt_count, count in zip(
                prompts, texts, num_prompt_tokens, num_tokens, strict=True
            )
        ]

    def schema_text(self, schema: Schema, question: str, step: Reduction) -> str:
        if not step.all_tables:
            schema = keep_related_tables(schema, question)
        return render_schema(schema, self.schema_format, step.with_types)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        counts = []
        for start in range(0, len(texts), TOKENIZER_BATCH):
            batch = self.tokenizer(
                list(texts[start : start + TOKENIZER_BATCH]), add_special_tokens=False
            )
            counts += map(len, batch["input_ids"])
        return counts
