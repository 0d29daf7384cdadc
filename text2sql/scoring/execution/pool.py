"""A pool of processes that run untrusted SQL: gold results, and predictions compared with them.

What a query may do is decided in worker.py and sandbox.py. This module enforces the deadline and
replaces each process that was killed or died.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path
from typing import Concatenate, NamedTuple, ParamSpec, TypeVar

from text2sql.errors import UserError
from text2sql.scoring.execution.result_store import ResultStore, StoredResult
from text2sql.scoring.execution.sandbox import MAX_SQL_LENGTH
from text2sql.scoring.execution.turns import Turns
from text2sql.scoring.failures import FailureKind

Question = ParamSpec("Question")
Answer = TypeVar("Answer")

MAX_WORKERS = 8
START_TIMEOUT_S = 60.0
START_TRIES = 3
TRIES_ALONE = 2  # of a query whose worker died
ERRORS_BY_SIGNAL: dict[int, FailureKind] = {
    signal.SIGALRM: "timeout",  # the worker's own timer
    signal.SIGKILL: "too_large",  # sent by the kernel, which ran out of memory
}


@dataclass(frozen=True)
class GoldResult:
    """The results of a gold query as the worker packed them, or its error."""

    packed: StoredResult | None = None
    error: FailureKind | None = None
    error_message: str | None = None


@dataclass(frozen=True)
class Outcome:
    """How one reading of a prediction compares with the gold query's."""

    error: FailureKind | None  # None for a match
    error_message: str | None = None
    is_empty: bool = False  # it ran and returned no rows

    @property
    def is_match(self) -> bool:
        return self.error is None


TOO_LONG = Outcome("too_large", f"The SQL is longer than {MAX_SQL_LENGTH} bytes.")


class Outcomes(NamedTuple):
    """The outcomes of one prediction, with DISTINCT removed (the default) and with it kept."""

    distinct_removed: Outcome
    distinct_kept: Outcome
    seconds: float


class WorkerLost(Exception):
    """The worker process was killed at the deadline or died; `error` is the kind of failure."""

    def __init__(self, error: FailureKind, message: str, *, died: bool = False):
        super().__init__(message)
        self.error = error
        self.died = died  # which may be the machine's failure: another program took the memory


class SqlWorker:
    """One worker process, started on first use and replaced after it is lost."""

    def __init__(
        self,
        query_timeout_s: float,
        turns: Turns | None = None,
        store: ResultStore | None = None,
    ):
        self.query_timeout_s = query_timeout_s
        self.turns = turns or Turns()
        self.store = store or ResultStore()
        self.process: subprocess.Popen[bytes] | None = None
        self.is_closing = False  # its scorer ends, and nothing is asked again

    def run_gold(self, database: Path, gold_sql: str) -> GoldResult:
        """Run both readings of a gold query under one deadline; again if the worker dies."""
        return self.ask(self.run_gold_once, database, gold_sql)

    def ask(
        self,
        once: Callable[Question, tuple[Answer, bool]],
        *question: Question.args,
        **options: Question.kwargs,
    ) -> Answer:
        """Return the answer of `once`, which also tells whether the worker died.

        Then another one is asked while no other query runs: the system may have killed it for
        want of memory that other programs, or other queries, took.
        """
        with self.turns.together():
            answer, died = once(*question, **options)
        for _ in range(TRIES_ALONE):
            if died and not self.is_closing:
                with self.turns.alone():
                    answer, died = once(*question, **options)
        return answer

    def run_gold_once(self, database: Path, gold_sql: str) -> tuple[GoldResult, bool]:
        """Return the result, and whether the worker died."""
        try:
            self.send(database, {"gold_sql": gold_sql})
            failure = json.loads(self.receive())
            if failure:
                return GoldResult(**failure), False
            return GoldResult(self.store.keep(self.receive())), False
        except WorkerLost as lost:
            return GoldResult(error=lost.error, error_message=str(lost)), lost.died

    def compare(self, database: Path, predicted_sql: str, gold: GoldResult) -> Outcomes:
        """Run both readings of the prediction under one deadline, and compare them with `gold`.

        Again if the worker dies.
        """
        if len(predicted_sql.encode(errors="surrogatepass")) > MAX_SQL_LENGTH:
            return Outcomes(TOO_LONG, TOO_LONG, seconds=0.0)  # tokenizing alone would take long
        return self.ask(self.compare_once, database, predicted_sql, gold)

    def compare_once(
        self, database: Path, predicted_sql: str, gold: GoldResult
    ) -> tuple[Outcomes, bool]:
        """Return the outcomes, and whether the worker died."""
        started = time.monotonic()
        outcomes = []
        is_last = died = False
        try:
            assert gold.packed is not None  # nothing is compared with a query that failed
            self.send(database, {"predicted_sql": predicted_sql}, gold.packed.read())
            while not is_last:
                reply = json.loads(self.receive())
                is_last = reply.pop("is_last")
                outcomes.append(Outcome(**reply))
        except WorkerLost as lost:
            outcomes.append(Outcome(lost.error, str(lost)))
            died = lost.died
        return Outcomes(outcomes[0], outcomes[-1], time.monotonic() - started), died

    def send(
        self, database: Path, question: dict[str, str], attachment: bytes | None = None
    ) -> None:
        if self.process is None or self.process.poll() is not None:
            self.start()
        path = str(database.absolute())  # the worker's current folder is another one
        request = {"database": path, "timeout_s": self.query_timeout_s, **question}
        self.deadline = time.monotonic() + self.query_timeout_s
        try:
            self.channel.send_bytes(json.dumps(request).encode())
            if attachment is not None:
                self.channel.send_bytes(attachment)
        except OSError:
            raise self.explain_death() from None

    def receive(self) -> bytes:
        try:
            if self.channel.poll(max(0.0, self.deadline - time.monotonic())):
                return self.channel.recv_bytes()
        except (EOFError, OSError):
            raise self.explain_death() from None
        self.kill()
        raise WorkerLost("timeout", f"The query ran longer than {self.query_timeout_s:g} s.")

    def explain_death(self) -> WorkerLost:
        assert self.process is not None  # `send` started it
        with contextlib.suppress(subprocess.TimeoutExpired):  # its files close before it ends
            self.process.wait(timeout=1.0)
        self.kill()
        status = self.process.returncode
        error = ERRORS_BY_SIGNAL.get(-status, "runtime")
        message = f"The process that ran the query died (exit status {status})."
        return WorkerLost(error, message, died=error != "timeout")

    def start(self) -> None:
        """Start a process, again if it is killed; a `UserError` says why it does not start."""
        for _ in range(START_TRIES):
            try:
                return self.start_once()
            except WorkerLost as lost:
                if self.is_closing:
                    raise
                words = self.last_words.decode(errors="replace").strip()
                reason = words.splitlines()[-1] if words else str(lost)
        raise UserError(f"The process that runs SQL does not start: {reason}")

    def start_once(self) -> None:
        """Start a process without this one's environment, terminal or files, and wait for it.

        It ends when this process does, however this one ends, since that closes the pipe
        `lifeline`.
        """
        self.kill()
        self.channel, far_channel = Pipe()
        far_lifeline, self.lifeline = os.pipe()
        command = [sys.executable, "-P", "-m", "text2sql.scoring.execution.worker"]
        self.process = subprocess.Popen(
            [*command, str(far_channel.fileno()), str(far_lifeline)],
            pass_fds=(far_channel.fileno(), far_lifeline),
            env=worker_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,  # ctrl-C goes to the scorer, which ends its workers
        )
        far_channel.close()
        os.close(far_lifeline)
        self.deadline = time.monotonic() + START_TIMEOUT_S
        self.receive()

    def kill(self) -> None:
        if self.process is not None and self.process.stderr is not None:
            self.process.kill()
            _, self.last_words = self.process.communicate()
            self.process.stderr = None
            self.channel.close()
            os.close(self.lifeline)


class SqlWorkers:
    """A context with workers for all cores of the machine, none of which outlives it."""

    def __init__(self, query_timeout_s: float):
        # One more than cores, so that waiting for a deadline leaves no core idle.
        num_workers = min(num_cores() + 1, MAX_WORKERS)
        turns, self.store = Turns(), ResultStore()
        self.workers = [SqlWorker(query_timeout_s, turns, self.store) for _ in range(num_workers)]
        self.threads = ThreadPoolExecutor(len(self.workers))
        self.idle: queue.SimpleQueue[SqlWorker] = queue.SimpleQueue()
        for worker in self.workers:
            self.idle.put(worker)

    def __enter__(self) -> "SqlWorkers":
        return self

    def __exit__(self, *_: object) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)
        for worker in self.workers:  # so that no thread is left waiting for an answer
            worker.is_closing = True
            if worker.process is not None:
                worker.process.kill()
        self.threads.shutdown()
        for worker in self.workers:
            worker.kill()
        self.store.close()

    def submit(
        self,
        ask: Callable[Concatenate[SqlWorker, Question], Answer],
        *question: Question.args,
        **options: Question.kwargs,
    ) -> Future[Answer]:
        """Return the future answer of a method of `SqlWorker`, asked of a worker that is idle."""

        def ask_an_idle_worker() -> Answer:
            worker = self.idle.get()
            try:
                return ask(worker, *question, **options)
            finally:
                self.idle.put(worker)

        return self.threads.submit(ask_an_idle_worker)


def num_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def worker_environment() -> dict[str, str]:
    """Return the variables that Python needs to find its modules: no token, key or home folder."""
    folders = [str(Path(__file__).parents[3]), *filter(None, sys.path)]
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {"PYTHONPATH": os.pathsep.join(folders), **kept}
