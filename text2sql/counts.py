"""Counts as people read them: one question, but 1,034 questions."""


def how_many(number: int, one: str, several: str | None = None) -> str:
    """Return "1 question" or "1,034 questions"; `several` where its plural takes more than an s."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"
