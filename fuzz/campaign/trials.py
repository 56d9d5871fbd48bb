"""What a worker tries and what it saw, in account: the one thing that engines give inputs to.

Owns counting, what is new, and how it is told. Opens no target and no engine.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from conformance.check import Source

from ..target import Seen, Target, Violation
from .board import Board

NEWS_EVERY_S = 0.25
HEALTH_EVERY = 1000
"""Inputs between two looks at the health of the subject."""


@dataclass(frozen=True)
class Broken:
    """A violation with its input, as it is sent and kept. `at` is the execution it was seen at."""

    bucket: str
    kind: str
    left: str
    right: str
    text: str
    source: Source | None
    data: bytes
    at: int = 0

    @classmethod
    def of(cls, violation: Violation, data: bytes, at: int = 0) -> Broken:
        one = violation
        return cls(one.bucket, one.kind, one.left, one.right, one.text, one.source, data, at)


@dataclass
class News:
    """What a worker saw since its last news.

    replayed   inputs of the corpus, which are no executions
    met        signature -> the smallest input of it, where it is new or smaller than the last
    again      signatures that were met for the second time
    broken     bucket -> its smallest violation, where it is new or smaller than the last
    hits       bucket -> how often it was hit
    """

    executions: int = 0
    replayed: int = 0
    accepted: int = 0
    units: int = 0
    declared: Counter[str] = field(default_factory=Counter)
    met: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    again: list[str] = field(default_factory=list)
    broken: dict[str, Broken] = field(default_factory=dict)
    hits: Counter[str] = field(default_factory=Counter)
    coverage: int | None = None


class Account:
    """The trials of one worker; see `engines.Trials`.

    tell         takes news, some times a second
    corpus       what there is to begin with
    executions   how many there may be; None for any number
    strides      of how many workers this is which: what counts executions over all of them
    """

    def __init__(
        self,
        target: Target,
        board: Board,
        tell: Callable[[News], None],
        *,
        corpus: Sequence[bytes] = (),
        seed: str = "",
        executions: int | None = None,
        deadline: float | None = None,
        strides: tuple[int, int] = (0, 1),
    ) -> None:
        self.language = target.language
        self.batch = target.batch
        self.corpus = corpus
        self.seed = seed
        self.coverage: int | None = None
        self.executions = 0
        self._target = target
        self._board = board
        self._tell = tell
        self._most = executions
        self._deadline = deadline
        self._strides = strides
        self._sizes: dict[str, int] = {}
        self._once: set[str] = set()
        self._broken: dict[str, tuple[int, int]] = {}
        self._news = News()
        self._told = time.monotonic()
        self._until_health = HEALTH_EVERY
        self._finished = False

    # -- What engines use --------------------------------------------------------------------------

    @property
    def over(self) -> bool:
        return (
            self._finished
            or self._board.stopped
            or (self._most is not None and self.executions >= self._most)
            or (self._deadline is not None and time.monotonic() >= self._deadline)
        )

    def run(self, inputs: Sequence[bytes]) -> list[bytes]:
        if self.over:
            return []
        if self._most is not None:
            inputs = inputs[: self._most - self.executions]
        self._board.note(inputs)
        new = self._enter(self._target.check_all(inputs))
        self._count(inputs)
        return new

    def check(self, data: bytes) -> Seen | Violation | None:
        if self.over:
            return None
        self._board.note((data,))
        seen: Seen | Violation
        try:
            seen = self._target.check(data)
        except Violation as violation:
            seen = violation
        self._enter(((data, seen),))
        self._count((data,))
        return seen

    def finish(self) -> None:
        """Send off everything."""
        if not self._finished:
            self._health()
            self._send()
            self._finished = True

    # -- What only the worker uses -----------------------------------------------------------------

    def replay(self, inputs: Sequence[bytes]) -> None:
        """Try inputs of the corpus: what they show is known, and no news of this run's making."""
        self._board.note(inputs)
        self._enter(self._target.check_all(inputs), is_replay=True)
        self._news.replayed += len(inputs)
        self._done()

    # ----------------------------------------------------------------------------------------------

    def _enter(
        self, results: Iterable[tuple[bytes, Seen | Violation]], *, is_replay: bool = False
    ) -> list[bytes]:
        """Enter what was seen; returns the inputs that showed something new."""
        news, sizes, once = self._news, self._sizes, self._once
        new = []
        for data, seen in results:
            if isinstance(seen, Violation):
                if self._violated(seen, data):
                    new.append(data)
                continue
            signature = seen.signature
            best = sizes.get(signature)
            if best is None:
                new.append(data)
                if not is_replay:
                    once.add(signature)
            elif signature in once:
                once.discard(signature)
                news.again.append(signature)
            if best is None or len(data) < best:
                sizes[signature] = len(data)
                news.met[signature] = data, 0 if is_replay else self._now()
            if not is_replay:
                news.units += seen.units
                if seen.accepted:
                    news.accepted += 1
            if seen.declared:
                news.declared.update(seen.declared)
        return new

    def _violated(self, violation: Violation, data: bytes) -> bool:
        bucket = violation.bucket
        self._news.hits[bucket] += 1
        size, first = self._broken.get(bucket, (None, self._now()))
        if size is None or len(data) < size:
            self._broken[bucket] = len(data), first
            self._news.broken[bucket] = Broken.of(violation, data, first)
        return size is None

    def _now(self) -> int:
        """The execution that it is, over all workers: they are taken to go at the same pace."""
        which, of = self._strides
        return self.executions * of + which + 1

    def _count(self, inputs: Sequence[bytes]) -> None:
        self.executions += len(inputs)
        self._board.executions = self.executions
        self._news.executions += len(inputs)
        self._until_health -= len(inputs)
        if self._until_health <= 0 and inputs:
            self._until_health = HEALTH_EVERY
            self._health(inputs[-1])
        self._done()

    def _health(self, last: bytes = b"") -> None:
        for violation in self._target.health():
            self._violated(violation, last)

    def _done(self) -> None:
        self._board.clear()
        now = time.monotonic()
        if now - self._told >= NEWS_EVERY_S or self._news.broken:
            self._told = now
            self._send()

    def _send(self) -> None:
        self._news.coverage = self.coverage
        news, self._news = self._news, News()
        self._tell(news)
