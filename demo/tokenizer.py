"""A tokenizer of the demo's own that behaves as Gemma's does."""

from pathlib import Path

CHAT_TEMPLATE_PATH = Path(__file__).parent / "chat_template.jinja"
SPECIAL_TOKENS = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
# A capital starts a piece without the space before it, and every sign and digit is its own, so
# that a name has the same tokens in a question, in a schema and between the quotes of a query.
PIECES = r"\n+| ?[A-Z]{2,}(?![a-z])| ?[a-z]+|[A-Z][a-z]*| ?\d| ?[^\sA-Za-z\d]|\s"


def train_tokenizer(documents: list[str], vocab_size: int):
    """Return a byte-level BPE tokenizer with Gemma's special tokens and chat format."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*documents, "user\nmodel\n"], trainer)
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
