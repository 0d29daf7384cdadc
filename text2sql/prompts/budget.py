"""Prompts made to fit a number of tokens: shots go first, then types, then unrelated tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tqdm import tqdm

from text2sql.data.spider import Example, Schema
from text2sql.errors import UserError
from text2sql.prompts.chat import Shot, build_completion, build_prompt, render_chat
from text2sql.prompts.schema_text import keep_related_tables, render_schema

# Kept free for the SQL, whatever the gold one is: its length must not shape the prompt.
SQL_TOKENS = 128
BATCH = 256


@dataclass(frozen=True)
class Reduction:
    """What is left of a full prompt."""

    num_shots: int
    with_types: bool = True
    all_tables: bool = True


@dataclass(frozen=True)
class FittedPrompt:
    """A prompt within its budget, or the smallest one there is."""

    prompt: list[dict]
    completion: list[dict]
    text: str
    num_prompt_tokens: int
    num_tokens: int  # of the text: prompt and completion
    num_shots: int
    reduction: Reduction


@dataclass(frozen=True)
class PromptFitter:
    """Builds prompts; the tokenizer measures whole texts, in batches."""

    tokenizer: Any
    schemas: Mapping[str, Schema]
    schema_format: str
    max_length: int
    fit_completion: bool
    """Give a gold query longer than `SQL_TOKENS` its room too, as training needs it. Without,
    nothing of the gold query shapes the prompt."""
    schema_texts: dict[tuple[str, bool], str] = field(default_factory=dict, repr=False)

    def fit(
        self, examples: Sequence[Example], shots: Sequence[Sequence[Shot]], name: str
    ) -> list[FittedPrompt]:
        """Return one prompt an example, reduced no further than `max_length` asks for.

        `shots` holds each example's own, the most wanted first.
        """
        fitted = []
        with tqdm(total=len(examples), desc=name, unit="prompt") as progress:
            for start in range(0, len(examples), BATCH):
                batch = slice(start, start + BATCH)
                fitted += self.fit_batch(examples[batch], shots[batch])
                progress.update(len(fitted) - start)
        return fitted

    def fit_batch(
        self, examples: Sequence[Example], shots: Sequence[Sequence[Shot]]
    ) -> list[FittedPrompt]:
        fitted: dict[int, FittedPrompt] = {}
        pending = list(range(len(examples)))
        for step in reductions(max(map(len, shots)), self.schema_format):
            built = self.build([examples[i] for i in pending], [shots[i] for i in pending], step)
            fitted |= zip(pending, built, strict=True)
            pending = [i for i in pending if not self.fits(fitted[i])]
            if not pending:
                break
        return [fitted[i] for i in range(len(examples))]

    def fits(self, fitted: FittedPrompt) -> bool:
        if fitted.num_prompt_tokens + SQL_TOKENS > self.max_length:
            return False
        return fitted.num_tokens <= self.max_length or not self.fit_completion

    def build(
        self, examples: Sequence[Example], shots: Sequence[Sequence[Shot]], step: Reduction
    ) -> list[FittedPrompt]:
        prompts = [
            build_prompt(self.schema_text(example, step), example.question, own[: step.num_shots])
            for example, own in zip(examples, shots, strict=True)
        ]
        completions = [build_completion(example.gold_sql) for example in examples]
        prompt_texts = [render_chat(self.tokenizer, prompt, True) for prompt in prompts]
        texts = [
            render_chat(self.tokenizer, prompt + completion, False)
            for prompt, completion in zip(prompts, completions, strict=True)
        ]
        require_prefixes(prompt_texts, texts)
        columns = zip(
            prompts,
            completions,
            texts,
            *self.count_tokens(prompt_texts, texts),
            [len(own[: step.num_shots]) for own in shots],
            strict=True,
        )
        return [FittedPrompt(*values, step) for values in columns]

    def schema_text(self, example: Example, step: Reduction) -> str:
        schema = self.schemas[example.db_id]
        if not step.all_tables:
            schema = keep_related_tables(schema, example.question)
            return render_schema(schema, self.schema_format, step.with_types)
        key = (example.db_id, step.with_types)
        if key not in self.schema_texts:
            self.schema_texts[key] = render_schema(schema, self.schema_format, step.with_types)
        return self.schema_texts[key]

    def count_tokens(
        self, prompt_texts: Sequence[str], texts: Sequence[str]
    ) -> tuple[list[int], list[int]]:
        """Return the tokens before the SQL begins, and those of the whole texts."""
        encodings = self.tokenizer(list(texts), add_special_tokens=False).encodings
        lengths = map(len, prompt_texts)
        before = [e.char_to_token(length) for e, length in zip(encodings, lengths, strict=True)]
        return before, [len(encoding) for encoding in encodings]


def reductions(num_shots: int, schema_format: str) -> list[Reduction]:
    """Return the steps from the full prompt to the smallest, in the order they are tried."""
    steps = [Reduction(kept) for kept in range(num_shots, -1, -1)]
    has_types = schema_format == "create_table"
    if has_types:
        steps.append(Reduction(0, with_types=False))
    return [*steps, Reduction(0, with_types=not has_types, all_tables=False)]


def require_prefixes(prompt_texts: Sequence[str], texts: Sequence[str]) -> None:
    """Refuse a chat template whose answer does not go on where the prompt ends."""
    for prompt_text, text in zip(prompt_texts, texts, strict=True):
        if not text.startswith(prompt_text):
            raise UserError(
                "The tokenizer's chat template writes a question without its answer otherwise "
                "than with it, so that no prompt can be cut off. Take another --model_id."
            )
