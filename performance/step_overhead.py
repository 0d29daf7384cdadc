"""Time what Python does in a training step, without the arithmetic of the model.

    python -m performance.step_overhead --data_dir processed_data --output_dir DIR --num_layers 30

The layers and the head are replaced by functions that return numbers at once, as CUDA graphs nearly
do: what is left is the loop of the libraries, packing, and the optimizer. On a GPU that is launched
in a few kernels; on a CPU it goes through the adapter's tensors one by one.
"""

import io
import sys
import time
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import torch
from transformers import AutoModelForCausalLM, LlamaConfig
from transformers.modeling_outputs import BaseModelOutputWithPast

from performance.training import ROOT
from text2sql.cli import run
from text2sql.flags import parse_flags
from text2sql.training import build, packing
from text2sql.training.trainer import AdapterTrainer

WIDTH = 8  # of the layers


@dataclass
class Flags:
    data_dir: str
    output_dir: str
    num_layers: int = 30  # as SmolLM2-135M has
    num_steps: int = 200


class InstantLayers(torch.autograd.Function):
    """States that do not depend on the input, and a gradient for each parameter."""

    @staticmethod
    def forward(ctx: Any, num_positions: int, *parameters: torch.Tensor) -> torch.Tensor:
        ctx.parameters = parameters
        return torch.randn(1, num_positions, WIDTH)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        return (None, *(torch.full_like(parameter, 1e-4) for parameter in ctx.parameters))


class InstantHead:
    @staticmethod
    def apply(states: torch.Tensor, *settings: Any) -> tuple[torch.Tensor | None, ...]:
        sums = states.sum(-1)
        return sums, sums, None, None, sums > 0


def main() -> None:
    flags, _ = parse_flags(Flags, __doc__)
    torch.set_num_threads(1)
    seconds = time_steps(flags)
    print(f"{flags.num_layers} layers: {seconds / flags.num_steps * 1e3:.1f} ms a step")


def time_steps(flags: Flags) -> float:
    """Return how long the loop of train.py took for the steps."""
    config = LlamaConfig(
        vocab_size=262_144,  # as many tokens as any prompts may have
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        num_hidden_layers=flags.num_layers,
        num_attention_heads=1,
        tie_word_embeddings=True,
    )
    timed: list[float] = []
    build.load_config = lambda model_id: config
    build.load_base_model = lambda model_id, **settings: AutoModelForCausalLM.from_config(config)
    packing.ChunkedLogProbFunction = InstantHead
    train_model = AdapterTrainer.train

    def train(trainer: AdapterTrainer, **settings: Any) -> Any:
        parameters = [p for p in trainer.adapted_model.parameters() if p.requires_grad]

        def compute(output_positions: torch.Tensor, **row: Any) -> BaseModelOutputWithPast:
            states = InstantLayers.apply(len(output_positions), *parameters)
            return BaseModelOutputWithPast(last_hidden_state=states)

        trainer.base_model.base_model.forward = compute
        began = time.perf_counter()
        ended = train_model(trainer, **settings)
        timed.append(time.perf_counter() - began)
        return ended

    AdapterTrainer.train = train
    import train as command

    steps = ["--max_steps", str(flags.num_steps), "--logging_steps", str(flags.num_steps)]
    nothing_else = ["--eval_strategy", "no", "--save_strategy", "no", "--general_texts", "none"]
    nothing_else += ["--load_best_model_at_end", "false", "--report_to", "none"]
    sys.argv = ["train.py", "--data_dir", flags.data_dir, "--output_dir", flags.output_dir]
    sys.argv += ["--overwrite", "--load_in_4bit", "false", *steps, *nothing_else]
    with redirect_stdout(io.StringIO()):
        command.main()
    return timed[0]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    run(main)
