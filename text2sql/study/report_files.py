"""report.json -> the files beside it: plots, report.md, report.html, TensorBoard events."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from text2sql.records import write_json, write_text
from text2sql.study.plots import draw_errors, draw_hardness, draw_tradeoff
from text2sql.study.report_tables import (
    Table,
    benchmarks_table,
    comparison_table,
    errors_table,
    hardness_table,
    scores_table,
    shares_table,
    subject_groups_table,
    variants_table,
)
from text2sql.study.report_text import notes_of, recommendation, summarize
from text2sql.study.tensorboard_events import write_events

TEMPLATES_DIR = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it; `plot` is a file in the report's folder."""

    level: int
    title: str
    paragraphs: list[str] = field(default_factory=list)
    plot: str | None = None
    table: Table | None = None


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
    write_text(output_dir / "report.html", as_html(content, encoded))
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
    return "\n\n".join(blocks) + "\n"


def as_html(content: Mapping, plots: Mapping[str, str]) -> str:
    """Return one page that needs no network; text from models and data is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("report.html.j2").render(plots=plots, **content)


def title_of(report: Mapping) -> str:
    runs = dict.fromkeys(v["run"] for v in report["study"]["variants"] if v["run"])
    return f"{report['study']['model_id']}: base and {', '.join(runs)}"


def draw_plots(output_dir: Path, report: Mapping) -> dict[str, bytes]:
    """Write the plots for which there are data; return them by file name.

    Plots of an earlier report are removed: they would show what this one does not say.
    """
    for pattern in ("tradeoff.png", "hardness_*.png", "errors_*.png"):
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
    for name, png in plots.items():
        (output_dir / name).write_bytes(png)
    return plots


def main_variants(report: Mapping) -> list[str]:
    """Return the base and each run's adapter: bars of all checkpoints and scales are too many."""
    return [v["name"] for v in report["study"]["variants"] if v["kind"] in ("base", "finetuned")]


def sections_of(report: Mapping, plots: Mapping) -> Iterator[Section]:
    yield Section(
        2,
        "What was gained, what was lost",
        plot="tradeoff.png" if "tradeoff.png" in plots else None,
        table=variants_table(report),
    )
    for name, split in report["splits"].items():
        yield from split_sections(name, split, plots)
    for name in compared_variants(report["benchmarks"].values()):
        yield Section(2, f"General benchmarks (far): {name}", table=benchmarks_table(report, name))
        for benchmark, content in report["benchmarks"].items():
            if content["subject_groups"] and name in content["comparisons"]:
                table = subject_groups_table(content, name)
                yield Section(3, f"{benchmark} by subjects: {name}", table=table)
    yield Section(2, "How this was made", [made_by(report)])


def compared_variants(contents: Iterator[Mapping]) -> list[str]:
    return list(dict.fromkeys(name for content in contents for name in content["comparisons"]))


def split_sections(name: str, split: Mapping, plots: Mapping) -> Iterator[Section]:
    yield Section(2, f"Spider, {name} ({split['distance']}), {split['n']:,} questions")
    for variant in split["comparisons"]:
        yield Section(3, f"{name}: {variant}", table=comparison_table(split, variant))
        table = hardness_table(split, variant, "execution_accuracy")
        yield Section(3, f"{name}: execution accuracy by hardness, {variant}", table=table)
        table = hardness_table(split, variant, "exact_match")
        yield Section(3, f"{name}: exact match by hardness, {variant}", table=table)
    if f"hardness_{name}.png" in plots:
        yield Section(3, f"{name}: by hardness", plot=f"hardness_{name}.png")
    errors_plot = f"errors_{name}.png" if f"errors_{name}.png" in plots else None
    table = errors_table(split)
    yield Section(3, f"{name}: kinds of failure", plot=errors_plot, table=table)
    yield Section(3, f"{name}: how to read the scores", table=shares_table(split))


def made_by(report: Mapping) -> str:
    study = report["study"]
    versions = ", ".join(f"{name} {version}" for name, version in study["versions"].items())
    return (
        f"{study['created']}: {study['command']} at commit {study['commit']}, Python "
        f"{study['python']}, {versions}; weights {'in NF4, ' if study['load_in_4bit'] else ''}"
        f"computed in {study['dtype']}."
    )


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
