"""The model card that lies beside an adapter."""

TEMPLATE = """\
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
    settings, arrangement = record["settings"], record["arrangement"]
    return TEMPLATE.format(
        **{name: settings[name] for name in ("lora_r", "lora_alpha", "learning_rate", "loss_on")},
        **{name: record[name] for name in ("model_id", "num_train_examples", "steps", "commit")},
        eval_split=settings["eval_split"],
        modules=", ".join(f"`{name}`" for name in settings["lora_target_modules"]),
        limited=f" (a smoke run, --limit {record['limit']})" if record["limit"] else "",
        effective_batch=arrangement["per_device_train_batch_size"]
        * arrangement["gradient_accumulation_steps"]
        * record["num_processes"],
        best_step=record["best_step"],
        best_eval_loss=record["best_eval_loss"],
        weights="4-bit NF4 with double quantisation" if record["load_in_4bit"] else "as published",
    )
