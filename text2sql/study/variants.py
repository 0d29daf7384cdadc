"""The models that an evaluation compares: base, adapters, checkpoints, scales, whole models."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from text2sql.errors import UserError
from text2sql.models.adapter_files import (
    find_adapter,
    names_same_model,
    read_adapter_config,
    refuse_other_task,
    refuse_pointer,
    refuse_scale,
)
from text2sql.study.whole_models import has_other_template, refuse_adapter
from text2sql.training.checkpoints import (
    EVALUATED_FILES,
    holds_adapter,
    is_complete,
    list_checkpoints,
    refuse_damaged,
    step_of,
)
from text2sql.training.run_folder import (
    adapter_lock,
    has_record,
    read_record,
    refuse_changed_adapter,
)

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

MERGED_NAME = "merged"
LEAVE_OUT = "Restore it, or remove that folder to evaluate the others."
CHOOSE_ANOTHER = "Restore it, or pass another adapter with --adapters."


@dataclass(frozen=True)
class Variant:
    """One model of a study; `name` is its folder and its column in the tables."""

    name: str
    kind: str  # base, finetuned, checkpoint or scaled
    run: str | None = None  # name of the folder of the adapter or of the whole model
    adapter_dir: str | None = None
    scale: float = 1.0
    step: int | None = None  # of a checkpoint
    model_dir: str | None = None  # folder or hub name of a whole model
    load_in_4bit: bool | None = None  # None: as the study's base
    recorded_base: str | None = None  # the base that the adapter names, if not the study's
    has_other_template: bool | None = None  # beside the adapter; the base's is used


BASE = Variant("base", "base")


def list_variants(
    adapters: Sequence[str | Path],
    checkpoints: bool = False,
    scales: Sequence[float] = (),
    models: Sequence[str] = (),
    merged_dir: Path | None = None,
) -> list[Variant]:
    """Return the base, then for each adapter it, its checkpoints and scales, then whole models.

    Raises `UserError` for an adapter that is absent or cannot be scaled, and for names or scales
    that are not distinct.
    """
    several = len(adapters) + len(models) > 1
    variants = [BASE]
    runs = name_runs([*map(str, adapters), *models])
    for name, run in zip(adapters, runs[: len(adapters)], strict=True):
        variants += list_variants_of_adapter(str(name), run, several, checkpoints, scales)
    variants += list(map(variant_of_model, models, runs[len(adapters) :]))
    if merged_dir is not None:
        model_dir = str(merged_dir)
        variants.append(Variant(MERGED_NAME, "finetuned", model_dir=model_dir, load_in_4bit=False))
    names = [variant.name for variant in variants]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise UserError(
            f"Two variants would be called {repeated[0]}. Give folders distinct names, and name "
            "each folder and scale once."
        )
    return variants


def list_variants_of_adapter(
    name: str, run: str, several: bool, checkpoints: bool, scales: Sequence[float]
) -> list[Variant]:
    adapter_dir = find_adapter(name)
    refuse_other_task(adapter_dir)
    refuse_pointer(adapter_dir)
    prefix = f"{run}-" if several else ""
    variants = [Variant(run if several else "finetuned", "finetuned", run, str(adapter_dir))]
    for folder in kept_checkpoints(adapter_dir) if checkpoints else ():
        step = step_of(folder)
        variants.append(Variant(prefix + folder.name, "checkpoint", run, str(folder), step=step))
        refuse_damaged(folder, advice=LEAVE_OUT, compared=EVALUATED_FILES)
    for scale in scales:
        if not 0 <= scale <= 10:
            raise UserError(f"--adapter_scales {scale}: a scale is between 0 (base) and 10.")
        if scale != 1:
            refuse_scale(adapter_dir)
        scaled = f"{prefix}scale-{scale:g}"
        variants.append(Variant(scaled, "scaled", run, str(adapter_dir), scale=scale))
    refuse_changed_adapter(adapter_dir)
    # The adapter may be a checkpoint.
    refuse_damaged(adapter_dir, needed=(), advice=CHOOSE_ANOTHER, compared=EVALUATED_FILES)
    return variants


def variant_of_model(name: str, run: str) -> Variant:
    refuse_adapter(name)
    return Variant(run, "finetuned", run, model_dir=name)


def name_runs(names: Sequence[str]) -> list[str]:
    """Return the last part of each folder, even if it is `.`, or hub name.

    It is behind the part before where two agree, as in one/checkpoint-500 other/checkpoint-500.
    """
    folders = [Path(name).resolve() for name in names]
    runs = [folder.name for folder in folders]
    if len(set(runs)) < len(runs):
        return [f"{folder.parent.name}-{folder.name}" for folder in folders]
    return runs


def kept_checkpoints(adapter_dir: Path) -> list[Path]:
    """Return the run's complete checkpoints by step; raises `UserError` where there are none."""
    folders = [folder for folder in list_checkpoints(adapter_dir) if holds_adapter(folder)]
    for folder in list_checkpoints(adapter_dir):
        if is_complete(folder) and folder not in folders:
            print(f"{folder} lacks its adapter and is left out; it can be removed.")
    if not folders:
        raise UserError(
            f"{adapter_dir} keeps no checkpoints; leave out --checkpoints, or train with a larger "
            "--save_total_limit."
        )
    return folders


def read_run_record(adapter_dir: Path) -> dict[str, object]:
    """Return the run record of `train.py`, or for other adapters what PEFT's settings say.

    Other programs write a `run.json` too, without a base.
    """
    if has_record(adapter_dir) and "model_id" in (record := read_record(adapter_dir)):
        return record
    return {"model_id": read_adapter_config(adapter_dir).get("base_model_name_or_path")}


def recorded_base(adapter_dir: Path) -> str | None:
    """Return the base model that the adapter was trained on, as it was named then."""
    name = read_run_record(adapter_dir).get("model_id")
    return None if name is None else str(name)


def list_adapter_dirs(variants: Sequence[Variant]) -> list[Path]:
    """Return the folder of each adapter, without its checkpoints."""
    return [Path(v.adapter_dir) for v in variants if v.kind == "finetuned" and v.adapter_dir]


def lock_adapters(variants: Sequence[Variant]) -> ExitStack:
    """Return a context in which train.py does not replace the adapters of the variants."""
    folders = dict.fromkeys(Path(v.adapter_dir) for v in variants if v.adapter_dir)
    with ExitStack() as locks:
        for folder in folders:
            locks.enter_context(adapter_lock(folder, exclusive=False))
        return locks.pop_all()


def name_recorded_bases(variants: Sequence[Variant], model_id: str) -> list[Variant]:
    """Return the variants with the base that each adapter recorded, where it is another name."""
    named, told = [], set()
    for variant in variants:
        recorded = recorded_base(Path(variant.adapter_dir)) if variant.adapter_dir else None
        if recorded is not None and not names_same_model(recorded, model_id):
            line = f"{variant.adapter_dir} was trained on {recorded}; evaluating it on {model_id}."
            if line not in told:  # of an adapter at several scales
                print(line)
                told.add(line)
            variant = replace(variant, recorded_base=recorded)
        named.append(variant)
    return named


def note_other_templates(
    variants: Sequence[Variant], tokenizer: "PreTrainedTokenizerBase"
) -> list[Variant]:
    """Return the variants with whether each adapter was saved with another chat template."""
    other: dict[str, bool] = {}
    for folder in dict.fromkeys(v.adapter_dir for v in variants if v.adapter_dir):
        other[folder] = has_other_template(Path(folder), tokenizer)
        if other[folder]:
            print(
                f"{folder} was saved with another chat template than its base; it is asked in that "
                "of the base, with which the prompts were made."
            )
    return [
        replace(variant, has_other_template=other.get(variant.adapter_dir or "") or None)
        for variant in variants
    ]


def common_setting(adapter_dirs: Sequence[Path], key: str, default: object = None) -> object:
    """Return what every run records under `key`; raises `UserError` where the runs differ."""
    values = [read_run_record(adapter_dir).get(key, default) for adapter_dir in adapter_dirs]
    if any(value != values[0] for value in values):
        shown = ", ".join(f"{d}: {v}" for d, v in zip(adapter_dirs, values, strict=True))
        raise UserError(f"The adapters differ in {key} ({shown}); evaluate them one by one.")
    return values[0] if values else default


def common_base(adapter_dirs: Sequence[Path]) -> str | None:
    """Return the base that all adapters record, or None where none records one."""
    names = [recorded_base(adapter_dir) for adapter_dir in adapter_dirs]
    if any(not names_same_model(name, names[0]) for name in names):
        shown = ", ".join(f"{d}: {n}" for d, n in zip(adapter_dirs, names, strict=True))
        raise UserError(
            f"The adapters record different base models ({shown}). Evaluate them one by one, or "
            "pass --model_id if these are names of one model."
        )
    return names[0] if names else None
