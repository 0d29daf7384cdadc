"""The answer within a generation: its first turn, without special tokens and without reasoning."""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

# Quotes and comments hide what is in them. An apostrophe within a word opens no quote.
HIDDEN = r"""
    (?<!\w)'[^'\n]*+'(?!\w) | (?<!\w)"[^"\n]*+"(?!\w) | (?<!`)`[^`\n]++`(?!`)
    | /\*(?:(?!/\*).)*?\*/
"""
# What stands before `--` where it begins a comment, and is not a dash.
BEFORE_COMMENT = re.compile(
    r"[ \t]*+(?:--|[,)]|(?:SELECT|WITH|FROM|JOIN|LEFT|ON|WHERE|AND|OR|GROUP|HAVING|ORDER)\b)",
    re.IGNORECASE,
)

REASONING = (
    r"think(?:ing)?|thoughts?|reason(?:ing)?|reflection|analysis|scratchpad|rationale|cot"
    r"|chain[ _-]of[ _-]thought|explanation"
)

# <think>, <seed:think>, <|begin_of_thought|>, <|START_THINKING|>, [THINK], ◁think▷, and channels.
OPEN_REASONING = rf"""
    <(?:\w+:)?(?:{REASONING})(?:[ ][^<>\n]{{0,80}})?> | \[(?:{REASONING})\] | ◁(?:{REASONING})▷
    | <\|(?:(?:begin|start)_(?:of_)?)?(?:{REASONING})(?:_(?:begin|start))?\|>
    | <\|channel>(?:thought|analysis)\b | <unused94>(?:thought\b)?
"""
CLOSE_REASONING = rf"""
    </[ ]?(?:\w+:)?(?:{REASONING})[ ]?> | \[/(?:{REASONING})\] | ◁/(?:{REASONING})▷
    | <\|(?:/|end_(?:of_)?)(?:{REASONING})\|> | <\|(?:{REASONING})_end\|>
    | <channel\|> | <unused95>
"""

# These begin the answer.
OPEN_ANSWER = (
    r"<\|(?:(?:begin|start)_(?:of_)?)?(?:sql|query|answer|solution|response|output|code)\|>"
    r"|<｜tool▁(?:calls?▁begin|sep)｜>"
)

# The header of a message in the format of gpt-oss: <|channel|>final<|message|>.
CHANNEL = r"<\|channel\|>\s*+(?:(?!<\|message\|>).){0,200}<\|message\|>"

SPECIAL_TOKEN = r"""
    <\|[^\s<>|'"`][^<>|'"`\n]{0,60}\|> | <｜[^<>｜\n]{1,60}｜> | <\|turn> | <turn\|>
    | </?(?:s|bos|eos|pad|unk|mask|sep|cls|eot|eom|eod|eop|sop)>
    | <(?:start|end)[_ ]of[_ ]\w+> | <end[_ ]?of[_ ]?text> | <(?:unused|extra_id_|reserved_)\d+>
    | \[/?INST\] | <</?SYS>> | \[/?AVAILABLE_TOOLS\]
"""
# These are names of columns too where they are not in capitals.
BRACKETED_TOKEN = r"\[(?:PAD|BOS|EOS|SEP|CLS|UNK|MASK|EOT)\]"

MARKER = re.compile(
    rf"(?P<hidden>{HIDDEN})|(?P<dashes>--)|(?P<open>{OPEN_REASONING})|(?P<close>{CLOSE_REASONING})"
    rf"|(?P<answer>{OPEN_ANSWER})|(?P<channel>{CHANNEL})|(?P<token>{SPECIAL_TOKEN}|(?-i:{BRACKETED_TOKEN}))",
    re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE,
)

# A token at the very start that opens the answer, such as <bos> or <|im_start|>, is passed over;
# these end it there too.
END_TOKEN = re.compile(
    r"(?:^|[^a-z])(?:end|eos|eot|eom|eod|stop|return)|^</s>|^<turn\|>|^\[INST", re.IGNORECASE
)
HEADER_TOKEN = re.compile(r"end_header_id|end_of_role", re.IGNORECASE)
ROLE = re.compile(r"\s*+(?:assistant|model|gpt|bot)\b[^\S\n]*+:?", re.IGNORECASE)

# A generation that repeats its prompt begins with a turn of the user or system.
TURN = r"(?:<\|im_start\|>|<start_of_turn>|<\|start_header_id\|>|<\|start\|>|<\|turn>)\s*+"
PROMPT_TURN = re.compile(
    rf"(?:\s|<bos>|<s>|<\|begin_of_text\|>|<\|endoftext\|>)*"
    rf"(?:\[INST\]|<<SYS>>|{TURN}(?:user|system|developer)\b|<[|｜](?:user|system)[|｜]>)",
    re.IGNORECASE,
)
ANSWER_TURN = re.compile(
    rf"\[/INST\]|{TURN}(?:assistant|model)\b(?:<\|end_header_id\|>)?|<[|｜]assistant[|｜]>",
    re.IGNORECASE,
)

# gpt-oss decoded without its special tokens: "analysisWe need … assistantfinalSELECT …".
BARE_ANALYSIS = re.compile(r"""\s*+analysis(?=[A-Z"'])""")
BARE_FINAL = "assistantfinal"

OPENED_BY_PROMPT = re.compile(
    rf"(?:{OPEN_REASONING}|{CHANNEL}|(?:```|~~~)\w*+|<sql>|\[sql\])\s*+\Z",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
LONGEST_OPENING = 300  # characters at the prompt's end in which it is looked for

ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d{1,6}|#x[0-9a-f]{1,5});", re.IGNORECASE)
INVISIBLE = str.maketrans(
    dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff") | dict.fromkeys("\xa0\u202f\u3000", " ")
)


class Answer(NamedTuple):
    text: str
    goes_on: bool  # the model wrote more after the end of its turn


def read_answer(generation: str, prompt_end: str = "") -> Answer:
    """Return the answer in a generation; "" where it was cut short before the answer began.

    `prompt_end` is the prompt or its last characters: what a template opens there, such as
    `<think>`, belongs to the generation.
    """
    text = undo_html(generation.translate(INVISIBLE))
    if BARE_ANALYSIS.match(text):
        return Answer(text.partition(BARE_FINAL)[2], False)
    return drop_reasoning_and_tokens(opened_by_prompt(prompt_end) + skip_prompt(text))


def opened_by_prompt(prompt_end: str) -> str:
    match = OPENED_BY_PROMPT.search(prompt_end[-LONGEST_OPENING:])
    return match[0] if match else ""


def skip_prompt(text: str) -> str:
    """Return the text without a prompt that it repeats at its beginning."""
    if not PROMPT_TURN.match(text):
        return text
    answer = ANSWER_TURN.search(text)
    return text[answer.end() :] if answer else ""


def undo_html(text: str) -> str:
    """Return the text with `&gt;` as `>`, if it holds such an entity outside of quotes."""
    if not ENTITY.search(HIDDEN_TEXT.sub(drop_quoted, text)):
        return text
    return ENTITY.sub(lambda match: html.unescape(match[0]).replace("\xa0", " "), text)


def drop_quoted(quoted: re.Match[str]) -> str:
    """Return nothing of a quote, and of quotes around a whole query what is outside its own."""
    is_query = re.search(r"\bSELECT\b", quoted[0], re.IGNORECASE)
    return HIDDEN_TEXT.sub("", quoted[0][1:-1]) if is_query else ""


HIDDEN_TEXT = re.compile(HIDDEN, re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE)


def find_markers(text: str) -> Iterator[re.Match[str]]:
    """Yield the tags, channels and special tokens that no quote and no comment hides."""
    position = line = 0
    while marker := MARKER.search(text, position):
        line = max(line, text.rfind("\n", line, marker.start()) + 1)
        position = marker.end()
        if marker.lastgroup == "dashes":
            line_end = text.find("\n", position)
            if BEFORE_COMMENT.match(text, line):
                position = len(text) if line_end < 0 else line_end
        elif marker.lastgroup != "hidden":
            yield marker


def drop_reasoning_and_tokens(text: str) -> Answer:
    """Return what stands outside of reasoning, up to the special token that ends the turn.

    A closing tag that nothing opened closes reasoning that began with the text. Reasoning that
    nothing closes takes the rest of the text with it. Of channels only `final` is an answer.
    """
    answer: list[str] = []
    start: int | None = 0  # of the present piece of the answer; None within reasoning
    in_channel, end = False, len(text)
    for marker in find_markers(text):
        kind, at = marker.lastgroup, marker.start()
        if kind == "channel":
            in_channel = "final" not in marker[0].lower()
            answer, start = [], None if in_channel else marker.end()
        elif kind in ("open", "answer") and start is not None:
            answer.append(text[start:at])
            start = None if kind == "open" else marker.end()
        elif kind == "close":
            if start is not None:
                answer = []
            start = marker.end()
        elif kind == "token" and not in_channel:
            is_opening = start is not None and not "".join([*answer, text[start:at]]).strip()
            if not is_opening or ends_turn(marker[0]):
                end = at
                break
            role = ROLE.match(text, marker.end())
            start = role.end() if role else marker.end()
    if start is not None:
        answer.append(text[start:end])
    goes_on = re.search(r"\w", MARKER.sub("", text[end:])) is not None
    return Answer("\n".join(answer), goes_on)


def ends_turn(token: str) -> bool:
    return bool(END_TOKEN.search(token)) and not HEADER_TOKEN.search(token)
