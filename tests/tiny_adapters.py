"""PEFT adapters of many kinds for a small model, with random weights that change its answers."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from peft import (
    IA3Config,
    LoHaConfig,
    LoKrConfig,
    LoraConfig,
    OFTConfig,
    PeftConfig,
    PrefixTuningConfig,
    PromptEncoderConfig,
    PromptTuningConfig,
    TrainableTokensConfig,
    VeraConfig,
    get_peft_model,
)
from tiny_gemma import load_in_float32

TARGETS = ["q_proj", "v_proj"]
lora = partial(LoraConfig, r=4, target_modules=TARGETS)

PLAIN_LORA: dict[str, Callable[..., PeftConfig]] = {
    "plain": lora,
    "rslora": partial(lora, use_rslora=True),
    "embeddings": partial(lora, target_modules=["embed_tokens", "q_proj"]),
}
UNSCALABLE_LORA: dict[str, Callable[..., PeftConfig]] = {
    "dora": partial(lora, use_dora=True),
    "pissa": partial(lora, init_lora_weights="pissa"),
    "olora": partial(lora, init_lora_weights="olora"),
    "modules_to_save": partial(lora, modules_to_save=["lm_head"]),
    "token_indices": partial(lora, trainable_token_indices=[7, 8, 9]),
}
LAYER_METHODS: dict[str, Callable[..., PeftConfig]] = {
    "ia3": partial(
        IA3Config,
        target_modules=["k_proj", "v_proj", "down_proj"],
        feedforward_modules=["down_proj"],
    ),
    "loha": partial(LoHaConfig, r=4, target_modules=TARGETS),
    "lokr": partial(LoKrConfig, r=4, target_modules=TARGETS),
    "oft": partial(OFTConfig, oft_block_size=32, target_modules=["q_proj"]),
    "vera": partial(VeraConfig, r=8, target_modules=["q_proj"]),
    "trainable_tokens": partial(TrainableTokensConfig, token_indices=[7, 8, 9]),
}
VIRTUAL_TOKENS: dict[str, Callable[..., PeftConfig]] = {
    "prompt_tuning": partial(PromptTuningConfig, num_virtual_tokens=4),
    "prefix_tuning": partial(PrefixTuningConfig, num_virtual_tokens=4),
    "p_tuning": partial(PromptEncoderConfig, num_virtual_tokens=4, encoder_hidden_size=32),
}
KINDS = PLAIN_LORA | UNSCALABLE_LORA | LAYER_METHODS | VIRTUAL_TOKENS


def save_adapter(kind: str, model_dir: Path, folder: Path, **settings: object) -> Path:
    """Save an adapter of this kind whose trainable weights were moved at random."""
    torch.manual_seed(0)
    size = 3 if kind in VIRTUAL_TOKENS else 0.3
    model = load_in_float32(model_dir)
    model = get_peft_model(model, KINDS[kind](task_type="CAUSAL_LM", **settings))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * size)
    model.save_pretrained(folder)
    return folder
