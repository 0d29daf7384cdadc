"""The report's files: report.json, plots, report.md, .html and .tex, TensorBoard, console."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from text2sql.errors import UserError
from text2sql.files import atomic_write, read_json, refuse_linked_folders, write_json, write_text
from text2sql.report.content import Report
from text2sql.report.example_browser import browser_content
from text2sql.report.latex import write_latex
from text2sql.report.learning_curves import draw_learning_curves
from text2sql.report.notes import notes_of
from text2sql.report.plots import draw_errors, draw_hardness
from text2sql.report.recipes import recipes_of_runs
from text2sql.report.sections import Section, compared_recipes, sections_of
from text2sql.report.sentences import explain, recommendation, summarize
from text2sql.report.split_tables import scores_table
from text2sql.report.table import escape_markdown
from text2sql.report.tables import benchmarks_table, distances_table, recipes_table
from text2sql.report.tensorboard import write_events
from text2sql.report.tradeoff_plot import draw_tradeoff
from text2sql.report.tradeoff_svg import Drawing, draw_both
from text2sql.scoring.scores import warning_of

TEMPLATES_DIR = Path(__file__).parent / "templates"
PLOTS = ("tradeoff.png", "learning_curves.png", "hardness_*.png", "errors_*.png")


@dataclass(frozen=True, kw_only=True)
class Page:
    """What report.md, report.html and TensorBoard show."""

    title: str
    summary: str
    recommendation: str | None
    notes: list[str]
    explanation: list[str]  # of the intervals
    sections: list[Section]


def write_report(output_dir: Path, report: Report) -> None:
    """Write report.json, its plots, report.md, report.html, report.tex and TensorBoard's events.

    report.json is the last: where it is new, the others are. A `UserError` refuses a folder in
    which a link would lead the files elsewhere.
    """
    refuse_linked_folders(output_dir)
    plots = draw_plots(output_dir, report)
    page = build_page(report, plots)
    write_text(output_dir / "report.md", as_markdown(page))
    encoded = {name: base64.b64encode(png).decode() for name, png in plots.items()}
    browser = browser_content(output_dir, report)
    write_text(output_dir / "report.html", as_html(page, encoded, browser, draw_both(report)))
    write_latex(output_dir, report)
    write_events(output_dir / "tensorboard", report, page_texts(page), plots)
    quotable = {
        "summary": page.summary,
        "notes": page.notes,
        "recommendation": page.recommendation,
    }
    write_json(output_dir / "report.json", quotable | report.to_json())


def is_written(output_dir: Path, report: Report) -> bool:
    """Return whether the folder has this report already, whole and made by the same code.

    Code that is not committed is never the same.
    """
    commit = report.made_by["commit"]
    files = ["report.json", "report.md", "report.html", "report.tex", *plots_of(report)]
    if not commit or commit.endswith("-dirty"):
        return False
    if not all((output_dir / name).is_file() for name in files):
        return False
    try:
        earlier = read_json(output_dir / "report.json")
        made, new = content_of(earlier), content_of(report.to_json())
    except (UserError, ValueError, TypeError, AttributeError):  # not ours or damaged: written again
        return False
    return new == {name: made.get(name) for name in new}


def content_of(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what report.json says, without when and by which command it was written."""
    content = {**report, "study": dict(report.get("study") or {})}
    for record in (content, content["study"]):
        for name in ("command", "created"):
            record.pop(name, None)
    return content


def build_page(report: Report, plots: Mapping[str, bytes]) -> Page:
    return Page(
        title=title_of(report),
        summary=summarize(report),
        recommendation=recommendation(report),
        notes=list(notes_of(report)),
        explanation=explain(report),
        sections=list(sections_of(report, list(plots))),
    )


def as_markdown(page: Page) -> str:
    blocks = [f"# {escape_markdown(page.title)}", f"**{escape_markdown(page.summary)}**"]
    if page.recommendation:
        blocks.append(escape_markdown(page.recommendation))
    blocks.append("\n".join(f"- {escape_markdown(note)}" for note in page.notes))
    for section in page.sections:
        title = escape_markdown(section.title)
        blocks += [f"{'#' * section.level} {title}", *map(escape_markdown, section.paragraphs)]
        if section.plot:
            blocks.append(f"![{title}]({section.plot})")
        if section.table:
            blocks.append(section.table.as_markdown())
    blocks += ["## What the intervals mean", *page.explanation]
    blocks.append("Questions and answers, one by one: report.html.")
    return "\n\n".join(blocks) + "\n"


def as_html(
    page: Page,
    plots: Mapping[str, str],
    browser: Mapping[str, Any],
    drawings: Sequence[Drawing] = (),
) -> str:
    """Return one page that needs no network; text from models and data is escaped.

    `browser` comes from `browser_content`; where it has no splits, the page has no examples.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR), autoescape=True, undefined=StrictUndefined
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}  # splits in their order
    content = {item.name: getattr(page, item.name) for item in fields(page)}
    template = environment.get_template("report.html.j2")
    return template.render(plots=plots, browser=browser, drawings=drawings, **content)


def page_texts(page: Page) -> dict[str, str]:
    """Return summary, notes and every table in Markdown."""
    summary = "\n\n".join(filter(None, [page.summary, page.recommendation]))
    notes = "\n".join(f"- {note}" for note in page.notes)
    texts = {"summary": escape_markdown(summary), "notes": escape_markdown(notes)}
    texts["What the intervals mean"] = "\n\n".join(page.explanation)
    tables = {s.title: s.table.as_markdown() for s in page.sections if s.table is not None}
    return texts | tables


def title_of(report: Report) -> str:
    runs = dict.fromkeys(v.run or v.name for v in report.study.variants if v.kind != "base")
    return f"{report.study.model_id or 'Compared answers'}: {report.base} and {', '.join(runs)}"


def draw_plots(output_dir: Path, report: Report) -> dict[str, bytes]:
    """Write the plots for which there are data; return them by file name.

    Plots of an earlier report are removed: they would show what this one does not have.
    """
    for pattern in PLOTS:
        for earlier in output_dir.glob(pattern):
            earlier.unlink()
    plots = {name: draw() for name, draw in plots_of(report).items()}
    for name, png in plots.items():
        with atomic_write(output_dir / name) as temporary:
            temporary.write_bytes(png)
    return plots


def plots_of(report: Report) -> dict[str, Callable[[], bytes]]:
    """Return what draws each plot for which there are data, by file name."""
    plots: dict[str, Callable[[], bytes]] = {}
    if report.tradeoff.points:
        plots["tradeoff.png"] = partial(draw_tradeoff, report)
    for name, split in report.scoring_splits.items():
        if split.variants:
            plots[f"hardness_{name}.png"] = partial(draw_hardness, split, report)
            plots[f"errors_{name}.png"] = partial(draw_errors, split, report)
    training = report.study.training
    if any(losses for run in training.values() for losses in run.losses.values()):
        recipe_of_run = recipes_of_runs(report.recipes, report.study)
        plots["learning_curves.png"] = partial(draw_learning_curves, training, recipe_of_run)
    return plots


def print_report(output_dir: Path, report: Report) -> None:
    """Print recipes, both readings and benchmarks, what to quote, and the report's path."""
    print(f"\n{recipes_table(report).as_text()}")
    distances = distances_table(report)
    if distances.rows:
        print(f"\n{distances.as_text()}")
    for name in compared_recipes(report):
        if name in report.main_recipes:
            print(f"\n{benchmarks_table(report, name).as_text()}")
    print(f"\n{summarize(report)}")
    for line in (recommendation(report), *notes_of(report)):
        if line:
            print(line)
    print(f"\nReport: {output_dir / 'report.md'} and {output_dir / 'report.html'}")


def print_scores(scores: Mapping[str, Any]) -> None:
    """Print the scores of a file of predictions, its kinds of failure and what was left out."""
    if warning := warning_of(scores):
        print(f"\n{warning}")
    print(f"\n{scores_table(scores).as_text()}\n")
    outside = scores["n"] - scores["scores"]["exact_match"]["all"]["n"]
    if outside:
        print(f"Gold queries outside Spider's grammar, scored by execution alone: {outside}")
    shown = {
        **scores["errors"],
        **{f"not executed, {k}": v for k, v in scores["not_executed"].items()},
    }
    print("Kinds of failure: " + (", ".join(f"{k} {v}" for k, v in shown.items()) or "none"))
