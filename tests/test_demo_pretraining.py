"""The demo's pre-training: its text, its loss, and that it saw no validation database's names."""

import lzma
import sqlite3
from random import Random

import numpy as np
import pytest

from demo.pretraining.documents import (
    IGNORED,
    make_chat,
    make_document,
    make_plain,
    make_style,
    write_sql,
)
from demo.pretraining.lexicon import GENERIC_WORDS, SPIDER_DIR, make_lexicon, read_held_out_words
from demo.pretraining.pretrain import MODEL_DIR
from demo.pretraining.questions import make_question
from demo.pretraining.random_schema import make_tables
from demo.pretraining.text_stream import read_english
from text2sql.data.spider import read_examples, read_schemas
from text2sql.prompts.chat import INSTRUCTION

pytestmark = pytest.mark.slow  # each test runs a command or a model

ENGLISH = (SPIDER_DIR.parent / "sources" / "benchmark_text" / "endings.txt").read_text(
    encoding="utf-8"
)


@pytest.fixture(scope="module")
def lexicon():
    return make_lexicon(" ".join([ENGLISH] * 2) + (SPIDER_DIR / "dev.json").read_text().lower())


@pytest.fixture(scope="module")
def documents(lexicon):
    random = Random(3)
    return [make_document(lexicon, random) for _ in range(400)]


@pytest.fixture(scope="module")
def tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(MODEL_DIR)


@pytest.fixture(scope="module")
def model():
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(MODEL_DIR)


def names_of_validation() -> set[str]:
    schemas, names = read_schemas(SPIDER_DIR / "tables.json"), set()
    for db_id in {example.db_id for example in read_examples(SPIDER_DIR / "dev.json")}:
        for table in schemas[db_id].tables:
            names |= {table.name, *(column.name for column in table.columns)}
    return names


def test_every_word_of_the_validation_names_is_held_out_or_generic():
    words = {word for name in names_of_validation() for word in name.split("_")}
    assert words - GENERIC_WORDS <= read_held_out_words()
    assert {"room", "rooms", "clue", "clues", "copy", "shelf"} <= read_held_out_words()


def test_the_generic_words_are_those_that_the_readme_lists():
    listed = (SPIDER_DIR.parent / "README.md").read_text(encoding="utf-8")
    assert all(f"`{word}`" in listed for word in GENERIC_WORDS)


def test_no_random_schema_has_a_name_with_a_held_out_word(lexicon):
    random, held_out = Random(4), read_held_out_words()
    for _ in range(1500):
        for table in make_tables(lexicon, random):
            for name in (table.name, *table.columns):
                assert not held_out & set(name.split("_")), name


def test_every_synthetic_query_runs_on_its_tables(lexicon):
    random = Random(5)
    for _ in range(400):
        tables, style = make_tables(lexicon, random), make_style(random)
        connection = sqlite3.connect(":memory:")
        for table in tables:
            connection.execute(f"CREATE TABLE {table.name} ({', '.join(table.columns)})")
        question, sql = make_question(tables, lexicon, random)
        connection.execute(write_sql(sql, style))
        assert question[-1] in ".?"
        connection.close()


def test_the_same_seed_makes_the_same_documents(lexicon, documents):
    random = Random(3)
    assert [make_document(lexicon, random) for _ in range(20)] == documents[:20]


def test_no_document_has_the_form_of_the_demos_prompts(documents):
    texts = ["".join(text for text, _ in pieces) for pieces in documents]
    assert not any(INSTRUCTION in text for text in texts)
    assert not any("Question:" in text or "\nKeys: " in text for text in texts)


def test_a_chat_answer_is_trained_on_only_after_an_example(lexicon):
    pieces = make_chat(lexicon, Random(6))
    assert pieces[1][1] == IGNORED
    assert all(weight != IGNORED for _, weight in pieces[2:])


def test_a_plain_document_keeps_one_style(lexicon):
    for seed in range(30):
        answers = [text.strip() for text, _ in make_plain(lexicon, Random(seed))[1::2]]
        assert len({answer.split()[0] for answer in answers}) == 1
        assert len({answer.endswith(";") for answer in answers}) == 1


def test_pieces_tokenized_alone_give_the_tokens_of_the_whole(tokenizer, documents):
    for pieces in documents[:150]:
        alone = [tokenizer(text, add_special_tokens=False)["input_ids"] for text, _ in pieces]
        text = "".join(text for text, _ in pieces)
        whole = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert [id for ids in alone for id in ids] == whole
        assert tokenizer.decode(whole) == text


def test_a_name_has_the_same_tokens_in_every_position(tokenizer):
    def pieces(text):
        return tokenizer.convert_ids_to_tokens(tokenizer(text, add_special_tokens=False).input_ids)

    name = pieces(" price")
    assert len(name) == 1
    for text in ("T1.price", "avg(price", "ticket_price", "a, price", "'price", "\nprice"):
        assert pieces(text)[-1:] == name, text
    assert pieces("the Valor")[-1] == pieces("'Valor")[-1]


def test_the_last_hundredth_of_the_english_is_held_out(tmp_path):
    path = tmp_path / "english.txt.xz"
    path.write_bytes(lzma.compress("\n\n".join(map(str, range(300))).encode()))
    documents, held_out = read_english(path, -1)
    assert held_out == ["297", "298", "299"]
    assert documents == [str(number) for number in range(297)]


def test_the_learning_rate_warms_up_stays_constant_and_falls_to_almost_zero():
    from demo.pretraining.trainer import LEARNING_RATE, WARMUP_STEPS, learning_rate

    assert learning_rate(0, 0.0) == pytest.approx(LEARNING_RATE / WARMUP_STEPS)
    assert learning_rate(500, 0.6) == pytest.approx(LEARNING_RATE)
    assert 0 < learning_rate(500, 1.0) <= LEARNING_RATE / 100


def test_the_loss_sums_the_tokens_by_their_weights(model):
    import torch

    from demo.pretraining.trainer import row_losses

    ids = torch.tensor([[2, 50, 60, 70]])
    with torch.no_grad():
        losses = -model(ids).logits[0].log_softmax(-1)[torch.arange(3), ids[0, 1:]]
        for weights in ([0, 20, 20, 20], [0, 0, 20, 0], [0, 20, 2, 0]):
            weight = torch.tensor(weights)[1:].float()
            found, total = row_losses(model, ids, torch.tensor([weights], dtype=torch.uint8))
            assert found.item() == pytest.approx((losses * weight).sum().item() / 20, rel=1e-2)
            assert total.item() == pytest.approx(weight.sum().item() / 20)


def test_weights_are_rounded_as_4_bit_loading_rounds_them():
    import torch
    from bitsandbytes.functional import dequantize_4bit, quantize_4bit

    from demo.pretraining.trainer import round_to_nf4

    weight = torch.randn(64, 128, generator=torch.manual_seed(1)) * 0.02
    packed = quantize_4bit(weight, blocksize=64, quant_type="nf4", compress_statistics=False)
    assert torch.allclose(round_to_nf4(weight), dequantize_4bit(*packed), atol=1e-7)


def test_a_rounded_layer_computes_with_rounded_weights_and_trains_the_unrounded_ones():
    import torch

    from demo.pretraining.trainer import RoundedLinear, round_to_nf4

    layer = RoundedLinear(64, 32, bias=False)
    hidden = torch.randn(3, 64)
    layer.rounding = torch.ones(())
    answer = layer(hidden)
    assert torch.allclose(answer, hidden @ round_to_nf4(layer.weight).T, atol=1e-6)
    answer.sum().backward()
    assert torch.allclose(layer.weight.grad, hidden.sum(0).expand(32, 64), atol=1e-5)
    layer.rounding = torch.zeros(())
    assert torch.allclose(layer(hidden), hidden @ layer.weight.T, atol=1e-6)


def test_a_worker_does_not_pad_though_its_tokenizer_did_before(tokenizer, lexicon):
    from demo.pretraining.text_stream import start_worker, tokenize_part

    tokenizer(["one", "one two three"], padding=True)
    start_worker(tokenizer.backend_tokenizer.to_str(), lexicon, 42)
    ids = tokenize_part(["one", "one two three four five"])
    assert tokenizer.pad_token_id not in ids


def test_the_rest_of_a_chunk_starts_the_next_batch():
    from demo.pretraining.text_stream import batches

    chunks = ((np.arange(4 * n, 4 * n + 4)[:, None], np.zeros((4, 1))) for n in range(3))
    found = batches(chunks, 3)
    assert [next(found)[0].ravel().tolist() for _ in range(3)] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
