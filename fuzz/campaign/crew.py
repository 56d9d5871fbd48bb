"""The processes of workers, seen from the run: started, listened to, given up, ended.

Owns processes and their descriptors. What a worker tells is `worker.Told`; how it ended is
`Lost`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait

from conformance.guard import Guard, kill_session
from conformance.protocol import AdapterError

from ..target import Violation
from .board import Board
from .trials import Broken
from .worker import Cannot, Ended, Job, Ready, Told

_SERVE = "import sys; from fuzz.campaign.worker import serve; serve(*map(int, sys.argv[1:]))"
OPEN_S = 90.0
"""Seconds that opening a target may take: a subject of its own may have to be started."""
HANG_S = 20.0
"""Seconds after which an input that is being tried hangs."""
MOST_MESSAGES = 4
_POLL_S = 0.2
LAST_WORDS_BYTES = 4000


@dataclass(frozen=True)
class Lost:
    """A worker that died, or hung and was killed, before its job was done.

    how        "died" or "hang"
    what       how it died, without anything of the input: "SIGSEGV", "exit status 1, KeyError"
    noted      the inputs it was at; none when it was at no input
    executions how many the engine had tried, those it was at included
    words      what it wrote on stderr, the end of it
    """

    how: str
    what: str
    noted: Sequence[bytes]
    executions: int
    words: str

    def __str__(self) -> str:
        return f"{self.how}: {self.what}\n{self.words}".rstrip()

    def broken(self, data: bytes, more: str = "", at: int = 0) -> Broken:
        """What an input broke that it was lost by."""
        words = self.words.rpartition("\n")[2]
        text = f"the process {'hung' if self.how == 'hang' else 'died'} ({self.what})"
        text += f": {words}" if words else ""
        return Broken.of(Violation(self.how, self.what, text=text + more), data, at)


class Worker:
    """One process. `messages` has what it told since the last time."""

    def __init__(self, job: Job, guard: Guard, hang_s: float) -> None:
        self.job = job
        self.lost: Lost | None = None
        self.ended = False
        self._guard = guard
        self._hang_s = hang_s
        self._is_ready = False
        self._board = Board()
        self._stderr = tempfile.TemporaryFile(prefix="trueline-")  # noqa: SIM115 - see close
        self._moves, self._moved = 0, time.monotonic()
        self.connection, other = Pipe()
        with other:
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-c", _SERVE, str(other.fileno()), str(self._board.fd)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                pass_fds=(other.fileno(), self._board.fd),
                start_new_session=True,  # Ctrl-C is for the run, and all it starts is found again
            )
        guard.watch(self._process.pid)
        self.connection.send(job)

    @property
    def is_over(self) -> bool:
        return self.ended or self.lost is not None

    def messages(self) -> Iterator[Told]:
        """What it told meanwhile, not all of much: others want to be heard, too, and who sends
        more than is read has to wait. When it is gone, `is_over` tells."""
        try:
            for _ in range(MOST_MESSAGES):
                if self.is_over or not self.connection.poll():
                    return
                told: Told = self.connection.recv()
                self._moved = time.monotonic()
                self._is_ready = self._is_ready or isinstance(told, Ready)
                if isinstance(told, Ended):
                    self.ended = True
                yield told
        except (EOFError, ConnectionResetError):
            self._process.wait()
            self.lost = self._lost("died", self._how())

    def give_up_when_hung(self) -> None:
        """End it, with all it has started, when nothing moves any more."""
        moves, now = self._board.moves, time.monotonic()
        # Opening takes its time, and so may what an engine does between two inputs.
        limit_s = self._hang_s if self._is_ready and self._board.noted else OPEN_S
        if moves != self._moves:
            self._moves, self._moved = moves, now
        elif now - self._moved > limit_s and not self.is_over:
            kill_session(self._process.pid)
            self._process.wait()
            self.lost = self._lost("hang", f"no end within {limit_s:g} seconds")

    def stop(self) -> None:
        """Ask it to come to an end soon."""
        self._board.stop()

    def close(self) -> None:
        """End it now if it has not ended, and let go of everything."""
        if self.ended:
            with suppress(subprocess.TimeoutExpired):  # the subject does not let it go
                self._process.wait(timeout=self._hang_s)
        kill_session(self._process.pid)
        self._process.wait()
        self._guard.forget(self._process.pid)
        self.connection.close()
        self._board.close()
        self._stderr.close()

    def _lost(self, how: str, what: str) -> Lost:
        noted = self._board.noted
        return Lost(how, what, noted, self._board.executions + len(noted), self._words())

    def _words(self) -> str:
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - LAST_WORDS_BYTES))
        return self._stderr.read().decode(errors="replace").strip()

    def _how(self) -> str:
        status = self._process.returncode
        if status < 0:
            return signal.Signals(-status).name
        # The class of an uncaught error tells causes apart; what it says is of the input.
        last = self._words().rpartition("\n")[2].partition(":")[0].strip()
        is_class = last.replace(".", "").isidentifier()
        return f"exit status {status}" + (f", {last.rpartition('.')[2]}" if is_class else "")


def wait_for_news(workers: Sequence[Worker], timeout_s: float) -> None:
    """Until one of them tells something, or is gone."""
    connections: list[Connection] = [one.connection for one in workers if not one.is_over]
    if connections:
        wait(connections, timeout_s)


def heard(job: Job, hang_s: float = HANG_S) -> Iterator[Told | Lost]:
    """Have one worker do a job: all that it tells, and at last how it was lost, if it was. Raises
    AdapterError when it cannot do it."""
    guard = Guard()
    worker = Worker(job, guard, hang_s)
    try:
        while not worker.is_over:
            wait_for_news([worker], _POLL_S)
            for told in worker.messages():
                if isinstance(told, Cannot):
                    raise AdapterError(told.reason)
                yield told
            worker.give_up_when_hung()
        if worker.lost is not None:
            yield worker.lost
    finally:
        worker.close()
        guard.close()
