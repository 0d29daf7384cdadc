"""Groups of tasks, as results of lm-evaluation-harness name them."""

from collections.abc import Mapping, Sequence


def leaves_of(name: str, groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the tasks below a group, each once; a task is its own leaf.

    In a file that somebody sent, a group may contain itself, or another one very often.
    """
    leaves, seen, waiting = [], {name}, [name]
    while waiting:
        found = waiting.pop()
        children = groups.get(found) or ()
        if not children:
            leaves.append(found)
        new = [child for child in dict.fromkeys(children) if child not in seen]
        seen.update(new)
        waiting += reversed(new)
    return leaves
