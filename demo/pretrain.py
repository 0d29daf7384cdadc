"""Make the demo's small model from a text and a seed, on one large GPU in seven minutes:

    python -m demo.pretrain --english english.txt.xz --output_dir outputs/open_model
    python -m demo.closing --english english.txt.xz --start_from outputs/open_model

The text is UTF-8, compressed by xz, its documents apart by blank lines. Tokenizer, lexicon and
synthetic documents come from it and the seed; how many tokens are read depends on the machine,
since the schedule follows the clock. `--seconds 60 --trial` tries everything on a CPU.
"""

import argparse
import copy
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from demo.lexicon import make_lexicon
from demo.pretrain_data import Rows, Workers, make_tokenizer, read_english
from text2sql.files import sha256_of_file, write_json

MODEL_DIR = Path(__file__).parent / "model"
ROWS = (56, 72)  # of English and of synthetic text in a batch
LEARNING_RATE = 2.5e-3
LEXICON_CHARACTERS = 60_000_000
NUM_CHUNKS = 40_000  # more than any run reads
TRIAL = {"characters": 6_000_000, "rows": (2, 2)}


def main() -> None:
    started = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--english", type=Path, required=True)
    parser.add_argument("--output_dir", type=Path, default=Path("outputs/open_model"))
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--seconds", type=float, default=400, help="of everything, start included")
    parser.add_argument("--learning_rate", type=float, default=LEARNING_RATE)
    parser.add_argument("--rows", type=int, nargs=2, default=ROWS, help="English, synthetic")
    parser.add_argument("--trial", action="store_true", help="little text, small batches")
    arguments = parser.parse_args()
    pretrain(arguments, started)


def pretrain(arguments: argparse.Namespace, started: float) -> None:
    """Write tokenizer, model and `build.json`, what was done, to the output folder."""

    def report(done: str) -> None:
        print(f"{time.monotonic() - started:.0f} s: {done}", flush=True)

    trial = arguments.trial
    documents, held_out = read_english(arguments.english, TRIAL["characters"] if trial else -1)
    report(f"{len(documents)} English documents, {len(held_out)} held out")
    lexicon = make_lexicon("\n".join(documents)[:LEXICON_CHARACTERS])
    report(f"{len(lexicon.words)} words in the lexicon")
    from demo.pretrain_loop import SHAPE, Trainer, build_model

    tokenizer = make_tokenizer(documents, lexicon, SHAPE["vocab_size"], arguments.seed)
    report("tokenizer trained")
    num_workers = max(1, len(os.sched_getaffinity(0)) - 3)  # the rest launches the GPU's work
    workers = Workers(tokenizer, lexicon, arguments.seed, num_workers)
    report(f"{num_workers} processes make the documents")
    rows = workers.tokenize_english(documents)
    held_out_rows = workers.tokenize_english(held_out)
    report(f"{rows[0].size / 1e6:.1f} M tokens of English")
    num_rows = TRIAL["rows"] if trial else tuple(arguments.rows)
    model = build_model(arguments.seed, SHAPE)
    trainer = Trainer(model, num_rows, arguments.learning_rate)
    english = shuffled_batches(rows, num_rows[0], arguments.seed)
    synthetic = batches(workers.make_synthetic(NUM_CHUNKS), num_rows[1])
    trainer.compile()
    report(f"training starts on {trainer.device}")

    def save() -> None:
        save_model(model, tokenizer, arguments.output_dir)

    seconds = arguments.seconds - (time.monotonic() - started)
    facts = trainer.train(english, synthetic, seconds, save)
    workers.stop()
    save()
    facts |= {
        "loss_of_held_out_english": trainer.measure(held_out_rows),
        "english_tokens": rows[0].size,
        "english_sha256": sha256_of_file(arguments.english),
        "rows_in_a_batch": num_rows,
        "learning_rate": arguments.learning_rate,
        "seed": arguments.seed,
        "device": trainer.device,
    }
    write_json(arguments.output_dir / "build.json", facts)
    report(str(facts))


def shuffled_batches(rows: Rows, size: int, seed: int) -> Iterator[Rows]:
    """Yield batches without end; each epoch has an order of its own."""
    generator = np.random.default_rng(seed)
    while True:
        order = generator.permutation(len(rows[0]))
        for start in range(0, len(order) - size + 1, size):
            chosen = np.sort(order[start : start + size])
            yield rows[0][chosen], rows[1][chosen]


def batches(chunks: Iterator[Rows], size: int) -> Iterator[Rows]:
    """Yield batches of so many rows; what a chunk leaves over begins the next batch."""
    rows = next(chunks)
    while True:
        while len(rows[0]) < size:
            rows = tuple(np.concatenate(parts) for parts in zip(rows, next(chunks), strict=True))
        yield tuple(part[:size] for part in rows)
        rows = tuple(part[size:] for part in rows)


def save_model(model, tokenizer, output_dir: Path) -> None:
    """Write model (bf16) and tokenizer; the folder is replaced when they are complete."""
    import torch

    part_dir = output_dir.with_name(f"{output_dir.name}.part")
    shutil.rmtree(part_dir, ignore_errors=True)
    tokenizer.save_pretrained(part_dir)
    copy.deepcopy(model).to("cpu", torch.bfloat16).save_pretrained(part_dir)
    shutil.rmtree(output_dir, ignore_errors=True)
    part_dir.rename(output_dir)


if __name__ == "__main__":
    main()
