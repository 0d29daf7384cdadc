"""How a model writes a chat: what its template accepts, where a turn ends, and the text of a chat.

One rule relates the text that is trained to the text that is asked. The prompt is what the template
renders for generation; the completion is everything that a finished turn has after it: whatever the
template puts in front of an answer (an empty `<think>` block, a channel), the SQL, the end of the
turn. Reasoning is switched off where the template has a switch, as a prompt asks for SQL only.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from text2sql.errors import UserError
from text2sql.prompts.chat import InstructionRole, Message, Shot, build_completion, build_prompt

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# The switches of Qwen3, SmolLM3 and GLM, and of DeepSeek-V3.1 and Granite. Others ignore them.
TEMPLATE_SETTINGS: dict[str, Any] = {"enable_thinking": False, "thinking": False}
OPENED_BLOCK = re.compile(r"<(\w+)>\s*\Z")

PROBE_SHOT = Shot("a_table(a_column)", "What is solved?", "SELECT solved FROM a_table")
PROBE_PROMPT = ("b_table(b_column)", "What is asked?", [PROBE_SHOT])
PROBE_SQL = "SELECT answer FROM b_table"


class UnusableTemplate(Exception):
    """The chat template cannot express the prompt; the text is the reason, without the model."""


@dataclass(frozen=True)
class RenderedChat:
    """A prompt and its completion, as messages and as the model's text."""

    prompt: list[Message]
    completion: list[Message]
    prompt_text: str  # what the model is asked
    completion_text: str  # what it is trained to write after it


@dataclass(frozen=True)
class ChatFormat:
    """A tokenizer's chat template, and what it demands of messages."""

    tokenizer: "PreTrainedTokenizerBase"
    instruction_role: InstructionRole  # "system" where the template demands a system turn
    typed_content: bool  # contents are lists of parts: {"type": "text", "text": ...}

    def build_prompt(self, schema_text: str, question: str, shots: Sequence[Shot]) -> list[Message]:
        return build_prompt(schema_text, question, shots, self.instruction_role)

    def render_example(self, prompt: list[Message], completion: list[Message]) -> RenderedChat:
        """Return prompt and completion as text, the completion up to the end of its turn.

        Raises `UnusableTemplate` where a message is missing from the text, or where a finished
        chat does not begin as the prompt does.
        """
        prompt_text = self.render(prompt, add_generation_prompt=True)
        finished = self.render([*prompt, *completion], add_generation_prompt=False)
        require_contents(prompt_text, prompt)
        after_prompt = completion_text(prompt_text, finished, completion[-1]["content"])
        return RenderedChat(prompt, completion, prompt_text, after_prompt)

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
        """Return the messages as the template writes them, with at most one `<bos>` at the start.

        The text is complete: tokenise it with `add_special_tokens=False`.
        """
        try:
            text = self.tokenizer.apply_chat_template(
                [self.typed(message) for message in messages],
                tokenize=False,
                add_generation_prompt=add_generation_prompt,
                **TEMPLATE_SETTINGS,
            )
        except Exception as error:  # a template is a program, which may raise anything
            raise UnusableTemplate(" ".join(str(error).split())) from error
        return with_single_bos(self.tokenizer, str(text))

    def typed(self, message: Message) -> dict[str, Any]:
        if not self.typed_content:
            return {**message}
        return {**message, "content": [{"type": "text", "text": message["content"]}]}

    def end_of_turn_id(self) -> int:
        """Return the token that ends an answer: the first of the template's after the SQL.

        That is `<end_of_turn>` for Gemma, `<|eot_id|>` for Llama 3 and `</s>` for Mistral. Raises
        `UnusableTemplate` where the template ends an answer with plain text or with nothing.
        """
        chat = self.render_example(self.build_prompt(*PROBE_PROMPT), build_completion(PROBE_SQL))
        after_sql = chat.completion_text.rpartition(PROBE_SQL)[2]
        added = self.tokenizer.added_tokens_decoder
        for token_id in self.tokenizer.encode(after_sql, add_special_tokens=False):
            is_special = token_id in self.tokenizer.all_special_ids
            if is_special or (token_id in added and str(added[token_id]).strip()):
                return int(token_id)
        raise UnusableTemplate("it does not end an answer with a token of its own")


def find_chat_format(tokenizer: "PreTrainedTokenizerBase") -> ChatFormat:
    """Return the first way of writing the prompt that the tokenizer's chat template accepts.

    Gemma's template knows no system turn, others demand one; some read contents only as lists of
    typed parts. Raises a `UserError` with the reason where none works.
    """
    reasons = []
    for role in ("user", "system"):
        for typed_content in (False, True):
            chat_format = ChatFormat(tokenizer, role, typed_content)
            try:
                chat_format.end_of_turn_id()
                return chat_format
            except UnusableTemplate as error:
                reasons.append(str(error))
    raise UserError(
        f"The chat template of {tokenizer.name_or_path} cannot be used for prompts: {reasons[0]}. "
        "Choose another --model_id, or correct the template."
    )


def require_contents(prompt_text: str, prompt: Sequence[Message]) -> None:
    for message in prompt:
        if message["content"] not in prompt_text:
            raise UnusableTemplate(f"it changes or leaves out what the {message['role']} wrote")


def completion_text(prompt_text: str, finished: str, sql: str) -> str:
    """Return what a finished chat has after its prompt: the answer to the end of its turn.

    Where the prompt opens a block that a finished turn lacks (DeepSeek-R1's ends with `<think>`),
    the completion closes it before the SQL.
    """
    start = finished.rfind(sql)
    if start < 0:
        raise UnusableTemplate("it changes or leaves out the answer")
    if finished.startswith(prompt_text) and start >= len(prompt_text):
        return finished[len(prompt_text) :]
    if not prompt_text.startswith(finished[:start].rstrip()):
        raise UnusableTemplate("it writes a question otherwise once it is answered")
    opened = OPENED_BLOCK.search(prompt_text)
    closing = f"\n</{opened[1]}>\n\n" if opened else ""
    return closing + finished[start:]


def with_single_bos(tokenizer: "PreTrainedTokenizerBase", text: str) -> str:
    """Return the text with one `<bos>` at its start, or none where the model expects none."""
    bos: str | None = tokenizer.bos_token
    if bos is None or not (text.startswith(bos) or adds_bos(tokenizer)):
        return text
    while text.startswith(bos):
        text = text.removeprefix(bos)
    return bos + text


def adds_bos(tokenizer: "PreTrainedTokenizerBase") -> bool:
    """Return whether the tokenizer itself puts a `<bos>` before any text."""
    bos = tokenizer.bos_token_id
    return bos is not None and tokenizer("a").input_ids[:1] == [bos]
