"""The rungs from the recipe as written to the plan, and what the lower ones compute.

`python -m performance.training --table ladder` measures them.
"""

from collections.abc import Callable
from typing import Any

from torch.nn.functional import cross_entropy

FORTY_EIGHT = ["--max_steps", "48", "--eval_steps", "48", "--logging_steps", "8"]
EIGHT_AT_ONCE = ["--per_device_train_batch_size", "8", "--gradient_accumulation_steps", "1"]
EIGHT_AT_ONCE += ["--gradient_checkpointing", "false"]
PADDED = {"FULL_LOGITS": "1", "packed": "False", "dequantize": "False"}
PLAIN = {"fused": "False", "cuda_graphs": "False"}
RUNGS = {  # each keeps what those above it have switched on
    "eight at once, no checkpointing": PADDED | PLAIN,
    "label-only head": {"FULL_LOGITS": "0"},
    "weights dequantised": {"dequantize": "True"},
    "one packed row": {"packed": "True", "WHOLE_LAST_LAYER": "1"},
    "last layer where a label is": {"WHOLE_LAST_LAYER": "0"},
    "fused layers": {"fused": "True"},
    "CUDA graphs": {"cuda_graphs": "True"},
}


def ladder() -> dict[str, list[str]]:
    """Return train.py's flags from the recipe as written to the plan, one thing after the other."""
    few = ["--max_steps", "6", "--eval_steps", "6", "--logging_steps", "2"]
    rungs = {"recipe as written": [*few, "--plan", "paper", "--fix", "FULL_LOGITS=1"]}
    fixed: dict[str, str] = {}
    for name, settings in RUNGS.items():
        fixed |= settings
        fixes = [part for key, value in fixed.items() for part in ("--fix", f"{key}={value}")]
        rungs[name] = [*FORTY_EIGHT, *EIGHT_AT_ONCE, *fixes]
    # So many that the second half begins long after all graphs are made.
    rungs["CUDA graphs"] += ["--max_steps", "160", "--eval_steps", "160"]
    return rungs


def full_logits_loss(compute_loss: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `compute_loss` with the logits of every token, as before TRL had its fused head."""

    def compute(trainer, model, inputs, return_outputs=False, num_items_in_batch=None):
        if not model.training:
            return compute_loss(trainer, model, inputs, return_outputs, num_items_in_batch)
        labels = inputs.pop("labels")[:, 1:]
        logits = model(**inputs, use_cache=False).logits[:, :-1].float()
        total = cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum")
        return total / num_items_in_batch

    return compute


def whole_last_layer(forward_selected: Callable[..., Any]) -> Callable[..., Any]:
    """Return a forward pass of the last layer that selects positions from its whole output."""

    def forward(layer, hidden_states, output_positions=None, **settings):
        states = forward_selected(layer, hidden_states, **settings)
        return states if output_positions is None else states.index_select(1, output_positions)

    return forward
