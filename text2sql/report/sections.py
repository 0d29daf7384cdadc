"""The headings of the report, with the plot and the table under each."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from text2sql.counts import how_many
from text2sql.report.content import Report, SplitReport
from text2sql.report.sentences import choice_sentences
from text2sql.report.split_tables import (
    comparison_table,
    databases_table,
    errors_table,
    features_table,
    hardness_table,
    shares_table,
)
from text2sql.report.table import Table
from text2sql.report.tables import (
    benchmarks_table,
    distances_table,
    recipes_table,
    runs_table,
    subject_groups_table,
    training_table,
)

DISTANCES = (
    "In domain: questions of Spider's own kind. Near: the same task, asked in other words or on "
    "other databases. Far: general benchmarks above chance; their mean counts each equally."
)
RUNS = "Runs differ in their seed alone; the recipe is their mean, and none of them is the best."
LABELS_BY_HARDNESS = {"execution_accuracy": "execution accuracy", "exact_match": "exact match"}
FORGETTING = (
    "General texts (prose, dialogue, arithmetic, code, other languages), evaluated while training: "
    "their loss shows what is predicted worse than by the base, KL(base || fine-tuned) how far "
    "predictions have moved at all, for better or worse. Both are in nats per token."
)
FAILURES = "Why each variant's wrong answers are wrong. docs/SCORING.md explains the kinds."


@dataclass(frozen=True)
class Section:
    """A heading with its content; `plot` is a file in the report's folder.

    A `folded` section is opened by a click on the page.
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


def sections_of(report: Report, plots: Collection[str]) -> Iterator[Section]:
    yield Section(
        2,
        "What was gained, what was lost",
        choice_sentences(report),
        plot="tradeoff.png" if "tradeoff.png" in plots else None,
        table=recipes_table(report),
    )
    runs = runs_table(report)
    if runs.rows:
        yield Section(2, "Training runs", [RUNS], table=runs)
    distances = distances_table(report)
    if distances.rows:
        yield Section(2, "Three distances", [DISTANCES], table=distances)
    yield from benchmark_sections(report)
    for split in report.scoring_splits.values():
        yield from split_sections(split, report, plots)
    if report.study.training:
        plot = "learning_curves.png" if "learning_curves.png" in plots else None
        measured = any(run.general_kl for run in report.study.training.values())
        words = [FORGETTING] if measured else []
        yield Section(2, "Learning curves", words, plot=plot, table=training_table(report))
    yield Section(2, "How this was made", [made_by(report)])


def compared_recipes(report: Report) -> list[str]:
    """Return the recipes that are compared on some benchmark, the fine-tuned ones first."""
    names = dict.fromkeys(
        name for content in report.benchmarks.values() for name in content.comparisons
    )
    return sorted(names, key=lambda name: name not in report.main_recipes)


def benchmark_sections(report: Report) -> Iterator[Section]:
    for name in compared_recipes(report):
        folded = name not in report.main_recipes
        level = 3 if folded else 2
        table = benchmarks_table(report, name)
        yield Section(level, f"General benchmarks (far): {name}", table=table, folded=folded)
        for benchmark, content in report.benchmarks.items():
            if content.subject_groups and name in content.comparisons:
                table = subject_groups_table(content, report.base, name)
                title = f"{benchmark} by subjects: {name}"
                yield Section(3, title, table=table, folded=folded)


def split_sections(split: SplitReport, report: Report, plots: Collection[str]) -> Iterator[Section]:
    name = split.name
    shown = [recipe for recipe in report.main_recipes if recipe in split.comparisons]
    counts = f"{how_many(split.n, 'question')} in {how_many(split.num_databases, 'database')}"
    yield Section(2, f"Spider, {name} ({split.distance}), {counts}")
    for recipe in shown:
        table = comparison_table(split, report.base, recipe)
        yield Section(3, f"{name}: {recipe}", table=table)
    if f"hardness_{name}.png" in plots:
        yield Section(3, f"{name}: by hardness", plot=f"hardness_{name}.png")
    for recipe in shown:
        for score, words in LABELS_BY_HARDNESS.items():
            table = hardness_table(split, report.base, recipe, score)
            folded = score == "exact_match"
            title = f"{name}: {words} by hardness, {recipe}"
            yield Section(3, title, table=table, folded=folded)
    for recipe in shown:
        table = features_table(split, report.base, recipe)
        if table.rows:
            yield Section(3, f"{name}: by what the gold query uses, {recipe}", table=table)
        table = databases_table(split, report.base, recipe)
        yield Section(3, f"{name}: by database, {recipe}", table=table, folded=True)
    errors_plot = f"errors_{name}.png" if f"errors_{name}.png" in plots else None
    table = errors_table(split)
    yield Section(3, f"{name}: kinds of failure", [FAILURES], plot=errors_plot, table=table)
    yield Section(3, f"{name}: how to read the scores", table=shares_table(split))
    for recipe in (recipe for recipe in split.comparisons if recipe not in shown):
        table = comparison_table(split, report.base, recipe)
        yield Section(3, f"{name}: {recipe}", table=table, folded=True)


def made_by(report: Report) -> str:
    study = report.study
    record = study.made_by
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    weights = f"; weights {'in NF4, ' if study.load_in_4bit else ''}computed in {study.dtype}"
    return (
        f"{record['created']}: {record['command']} at commit {record['commit']}, Python "
        f"{record['python']}, {versions}{weights if study.dtype else ''}."
    )
