"""Loading: threads, 4-bit on a CPU, and what is refused."""

import gc
import shutil

import pytest
import torch
from tiny_gemma import load_in_float32

from text2sql.errors import UserError
from text2sql.files import read_json, write_json
from text2sql.models.loading import choose_device
from text2sql.models.tokenizer import end_of_turn_id, load_tokenizer

TOKEN_IDS = torch.arange(10, 60)[None]


def logits(model):
    with torch.no_grad():
        return model(TOKEN_IDS).logits


@pytest.fixture
def restored_threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.skipif(torch.cuda.is_available(), reason="threads are chosen where there is no GPU")
def test_threads_are_limited_to_the_allowed_cores(monkeypatch, restored_threads):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)  # as in a container with that quota
    torch.set_num_threads(16)
    assert choose_device().type == "cpu" and torch.get_num_threads() == 2


@pytest.mark.skipif(torch.cuda.is_available(), reason="threads are chosen where there is no GPU")
def test_explicit_number_of_threads_is_kept(monkeypatch, restored_threads):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)
    torch.set_num_threads(3)
    assert choose_device().type == "cpu" and torch.get_num_threads() == 3


def test_dequantised_weights_compute_what_packed_ones_do(tiny_gemma_dir):
    packed = logits(load_in_float32(tiny_gemma_dir, load_in_4bit=True))
    dequantised = logits(load_in_float32(tiny_gemma_dir, load_in_4bit=True, dequantize=True))
    assert torch.allclose(packed, dequantised, atol=1e-4)
    assert not torch.allclose(packed, logits(load_in_float32(tiny_gemma_dir)), atol=1e-4)


def test_nf4_weights_are_not_kept_beside_the_dequantised_ones(
    tiny_gemma_dir, no_garbage_collection
):
    def num_packed() -> int:
        tensors = (found for found in gc.get_objects() if isinstance(found, torch.Tensor))
        return sum(tensor.dtype == torch.uint8 for tensor in tensors)

    before = num_packed()
    model = load_in_float32(tiny_gemma_dir, load_in_4bit=True, dequantize=True)
    assert num_packed() == before
    assert {tensor.dtype for tensor in model.state_dict().values()} == {torch.float32}


@pytest.mark.parametrize("load_in_4bit", [False, True])
def test_model_that_does_not_fit_is_an_actionable_error(tiny_gemma_dir, monkeypatch, load_in_4bit):
    def run_out(*arguments, **settings):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr("transformers.AutoModelForCausalLM.from_pretrained", run_out)
    advice = "a smaller model" if load_in_4bit else "--load_in_4bit true"
    with pytest.raises(UserError, match=f"free memory.*choose {advice}"):
        load_in_float32(tiny_gemma_dir, load_in_4bit=load_in_4bit)


def test_weights_that_the_files_lack_are_not_made_up(tiny_gemma_dir, tmp_path):
    folder = shutil.copytree(tiny_gemma_dir, tmp_path / "model")
    config = read_json(folder / "config.json")
    write_json(folder / "config.json", config | {"num_hidden_layers": 3})
    with pytest.raises(UserError, match=r"lack \d+ weights, such as model\.layers\.2"):
        load_in_float32(folder)


def test_end_of_turn_is_read_from_the_chat_template(tiny_gemma_dir):
    tokenizer = load_tokenizer(str(tiny_gemma_dir))
    assert tokenizer.decode([end_of_turn_id(tokenizer)]) == "<end_of_turn>"
    tokenizer.chat_template = (
        "{{ bos_token }}{% for m in messages %}{{ m['content'] }}"
        "{% if m['role'] == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
    )
    assert end_of_turn_id(tokenizer) == tokenizer.eos_token_id


def test_pad_is_eos_only_where_there_is_no_pad(tiny_gemma_dir, tmp_path):
    tokenizer = load_tokenizer(str(tiny_gemma_dir))
    assert tokenizer.pad_token == "<pad>"
    tokenizer.pad_token = None
    tokenizer.save_pretrained(tmp_path)
    assert load_tokenizer(str(tmp_path)).pad_token == "<eos>"


def test_model_without_a_chat_template_is_refused(tiny_gemma_dir, tmp_path):
    tokenizer = load_tokenizer(str(tiny_gemma_dir))
    tokenizer.chat_template = None
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(UserError, match="no chat template"):
        load_tokenizer(str(tmp_path))
