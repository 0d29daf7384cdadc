"""CUDA graphs of the layers, on a GPU where there is one: the gradients that eager layers give."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import GemmaConfig, GemmaForCausalLM
from transformers.modeling_outputs import BaseModelOutputWithPast

from text2sql.models.packed_rows import Suffix, pack_row
from text2sql.training import cuda_graphs
from text2sql.training.cuda_graphs import (
    ROW_MULTIPLE,
    ROWS_BEFORE_GRAPH,
    drop_cuda_graphs,
    use_cuda_graphs,
)
from text2sql.training.packing import MODEL_INPUTS, pack_examples, use_packed_forward

ROWS = [[2, *range(5, 5 + length)] for length in (40, 60, 30, 80)]
LONGER_ROWS = [[*range(start, start + 100)] for start in (5, 6, 7, 8)]  # fill another shape


def step(model, rows: list[list[int]]) -> torch.Tensor:
    """Return the adapter's gradients of a step on the last tokens of the rows."""
    examples = [{"input_ids": row, "labels": [-100] * (len(row) - 4) + row[-4:]} for row in rows]
    batch = pack_examples(examples, multiple=ROW_MULTIPLE)
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
    use_cuda_graphs(model.get_base_model().base_model)
    for _ in range(ROWS_BEFORE_GRAPH + 2):
        for rows, expected in zip(batches, eager, strict=True):
            assert (step(model, rows) - expected).norm() <= 0.02 * expected.norm()


def test_graph_is_made_for_a_shape_of_rows_that_has_come_several_times(monkeypatch):
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: (0, 0))
    monkeypatch.setattr(cuda_graphs, "capture", lambda *given: lambda *inputs: "replayed")
    backbone = torch.nn.Module()
    backbone.forward = lambda **inputs: BaseModelOutputWithPast(last_hidden_state="eager")
    use_cuda_graphs(backbone)

    def compute(length: int) -> str:
        rows = pack_row([[5] * length], [Suffix([6], length)], multiple=ROW_MULTIPLE)
        return backbone.forward(**rows).last_hidden_state

    assert [compute(20) for _ in range(ROWS_BEFORE_GRAPH)] == ["eager"] * ROWS_BEFORE_GRAPH
    assert compute(ROW_MULTIPLE) == "eager"
    assert compute(20) == compute(21) == "replayed"  # filled up to the same shape
    with torch.no_grad():
        assert compute(20) == "eager"


def test_dropped_graphs_leave_the_eager_layers(monkeypatch):
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: (0, 0))
    backbone = build_model("cpu").get_base_model().base_model
    eager = backbone.forward
    use_cuda_graphs(backbone)
    assert backbone.forward != eager
    drop_cuda_graphs(backbone)
    assert backbone.forward == eager


def test_rows_filled_up_to_a_shape_give_the_gradients_of_rows_that_are_not(monkeypatch):
    model = build_model("cpu").float()
    filled = step(model, ROWS)
    monkeypatch.setattr("test_cuda_graphs.ROW_MULTIPLE", 1)
    assert (step(model, ROWS) - filled).norm() <= 0.02 * filled.norm()


def test_the_rows_of_these_tests_are_of_two_shapes():
    def shape(rows):
        examples = [{"input_ids": row, "labels": [-100, *row[1:]]} for row in rows]
        return pack_examples(examples, multiple=ROW_MULTIPLE)["input_ids"].shape

    assert shape(ROWS) == shape(ROWS[:2] * 2) != shape(LONGER_ROWS)
