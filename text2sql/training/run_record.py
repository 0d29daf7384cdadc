"""How a training run describes itself: the printed plan, run.json and the model card."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from text2sql.counts import how_many
from text2sql.files import sha256_of_file
from text2sql.models.device import GIB, Device, num_unused_gpus
from text2sql.processes import world_size
from text2sql.run_record import build_run_record
from text2sql.training.checkpoints import STATE_NAME
from text2sql.training.flag_conflicts import metric_name
from text2sql.training.general_texts import GeneralTexts
from text2sql.training.plan import ExecutionPlan
from text2sql.training.run_folder import describe_adapter
from text2sql.training.settings import TrainSettings

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import TrainerState

    from text2sql.training.forgetting import ForgettingCurve
    from text2sql.training.trainer import AdapterTrainer

CARD = """\
---
{base_model}
library_name: peft
pipeline_tag: text-generation
tags: [text-to-sql, lora]
---

# {shown_id}, specialised on text-to-SQL

A LoRA adapter (r {lora_r}, alpha {lora_alpha}, on {modules}) trained on few-shot prompts from
Spider. The Spider data is licensed under CC BY-SA 4.0; the base model keeps its own licence.

| | |
| --- | --- |
| examples | {num_train_examples}{limited} |
| steps | {steps} of {examples_per_step}, learning rate {learning_rate} |
| loss on | {loss_on} |
{best_step}| base weights | {weights} |
| commit | {commit} |

```python
from peft import PeftModel
from transformers import AutoModelForCausalLM

base = AutoModelForCausalLM.from_pretrained({model_id!r})
model = PeftModel.from_pretrained(base, "path/to/this/folder")
```

Gains and losses against the base model: `evaluation/report.md`. Settings, versions and commit:
`run.json`. Generated SQL may be wrong: execute it read-only and with a timeout.
"""


def model_card(record: dict[str, Any]) -> str:
    """Return the card for a finished run from its run record."""
    settings, limit = record["settings"], record["limit"] or record["prompts_limit"]
    model_id, best_step = record["model_id"], ""
    if record["best_step"] is not None:
        best_step = (
            f"| best step | {record['best_step']}, with loss {record['best_eval_loss']} on "
            f"`{settings['eval_split']}`{chosen_by(settings)} |\n"
        )
    return CARD.format(
        **{name: settings[name] for name in ("lora_r", "lora_alpha", "learning_rate", "loss_on")},
        **{name: record[name] for name in ("num_train_examples", "steps", "commit")},
        model_id=model_id,
        base_model=yaml.safe_dump({"base_model": model_id}, allow_unicode=True, width=1e9).strip(),
        shown_id=one_line_of_markdown(model_id),
        modules=", ".join(f"`{name}`" for name in settings["lora_target_modules"]),
        limited=f" (a smoke run, --limit {limit})" if limit else "",
        examples_per_step=how_many(settings["effective_batch_size"], "example"),
        best_step=best_step,
        weights="4-bit NF4 with double quantisation" if record["load_in_4bit"] else "as published",
    )


def chosen_by(settings: Mapping[str, Any]) -> str:
    """Return what chose the best step, where it was not the loss."""
    metric = metric_name(settings.get("metric_for_best_model", "loss"))
    return "" if metric == "loss" else f", chosen by `{metric}`"


def one_line_of_markdown(text: str) -> str:
    """Return anybody's text as one line without HTML: what cannot be printed is spelt out."""
    printable = (sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
    return "".join(printable).replace("<", "&lt;")


def print_plan(
    trainer: "AdapterTrainer", settings: TrainSettings, plan: ExecutionPlan, preview: str
) -> None:
    trainable, total = count_parameters(trainer.adapted_model)
    print(f"\nThe first row, with the supervised tokens in ⟦ ⟧:\n\n{preview}\n")
    print(f"model       {settings.model_id}{' in NF4' if settings.load_in_4bit else ''}")
    print(f"examples    {settings.num_examples}, and {settings.num_eval_examples} of", end=" ")
    print(settings.eval_split)
    print(f"steps       {settings.num_steps}, with", end=" ")
    print(how_many(settings.num_evaluations, "evaluation"))
    if trainer.forgetting is not None and settings.general_texts is not None:
        print(f"forgetting  {describe_general_texts(trainer.forgetting, settings.general_texts)}")
    print(f"trainable   {trainable:,} of {total:,} parameters")
    print(f"device      {Device.of(trainer.args.device).name}")
    if num_unused_gpus():
        print(f"            `accelerate launch train.py` uses all {num_unused_gpus() + 1} GPUs")
    print(f"a step      {plan}")
    if plan.expected_gib:
        print(f"memory      up to {plan.expected_gib:.1f} GiB expected")
    print(flush=True)


def count_parameters(model: "PeftModel") -> tuple[int, int]:
    """Return the numbers of trainable and of all parameters; a packed weight is many of them."""
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    sizes: dict[int, int] = {}
    for module in model.modules():
        packed: Any = getattr(module, "quant_state", None)
        for parameter in module.parameters(recurse=False):
            is_packed = packed is not None and parameter is module.weight
            sizes[id(parameter)] = packed.shape.numel() if is_packed else parameter.numel()
    return trainable, sum(sizes.values())


def describe_general_texts(curve: "ForgettingCurve", general: GeneralTexts) -> str:
    used, total = len(curve.texts), len(general.texts)
    tokens = f"with {how_many(curve.num_tokens, 'token')}"
    if used == total:
        return f"measured on {how_many(used, 'general text')} {tokens}"
    texts = how_many(total, "general text")
    return f"measured on {used} of {texts} {tokens}; more would slow the run down"


def record_general_texts(
    trainer: "AdapterTrainer", settings: TrainSettings
) -> dict[str, Any] | None:
    """Return which general texts the run's evaluations measure, or None."""
    general, curve = settings.general_texts, trainer.forgetting
    if general is None or curve is None:
        return None
    return {
        "path": str(general.path.resolve()),
        "sha256": general.sha256,
        "num_texts": len(curve.texts),
        "num_tokens": curve.num_tokens,
    }


def begin_record(
    trainer: "AdapterTrainer",
    settings: TrainSettings,
    plan: ExecutionPlan,
    prompts_limit: int | None,
) -> dict[str, Any]:
    """Return run.json's content at the start; `prompts_limit` is that of preprocess.py."""
    return build_run_record(
        status="running",
        model_id=settings.model_id,
        load_in_4bit=settings.load_in_4bit,
        seed=settings.seed,
        limit=settings.limit,
        prompts_limit=prompts_limit,
        data_dir=str(settings.data_dir.resolve()),
        num_train_examples=settings.num_examples,
        num_processes=world_size(),
        plan=asdict(plan),
        settings=settings.recorded,
        general_texts=record_general_texts(trainer, settings),
    )


def finish_record(
    record: dict[str, Any],
    trainer: "AdapterTrainer",
    plan: ExecutionPlan,
    run_dir: Path,
    seconds: float,
) -> dict[str, Any]:
    """Return the record of a finished run; losses are in nats per token.

    `best_step` is the step that was kept, where one was chosen; else the last one was kept.
    """
    import torch

    state = trainer.state
    losses = {e["step"]: e["eval_loss"] for e in state.log_history if "eval_loss" in e}
    best_step = state.best_global_step if trainer.args.load_best_model_at_end else None
    peak = torch.cuda.max_memory_allocated() / GIB if torch.cuda.is_available() else None
    return record | {
        "status": "finished",
        "plan": asdict(plan),
        "steps": state.global_step,
        "best_step": best_step,
        "best_eval_loss": losses.get(best_step) if best_step else None,
        "last_eval_loss": [*losses.values()][-1] if losses else None,
        **measured_forgetting(state, best_step or state.global_step),
        "train_seconds": round(seconds, 1),
        "device": Device.of(trainer.args.device).name,
        "peak_memory_gib": peak and round(peak, 2),
        "log_sha256": sha256_of_file(run_dir / STATE_NAME),
        **describe_adapter(run_dir),
    }


def measured_forgetting(state: "TrainerState", kept_step: int) -> dict[str, float]:
    """Return what was measured on general texts at the step that was kept, and of the base."""
    log = {e["step"]: e for e in state.log_history if "eval_general_kl" in e}
    kept = log.get(kept_step)
    if kept is None:
        return {}
    found = {name: kept[f"eval_{name}"] for name in ("general_loss", "general_kl")}
    base = {"general_loss_of_base": log[0]["eval_general_loss"]} if 0 in log else {}
    return found | base


def print_outcome(record: dict[str, Any], run_dir: Path) -> None:
    best = ""
    if record["best_step"] is None and record["last_eval_loss"] is not None:
        best = f"; evaluation loss {record['last_eval_loss']:.4f}"
    elif record["best_eval_loss"] is not None:
        best = f"; best at step {record['best_step']}, loss {record['best_eval_loss']:.4f}"
    print(f"\n{how_many(record['steps'], 'step')} in {record['train_seconds']:.0f} s{best}.")
    if "general_kl" in record:
        base = record.get("general_loss_of_base")
        change = "" if base is None else f"{base:.4f} -> "
        print(f"On general texts: loss {change}{record['general_loss']:.4f}, ", end="")
        print(f"KL from the base {record['general_kl']:.4f} nats per token.")
    print(f"The adapter is in {run_dir}. Next: python evaluate.py --adapters {run_dir}")
