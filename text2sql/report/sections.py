"""report.json -> the headings of the report, with the plot and the table under each."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from text2sql.report.tables import (
    Table,
    benchmarks_table,
    comparison_table,
    distances_table,
    errors_table,
    hardness_table,
    shares_table,
    subject_groups_table,
    training_table,
    variants_table,
)


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it; `plot` is a file in the report's folder.

    What is `folded` is opened by a click on the page.
    """

    level: int
    title: str
    paragraphs: list[str] = field(default_factory=list)
    plot: str | None = None
    table: Table | None = None
    folded: bool = False

    @property
    def anchor(self) -> str:
        return "".join(letter if letter.isalnum() else "-" for letter in self.title.lower())


def sections_of(report: Mapping, plots: Mapping) -> Iterator[Section]:
    yield Section(
        2,
        "What was gained, what was lost",
        plot="tradeoff.png" if "tradeoff.png" in plots else None,
        table=variants_table(report),
    )
    distances = distances_table(report)
    if distances.rows:
        yield Section(2, "Three distances", [DISTANCES], table=distances)
    yield from benchmark_sections(report)
    for name, split in report["splits"].items():
        yield from split_sections(name, split, main_variants(report), plots)
    if report["study"]["training"]:
        plot = "learning_curves.png" if "learning_curves.png" in plots else None
        yield Section(2, "Learning curves", plot=plot, table=training_table(report))
    yield Section(2, "How this was made", [made_by(report)])


DISTANCES = (
    "In domain: questions of Spider's own kind. Near: the same task, asked in other words or on "
    "other databases. Far: general benchmarks; the mean counts each equally."
)


def main_variants(report: Mapping) -> list[str]:
    """Return the base and each run's adapter: bars of all checkpoints and scales are too many."""
    return [v["name"] for v in report["study"]["variants"] if v["kind"] in ("base", "finetuned")]


def benchmark_sections(report: Mapping) -> Iterator[Section]:
    main = main_variants(report)
    compared = compared_variants(report["benchmarks"].values())
    for name in sorted(compared, key=lambda name: name not in main):
        folded, table = name not in main, benchmarks_table(report, name)
        level = 3 if folded else 2
        yield Section(level, f"General benchmarks (far): {name}", table=table, folded=folded)
        for benchmark, content in report["benchmarks"].items():
            if content["subject_groups"] and name in content["comparisons"]:
                table = subject_groups_table(content, name)
                title = f"{benchmark} by subjects: {name}"
                yield Section(3, title, table=table, folded=folded)


def compared_variants(contents: Iterable[Mapping]) -> list[str]:
    return list(dict.fromkeys(name for content in contents for name in content["comparisons"]))


def split_sections(name: str, split: Mapping, main: list[str], plots: Mapping) -> Iterator[Section]:
    shown = [variant for variant in main if variant in split["comparisons"]]
    yield Section(2, f"Spider, {name} ({split['distance']}), {split['n']:,} questions")
    for variant in shown:
        yield Section(3, f"{name}: {variant}", table=comparison_table(split, variant))
    if f"hardness_{name}.png" in plots:
        yield Section(3, f"{name}: by hardness", plot=f"hardness_{name}.png")
    for variant in shown:
        for score, words in SCORES_BY_HARDNESS.items():
            table = hardness_table(split, variant, score)
            folded = score == "exact_match"
            title = f"{name}: {words} by hardness, {variant}"
            yield Section(3, title, table=table, folded=folded)
    errors_plot = f"errors_{name}.png" if f"errors_{name}.png" in plots else None
    table = errors_table(split)
    yield Section(3, f"{name}: kinds of failure", [FAILURES], plot=errors_plot, table=table)
    yield Section(3, f"{name}: how to read the scores", table=shares_table(split))
    for variant in (variant for variant in split["comparisons"] if variant not in shown):
        table = comparison_table(split, variant)
        yield Section(3, f"{name}: {variant}", table=table, folded=True)


SCORES_BY_HARDNESS = {"execution_accuracy": "execution accuracy", "exact_match": "exact match"}
FAILURES = "Of the questions that each variant got wrong: why. docs/SCORING.md says what each is."


def made_by(report: Mapping) -> str:
    study = report["study"]
    versions = ", ".join(f"{name} {version}" for name, version in study["versions"].items())
    return (
        f"{study['created']}: {study['command']} at commit {study['commit']}, Python "
        f"{study['python']}, {versions}; weights {'in NF4, ' if study['load_in_4bit'] else ''}"
        f"computed in {study['dtype']}."
    )
