"""Adapter folders: where an adapter is, which base it names, and what its settings mean."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from text2sql.errors import UserError
from text2sql.files import read_object, sha256_of_file, sha256_of_json
from text2sql.hub import explain_hub_errors, looks_like_a_path

CONFIG_NAME = "adapter_config.json"
WEIGHTS_NAMES = ("adapter_model.safetensors", "adapter_model.bin")
MODEL_CONFIG_NAME = "config.json"
LFS_POINTER = b"version https://git-lfs"
MERGE_RECORD_NAME = "merge.json"  # beside a whole model that --merge wrote
CHECKPOINT_PREFIX = "checkpoint-"
HUB_PATTERNS = ("*adapter_config.json", "*adapter_model.*", "*token*", "*.jinja", "run.json")

# Initialisations of LoRA that leave the base's weights as they are.
HARMLESS_INITIALISATIONS = (True, False, None, "gaussian", "eva", "mica", "orthogonal")

# Settings of LoRA with which a scaled adapter is not between the base and the whole adapter.
UNSCALABLE_SETTINGS = {
    "use_dora": "DoRA rescales the base's own weights",
    "modules_to_save": "it replaces whole modules (modules_to_save)",
    "trainable_token_indices": "it replaces embeddings of tokens (trainable_token_indices)",
    "layer_replication": "it repeats layers (layer_replication)",
    "alora_invocation_tokens": "it is switched on by tokens (alora_invocation_tokens)",
    "arrow_config": "it routes between adapters (arrow_config)",
    "use_qalora": "QA-LoRA is not LoRA's sum of two products",
    "use_bdlora": "BD-LoRA is not LoRA's sum of two products",
    "kasa_config": "KaSA is not LoRA's sum of two products",
    "monteclora_config": "MonteCLoRA is not LoRA's sum of two products",
}


def find_adapter(name: str) -> Path:
    """Return the folder of the adapter that a folder or a name on the hub holds.

    PEFT saves an adapter that has a name into a sub-folder of that name, which is found as well.
    Raises `UserError` where there is no adapter, or more than one.
    """
    folder = Path(name)
    if is_hub_name(name):
        folder = download_adapter(name)
    if is_adapter(folder):
        return folder
    named = [path.parent for path in sorted(folder.glob(f"*/{CONFIG_NAME}"))]
    named = [path for path in named if not path.name.startswith(CHECKPOINT_PREFIX)]
    if len(named) == 1 and is_adapter(named[0]):
        return named[0]
    if named:
        choices = ", ".join(str(path) for path in named)
        raise UserError(f"{name} holds several adapters; pass one of {choices} to --adapters.")
    if (folder / MODEL_CONFIG_NAME).exists():
        raise UserError(f"{name} is a whole model, not an adapter; pass it with --models.")
    checkpoints = sorted(path.parent for path in folder.glob(f"{CHECKPOINT_PREFIX}*/{CONFIG_NAME}"))
    if checkpoints:
        choices = ", ".join(str(path) for path in checkpoints)
        raise UserError(
            f"{name} holds checkpoints alone; pass one of {choices} to --adapters, or end the "
            "training first (train.py --resume)."
        )
    if (folder / CONFIG_NAME).exists():
        raise UserError(
            f"{name} lacks the adapter's weights ({' or '.join(WEIGHTS_NAMES)}). Run train.py "
            "first, or pass the folder of another one with --adapters."
        )
    raise UserError(
        f"There is no adapter in {name}. Run train.py first, or pass the folder of another one "
        "with --adapters."
    )


def is_hub_name(name: str) -> bool:
    """Return whether the name is `user/name` on the hub, not a folder, present or absent."""
    folder = Path(name)
    is_path = folder.exists() or folder.parent.is_dir() or folder.parts[:1] == ("outputs",)
    return name.count("/") == 1 and not is_path and not looks_like_a_path(name)


def is_adapter(folder: Path) -> bool:
    has_weights = any((folder / name).exists() for name in WEIGHTS_NAMES)
    return has_weights and (folder / CONFIG_NAME).exists()


def refuse_pointer(adapter_dir: Path) -> None:
    """Refuse a clone in which Git LFS left a pointer in the place of the weights."""
    for path in (adapter_dir / name for name in WEIGHTS_NAMES):
        if path.is_file():
            with path.open("rb") as file:
                is_pointer = file.read(len(LFS_POINTER)) == LFS_POINTER
            if is_pointer:
                raise UserError(
                    f"{path} is a pointer of Git LFS, not the weights. Fetch them: git lfs pull."
                )


def download_adapter(repo_id: str) -> Path:
    """Return the cached folder of an adapter on the hub, without the checkpoints beside it."""
    from huggingface_hub import snapshot_download

    with explain_hub_errors(repo_id, "model"):
        folder = snapshot_download(
            repo_id,
            allow_patterns=[*HUB_PATTERNS, MODEL_CONFIG_NAME],
            ignore_patterns=[f"{CHECKPOINT_PREFIX}*"],
        )
    return Path(folder)


def hash_adapter(adapter_dir: Path) -> str:
    """Return one hash of the adapter's settings and weights."""
    files = [adapter_dir / name for name in (CONFIG_NAME, *WEIGHTS_NAMES)]
    return sha256_of_json({file.name: sha256_of_file(file) for file in files if file.exists()})


def hash_adapter_config(adapter_dir: Path) -> str:
    """Return the hash of the adapter's settings but for the name of its base, which may move."""
    config = read_adapter_config(adapter_dir)
    return sha256_of_json({k: v for k, v in config.items() if k != "base_model_name_or_path"})


def read_adapter_config(adapter_dir: Path) -> dict[str, Any]:
    return read_object(adapter_dir / CONFIG_NAME)


def names_same_model(one: str | None, other: str | None) -> bool:
    """Return whether both are the same hub name, or spellings of the same folder."""
    if one is None or other is None:
        return one == other
    folders = [Path(one), Path(other)]
    return one == other or (
        all(folder.is_dir() for folder in folders) and folders[0].samefile(folders[1])
    )


def refuse_other_task(adapter_dir: Path) -> None:
    """Refuse an adapter that was not trained to generate text."""
    task = read_adapter_config(adapter_dir).get("task_type")
    if task not in (None, "CAUSAL_LM"):
        raise UserError(
            f"The adapter in {adapter_dir} is for {task}, not for generating text. Pass one whose "
            "task_type is CAUSAL_LM."
        )


def refuse_scale(adapter_dir: Path) -> None:
    """Refuse to scale an adapter for which a scale does not lead from the base to the adapter."""
    if (reason := find_unscalable(read_adapter_config(adapter_dir))) is not None:
        raise UserError(
            f"--adapter_scales has no meaning for the adapter in {adapter_dir}: {reason}. "
            "Leave the flag out to evaluate it at full strength."
        )


def find_unscalable(config: Mapping[str, Any]) -> str | None:
    """Return why the adapter cannot be scaled, or None where it can.

    Only for plain LoRA is scale 0 the base, scale 1 the adapter, and the rest a line between them.
    """
    if (method := config.get("peft_type")) != "LORA":
        return f"{method} is not LoRA and has no scale"
    reasons = [reason for name, reason in UNSCALABLE_SETTINGS.items() if config.get(name)]
    if config.get("bias", "none") != "none":
        reasons.append(f"it replaces the base's biases (bias: {config['bias']})")
    if (start := config.get("init_lora_weights")) not in HARMLESS_INITIALISATIONS:
        reasons.append(f"it was trained beside changed base weights (init_lora_weights: {start})")
    return reasons[0] if reasons else None


def can_share_base(config: Mapping[str, Any]) -> bool:
    """Return whether the adapter may be attached to a base that other variants use as well.

    That holds for plain LoRA and DoRA. It is a forecast: whether the base's weights stayed as they
    were is checked on the weights themselves.
    """
    return find_unscalable({**config, "use_dora": False}) is None
