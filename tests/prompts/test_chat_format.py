"""Facts about chat templates: what is asked, what is trained, and the token that ends an answer."""

import pytest
from transformers import AutoTokenizer

from text2sql.errors import UserError
from text2sql.prompts.chat import INSTRUCTION, Shot, build_completion
from text2sql.prompts.chat_format import adds_bos, find_chat_format

TURNS = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
    "{{ m['content'] + '<|im_end|>\n' }}{% endfor %}"
)
ASK = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
CHATML = TURNS + ASK

# A finished last turn has an empty think block; the prompt has it where reasoning is switched off.
QWEN3 = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
    "{% if m['role'] == 'assistant' and loop.last %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{{ m['content'] + '<|im_end|>\n' }}{% endfor %}" + ASK + "{% if add_generation_prompt and "
    "enable_thinking is defined and not enable_thinking %}"
    "{{ '<think>\n\n</think>\n\n' }}{% endif %}"
)
QWEN3_WITHOUT_SWITCH = QWEN3.replace("enable_thinking is defined and not enable_thinking", "false")
# Where reasoning is off, the prompt has an empty think block, which a finished turn lacks.
QWEN_BLOCK_IN_PROMPT_ALONE = QWEN3.replace("loop.last %}{{ '<think>", "false %}{{ '<think>")
# The prompt opens the think block; a finished turn has none, as its reasoning is dropped.
DEEPSEEK_R1 = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if m['role'] == 'user' %}{{ '<|User|>' + m['content'] }}"
    "{% else %}{{ '<|Assistant|>' + m['content'].split('</think>')[-1] + eos_token }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|Assistant|><think>\n' }}{% endif %}"
)
LLAMA_2 = (
    "{% for m in messages %}{% if m['role'] == 'user' %}{{ bos_token + '[INST] ' + m['content'] }}"
    "{{ ' [/INST]' }}{% else %}{{ ' ' + m['content'] + ' ' + eos_token }}{% endif %}{% endfor %}"
)
MISTRAL = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}"
    "{{ '[INST] ' + m['content'] + ' [/INST]' }}{% else %}{{ m['content'] + eos_token }}{% endif %}"
    "{% endfor %}"
)
LLAMA_3 = (
    "{{ bos_token }}{% for m in messages %}{{ '<|start_header_id|>' + m['role'] + "
    "'<|end_header_id|>\n\n' + m['content'] | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
PHI_3 = (
    "{% for m in messages %}"
    "{{ '<|' + m['role'] + '|>\n' + m['content'] + '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
)
HARMONY = (
    "{% for m in messages %}{{ '<|start|>' + m['role'] }}{% if m['role'] == 'assistant' %}"
    "{{ '<|channel|>final' }}{% endif %}{{ '<|message|>' + m['content'] }}"
    "{{ '<|return|>' if loop.last and not add_generation_prompt else '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start|>assistant' }}{% endif %}"
)
DATED = "{{ bos_token + 'Today is ' + strftime_now('%d %b %Y') + '\n' }}" + CHATML
SYSTEM_REQUIRED = (
    "{% if messages[0]['role'] != 'system' %}{{ raise_exception('Begin with a system turn') }}"
    "{% endif %}" + CHATML
)
TYPED = CHATML.replace(
    "m['content']",
    "m['content'] | selectattr('type', 'equalto', 'text') | map(attribute='text') | join('')",
)

SPECIAL = (
    *("<|im_start|>", "<|im_end|>", "<|User|>", "<|Assistant|>", "<|start_header_id|>"),
    *("<|end_header_id|>", "<|eot_id|>", "<|user|>", "<|assistant|>", "<|end|>", "<|start|>"),
    *("<|channel|>", "<|message|>", "<|return|>"),
)
PLAIN = ("<think>", "</think>", "\n\n")  # Gemma's blank lines are added tokens, too

# template: end of turn, the prompt's last characters, and the whole completion for `SELECT 1`
FORMATS = {
    "chatml": (CHATML, "<|im_end|>", "assistant\n", "SELECT 1<|im_end|>\n"),
    "qwen3": (QWEN3, "<|im_end|>", "<think>\n\n</think>\n\n", "SELECT 1<|im_end|>\n"),
    "qwen3_without_switch": (
        *(QWEN3_WITHOUT_SWITCH, "<|im_end|>", "<|im_start|>assistant\n"),
        "<think>\n\n</think>\n\nSELECT 1<|im_end|>\n",
    ),
    "think_block_in_the_prompt_alone": (
        *(QWEN_BLOCK_IN_PROMPT_ALONE, "<|im_end|>", "<think>\n\n</think>\n\n"),
        "SELECT 1<|im_end|>\n",
    ),
    "deepseek_r1": (DEEPSEEK_R1, "<eos>", "<think>\n", "\n</think>\n\nSELECT 1<eos>"),
    "llama_2": (LLAMA_2, "<eos>", " [/INST]", " SELECT 1 <eos>"),
    "mistral": (MISTRAL, "<eos>", " [/INST]", "SELECT 1<eos>"),
    "llama_3": (LLAMA_3, "<|eot_id|>", "<|end_header_id|>\n\n", "SELECT 1<|eot_id|>"),
    "phi_3": (PHI_3, "<|end|>", "<|assistant|>\n", "SELECT 1<|end|>\n<eos>"),
    "harmony": (
        *(HARMONY, "<|return|>", "<|start|>assistant"),
        "<|channel|>final<|message|>SELECT 1<|return|>",
    ),
    "dated": (DATED, "<|im_end|>", "assistant\n", "SELECT 1<|im_end|>\n"),
    "typed_content": (TYPED, "<|im_end|>", "assistant\n", "SELECT 1<|im_end|>\n"),
    "named_templates": (
        *({"default": CHATML, "tool_use": "no"}, "<|im_end|>", "assistant\n"),
        "SELECT 1<|im_end|>\n",
    ),
}


def tokenizer_with(template, directory, **special_tokens):
    tokenizer = AutoTokenizer.from_pretrained(directory)
    tokenizer.add_tokens(list(SPECIAL), special_tokens=True)
    tokenizer.add_tokens(list(PLAIN))
    tokenizer.chat_template = template
    for name, token in special_tokens.items():
        setattr(tokenizer, name, token)
    return tokenizer


def render(chat_format, question="Who?", sql="SELECT 1"):
    shot = Shot("SCHEMA", "How many?", "SELECT count(*) FROM t")
    prompt = chat_format.build_prompt("SCHEMA", question, [shot])
    return chat_format.render_example(prompt, build_completion(sql))


@pytest.mark.parametrize(
    ("template", "end", "prompt_end", "completion"), FORMATS.values(), ids=FORMATS.keys()
)
def test_answer_ends_with_its_own_token_and_continues_what_is_asked(
    tiny_gemma_dir, template, end, prompt_end, completion
):
    tokenizer = tokenizer_with(template, tiny_gemma_dir)
    chat_format = find_chat_format(tokenizer)
    assert tokenizer.convert_ids_to_tokens(chat_format.end_of_turn_id()) == end
    chat = render(chat_format)
    assert chat.prompt_text.endswith(prompt_end)
    assert chat.completion_text == completion
    assert all(m["content"] in chat.prompt_text for m in chat.prompt)


def test_instruction_is_a_system_turn_where_the_template_demands_one(tiny_gemma_dir):
    chat = render(find_chat_format(tokenizer_with(SYSTEM_REQUIRED, tiny_gemma_dir)))
    assert chat.prompt[0] == {"role": "system", "content": INSTRUCTION}
    assert f"<|im_start|>system\n{INSTRUCTION}<|im_end|>" in chat.prompt_text
    assert chat.prompt_text.count(INSTRUCTION) == 1


@pytest.mark.parametrize(
    ("template", "reason"),
    {
        "raises": ("{{ raise_exception('No chat today') }}", "No chat today"),
        "is_not_a_template": ("{% for m in messages %}", "Unexpected end of template"),
        "drops_the_question": (CHATML.replace("m['content']", "m['content'][:20]"), "leaves out"),
        "rewrites_the_prompt": (
            "{{ messages | length }}" + CHATML,
            "otherwise once it is answered",
        ),
        "ends_no_turn": (
            "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}",
            "does not end an answer",
        ),
        "names_without_default": ({"rag": CHATML, "tool_use": CHATML}, "no default"),
    }.values(),
    ids=lambda value: value if isinstance(value, str) and len(value) < 30 else "",
)
def test_template_that_cannot_express_a_prompt_is_refused_with_the_reason(
    tiny_gemma_dir, template, reason
):
    tokenizer = tokenizer_with(template, tiny_gemma_dir)
    with pytest.raises(UserError, match=f"chat template of .*{reason}") as caught:
        find_chat_format(tokenizer)
    assert "\n" not in str(caught.value)


TURN_MARKER = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}


def without_automatic_bos(tokenizer):
    from tokenizers.processors import TemplateProcessing

    nothing = TemplateProcessing(single="$A", special_tokens=[])
    tokenizer.backend_tokenizer.post_processor = nothing
    return tokenizer


def test_bos_that_is_the_turn_marker_stays_where_the_template_writes_it(tiny_gemma_dir):
    tokenizer = without_automatic_bos(tokenizer_with(CHATML, tiny_gemma_dir, **TURN_MARKER))
    chat = render(find_chat_format(tokenizer))
    assert chat.prompt_text.count("<|im_start|>") == 4
    assert not chat.prompt_text.startswith("<|im_start|><|im_start|>")
    assert not adds_bos(tokenizer)


def test_bos_before_each_turn_stays(tiny_gemma_dir):
    chat = render(find_chat_format(tokenizer_with(LLAMA_2, tiny_gemma_dir)))
    assert chat.prompt_text.count("<bos>[INST]") == 2


@pytest.mark.parametrize(
    ("template", "num_bos"),
    [("{{ bos_token + bos_token }}" + CHATML, 1), (CHATML, 1), (DATED, 1)],
    ids=["two_in_the_template", "none_in_the_template", "one_in_the_template"],
)
def test_text_begins_with_one_bos_where_the_tokenizer_adds_one(tiny_gemma_dir, template, num_bos):
    tokenizer = tokenizer_with(template, tiny_gemma_dir)
    text = render(find_chat_format(tokenizer)).prompt_text
    assert text.count("<bos>") == num_bos and text.startswith("<bos>")


def test_bos_that_is_also_eos_is_not_added(tiny_gemma_dir):
    tokenizer = tokenizer_with(CHATML, tiny_gemma_dir, bos_token="<eos>")
    text = render(find_chat_format(without_automatic_bos(tokenizer))).prompt_text
    assert text.startswith("<|im_start|>")


def test_model_without_bos_gets_none(tiny_gemma_dir):
    tokenizer = tokenizer_with(CHATML, tiny_gemma_dir, bos_token=None)
    assert render(find_chat_format(tokenizer)).prompt_text.startswith("<|im_start|>")
