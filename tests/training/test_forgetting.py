"""The curve of forgetting: what is measured on general texts, and that training is as without."""

from itertools import product
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file
from tiny_train import QUICK, history, losses

from text2sql.errors import UserError
from text2sql.files import read_json, write_json
from text2sql.models.tokenizer import load_tokenizer
from text2sql.training.forgetting import ForgettingCurve, compare_forward, pad_examples

TEXTS = ("Water freezes at zero degrees.", "Il pleut.", "2 + 2 = 4", "print(sorted(names))", "No.")
GENERAL = ("eval_general_loss", "eval_general_kl")


def write_texts(folder):
    path = folder / "texts.txt"
    path.write_text("\n".join(TEXTS))
    return path


def plain_scores(model, base, texts) -> tuple[float, float]:
    """Return cross-entropy and KL(base || model) from transformers' logits, text by text."""
    cross_entropies, divergences = [], []
    with torch.no_grad():
        for tokens in map(torch.tensor, texts):
            logs, base_logs = (
                m(tokens[None]).logits[0, :-1].log_softmax(-1) for m in (model, base)
            )
            cross_entropies.append(-logs.gather(1, tokens[1:, None])[:, 0])
            divergences.append((base_logs.exp() * (base_logs - logs)).sum(-1))
    return tuple(float(torch.cat(values).mean()) for values in (cross_entropies, divergences))


@pytest.mark.slow
@pytest.mark.parametrize("plan", ["auto", "paper"])  # packed rows; padded batches
def test_kept_step_is_measured_as_transformers_logits_have_it(
    run_train, tiny_gemma_dir, tmp_path, plan
):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    flags = [*QUICK, "--load_in_4bit", "false", "--plan", plan]
    printed = run_train(tmp_path / "run", *flags, "--general_texts", write_texts(tmp_path))
    assert "measured on 5 general texts" in printed
    record = read_json(tmp_path / "run" / "run.json")
    assert record["general_texts"]["num_texts"] == 5
    model, base = (
        AutoModelForCausalLM.from_pretrained(tiny_gemma_dir, dtype=torch.float32) for _ in "ab"
    )
    tuned = PeftModel.from_pretrained(model, tmp_path / "run").eval()
    texts = load_tokenizer(str(tiny_gemma_dir))(list(TEXTS)).input_ids
    loss, kl = plain_scores(tuned, base.eval(), texts)
    assert kl > 1e-3
    assert record["general_loss"] == pytest.approx(loss, rel=1e-5)
    assert record["general_kl"] == pytest.approx(kl, rel=1e-4)
    assert record["general_loss_of_base"] == pytest.approx(plain_scores(base, base, texts)[0])
    assert f"{kl:.4f} nats per token" in printed


@pytest.mark.slow
def test_training_is_bit_for_bit_as_without_the_curve(run_train, tmp_path):
    run_train(tmp_path / "with", *QUICK)
    run_train(tmp_path / "without", *QUICK, "--general_texts", "none")
    measured, plain = history(tmp_path / "with"), history(tmp_path / "without")
    assert [entry["step"] for entry in measured if GENERAL[0] in entry] == [0, 8, 16]
    assert measured[0]["step"] == 0
    others = [{k: v for k, v in entry.items() if k not in GENERAL} for entry in measured[1:]]
    assert others == plain
    adapters = [load_file(tmp_path / n / "adapter_model.safetensors") for n in ("with", "without")]
    assert all(torch.equal(adapters[0][name], adapters[1][name]) for name in adapters[0])
    assert read_json(tmp_path / "without" / "run.json")["general_texts"] is None


@pytest.mark.slow
def test_adapter_that_is_new_does_not_diverge_at_all(run_train, tmp_path):
    """The point at step 0 is the base's; measured like the others, it is the same."""
    found = []
    for on_start in ("false", "true"):
        run_dir = tmp_path / on_start
        run_train(run_dir, "--max_steps", 2, "--eval_on_start", on_start)
        found.append([losses(run_dir, key)[0] for key in GENERAL])
        assert all(len(losses(run_dir, key)) == 2 for key in GENERAL)
    assert found[0] == found[1]
    assert found[0][1] == 0.0


@pytest.mark.slow
def test_points_of_one_curve_are_not_measured_on_different_texts(run_train, tmp_path):
    texts = write_texts(tmp_path)
    flags = ["--max_steps", 4, "--eval_steps", 2, "--general_texts", texts]
    run_train(tmp_path / "run", *flags)
    record = read_json(tmp_path / "run" / "run.json")
    write_json(tmp_path / "run" / "run.json", record | {"status": "running"})
    texts.write_text("Another text.")
    with pytest.raises(UserError, match="Pass the same file to continue"):
        run_train(tmp_path / "run", *flags, "--resume")


def scaled_models():
    from transformers import (
        CohereConfig,
        CohereForCausalLM,
        Gemma2Config,
        Gemma2ForCausalLM,
        GraniteConfig,
        GraniteForCausalLM,
    )

    sizes = {"vocab_size": 99, "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1}
    sizes |= {"num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16}
    sizes |= {"initializer_range": 0.5, "pad_token_id": 0}
    yield Gemma2ForCausalLM(Gemma2Config(**sizes, final_logit_softcapping=2.0))
    yield GraniteForCausalLM(GraniteConfig(**sizes, logits_scaling=8.0))
    yield CohereForCausalLM(CohereConfig(**sizes, logit_scale=0.25, eos_token_id=1, bos_token_id=2))


@pytest.mark.parametrize("index", range(3), ids=["soft cap", "divided", "multiplied"])
def test_logits_are_capped_and_scaled_as_the_model_does_it(index):
    torch.manual_seed(0)
    model = [*scaled_models()][index].eval()
    base = [*scaled_models()][index].eval()
    base.load_state_dict(model.state_dict())
    for parameter in base.base_model.layers.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    texts = [[5, 6, 7, 8, 9], [10, 11, 12]]
    batch = pad_examples([{"input_ids": text, "labels": text} for text in texts])
    with torch.no_grad():
        states = compare_forward(base, **batch).states
        outputs = compare_forward(model, **batch, base_states=states)
    loss, kl = plain_scores(model, base, texts)
    assert kl > 1e-3
    assert -float(outputs.log_probs.mean()) == pytest.approx(loss, rel=1e-5)
    assert float(outputs.kl.mean()) == pytest.approx(kl, rel=1e-4)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("num_texts", [2, 30])
def test_processes_have_equally_many_rows_and_share_all_tokens(packed, num_texts):
    texts = [[7] * (5 + index) for index in range(num_texts)]
    curve = ForgettingCurve(None, texts, packed)
    args = {"world_size": 4, "per_device_train_batch_size": 1}
    shares = [curve.build_rows(SimpleNamespace(**args, process_index=index)) for index in range(4)]
    assert len({len(rows) for rows in shares}) == 1
    labels = torch.cat([row["shift_labels"][0] for rows in shares for row in rows])
    assert int((labels != -100).sum()) == sum(len(text) - 1 for text in texts)


def test_examples_that_pad_a_batch_have_no_label():
    batch = pad_examples(
        [{"input_ids": [3, 4, 5]}, {"input_ids": [6, 7], "weight": 0.0}, {"input_ids": [8, 9]}]
    )
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0], [1, 1, 0]]
    assert batch["shift_labels"].tolist() == [[4, 5, -100, 9]]
    rows, columns = 3, 3
    cells = [*product(range(rows), range(columns))]
    assert [cells[index] for index in batch["supervised"]] == [(0, 0), (0, 1), (1, 0), (2, 0)]
