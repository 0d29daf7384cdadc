"""The names that --benchmarks takes."""

import pytest

from text2sql.benchmarks.benchmark import Benchmark, parse_benchmark, parse_benchmarks
from text2sql.errors import UserError


def test_shots_are_the_studys_unless_they_are_named():
    assert parse_benchmark("mmlu").num_fewshot == 5
    assert parse_benchmark("mmlu:0").num_fewshot == 0
    assert parse_benchmark("gsm8k").num_fewshot is None
    assert parse_benchmarks(["none"]) == []


def test_chat_is_part_of_the_name_but_not_of_the_task():
    asked = parse_benchmark("gsm8k:5@chat")
    assert asked == Benchmark("gsm8k@chat", 5, task="gsm8k", as_chat=True)
    assert asked.results_file == "gsm8k@chat.json"
    assert parse_benchmark("ifeval@chat").num_fewshot is None
    assert [b.name for b in parse_benchmarks(["mmlu", "mmlu@chat"])] == ["mmlu", "mmlu@chat"]


@pytest.mark.parametrize(
    "text", ["", "@chat", ":5", "mmlu:five", "mmlu:-1", "mmlu@Chat", "a@chat:5"]
)
def test_a_name_of_another_form_is_told_the_form(text):
    with pytest.raises(UserError, match=r"task\[:shots\]\[@chat\], such as mmlu:5"):
        parse_benchmark(text)


@pytest.mark.parametrize("names", [["none", "mmlu"], ["mmlu", "mmlu:0"], ["", "mmlu"]], ids=str)
def test_benchmarks_that_contradict_each_other_are_refused(names):
    with pytest.raises(UserError, match="--benchmarks"):
        parse_benchmarks(names)
