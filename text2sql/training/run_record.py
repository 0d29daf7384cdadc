"""What a training run says of itself: the plan, run.json and the model card."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from text2sql.files import sha256_of_file
from text2sql.models.device import GIB, Device, world_size
from text2sql.run_record import build_run_record
from text2sql.training.plan import ExecutionPlan

if TYPE_CHECKING:
    from text2sql.training.trainer import AdapterTrainer

CARD = """\
---
base_model: {model_id}
library_name: peft
pipeline_tag: text-generation
tags: [text-to-sql, lora]
---

# {model_id}, specialised on text-to-SQL

A LoRA adapter (r {lora_r}, alpha {lora_alpha}, on {modules}) trained on Spider's few-shot prompts.
The Spider data is CC BY-SA 4.0; the base model keeps its own licence.

| | |
| --- | --- |
| examples | {num_train_examples}{limited} |
| steps | {steps} of {effective_batch} examples, learning rate {learning_rate} |
| loss on | {loss_on} |
| best step | {best_step}, loss {best_eval_loss} on `{eval_split}` |
| base weights | {weights} |
| commit | {commit} |

```python
from peft import PeftModel
from transformers import AutoModelForCausalLM

base = AutoModelForCausalLM.from_pretrained("{model_id}")
model = PeftModel.from_pretrained(base, "path/to/this/folder")
```

What was gained and what was forgotten: `evaluation/report.md`. How it was made: `run.json`.
The model writes SQL that may be wrong; run it read-only and against a deadline.
"""


def model_card(record: dict) -> str:
    """Return the card for a finished run from its run record."""
    settings, limit = record["settings"], record["limit"] or record["prompts_limit"]
    return CARD.format(
        **{name: settings[name] for name in ("lora_r", "lora_alpha", "learning_rate", "loss_on")},
        **{name: record[name] for name in ("model_id", "num_train_examples", "steps", "commit")},
        eval_split=settings["eval_split"],
        modules=", ".join(f"`{name}`" for name in settings["lora_target_modules"]),
        limited=f" (a smoke run, --limit {limit})" if limit else "",
        effective_batch=settings["effective_batch_size"],
        best_step=record["best_step"],
        best_eval_loss=record["best_eval_loss"],
        weights="4-bit NF4 with double quantisation" if record["load_in_4bit"] else "as published",
    )


def print_plan(
    trainer: "AdapterTrainer",
    arrangement: ExecutionPlan,
    preview: str,
    flags: Any,
    num_steps: int,
) -> None:
    trainable, total = trainer.model.get_nb_trainable_parameters()
    args, eval_rows = trainer.args, trainer.eval_dataset
    print(f"\nThe first row, with what the loss sees in ⟦ ⟧:\n\n{preview}\n")
    print(f"model       {flags.model_id}{' in NF4' if flags.load_in_4bit else ''}")
    print(f"examples    {len(trainer.train_dataset)}, and {len(eval_rows)} of {flags.eval_split}")
    print(f"steps       {num_steps}, evaluated every {args.eval_steps}")
    print(f"trainable   {trainable:,} of {total:,} parameters")
    print(f"device      {Device.of(args.device).name}")
    print(f"a step      {arrangement}")
    if arrangement.expected_gib:
        print(f"memory      up to {arrangement.expected_gib:.1f} GiB expected")
    print(flush=True)


def begin_record(
    flags: Any,
    settings: dict,
    arrangement: ExecutionPlan,
    num_train_examples: int,
    prompts_limit: int | None,
) -> dict:
    """Return what run.json says at the start; `prompts_limit` is that of preprocess.py."""
    return build_run_record(
        status="running",
        model_id=flags.model_id,
        load_in_4bit=flags.load_in_4bit,
        seed=flags.seed,
        limit=flags.limit,
        prompts_limit=prompts_limit,
        data_dir=str(Path(flags.data_dir).resolve()),
        num_train_examples=num_train_examples,
        num_processes=world_size(),
        arrangement=asdict(arrangement),
        settings=settings,
    )


def finish_record(
    record: dict,
    trainer: "AdapterTrainer",
    arrangement: ExecutionPlan,
    run_dir: Path,
    seconds: float,
) -> dict:
    """Return the record of a finished run; losses are in nats a token."""
    import torch

    state = trainer.state
    history = [entry for entry in state.log_history if "eval_loss" in entry]
    peak = torch.cuda.max_memory_allocated() / GIB if torch.cuda.is_available() else None
    return record | {
        "status": "finished",
        "arrangement": asdict(arrangement),
        "steps": state.global_step,
        "best_step": state.best_global_step,
        "best_eval_loss": state.best_metric,
        "last_eval_loss": history[-1]["eval_loss"] if history else None,
        "train_seconds": round(seconds, 1),
        "device": Device.of(trainer.args.device).name,
        "peak_memory_gib": peak and round(peak, 2),
        "adapter_sha256": sha256_of_file(run_dir / "adapter_model.safetensors"),
    }
