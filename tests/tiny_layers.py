"""Models of a few small layers with an adapter that changes what they compute."""

from collections.abc import Sequence

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, PreTrainedConfig

SIZES = {
    "vocab_size": 96,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "initializer_range": 0.3,
}


def build_adapted(
    config: PreTrainedConfig, target_modules: Sequence[str] | str, checkpointing: bool = False
) -> PeftModel:
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config).train()
    adapter = LoraConfig(r=4, target_modules=target_modules, task_type="CAUSAL_LM")
    model = get_peft_model(model, adapter)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(0, 0.3)
    if checkpointing:
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable({"use_reentrant": False})
    return model
