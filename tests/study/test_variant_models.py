"""Whatever is attached, "base" is the untouched base, and an adapter is what PEFT makes of it."""

import pytest
import torch
from peft import PeftModel, get_peft_model
from tiny_adapters import KINDS, PLAIN_LORA, lora, save_adapter
from tiny_gemma import build_model, load_in_float32
from transformers import GemmaConfig, GemmaForCausalLM, GenerationConfig

from text2sql.errors import UserError
from text2sql.inference.batch_plan import plan_decoding
from text2sql.inference.generate import decode_batch
from text2sql.study.variant_models import LoadedVariants
from text2sql.study.variants import BASE, Variant

pytestmark = pytest.mark.slow  # each test loads models

SETTINGS = GenerationConfig(
    do_sample=False, max_new_tokens=6, eos_token_id=[1], pad_token_id=0, bos_token_id=2
)


@pytest.fixture(scope="module")
def prompts() -> list[list[int]]:
    torch.manual_seed(1)
    return sorted([2, *torch.randint(10, 600, (n,)).tolist()] for n in (3, 7, 7, 12, 40))


@pytest.fixture(scope="module")
def adapter_dirs(strong_gemma_dir, tmp_path_factory):
    folders = tmp_path_factory.mktemp("adapters")
    return {kind: save_adapter(kind, strong_gemma_dir, folders / kind) for kind in KINDS}


def load_variants(variants, model_dir) -> LoadedVariants:
    return LoadedVariants(variants, str(model_dir), load_in_4bit=False, dtype="float32")


def answer(models: LoadedVariants, variant: Variant, prompts) -> list[list[int]]:
    with models.active(variant) as model:
        return decode_batch(model, prompts, SETTINGS, plan_decoding(model, 60))


def generate_alone(model, prompts) -> list[list[int]]:
    answers = []
    for prompt in prompts:
        ids = torch.tensor([prompt])
        mask = torch.ones_like(ids)
        with torch.inference_mode():
            output = model.generate(input_ids=ids, attention_mask=mask, generation_config=SETTINGS)
        new_ids = output[0].tolist()
        answers.append(new_ids[len(prompt) :] if new_ids[: len(prompt)] == prompt else new_ids)
    return answers


def finetuned(folder, name="finetuned", **settings) -> Variant:
    return Variant(name, "finetuned", name, str(folder), **settings)


@pytest.mark.parametrize("kind", KINDS)
def test_base_is_untouched_and_the_adapter_answers_as_with_peft_alone(
    strong_gemma_dir, adapter_dirs, prompts, kind
):
    variant = finetuned(adapter_dirs[kind])
    models = load_variants([BASE, variant], strong_gemma_dir)
    base = generate_alone(load_in_float32(strong_gemma_dir), prompts)
    alone = PeftModel.from_pretrained(load_in_float32(strong_gemma_dir), adapter_dirs[kind]).eval()
    assert answer(models, BASE, prompts) == base
    assert answer(models, variant, prompts) == generate_alone(alone, prompts) != base
    assert answer(models, BASE, prompts) == base


def test_trained_biases_leave_the_base_untouched(strong_gemma, prompts, tmp_path):
    config = GemmaConfig(**strong_gemma.config.to_dict() | {"attention_bias": True})
    biased = GemmaForCausalLM(config)
    for name, parameter in biased.named_parameters():
        if name.endswith("bias"):
            parameter.data.zero_()
    biased.load_state_dict(strong_gemma.state_dict(), strict=False)
    biased.save_pretrained(tmp_path / "base")
    base = generate_alone(load_in_float32(tmp_path / "base"), prompts)
    adapter = get_peft_model(load_in_float32(tmp_path / "base"), lora(bias="lora_only"))
    for name, parameter in adapter.named_parameters():
        if name.endswith("bias") and parameter.requires_grad:
            parameter.data += 1
    adapter.save_pretrained(tmp_path / "adapter")
    variant = finetuned(tmp_path / "adapter")
    models = load_variants([BASE, variant], tmp_path / "base")
    assert answer(models, BASE, prompts) == base
    assert answer(models, variant, prompts) == generate_alone(adapter, prompts) != base


def test_only_adapters_that_leave_the_base_alone_share_its_weights(strong_gemma_dir, adapter_dirs):
    variants = [finetuned(adapter_dirs[kind], kind) for kind in KINDS]
    models = load_variants([BASE, *variants], strong_gemma_dir)
    models.load()
    sharing = {v.name for v in variants if v.adapter_dir not in models.with_own_base}
    assert sharing == {*PLAIN_LORA, "dora"}


def test_adapter_that_replaces_embeddings_gets_a_base_of_its_own(
    strong_gemma_dir, adapter_dirs, prompts, tmp_path
):
    other = load_in_float32(strong_gemma_dir)
    other.get_input_embeddings().weight.data *= -1
    get_peft_model(other, lora()).save_pretrained(tmp_path, save_embedding_layers=True)
    saved, plain = finetuned(tmp_path, "saved"), finetuned(adapter_dirs["plain"], "plain")
    models = load_variants([BASE, saved, plain], strong_gemma_dir)
    base = generate_alone(load_in_float32(strong_gemma_dir), prompts)
    assert answer(models, BASE, prompts) == base
    assert models.with_own_base == {str(tmp_path)}
    assert answer(models, saved, prompts) == generate_alone(other, prompts) != base
    alone = load_variants([plain], strong_gemma_dir)
    assert answer(models, plain, prompts) == answer(alone, plain, prompts)


def test_scale_of_an_adapter_that_replaces_embeddings_is_refused(strong_gemma_dir, tmp_path):
    other = load_in_float32(strong_gemma_dir)
    other.get_input_embeddings().weight.data *= -1
    get_peft_model(other, lora()).save_pretrained(tmp_path, save_embedding_layers=True)
    models = load_variants([BASE, finetuned(tmp_path, scale=0.5)], strong_gemma_dir)
    with pytest.raises(
        UserError, match=r"--adapter_scales .* replaces model\.embed_tokens\.weight"
    ):
        models.load()


def test_what_does_not_load_is_refused_before_the_first_answer(
    strong_gemma_dir, adapter_dirs, tmp_path
):
    broken = save_adapter("ia3", strong_gemma_dir, tmp_path)
    (broken / "adapter_model.safetensors").write_bytes(b"")
    variants = [BASE, finetuned(adapter_dirs["plain"], "plain"), finetuned(broken, "broken")]
    models = load_variants(variants, strong_gemma_dir)
    with pytest.raises(UserError, match=str(broken)), models.active(BASE):
        pytest.fail("the base answers")


def test_whole_model_answers_by_itself(strong_gemma_dir, adapter_dirs, prompts, tmp_path):
    build_model(seed=3).save_pretrained(tmp_path)
    whole = Variant("whole", "finetuned", "whole", model_dir=str(tmp_path))
    models = load_variants([BASE, finetuned(adapter_dirs["plain"]), whole], strong_gemma_dir)
    assert answer(models, whole, prompts) == generate_alone(load_in_float32(tmp_path), prompts)
    base = generate_alone(load_in_float32(strong_gemma_dir), prompts)
    assert answer(models, BASE, prompts) == base
