"""The libraries that compute, draw and write the report, imported before it is due."""

from contextlib import suppress
from importlib import import_module
from threading import Thread

LIBRARIES = (
    "scipy.stats",
    "scipy.optimize",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_pdf",
    "fontTools.subset",
    "jinja2",
    "tensorboard.plugins.hparams.summary_v2",
    "tensorboard.summary.writer.event_file_writer",
)


def import_ahead() -> Thread:
    """Import the libraries in a thread, while this process waits for a GPU or for SQL to run.

    What cannot be imported is told where it is needed.
    """

    def import_all() -> None:
        for name in LIBRARIES:
            with suppress(ImportError):
                import_module(name)

    thread = Thread(target=import_all, daemon=True)
    thread.start()
    return thread
