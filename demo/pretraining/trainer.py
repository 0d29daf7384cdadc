"""The small Gemma and its pre-training loop, on a GPU or, for a trial, on a CPU."""

import itertools
import math
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import (
    AttentionInterface,
    AttentionMaskInterface,
    GemmaConfig,
    GemmaForCausalLM,
)
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from demo.pretraining.documents import LEARNED
from demo.pretraining.text_stream import LENGTH, Rows

SHAPE = {  # 4-bit kernels on a CPU need input sizes divisible by 64 and output sizes by 32
    "vocab_size": 8192,
    "hidden_size": 320,
    "intermediate_size": 768,
    "num_hidden_layers": 8,
    "num_attention_heads": 5,
    "num_key_value_heads": 5,
    "head_dim": 64,
    "max_position_embeddings": 2048,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "bos_token_id": 2,
}
LEARNING_RATE = 2.5e-3
WEIGHT_DECAY, BETAS, MAX_NORM = 0.1, (0.9, 0.95), 1.0
WARMUP_STEPS, DECAY_SHARE = 200, 0.4
ROUNDED_SHARE = 0.5  # the final part of the run, trained with the weights rounded as NF4 does
SECONDS_BETWEEN_LINES = 5
# NF4's sixteen values, relative to the largest in a block of 64 weights (Dettmers et al., 2023).
NF4_VALUES = (
    *(-1.0, -0.6961928, -0.5250731, -0.3949175, -0.2844414, -0.1847734, -0.0910500, 0.0),
    *(0.0795803, 0.1609302, 0.2461123, 0.3379152, 0.4407098, 0.5626170, 0.7229568, 1.0),
)
NF4_BLOCK = 64
# transformers gives a compiled model an explicit mask; without one, sdpa runs its causal kernel.
AttentionInterface.register("causal", sdpa_attention_forward)
AttentionMaskInterface.register("causal", lambda *arguments, **options: None)


def round_to_nf4(weight: Tensor) -> Tensor:
    """Return the weights with the values that 4-bit loading gives them."""
    blocks = weight.reshape(-1, NF4_BLOCK)
    largest = blocks.abs().amax(1, keepdim=True).clamp_min(1e-12)
    scaled, rounded = blocks / largest, torch.full_like(blocks, NF4_VALUES[0])
    for low, high in itertools.pairwise(NF4_VALUES):
        rounded = rounded + (high - low) * (scaled > (low + high) / 2)
    return (rounded * largest).view_as(weight)


class RoundedLinear(torch.nn.Linear):
    """A linear layer that computes with rounded weights while `rounding` is 1.

    The gradient passes straight through the rounding, to the unrounded weights.
    """

    rounding: Tensor

    def forward(self, hidden: Tensor) -> Tensor:
        noise = (round_to_nf4(self.weight) - self.weight).detach()
        return F.linear(hidden, self.weight + self.rounding * noise)


def build_model(seed: int) -> GemmaForCausalLM:
    torch.manual_seed(seed)
    config = GemmaConfig.from_dict(SHAPE)
    model = GemmaForCausalLM(config)
    model.generation_config.eos_token_id = [1, 5]  # <eos> and <end_of_turn>
    shrink = math.sqrt(2 * config.num_hidden_layers)
    for name, weight in model.named_parameters():
        if weight.dim() == 2:
            into_stream = name.endswith(("o_proj.weight", "down_proj.weight"))
            torch.nn.init.normal_(weight, std=0.02 / shrink if into_stream else 0.02)
    return model


def row_losses(model: GemmaForCausalLM, ids: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return each row's weighted sum of next-token losses and its sum of weights, both (rows,)."""
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    logits = F.linear(hidden, model.lm_head.weight).float()
    weights = weights[:, 1:].float() / LEARNED
    losses = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    return (losses.view_as(weights) * weights).sum(1), weights.sum(1)


def learning_rate(step: int, elapsed: float) -> float:
    """Return the rate: warm-up over steps, constant, then linear to 0; `elapsed` is 0 to 1."""
    rate = LEARNING_RATE * min(1.0, (step + 1) / WARMUP_STEPS)
    return rate * min(1.0, max(0.01, (1 - elapsed) / DECAY_SHARE))


class Trainer:
    """A model on its device, its optimizer and its loss, compiled on a GPU."""

    def __init__(self, model: GemmaForCausalLM, num_rows: tuple[int, int]):
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.set_float32_matmul_precision("high")
        self.model, self.num_rows = model, num_rows  # of English and of synthetic text
        self.model.to(self.device)  # type: ignore[arg-type]
        self.rounding = torch.zeros((), device=self.device)
        self.model.set_attn_implementation("causal")
        for layer in self.model.model.modules():
            if isinstance(layer, torch.nn.Linear):
                layer.__class__ = RoundedLinear
                layer.rounding = self.rounding
        matrices = [weight for weight in model.parameters() if weight.dim() == 2]
        vectors = [weight for weight in model.parameters() if weight.dim() < 2]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": WEIGHT_DECAY},
                {"params": vectors, "weight_decay": 0.0},
            ],
            lr=LEARNING_RATE,
            betas=BETAS,
            fused=self.device == "cuda",
        )
        self.losses: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = lambda ids, weights: (
            row_losses(model, ids, weights)
        )

    @property
    def device_name(self) -> str:
        return torch.cuda.get_device_name() if self.device == "cuda" else "CPU"

    def compile(self) -> None:
        """Compile the loss and run it once on random tokens, before the clock of training."""
        if self.device == "cuda":
            self.losses = torch.compile(self.losses)
        ids = torch.randint(6, 100, (sum(self.num_rows), LENGTH), device=self.device)
        self.backward(ids, torch.full_like(ids, LEARNED, dtype=torch.uint8))
        self.optimizer.zero_grad(set_to_none=True)

    def backward(self, ids: Tensor, weights: Tensor) -> list[Tensor]:
        """Accumulate gradients, English and synthetic rows counting alike; return both losses."""
        with torch.autocast(self.device, torch.bfloat16):
            sums, totals = self.losses(ids, weights)
        parts = zip(sums.split(self.num_rows), totals.split(self.num_rows), strict=True)
        losses = [part.sum() / total.sum() for part, total in parts]
        torch.stack(losses).mean().backward()
        return [loss.detach() for loss in losses]

    def train(
        self, english: Iterator[Rows], synthetic: Iterator[Rows], seconds: float
    ) -> dict[str, object]:
        """Train for `seconds` on batches of English and of synthetic rows; return the facts."""
        started = last_line = time.monotonic()
        step, losses = 0, [torch.zeros(())] * 2
        while (now := time.monotonic()) - started < seconds:
            elapsed = (now - started) / seconds
            self.rounding.fill_(float(elapsed > 1 - ROUNDED_SHARE))
            losses = self.step(english, synthetic, learning_rate(step, elapsed))
            step += 1
            if now - last_line > SECONDS_BETWEEN_LINES:
                last_line = now
                self.print_progress(step, now - started, seconds, losses)
        return {
            "steps": step,
            "tokens": self.num_tokens(step),
            "seconds": round(time.monotonic() - started),
            "last_loss_on_english": round(losses[0].item(), 3),
            "last_loss_on_synthetic": round(losses[1].item(), 3),
        }

    def step(self, english: Iterator[Rows], synthetic: Iterator[Rows], rate: float) -> list[Tensor]:
        """Learn from one batch of each; return their losses."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        losses = self.backward(*self.load(*map(concatenate, next(english), next(synthetic))))
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), MAX_NORM)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return losses

    def print_progress(
        self, step: int, elapsed: float, seconds: float, losses: list[Tensor]
    ) -> None:
        tokens = self.num_tokens(step) / 1e6
        print(
            f"{elapsed:.0f} of {seconds:.0f} s, step {step}, {tokens:.0f} M tokens, "
            f"{tokens / elapsed:.2f} M/s, loss on English {losses[0].item():.3f}, "
            f"on SQL {losses[1].item():.3f}",
            flush=True,
        )

    def num_tokens(self, steps: int) -> int:
        return steps * sum(self.num_rows) * LENGTH

    def load(self, *arrays: np.ndarray) -> list[Tensor]:
        """Return token ids (as int64) and weights on the device."""
        tensors = [torch.from_numpy(array) for array in arrays]
        if self.device == "cuda":
            tensors = [tensor.pin_memory() for tensor in tensors]
        ids, weights = (tensor.to(self.device, non_blocking=True) for tensor in tensors)
        return [ids.long(), weights]

    @torch.no_grad()
    def measure(self, rows: Rows) -> float:
        """Return the loss per token on rows that were not trained on."""
        losses = []
        size = self.num_rows[0]
        for start in range(0, len(rows[0]) - size + 1, size):
            batch = rows[0][start : start + size], rows[1][start : start + size]
            with torch.autocast(self.device, torch.bfloat16):
                sums, weights = row_losses(self.model, *self.load(*batch))
            losses.append((sums.sum() / weights.sum()).item())
        return round(sum(losses) / len(losses), 3) if losses else float("nan")


def concatenate(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.concatenate((first, second))
