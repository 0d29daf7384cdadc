"""CUDA graphs of the layers, on a GPU where there is one: the gradients that eager layers give."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import GemmaConfig, GemmaForCausalLM
from transformers.modeling_outputs import BaseModelOutputWithPast

from text2sql.models.packed_rows import Suffix, pack_row
from text2sql.training import cuda_graphs
from text2sql.training.cuda_graphs import drop_cuda_graphs, use_cuda_graphs
from text2sql.training.packing import MODEL_INPUTS, pack_examples, use_packed_forward
from text2sql.training.row_shapes import row_shape

SHAPES = [row_shape(size, 800, 16, num_texts=4, longest_text=110) for size in (256, 512)]
ROWS = [[2, *range(5, 5 + length)] for length in (40, 60, 30, 80)]
POSITIONS = torch.tensor([0])
LONGER_ROWS = [[*range(start, start + 100)] for start in (5, 6, 7, 8)]  # fill another shape


def step(model, rows: list[list[int]], shapes=SHAPES) -> torch.Tensor:
    """Return the adapter's gradients of a step on the last tokens of the rows."""
    examples = [{"input_ids": row, "labels": [-100] * (len(row) - 4) + row[-4:]} for row in rows]
    batch = pack_examples(examples, shapes)
    inputs = {name: batch[name].to(model.device) for name in MODEL_INPUTS}
    model.zero_grad()
    with torch.autocast(model.device.type, torch.bfloat16, model.dtype == torch.bfloat16):
        log_probs = model(**inputs).log_probs
    log_probs.sum().backward()
    gradients = [parameter.grad for parameter in model.parameters() if parameter.requires_grad]
    return torch.cat([gradient.flatten() for gradient in gradients])


def build_model(device: str):
    torch.manual_seed(0)
    sizes = {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 64}
    config = GemmaConfig(vocab_size=128, **sizes, **heads, initializer_range=0.1)
    model = GemmaForCausalLM(config).to(device, torch.bfloat16)
    adapter = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(model, adapter).train()
    use_packed_forward(model.get_base_model())
    return model


@pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA graphs need a GPU")
def test_graphs_give_the_gradients_of_eager_layers_for_rows_of_every_shape():
    model = build_model("cuda")
    batches = [ROWS, LONGER_ROWS, ROWS[:2] * 2]
    eager = [step(model, rows) for rows in batches]
    use_cuda_graphs(model.get_base_model().base_model, SHAPES)
    for _ in range(2):
        for rows, expected in zip(batches, eager, strict=True):
            assert (step(model, rows) - expected).norm() <= 0.02 * expected.norm()


def test_graphs_are_made_before_the_first_step_and_serve_the_rows_of_their_shapes(monkeypatch):
    captured = []

    def capture(layers, inputs, pool, num_warmup_iters):
        captured.append(inputs[0].shape[1])
        return lambda *inputs: f"replayed for {layers.shape.num_tokens}"

    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: (0, 0))
    monkeypatch.setattr(cuda_graphs, "capture", capture)
    backbone = torch.nn.Module()
    backbone.forward = lambda **inputs: BaseModelOutputWithPast(last_hidden_state="eager")
    use_cuda_graphs(backbone, SHAPES)

    def compute(length: int) -> str:
        rows = pack_row([[5] * length], [Suffix([6] * length, length)], SHAPES)
        return backbone.forward(**rows, output_positions=POSITIONS).last_hidden_state

    assert compute(20) == compute(21) == "replayed for 256"
    assert captured == [512, 256]  # the smaller one in the memory of the larger one
    assert compute(111) == "eager"  # longer than any text was expected to be
    with torch.no_grad():
        assert compute(20) == "eager"


def test_dropped_graphs_leave_the_eager_layers(monkeypatch):
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: (0, 0))
    backbone = build_model("cpu").get_base_model().base_model
    eager = backbone.forward
    use_cuda_graphs(backbone, SHAPES)
    assert backbone.forward != eager
    drop_cuda_graphs(backbone)
    assert backbone.forward == eager


def test_padded_rows_give_the_gradients_of_rows_that_are_not():
    model = build_model("cpu").float()
    assert torch.allclose(step(model, ROWS), step(model, ROWS, shapes=()), atol=1e-5)


def test_the_rows_of_these_tests_are_of_two_shapes():
    def num_tokens(rows):
        labels = [[-100] * (len(row) - 4) + row[-4:] for row in rows]
        examples = [{"input_ids": r, "labels": own} for r, own in zip(rows, labels, strict=True)]
        return pack_examples(examples, SHAPES)["input_ids"].shape[1]

    assert [num_tokens(rows) for rows in (ROWS, LONGER_ROWS, ROWS[:2] * 2)] == [256, 512, 256]
