"""The models that one evaluation compares: the base, its adapters, checkpoints and scales."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from text2sql.errors import UserError
from text2sql.files import read_object, sha256_of_file, sha256_of_json
from text2sql.training.run_folder import RECORD_NAME, is_complete, list_checkpoints

ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors", "adapter_model.bin")


@dataclass(frozen=True)
class Variant:
    """One model of a study; `name` is its folder and its column in the tables."""

    name: str
    kind: str  # base, finetuned, checkpoint or scaled
    run: str | None = None  # name of the adapter's folder
    adapter_dir: str | None = None  # None is the base
    scale: float = 1.0
    step: int | None = None  # of a checkpoint


BASE = Variant("base", "base")


def list_variants(
    adapter_dirs: Sequence[Path], checkpoints: bool = False, scales: Sequence[float] = ()
) -> list[Variant]:
    """Return the base and, for each run, its adapter, its checkpoints and its scales.

    A `UserError` names an adapter that is absent and names or scales that are not distinct.
    """
    several = len(adapter_dirs) > 1
    variants = [BASE]
    for adapter_dir in adapter_dirs:
        variants += variants_of_run(adapter_dir, several, checkpoints, scales)
    names = [variant.name for variant in variants]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(
            f"Two variants would be called {twice[0]}; name each folder and scale once."
        )
    return variants


def variants_of_run(
    adapter_dir: Path, several: bool, checkpoints: bool, scales: Sequence[float]
) -> list[Variant]:
    check_is_adapter(adapter_dir)
    run = adapter_dir.resolve().name
    prefix = f"{run}-" if several else ""
    variants = [Variant(run if several else "finetuned", "finetuned", run, str(adapter_dir))]
    for folder in kept_checkpoints(adapter_dir) if checkpoints else ():
        step = int(folder.name.split("-")[1])
        name = prefix + folder.name
        variants.append(Variant(name, "checkpoint", run, str(folder), step=step))
    for scale in scales:
        if not 0 <= scale <= 10:
            raise UserError(f"--adapter_scales {scale}: a scale is between 0 (base) and 10.")
        name = f"{prefix}scale-{scale:g}"
        variants.append(Variant(name, "scaled", run, str(adapter_dir), scale=scale))
    return variants


def check_is_adapter(adapter_dir: Path) -> None:
    settings, *weights = [(adapter_dir / name).exists() for name in ADAPTER_FILES]
    if not (settings and any(weights)):
        raise UserError(
            f"There is no adapter in {adapter_dir}. Run train.py first, or say where one lies "
            "with --adapters FOLDER."
        )


def kept_checkpoints(adapter_dir: Path) -> list[Path]:
    """Return the run's complete checkpoints in the order of their steps; refuse a run without."""
    folders = [folder for folder in list_checkpoints(adapter_dir) if is_complete(folder)]
    if not folders:
        raise UserError(
            f"{adapter_dir} keeps no checkpoints; leave out --checkpoints, or train with a larger "
            "--save_total_limit."
        )
    return folders


def hash_adapter(adapter_dir: Path) -> str:
    """Return one hash of the adapter's settings and weights."""
    files = [adapter_dir / name for name in ADAPTER_FILES if (adapter_dir / name).exists()]
    return sha256_of_json({file.name: sha256_of_file(file) for file in files})


def read_run_record(adapter_dir: Path) -> dict:
    """Return the run record of `train.py`, or what PEFT's own settings say of another's adapter."""
    if (adapter_dir / RECORD_NAME).exists():
        return read_object(adapter_dir / RECORD_NAME)
    settings = read_object(adapter_dir / "adapter_config.json")
    return {"model_id": settings.get("base_model_name_or_path")}


def common_setting(adapter_dirs: Sequence[Path], key: str, default: object = None) -> object:
    """Return what every run records under `key`; a `UserError` where the runs differ."""
    values = [read_run_record(adapter_dir).get(key, default) for adapter_dir in adapter_dirs]
    if any(value != values[0] for value in values):
        told = ", ".join(f"{d}: {v}" for d, v in zip(adapter_dirs, values, strict=True))
        raise UserError(f"The adapters differ in {key} ({told}); evaluate them one by one.")
    return values[0]
