"""Whole models beside adapters: full fine-tunes and merged models of the same base."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from text2sql.errors import UserError
from text2sql.files import read_bytes, read_object, sha256_of_file, sha256_of_json
from text2sql.hub import explain_hub_errors
from text2sql.models.adapter_files import CONFIG_NAME, MERGE_RECORD_NAME, MODEL_CONFIG_NAME
from text2sql.models.device import ModelShape
from text2sql.models.loading import load_config
from text2sql.models.tokenizer import load_tokenizer
from text2sql.prompts.manifest import describe_tokenizer
from text2sql.seals import find_changed

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

WEIGHTS_PATTERNS = (MODEL_CONFIG_NAME, "*.safetensors", "pytorch_model*.bin")
TOKENIZER_NAMES = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json")
PROBE_CHAT = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]


def refuse_adapter(name: str) -> None:
    """Raise `UserError` for a folder that holds an adapter, or no model, or a damaged merge."""
    folder = Path(name)
    if not folder.is_dir():
        return  # a name on the hub
    if (folder / CONFIG_NAME).exists():
        raise UserError(f"{name} is an adapter, not a whole model; pass it with --adapters.")
    if not (folder / MODEL_CONFIG_NAME).exists():
        raise UserError(
            f"There is no model in {name}: it has no {MODEL_CONFIG_NAME}. Pass the folder of one "
            "with --models."
        )
    changed = find_changed(folder) if (folder / MERGE_RECORD_NAME).exists() else None
    if changed is not None:
        raise UserError(
            f"{changed} is not as --merge wrote it. Restore it, or merge again; or if it was "
            f"changed on purpose, remove {folder / MERGE_RECORD_NAME}."
        )


@cache
def hash_model(name: str) -> str:
    """Return a hash of a folder's weights, or the commit of a model on the hub."""
    folder = Path(name)
    if not folder.is_dir():
        return str(load_config(name)._commit_hash)
    files = sorted(path for pattern in WEIGHTS_PATTERNS for path in folder.glob(pattern))
    return sha256_of_json({path.name: sha256_of_file(path) for path in files})


def refuse_other_base(name: str, base_model_id: str) -> None:
    """Raise `UserError` unless the model has the base's architecture, shapes and tokenizer."""
    config, base = load_config(name), load_config(base_model_id)
    own = (config.model_type, ModelShape.from_config(config))
    expected = (base.model_type, ModelShape.from_config(base))
    if own != expected:
        raise UserError(
            f"{name} is not a fine-tuned {base_model_id}: {describe_difference(own, expected)}. "
            "Pass the base that it was made from with --model_id."
        )
    if getattr(config, "quantization_config", None) is not None:
        raise UserError(
            f"{name} is stored quantised. Pass the 16-bit model, which is loaded in the same "
            "precision as the base."
        )
    refuse_other_tokenizer(name, base_model_id)


def describe_difference(own: tuple[str, ModelShape], expected: tuple[str, ModelShape]) -> str:
    (own_type, own_shape), (expected_type, expected_shape) = own, expected
    if own_type != expected_type:
        return f"its architecture is {own_type}, that of the base {expected_type}"
    sizes = vars(expected_shape)
    differing = [name for name in sizes if vars(own_shape)[name] != sizes[name]]
    name = differing[0]
    return f"its {name} is {vars(own_shape)[name]:,}, that of the base {sizes[name]:,}"


def refuse_other_tokenizer(name: str, base_model_id: str) -> None:
    """Raise `UserError` unless the tokenizer is the base's; a folder without one has the base's."""
    if Path(name).is_dir() and not has_tokenizer(Path(name)):
        return
    own, expected = (load_tokenizer(model_id) for model_id in (name, base_model_id))
    if describe_tokenizer(own) != describe_tokenizer(expected):
        raise UserError(
            f"The tokenizer or chat template of {name} is not that of {base_model_id}, for which "
            "the prompts were made. Evaluate it with prompts of its own: preprocess.py --model_id."
        )


def refuse_other_vocabulary(
    adapter_dirs: Sequence[Path], base_model_id: str, tokenizer: "PreTrainedTokenizerBase"
) -> None:
    """Raise `UserError` where a tokenizer saved with an adapter has other tokens than the base."""
    from transformers import AutoTokenizer

    expected = tokenizer.get_vocab()
    with_these_tokens: set[str] = set()  # hashes of files: the adapters of a study have the same
    for adapter_dir in filter(has_tokenizer, adapter_dirs):
        path = adapter_dir / TOKENIZER_NAMES[0]
        sha256 = sha256_of_file(path) if path.is_file() else ""
        if sha256 in with_these_tokens or has_tokens(path, expected):
            with_these_tokens.add(sha256)
            continue
        with explain_hub_errors(str(adapter_dir), "adapter"):
            own = AutoTokenizer.from_pretrained(adapter_dir, trust_remote_code=False).get_vocab()
        if own != expected:
            raise UserError(
                f"The adapter in {adapter_dir} was trained with a vocabulary of {len(own):,} "
                f"tokens, but {base_model_id} has {len(expected):,}"
                f"{' others' if len(own) == len(expected) else ''}. Pass its own base model with "
                f"--model_id{remove_tokenizer(own, expected)}."
            )


def remove_tokenizer(own: Mapping[str, int], expected: Mapping[str, int]) -> str:
    """Return what else to do where tokens were only added; they are in no prompt of the base."""
    if not expected.items() <= own.items():
        return ""
    return ", or, if it needs no added token, remove the tokenizer's files from its folder"


def has_other_template(adapter_dir: Path, tokenizer: "PreTrainedTokenizerBase") -> bool:
    """Return whether a template beside the adapter writes a chat otherwise than the tokenizer's."""
    template = read_template(adapter_dir)
    if template is None or template == tokenizer.chat_template:
        return False
    try:
        own = tokenizer.apply_chat_template(PROBE_CHAT, chat_template=template, tokenize=False)
        return bool(own != tokenizer.apply_chat_template(PROBE_CHAT, tokenize=False))
    except Exception:  # a template may raise anything, such as one for another order of roles
        return True


def read_template(folder: Path) -> str | None:
    """Return the chat template in a folder, or None where there is none."""
    path, settings_path = folder / "chat_template.jinja", folder / "tokenizer_config.json"
    if path.is_file():
        return read_bytes(path).decode(errors="replace")
    template = read_object(settings_path).get("chat_template") if settings_path.is_file() else None
    return template if isinstance(template, str) else None


def has_tokens(tokenizer_file: Path, expected: Mapping[str, int]) -> bool:
    """Return whether the file alone has exactly these tokens.

    That of Gemma takes 1 s to read, and `AutoTokenizer` 3.
    """
    from tokenizers import Tokenizer

    try:
        found: dict[str, int] = Tokenizer.from_file(str(tokenizer_file)).get_vocab()
    except Exception:  # the library has no other; `AutoTokenizer` says what is wrong
        return False
    return found == expected


def has_tokenizer(folder: Path) -> bool:
    return any((folder / name).exists() for name in TOKENIZER_NAMES)
