"""A table of the report: cells of text, as Markdown or in columns."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Cells are text; the first column names the row, the others are numbers."""

    header: list[str]
    rows: list[list[str]]

    def as_markdown(self) -> str:
        lines = [self.header, ["---", *["---:"] * (len(self.header) - 1)], *self.rows]
        return "\n".join(f"| {' | '.join(escape_cell(c) for c in line)} |" for line in lines)

    def as_text(self) -> str:
        lines = [self.header, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.header))]
        return "\n".join(
            "  ".join(
                [line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])],
            ).rstrip()
            for line in lines
        )


def escape_cell(cell: str) -> str:
    return escape_markdown(cell).replace("|", "\\|")


def escape_markdown(text: str) -> str:
    """Return the text without the sign that begins HTML, which names of others may contain."""
    return text.replace("<", "&lt;")
