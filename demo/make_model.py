"""Build the demo's small model in demo/model: python -m demo.make_model

A placeholder with the interface of Gemma: about two million weights, trained from nothing for
under a minute on sentences and SQL that this command makes itself. The same seed gives the same
model on the same machine.
"""

import argparse
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from demo.domains import create_table_sql, read_domains
from demo.make_spider import draw_questions, read_kinds
from demo.sentences import make_sentence
from demo.tokenizer import train_tokenizer
from text2sql.records import read_json, sha256_of_file, write_json, write_text

DEMO_DIR = Path(__file__).parent
MODEL_DIR = DEMO_DIR / "model"
SHAPE = {  # 4-bit on a CPU asks for inputs in multiples of 64 and outputs of 32
    "vocab_size": 2048,
    "hidden_size": 192,
    "intermediate_size": 512,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "num_key_value_heads": 1,
    "head_dim": 64,
    "max_position_embeddings": 2048,
}
NUM_DOCUMENTS, BATCH_SIZE, LENGTH = 2500, 16, 128
LEARNING_RATE = 3e-3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output_dir", type=Path, default=MODEL_DIR)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--num_steps", type=int, default=150)
    arguments = parser.parse_args()
    build_model(arguments.output_dir, arguments.seed, arguments.num_steps)


def build_model(output_dir: Path, seed: int, num_steps: int) -> None:
    """Write model, tokenizer and card to `output_dir`, unless they are there from the same build.

    The folder appears when it is complete.
    """
    build = {"seed": seed, "num_steps": num_steps, "sources": hash_sources()}
    record_path = output_dir / "build.json"
    if record_path.exists() and read_json(record_path) == build:
        print(f"{output_dir} is up to date.")
        return
    part_dir = output_dir.with_name(f"{output_dir.name}.part")
    shutil.rmtree(part_dir, ignore_errors=True)
    documents = list(make_documents(Random(seed)))
    tokenizer = train_tokenizer(documents, SHAPE["vocab_size"])
    model, losses = pretrain(tokenizer, documents, seed, num_steps)
    tokenizer.save_pretrained(part_dir)
    model.save_pretrained(part_dir)
    write_text(part_dir / "README.md", model_card(model.num_parameters(), losses))
    write_json(part_dir / "build.json", build)
    shutil.rmtree(output_dir, ignore_errors=True)
    part_dir.rename(output_dir)


def hash_sources() -> dict[str, str]:
    """Return the hash of each file that the model is made from."""
    paths = [*DEMO_DIR.glob("*.py"), *(DEMO_DIR / "kinds").glob("*.yaml")]
    paths += (DEMO_DIR / "databases" / "train").glob("*.yaml")
    return {str(path.relative_to(DEMO_DIR)): sha256_of_file(path) for path in sorted(paths)}


def make_documents(random: Random) -> Iterator[str]:
    """Yield paragraphs of English, and schemas of the train databases with questions and SQL."""
    domains, kinds = read_domains("train"), read_kinds()
    for number in range(NUM_DOCUMENTS):
        if number % 2:
            yield " ".join(make_sentence(random) for _ in range(random.randint(2, 6)))
            continue
        domain = random.choice(domains)
        lines = [create_table_sql(table) for table in domain.tables.values()]
        for kind in random.sample(kinds, 4):
            for question, sql, _ in draw_questions(domain, kind, Counter(), random):
                lines.append(f"-- {question}\n{sql};")
                break
        yield "\n".join(lines)


def pretrain(tokenizer, documents: list[str], seed: int, num_steps: int):
    """Return the model and its loss at each step, on batches cut at random from the documents."""
    import torch
    from transformers import GemmaConfig, GemmaForCausalLM

    torch.manual_seed(seed)
    config = GemmaConfig(**SHAPE, pad_token_id=0, eos_token_id=1, bos_token_id=2)
    model = GemmaForCausalLM(config).train()
    model.generation_config.eos_token_id = [1, 5]  # <eos> and <end_of_turn>
    stream = [token for ids in tokenizer(documents)["input_ids"] for token in [*ids, 1]]
    tokens = torch.tensor(stream)
    optimizer = torch.optim.AdamW(model.parameters(), LEARNING_RATE, betas=(0.9, 0.95))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, LEARNING_RATE, total_steps=max(num_steps, 2), pct_start=0.1
    )
    losses, started = [], time.monotonic()
    for step in range(1, num_steps + 1):
        starts = torch.randint(len(tokens) - LENGTH, (BATCH_SIZE, 1))
        batch = tokens[starts + torch.arange(LENGTH)]
        loss = model(input_ids=batch, labels=batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        left = (time.monotonic() - started) / step * (num_steps - step)
        print(f"\rstep {step}/{num_steps}, loss {losses[-1]:.2f}, {left:.0f} s left ", end="")
    print()
    return model.eval(), losses


def model_card(num_parameters: int, losses: list[float]) -> str:
    return f"""# The demo's small model

A `GemmaForCausalLM` of {num_parameters:,} weights with its own tokenizer and Gemma's chat format.
It holds no weights of Google's. `python -m demo.make_model` trained it from nothing for
{len(losses)} steps of {BATCH_SIZE * LENGTH:,} tokens (loss {losses[0]:.2f} to {losses[-1]:.2f}) on
sentences of a small grammar (`demo/sentences.py`) and on schemas, questions and queries of the
demo's *train* databases, none of it in the chat format. It has seen neither the validation
databases nor the benchmark's items.

It shows that the three commands run. It knows a few patterns and no English to speak of: its
scores say nothing about models that are used.
"""


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: a busy neighbour stalls it
    main()
