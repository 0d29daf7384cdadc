"""Items that belong together, by the documents of the harness."""

import pytest

from text2sql.errors import UserError
from text2sql.report.benchmark_clusters import cluster_of

SURGEON = "Sarah was a much better surgeon than Maria so _ always got the {} cases."


def winogrande(sentence: str, *options: str) -> dict:
    return {"sentence": sentence, "option1": options[0], "option2": options[1], "answer": "1"}


def mmlu(question: str) -> dict:
    return {"question": question, "subject": "history", "choices": ["a", "b"], "answer": 0}


def test_winogrande_sentences_with_one_word_exchanged_are_twins():
    easier = cluster_of(winogrande(SURGEON.format("easier"), "Sarah", "Maria"), None)
    harder = cluster_of(winogrande(SURGEON.format("harder"), "Maria", "Sarah"), None)
    other = cluster_of(winogrande("The cat of Sarah sees Maria _.", "Sarah", "Maria"), None)
    assert easier == harder
    assert easier[0] == "twins"
    assert other != easier


def test_mmlu_questions_about_one_passage_belong_together():
    first, second = (
        cluster_of(mmlu(f"This question refers to the following.\n“We hold …”\n{question}"), None)
        for question in ("Who wrote it?", "When was it written?")
    )
    assert first == second
    assert first[0] == "passage"
    assert cluster_of(mmlu("What is 2 + 2?"), None) is None


@pytest.mark.parametrize(
    ("document", "cluster"),
    [
        ({"ctx": "A man", "source_id": "wikihow~1"}, ("source", "wikihow~1")),
        ({"ctx": "A man", "source_id": ""}, None),
        ({"phenomenon": "agreement", "choices": []}, ("phenomenon", "agreement")),
        ({"group": 0, "story": "It rained"}, ("group", "0")),
        ({"question": "Why?", "choices": {"text": []}}, None),
    ],
    ids=["HellaSwag", "without source", "own phenomenon", "own group", "ARC"],
)
def test_documents_tell_what_belongs_together(document, cluster):
    assert cluster_of(document, None) == cluster


def test_field_that_the_user_names_goes_before_all():
    assert cluster_of({"group": 0, "topic": "birds"}, "topic") == ("topic", "birds")


def test_field_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(UserError, match=r"no field topic among group, story"):
        cluster_of({"story": "It rained", "group": 0}, "topic")
