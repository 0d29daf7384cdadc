"""Facts about stored texts as tokens: training and decoding are given the same."""

import pytest
from datasets import Dataset, load_from_disk

from text2sql.models.tokenizer import load_tokenizer
from text2sql.prompts.dataset import prompt_text
from text2sql.prompts.tokens import encode_examples, encode_rows, encode_texts


@pytest.fixture(scope="module")
def tokenizer(tiny_gemma_dir):
    return load_tokenizer(str(tiny_gemma_dir))


def test_training_begins_with_exactly_what_decoding_is_given(tokenizer, tiny_prompts_dir):
    rows = load_from_disk(str(tiny_prompts_dir / "train"))
    asked = encode_texts(tokenizer, [prompt_text(row) for row in rows])
    encoded = encode_rows(rows, tokenizer, completion_only=True)
    for row, prompt_ids, trained in zip(rows, asked, encoded, strict=True):
        assert trained["input_ids"][: len(prompt_ids)] == prompt_ids
        assert trained["labels"][: len(prompt_ids)] == [-100] * len(prompt_ids)
        assert trained["labels"][len(prompt_ids) :] == trained["input_ids"][len(prompt_ids) :]
        assert tokenizer.decode(trained["input_ids"]) == row["text"]
        answer = trained["input_ids"][len(prompt_ids) :]
        assert tokenizer.decode(answer) == row["completion"][0]["content"] + "<end_of_turn>\n"


@pytest.mark.parametrize("add_special_tokens", [False, True])
def test_ids_are_the_tokenizers_own_whatever_it_was_asked_before(tokenizer, add_special_tokens):
    texts = ["<bos>SELECT count(*)", "", "  two\n\nlines <eos>", "naïve 模型 🙂 " * 50]
    expected = tokenizer(texts, add_special_tokens=add_special_tokens)["input_ids"]
    tokenizer(texts, padding=True, truncation=True, max_length=8, split_special_tokens=True)
    assert encode_texts(tokenizer, texts, add_special_tokens) == expected
    again = tokenizer(texts, padding=True, truncation=True, max_length=8)["input_ids"]
    assert {len(ids) for ids in again} == {8}


def test_special_tokens_are_split_where_the_tokenizer_says_so(tiny_gemma_dir):
    tokenizer = load_tokenizer(str(tiny_gemma_dir))
    tokenizer.split_special_tokens = True
    (ids,) = encode_texts(tokenizer, ["<eos>"])
    assert ids == tokenizer("<eos>", add_special_tokens=False)["input_ids"]
    assert tokenizer.eos_token_id not in ids


def test_token_that_would_span_the_boundary_is_split_there(tokenizer):
    (whole,) = encode_texts(tokenizer, ["SELECT count"])
    ((prompt_ids, completion_ids),) = encode_examples(tokenizer, ["SELECT co"], ["unt"])
    assert prompt_ids == encode_texts(tokenizer, ["SELECT co"])[0]
    assert completion_ids == encode_texts(tokenizer, ["unt"])[0]
    assert whole != prompt_ids + completion_ids


def test_chat_template_is_not_rendered_for_training(tokenizer, monkeypatch):
    monkeypatch.setattr(tokenizer, "apply_chat_template", lambda *a, **k: pytest.fail())
    rows = Dataset.from_list([{"text": "<bos>Who?Ann<eos>", "num_prompt_chars": 9}])
    (row,) = encode_rows(rows, tokenizer, completion_only=False)
    assert row["labels"] == row["input_ids"]
    assert tokenizer.decode(row["input_ids"]) == "<bos>Who?Ann<eos>"
