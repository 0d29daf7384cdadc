"""Models with random weights at the shapes of known ones, made on the GPU in seconds.

Time and memory depend on shapes, not on what the weights have learned.
"""

SHAPES = {
    "tiny": {  # to try the commands of this folder on a CPU
        "model_type": "gemma",
        "vocab_size": 32_000,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 64,
        "tie_word_embeddings": True,
    },
    "gemma-2b": {
        "model_type": "gemma",
        "vocab_size": 256_000,
        "hidden_size": 2048,
        "intermediate_size": 16384,
        "num_hidden_layers": 18,
        "num_attention_heads": 8,
        "num_key_value_heads": 1,
        "head_dim": 256,
        "tie_word_embeddings": True,
    },
    "smollm2-135m": {
        "model_type": "llama",
        "vocab_size": 49_152,
        "hidden_size": 576,
        "intermediate_size": 1536,
        "num_hidden_layers": 30,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "rope_theta": 100_000.0,
        "tie_word_embeddings": True,
    },
    "mistral-7b": {
        "model_type": "mistral",
        "vocab_size": 32_000,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "sliding_window": None,
    },
    "llama-3-8b": {
        "model_type": "llama",
        "vocab_size": 128_256,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "rope_theta": 500_000.0,
    },
}


def make_config(shape: str):
    from transformers import AutoConfig

    special = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2}
    sizes = {"max_position_embeddings": 8192, **special, **SHAPES[shape]}
    return AutoConfig.for_model(sizes.pop("model_type"), **sizes)


def make_model(config, dtype, device, *, load_in_4bit: bool, dequantize: bool, seed: int = 42):
    """Return a random model as `load_base_model` would: NF4, dequantised from NF4, or plain."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=dtype)
    if load_in_4bit:
        for layer in model.model.layers:
            round_to_nf4(layer, dtype, keep_packed=not dequantize)
        model.is_loaded_in_4bit = not dequantize
    return model.requires_grad_(False).eval()


def round_to_nf4(layer, dtype, *, keep_packed: bool) -> None:
    """Pack the linear layers below `layer`, with double quantisation, or round them in place."""
    import torch
    from bitsandbytes.functional import dequantize_4bit, quantize_4bit
    from bitsandbytes.nn import Linear4bit, Params4bit

    for name, linear in list(layer.named_modules()):
        if not isinstance(linear, torch.nn.Linear):
            continue
        if not keep_packed:
            packed = quantize_4bit(linear.weight.data, quant_type="nf4", compress_statistics=True)
            linear.weight.data = dequantize_4bit(*packed).to(dtype)
            continue
        sizes = linear.in_features, linear.out_features
        replacement = Linear4bit(*sizes, bias=False, compute_dtype=dtype, device="meta")
        weight = Params4bit(linear.weight.data.cpu(), requires_grad=False, quant_type="nf4")
        replacement.weight = weight.to(linear.weight.device)
        parent, _, child = name.rpartition(".")
        setattr(layer.get_submodule(parent), child, replacement)
