"""Damage: one thing in a file changed, as a failing disk, an editor or a stranger may change it."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OTHER_VALUES = (None, "x", 7, [1], {}, "../x", "\x1b[2J")


def spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place in a JSON value, of a list the first two."""
    keys = list(value) if isinstance(value, dict) else range(min(2, len(value)))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from spots(value[key])


def damage(path: Path, chance: random.Random) -> str:
    """Change one thing in the file; return what."""
    hows = [cut_or_flip, cut_or_flip]
    if path.suffix in (".json", ".jsonl"):
        hows += [change_value, change_value]
    if path.suffix == ".jsonl":
        hows.append(move_lines)
    return chance.choice(hows)(path, chance)


def cut_or_flip(path: Path, chance: random.Random) -> str:
    data = bytearray(path.read_bytes())
    how = chance.choice(["empty", "half", "removed", "bit", "bit", "bit"])
    if how == "removed":
        path.unlink()
        return how
    if how == "bit" and data:
        place, bit = chance.randrange(len(data)), chance.randrange(8)
        data[place] ^= 1 << bit
        how = f"bit {bit} of byte {place}"
    else:
        del data[0 if how == "empty" else len(data) // 2 :]
    path.write_bytes(data)
    return how


def move_lines(path: Path, chance: random.Random) -> str:
    lines = path.read_text().splitlines(keepends=True)
    place = chance.randrange(len(lines))
    how = chance.choice(["lost", "doubled", "reversed"])
    if how == "lost":
        del lines[place]
    elif how == "doubled":
        lines.insert(place, lines[place])
    else:
        lines.reverse()
    path.write_text("".join(lines))
    return f"line {place} {how}"


def change_value(path: Path, chance: random.Random) -> str:
    lines = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
    line = chance.randrange(len(lines))
    content = json.loads(lines[line])
    places = list(spots(content)) if isinstance(content, dict | list) else []
    if not places:
        return "nothing"
    node, key = chance.choice(places)
    how = chance.choice(["removed", "replaced", "replaced", "doubled"])
    if how == "removed":
        del node[key]
    elif how == "doubled" and isinstance(node, list):
        node.append(copy.deepcopy(node[key]))
    else:
        node[key] = chance.choice(OTHER_VALUES)
    lines[line] = json.dumps(content)
    path.write_text("\n".join(lines) + "\n")
    return f"{key!r} in line {line} {how}"
