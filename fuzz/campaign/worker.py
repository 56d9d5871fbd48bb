"""A worker: a process of its own that has a target open and tries inputs.

Owns what it is asked for (`Job`), what it tells, and its main function, `serve`. Whatever the
subject does to the process is seen from outside. An error that is not foreseen ends it, with a
traceback on stderr for the run to show.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TypeAlias

from conformance.protocol import AdapterError

from ..engines import found
from ..target import Target, Violation, Wanted
from ..targets import opened
from .board import Board
from .minimise import smaller
from .trials import Account, Broken, News


@dataclass(frozen=True)
class Job:
    """What a worker is to do, in this order.

    opener       who opens the target, `module:function`; for tests, a target of their own
    alone        inputs to try one by one, thoroughly; each is answered by an `Answer`
    corpus       what engines begin with
    replays      those inputs of it that this worker tries first, for at most `replay_s`
    engine       draws inputs, for `seconds` or `executions`; none for ""
    smaller      findings to make smaller, for at most `shrink_s` all together
    """

    wanted: Wanted
    opener: str = ""
    alone: Sequence[bytes] = ()
    corpus: Sequence[bytes] = ()
    replays: Sequence[bytes] = ()
    replay_s: float | None = None
    engine: str = ""
    seed: str = ""
    seconds: float | None = None
    executions: int | None = None
    strides: tuple[int, int] = (0, 1)
    smaller: Sequence[Broken] = ()
    shrink_s: float = 10.0


@dataclass(frozen=True)
class Ready:
    """The target is open."""


@dataclass(frozen=True)
class Cannot:
    """The target or the engine cannot be opened, or its subject goes on no more: what was wrong,
    for people."""

    reason: str


@dataclass(frozen=True)
class Answer:
    """What an input does that was tried alone: nothing, or what it breaks."""

    data: bytes
    broken: tuple[Broken, ...]


@dataclass(frozen=True)
class Begun:
    """What was to be tried first has been tried; the engine begins."""


@dataclass(frozen=True)
class Smaller:
    """A finding as small as it got in the time there was. `whole` when nothing more could be left
    out, rather than that time was up."""

    broken: Broken
    whole: bool


@dataclass(frozen=True)
class Ended:
    """The job is done."""


MOST_TRIED_THOROUGHLY_BYTES = 1024
"""Every cut of a larger input takes too long to be tried for every piece that may be left out."""

MOST_TRIED_THOROUGHLY = 100
"""A batch that a worker was lost by is tried one by one; of many inputs, each is tried quickly."""

Told: TypeAlias = Ready | Cannot | Answer | Begun | News | Smaller | Ended


Tried: TypeAlias = Callable[[Target, bytes], list[Broken]]


def broken_by(target: Target, data: bytes) -> list[Broken]:
    """Everything that an input breaks, tried in every way there is."""
    found = broken_by_input(target, data)
    return found + [Broken.of(violation, data) for violation in target.health()]


def broken_by_input(target: Target, data: bytes) -> list[Broken]:
    return _broken(target, data, thorough=True)


def _quickly(target: Target, data: bytes) -> list[Broken]:
    return _broken(target, data, thorough=False)


def _broken(target: Target, data: bytes, *, thorough: bool) -> list[Broken]:
    try:
        target.check(data, thorough=thorough)
    except Violation as violation:
        return [Broken.of(violation, data)]
    return []


class _Worker:
    def __init__(self, job: Job, target: Target, connection: Connection, board: Board) -> None:
        self._job = job
        self._target = target
        self._connection = connection
        self._board = board

    def alone(self) -> None:
        few = len(self._job.alone) <= MOST_TRIED_THOROUGHLY
        for data in self._job.alone:
            if self._board.stopped:
                return
            self._board.note((data,))
            found = broken_by(self._target, data) if few else _quickly(self._target, data)
            self._board.clear()
            self._connection.send(Answer(data, tuple(found)))

    def fuzz(self) -> None:
        job = self._job
        begins = time.monotonic()
        account = Account(
            self._target,
            self._board,
            self._connection.send,
            corpus=job.corpus,
            seed=job.seed,
            executions=job.executions,
            deadline=None if job.seconds is None else begins + job.seconds,
            strides=job.strides,
        )
        batch = self._target.batch
        for at in range(0, len(job.replays), batch):
            late = job.replay_s is not None and time.monotonic() - begins > job.replay_s
            if late or self._board.stopped:
                break
            account.replay(job.replays[at : at + batch])
        self._connection.send(Begun())
        if job.engine:
            found(job.engine).run(account)
        account.finish()

    def shrink(self) -> None:
        ends = time.monotonic() + self._job.shrink_s
        # The small ones first: they take less time, and are read first.
        findings = sorted(self._job.smaller, key=lambda one: len(one.data))
        for number, broken in enumerate(findings):
            left_s = max(0.0, ends - time.monotonic())
            # Each has its share of what is left, so none can take it all.
            self._shrink_one(broken, ends - left_s + left_s / (len(findings) - number))

    def _shrink_one(self, broken: Broken, ends: float) -> None:
        """Make it smaller by what is tried quickly, as far as that shows it; then thoroughly."""

        def over() -> bool:
            return self._board.stopped or time.monotonic() >= ends

        best = None
        for tried in (_quickly, broken_by_input, broken_by):
            if over() or (best is not None and len(best.data) > MOST_TRIED_THOROUGHLY_BYTES):
                break
            if tried is broken_by and best is not None:
                break  # it is not the subject's health
            best = self._shrunk(best or broken, tried, over) or best
        is_over = over()
        if best is not None or is_over:  # or else it takes more than this input
            self._connection.send(Smaller(best or broken, whole=not is_over))

    def _shrunk(self, broken: Broken, tried: Tried, over: Callable[[], bool]) -> Broken | None:
        """The smallest violation of the bucket that was found; None when even this one is none."""
        best = None

        def holds(data: bytes) -> bool:
            nonlocal best
            self._board.note((data,))
            found = [one for one in tried(self._target, data) if one.bucket == broken.bucket]
            self._board.clear()
            best = found[0] if found else best
            return bool(found)

        if holds(broken.data):
            pieces = self._target.language.pieces
            smaller(broken.data, holds, pieces, over, in_pairs=tried is _quickly)
        return best


def main(connection: Connection, board: Board) -> None:
    """Do the job that comes over the connection. Ends quietly when nobody listens any more."""
    job: Job = connection.recv()
    try:
        engine = found(job.engine) if job.engine else None
        with nullcontext() if engine is None else engine.opening():
            target = _target(job)
        with _closing(target):
            connection.send(Ready())
            target.gets_on = board.move
            worker = _Worker(job, target, connection, board)
            worker.alone()
            if job.engine or job.replays:
                worker.fuzz()
            worker.shrink()
            connection.send(Ended())
    except AdapterError as exc:
        connection.send(Cannot(str(exc)))


def _target(job: Job) -> Target:
    if not job.opener:
        return opened(job.wanted)
    from importlib import import_module

    module, _, name = job.opener.partition(":")
    target: Target = getattr(import_module(module), name)(job.wanted)
    return target


@contextmanager
def _closing(target: Target) -> Iterator[None]:
    try:
        yield
    finally:
        target.close()


def serve(connection: int, board: int) -> None:
    """Be a worker, on two descriptors."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run is asked, and asks its workers
    try:
        main(Connection(connection), Board(board))
    except BrokenPipeError:
        sys.exit(0)
