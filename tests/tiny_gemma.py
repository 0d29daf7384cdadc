"""A random Gemma of about 100,000 parameters, with a tokenizer that behaves as Gemma's does."""

from collections.abc import Iterable
from pathlib import Path

SPECIAL_TOKENS = ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>")

# The template of google/gemma-2b-it.
CHAT_TEMPLATE = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}"
    "{% endif %}"
    "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}"
    "{% else %}{% set role = message['role'] %}{% endif %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)


def build_tiny_gemma(directory: Path, texts: Iterable[str], seed: int = 0) -> Path:
    """Save a random GemmaForCausalLM and a byte-level BPE tokenizer trained on `texts`."""
    build_tokenizer(texts).save_pretrained(directory)
    build_model(seed).save_pretrained(directory)
    return directory


def build_tokenizer(texts: Iterable[str]):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=640, special_tokens=list(SPECIAL_TOKENS), initial_alphabet=alphabet
        ),
    )
    # As Gemma's own does: one <bos> before whatever is encoded, unless told otherwise.
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A $B", special_tokens=[("<bos>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        unk_token="<unk>",
        additional_special_tokens=["<start_of_turn>", "<end_of_turn>"],
        chat_template=CHAT_TEMPLATE,
        padding_side="left",
    )


def build_model(seed: int):
    """Every linear layer has the widths that 4-bit on a CPU asks for: 64 in, 32 out."""
    import torch
    from transformers import GemmaConfig, GemmaForCausalLM

    torch.manual_seed(seed)
    return GemmaForCausalLM(
        GemmaConfig(
            vocab_size=640,
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=32,
            max_position_embeddings=2048,
            initializer_range=0.1,
            pad_token_id=0,
            eos_token_id=1,
            bos_token_id=2,
        )
    )


def load_in_float32(model_dir: Path, **settings):
    """Return the model of the folder on the CPU, as the commands load it."""
    import torch

    from text2sql.models.loading import load_base_model

    settings = {"load_in_4bit": False, "dtype": torch.float32} | settings
    return load_base_model(str(model_dir), device=torch.device("cpu"), **settings)
