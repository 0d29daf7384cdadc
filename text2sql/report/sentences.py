"""The report in sentences: what to quote, what to take, what to know, what an interval means."""

from text2sql.report.content import Report
from text2sql.report.hypotheses import ONE_SIDED_ALPHA
from text2sql.report.recipes import Recipe
from text2sql.report.significance import Comparison
from text2sql.report.text import (
    clusters,
    counted,
    interval,
    listed,
    mean_name,
    moved,
    p_value,
    percent,
    points,
    quoted,
)
from text2sql.report.tradeoff import Choice, LossTest


def summarize(report: Report) -> str:
    """Return one sentence that a reader could quote: the two primary comparisons."""
    if report.primary.variant is None or (report.gain is None and report.change is None):
        return "Nothing is compared yet: base and a fine-tuned variant are not both finished."
    return summarize_recipe(report, report.recipe(report.primary.variant))


def summarize_recipe(report: Report, recipe: Recipe) -> str:
    gain, change = report.gain_of(recipe.name), report.mean_over_benchmarks.get(recipe.name)
    parts = []
    if gain is not None:
        quote = quoted(gain, f"{report.primary.split} question")
        parts.append(f"execution accuracy {path(gain, ' on databases like these')}: {quote}")
    if change is not None:
        parts.append(
            f"{mean_name(change.benchmarks or [])} {path(change)}: {quoted(change, 'item')}"
        )
    else:
        parts.append(why_no_change(report))
    return f"{subject(recipe)}, {'; '.join(parts)}."


def subject(recipe: Recipe) -> str:
    """Return what is compared with the base: an adapter, a recipe, or answers made elsewhere."""
    if len(recipe.variants) > 1:
        return f"With this recipe ({recipe.name}, mean of {len(recipe.variants)} runs)"
    if recipe.run is None:
        return f"With {recipe.name}"
    return f"With this adapter{'' if recipe.name == 'finetuned' else f' ({recipe.name})'}"


def path(comparison: Comparison, where: str = "") -> str:
    """Return where a score went from and to, with a direction only where its interval has one."""
    base, other, went = percent(comparison.base), percent(comparison.other), moved(comparison)
    if base == other:
        return f"stayed at {base} %"
    levels = f"from {base} to {other} %"
    return f"{went} {levels}{where}" if went else f"went {levels}, which may be no change{where}"


def why_no_change(report: Report) -> str:
    if not report.benchmarks:
        return "general benchmarks were not run"
    if all(benchmark.at_chance for benchmark in report.benchmarks.values()):
        return "every benchmark is at chance and cannot show forgetting"
    return "there is no mean over benchmarks yet"


def recommendation(report: Report) -> str | None:
    """Return which variant to take, or why none; None unless gain and loss were measured."""
    choice = report.tradeoff.choices.get("all")
    if choice is None:
        return None
    limit = f"--max_forgetting {100 * report.tradeoff.max_forgetting:g}"
    if choice.chosen is None:
        return (
            f"No variant is recommended: by {listed(choice.chosen_on)}, none of "
            f"{listed(choice.candidates)} gains execution accuracy with a loss within {limit}."
        )
    if choice.recommended:
        first = f"Recommended: {chosen(choice)}. Its gain is above 0 and its loss within {limit}"
    else:
        first = f"No variant is recommended. {chosen(choice)}: {choice.reason} ({limit})"
    return ". ".join([first, *scored(choice), *tested(choice.loss)]) + "."


def chosen(choice: Choice) -> str:
    if len(choice.candidates) < 2:
        return str(choice.chosen)
    on = listed(choice.chosen_on)
    return f"{choice.chosen}, chosen among {len(choice.candidates)} variants by {on}"


def tested(loss: LossTest | None) -> list[str]:
    """Return the test of the loss, and what limit the study could have shown."""
    if loss is None:
        return []
    provable = points(loss.smallest_provable_limit).lstrip("+")
    sentences = [
        f"p of a loss of {amount(loss.limit)} or more: {p_value(loss.p_value)}",
        "With 80 % power, this study could show of a variant without any loss that it lost less "
        f"than {provable} points",
    ]
    if loss.equivalence_p < ONE_SIDED_ALPHA:
        sentences.append(f"It is equivalent to the base within {amount(loss.limit)}")
    return sentences


def amount(fraction: float) -> str:
    number = f"{100 * fraction:g}"
    return f"{number} point" if number == "1" else f"{number} points"


def scored(choice: Choice) -> list[str]:
    """Return what the data that did not choose say of the chosen variant."""
    if len(choice.candidates) < 2:
        return []
    sentences = []
    gain, change = choice.specialization_gain, choice.generalization_change
    if gain and choice.gain_out_of_bag is None:
        sentences.append(
            f"On questions that did not choose it, it gained "
            f"{points(gain.difference)} "
            f"points ({interval(gain)})"
        )
    elif gain:
        sentences.append(
            f"The questions that chose it show {points(gain.difference)} points "
            f"({interval(gain)}); out of bag the best variant gains "
            f"{points(choice.gain_out_of_bag)}"
        )
    if change:
        sentences.append(
            f"On the other half of the benchmarks' clusters the mean changed by "
            f"{points(change.difference)} points ({interval(change)})"
        )
    return sentences


def choice_sentences(report: Report) -> list[str]:
    """Return what is the best checkpoint and the best scale, where there are several."""
    sentences = []
    for what in ("checkpoint", "scale"):
        choice = report.tradeoff.choices.get(what)
        if choice and choice.chosen:
            found = f"Best {what}: {chosen(choice)}"
            sentences.append(". ".join([found, *scored(choice)]) + ".")
    return sentences


def explain(report: Report) -> list[str]:
    """Return what the intervals mean, with the study's own numbers."""
    paragraphs = explain_questions(report.gain) if report.gain else []
    if report.benchmarks:
        kinds = {b.cluster for b in report.benchmarks.values() if b.cluster != "item"}
        together = f" Items with the same {listed(sorted(kinds))} belong together." if kinds else ""
        paragraphs.append(
            "Benchmarks: the interval is that of other items like these within the same subtasks."
            f"{together} Other subtasks: how far the change reaches over other subtasks like these."
        )
    paragraphs.append(
        "In 95 of 100 studies such an interval covers the true difference. p comes from the same "
        "t, two-sided. Holm corrects it over all benchmarks and variants, and over all scores of "
        "questions but the primary one. An exact p of exchanging whole clusters is given where "
        "there are fewer than ten. docs/STATISTICS.md has the formulas and how often the "
        "intervals hold."
    )
    return paragraphs


def explain_questions(gain: Comparison) -> list[str]:
    """Return what both readings of a gain in execution accuracy mean."""
    degrees = gain.degrees_of_freedom
    distribution = f"t with {degrees:.1f} degrees of freedom" if degrees else "normal distribution"
    paragraphs = [
        f"New databases: a sample of {counted(gain, 'question')} stands for questions about other "
        f"databases like these. Whole databases vary, so its size is {clusters(gain)} (CR2 "
        f"variance, not below the floor for rare changes; {distribution})."
    ]
    if gain.same_databases:
        paragraphs.append(
            "These databases: how the answer would vary over other questions about the same "
            "databases. Wordings of one gold query belong together: "
            f"{clusters(gain.same_databases)}."
        )
    return paragraphs
