"""What the loss sees, and the rows that are refused because they would train a model wrongly."""

import pytest
from datasets import load_from_disk

from text2sql.errors import UserError
from text2sql.models.tokenizer import end_of_turn_id, load_tokenizer
from text2sql.training.label_checks import check_rows, mark_supervised


def test_rows_that_would_train_wrongly_are_refused(tiny_gemma_dir):
    tokenizer = load_tokenizer(str(tiny_gemma_dir))
    bos, end = tokenizer.bos_token_id, end_of_turn_id(tokenizer)
    assert tokenizer.convert_ids_to_tokens(end) == "<end_of_turn>"

    def check(token_ids, labels):
        check_rows({"input_ids": [token_ids], "labels": [labels]}, tokenizer, end)

    check([bos, 9, end], [-100, 9, end])
    check([bos, 9, bos, 9, end], [-100, -100, -100, 9, end])  # as Llama 2 begins each question
    for token_ids, labels, fault in (
        ([bos, 9, end], [-100, -100, -100], "no supervised token"),
        ([bos, bos, 9, end], [-100, -100, 9, end], "begins with more than one <bos>"),
        ([bos, 9, 9], [-100, 9, 9], "no end of turn"),
    ):
        with pytest.raises(UserError, match=fault):
            check(token_ids, labels)


def test_stored_prompts_are_what_the_library_would_train_on(tiny_prompts_dir, tiny_gemma_dir):
    """One <bos>, and the tokens of `text`, however a row is tokenised."""
    tokenizer = load_tokenizer(str(tiny_gemma_dir))
    row = load_from_disk(str(tiny_prompts_dir / "train"))[0]
    chat = tokenizer.apply_chat_template(row["prompt"] + row["completion"])["input_ids"]
    assert chat == tokenizer.encode(row["text"], add_special_tokens=False)
    assert len(chat) == row["num_tokens"] and chat.count(tokenizer.bos_token_id) == 1


def test_supervised_tokens_are_marked_in_place(tiny_gemma_dir):
    tokenizer = load_tokenizer(str(tiny_gemma_dir))
    token_ids = tokenizer.encode("count", add_special_tokens=False)
    labels = [-100, *token_ids, -100]
    bos = tokenizer.bos_token_id
    marked = mark_supervised([bos, *token_ids, bos], labels, tokenizer)
    assert marked == "<bos>⟦count⟧<bos>"
