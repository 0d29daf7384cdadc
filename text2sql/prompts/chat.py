"""The few-shot chat prompt, and the chat template that turns it into text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from text2sql.prompts.sql_text import one_line

INSTRUCTION = (
    "Translate the question into one SQLite query for the database with the schema below. "
    "Answer with the SQL only."
)


@dataclass(frozen=True)
class Shot:
    """A solved example, as the prompt shows it."""

    schema_text: str
    question: str
    sql: str


def build_prompt(schema_text: str, question: str, shots: Sequence[Shot]) -> list[dict]:
    """Return the messages: the shots as turns of user and model, then the question.

    The instruction stands once, before the first schema: Gemma's template knows no system role.
    """
    messages = []
    for shot in shots:
        messages.append(user_message(shot.schema_text, shot.question))
        messages += build_completion(shot.sql)
    messages.append(user_message(schema_text, question))
    messages[0]["content"] = f"{INSTRUCTION}\n\n{messages[0]['content']}"
    return messages


def user_message(schema_text: str, question: str) -> dict:
    return {"role": "user", "content": f"{schema_text}\n\nQuestion: {' '.join(question.split())}"}


def build_completion(gold_sql: str) -> list[dict]:
    return [{"role": "assistant", "content": one_line(gold_sql)}]


def render_chat(tokenizer: Any, messages: Sequence[dict], add_generation_prompt: bool) -> str:
    """Return the messages as the tokenizer's chat template writes them, with one `<bos>` at most.

    The text is complete: tokenise it with `add_special_tokens=False`.
    """
    text = tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=add_generation_prompt
    )
    bos = tokenizer.bos_token
    if bos is None or not (text.startswith(bos) or adds_bos(tokenizer)):
        return text
    while text.startswith(bos):
        text = text.removeprefix(bos)
    return bos + text


def adds_bos(tokenizer: Any) -> bool:
    """Return whether the model expects `<bos>`: its tokenizer puts one before any text."""
    return tokenizer("a").input_ids[:1] == [tokenizer.bos_token_id]
