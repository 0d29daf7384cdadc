"""What made the adapters of a study: the settings and losses that train.py left beside them."""

from collections.abc import Sequence
from pathlib import Path

from text2sql.files import read_json, read_object
from text2sql.study.variants import Variant
from text2sql.training.run_folder import RECORD_NAME, is_complete, list_checkpoints

STATE_NAME = "trainer_state.json"


def read_training_runs(variants: Sequence[Variant]) -> dict[str, dict]:
    """Return each run's training by the name of its folder."""
    finetuned = [variant for variant in variants if variant.kind == "finetuned"]
    return {variant.run: read_training(Path(variant.adapter_dir)) for variant in finetuned}


def read_training(run_dir: Path) -> dict:
    """Return `settings`, `losses` and what else tells of a run; empty where no train.py made it."""
    record_path = run_dir / RECORD_NAME
    record = read_object(record_path) if record_path.exists() else {}
    return {
        "settings": record.get("settings", {}),
        "effective_batch": record.get("settings", {}).get("effective_batch_size"),
        "limit": smallest_limit(record),
        "best_step": record.get("best_step"),
        "losses": read_losses(run_dir),
    }


def smallest_limit(record: dict) -> int | None:
    """Return how many examples a smoke run was held to, by its own --limit or preprocess.py's."""
    limits = [record.get("limit"), record.get("prompts_limit")]
    return min((limit for limit in limits if limit), default=None)


def read_losses(run_dir: Path) -> dict[str, list[list[float]]]:
    """Return the pairs of step and loss that the newest complete checkpoint has logged.

    `train` is the mean since the pair before, `eval` that of the whole evaluated split; both in
    nats a token.
    """
    checkpoints = [folder for folder in list_checkpoints(run_dir) if is_complete(folder)]
    log = read_json(checkpoints[-1] / STATE_NAME).get("log_history", []) if checkpoints else []
    return {
        "train": [[entry["step"], entry["loss"]] for entry in log if "loss" in entry],
        "eval": [[entry["step"], entry["eval_loss"]] for entry in log if "eval_loss" in entry],
    }
