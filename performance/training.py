"""Measure train.py at the shapes of known models, on one GPU, with real Spider prompts.

    python -m performance.training --spider_dir DIR --work_dir DIR --table speed
    python -m performance.training --spider_dir DIR --work_dir DIR --table ladder
    python -m performance.training --spider_dir DIR --work_dir DIR --table cards
    torchrun --nproc_per_node 2 -m performance.training ... --rows "batch of 8;batch of 32"

Every row is train.py itself (its trainer, evaluation and logs), run in this process with random
weights of the shape (performance/shapes.py). `ladder` goes from the recipe as written to the plan,
one thing after the other. `cards` caps the memory that torch may take, less half a GiB for the CUDA
context, to what a smaller card has. Prints one JSON line a row; the speed is that of the second
half of the steps, when kernels are compiled and graphs made, and beside it that of all steps.
"""

import gc
import io
import json
import os
import random
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import harmonic_mean

import torch
from accelerate.state import AcceleratorState

from performance.cards import cap_memory
from performance.ladder import full_logits_loss, ladder, whole_last_layer
from performance.make_gemma_shape import make_tokenizer
from performance.shapes import make_config, make_model
from text2sql.cli import run
from text2sql.errors import UserError
from text2sql.files import read_json
from text2sql.flags import parse_flags
from text2sql.models.loading import choose_device
from text2sql.training.checkpoints import list_checkpoints

ROOT = Path(__file__).parent.parent
EPOCH = ["--max_steps", "800", "--eval_steps", "800", "--logging_steps", "20"]  # as Spider's
SHORT = ["--max_steps", "24", "--eval_steps", "24", "--logging_steps", "4", "--limit", "200"]
LONGER = ["--max_steps", "400", "--eval_steps", "400"]  # for which the plan makes CUDA graphs

EXACT = ["--lora_dropout", "0", "--max_steps", "40", "--eval_steps", "40", "--logging_steps", "1"]
EIGHTY = ["--max_steps", "80", "--eval_steps", "80"]
EAGER = [*EIGHTY, "--fix", "cuda_graphs=False"]
ALL_LINEAR = ["--lora_target_modules", "all-linear", "--lora_r", "16"]
AT_ONCE = 16  # examples of a large batch


def large_batch(batch_size: int) -> list[str]:
    """Return the flags of 2,048 examples in steps of `batch_size`, over the processes there are."""
    share = batch_size // int(os.environ.get("WORLD_SIZE", 1))
    at_once = min(share, AT_ONCE)
    steps = str(2048 // batch_size)
    flags = ["--max_steps", steps, "--eval_steps", steps, "--logging_steps", "2"]
    flags += ["--per_device_train_batch_size", str(at_once)]
    return [*flags, "--gradient_accumulation_steps", str(share // at_once)]


SPEED = {
    "plan": [],
    "paper": [*SHORT, "--plan", "paper", "--max_steps", "8", "--eval_steps", "8"],
    "plan, no fused layers": ["--fix", "fused=False"],
    "plan, no CUDA graphs": EAGER,
    "plan, neither": [*EAGER, "--fix", "fused=False"],
    "plan, not packed": [*EAGER, "--fix", "packed=False"],
    "plan, NF4 kept": [*EAGER, "--fix", "dequantize=False"],
    "plan, 4 × 2": [*EIGHTY, "--per_device_train_batch_size", "4"],
    "exact plan": [*EXACT, "--fix", "cuda_graphs=True"],
    "exact eager": [*EXACT, "--fix", "cuda_graphs=False"],
    "exact paper": [*EXACT, "--plan", "paper"],
    "whole run": ["--max_steps", "1200", "--eval_steps", "200"],
    "all linear layers": [*LONGER, *ALL_LINEAR, "--fix", "cuda_graphs=True"],
    "all linear layers, no CUDA graphs": [*EAGER, *ALL_LINEAR],
    "batch of 8": ["--max_steps", "240", "--eval_steps", "240", "--fix", "cuda_graphs=True"],
    "batch of 32": large_batch(32),
    "batch of 128": large_batch(128),
}
CARDS = {
    "gemma-2b": (6, 8, 12, 16, 24, 40, 80),
    "mistral-7b": (12, 16, 24),
    "llama-3-8b": (12, 16, 24),
}


@dataclass
class Flags:
    spider_dir: str
    work_dir: str
    num_questions: int = 700  # of Spider's train split, a random sample
    table: str = "speed"
    shape: str = "gemma-2b"  # of speeds and of the ladder
    rows: str = ""  # names of the rows wanted, separated by ";"; all if there are none
    max_steps: int | None = None  # in place of the number of steps of every row


def main() -> None:
    flags, _ = parse_flags(Flags, __doc__)
    if torch.cuda.is_available():
        torch.cuda.set_device(choose_device())
    work_dir = Path(flags.work_dir)
    prepare_prompts(Path(flags.spider_dir), work_dir, flags.num_questions)
    steps = [] if flags.max_steps is None else [str(flags.max_steps)]
    for name, shape, gib, settings in rows_of(flags.table, flags.shape):
        if not flags.rows or name in flags.rows.split(";"):
            for number in steps:
                settings += ["--max_steps", number, "--eval_steps", number]
            measure(name, shape, gib, settings, work_dir)


def rows_of(table: str, shape: str) -> Iterator[tuple[str, str, float | None, list[str]]]:
    """Yield name, shape, GiB of the card and train.py's flags of each row."""
    if table == "speed":
        for name, extra in SPEED.items():
            yield name, shape, None, [*EPOCH, *extra]
    elif table == "ladder":
        for name, extra in ladder().items():
            yield name, shape, None, extra
    else:
        for shape, sizes in CARDS.items():
            for gib in sizes:
                steps = LONGER if gib >= 40 else []
                yield f"{shape} at {gib} GB", shape, gib, [*SHORT, *steps]
            if shape == "gemma-2b":  # runs out of memory and continues with a smaller plan
                name = f"{shape} at 12 GB, planned for too much"
                yield name, shape, 12, [*SHORT, "--fix", "SAFETY=0.4"]


def prepare_prompts(spider_dir: Path, work_dir: Path, num_questions: int = 700) -> None:
    """Write a tokenizer, and prompts of a random sample of Spider's questions."""
    if (work_dir / "processed_data").exists():
        return
    sample_dir = work_dir / "spider"
    sample_dir.mkdir(parents=True, exist_ok=True)
    for name in ("tables.json", "dev.json", "database"):
        (sample_dir / name).symlink_to((spider_dir / name).resolve())
    questions = json.loads((spider_dir / "train_spider.json").read_text(encoding="utf-8"))
    sample = random.Random(42).sample(questions, num_questions)
    (sample_dir / "train_spider.json").write_text(json.dumps(sample))
    make_tokenizer(spider_dir).save_pretrained(work_dir / "model")
    make_config("gemma-2b").save_pretrained(work_dir / "model")
    command = ["preprocess.py", "--spider_dir", sample_dir, "--model_id", work_dir / "model"]
    command += ["--output_dir", work_dir / "processed_data", "--holdout_fraction", "0.05"]
    subprocess.run([sys.executable, *map(str, command)], cwd=ROOT, check=True, capture_output=True)


def measure(name: str, shape: str, gib: float | None, extra: list[str], work_dir: Path) -> None:
    """Run train.py in this process and print what it took, or why it stopped."""
    launch = os.environ.get("MASTER_PORT", os.getpid())  # the same for all processes of a launch
    output_dir = work_dir / f"run-{launch}-{name.replace(' ', '_')}"
    shutil.rmtree(output_dir, ignore_errors=True)
    began = time.time()
    try:
        make_config(shape).save_pretrained(work_dir / f"{shape}-config")
        with emulated(shape, work_dir / f"{shape}-config", gib, take_fixes(extra)):
            command = ["train.py", "--data_dir", work_dir / "processed_data"]
            command += ["--output_dir", output_dir, "--disable_tqdm", "true", *extra]
            run_train([str(part) for part in command])
        if int(os.environ.get("RANK", 0)) > 0:
            return  # the first process writes the record
        row = read_row(output_dir)
    except UserError as error:
        row = {"stopped": str(error)}
    except Exception:
        row = {"failed": traceback.format_exc()[-1500:]}
    row |= {"seconds": round(time.time() - began, 1)}
    print(json.dumps({"row": name, **row}, ensure_ascii=False), flush=True)


def take_fixes(extra: list[str]) -> dict[str, float | bool]:
    """Remove `--fix name=value` from the flags; return what they fix of the plan by hand."""
    fixed: dict[str, float | bool] = {}
    while "--fix" in extra:
        at = extra.index("--fix")
        name, _, value = extra[at + 1].partition("=")
        fixed[name] = float(value) if name.isupper() else value == "True"
        del extra[at : at + 2]
    return fixed


@contextmanager
def emulated(shape: str, config_dir: Path, gib: float | None, fixed: dict) -> Iterator[None]:
    """Give train.py a random model of the shape, and a card of that memory, within the block."""
    from transformers.models.gemma import modeling_gemma

    from text2sql.models import last_layer
    from text2sql.training import build, plan
    from text2sql.training.trainer import AdapterTrainer

    safety, forward_selected = plan.SAFETY, last_layer.forward_selected
    compute_loss = AdapterTrainer.compute_loss
    if fixed.pop("FULL_LOGITS", 0):
        AdapterTrainer.compute_loss = full_logits_loss(compute_loss)
    if fixed.pop("WHOLE_LAST_LAYER", 0):
        last_layer.forward_selected = whole_last_layer(forward_selected)
    plan.SAFETY = fixed.pop("SAFETY", safety)
    config = make_config(shape)

    def load_random_model(
        model_id, *, load_in_4bit, dtype, device, dequantize=False, placement="own"
    ):
        cap_memory(None)  # what making the weights takes is not what loading them takes
        kept = {"load_in_4bit": load_in_4bit, "dequantize": dequantize}
        model = make_model(config, dtype, device, **kept)
        torch.cuda.empty_cache()
        cap_memory(gib)
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        model.name_or_path = str(config_dir)  # PEFT compares the vocabulary with that of its config
        return model

    originals = build.load_config, build.load_base_model, build.choose_plans
    replaced_for_good = ("apply_rotary_pos_emb", "GemmaRMSNorm", "GemmaMLP")  # by Liger
    plain_layers = {name: getattr(modeling_gemma, name) for name in replaced_for_good}
    build.load_config = lambda model_id: config
    build.load_base_model = load_random_model
    build.choose_plans = lambda *given: [replace(plan, **fixed) for plan in originals[2](*given)]
    cap_memory(gib)
    try:
        yield
    finally:
        plan.SAFETY, last_layer.forward_selected = safety, forward_selected
        AdapterTrainer.compute_loss = compute_loss
        build.load_config, build.load_base_model, build.choose_plans = originals
        for name, plain in plain_layers.items():
            setattr(modeling_gemma, name, plain)
        cap_memory(None)
        AcceleratorState._reset_state()
        gc.collect()
        torch.cuda.empty_cache()


def run_train(command: list[str]) -> None:
    import train

    sys.argv = command
    with redirect_stdout(io.StringIO()):
        train.main()


def read_row(output_dir: Path) -> dict:
    """Return plan, speed, peak and losses of the run in the folder."""
    record = read_json(output_dir / "run.json")
    checkpoint = list_checkpoints(output_dir)[-1]
    history = read_json(checkpoint / "trainer_state.json")["log_history"]
    logs = [entry for entry in history if "loss" in entry]
    speeds = [entry["examples_per_second"] for entry in logs]
    evaluation = next(entry for entry in history if "eval_loss" in entry)
    return {
        "processes": record["num_processes"],
        "plan": record["plan"],
        "examples_per_second": round(harmonic_mean(speeds[len(speeds) // 2 :]), 2),
        "examples_per_second_of_all": round(harmonic_mean(speeds), 2),
        "examples_per_second_by_log": speeds,
        "train_seconds": record["train_seconds"],
        "peak_gib": record["peak_memory_gib"],
        "losses": [round(entry["loss"], 5) for entry in logs],
        "eval_loss": evaluation["eval_loss"],
        "eval_examples_per_second": evaluation["eval_samples_per_second"],
    }


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    run(main)
