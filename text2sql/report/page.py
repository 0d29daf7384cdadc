"""report.json -> the files beside it: plots, report.md, report.html, TensorBoard events."""

import base64
from collections.abc import Mapping
from pathlib import Path

from text2sql.files import write_json, write_text
from text2sql.report.example_browser import browser_content
from text2sql.report.plots import (
    draw_errors,
    draw_hardness,
    draw_learning_curves,
    draw_tradeoff,
)
from text2sql.report.sections import compared_variants, main_variants, sections_of
from text2sql.report.tables import benchmarks_table, scores_table, variants_table
from text2sql.report.tensorboard import write_events
from text2sql.report.text import notes_of, recommendation, summarize

TEMPLATES_DIR = Path(__file__).parent / "templates"


def write_report(output_dir: Path, report: Mapping) -> None:
    """Write report.json, its plots, report.md, report.html and TensorBoard's events."""
    plots = draw_plots(output_dir, report)
    content = {
        "title": title_of(report),
        "summary": summarize(report),
        "notes": list(notes_of(report)),
        "recommendation": recommendation(report),
        "sections": list(sections_of(report, plots)),
    }
    stated = {key: content[key] for key in ("summary", "notes", "recommendation")}
    write_json(output_dir / "report.json", {**stated, **report})
    write_text(output_dir / "report.md", as_markdown(content))
    encoded = {name: base64.b64encode(png).decode() for name, png in plots.items()}
    write_text(
        output_dir / "report.html", as_html(content, encoded, browser_content(output_dir, report))
    )
    write_events(output_dir / "tensorboard", report, content, plots)


def as_markdown(content: Mapping) -> str:
    blocks = [f"# {content['title']}", f"**{content['summary']}**"]
    if content["recommendation"]:
        blocks.append(content["recommendation"])
    blocks.append("\n".join(f"- {note}" for note in content["notes"]))
    for section in content["sections"]:
        blocks += [f"{'#' * section.level} {section.title}", *section.paragraphs]
        if section.plot:
            blocks.append(f"![{section.title}]({section.plot})")
        if section.table:
            blocks.append(section.table.as_markdown())
    blocks.append("Questions and answers, one by one: report.html.")
    return "\n\n".join(blocks) + "\n"


def as_html(content: Mapping, plots: Mapping[str, str], browser: Mapping) -> str:
    """Return one page that needs no network; text from models and data is escaped.

    `browser` comes from `browser_content`; where it has no splits, the page has no examples.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR), autoescape=True, undefined=StrictUndefined
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}  # splits in their order
    return environment.get_template("report.html.j2").render(
        plots=plots, browser=browser, **content
    )


def title_of(report: Mapping) -> str:
    runs = dict.fromkeys(v["run"] for v in report["study"]["variants"] if v["run"])
    return f"{report['study']['model_id']}: base and {', '.join(runs)}"


def draw_plots(output_dir: Path, report: Mapping) -> dict[str, bytes]:
    """Write the plots for which there are data; return them by file name.

    Plots of an earlier report are removed: they would show what this one does not say.
    """
    for pattern in ("tradeoff.png", "learning_curves.png", "hardness_*.png", "errors_*.png"):
        for earlier in output_dir.glob(pattern):
            earlier.unlink()
    plots = {}
    if report["tradeoff"]["points"]:
        plots["tradeoff.png"] = draw_tradeoff(report)
    for name, split in report["splits"].items():
        drawn = {v: split["variants"][v] for v in main_variants(report) if v in split["variants"]}
        if drawn:
            plots[f"hardness_{name}.png"] = draw_hardness(name, drawn)
            plots[f"errors_{name}.png"] = draw_errors(name, drawn)
    training = report["study"]["training"]
    if any(losses for run in training.values() for losses in run["losses"].values()):
        plots["learning_curves.png"] = draw_learning_curves(training)
    for name, png in plots.items():
        (output_dir / name).write_bytes(png)
    return plots


def print_report(output_dir: Path, report: Mapping) -> None:
    """Print the table of variants, the sentence to quote, and where the report lies."""
    print(f"\n{variants_table(report).as_text()}")
    compared = compared_variants(report["benchmarks"].values())
    for name in (name for name in main_variants(report) if name in compared):
        print(f"\n{benchmarks_table(report, name).as_text()}")
    print(f"\n{summarize(report)}")
    for line in (recommendation(report), *notes_of(report)):
        if line:
            print(line)
    print(f"\nReport: {output_dir / 'report.md'} and {output_dir / 'report.html'}")


def print_scores(scores: Mapping) -> None:
    """Print the scores of a file of predictions, its kinds of failure and what was left out."""
    print(f"\n{scores_table(scores).as_text()}\n")
    told = {
        **scores["errors"],
        **{f"not executed, {k}": v for k, v in scores["not_executed"].items()},
    }
    print("Kinds of failure: " + (", ".join(f"{k} {v}" for k, v in told.items()) or "none"))
