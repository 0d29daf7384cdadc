"""How far training has moved the model from its base on general texts: a curve of forgetting."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from types import MethodType
from typing import Any, NamedTuple, cast

import torch
from accelerate.utils import send_to_device
from peft import PeftModel
from transformers import PretrainedConfig, PreTrainedModel, Trainer, TrainerCallback
from transformers.trainer_callback import TrainerControl, TrainerState
from transformers.training_args import TrainingArguments
from trl.kernels import ChunkedLogProbFunction
from trl.kernels.chunked_divergence import ChunkedDivergenceFunction

from text2sql.models.adapters import unwrap_adapters
from text2sql.training.packing import MODEL_INPUTS as PACKED_INPUTS
from text2sql.training.packing import VOCABULARY_CHUNK, WEIGHT, pack_examples

TOKENS_PER_EXAMPLE = 512  # of a row, for each example that training computes at once
FORWARD_KL = 0.0  # TRL's beta of KL(teacher || student); here the base and the fine-tuned model
MODEL_INPUTS = (*PACKED_INPUTS, "attention_mask")


class GeneralOutputs(NamedTuple):
    """What a row of general texts gives for its n predicted tokens."""

    states: torch.Tensor  # (n, hidden size) before the head
    log_probs: torch.Tensor  # (n,) of the texts' own tokens
    kl: torch.Tensor | None  # (n,) KL(base || fine-tuned) in nats; None without the base's states


class ForgettingCurve(TrainerCallback):
    """Compares the model with its base on general texts, at the start and at each evaluation.

    The base's states before the head are computed once, when training begins or resumes, and kept
    in the main memory: its logits would fill it, and the head makes them again exactly. Every
    process has an equal number of rows, so that sharded models can be computed too.
    """

    def __init__(self, trainer: Trainer, texts: Sequence[Sequence[int]], packed: bool):
        self.trainer, self.texts, self.packed = trainer, texts, packed
        self.rows: list[dict[str, Any]] = []
        self.base_states: list[torch.Tensor] = []

    @property
    def model(self) -> PeftModel:
        return cast(PeftModel, self.trainer.model)

    @property
    def num_tokens(self) -> int:
        return sum(map(len, self.texts))

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self.rows, self.base_states, losses = self.build_rows(args), [], []
        with self.model.disable_adapter():
            for row in self.rows:
                output = self.compute(row)
                self.base_states.append(output.states.cpu())
                losses.append(-output.log_probs)
        if state.global_step == 0 and not args.eval_on_start:  # a new adapter changes nothing
            general = self.average(losses, [torch.zeros_like(loss) for loss in losses])
            self.trainer.log({f"eval_{name}": value for name, value in general.items()})

    def build_rows(self, args: TrainingArguments) -> list[dict[str, Any]]:
        """Return this process' rows, of texts of similar lengths."""
        num_processes = args.world_size
        at_once = TOKENS_PER_EXAMPLE * args.per_device_train_batch_size * num_processes
        num_rows = num_processes * math.ceil(self.num_tokens / at_once)
        texts = sorted(self.texts, key=len)
        examples: list[dict[str, Any]] = [{"input_ids": text, "labels": text} for text in texts]
        examples += [examples[0] | {WEIGHT: 0.0}] * (num_rows - len(examples))
        ends = [index * len(examples) // num_rows for index in range(num_rows + 1)]
        rows = [examples[start:end] for start, end in pairwise(ends)]
        own = rows[args.process_index :: num_processes]
        return [dict(pack_examples(row)) if self.packed else pad_examples(row) for row in own]

    def measure(self) -> dict[str, float]:
        """Return the general texts' cross-entropy and the divergence from the base.

        `general_loss` and `general_kl`, KL(base || fine-tuned), are means over all predicted tokens
        of all processes, in nats.
        """
        outputs = [
            self.compute(row, states)
            for row, states in zip(self.rows, self.base_states, strict=True)
        ]
        divergences = [output.kl for output in outputs if output.kl is not None]
        return self.average([-output.log_probs for output in outputs], divergences)

    def compute(
        self, row: Mapping[str, Any], base_states: torch.Tensor | None = None
    ) -> GeneralOutputs:
        """Return what the model gives for a row now, without dropout and gradients."""
        inputs = {name: row[name] for name in MODEL_INPUTS if name in row}
        if base_states is not None:
            inputs["base_states"] = base_states
        inputs = send_to_device(inputs, self.trainer.args.device)
        base = unwrap_adapters(self.model)
        with evaluation_mode(self.model), forward_as(base, compare_forward):
            outputs: GeneralOutputs = self.trainer.model_wrapped(**inputs)
        return outputs

    def average(
        self, losses: Sequence[torch.Tensor], divergences: Sequence[torch.Tensor]
    ) -> dict[str, float]:
        """Return the means over the predicted tokens of all processes' rows."""
        counted = torch.cat([row["shift_labels"][0] != -100 for row in self.rows])
        counted = counted.to(losses[0].device, torch.float64)
        sums = [(torch.cat([*values]) * counted).sum() for values in (losses, divergences)]
        totals = self.trainer.accelerator.reduce(torch.stack([*sums, counted.sum()]))
        loss, kl, num_tokens = totals.tolist()
        return {"general_loss": loss / num_tokens, "general_kl": kl / num_tokens}


def pad_examples(examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a batch padded on the right, with the keys of a packed row that `compute` reads."""
    longest = max(len(example["input_ids"]) for example in examples)
    input_ids = torch.zeros(len(examples), longest, dtype=torch.long)
    attention_mask, labels = torch.zeros_like(input_ids), torch.full_like(input_ids, -100)
    for index, example in enumerate(examples):
        length = len(example["input_ids"])
        input_ids[index, :length] = torch.tensor(example["input_ids"])
        attention_mask[index, :length] = 1
        if example.get(WEIGHT, 1.0):
            labels[index, :length] = input_ids[index, :length]
    is_predicted = attention_mask[:, 1:].bool()
    positions = torch.arange(input_ids.numel()).view_as(input_ids)
    return {
        "input_ids": input_ids,
        "attention_mask": attention_mask,
        "supervised": positions[:, :-1][is_predicted],
        "shift_labels": labels[:, 1:][is_predicted][None],
    }


@contextmanager
def evaluation_mode(model: torch.nn.Module) -> Iterator[None]:
    """Switch dropout and gradients off within the block."""
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(was_training)


@contextmanager
def forward_as(model: PreTrainedModel, forward: Callable[..., Any]) -> Iterator[None]:
    """Make the model compute `forward` within the block, whatever wraps the model."""
    previous = model.forward
    model.forward = MethodType(forward, model)
    try:
        yield
    finally:
        model.forward = previous


def compare_forward(
    model: PreTrainedModel,
    *,
    supervised: torch.Tensor,
    shift_labels: torch.Tensor,
    base_states: torch.Tensor | None = None,
    **row: Any,
) -> GeneralOutputs:
    """Return what the row gives for its labels; logits exist in parts alone."""
    row = {name: value for name, value in row.items() if value is not None}
    hidden = model.base_model(**row, use_cache=False).last_hidden_state
    states = hidden.flatten(0, 1).index_select(0, supervised)
    head, (scale, softcap) = model.get_output_embeddings(), logit_settings(model.config)
    weights, labels = (head.weight, head.bias), shift_labels[0].clamp(min=0)
    log_probs, *_ = ChunkedLogProbFunction.apply(
        states, *weights, labels, 1.0, VOCABULARY_CHUNK, softcap, scale, ()
    )
    if base_states is None:
        return GeneralOutputs(states, log_probs, None)
    kl, _ = ChunkedDivergenceFunction.apply(
        *(states, *weights), *(base_states, *weights), FORWARD_KL, 1.0, *(scale, softcap) * 2
    )
    return GeneralOutputs(states, log_probs, kl)


def logit_settings(config: PretrainedConfig) -> tuple[float, float | None]:
    """Return the factor of a model's logits and their soft cap, as TRL reads them for its head.

    Most models have neither: 1 and None.
    """
    text = config.get_text_config()
    softcap = getattr(text, "final_logit_softcapping", None)
    for name in ("logit_scale", "output_multiplier", "lm_head_multiplier"):
        if (scale := getattr(text, name, None)) is not None:
            return scale, softcap
    divisor = getattr(text, "logits_scaling", None) or 1.0
    return (divisor if text.model_type == "hyperclovax" else 1 / divisor), softcap
