"""LoRA adapters of a loaded model: attached, switched on, off or scaled."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from text2sql.errors import UserError
from text2sql.files import read_object

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel


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
