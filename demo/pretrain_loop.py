"""The small Gemma and the loop that pre-trains it, on a GPU or, for a trial, on a CPU."""

import itertools
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from transformers import (
    AttentionInterface,
    AttentionMaskInterface,
    AutoTokenizer,
    GemmaConfig,
    GemmaForCausalLM,
)
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from demo.pretrain_data import LENGTH, Rows
from demo.synthetic_documents import LEARNED

SHAPE = {  # 4-bit on a CPU asks for inputs in multiples of 64 and outputs of 32
    "vocab_size": 8192,
    "hidden_size": 320,
    "intermediate_size": 768,
    "num_hidden_layers": 8,
    "num_attention_heads": 5,
    "num_key_value_heads": 5,
    "head_dim": 64,
    "max_position_embeddings": 2048,
}
WEIGHT_DECAY, BETAS, MAX_NORM = 0.1, (0.9, 0.95), 1.0
WARMUP_STEPS, DECAY_SHARE = 200, 0.4
ROUNDED_SHARE = 0.5  # of the time, at the end: learn with the weights as NF4 will round them
SECONDS_BETWEEN_SAVES = 90
# The sixteen values of NF4, of a block of 64 weights divided by its largest (Dettmers et al., 2023)
NF4_VALUES = (
    *(-1.0, -0.6961928, -0.5250731, -0.3949175, -0.2844414, -0.1847734, -0.0910500, 0.0),
    *(0.0795803, 0.1609302, 0.2461123, 0.3379152, 0.4407098, 0.5626170, 0.7229568, 1.0),
)
NF4_BLOCK = 64
# In transformers a compiled model gets a mask as large as its attention; here it is causal alone.
AttentionInterface.register("causal", sdpa_attention_forward)
AttentionMaskInterface.register("causal", lambda *arguments, **options: None)


def round_to_nf4(weight: torch.Tensor) -> torch.Tensor:
    """Return the weights with the values that 4-bit loading gives them."""
    blocks = weight.reshape(-1, NF4_BLOCK)
    largest = blocks.abs().amax(1, keepdim=True).clamp_min(1e-12)
    scaled, rounded = blocks / largest, torch.full_like(blocks, NF4_VALUES[0])
    for low, high in itertools.pairwise(NF4_VALUES):
        rounded = rounded + (high - low) * (scaled > (low + high) / 2)
    return (rounded * largest).view_as(weight)


class RoundedLinear(torch.nn.Linear):
    """A linear layer that learns for its rounded weights once `rounding` is 1."""

    rounding: torch.Tensor

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        noise = (round_to_nf4(self.weight) - self.weight).detach()
        return F.linear(hidden, self.weight + self.rounding * noise)


def build_model(seed: int, shape: dict) -> GemmaForCausalLM:
    torch.manual_seed(seed)
    config = GemmaConfig(**shape, pad_token_id=0, eos_token_id=1, bos_token_id=2)
    model = GemmaForCausalLM(config)
    model.generation_config.eos_token_id = [1, 5]  # <eos> and <end_of_turn>
    shrink = math.sqrt(2 * config.num_hidden_layers)
    for name, weight in model.named_parameters():
        if weight.dim() == 2:
            into_stream = name.endswith(("o_proj.weight", "down_proj.weight"))
            torch.nn.init.normal_(weight, std=0.02 / shrink if into_stream else 0.02)
    return model


def load_model(model_dir: Path):
    """Return a model that was saved before, in 32 bits, and its tokenizer."""
    model = GemmaForCausalLM.from_pretrained(model_dir, dtype=torch.float32)
    return model, AutoTokenizer.from_pretrained(model_dir)


def losses_of_rows(model: GemmaForCausalLM, ids: torch.Tensor, weights: torch.Tensor):
    """Return for each row the summed losses of its next tokens, and the sum of their weights."""
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    logits = F.linear(hidden, model.lm_head.weight).float()
    weights = weights[:, 1:].float() / LEARNED
    losses = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    return (losses.view_as(weights) * weights).sum(1), weights.sum(1)


def learning_rate(step: int, passed: float, highest: float) -> float:
    """Return the rate: warm-up by steps, flat, then linear to 0 by the share of time passed."""
    rate = highest * min(1.0, (step + 1) / WARMUP_STEPS)
    return rate * min(1.0, max(0.01, (1 - passed) / DECAY_SHARE))


class Trainer:
    """A model on its device with its compiled loss."""

    def __init__(self, model: GemmaForCausalLM, num_rows: tuple[int, int], rate: float):
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.set_float32_matmul_precision("high")
        self.model, self.num_rows, self.rate = model.to(self.device), num_rows, rate
        self.rounding = torch.zeros((), device=self.device)
        self.model.set_attn_implementation("causal")
        for layer in self.model.model.modules():
            if isinstance(layer, torch.nn.Linear):
                layer.__class__, layer.rounding = RoundedLinear, self.rounding
        matrices = [weight for weight in model.parameters() if weight.dim() == 2]
        vectors = [weight for weight in model.parameters() if weight.dim() < 2]
        groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}]
        groups.append({"params": vectors, "weight_decay": 0.0})
        fused = self.device == "cuda"
        self.optimizer = torch.optim.AdamW(groups, lr=rate, betas=BETAS, fused=fused)
        self.losses = lambda ids, weights: losses_of_rows(model, ids, weights)

    def compile(self) -> None:
        """Do a step on random tokens without learning from it, so that training starts at once."""
        if self.device == "cuda":
            self.losses = torch.compile(self.losses)
        ids = torch.randint(6, 100, (sum(self.num_rows), LENGTH), device=self.device)
        self.backward(ids, torch.full_like(ids, LEARNED, dtype=torch.uint8))
        self.optimizer.zero_grad(set_to_none=True)

    def backward(self, ids: torch.Tensor, weights: torch.Tensor) -> list[torch.Tensor]:
        """Learn as much from the English as from the synthetic rows; return the loss of each."""
        with torch.autocast(self.device, torch.bfloat16):
            sums, totals = self.losses(ids, weights)
        parts = zip(sums.split(self.num_rows), totals.split(self.num_rows), strict=True)
        losses = [part.sum() / total.sum() for part, total in parts]
        (sum(losses) / len(losses)).backward()
        return [loss.detach() for loss in losses]

    def train(
        self,
        english: Iterator[Rows],
        synthetic: Iterator[Rows],
        seconds: float,
        save: Callable[[], None],
    ) -> dict:
        """Train for so long on batches of English and of synthetic rows; return what was done."""
        started = last_save = last_print = time.monotonic()
        step, losses = 0, [0.0, 0.0]
        while (now := time.monotonic()) - started < seconds:
            passed = (now - started) / seconds
            rate = learning_rate(step, passed, self.rate)
            self.rounding.fill_(float(passed > 1 - ROUNDED_SHARE))
            losses = self.step(english, synthetic, rate)
            step += 1
            if now - last_print > 5:
                last_print, tokens = now, self.tokens_of(step)
                print(
                    f"{now - started:.0f} of {seconds:.0f} s, step {step}, {tokens / 1e6:.0f} M "
                    f"tokens, {tokens / (now - started) / 1e6:.2f} M/s, loss of English "
                    f"{losses[0].item():.3f}, of SQL {losses[1].item():.3f}",
                    flush=True,
                )
            if now - last_save > SECONDS_BETWEEN_SAVES:
                last_save = now
                save()
        english_loss, sql_loss = (float(loss) for loss in losses)
        return {
            "steps": step,
            "tokens": self.tokens_of(step),
            "seconds": round(time.monotonic() - started),
            "last_loss_of_english": round(english_loss, 3),
            "last_loss_of_synthetic": round(sql_loss, 3),
        }

    def close(self, english: Iterator[Rows], synthetic: Iterator[Rows], steps: int) -> dict:
        """Do so many steps at a steady rate, with rounded weights; return what was done."""
        self.rounding.fill_(1.0)
        for step in range(steps):
            losses = self.step(english, synthetic, self.rate)
            if step % 10 == 0:
                print(f"closing step {step}: {[loss.item() for loss in losses]}", flush=True)
        return {"closing_steps": steps, "closing_tokens": self.tokens_of(steps)}

    def step(self, english: Iterator[Rows], synthetic: Iterator[Rows], rate: float) -> list:
        """Learn from a batch of each; return their losses."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        parts = zip(next(english), next(synthetic), strict=True)  # ids, then weights
        losses = self.backward(*self.load(tuple(np.concatenate(part) for part in parts)))
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), MAX_NORM)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return losses

    def tokens_of(self, steps: int) -> int:
        return steps * sum(self.num_rows) * LENGTH

    def load(self, rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
        ids, weights = (torch.from_numpy(part) for part in rows)
        if self.device == "cuda":
            ids, weights = ids.pin_memory(), weights.pin_memory()
        return ids.to(self.device, non_blocking=True).long(), weights.to(
            self.device, non_blocking=True
        )

    @torch.no_grad()
    def measure(self, rows: Rows) -> float:
        """Return the loss a token on rows that were not trained on."""
        losses = []
        size = self.num_rows[0]
        for start in range(0, len(rows[0]) - size + 1, size):
            batch = rows[0][start : start + size], rows[1][start : start + size]
            with torch.autocast(self.device, torch.bfloat16):
                sums, weights = losses_of_rows(self.model, *self.load(batch))
            losses.append((sums.sum() / weights.sum()).item())
        return round(sum(losses) / len(losses), 3) if losses else float("nan")
