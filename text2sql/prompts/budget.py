"""Prompts within a token budget: shots are dropped first, then types, then unrelated tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from text2sql.data.spider import Example, Schema
from text2sql.errors import UserError
from text2sql.progress import progress_bar
from text2sql.prompts.chat import Shot, build_completion
from text2sql.prompts.chat_format import ChatFormat, RenderedChat, UnusableTemplate
from text2sql.prompts.schema_text import keep_related_tables, render_schema
from text2sql.prompts.tokens import encode_examples

# Reserved for the SQL, however long the gold query is: its length must not shape the prompt.
SQL_TOKENS = 128
BATCH_SIZE = 256


@dataclass(frozen=True)
class Reduction:
    """What remains of a full prompt."""

    num_shots: int
    with_types: bool = True
    all_tables: bool = True


@dataclass(frozen=True)
class FittedPrompt:
    """A prompt within its budget, or the smallest possible one."""

    chat: RenderedChat
    num_prompt_tokens: int
    num_tokens: int  # of prompt and completion
    num_shots: int
    reduction: Reduction


@dataclass(frozen=True)
class PromptFitter:
    """Builds prompts and measures them in tokens, in batches."""

    chat_format: ChatFormat
    schemas: Mapping[str, Schema]
    schema_format: str
    max_length: int
    fit_completion: bool
    """Make room for gold queries longer than `SQL_TOKENS` too, as training needs. If false, the
    gold query has no influence on the prompt."""
    schema_texts: dict[tuple[str, bool], str] = field(default_factory=dict, repr=False)

    def fit(
        self, examples: Sequence[Example], shots: Sequence[Sequence[Shot]], name: str
    ) -> list[FittedPrompt]:
        """Return one prompt per example, reduced only as far as `max_length` requires.

        `shots` holds the shots of each example, the most important first. Raises a `UserError`
        where the chat template cannot express an example.
        """
        fitted = []
        with progress_bar(total=len(examples), desc=name, unit="prompt") as progress:
            for start in range(0, len(examples), BATCH_SIZE):
                batch = slice(start, start + BATCH_SIZE)
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
        shown = [own[: step.num_shots] for own in shots]
        chats = [self.render(*pair, step) for pair in zip(examples, shown, strict=True)]
        encoded = encode_examples(
            self.chat_format.tokenizer,
            [chat.prompt_text for chat in chats],
            [chat.completion_text for chat in chats],
        )
        return [
            FittedPrompt(
                chat=chat,
                num_prompt_tokens=len(prompt_ids),
                num_tokens=len(prompt_ids) + len(completion_ids),
                num_shots=len(own),
                reduction=step,
            )
            for chat, (prompt_ids, completion_ids), own in zip(chats, encoded, shown, strict=True)
        ]

    def render(self, example: Example, shots: Sequence[Shot], step: Reduction) -> RenderedChat:
        schema_text = self.schema_text(example, step)
        prompt = self.chat_format.build_prompt(schema_text, example.question, shots)
        try:
            return self.chat_format.render_example(prompt, build_completion(example.gold_sql))
        except UnusableTemplate as error:
            raise UserError(
                f"The model's chat template cannot express {example.id}: {error}. "
                "Choose another --model_id."
            ) from error

    def schema_text(self, example: Example, step: Reduction) -> str:
        schema = self.schemas[example.db_id]
        if not step.all_tables:
            schema = keep_related_tables(schema, example.question)
            return render_schema(schema, self.schema_format, step.with_types)
        key = (example.db_id, step.with_types)
        if key not in self.schema_texts:
            self.schema_texts[key] = render_schema(schema, self.schema_format, step.with_types)
        return self.schema_texts[key]


def reductions(num_shots: int, schema_format: str) -> list[Reduction]:
    """Return the steps from the full prompt to the smallest, in the order they are tried."""
    steps = [Reduction(kept) for kept in range(num_shots, -1, -1)]
    has_types = schema_format == "create_table"
    if has_types:
        steps.append(Reduction(0, with_types=False))
    return [*steps, Reduction(0, with_types=not has_types, all_tables=False)]
