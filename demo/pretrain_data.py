"""What the demo's model reads: the English text, and synthetic text-to-SQL made as it is needed."""

import lzma
import multiprocessing
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random

import numpy as np

from demo.lexicon import Lexicon
from demo.synthetic_documents import LEARNED, make_closing_document, make_document
from demo.tokenizer import train_tokenizer

HELD_OUT_SHARE = 0.01  # of the English documents, at the end: never trained on
BOS, EOS = 2, 1
LENGTH = 1024  # tokens of a row
CHUNK_TOKENS = 64 * LENGTH
TOKENIZER_BYTES, TOKENIZER_DOCUMENTS = 24_000_000, 8_000

Rows = tuple[np.ndarray, np.ndarray]  # token ids and the weights of the loss, LENGTH to a row


def read_english(path: Path, num_characters: int) -> tuple[list[str], list[str]]:
    """Return the documents to train on and those held out; -1 reads the whole file."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        documents = file.read(num_characters).split("\n\n")
    num_held_out = max(1, round(len(documents) * HELD_OUT_SHARE))
    return documents[:-num_held_out], documents[-num_held_out:]


def make_tokenizer(english: list[str], lexicon: Lexicon, vocab_size: int, seed: int):
    """Return the tokenizer, trained on some of the English and some synthetic documents."""
    random = Random(f"{seed} tokenizer")
    sample, size = [], 0
    for document in random.sample(english, len(english)):
        sample.append(document)
        size += len(document)
        if size > TOKENIZER_BYTES:
            break
    for _ in range(TOKENIZER_DOCUMENTS):
        sample.append("".join(text for text, _ in make_document(lexicon, random)))
        sample += ["user\n", "model\n"]
    return train_tokenizer(sample, vocab_size)


class Workers:
    """Processes that tokenise English and make synthetic chunks, in an order that a seed fixes."""

    def __init__(self, tokenizer, lexicon: Lexicon, seed: int, num_workers: int):
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        state = (tokenizer.backend_tokenizer.to_str(), lexicon, seed)
        context = multiprocessing.get_context("spawn")
        self.pool = context.Pool(num_workers, start_worker, state)

    def tokenize_english(self, documents: list[str]) -> Rows:
        parts = [documents[start : start + 500] for start in range(0, len(documents), 500)]
        ids = np.concatenate(self.pool.map(tokenize_part, parts, chunksize=1))
        return to_rows(ids, np.full(len(ids), LEARNED, np.uint8))

    def make_synthetic(self, num_chunks: int) -> Iterator[Rows]:
        """Yield chunks of CHUNK_TOKENS tokens; they are made ahead of their use."""
        yield from self.pool.imap(partial(make_chunk, False), range(num_chunks))

    def stop(self) -> None:
        self.pool.terminate()


WORKER: dict = {}  # of each process: tokenizer, lexicon and seed


def start_worker(tokenizer_json: str, lexicon: Lexicon, seed: int) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(tokenizer_json)
    tokenizer.no_padding()  # left on by whoever padded a batch
    WORKER.update(tokenizer=tokenizer, lexicon=lexicon, seed=seed)


def tokenize_part(documents: list[str]) -> np.ndarray:
    encodings = WORKER["tokenizer"].encode_batch(documents, add_special_tokens=False)
    return np.array([id for e in encodings for id in (BOS, *e.ids, EOS)], np.int16)


def make_chunk(closing: bool, number: int) -> Rows:
    """Return the chunk of this number: whole documents, the last one cut."""
    make = make_closing_document if closing else make_document
    random = Random(f"{WORKER['seed']} {'closing ' if closing else ''}{number}")
    ids, weights = [], []
    while len(ids) < CHUNK_TOKENS:
        documents = [make(WORKER["lexicon"], random) for _ in range(40)]
        texts = [text for pieces in documents for text, _ in pieces]
        encodings = iter(WORKER["tokenizer"].encode_batch(texts, add_special_tokens=False))
        for pieces in documents:
            ids.append(BOS)
            weights.append(0)
            for _, weight in pieces:
                new_ids = next(encodings).ids
                ids += new_ids
                weights += [weight] * len(new_ids)
            ids.append(EOS)
            weights.append(LEARNED)
    return to_rows(np.array(ids[:CHUNK_TOKENS], np.int16), np.array(weights[:CHUNK_TOKENS], "u1"))


def to_rows(ids: np.ndarray, weights: np.ndarray) -> Rows:
    num_rows = len(ids) // LENGTH
    size = num_rows * LENGTH
    return ids[:size].reshape(num_rows, LENGTH), weights[:size].reshape(num_rows, LENGTH)
