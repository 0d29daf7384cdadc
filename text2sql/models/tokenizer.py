"""The tokenizer of a chat model, checked, and the token that ends its answers."""

from typing import TYPE_CHECKING

from text2sql.errors import UserError
from text2sql.hub import explain_hub_errors
from text2sql.prompts.chat_format import find_chat_format

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# What a prompt consists of: names, numbers, punctuation and both kinds of quotes.
PROBE = "CREATE TABLE t (a_1 text); SELECT count(*), \"b\" FROM t WHERE a_1 >= 20 AND c != 'x'"


def load_tokenizer(model_id: str) -> "PreTrainedTokenizerBase":
    """Return the model's own tokenizer; pad is eos only where it has no pad of its own.

    Raises a `UserError` where it has no chat template or cannot spell SQL. Code that a model folder
    or repository brings along is never run.
    """
    from transformers import AutoTokenizer

    with explain_hub_errors(model_id, "model"):
        tokenizer = AutoTokenizer.from_pretrained(model_id, trust_remote_code=False)
    refuse_incomplete_tokenizer(tokenizer, model_id)
    if tokenizer.chat_template is None:
        raise UserError(
            f"{model_id} has no chat template; choose an instruction-tuned model, "
            "such as google/gemma-2b-it."
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def refuse_incomplete_tokenizer(tokenizer: "PreTrainedTokenizerBase", model_id: str) -> None:
    """Raise a `UserError` if text does not survive encoding and decoding.

    Where a tokenizer's files are absent, the library makes one that knows special tokens alone.
    """
    token_ids = tokenizer.encode(PROBE, add_special_tokens=False)
    decoded = tokenizer.decode(token_ids, clean_up_tokenization_spaces=False)
    if without_spaces(str(decoded)) != without_spaces(PROBE):
        raise UserError(
            f"The tokenizer of {model_id} cannot spell SQL: its files are missing, damaged or were "
            "not fetched. Check the model's folder or name, or try again later."
        )


def without_spaces(text: str) -> str:
    """Return the text as tokenizers agree on it: some change spaces, some know no capitals."""
    return "".join(text.split()).casefold()


def end_of_turn_id(tokenizer: "PreTrainedTokenizerBase") -> int:
    """Return the token that the chat template puts after an answer.

    Raises a `UserError` where it cannot express the prompts or ends an answer with no token.
    """
    return find_chat_format(tokenizer).end_of_turn_id()
