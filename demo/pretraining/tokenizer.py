"""A byte-level BPE tokenizer with Gemma's special tokens and chat format."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

CHAT_TEMPLATE_PATH = Path(__file__).parent / "chat_template.jinja"
SPECIAL_TOKENS = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
# A name should have the same tokens in a question, in a schema and inside the quotes of a query.
# Hence a lower-case word is tokenized with a leading space even after these signs: where the text
# has none ("T1.price"), the normalizer inserts one and marks it as absent. A capital starts a piece
# without its leading space, and every sign and digit is a piece of its own.
NO_SPACE = "\x01"
SIGNS_BEFORE_NAMES = "_(.'\"[/=>\n"
PIECES = (
    r"\n+| ?[A-Z]{2,}(?![a-z])| ?[a-z]+|[A-Z][a-z]*| ?\d"
    rf"| ?[^\sA-Za-z\d{NO_SPACE}]{NO_SPACE}?|{NO_SPACE}|\s"
)


def train_tokenizer(documents: Iterable[str], vocab_size: int) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer with Gemma's special tokens and chat format."""
    from tokenizers import (
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
        trainers,
    )
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(rf"{re.escape(sign)}(?=[a-z])"), f"{sign}{NO_SPACE} ")
            for sign in SIGNS_BEFORE_NAMES
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.ByteLevel(), decoders.Replace(f"{NO_SPACE} ", "")]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(documents, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A $B", special_tokens=[("<bos>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        **{f"{name}_token": f"<{name}>" for name in ("pad", "eos", "bos", "unk")},
        additional_special_tokens=SPECIAL_TOKENS[4:],
        chat_template=CHAT_TEMPLATE_PATH.read_text(encoding="utf-8").rstrip("\n"),
        padding_side="left",
    )
