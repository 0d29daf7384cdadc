"""The small Gemma and the loop that pre-trains it, on a GPU or, for a trial, on a CPU."""

import math
import time
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from transformers import GemmaConfig, GemmaForCausalLM

from demo.pretrain_data import LENGTH, Rows
from demo.synthetic_documents import LEARNED

SHAPE = {  # 4-bit on a CPU asks for inputs in multiples of 64 and outputs of 32
    "vocab_size": 8192,
    "hidden_size": 320,
    "intermediate_size": 768,
    "num_hidden_layers": 8,
    "num_attention_heads": 5,
    "num_key_value_heads": 1,
    "head_dim": 64,
    "max_position_embeddings": 2048,
}
LEARNING_RATE, WEIGHT_DECAY, BETAS, MAX_NORM = 2e-3, 0.1, (0.9, 0.95), 1.0
WARMUP_STEPS, DECAY_SHARE = 100, 0.35
SECONDS_BETWEEN_SAVES = 90


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


def weighted_loss(model: GemmaForCausalLM, ids: torch.Tensor, weights: torch.Tensor):
    """Return the mean loss of the next token, by the weights of the tokens that are predicted."""
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    logits = F.linear(hidden, model.lm_head.weight).float()
    weights = weights[:, 1:].float() / LEARNED
    losses = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    return (losses.view_as(weights) * weights).sum() / weights.sum()


def learning_rate(step: int, passed: float) -> float:
    """Return the rate: warm-up by steps, flat, then linear to 0 by the share of time passed."""
    rate = LEARNING_RATE * min(1.0, (step + 1) / WARMUP_STEPS)
    return rate * min(1.0, max(0.01, (1 - passed) / DECAY_SHARE))


class Trainer:
    """A model on its device with its compiled loss."""

    def __init__(self, model: GemmaForCausalLM, rows_per_batch: int):
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.set_float32_matmul_precision("high")
        self.model, self.rows_per_batch = model.to(self.device), rows_per_batch
        matrices = [weight for weight in model.parameters() if weight.dim() == 2]
        vectors = [weight for weight in model.parameters() if weight.dim() < 2]
        groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}]
        groups.append({"params": vectors, "weight_decay": 0.0})
        fused = self.device == "cuda"
        self.optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=BETAS, fused=fused)
        compute = lambda ids, weights: weighted_loss(model, ids, weights)  # noqa: E731
        self.loss = torch.compile(compute) if fused else compute

    def compile(self) -> None:
        """Do a step on random tokens without learning from it, so that training starts at once."""
        ids = torch.randint(6, 100, (self.rows_per_batch, LENGTH), device=self.device)
        self.backward(ids, torch.full_like(ids, LEARNED, dtype=torch.uint8))
        self.optimizer.zero_grad(set_to_none=True)

    def backward(self, ids: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        with torch.autocast(self.device, torch.bfloat16):
            loss = self.loss(ids, weights)
        (loss / 2).backward()
        return loss.detach()

    def train(
        self,
        english: Iterator[Rows],
        synthetic: Iterator[Rows],
        seconds: float,
        save: Callable[[], None],
    ) -> dict:
        """Train for so long, half on English and half on synthetic rows; return what was done."""
        started = last_save = last_print = time.monotonic()
        step, losses = 0, [0.0, 0.0]
        while (now := time.monotonic()) - started < seconds:
            rate = learning_rate(step, (now - started) / seconds)
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            losses = [self.backward(*self.load(next(rows))) for rows in (english, synthetic)]
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), MAX_NORM)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
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

    def tokens_of(self, steps: int) -> int:
        return steps * 2 * self.rows_per_batch * LENGTH

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
        size = self.rows_per_batch
        for start in range(0, len(rows[0]) - size + 1, size):
            batch = rows[0][start : start + size], rows[1][start : start + size]
            with torch.autocast(self.device, torch.bfloat16):
                losses.append(weighted_loss(self.model, *self.load(batch)).item())
        return round(sum(losses) / len(losses), 3) if losses else float("nan")
