"""What a run does, resolved once from the flags of train.py and the manifest of the prompts."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from text2sql.training.general_texts import GeneralTexts
from text2sql.training.plan import FixedByUser

LossOn = Literal["sql", "text"]

# Flags that run.json keeps although nothing that is trained depends on them: how a run is named,
# shown, sent and loaded. They may change when it is resumed, and between replicates of a recipe.
WITHOUT_EFFECT = frozenset(
    {
        *("run_name", "project", "report_to", "disable_tqdm", "log_level", "log_level_replica"),
        *("log_on_each_node", "trackio_space_id", "trackio_bucket_id", "trackio_static_space_id"),
        *("push_to_hub", "hub_model_id", "hub_strategy", "hub_private_repo", "hub_always_push"),
        *("hub_revision", "save_total_limit", "dataloader_num_workers", "dataloader_pin_memory"),
        *("dataloader_persistent_workers", "dataloader_prefetch_factor"),
    }
)


@dataclass(frozen=True)
class TrainSettings:
    """Everything that a run depends on, but for the device and its execution plan."""

    data_dir: Path
    run_dir: Path
    model_id: str
    load_in_4bit: bool
    eval_split: str
    loss_on: LossOn
    limit: int | None
    seed: int
    lora_r: int
    lora_alpha: int
    lora_dropout: float
    lora_target_modules: list[str]
    early_stopping_patience: int  # evaluations without a better loss; 0 never stops early
    num_examples: int
    num_eval_examples: int
    effective_batch_size: int  # examples per step, over all processes
    num_steps: int
    fixed: FixedByUser
    paper_plan: bool  # 1 × 8 with checkpointing on NF4, whatever fits
    may_pack: bool  # no flag requires another loss or another form of rows
    may_use_cuda_graphs: bool
    eval_batch_size: int | None  # per device; None: as many as the plan affords
    sft: Mapping[str, Any]  # arguments of TRL's SFTConfig, before the plan sets its own
    recorded: Mapping[str, Any]  # what run.json keeps and --resume compares
    shards_weights: bool = False  # as configured for `accelerate launch`; else where nothing fits
    general_texts: GeneralTexts | None = None  # that show forgetting; None: it is not measured

    @property
    def num_evaluations(self) -> int:
        """The evaluations of the whole run, if it does not stop early."""
        strategy, steps = str(self.sft["eval_strategy"]), float(self.sft["eval_steps"])
        if strategy == "steps":  # a number below 1 is a fraction of all steps
            return math.ceil(1 / steps if steps < 1 else self.num_steps / steps)
        if strategy == "epoch":
            return math.ceil(self.num_steps * self.effective_batch_size / self.num_examples)
        return 0


def count_steps(
    num_examples: int, effective_batch_size: int, num_epochs: float, max_steps: int
) -> int:
    """Return the optimizer steps of a run; `max_steps` above 0 overrides the epochs."""
    if max_steps > 0:
        return max_steps
    return math.ceil(math.ceil(num_examples / effective_batch_size) * num_epochs)


def with_effect(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return the recorded settings that decide what is trained."""
    return {name: value for name, value in recorded.items() if name not in WITHOUT_EFFECT}


def keeps_rows_and_loss(sft: Mapping[str, Any]) -> bool:
    """Return whether SFTConfig's arguments leave rows and loss as packing them here requires."""
    other_loss = sft["label_smoothing_factor"] > 0 or sft["loss_type"] == "dft"
    return not (other_loss or sft["padding_free"])


def device_defaults(is_cuda: bool, paper_plan: bool, may_pack: bool) -> dict[str, Any]:
    """Return SFTConfig's arguments for flags that the user left open, by the kind of device."""
    if not is_cuda:
        on_cpu = {"use_cpu": True, "optim": "adamw_torch"}
        return on_cpu | {"dataloader_num_workers": 0, "dataloader_pin_memory": False}
    defaults: dict[str, Any] = {}
    if not paper_plan:
        defaults["optim"] = "adamw_torch_fused"  # the same arithmetic in one kernel
    if may_pack:
        defaults["dataloader_num_workers"] = 0  # making a row takes less than receiving one
        defaults["accelerator_config"] = {"non_blocking": True}  # copy rows while computing
    return defaults
