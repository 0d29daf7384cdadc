"""The training text: English, and synthetic text-to-SQL generated while the model trains."""

from __future__ import annotations

import lzma
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from demo.pretraining.documents import LEARNED, make_document
from demo.pretraining.lexicon import Lexicon
from demo.pretraining.tokenizer import train_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

HELD_OUT_SHARE = 0.01  # the last English documents, never trained on
BOS, EOS = 2, 1
LENGTH = 1024  # tokens per row
CHUNK_TOKENS = 64 * LENGTH
TOKENIZER_BYTES, TOKENIZER_DOCUMENTS = 24_000_000, 8_000

Array: TypeAlias = NDArray[np.generic]
Rows: TypeAlias = tuple[Array, Array]  # token ids and loss weights, each (rows, LENGTH)


def read_english(path: Path, num_characters: int) -> tuple[list[str], list[str]]:
    """Return the training and the held-out documents; -1 reads the whole file."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        documents = file.read(num_characters).split("\n\n")
    num_held_out = max(1, round(len(documents) * HELD_OUT_SHARE))
    return documents[:-num_held_out], documents[-num_held_out:]


def make_tokenizer(
    english: list[str], lexicon: Lexicon, vocab_size: int, seed: int
) -> PreTrainedTokenizerFast:
    """Return a tokenizer trained on a sample of the English and on synthetic documents."""
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
    """Processes that tokenize English and generate synthetic chunks in a seeded order."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, lexicon: Lexicon, seed: int, num_workers: int
    ):
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        state = (tokenizer.backend_tokenizer.to_str(), lexicon, seed)
        context = multiprocessing.get_context("spawn")
        self.pool = context.Pool(num_workers, start_worker, state)

    def tokenize_english(self, documents: list[str]) -> Rows:
        parts = [documents[start : start + 500] for start in range(0, len(documents), 500)]
        ids = np.concatenate(self.pool.map(tokenize_part, parts, chunksize=1))
        return to_rows(ids, np.full(len(ids), LEARNED, np.uint8))

    def make_synthetic(self, num_chunks: int) -> Iterator[Rows]:
        """Yield chunks of CHUNK_TOKENS tokens, generated ahead of use."""
        yield from self.pool.imap(make_chunk, range(num_chunks))

    def stop(self) -> None:
        self.pool.terminate()


@dataclass(frozen=True)
class WorkerState:
    tokenizer: Tokenizer
    lexicon: Lexicon
    seed: int


worker_state: WorkerState  # of this process, set by start_worker


def start_worker(tokenizer_json: str, lexicon: Lexicon, seed: int) -> None:
    from tokenizers import Tokenizer

    global worker_state
    tokenizer = Tokenizer.from_str(tokenizer_json)
    tokenizer.no_padding()  # a tokenizer that has padded a batch saves that setting
    worker_state = WorkerState(tokenizer, lexicon, seed)


def tokenize_part(documents: list[str]) -> Array:
    encodings = worker_state.tokenizer.encode_batch(documents, add_special_tokens=False)
    return np.array([id for e in encodings for id in (BOS, *e.ids, EOS)], np.int16)


def make_chunk(number: int) -> Rows:
    """Return the chunk of this number: whole documents, the last one cut off."""
    random = Random(f"{worker_state.seed} {number}")
    ids: list[int] = []
    weights: list[int] = []
    while len(ids) < CHUNK_TOKENS:
        documents = [make_document(worker_state.lexicon, random) for _ in range(40)]
        texts = [text for pieces in documents for text, _ in pieces]
        encodings = iter(worker_state.tokenizer.encode_batch(texts, add_special_tokens=False))
        for pieces in documents:
            ids.append(BOS)
            weights.append(0)
            for _, weight in pieces:
                new_ids = next(encodings).ids
                ids += new_ids
                weights += [weight] * len(new_ids)
            ids.append(EOS)
            weights.append(LEARNED)
    return to_rows(
        np.array(ids[:CHUNK_TOKENS], np.int16), np.array(weights[:CHUNK_TOKENS], np.uint8)
    )


def to_rows(ids: Array, weights: Array) -> Rows:
    num_rows = len(ids) // LENGTH
    size = num_rows * LENGTH
    return ids[:size].reshape(num_rows, LENGTH), weights[:size].reshape(num_rows, LENGTH)


def shuffled_batches(rows: Rows, size: int, seed: int) -> Iterator[Rows]:
    """Yield batches endlessly, in a new order each epoch."""
    generator = np.random.default_rng(seed)
    while True:
        order = generator.permutation(len(rows[0]))
        for start in range(0, len(order) - size + 1, size):
            chosen = np.sort(order[start : start + size])
            yield rows[0][chosen], rows[1][chosen]


def batches(chunks: Iterator[Rows], size: int) -> Iterator[Rows]:
    """Yield batches of `size` rows; the rest of a chunk starts the next batch."""
    ids, weights = next(chunks)
    while True:
        while len(ids) < size:
            more_ids, more_weights = next(chunks)
            ids, weights = np.concatenate((ids, more_ids)), np.concatenate((weights, more_weights))
        yield ids[:size], weights[:size]
        ids, weights = ids[size:], weights[size:]
