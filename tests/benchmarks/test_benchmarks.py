"""Benchmarks through the harness: its own numbers, item by item, and nothing asked twice."""

import json
from pathlib import Path

import pytest
import torch
from lm_eval.api.task import ConfigurableTask
from tiny_gemma import load_in_float32
from tiny_tasks import SIZES, build_tiny_tasks

from text2sql.benchmarks import harness_model
from text2sql.benchmarks.benchmark import parse_benchmark
from text2sql.benchmarks.response_cache import response_cache_path
from text2sql.benchmarks.run import run_benchmark
from text2sql.benchmarks.tasks import load_tasks
from text2sql.errors import UserError
from text2sql.files import read_json
from text2sql.inference import batch_plan, log_likelihood
from text2sql.models.tokenizer import load_tokenizer
from text2sql.report.benchmark_results import BenchmarkResults, FinishedBenchmark, read_results
from text2sql.report.significance import compare_items
from text2sql.seals import SEAL_KEY

pytestmark = pytest.mark.slow  # each test runs a command or a model


@pytest.fixture(autouse=True)
def no_environment_report(monkeypatch):
    """The harness lists the machine's packages in every result, which takes a second."""
    monkeypatch.setattr("lm_eval.evaluator.add_env_info", lambda storage: None)


@pytest.fixture(scope="module")
def tasks_dir(tmp_path_factory):
    return build_tiny_tasks(tmp_path_factory.mktemp("tasks"))


@pytest.fixture(scope="module")
def tokenizer(tiny_gemma_dir):
    return load_tokenizer(str(tiny_gemma_dir))


@pytest.fixture
def model(tiny_gemma_dir):
    return load_in_float32(tiny_gemma_dir)


@pytest.fixture
def measure(model, tokenizer, tasks_dir, tmp_path):
    """Run one benchmark of the small ones; return the path of its results."""

    def run(name, model=model, folder="base", limit=None, batch_size=0, **settings):
        benchmark = parse_benchmark(name)
        path = tmp_path / folder / benchmark.results_file
        run_benchmark(
            benchmark,
            load_tasks([benchmark], tasks_dir)[benchmark.name],
            model,
            tokenizer,
            path,
            settings=settings,
            batch_size=batch_size,
            limit=limit,
        )
        return path

    return run


@pytest.fixture
def texts(monkeypatch):
    """A list that grows by every text that the model is to read."""
    read, read_texts = [], log_likelihood.read_texts

    def reading(*arguments):
        found = read_texts(*arguments)
        read.extend(text.tokens for text in found)
        return found

    monkeypatch.setattr(log_likelihood, "read_texts", reading)
    return read


def read_benchmark(path: Path) -> BenchmarkResults:
    """Return the results of a benchmark whose tasks have one metric."""
    [results] = read_results(path, "benchmark").values()
    return results


@pytest.mark.parametrize("name", ["odd_fruit", "odd_ones", "odd_equally"])
def test_score_is_the_harness_own_and_that_of_the_items(measure, name):
    results = read_benchmark(measure(name))
    raw = read_json(measure(name, folder="again"))
    assert results.score == raw["results"][name]["acc_norm,none"]
    finished = FinishedBenchmark({"base": results})
    assert finished.sample.mean(finished.scores("base")) == pytest.approx(results.score)
    assert results.n == sum(len(items) for items in raw["samples"].values())


@pytest.mark.parametrize(
    ("name", "batch_size", "row_tokens", "tolerance"),
    [
        ("odd_ones", 0, batch_plan.CPU_ROW_TOKENS, 1e-6),
        ("odd_ones", 0, 200, 1e-6),  # blocks of six requests
        ("odd_ones", 4, 200, 0),
        ("odd_ones:2@chat", 0, 200, 1e-6),
        ("spelled@chat", 0, 200, 0),
    ],
)
def test_answers_are_those_of_the_harness_alone(
    measure, tiny_gemma_dir, tasks_dir, monkeypatch, name, batch_size, row_tokens, tolerance
):
    """What the harness' command line runs, with the model loaded by it, gives the same numbers."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    monkeypatch.setattr(batch_plan, "CPU_ROW_TOKENS", row_tokens)
    benchmark = parse_benchmark(name)
    ours = read_json(measure(name, batch_size=batch_size))
    theirs = simple_evaluate(
        "hf",
        model_args=f"pretrained={tiny_gemma_dir},dtype=float32,add_bos_token=True",
        tasks=[benchmark.task],
        num_fewshot=benchmark.num_fewshot,
        batch_size=4,
        device="cpu",
        bootstrap_iters=0,
        apply_chat_template=benchmark.as_chat,
        fewshot_as_multiturn=benchmark.as_chat,
        task_manager=TaskManager(include_path=str(tasks_dir), include_defaults=False),
    )
    assert ours["results"][benchmark.task] == theirs["results"][benchmark.task]
    for task in theirs["samples"]:
        for own, other in zip(ours["samples"][task], theirs["samples"][task], strict=True):
            for key in ("doc_hash", "prompt_hash", *own["metrics"]):
                assert own[key] == other[key]
            if own["filtered_resps"] != other["filtered_resps"]:
                own_scores = [score for score, _ in own["filtered_resps"]]
                other_scores = [score for score, _ in other["filtered_resps"]]
                assert own_scores == pytest.approx(other_scores, rel=tolerance, abs=0)


def test_each_shot_of_a_chat_is_a_turn_and_has_the_only_bos(measure, texts, tokenizer):
    raw = read_json(measure("odd_fruit:2@chat"))
    assert raw["text2sql"]["as_chat"] is True
    for ids in texts:
        assert tokenizer.decode(ids).count("<start_of_turn>model") == 3
        assert [ids[0], ids.count(tokenizer.bos_token_id)] == [tokenizer.bos_token_id, 1]


def test_results_of_tasks_with_different_metrics_have_a_headline_each(measure):
    raw = read_json(measure("mixed"))
    facts = raw["text2sql"]
    assert (facts["benchmark"], facts["metric"], facts["chance"]) == ("mixed", None, None)
    told = {part["benchmark"]: (part["metric"], part["aggregation"]) for part in facts["parts"]}
    assert told == {
        "odd_fruit": ("acc_norm", "mean"),
        "spelled": ("exact_match", "mean"),
        "told": ("word_perplexity", "weighted_perplexity"),
    }
    for part in facts["parts"]:
        assert raw["results"][part["benchmark"]][f"{part['metric']},{part['filter']}"] is not None
    assert [part["higher_is_better"] for part in facts["parts"]] == [True, True, False]


def test_the_harness_bootstraps_nothing(measure):
    results = read_json(measure("odd_fruit"))["results"]["odd_fruit"]
    assert results["acc_norm_stderr,none"] == "N/A"


def test_chance_is_known_for_multiple_choice(measure):
    assert read_benchmark(measure("odd_ones")).chance == pytest.approx(1 / 3)


def test_every_text_begins_with_one_bos(measure, texts, tokenizer):
    measure("odd_fruit:2")
    assert texts
    assert {ids[0] for ids in texts} == {tokenizer.bos_token_id}
    assert all(ids.count(tokenizer.bos_token_id) == 1 for ids in texts)


def test_shots_are_those_that_were_asked_for(measure):
    assert read_benchmark(measure("odd_fruit:2")).num_fewshot == 2


def test_smoke_run_asks_the_first_items(measure):
    results = read_benchmark(measure("odd_fruit", limit=2))
    assert (results.n, results.limit) == (2, 2)


def test_settings_and_versions_stand_in_the_results(measure):
    raw = read_json(measure("odd_fruit", model_id="tiny"))
    assert raw["text2sql"]["settings"] == {"model_id": "tiny"}
    assert "lm_eval" in raw["text2sql"]["versions"]
    assert "arguments" not in raw["samples"]["odd_fruit"][0]


def test_requests_are_built_once_for_all_variants(
    model, tokenizer, tasks_dir, tmp_path, monkeypatch
):
    built, construct = [], ConfigurableTask.construct_requests

    def counting(self, *arguments, **settings):
        built.append(self)
        return construct(self, *arguments, **settings)

    monkeypatch.setattr(ConfigurableTask, "construct_requests", counting)
    benchmark = parse_benchmark("odd_ones")
    tasks = load_tasks([benchmark], tasks_dir)["odd_ones"]
    samples = []
    for variant in ("base", "other"):
        path = tmp_path / variant / "odd_ones.json"
        run_benchmark(benchmark, tasks, model, tokenizer, path, settings={})
        samples.append(read_json(path)["samples"])
    assert samples[0] == samples[1]
    assert len(built) == sum(SIZES.values())


def test_killed_benchmark_asks_only_what_it_had_not_answered(measure, model, texts, monkeypatch):
    monkeypatch.setattr(batch_plan, "CPU_ROW_TOKENS", 200)  # blocks of six requests
    whole = read_json(measure("odd_ones", folder="whole"))["samples"]
    forward, calls, num_texts = model.model.forward, [], len(texts)

    def killed_at_the_third(*args, **kwargs):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return forward(*args, **kwargs)

    monkeypatch.setattr(model.model, "forward", killed_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        measure("odd_ones")
    monkeypatch.setattr(model.model, "forward", forward)
    del texts[:]
    path = measure("odd_ones")
    assert 0 < len(texts) < num_texts
    for task in SIZES:
        for own, other in zip(read_json(path)["samples"][task], whole[task], strict=True):
            assert own["resps"] == other["resps"]  # to the last digit
    assert [file.name for file in path.parent.iterdir()] == ["odd_ones.json"]


def test_answers_of_padded_batches_are_kept_apart(tmp_path):
    paths = {
        response_cache_path(tmp_path / "odd.json", {"adapter": None}, size) for size in (0, 1, 8)
    }
    assert len(paths) == 3


def test_answers_of_another_adapter_are_not_reused(measure, model, texts, monkeypatch):
    forward = model.model.forward
    monkeypatch.setattr(model.model, "forward", lambda *a, **k: pytest.fail("not reached"))
    with pytest.raises(BaseException, match="not reached"):
        measure("odd_fruit", adapter_sha256="one")
    monkeypatch.setattr(model.model, "forward", forward)
    num_texts = len(texts)
    measure("odd_fruit", adapter_sha256="two")
    assert len(texts) == 2 * num_texts


def test_out_of_memory_halves_the_rows(measure, model, monkeypatch, capsys):
    whole = read_benchmark(measure("odd_fruit", folder="whole"))
    forward = model.model.forward

    def small_memory(input_ids, **kwargs):
        if input_ids.numel() > 40:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(input_ids, **kwargs)

    monkeypatch.setattr(model.model, "forward", small_memory)
    assert read_benchmark(measure("odd_fruit")).items == whole.items
    assert "with rows of" in capsys.readouterr().out


def test_a_model_that_rows_do_not_suit_is_asked_as_the_harness_asks_it(measure, model, monkeypatch):
    expected = read_benchmark(measure("odd_fruit", folder="whole"))
    monkeypatch.setattr(harness_model, "supports_packed_attention", lambda config: False)
    monkeypatch.setattr(harness_model, "score_blocks", lambda *a: pytest.fail("rows were packed"))
    assert read_benchmark(measure("odd_fruit")).items == expected.items


def test_items_are_paired_by_what_was_asked(measure):
    path = measure("odd_ones")
    base = read_benchmark(path)
    raw = read_json(path)
    del raw[SEAL_KEY]  # it is taken as it is, like a file of an earlier version
    for sample in raw["samples"]["odd_fruit"]:
        sample["acc_norm"] = 1 - sample["acc_norm"]
    path.write_text(json.dumps(raw))
    other = read_benchmark(path)
    pair = FinishedBenchmark({"base": base, "other": other})
    compared = compare_items(pair.paired("base", ["other"]), pair.sample, pair.cluster)
    assert compared.n == sum(SIZES.values())
    assert compared.num_better + compared.num_worse == SIZES["odd_fruit"]
    raw["samples"]["odd_fruit"][0]["doc_hash"] = "another item"
    path.write_text(json.dumps(raw))
    with pytest.raises(UserError, match="different items"):
        FinishedBenchmark({"base": base, "other": read_benchmark(path)}).scores("other")
