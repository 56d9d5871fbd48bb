"""A run of a fuzzer: what was found earlier first, then an engine, in several processes.

Owns the order of things, what happens when a worker is lost, and stopping. Whatever is found is
written down at once. Opens no target itself: that is for workers, which may die of it.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType

from conformance.guard import Guard
from conformance.protocol import AdapterError

from . import live as lines
from .corpus import Corpus
from .crew import Lost, Worker, wait_for_news
from .findings import Findings
from .ledger import Ledger
from .live import Live
from .plan import Outcome, Plan
from .tally import Tally
from .trials import News
from .worker import Answer, Begun, Cannot, Job, Ready, Smaller, Told

LOST_KINDS = ("died", "hang")
GRACE_S = 5.0
"""How long workers have to end when somebody stops the run."""
MOST_LOSSES = 40
"""A worker that is lost so often finds nothing else."""
_POLL_S = 0.1


@dataclass
class _Place:
    """One of the `jobs`: a worker, and what is to be known when it is lost.

    begun     its engine has begun, and what was to be replayed is replayed
    pending   inputs to be tried alone that have no answer yet
    told      executions of this worker that it told of; `executions` are those of the place
    suspects  those of them that are tried to find out which one a worker was lost by, and how it
              was lost
    """

    number: int
    worker: Worker
    pending: list[bytes]
    ends: float | None = None
    begun: bool = False
    executions: int = 0
    told: int = 0
    losses: int = 0
    suspects: tuple[Sequence[bytes], Lost] | None = None


class Campaign:
    """One run. `run` returns what it gave, also when it is stopped."""

    def __init__(
        self,
        plan: Plan,
        findings: Findings,
        corpus: Corpus,
        inputs: Sequence[bytes],
        live: Live,
    ) -> None:
        self._plan = plan
        self._ledger = Ledger(plan, findings, corpus, live)
        self._inputs = list(inputs)
        self._live = live
        self._refusal = ""
        self._stops = 0
        self._stopped: float | None = None
        self._shrinks = False
        self._guard = Guard()
        self._places: list[_Place] = []
        self._begun: float | None = None
        self._last = 0.0

    @property
    def tally(self) -> Tally:
        return self._ledger.tally

    def run(self) -> Outcome:
        """Raises AdapterError when the target cannot be opened, or the harness is at fault, and
        nothing was found until then."""
        with self._stoppable():
            try:
                self._fuzz()
                self._shrink()
            finally:
                for place in self._places:
                    place.worker.close()
                self._guard.close()
                self._live.clear()
                self._ledger.settle()
        ledger = self._ledger
        if self._refusal and not ledger.met:
            raise AdapterError(self._refusal)
        if self._refusal:  # what was found counts all the same
            self._live.say(f"ended early: {self._refusal}")
        return Outcome(
            self._plan,
            ledger.tally,
            0.0 if self._begun is None else self._last - self._begun,
            ledger.met,
            ledger.fixed,
            ledger.fresh,
            self._stops > 0 or bool(self._refusal),
        )

    # -- Processes ---------------------------------------------------------------------------------

    @contextmanager
    def _stoppable(self) -> Iterator[None]:
        """SIGINT or SIGTERM ends it in good order; the second one ends the workers at once."""

        def stop(number: int, frame: FrameType | None) -> None:
            self._stops += 1

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.signal(one, stop) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    def _fuzz(self) -> None:
        jobs = self._plan.jobs
        alone = [one.broken.data for one in self._ledger.earlier]
        for number in range(jobs):
            job = self._job(number, alone[number::jobs], self._inputs[number::jobs])
            self._start(number, job)
        self._until_over()

    def _start(self, number: int, job: Job) -> None:
        worker = Worker(job, self._guard, self._plan.hang_s)
        self._places.append(_Place(number, worker, list(job.alone)))

    def _job(self, number: int, alone: Sequence[bytes], replays: Sequence[bytes]) -> Job:
        plan = self._plan
        most = plan.executions
        return replace(
            plan.job(),
            alone=alone,
            corpus=self._inputs,
            replays=replays,
            replay_s=None if plan.seconds is None else plan.seconds / 3,
            engine=plan.engine,
            seed=f"{plan.seed}/{number}",
            seconds=plan.seconds,
            executions=None if most is None else _share(most, number, plan.jobs),
            strides=(number, plan.jobs),
        )

    def _until_over(self) -> None:
        while True:
            running = [place for place in self._places if not place.worker.is_over]
            if not running:
                return
            if self._stops or self._refusal:
                for place in running:
                    place.worker.stop()
            if self._stops > 1 or self._grace_is_over():
                return
            wait_for_news([place.worker for place in running], _POLL_S)
            for place in running:
                for told in place.worker.messages():
                    self._hear(place, told)
                place.worker.give_up_when_hung()
                if place.worker.lost is not None:
                    self._lose(place, place.worker.lost)
            self._show()

    def _grace_is_over(self) -> bool:
        if self._stops and self._stopped is None:
            self._stopped = time.monotonic()
        return self._stopped is not None and time.monotonic() - self._stopped > GRACE_S

    def _hear(self, place: _Place, told: Told) -> None:
        now = time.monotonic()
        if isinstance(told, Ready):
            if place.ends is None and self._plan.seconds is not None:
                place.ends = now + self._plan.seconds
        elif isinstance(told, Cannot):
            self._refusal = self._refusal or told.reason
        elif isinstance(told, Answer):
            place.pending.remove(told.data)
            self._ledger.answered(told)
        elif isinstance(told, Begun):
            self._begun = self._begun or now
            self._last = now
            place.begun = True
            self._acquit(place)
        elif isinstance(told, News):
            place.executions += told.executions
            place.told += told.executions
            self._last = now
            self._ledger.enter(told)
        elif isinstance(told, Smaller):
            self._ledger.keep([told.broken], whole=told.whole)

    def _show(self) -> None:
        if self._begun is not None:
            elapsed_s = time.monotonic() - self._begun
            text = lines.line(self.tally, elapsed_s, self._plan.seconds, len(self._ledger.met))
            self._live.show(text, elapsed_s)

    # -- Workers that are lost ---------------------------------------------------------------------

    def _lose(self, place: _Place, lost: Lost) -> None:
        if not lost.noted:
            self._refusal = self._refusal or (
                f"a worker was lost between inputs ({lost.what}):\n{lost.words or 'without a word'}"
            )
            return
        place.losses += 1
        if place.worker.job.engine and not place.pending:
            # The worker took with it what it had seen since its last news; it was tried even so.
            untold = News(executions=max(0, lost.executions - place.told))
            place.executions += untold.executions
            self.tally.add(untold)
        place.told = 0
        if self._shrinks:  # what made it smaller found something of another kind; enough of that
            self._ledger.blame(lost, lost.noted[0], "")
            return
        if len(lost.noted) == 1:
            place.suspects = None
            self._ledger.blame(lost, lost.noted[0], "")
            place.pending = [one for one in place.pending if one != lost.noted[0]]
        else:
            place.suspects = (lost.noted, lost)
            place.pending = [*lost.noted, *place.pending]
        if place.losses >= MOST_LOSSES:
            self._live.say(f"a worker was lost {MOST_LOSSES} times, and is given up")
            return
        place.worker.close()
        place.worker = Worker(self._rest(place), self._guard, self._plan.hang_s)

    def _acquit(self, place: _Place) -> None:
        """None of the suspects did it alone: it took several, or it was not theirs."""
        if place.suspects is not None:
            noted, lost = place.suspects
            place.suspects = None
            more = f"; not again when each of the {len(noted)} inputs was tried alone"
            self._ledger.blame(lost, noted[0], more)

    def _rest(self, place: _Place) -> Job:
        """What is left to do of the job of a worker that was lost."""
        bad = set(place.pending) | {one.data for one in self.tally.broken.values()}
        replays = [] if place.begun else [one for one in place.worker.job.replays if one not in bad]
        job = self._job(place.number, tuple(place.pending), replays)
        left_s = None if place.ends is None else max(0.0, place.ends - time.monotonic())
        return replace(
            job,
            corpus=[data for data in self._inputs if data not in bad],
            seed=f"{job.seed}/{place.losses}",
            seconds=left_s,
            executions=None if job.executions is None else job.executions - place.executions,
        )

    # -- The end -----------------------------------------------------------------------------------

    def _shrink(self) -> None:
        """Make what was found smaller, for a bounded time; not when somebody waits for the end."""
        found = [
            one.broken
            for one in self._ledger.met
            if not one.whole and one.broken.kind not in LOST_KINDS
        ]
        if not found or self._stops or self._refusal or self._plan.shrink_s <= 0:
            return
        self._live.say(f"making {len(found)} of the findings smaller")
        jobs = min(self._plan.jobs, len(found))
        for place in self._places:
            place.worker.close()
        self._places = []
        self._shrinks = True
        for number in range(jobs):
            self._start(
                number,
                replace(
                    self._plan.job(),
                    smaller=found[number::jobs],
                    shrink_s=self._plan.shrink_s,
                ),
            )
        self._until_over()


def _share(count: int, number: int, jobs: int) -> int:
    return count // jobs + (number < count % jobs)
