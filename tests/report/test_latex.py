"""report.tex, references.bib and tradeoff.pdf, for a paper."""

import re
from dataclasses import replace

import pytest
import yaml
from conftest import ROOT
from tiny_evaluation import build_tiny_evaluation, report_of

from text2sql.benchmarks.benchmark import DEFAULT_BENCHMARKS, Benchmark, parse_benchmarks
from text2sql.report.bibliography import (
    HARNESS,
    PROJECT,
    SPIDER,
    benchmark_key,
    bibliography,
    cited_keys,
    read_entries,
)
from text2sql.report.latex import as_latex, as_tabular, escape, write_latex
from text2sql.report.table import Table
from text2sql.report.text import interval, points
from text2sql.study.variants import BASE, Variant

TWO = {BASE: (0.2, 0.7), Variant("finetuned", "finetuned", "run", "outputs/run"): (0.7, 0.6)}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return report_of(build_tiny_evaluation(tmp_path_factory.mktemp("latex"), TWO))


def with_benchmarks(report, *benchmarks: Benchmark):
    return replace(report, study=replace(report.study, benchmarks=list(benchmarks)))


def rows_of(latex: str, label: str) -> list[list[str]]:
    """Return the cells of the table with that label, as a reader sees them."""
    table = latex.split(f"tab:text2sql-{label}")[1].split(r"\end{tabular}")[0]
    body = table.split(r"\midrule")[1].split(r"\bottomrule")[0]
    shown = body.replace("$-$", "−").replace("--", "–")
    return [line.removesuffix(r" \\").split(" & ") for line in shown.strip().splitlines()]


def unescaped_braces(latex: str) -> str:
    return "".join(re.findall("[{}]", re.sub(r"\\.", "", latex)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("r4-seed*", "r4-seed{*}"),
        ("100 % of a_b & c#d $e", r"100 \% of a\_b \& c\#d \$e"),
        (r"\input{secrets}", r"\textbackslash{}input\{secrets\}"),
        ("[2ex] x", "{[}2ex] x"),
        ("a\n\nb", "a b"),
        ("<|im~end|>^", r"\textless{}\textbar{}im\textasciitilde{}end\textbar{}\textgreater{}"
         r"\textasciicircum{}"),
        ("--flag −1.0 –", "-{}-flag $-$1.0 --"),
    ],
    ids=["star", "specials", "command", "bracket", "paragraph", "token", "dashes"],
)  # fmt: skip
def test_text_is_printed_and_not_executed(text, expected):
    assert escape(text) == expected


def test_hostile_names_leave_rows_and_braces_whole():
    hostile = r"}\end{tabular} & \\ % {{ \write18{x}"
    tabular = as_tabular(Table(["a", hostile], [[hostile, "1.0"], ["[x]", hostile]]))
    assert len(tabular.splitlines()) == 8
    assert all(line.count(" & ") == 1 for line in tabular.splitlines() if " & " in line)
    depth = 0
    for brace in unescaped_braces(tabular):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert r"\write" not in tabular


def test_tables_have_the_numbers_of_the_report(report):
    latex = as_latex(report)
    assert unescaped_braces(latex).count("{") == unescaped_braces(latex).count("}")
    scores = rows_of(latex, "scores")
    gain = report.gain
    assert scores[0][:3] == ["validation", "finetuned", "EX"]
    assert scores[0][5:9] == [
        points(gain.difference),
        interval(gain),
        interval(gain.same_databases),
        "60 in 6 databases",
    ]
    benchmarks = rows_of(latex, "benchmarks")
    assert [row[0] for row in benchmarks] == [
        "quiz (0-shot, acc)",
        "riddles (0-shot, acc)",
        "mean of 2 above chance",
    ]
    quiz = report.benchmarks["quiz"].comparisons["finetuned"]
    assert benchmarks[0][4:6] == [points(quiz.difference), interval(quiz)]
    assert benchmarks[2][4:6] == [points(report.change.difference), interval(report.change)]


def test_caption_counts_what_the_intervals_sample(report):
    assert "60 questions, 6 databases, 30 gold queries" in as_latex(report)


def test_bibliography_has_what_the_study_used_and_names_what_it_lacks(report):
    assert cited_keys(report) == [PROJECT, SPIDER, HARNESS]
    text = bibliography(report)
    assert re.findall(r"^@\w+\{(.+),$", text, re.MULTILINE) == [PROJECT, SPIDER, HARNESS]
    assert "% Without an entry here; cite their papers too: quiz, riddles" in text
    plain = with_benchmarks(report, Benchmark("mmlu", 5), Benchmark("arc_easy", 0))
    assert cited_keys(plain)[3:] == ["hendrycks2021mmlu", "clark2018arc"]
    assert "Without an entry" not in bibliography(plain)


def test_every_citation_has_its_entry(report):
    every = with_benchmarks(report, *parse_benchmarks(DEFAULT_BENCHMARKS))
    cited = {
        key for keys in re.findall(r"\\cite\{(.+?)\}", as_latex(every)) for key in keys.split(",")
    }
    assert cited == set(cited_keys(every))
    assert len(cited) == 3 + len(DEFAULT_BENCHMARKS)


def test_default_benchmarks_and_their_parts_have_entries():
    tasks = [benchmark.task for benchmark in parse_benchmarks(DEFAULT_BENCHMARKS)]
    keys = {benchmark_key(task) for task in [*tasks, "mmlu_anatomy", "gsm8k", "blimp"]}
    assert keys < read_entries().keys()
    assert benchmark_key("arcade") is None


def test_entry_of_the_project_agrees_with_citation_cff():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    entry = re.sub("[{}]", "", read_entries()[PROJECT])
    assert f"title = {citation['title']}," in entry
    assert f"version = {citation['version']}," in entry
    assert citation["authors"][0]["name"] in entry


@pytest.mark.slow
def test_figure_is_a_pdf_only_where_there_is_a_tradeoff(report, tmp_path):
    write_latex(tmp_path, report)
    assert (tmp_path / "tradeoff.pdf").read_bytes().startswith(b"%PDF")
    assert r"\includegraphics[width=\linewidth]{tradeoff}" in (tmp_path / "report.tex").read_text()
    without = replace(report, tradeoff=replace(report.tradeoff, points=[]))
    write_latex(tmp_path, without)
    assert not (tmp_path / "tradeoff.pdf").exists()
    assert "includegraphics" not in (tmp_path / "report.tex").read_text()
