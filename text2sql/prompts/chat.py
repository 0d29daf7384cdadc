"""The few-shot chat: the messages that ask a question, and the one that answers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from text2sql.prompts.sql_text import one_line

INSTRUCTION = (
    "Translate the question into one SQLite query for the database with the schema below. "
    "Answer with the SQL only."
)

InstructionRole = Literal["user", "system"]


class Message(TypedDict):
    role: str
    content: str


@dataclass(frozen=True)
class Shot:
    """A solved example, as the prompt shows it."""

    schema_text: str
    question: str
    sql: str


def build_prompt(
    schema_text: str,
    question: str,
    shots: Sequence[Shot],
    instruction_role: InstructionRole = "user",
) -> list[Message]:
    """Return the messages: the shots as turns of user and model, then the question.

    The instruction appears once, before the first schema, or in a system turn of its own.
    """
    messages = []
    for shot in shots:
        messages.append(user_message(shot.schema_text, shot.question))
        messages += build_completion(shot.sql)
    messages.append(user_message(schema_text, question))
    if instruction_role == "system":
        return [{"role": "system", "content": INSTRUCTION}, *messages]
    messages[0]["content"] = f"{INSTRUCTION}\n\n{messages[0]['content']}"
    return messages


def user_message(schema_text: str, question: str) -> Message:
    return {"role": "user", "content": f"{schema_text}\n\nQuestion: {' '.join(question.split())}"}


def build_completion(gold_sql: str) -> list[Message]:
    return [{"role": "assistant", "content": one_line(gold_sql)}]
