"""Merge an adapter into 16-bit weights of its base: a whole model that needs no PEFT."""

import shutil
import tempfile
from pathlib import Path
from typing import cast

import torch
from peft import PeftType
from transformers import PreTrainedModel

from text2sql.errors import UserError
from text2sql.files import read_object, write_json
from text2sql.models.adapter_files import MERGE_RECORD_NAME, hash_adapter
from text2sql.models.adapters import attach_adapter
from text2sql.models.loading import load_base_model, load_config
from text2sql.models.tokenizer import load_tokenizer
from text2sql.run_record import build_run_record
from text2sql.seals import find_changed, write_checksums

HALF_PRECISIONS = (torch.bfloat16, torch.float16)


def write_merged_model(
    model_id: str, adapter_dir: Path, output_dir: Path, *, overwrite: bool
) -> None:
    """Write the base with the adapter merged into it, and the tokenizer, to `output_dir`.

    The precision is the base's own if that has 16 bits, else bfloat16. A folder that the same
    adapter and base made is kept; raises `UserError` for another one unless `overwrite`.
    """
    settings = {"model_id": model_id, "adapter_sha256": hash_adapter(adapter_dir)}
    if is_merged(output_dir, settings, overwrite):
        return
    merged = merge_adapter(load_half_precision(model_id), adapter_dir)
    output_dir.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output_dir.parent, prefix=".merge-") as temporary:
        folder = Path(temporary, output_dir.name)
        merged.save_pretrained(folder)
        load_tokenizer(model_id).save_pretrained(folder)
        write_json(
            folder / MERGE_RECORD_NAME,
            build_run_record(**settings, adapter_dir=str(adapter_dir), dtype=str(merged.dtype)),
        )
        write_checksums(folder)
        shutil.rmtree(output_dir, ignore_errors=True)
        folder.rename(output_dir)


def is_merged(output_dir: Path, settings: dict[str, str], overwrite: bool) -> bool:
    """Return whether the folder holds this merge; refuse one that holds something else."""
    if not output_dir.exists() or not any(output_dir.iterdir()):
        return False
    record_path = output_dir / MERGE_RECORD_NAME
    record = read_object(record_path) if record_path.exists() else {}
    if settings.items() <= record.items():
        changed = find_changed(output_dir)
        if changed is not None and not overwrite:
            raise UserError(
                f"--merge: {changed} is not as it was written. Restore it, or pass --overwrite."
            )
        return changed is None
    if record and overwrite:
        return False
    what = "the merge of another adapter" if record else "something else"
    advice = "Pass --overwrite, or another folder" if record else "Pass another folder"
    raise UserError(f"--merge: {output_dir} holds {what}. {advice}.")


def load_half_precision(model_id: str) -> PreTrainedModel:
    config = load_config(model_id)
    if getattr(config, "quantization_config", None) is not None:
        raise UserError(
            f"--merge: {model_id} is stored quantised. Pass the 16-bit base with --model_id."
        )
    dtype = config.dtype if config.dtype in HALF_PRECISIONS else torch.bfloat16
    cpu = torch.device("cpu")  # beside the GPU's memory, which the evaluation needs
    return load_base_model(model_id, load_in_4bit=False, dtype=dtype, device=cpu)


def merge_adapter(base: PreTrainedModel, adapter_dir: Path) -> PreTrainedModel:
    """Return the base with the adapter's changes in its own weights."""
    was_tied = base.config.tie_word_embeddings
    untie_head(base)
    model = attach_adapter(base, adapter_dir, "merged")
    method = PeftType(model.active_peft_config.peft_type).value
    merged_model = getattr(model.base_model, "merge_and_unload", None)
    if model.active_peft_config.is_prompt_learning or merged_model is None:
        raise UserError(
            f"--merge: {method} adds virtual tokens, which weights cannot hold. Leave out --merge."
        )
    try:
        merged = cast(PreTrainedModel, merged_model(safe_merge=True))
    except (NotImplementedError, ValueError, AttributeError) as error:
        raise UserError(
            f"--merge: {method} cannot be merged ({error}). Leave out --merge."
        ) from error
    merged.config.tie_word_embeddings = was_tied and has_equal_head(merged)
    merged.tie_weights()
    return merged


def untie_head(model: PreTrainedModel) -> None:
    """Give the head weights of its own, so that merging into the embeddings does not move it."""
    head = model.get_output_embeddings()
    head.weight = torch.nn.Parameter(head.weight.detach().clone())


def has_equal_head(model: PreTrainedModel) -> bool:
    embeddings, head = model.get_input_embeddings(), model.get_output_embeddings()
    weights = (cast(torch.Tensor, layer.weight) for layer in (embeddings, head))
    return torch.equal(*weights)
