"""The tokenizer and its chat template's end of turn."""

from typing import TYPE_CHECKING

from text2sql.errors import UserError
from text2sql.hub import explain_hub_errors

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def load_tokenizer(model_id: str) -> "PreTrainedTokenizerBase":
    """Return the model's own tokenizer; pad is eos only where it has no pad of its own."""
    from transformers import AutoTokenizer

    with explain_hub_errors(model_id, "model"):
        tokenizer = AutoTokenizer.from_pretrained(model_id)
    if tokenizer.chat_template is None:
        raise UserError(
            f"{model_id} has no chat template; choose an instruction-tuned model, "
            "such as google/gemma-2b-it."
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def end_of_turn_id(tokenizer: "PreTrainedTokenizerBase") -> int:
    """Return the token that the chat template puts after an answer; a `UserError` if it has none.

    That is `<end_of_turn>` for Gemma, `<|eot_id|>` for Llama 3 and `</s>` for Mistral.
    """
    prompt = [{"role": "user", "content": "question"}]
    answered = [*prompt, {"role": "assistant", "content": "answer"}]
    prompt_text = tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True)
    answered_text = tokenizer.apply_chat_template(answered, tokenize=False)
    after_prompt = tokenizer.encode(answered_text[len(prompt_text) :], add_special_tokens=False)
    special = set(tokenizer.added_tokens_decoder) | set(tokenizer.all_special_ids)
    for token_id in after_prompt:
        if token_id in special:
            return token_id
    raise UserError("The chat template does not end an answer with a token of its own.")
