"""Close the pre-training of the demo's model, on any device in minutes:

    python -m demo.closing --english english.txt.xz --start_from MODEL --output_dir demo/model

The model learns briefly from documents whose chats answer most questions by the columns that they
are about, and only simple ones in SQL; outside of chats SQL stays as it was. Its weights then go a
part of that way. Without it the model answers nearly as well in chat as in the notations that it
was pre-trained on, and the demo's fine-tuning would have little to show.
"""

import argparse
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np

from demo import pretrain_data
from demo.lexicon import make_lexicon
from demo.pretrain import LEXICON_CHARACTERS, MODEL_DIR, batches, save_model, shuffled_batches
from demo.pretrain_data import Rows, read_english
from text2sql.files import read_json, write_json

STEPS, LEARNING_RATE = 15, 2e-4
SHARE = 0.3  # of the way from the weights before to those after
ROWS = (2, 4)  # of English and of synthetic text in a batch
ENGLISH_DOCUMENTS = 1_500  # more than the steps read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--english", type=Path, required=True)
    parser.add_argument("--start_from", type=Path, required=True, help="what demo.pretrain wrote")
    parser.add_argument("--output_dir", type=Path, default=MODEL_DIR)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--share", type=float, default=SHARE, help="of the way there")
    parser.add_argument("--seed", type=int, default=42)
    close(parser.parse_args())


def close(arguments: argparse.Namespace) -> None:
    """Write the model, its tokenizer and `build.json`, what was done, to the output folder."""
    from demo.pretrain_loop import Trainer, load_model

    documents, _ = read_english(arguments.english, -1)
    lexicon = make_lexicon("\n".join(documents)[:LEXICON_CHARACTERS])
    model, tokenizer = load_model(arguments.start_from)
    pretrain_data.start_worker(tokenizer.backend_tokenizer.to_str(), lexicon, arguments.seed)
    english = shuffled_batches(rows_of_english(documents), ROWS[0], arguments.seed)
    trainer = Trainer(model, ROWS, LEARNING_RATE)
    facts = read_json(arguments.start_from / "build.json")
    weights_before = [weight.detach().clone() for weight in model.parameters()]
    facts |= trainer.close(english, batches(closing_chunks(), ROWS[1]), arguments.steps)
    go_back(model, weights_before, 1 - arguments.share)
    facts |= {"closing_share": arguments.share}
    save_model(model, tokenizer, arguments.output_dir)
    write_json(arguments.output_dir / "build.json", facts)


def go_back(model, weights_before: list, share: float) -> None:
    """Move the weights by this share of the way back to those before."""
    for weight, before in zip(model.parameters(), weights_before, strict=True):
        weight.data.lerp_(before, share)


def rows_of_english(documents: list[str]) -> Rows:
    ids = pretrain_data.tokenize_part(documents[:ENGLISH_DOCUMENTS])
    return pretrain_data.to_rows(ids, np.full(len(ids), pretrain_data.LEARNED, np.uint8))


def closing_chunks() -> Iterator[Rows]:
    return (pretrain_data.make_chunk(True, number) for number in count())


if __name__ == "__main__":
    main()
