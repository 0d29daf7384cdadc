"""The flags of evaluate.py: their defaults, their groups, and what has no meaning together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from text2sql.benchmarks.benchmark import DEFAULT_BENCHMARKS
from text2sql.data.spider_splits import SPIDER_FILES
from text2sql.errors import UserError
from text2sql.flags import flag
from text2sql.models.adapter_files import is_hub_name
from text2sql.scoring.judge import ScoringSettings

SECONDS_PER_DAY = 86_400
REPORT_FLAGS = {"max_forgetting", "num_resamples", "seed", "benchmark_clusters"}
EXTERNAL_FLAGS = {"predictions", "samples"}
QUESTIONS_FLAGS = {"spider_dir", "split", "allow_other_text"}  # of --predictions
SCORING_FLAGS = {"query_timeout_s", "skip_missing_databases", "allow_gold_errors", "neighbours"}


@dataclass
class EvaluateFlags:
    adapters: list[str] = flag(
        ["outputs/gemma-2b-it-spider"], "folders or hub names of adapters", group="Variants"
    )
    models: list[str] = flag([], "folders or hub names of whole models of the same base")
    merge: str | None = flag(None, "folder for the adapter merged into 16-bit weights")
    checkpoints: bool = flag(False, "evaluate every kept checkpoint too")
    adapter_scales: list[float] = flag([], "also evaluate the adapter at these scales")
    model_id: str | None = flag(None, "base model; default: the adapter's own")
    load_in_4bit: bool | None = flag(None, "default: as the adapter was trained")

    data_dir: str = flag("processed_data", "prompts from preprocess.py", group="Questions")
    splits: list[str] = flag(["validation"], "splits of data_dir; the first is the main one")
    choosing_split: str | None = flag(
        None, "split that only chooses among variants; default: holdout; or none"
    )
    max_new_tokens: int = flag(256, "longest generation", above=0)
    batch_size: int = flag(0, "0: what fits; N: questions, or harness items, at once", at_least=0)
    query_timeout_s: float = flag(
        ScoringSettings.query_timeout_s,
        "deadline of one predicted query",
        above=0,
        at_most=SECONDS_PER_DAY,
    )
    skip_missing_databases: bool = flag(False, "leave their questions out of execution accuracy")
    allow_gold_errors: bool = flag(False, "count questions apart whose gold query fails")
    neighbours: int = flag(0, "changed copies of each database to score on too", at_least=0)

    benchmarks: list[str] = flag(
        list(DEFAULT_BENCHMARKS),
        "harness tasks as task[:shots][@chat], or none",
        group="Benchmarks",
    )
    benchmarks_dir: str | None = flag(None, "folder with tasks of your own")

    predictions: list[str] = flag(
        [], "files of SQL to score; the first is the base", group="Answers made elsewhere"
    )
    spider_dir: str | None = flag(None, "their questions: a folder in Spider's layout")
    split: str = flag("validation", f"their split: {', '.join(SPIDER_FILES)}")
    allow_other_text: bool = flag(False, "score files that do not look like SQL")
    samples: list[str] = flag([], "folders of lm_eval --log_samples; the first is the base")

    output_dir: str | None = flag(
        None, "default: evaluation/ in the adapter's folder", group="Output and report"
    )
    limit: int | None = flag(None, "smoke run: first N questions and items, in limit-N/", above=0)
    overwrite: bool = flag(False, "replace what other settings made")
    report_only: bool = flag(False, "rebuild the report from output_dir")
    max_forgetting: float = flag(1.0, "points of general ability that may be lost", at_least=0)
    benchmark_clusters: list[str] = flag([], "TASK=FIELD: items with equal FIELD belong together")
    num_resamples: int = flag(5000, "joint resamples of fronts", above=0, alias="num_bootstrap")
    seed: int = flag(42, "of the resampling", at_least=0)

    @property
    def only_scores(self) -> bool:
        """Return whether one file is scored by itself, without a comparison."""
        return len(self.predictions) == 1 and not self.samples

    @property
    def uses_model(self) -> bool:
        """Whether a model may have to answer, on several processes if they are there."""
        return not (self.predictions or self.samples or self.report_only)

    @property
    def asks_for_choice(self) -> bool:
        """Return whether there are several variants to choose from."""
        return (
            len(self.adapters) + len(self.models) > 1
            or self.checkpoints
            or bool(self.adapter_scales)
        )

    def scoring_settings(self) -> ScoringSettings:
        return ScoringSettings(**{name: getattr(self, name) for name in SCORING_FLAGS})

    def report_settings(self, names: set[str]) -> dict[str, Any]:
        """Return the settings of the report that `names` are flags for."""
        settings = {name: getattr(self, name) for name in sorted(names & REPORT_FLAGS)}
        if "benchmark_clusters" in settings:
            settings["benchmark_clusters"] = parse_clusters(self.benchmark_clusters)
        return settings


def parse_clusters(texts: Sequence[str]) -> dict[str, str]:
    """Return the field of the items' documents by task."""
    clusters = {}
    for text in texts:
        task, equals, field = text.partition("=")
        if not (task and equals and field):
            raise UserError(f"--benchmark_clusters {text} must be TASK=FIELD.")
        clusters[task] = field
    return clusters


def refuse_contradictions(flags: EvaluateFlags, explicit: set[str]) -> None:
    """Raise a `UserError` for flags that have no meaning together."""
    if explicit & EXTERNAL_FLAGS:
        refuse_for_external_answers(flags, explicit)
    else:
        refuse(explicit & QUESTIONS_FLAGS, "only together with --predictions")
    if flags.report_only:
        allowed = REPORT_FLAGS | {"report_only", "output_dir", "adapters", "models", "limit"}
        refuse(explicit - allowed, "not together with --report_only")
    if flags.merge is not None and len(flags.adapters) != 1:
        raise UserError("--merge needs one adapter, named with --adapters.")
    if len(set(flags.splits)) < len(flags.splits):
        raise UserError(f"--splits names one twice: {', '.join(flags.splits)}. Name each once.")
    if flags.choosing_split is not None and flags.choosing_split == flags.splits[0]:
        raise UserError(
            f"--choosing_split {flags.choosing_split} is the split that the gain is measured on; "
            "choose on other questions than those."
        )
    parse_clusters(flags.benchmark_clusters)


def refuse_for_external_answers(flags: EvaluateFlags, explicit: set[str]) -> None:
    allowed = EXTERNAL_FLAGS | {"output_dir", "overwrite"} | REPORT_FLAGS
    if flags.predictions:
        allowed |= QUESTIONS_FLAGS | SCORING_FLAGS
    given = " and ".join(f"--{name}" for name in sorted(explicit & EXTERNAL_FLAGS))
    refuse(explicit - allowed, f"not together with {given}")
    if flags.only_scores:
        refuse(explicit & REPORT_FLAGS, "only with a second file to compare the first with")
    if len(flags.samples) == 1:
        raise UserError("--samples needs a second folder to compare the first with.")
    if flags.predictions and flags.samples and len(flags.predictions) != len(flags.samples):
        raise UserError(
            f"--predictions names {len(flags.predictions)} files and --samples "
            f"{len(flags.samples)} folders; name one of each for every model, in the same order."
        )
    for path in flags.predictions:
        if Path(path).is_dir():
            raise UserError(f"--predictions '{path}' is a folder; name a file.")
    if flags.predictions and flags.spider_dir is None:
        raise UserError("--predictions needs --spider_dir, the folder with Spider's files.")
    if flags.split not in SPIDER_FILES:
        raise UserError(f"--split {flags.split}: choose from {', '.join(SPIDER_FILES)}.")


def refuse(names: set[str], reason: str) -> None:
    if names:
        raise UserError(f"{', '.join(f'--{name}' for name in sorted(names))}: {reason}.")


def choose_output_dir(flags: EvaluateFlags) -> Path:
    """Return the folder to fill; a smoke run has its own inside that of the whole evaluation."""
    if flags.output_dir is not None:
        output_dir = Path(flags.output_dir)
    elif flags.only_scores:
        output_dir = Path("outputs") / Path(flags.predictions[0]).stem
    elif flags.predictions or flags.samples:
        raise UserError("Several answers need --output_dir, the folder of their common report.")
    elif len(sources := [*flags.adapters, *flags.models]) > 1:
        raise UserError("Several models need --output_dir, the folder of their common report.")
    else:
        source = Path(sources[0])
        parent = Path("outputs", source.name) if is_hub_name(sources[0]) else source
        output_dir = parent / "evaluation"
    return output_dir if flags.limit is None else output_dir / f"limit-{flags.limit}"
