"""Which of the harness' numbers is the score of a benchmark, and what guessing would give."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

# The harness' own, of metrics whose task names none.
DEFAULT_AGGREGATIONS = {
    "acc": "mean",
    "acc_norm": "mean",
    "bits_per_byte": "bits_per_byte",
    "bleu": "bleu",
    "byte_perplexity": "weighted_perplexity",
    "chrf": "chrf",
    "exact_match": "mean",
    "perplexity": "perplexity",
    "ter": "ter",
    "word_perplexity": "weighted_perplexity",
}


@dataclass(frozen=True)
class Headline:
    """The score of a task or a group, as the harness names it."""

    benchmark: str  # the harness' name of the task or group
    metric: str
    filter: str
    aggregation: str | None  # of the values of the items, by the harness' name; None if unknown
    higher_is_better: bool
    num_fewshot: int
    weight_by_size: bool  # of a group: items count equally, not its tasks
    chance: float | None  # None where it is unknown


def describe_headlines(
    task: str, results: Mapping[str, Any], *, weight_by_size: bool
) -> dict[str, Any]:
    """Return the entries of the results file on the score, named as in `Headline`.

    A group or tag whose tasks have different metrics has no score of its own: its entries are None,
    and `parts` has the headline of each task.
    """
    leaves = [headline_of(name, results) for name in results["samples"]]
    first = leaves[0]
    if any((leaf.metric, leaf.filter) != (first.metric, first.filter) for leaf in leaves):
        nothing = dict.fromkeys(asdict(first))
        return {**nothing, "benchmark": task, "parts": [asdict(leaf) for leaf in leaves]}
    headline = Headline(
        benchmark=task,
        metric=first.metric,
        filter=first.filter,
        aggregation=first.aggregation,
        higher_is_better=first.higher_is_better,
        num_fewshot=first.num_fewshot,
        weight_by_size=weight_by_size,
        chance=chance_of(results["samples"], results["configs"], first.metric),
    )
    return asdict(headline)


def headline_of(task: str, results: Mapping[str, Any]) -> Headline:
    """Return the headline of one task: `acc_norm` where it has it, else its first metric."""
    samples = {task: results["samples"][task]}
    names = samples[task][0]["metrics"]
    metric = "acc_norm" if "acc_norm" in names else names[0]
    return Headline(
        benchmark=task,
        metric=metric,
        filter=samples[task][0]["filter"],
        aggregation=aggregation_of(results["configs"][task], metric),
        higher_is_better=bool(results["higher_is_better"][task].get(metric, True)),
        num_fewshot=results["n-shot"][task],
        weight_by_size=False,
        chance=chance_of(samples, results["configs"], metric),
    )


def aggregation_of(config: Mapping[str, Any], metric: str) -> str | None:
    """Return how the harness makes one number of a metric's values, such as "mean"."""
    entries = config.get("metric_list")
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        if entry.get("metric") == metric and entry.get("aggregation"):
            name = str(entry["aggregation"])  # the source text of a task's own function
            return name if name.isidentifier() else None
    return DEFAULT_AGGREGATIONS.get(metric)


def chance_of(
    samples_of_tasks: Mapping[str, Sequence[Mapping[str, Any]]],
    configs: Mapping[str, Mapping[str, Any]],
    metric: str,
) -> float | None:
    """Return the score of guessing on right-or-wrong multiple choice, else None."""
    if metric not in ("acc", "acc_norm"):
        return None
    probabilities = []
    for name, samples in samples_of_tasks.items():
        if configs[name].get("output_type") != "multiple_choice":
            return None
        for sample in samples:
            if sample[metric] not in (0, 1) or "acc_mutual_info" in sample:
                return None
            choices = sample.get("filtered_resps")
            if not isinstance(choices, list) or not choices:
                return None
            probabilities.append(1 / len(choices))
    return sum(probabilities) / len(probabilities)
