"""Specialise a chat model on the prompts of preprocess.py: 4-bit LoRA by the paper's recipe.

    python train.py                                   the recipe
    python train.py --num_train_epochs 1 --limit 64   a smoke run
    python train.py --resume                          go on after an interruption
    accelerate launch train.py                        all GPUs, the same effective batch

Writes a PEFT adapter with its model card, run.json, checkpoints and TensorBoard events into
--output_dir. Every flag of TRL's SFTConfig is open; what you say wins over the plan.
"""

import json
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from text2sql.command_line import parse_flags, run
from text2sql.device_plan import (
    ARRANGEMENT_FLAGS,
    GIB,
    Arrangement,
    Device,
    ModelShape,
    expected_bytes,
    plan_training,
    world_size,
)
from text2sql.model_card import model_card
from text2sql.records import (
    UserError,
    build_run_record,
    read_json,
    sha256_of_file,
    sha256_of_json,
    write_json,
    write_text,
)
from text2sql.run_folder import RECORD_NAME, begin_or_resume, is_finished

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from text2sql.training import AdapterTrainer

EFFECTIVE_BATCH_SIZE = 8  # the recipe's 1 × 8


@dataclass
class Recipe:
    """The paper's values, and the flags that are not SFTConfig's own."""

    # data and model
    data_dir: str = field(default="processed_data", metadata={"help": "folder of preprocess.py"})
    output_dir: str = field(
        default="outputs/gemma-2b-it-spider", metadata={"help": "folder for the adapter"}
    )
    model_id: str | None = field(
        default=None, metadata={"help": "hub name or folder; default: that of the prompts"}
    )
    load_in_4bit: bool = field(default=True, metadata={"help": "NF4 with double quantisation"})
    eval_split: str = field(
        default="holdout",
        metadata={"help": "split that chooses the checkpoint; the paper's is validation"},
    )
    loss_on: Literal["sql", "text"] = field(
        default="sql", metadata={"help": "loss on the SQL alone, or as the paper on all the text"}
    )
    max_length: int | None = field(
        default=None, metadata={"help": "most tokens of a row; default: that of the prompts"}
    )
    # adapter
    lora_r: int = 4
    lora_alpha: int = 8
    lora_dropout: float = 0.05
    lora_target_modules: list[str] = field(default_factory=lambda: ["q_proj", "v_proj"])
    # optimisation
    num_train_epochs: float = 5
    per_device_train_batch_size: int = 1
    gradient_accumulation_steps: int = 8
    gradient_checkpointing: bool = True
    learning_rate: float = 1e-4
    lr_scheduler_type: str = "cosine"
    warmup_steps: float = 0.03
    weight_decay: float = 0.01
    optim: str = "paged_adamw_32bit"
    train_sampling_strategy: str = "group_by_length"
    dataloader_num_workers: int = 4
    dataloader_pin_memory: bool = True
    remove_unused_columns: bool = False
    seed: int = field(default=42, metadata={"help": "default: that of the prompts"})
    # evaluation, checkpoints and logs
    eval_strategy: str = "steps"
    eval_steps: float = 200
    per_device_eval_batch_size: int = 1
    save_strategy: str = "steps"
    save_steps: float = 200
    save_total_limit: int = 3
    load_best_model_at_end: bool = True
    metric_for_best_model: str = "eval_loss"
    greater_is_better: bool = False
    early_stopping_patience: int = field(
        default=3, metadata={"help": "evaluations without a better loss; 0 never stops early"}
    )
    logging_steps: float = 50
    logging_nan_inf_filter: bool = False
    report_to: str = "tensorboard"
    # how this run goes
    arrangement: Literal["auto", "paper"] = field(
        default="auto",
        metadata={"help": "auto: the fastest that fits; paper: 1 × 8 with checkpointing on NF4"},
    )
    limit: int | None = field(default=None, metadata={"help": "use the first N rows of each split"})
    resume: bool = field(default=False, metadata={"help": "go on from the newest checkpoint"})
    overwrite: bool = field(default=False, metadata={"help": "replace the run in --output_dir"})


# These say how to go about a run, not what is trained.
NOT_SETTINGS = ("resume", "overwrite", "resume_from_checkpoint", "output_dir", "data_dir")


def main() -> None:
    flags, said = parse_flags(flags_type(), __doc__)
    manifest = read_manifest(Path(flags.data_dir))
    adopt_recorded_values(flags, said, manifest)
    refuse_contradictions(flags, said, manifest)

    from text2sql import training  # imports torch, which takes seconds

    run_dir = Path(flags.output_dir)
    rows, eval_rows = read_rows(flags)
    settings = recorded_settings(flags, rows, eval_rows)
    checkpoint = training.first_process_decides(open_run, run_dir, settings, flags)
    model, tokenizer, arrangement = load_for_training(flags, said, rows)
    trainer = training.build_trainer(flags, said, arrangement, model, tokenizer, rows, eval_rows)

    if trainer.is_world_process_zero():
        preview = training.preview_first_row(trainer.train_dataset, tokenizer)
        num_steps = training.count_steps(flags, arrangement, len(rows))
        print_plan(trainer, arrangement, preview, flags, num_steps)
        record = begin_record(flags, settings, arrangement, len(rows))
        write_json(run_dir / RECORD_NAME, record)
        training.write_first_row_event(run_dir, preview)
    seconds = train(trainer, checkpoint)
    trainer.check_finite()
    trainer.save_model(str(run_dir))
    if trainer.is_world_process_zero():
        record |= outcome(trainer, run_dir, seconds)
        write_text(run_dir / "README.md", model_card(record))
        write_json(run_dir / RECORD_NAME, record)
        print_outcome(record, run_dir)


def flags_type() -> type:
    """Return the dataclass of all flags: SFTConfig's, with the recipe's defaults over them."""
    from trl import SFTConfig

    # SFTConfig checks its values against the device; that waits until there is a plan.
    return dataclass(type("TrainFlags", (Recipe, SFTConfig), {"__post_init__": lambda self: None}))


def read_manifest(data_dir: Path) -> dict:
    if not (data_dir / "manifest.json").exists():
        raise UserError(f"{data_dir} holds no prompts; make them with preprocess.py.")
    return read_json(data_dir / "manifest.json")


def adopt_recorded_values(flags: Recipe, said: set[str], manifest: dict) -> None:
    """Fill in what the prompts' manifest says and the user did not."""
    for name in ("model_id", "seed", "max_length"):
        if name not in said:
            setattr(flags, name, manifest[name])
    if "save_steps" not in said:
        flags.save_steps = flags.eval_steps  # the best step must be on disk


def refuse_contradictions(flags: Recipe, said: set[str], manifest: dict) -> None:
    if flags.model_id != manifest["model_id"]:
        raise UserError(
            f"The prompts in {flags.data_dir} were made for {manifest['model_id']}; make them "
            f"again with preprocess.py --model_id {flags.model_id}."
        )
    if flags.resume and flags.overwrite:
        raise UserError("--resume and --overwrite contradict each other; choose one.")
    if flags.resume and flags.resume_from_checkpoint:
        raise UserError("--resume and --resume_from_checkpoint exclude each other; choose one.")
    for name in ARRANGEMENT_FLAGS if flags.arrangement == "paper" else ():
        if name in said and getattr(flags, name) != getattr(Recipe, name):
            raise UserError(f"--arrangement paper fixes --{name}; leave one of them out.")
    if flags.load_best_model_at_end and flags.save_steps != flags.eval_steps:
        raise UserError(
            "--save_steps must equal --eval_steps, or the best step may not be on disk; or say "
            "--load_best_model_at_end false."
        )
    if flags.eval_split not in manifest["splits"]:
        raise UserError(
            f"{flags.data_dir} has no split named {flags.eval_split}; choose --eval_split from "
            f"{', '.join(manifest['splits'])}."
        )


def recorded_settings(flags: Recipe, rows: "Dataset", eval_rows: "Dataset") -> dict:
    """Return all that decides what is trained, as JSON would give it back."""
    settings = {name: value for name, value in vars(flags).items() if name not in NOT_SETTINGS}
    settings["data_sha256"] = sha256_of_json([list(rows["text"]), list(eval_rows["text"])])
    return json.loads(json.dumps(settings, default=str))


def open_run(run_dir: Path, settings: dict, flags: Recipe) -> str | None:
    """Return the checkpoint to go on from, or None; end the program if the run is finished."""
    checkpoint = begin_or_resume(run_dir, settings, resume=flags.resume, overwrite=flags.overwrite)
    if is_finished(run_dir):
        print(f"{run_dir} holds this run, finished; there is nothing to do.")
        raise SystemExit(0)
    if flags.resume:
        print(f"Going on from {checkpoint}." if checkpoint else "No checkpoint yet: beginning.")
    return str(checkpoint) if checkpoint else flags.resume_from_checkpoint


def read_rows(flags: Recipe) -> tuple["Dataset", "Dataset"]:
    """Return the train rows and those that choose the checkpoint, both in memory."""
    from datasets import load_from_disk

    rows, eval_rows = (
        load_from_disk(str(Path(flags.data_dir) / split), keep_in_memory=True)
        for split in ("train", flags.eval_split)
    )
    if flags.limit is not None:
        rows, eval_rows = (
            split.select(range(min(flags.limit, len(split)))) for split in (rows, eval_rows)
        )
    longest = max(rows["num_tokens"])
    if longest > flags.max_length:
        raise UserError(
            f"A train row has {longest} tokens, more than --max_length {flags.max_length}, and "
            f"the SQL is never cut; run preprocess.py --max_length {flags.max_length} first."
        )
    return rows, eval_rows


def load_for_training(
    flags: Recipe, said: set[str], rows: "Dataset"
) -> tuple["PreTrainedModel", "PreTrainedTokenizerBase", Arrangement]:
    """Plan the arrangement for this device and load the model for it."""
    import torch

    from text2sql.modeling import choose_device, load_base_model, load_config, load_tokenizer

    tokenizer = load_tokenizer(flags.model_id)
    tokenizer.padding_side = "right"
    device = choose_device()
    shape = ModelShape.from_config(load_config(flags.model_id))
    arrangement = plan(flags, said, shape, Device.of(device), longest_row=max(rows["num_tokens"]))
    dtypes = {"bf16": torch.bfloat16, "fp16": torch.float16, "float32": torch.float32}
    model = load_base_model(
        flags.model_id,
        load_in_4bit=flags.load_in_4bit,
        dtype=dtypes[arrangement.precision],
        device=device,
        dequantize=arrangement.dequantize,
    )
    return model, tokenizer, arrangement


def plan(
    flags: Recipe, said: set[str], shape: ModelShape, device: Device, longest_row: int
) -> Arrangement:
    """Return the plan for this device, with what the user or the paper fixes kept."""
    precision = None
    if said & {"bf16", "fp16"}:
        precision = "fp16" if flags.fp16 else "bf16" if flags.bf16 else "float32"
    fixed = ARRANGEMENT_FLAGS if flags.arrangement == "paper" else said
    batch, accumulation, checkpointing = (
        getattr(flags, name) if name in fixed else None for name in ARRANGEMENT_FLAGS
    )
    planned = plan_training(
        shape,
        device,
        effective_batch_size=EFFECTIVE_BATCH_SIZE,
        longest_row=longest_row,
        load_in_4bit=flags.load_in_4bit,
        world_size=world_size(),
        micro_batch_size=batch,
        gradient_accumulation_steps=accumulation,
        gradient_checkpointing=checkpointing,
        precision=precision,
    )
    return replace(planned, dequantize=False) if flags.arrangement == "paper" else planned


def print_plan(
    trainer: "AdapterTrainer",
    arrangement: Arrangement,
    preview: str,
    flags: Recipe,
    num_steps: int,
) -> None:
    shape = ModelShape.from_config(trainer.model.config)
    longest = max(map(len, trainer.train_dataset["input_ids"]))
    needed = expected_bytes(shape, arrangement, longest, flags.load_in_4bit) / GIB
    trainable, total = trainer.model.get_nb_trainable_parameters()
    args, eval_rows = trainer.args, trainer.eval_dataset
    print(f"\nThe first row, with what the loss sees in ⟦ ⟧:\n\n{preview}\n")
    print(f"model       {flags.model_id}{' in NF4' if flags.load_in_4bit else ''}")
    print(f"examples    {len(trainer.train_dataset)}, and {len(eval_rows)} of {flags.eval_split}")
    print(f"steps       {num_steps}, evaluated every {args.eval_steps}")
    print(f"trainable   {trainable:,} of {total:,} parameters")
    print(f"a step      {arrangement}")
    print(f"memory      about {needed:.1f} GiB expected\n", flush=True)


def begin_record(
    flags: Recipe, settings: dict, arrangement: Arrangement, num_train_examples: int
) -> dict:
    return build_run_record(
        status="running",
        model_id=flags.model_id,
        load_in_4bit=flags.load_in_4bit,
        seed=flags.seed,
        limit=flags.limit,
        data_dir=str(Path(flags.data_dir).resolve()),
        num_train_examples=num_train_examples,
        num_processes=world_size(),
        arrangement=asdict(arrangement),
        settings=settings,
    )


def train(trainer: "AdapterTrainer", checkpoint: str | None) -> float:
    """Train to the end and return the seconds that it took."""
    import torch

    began = time.time()
    try:
        trainer.train(resume_from_checkpoint=checkpoint)
    except torch.OutOfMemoryError:
        raise UserError(
            "The GPU ran out of memory. Say --per_device_train_batch_size 1 "
            "--gradient_checkpointing true, and --resume to go on from the newest checkpoint."
        ) from None
    return time.time() - began


def outcome(trainer: "AdapterTrainer", run_dir: Path, seconds: float) -> dict:
    """Return what the run record says of a finished run; losses are in nats a token."""
    import torch

    state = trainer.state
    history = [entry for entry in state.log_history if "eval_loss" in entry]
    peak = torch.cuda.max_memory_allocated() / GIB if torch.cuda.is_available() else None
    return {
        "status": "finished",
        "steps": state.global_step,
        "best_step": state.best_global_step,
        "best_eval_loss": state.best_metric,
        "last_eval_loss": history[-1]["eval_loss"] if history else None,
        "train_seconds": round(seconds, 1),
        "peak_memory_gib": peak and round(peak, 2),
        "adapter_sha256": sha256_of_file(run_dir / "adapter_model.safetensors"),
    }


def print_outcome(record: dict, run_dir: Path) -> None:
    best = ""
    if record["best_eval_loss"] is not None:
        best = f"; best at step {record['best_step']}, loss {record['best_eval_loss']:.4f}"
    print(f"\n{record['steps']} steps in {record['train_seconds']:.0f} s{best}.")
    print(f"The adapter is in {run_dir}. Next: python evaluate.py --adapters {run_dir}")


if __name__ == "__main__":
    run(main)
