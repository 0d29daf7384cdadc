"""Measure Unsloth on the prompts of performance/training.py, in steps of eight examples.

    python performance/unsloth_peer.py --work_dir DIR             a loop of padded batches
    python performance/unsloth_peer.py --work_dir DIR --trainer   its own trainer

As in its own notebooks: NF4 weights, eight examples at once, no dropout; without checkpointing,
which is its fastest way where memory allows. Loss on the SQL alone. Its trainer is TRL's as Unsloth
patches it, which chooses by itself to pack without padding. Prints one JSON line.
"""

import argparse
import json
import time
from pathlib import Path

import torch
import unsloth  # before what it patches
from datasets import load_from_disk
from shapes import make_config, make_model
from transformers import AutoTokenizer, TrainerCallback
from trl import SFTConfig, SFTTrainer
from unsloth import FastLanguageModel
from unsloth.chat_templates import train_on_responses_only

NUM_STEPS, NUM_WARM = 60, 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work_dir", type=Path, required=True)
    parser.add_argument("--trainer", action="store_true", help="Unsloth's own trainer")
    parser.add_argument("--go", type=Path, help="when warm, wait until this file is there")
    flags = parser.parse_args()
    model = load(flags.work_dir)
    torch.cuda.reset_peak_memory_stats()
    if flags.trainer:
        row = measure_trainer(model, flags.work_dir)
    else:
        row = measure_loop(model, flags.work_dir, flags.go)
    row["peak_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
    print(json.dumps(row), flush=True)


def measure_loop(model, work_dir: Path, go: Path | None) -> dict:
    """Train on padded batches in the order of the split."""
    rows = tokenized_rows(work_dir)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, weight_decay=0.01, fused=True)
    losses = []
    for step in range(NUM_STEPS):
        if step == NUM_WARM:
            torch.cuda.synchronize()
            print("warm", flush=True)
            while go and not go.exists():
                time.sleep(0.05)
            began = time.time()
        batch = padded(rows[step * 8 : step * 8 + 8])
        with torch.autocast("cuda", torch.bfloat16):
            loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.detach())
    torch.cuda.synchronize()
    return {
        "row": f"Unsloth {unsloth.__version__}, padded batches",
        "examples_per_second": round((NUM_STEPS - NUM_WARM) * 8 / (time.time() - began), 2),
        "losses": [round(loss.item(), 4) for loss in losses[::10]],
    }


class Stopwatch(TrainerCallback):
    """The seconds that the steps after the first `NUM_WARM` took."""

    def on_step_end(self, args, state, control, **kwargs) -> None:
        torch.cuda.synchronize()
        if state.global_step == NUM_WARM:
            self.began = time.time()
        if state.global_step == NUM_STEPS:
            self.seconds = time.time() - self.began


def measure_trainer(model, work_dir: Path) -> dict:
    """Train with TRL's trainer as Unsloth patches it, and its own masking of prompts."""
    tokenizer = AutoTokenizer.from_pretrained(work_dir / "model")
    rows = load_from_disk(str(work_dir / "processed_data" / "train")).select_columns(["text"])
    stopwatch = Stopwatch()
    trainer = SFTTrainer(
        model=model,
        processing_class=tokenizer,
        train_dataset=rows,
        callbacks=[stopwatch],
        args=SFTConfig(
            output_dir=str(work_dir / "unsloth"),
            dataset_text_field="text",
            max_length=None,  # no row is longer than 1,024 tokens
            per_device_train_batch_size=8,
            gradient_accumulation_steps=1,
            max_steps=NUM_STEPS,
            learning_rate=1e-4,
            weight_decay=0.01,
            optim="adamw_torch_fused",
            bf16=True,
            logging_steps=10,
            save_strategy="no",
            report_to="none",
        ),
    )
    trainer = train_on_responses_only(
        trainer,
        instruction_part="<start_of_turn>user\n",
        response_part="<start_of_turn>model\n",
        last_response_only=True,
    )
    trainer.train()
    history = trainer.state.log_history
    return {
        "row": f"Unsloth {unsloth.__version__}, its own trainer",
        "padding_free": bool(trainer.args.padding_free),
        "examples_per_second": round((NUM_STEPS - NUM_WARM) * 8 / stopwatch.seconds, 2),
        "losses": [round(entry["loss"], 4) for entry in history if "loss" in entry],
    }


def load(work_dir: Path):
    """Return a random model of Gemma-2B's shape as Unsloth loads it, with the recipe's adapter."""
    folder = work_dir / "gemma"
    if not (folder / "config.json").exists():
        config = make_config("gemma-2b")
        kept = {"load_in_4bit": False, "dequantize": False}
        make_model(config, torch.bfloat16, "cuda", **kept).save_pretrained(folder)
        AutoTokenizer.from_pretrained(work_dir / "model").save_pretrained(folder)
        torch.cuda.empty_cache()
    model, _ = FastLanguageModel.from_pretrained(
        str(folder),
        max_seq_length=1024,
        dtype=torch.bfloat16,
        load_in_4bit=True,
        local_files_only=True,
    )
    model = FastLanguageModel.get_peft_model(
        model,
        r=4,
        lora_alpha=8,
        target_modules=["q_proj", "v_proj"],
        lora_dropout=0,
        bias="none",
        use_gradient_checkpointing=False,
        random_state=42,
    )
    return model.train()


def tokenized_rows(work_dir: Path) -> list[tuple[list[int], int]]:
    """Return token ids with the length of the prompt, in the order of the split."""
    tokenizer = AutoTokenizer.from_pretrained(work_dir / "model")
    rows = load_from_disk(str(work_dir / "processed_data" / "train"))
    texts = tokenizer(list(rows["text"]), add_special_tokens=False)["input_ids"]
    answers = [row[-1]["content"] for row in rows["completion"]]
    ends = tokenizer(answers, add_special_tokens=False)["input_ids"]
    return [(text, len(text) - len(end) - 2) for text, end in zip(texts, ends, strict=True)]


def padded(rows: list[tuple[list[int], int]]) -> dict[str, torch.Tensor]:
    longest = max(len(text) for text, _ in rows)
    input_ids = torch.zeros(len(rows), longest, dtype=torch.long)
    attention_mask = torch.zeros_like(input_ids)
    labels = torch.full_like(input_ids, -100)
    for index, (text, prompt_length) in enumerate(rows):
        input_ids[index, : len(text)] = torch.tensor(text)
        attention_mask[index, : len(text)] = 1
        labels[index, prompt_length : len(text)] = torch.tensor(text[prompt_length:])
    batch = {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels}
    return {name: tensor.cuda() for name, tensor in batch.items()}


if __name__ == "__main__":
    main()
