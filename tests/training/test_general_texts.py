"""The texts on which training shows forgetting: which files are read, and how many texts."""

import json
import re

import pytest

from text2sql.errors import UserError
from text2sql.models.device import ModelShape
from text2sql.models.tokenizer import load_tokenizer
from text2sql.training.general_texts import (
    DEFAULT_FILE,
    HEAD_PASSES,
    MAX_SHARE,
    MAX_TEXT_TOKENS,
    MIN_TEXTS,
    GeneralTexts,
    affordable_tokens,
    encode_general_texts,
    read_general_texts,
    spread,
)


def test_our_own_texts_are_of_many_kinds_and_hold_no_sql():
    rows = [json.loads(line) for line in DEFAULT_FILE.read_text(encoding="utf-8").splitlines()]
    texts = [row["text"] for row in rows]
    assert read_general_texts(None).texts == tuple(texts)
    assert len(texts) == len(set(texts)) == 240
    assert not [text for text in texts if re.search(r"\bselect\b.*\bfrom\b", text, re.I | re.S)]
    kinds = [row["kind"] for row in rows]
    assert len(set(kinds)) == 9
    assert set(spread(kinds, MIN_TEXTS)) == set(kinds)  # however few are measured


def test_file_has_a_text_per_line_or_an_object_per_line(tmp_path):
    lines, rows = tmp_path / "a.txt", tmp_path / "b.jsonl"
    lines.write_text("\ufeffOne line.\n\n  Another one.\r\n", encoding="utf-8")
    rows.write_text('{"text": "Two\\nlines."}\n\n{"text": "Il pleut.", "kind": "x"}\n')
    assert read_general_texts(str(lines)).texts == ("One line.", "Another one.")
    assert read_general_texts(str(rows)).texts == ("Two\nlines.", "Il pleut.")
    assert read_general_texts("none") is None


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.txt", None, "no such file"),
        (".", None, "cannot be read"),
        ("a.txt", b"\n \n", "has no text"),
        ("a.txt", b"\xff\xfe\x00d", "not UTF-8"),
        ("a.jsonl", b'{"text": "a"}\nplain\n', "line 2 is not JSON"),
        ("a.json", b'["a", "b"]\n', "line 1 is not an object"),
        ("a.jsonl", b'{"text": 3}\n', 'a string as "text"'),
        ("a.jsonl", b'{"text": ""}\n', "has no text"),
    ],
)
def test_bad_file_ends_in_one_message_that_says_what_to_do(tmp_path, name, content, fault):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=fault) as refused:
        read_general_texts(str(tmp_path / name))
    assert "one text per line" in str(refused.value) and "none" in str(refused.value)


@pytest.fixture(scope="module")
def tokenizer(tiny_gemma_dir):
    return load_tokenizer(str(tiny_gemma_dir))


def test_texts_begin_with_one_bos_and_are_cut(tokenizer, tmp_path):
    general = GeneralTexts(tmp_path, ("Once", "<bos>Twice", "long " * 999))
    encoded = encode_general_texts(general, tokenizer, max_tokens=10**9)
    assert [tokens.count(tokenizer.bos_token_id) for tokens in encoded] == [1, 1, 1]
    assert len(encoded[2]) == MAX_TEXT_TOKENS


def test_as_many_texts_are_taken_as_their_tokens_allow_but_never_fewer_than_a_few(tokenizer):
    general = read_general_texts(None)
    everything = encode_general_texts(general, tokenizer, max_tokens=10**9)
    some = encode_general_texts(general, tokenizer, max_tokens=5000)
    assert len(everything) == 240
    assert 4000 < sum(map(len, some)) <= 5000
    assert encode_general_texts(general, tokenizer, 0) == spread(everything, MIN_TEXTS)


def test_file_whose_texts_have_nothing_to_predict_is_refused(tokenizer, tmp_path):
    tokenizer_without_bos = load_tokenizer(tokenizer.name_or_path)
    tokenizer_without_bos.backend_tokenizer.post_processor = None
    with pytest.raises(UserError, match="no text has a token after its first"):
        encode_general_texts(GeneralTexts(tmp_path, ("a", "b")), tokenizer_without_bos, 100)


def test_evaluations_and_the_start_cost_a_small_share_of_the_training():
    shape = ModelShape(18, 2048, 16384, 256_000, 1_981_808_640, 524_288_000)  # Gemma-2B's
    num_train_tokens, num_evaluations = 800 * 3719, 4
    tokens = affordable_tokens(shape, num_train_tokens, num_evaluations)
    head = shape.hidden_size * shape.vocab_size
    cost = 5 * tokens * (shape.num_linear_parameters + HEAD_PASSES * head)
    trained = 2 * num_train_tokens * shape.num_linear_parameters
    assert 0.99 * MAX_SHARE * trained < cost <= MAX_SHARE * trained
    assert tokens > 10_000  # the recipe's evaluations can afford all of our own texts
    assert affordable_tokens(shape, num_train_tokens, 400) < 200
