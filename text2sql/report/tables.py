"""report.json -> tables, in percent and points."""

from collections.abc import Mapping
from dataclasses import dataclass

from text2sql.report.text import interval, p_value, percent, points, price
from text2sql.scoring.scores import HARDNESS_LEVELS

SCORE_NAMES = {
    "execution_accuracy": "execution accuracy (EX)",
    "execution_accuracy_strict": "EX where the answer is nothing but SQL",
    "execution_accuracy_keep_distinct": "EX with DISTINCT kept",
    "exact_match": "exact match (EM)",
    "valid_sql": "valid SQL",
}

SHOWN_OF_VARIANTS = ("execution_accuracy", "exact_match", "valid_sql")


@dataclass(frozen=True)
class Table:
    """Cells are text; the first column names the row, the others are numbers."""

    header: list[str]
    rows: list[list[str]]

    def as_markdown(self) -> str:
        lines = [self.header, ["---", *["---:"] * (len(self.header) - 1)], *self.rows]
        return "\n".join(f"| {' | '.join(escape_cell(c) for c in line)} |" for line in lines)

    def as_text(self) -> str:
        lines = [self.header, *self.rows]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self.header))]
        return "\n".join(
            "  ".join(
                [line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])],
            ).rstrip()
            for line in lines
        )


def escape_cell(cell: str) -> str:
    return cell.replace("|", "\\|")


def variants_table(report: Mapping) -> Table:
    """Every variant on the first split and on the benchmarks, as far as finished."""
    split = next(iter(report["splits"].values()))
    placed = {point["variant"]: point for point in report["tradeoff"]["points"]}
    rows = []
    for name, variant in split["variants"].items():
        scores = {key: variant["scores"][key]["all"]["score"] for key in variant["scores"]}
        gain = split["comparisons"].get(name, {}).get("execution_accuracy", {}).get("all")
        change = report["mean_over_benchmarks"].get(name)
        point = placed.get(name)
        rows.append(
            [
                name,
                *(percent(scores[key]) for key in SHOWN_OF_VARIANTS),
                f"{points(gain['difference'])} ({interval(gain)})" if gain else "–",
                f"{points(change['difference'])} ({interval(change)})" if change else "–",
                price(point["price"]) if point else "–",
                "yes" if point and point["on_front"] else "",
            ]
        )
    header = ["variant", "EX", "EM", "valid SQL", "gain in EX", "change of general ability"]
    return Table([*header, "points paid per point gained", "on the front"], rows)


def distances_table(report: Mapping) -> Table:
    """Each run's adapter against the base: in domain, near and far."""
    rows = []
    for variant in report["study"]["variants"]:
        name = variant["name"]
        if variant["kind"] != "finetuned":
            continue
        for split_name, split in report["splits"].items():
            compared = split["comparisons"].get(name, {}).get("execution_accuracy")
            if compared:
                label = f"{split['distance']}: {split_name}, EX"
                rows.append([label, name, *comparison_row("", compared["all"])[1:]])
        mean = report["mean_over_benchmarks"].get(name)
        if mean:
            rows.append(["far: mean over benchmarks", name, *comparison_row("", mean)[1:]])
    return Table(["distance", "variant", "base", "variant's", "difference", "95 %", "n", "p"], rows)


def training_table(report: Mapping) -> Table:
    """What trained each run: its main settings and its losses."""
    rows = []
    for run, content in report["study"]["training"].items():
        settings, losses = content["settings"], content["losses"]["eval"]
        best = dict(losses).get(content["best_step"])
        told = [settings.get(name) for name in ("learning_rate", "lora_r", "num_train_epochs")]
        told += [content["effective_batch"], content["best_step"]]
        shown = ["–" if value is None else f"{value:g}" for value in told]
        rows.append([run, *shown, "–" if best is None else f"{best:.3f}"])
    header = ["run", "learning rate", "LoRA r", "epochs at most", "examples a step", "step kept"]
    return Table([*header, "its evaluation loss"], rows)


def comparison_table(split: Mapping, name: str) -> Table:
    """One variant against the base, score by score."""
    rows = [
        comparison_row(SCORE_NAMES[score], compared["all"])
        for score in SCORE_NAMES
        if (compared := split["comparisons"][name].get(score))
    ]
    return Table(["score", "base", name, "difference", "95 %", "n", "p"], rows)


def comparison_row(label: str, compared: Mapping) -> list[str]:
    return [
        label,
        percent(compared["base"]),
        percent(compared["other"]),
        points(compared["difference"]),
        interval(compared),
        f"{compared['n']:,}",
        p_value(compared["p_value"]),
    ]


def hardness_table(split: Mapping, name: str, score: str) -> Table:
    compared = split["comparisons"][name].get(score, {})
    rows = [comparison_row(lv, compared[lv]) for lv in HARDNESS_LEVELS if lv in compared]
    return Table(["hardness", "base", name, "difference", "95 %", "n", "p"], rows)


def errors_table(split: Mapping) -> Table:
    """Kinds of failure, in questions, with a column for each variant."""
    variants = split["variants"]
    kinds = sorted(
        {kind for variant in variants.values() for kind in variant["errors"]},
        key=lambda kind: -max(variant["errors"].get(kind, 0) for variant in variants.values()),
    )
    rows = [[kind, *(str(v["errors"].get(kind, 0)) for v in variants.values())] for kind in kinds]
    return Table(["kind of failure", *variants], rows)


def shares_table(split: Mapping) -> Table:
    """Shares that tell how to read the scores, in percent."""
    labels = {
        "only_sql": "the answer is nothing but SQL",
        "cut_short": "the answer was cut at --max_new_tokens",
        "unparsable": "SQL outside Spider's grammar (EM counts it wrong)",
        "empty_equals_empty": "right because both results are empty",
        "timeout": "stopped at the deadline",
    }
    variants = split["variants"]
    rows = [
        [label, *(percent(variant["shares"][key]) for variant in variants.values())]
        for key, label in labels.items()
    ]
    return Table(["share of the questions, %", *variants], rows)


def benchmarks_table(report: Mapping, name: str) -> Table:
    """One variant against the base, benchmark by benchmark, and their mean."""
    rows = []
    for benchmark, content in report["benchmarks"].items():
        label = f"{benchmark} ({content['num_fewshot']}-shot, {content['metric']})"
        compared = content["comparisons"].get(name)
        if compared is None:
            scores = [content["variants"].get(v, {}).get("score") for v in ("base", name)]
            # A metric such as perplexity is no share, and its items cannot be paired.
            shown = ["–" if score is None else f"{score:.4g}" for score in scores]
            rows.append([label, *shown, *["–"] * 7])
            continue
        row = comparison_row(label, compared)
        rows.append(
            [
                *row[:-1],
                p_value(compared["p_holm"]),
                percent(content["chance"]),
                points(content["variants"][name]["above_chance"]),
                points(compared["smallest_detectable"]).lstrip("+"),
            ]
        )
    mean = report["mean_over_benchmarks"].get(name)
    if mean:
        detectable = points(mean["smallest_detectable"]).lstrip("+")
        rows.append([*comparison_row("mean", mean), "–", "–", detectable])
    header = ["benchmark", "base", name, "difference", "95 %", "n", "p", "chance"]
    return Table([*header, f"{name} above chance", "smallest difference to detect"], rows)


def subject_groups_table(content: Mapping, name: str) -> Table:
    rows = [
        comparison_row(group, compared[name])
        for group, compared in content["subject_groups"].items()
        if name in compared
    ]
    return Table(["subjects", "base", name, "difference", "95 %", "n", "p"], rows)


def scores_table(scores: Mapping) -> Table:
    """The scores of one file of predictions, by hardness."""
    names = ("execution_accuracy", "execution_accuracy_keep_distinct", "exact_match", "valid_sql")
    rows = [
        [SCORE_NAMES[name], *(percent(level["score"]) for level in scores["scores"][name].values())]
        for name in names
    ]
    counts = scores["scores"]["execution_accuracy"]
    rows.append(["questions that were executed", *(str(level["n"]) for level in counts.values())])
    return Table(["%", *counts], rows)
