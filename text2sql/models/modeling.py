"""The tokenizer, the 4-bit base model, and its adapters: on, off or scaled."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from text2sql.hub import explain_hub_errors
from text2sql.records import UserError, read_object

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase


def choose_device() -> "torch.device":
    """Return this process' GPU, or where there is none the CPU, with a thread for each core."""
    import torch

    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    use_allowed_cores()
    return torch.device("cpu")


def use_allowed_cores() -> None:
    """Have torch start no more threads than this process may use cores.

    By itself it counts the cores of the machine, also in a container whose quota is lower, where
    threads in excess stop one another. Another `OMP_NUM_THREADS` stays as the user said.
    """
    import joblib
    import torch

    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(torch.get_num_threads(), joblib.cpu_count()))


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


def load_config(model_id: str) -> "PretrainedConfig":
    from transformers import AutoConfig

    with explain_hub_errors(model_id, "model"):
        return AutoConfig.from_pretrained(model_id)


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


def load_base_model(
    model_id: str,
    *,
    load_in_4bit: bool,
    dtype: "torch.dtype",
    device: "torch.device",
    dequantize: bool = False,
) -> "PreTrainedModel":
    """Return the base model in evaluation mode, with its linear layers in NF4 if `load_in_4bit`.

    With `dequantize` the NF4-rounded values become `dtype` once, which takes more memory and
    computes the same faster. A `UserError` says why a model cannot be had, or does not fit.
    """
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    quantization = None
    if load_in_4bit:
        quantization = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        )
    try:
        with explain_hub_errors(model_id, "model"):
            model = AutoModelForCausalLM.from_pretrained(
                model_id, dtype=dtype, quantization_config=quantization, device_map={"": device}
            )
        if load_in_4bit:
            model = model.dequantize(dtype) if dequantize else keep_gradients_on_cpu(model)
    except torch.OutOfMemoryError as error:
        smaller = "a smaller model" if load_in_4bit else "--load_in_4bit true"
        raise UserError(
            f"The GPU's memory does not suffice for {model_id}. Close other programs on it, or "
            f"choose {smaller}."
        ) from error
    return model.eval()


def keep_gradients_on_cpu(model: "PreTrainedModel") -> "PreTrainedModel":
    """Turn off the CPU kernel of bitsandbytes 0.50 that has no backward pass.

    On a CPU with AVX512-BF16 `Linear4bit` repacks its weights for that kernel at the first forward
    pass in evaluation mode; from then on adapters below it get no gradient, silently.
    """
    from bitsandbytes.nn import Linear4bit

    for module in model.modules():
        if isinstance(module, Linear4bit):
            module.support_avx512bf16_for_cpu = False
    return model


def attach_adapters(model: "PreTrainedModel", adapter_dirs: Mapping[str, Path]) -> "PeftModel":
    """Return the model with every adapter loaded under its name and none trainable.

    A `UserError` names an adapter that is absent, corrupt, or was trained on another base.
    """
    from peft import PeftModel

    for adapter_dir in adapter_dirs.values():
        check_adapter(adapter_dir, model.name_or_path)
    peft_model = None
    for name, adapter_dir in adapter_dirs.items():
        try:
            if peft_model is None:
                peft_model = PeftModel.from_pretrained(model, adapter_dir, adapter_name=name)
            else:
                peft_model.load_adapter(adapter_dir, adapter_name=name)
        except Exception as error:  # peft and safetensors raise of every kind on damaged files
            reason = str(error).strip().splitlines()[0]
            raise UserError(
                f"The adapter in {adapter_dir} does not load ({reason}). "
                "It is damaged or fits another base model; train it again."
            ) from error
    return peft_model.eval()


def check_adapter(adapter_dir: Path, model_id: str) -> None:
    """Raise a `UserError` unless the folder holds an adapter that was trained on `model_id`."""
    config_path = adapter_dir / "adapter_config.json"
    if not config_path.exists():
        raise UserError(f"There is no adapter in {adapter_dir}; make one with train.py.")
    trained_on = read_object(config_path).get("base_model_name_or_path")
    if trained_on != model_id:
        raise UserError(
            f"The adapter in {adapter_dir} was trained on {trained_on}, not on {model_id}; "
            "compare it with its own base model."
        )


@contextmanager
def adapter_active(model: "PeftModel", name: str | None, scale: float = 1.0) -> Iterator[None]:
    """Within the block the model computes with the adapter `name` at `scale`; None is the base."""
    from peft.helpers import rescale_adapter_scale

    if name is None:
        with model.disable_adapter():
            yield
    else:
        model.set_adapter(name, inference_mode=True)
        with rescale_adapter_scale(model, scale):
            yield
