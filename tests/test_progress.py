"""Progress in a file is a few lines, on a terminal one line that is drawn again."""

import io

from text2sql import progress
from text2sql.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_file_gets_a_line_at_the_start_and_one_at_the_end(capsys):
    assert list(progress_bar(range(10_000), desc="scoring")) == list(range(10_000))
    written = capsys.readouterr().err
    first, last = written.splitlines()
    assert first.startswith("scoring:   0%") and last.startswith("scoring: 100%")
    assert "\r" not in written


def test_file_gets_lines_in_between_where_work_takes_long(capsys, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_PER_LINE", 0)
    with progress_bar(total=3) as bar:
        for _ in range(3):
            bar.update()
    shares = [line.partition("%")[0].strip() for line in capsys.readouterr().err.splitlines()]
    assert shares == ["0", "33", "67", "100"]


def test_terminal_has_one_line_that_is_drawn_again(monkeypatch):
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    list(progress_bar(range(3)))
    assert "\r100%" in terminal.getvalue()
    assert terminal.getvalue().count("\n") == 1
