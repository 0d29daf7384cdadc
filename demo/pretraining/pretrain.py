"""Make the demo's model from English text and a seed, on one large GPU in about nine minutes:

    python -m demo.pretraining.pretrain --english english.txt.xz

The text is UTF-8, compressed with xz, with blank lines between documents. Tokenizer, lexicon and
synthetic documents depend only on the text and the seed. The schedule follows the clock, so the
number of training steps depends on the machine. `--seconds 60 --trial` tries it out on a CPU.
"""

from __future__ import annotations

import argparse
import copy
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from demo.pretraining.lexicon import make_lexicon
from demo.pretraining.text_stream import (
    Workers,
    batches,
    make_tokenizer,
    read_english,
    shuffled_batches,
)
from text2sql.files import sha256_of_file, write_json

if TYPE_CHECKING:
    from transformers import GemmaForCausalLM, PreTrainedTokenizerFast

MODEL_DIR = Path(__file__).parents[1] / "model"
LEXICON_CHARACTERS = 60_000_000
NUM_CHUNKS = 60_000  # more than any run consumes
ROWS = (56, 72)  # of English and of synthetic text per batch
TRIAL_ROWS, TRIAL_CHARACTERS = (2, 2), 6_000_000


def main() -> None:
    started = time.monotonic()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--english", type=Path, required=True)
    parser.add_argument("--output_dir", type=Path, default=MODEL_DIR)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--seconds", type=float, default=540, help="for everything, with start-up")
    parser.add_argument("--trial", action="store_true", help="little text, small batches")
    pretrain(parser.parse_args(), started)


def pretrain(arguments: argparse.Namespace, started: float) -> None:
    """Write tokenizer, model and `build.json`, the facts of the run, to the output folder."""
    from demo.pretraining.trainer import SHAPE, Trainer, build_model

    def report(done: str) -> None:
        print(f"{time.monotonic() - started:.0f} s: {done}", flush=True)

    seed, num_rows = arguments.seed, TRIAL_ROWS if arguments.trial else ROWS
    documents, held_out = read_english(
        arguments.english, TRIAL_CHARACTERS if arguments.trial else -1
    )
    report(f"{len(documents)} English documents, {len(held_out)} held out")
    lexicon = make_lexicon("\n".join(documents)[:LEXICON_CHARACTERS])
    report(f"{len(lexicon.words)} words in the lexicon")
    tokenizer = make_tokenizer(documents, lexicon, SHAPE["vocab_size"], seed)
    report("tokenizer trained")
    num_workers = max(1, len(os.sched_getaffinity(0)) - 3)  # the others launch GPU kernels
    workers = Workers(tokenizer, lexicon, seed, num_workers)
    rows, held_out_rows = map(workers.tokenize_english, (documents, held_out))
    report(f"{rows[0].size / 1e6:.1f} M tokens of English")
    model = build_model(seed)
    trainer = Trainer(model, num_rows)
    english = shuffled_batches(rows, num_rows[0], seed)
    synthetic = batches(workers.make_synthetic(NUM_CHUNKS), num_rows[1])
    trainer.compile()
    report(f"training starts on {trainer.device} beside {num_workers} processes")
    facts = trainer.train(english, synthetic, arguments.seconds - (time.monotonic() - started))
    workers.stop()
    save_model(model, tokenizer, arguments.output_dir)
    facts |= {
        "loss_on_held_out_english": trainer.measure(held_out_rows),
        "english_tokens": rows[0].size,
        "english_sha256": sha256_of_file(arguments.english),
        "rows_per_batch": num_rows,
        "seed": seed,
        "device": trainer.device_name,
    }
    write_json(arguments.output_dir / "build.json", facts)
    report(str(facts))


def save_model(
    model: GemmaForCausalLM, tokenizer: PreTrainedTokenizerFast, output_dir: Path
) -> None:
    """Write the model in bf16 and its tokenizer; files of other names in the folder stay."""
    import torch

    part_dir = output_dir.with_name(f"{output_dir.name}.part")
    shutil.rmtree(part_dir, ignore_errors=True)
    tokenizer.save_pretrained(part_dir)
    copied = copy.deepcopy(model)
    copied.to("cpu", torch.bfloat16)  # type: ignore[arg-type]
    copied.save_pretrained(part_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    for path in part_dir.iterdir():
        path.replace(output_dir / path.name)
    part_dir.rmdir()


if __name__ == "__main__":
    main()
