"""Save a random model of Gemma-2B's shape with a stand-in tokenizer, to measure speed and memory.

    python -m performance.make_gemma_shape --spider_dir DIR --output_dir DIR

Time and memory depend on shapes, not on what the weights have learned; what the model writes is
noise. The tokenizer is that of `--tokenizer_dir`, or a byte-level BPE trained on Spider's
questions, queries and schemas, with Gemma's special tokens and chat template; the embedding has
Gemma's 256,000 rows all the same.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from performance.shapes import make_config, make_model
from text2sql.cli import run
from text2sql.errors import UserError
from text2sql.flags import parse_flags
from text2sql.models.tokenizer import load_tokenizer

SPECIAL_TOKENS = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)


@dataclass
class Flags:
    output_dir: str
    spider_dir: str | None = None
    tokenizer_dir: str | None = None
    shape: str = "gemma-2b"  # of performance/shapes.py
    seed: int = 42


def main() -> None:
    flags, _ = parse_flags(Flags, __doc__)
    if (Path(flags.output_dir) / "config.json").exists():
        return
    if flags.tokenizer_dir:
        tokenizer = load_tokenizer(flags.tokenizer_dir)
    elif flags.spider_dir:
        tokenizer = make_tokenizer(Path(flags.spider_dir))
    else:
        raise UserError("Pass --spider_dir or --tokenizer_dir.")
    tokenizer.save_pretrained(flags.output_dir)
    save_model(flags.output_dir, flags.shape, flags.seed)


def save_model(output_dir: str, shape: str, seed: int) -> None:
    import torch

    from text2sql.models.loading import choose_device

    config, plain = make_config(shape), {"load_in_4bit": False, "dequantize": False}
    model = make_model(config, torch.bfloat16, choose_device(), **plain, seed=seed)
    model.save_pretrained(output_dir)


def make_tokenizer(spider_dir: Path):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=32_000,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(texts_of(spider_dir), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        unk_token="<unk>",
        additional_special_tokens=SPECIAL_TOKENS[4:],
        chat_template=CHAT_TEMPLATE,
    )


def texts_of(spider_dir: Path) -> list[str]:
    examples = json.loads((spider_dir / "train_spider.json").read_text(encoding="utf-8"))
    schemas = (spider_dir / "tables.json").read_text(encoding="utf-8")
    return [f"{example['question']}\n{example['query']}" for example in examples] + [schemas]


if __name__ == "__main__":
    run(main)
