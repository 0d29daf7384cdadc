"""The report for a paper: report.tex with booktabs tables, references.bib and tradeoff.pdf.

report.tex is a fragment to \\input; its first lines name the packages that it needs.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from text2sql.counts import how_many
from text2sql.files import atomic_write, write_text
from text2sql.report.bibliography import (
    BENCHMARKS,
    HARNESS,
    PROJECT,
    SPIDER,
    TEST_SUITES,
    bibliography,
    cited_keys,
)
from text2sql.report.comparison_rows import (
    QUESTION_COLUMNS,
    item_cells,
    question_row,
    shown_p,
    unit_of,
)
from text2sql.report.content import Report
from text2sql.report.table import Table
from text2sql.report.tables import recipes_table
from text2sql.report.text import p_value
from text2sql.report.tradeoff_plot import draw_tradeoff

LATEX_NAME, REFERENCES_NAME, FIGURE_NAME = "report.tex", "references.bib", "tradeoff.pdf"
LATEX_LABELS = {
    "execution_accuracy": "EX",
    "test_suite_accuracy": "test-suite accuracy",
    "exact_match": "EM",
}
# A [ or * that begins a row would be read as an argument of the line break before it.
ESCAPES = {
    "\\": r"\textbackslash{}",
    **{letter: f"\\{letter}" for letter in "{}$&#%_"},
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    "[": "{[}",
    "*": "{*}",
    "−": "$-$",
}
PREAMBLE = r"""% Made by evaluate.py: \input{report} in a paper whose preamble has
% \usepackage{booktabs,graphicx}, and whose bibliography has references.bib."""
FIGURE = r"""\begin{figure}
\centering
\includegraphics[width=\linewidth]{tradeoff}
\caption{%s}
\label{fig:text2sql-tradeoff}
\end{figure}"""


def write_latex(output_dir: Path, report: Report) -> None:
    """Write report.tex, references.bib and, where there is a trade-off, tradeoff.pdf."""
    figure_path = output_dir / FIGURE_NAME
    figure_path.unlink(missing_ok=True)  # an earlier report's
    if report.tradeoff.points:
        with atomic_write(figure_path) as temporary:
            temporary.write_bytes(draw_tradeoff(report, "pdf"))
    write_text(output_dir / LATEX_NAME, as_latex(report))
    write_text(output_dir / REFERENCES_NAME, bibliography(report))


def as_latex(report: Report) -> str:
    """Return the tables of scores, benchmarks and trade-off, and the plot, as floats."""
    return "\n\n".join([PREAMBLE, *floats(report)]) + "\n"


def floats(report: Report) -> Iterator[str]:
    scores = scores_by_split(report)
    if scores.rows:
        yield table_float(scores, scores_caption(report), "scores")
    benchmarks = all_benchmarks(report)
    if benchmarks.rows:
        yield table_float(benchmarks, benchmarks_caption(report), "benchmarks")
    if report.tradeoff.points:
        caption = escape(
            "Gain in execution accuracy against the change of the mean over benchmarks, in "
            "points with 95 % intervals."
        )
        yield table_float(recipes_table(report), caption, "tradeoff")
        yield FIGURE % caption


def scores_by_split(report: Report) -> Table:
    """Return each fine-tuned recipe on each split, score by score, with both readings."""
    rows = []
    for split in report.scoring_splits.values():
        for recipe in report.main_recipes:
            compared = split.comparisons.get(recipe, {})
            for score, label in LATEX_LABELS.items():
                if score in compared:
                    row = question_row(label, compared[score]["all"])
                    rows.append([split.name, recipe, *row])
    return Table(["split", "variant", "score", report.base, "variant's", *QUESTION_COLUMNS], rows)


def scores_caption(report: Report) -> str:
    """Return what was asked, how often, and what the intervals sample."""
    cited = f"Spider \\cite{{{SPIDER}}}"
    if TEST_SUITES in cited_keys(report):
        cited += f", test-suite accuracy \\cite{{{TEST_SUITES}}}"
    counts = [
        f"{split.name}: {how_many(split.n, 'question')}, "
        f"{how_many(split.num_databases, 'database')}, "
        f"{how_many(split.num_gold_queries, 'gold query', 'gold queries')}"
        for split in report.scoring_splits.values()
    ]
    return (
        f"{cited}, in percent; differences in points with 95\\,\\% intervals over new databases "
        f"and over gold queries on these databases \\cite{{{PROJECT}}}. "
        f"{escape('; '.join(counts))}."
    )


def all_benchmarks(report: Report) -> Table:
    """Return each fine-tuned recipe on each benchmark and on their mean."""
    rows = []
    for recipe in report.main_recipes:
        for name, content in report.benchmarks.items():
            if recipe in content.comparisons:
                compared = content.comparisons[recipe]
                label = f"{name} ({content.num_fewshot}-shot, {content.metric})"
                cells = item_cells(compared, shown_p(compared), unit_of(content))
                rows.append([label, recipe, *cells])
        mean = report.mean_over_benchmarks.get(recipe)
        if mean:
            label = f"mean of {len(mean.benchmarks or [])} above chance"
            rows.append([label, recipe, *item_cells(mean, p_value(mean.p_value))])
    header = ["benchmark", "variant", report.base, "variant's", "difference"]
    return Table([*header, "95 %", "other subtasks, 95 %", "n", "p"], rows)


def benchmarks_caption(report: Report) -> str:
    shares = [content.is_share for content in report.benchmarks.values()]
    papers = [key for key in cited_keys(report) if key in BENCHMARKS.values()]
    cited = ",".join([HARNESS, *papers])
    return (
        f"General benchmarks \\cite{{{cited}}}, in percent; differences in points with 95\\,\\% "
        "intervals, p corrected by Holm except that of the mean."
        + ("" if all(shares) else " Metrics that are not a share are in their own unit.")
    )


def table_float(table: Table, caption: str, label: str) -> str:
    """Return the table as a float as wide as the page; `caption` is LaTeX."""
    lines = [
        r"\begin{table*}",
        r"\centering",
        r"\footnotesize",
        f"\\caption{{{caption}}}",
        f"\\label{{tab:text2sql-{label}}}",
        as_tabular(table),
        r"\end{table*}",
    ]
    return "\n".join(lines)


def as_tabular(table: Table) -> str:
    header, *rows = (" & ".join(map(escape, row)) + r" \\" for row in [table.header, *table.rows])
    columns = "l" + "r" * (len(table.header) - 1)
    return "\n".join(
        [
            f"\\begin{{tabular}}{{{columns}}}",
            *(r"\toprule", header, r"\midrule", *rows, r"\bottomrule"),
            r"\end{tabular}",
        ]
    )


def escape(text: str) -> str:
    """Return the text as LaTeX prints it, on one line; hyphens do not join to a dash."""
    escaped = "".join(ESCAPES.get(letter, letter) for letter in " ".join(text.split()))
    return re.sub("-(?=-)", "-{}", escaped).replace("–", "--")
