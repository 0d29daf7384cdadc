"""General texts, which show what training makes the model forget: read, and as many as is cheap."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from text2sql.errors import UserError
from text2sql.files import sha256_of_json
from text2sql.models.device import ModelShape
from text2sql.prompts.chat_format import with_single_bos
from text2sql.prompts.tokens import encode_texts

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

T = TypeVar("T")

DEFAULT_FILE = Path(__file__).with_name("general_texts.jsonl")  # written for this project
NONE = "none"  # the flag's value that switches the curve off
JSON_SUFFIXES = (".jsonl", ".json")

MAX_SHARE = 0.02  # of the training's arithmetic; a GPU takes more time (docs/PERFORMANCE.md)
MIN_TEXTS = 16  # also in a run so short that they cost more; that takes seconds
MAX_TEXTS = 2048  # that are tokenised
MAX_TOKENS = 16_384  # of all texts together, for each of which the base's last state is kept
MAX_TEXT_TOKENS = 256  # of one text; the rest of it is not read
HEAD_PASSES = 3  # the cross-entropy and both sides of the divergence


@dataclass(frozen=True)
class GeneralTexts:
    """The texts of a file, in its order."""

    path: Path
    texts: tuple[str, ...]

    @property
    def sha256(self) -> str:
        return sha256_of_json(self.texts)


def read_general_texts(choice: str | None) -> GeneralTexts | None:
    """Return the texts of the file that `--general_texts` names: our own by default.

    None where it is `none`. A `.jsonl` or `.json` file has an object with `text` per line, any
    other a text per line. A `UserError` names a file that is missing, is not UTF-8 or has no text,
    and the first line of another form.
    """
    if choice == NONE:
        return None
    path = DEFAULT_FILE if choice is None else Path(choice)
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise bad_file(path, "there is no such file") from None
    except OSError as error:
        raise bad_file(path, f"it cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise bad_file(path, "it is not UTF-8 text") from None
    is_json = path.suffix.lower() in JSON_SUFFIXES
    texts = [
        read_text(path, number, line) if is_json else line.strip()
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    if not any(texts):
        raise bad_file(path, "it has no text")
    return GeneralTexts(path, tuple(text for text in texts if text))


def read_text(path: Path, number: int, line: str) -> str:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise bad_file(path, f"line {number} is not JSON") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise bad_file(path, f'line {number} is not an object with a string as "text"')
    return str(row["text"]).strip()


def bad_file(path: Path, fault: str) -> UserError:
    return UserError(
        f"--general_texts {path}: {fault}. Name a UTF-8 file with one text per line, or one "
        f'{{"text": "..."}} per line in a .jsonl or .json file; or pass --general_texts {NONE}.'
    )


def encode_general_texts(
    general: GeneralTexts, tokenizer: "PreTrainedTokenizerBase", max_tokens: int
) -> list[list[int]]:
    """Return the tokens of texts from all parts of the file, `max_tokens` in all.

    A text begins as the tokenizer begins any text. There are `MIN_TEXTS` of them in any case, or
    all that the file has.
    """
    texts = spread(general.texts, min(len(general.texts), MAX_TEXTS))
    encoded = encode_texts(tokenizer, [with_single_bos(tokenizer, text) for text in texts])
    encoded = [tokens[:MAX_TEXT_TOKENS] for tokens in encoded if len(tokens) > 1]
    if not encoded:
        raise bad_file(general.path, "no text has a token after its first")
    number = len(encoded)
    while number > MIN_TEXTS and sum(map(len, spread(encoded, number))) > max_tokens:
        number -= 1
    return spread(encoded, number)


def spread(items: Sequence[T], number: int) -> list[T]:
    """Return as many of the items, evenly spaced: of texts sorted by kind, some of each kind."""
    return [items[index * len(items) // number] for index in range(number)]


def affordable_tokens(shape: ModelShape, num_train_tokens: float, num_evaluations: int) -> int:
    """Return the tokens of general texts that each evaluation, and the start, can afford.

    A trained token passes forwards and backwards through the layers; a token of a general text
    passes forwards through them and through the head, several times.
    """
    layers, head = shape.num_linear_parameters, shape.hidden_size * shape.vocab_size
    budget = MAX_SHARE * num_train_tokens * 2 * layers
    cost = (num_evaluations + 1) * (layers + HEAD_PASSES * head)
    return min(int(budget / cost), MAX_TOKENS)
