"""The hunt for a planted fault: how many inputs an engine needs until the target sees it.

Owns when a fault counts as found: an input breaks the property of the copy that has the fault, and
does not break that of the reference itself, when both are checked thoroughly. The corpus takes no
part in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..campaign.minimise import smaller
from ..engines import grammar
from ..target import Seen, Target, Violation, Wanted
from ..targets import opened
from . import Plant

MOST_EXECUTIONS = {"parser": 30_000, "router": 5_000, "server": 8_000}
"""Inputs that a hunt may take: several times as many as the slowest one takes."""

MOST_CANDIDATES = 400
"""Inputs that are tried to make one smaller."""

OpenTarget = Callable[[Wanted], Target]


class Found(NamedTuple):
    """How a hunt ended.

    plant       the name of the fault
    executions  inputs that were tried until it was found, or in all
    seconds     that this took, of the processor
    violation   what was seen; None when the fault was not found
    data        the input that shows it
    """

    plant: str
    executions: int
    seconds: float
    violation: Violation | None
    data: bytes


class Hunt:
    """The trials of an engine, over when the fault is found. See `engines.Trials`."""

    def __init__(self, faulty: Target, sound: Target, *, seed: str, executions: int) -> None:
        self.language = faulty.language
        self.batch = faulty.batch
        self.corpus: Sequence[bytes] = ()
        self.seed = seed
        self.coverage: int | None = None
        self.executions = 0
        self.data = b""
        self.violation: Violation | None = None
        self._faulty = faulty
        self._sound = sound
        self._most = executions
        self._met: set[str] = set()

    @property
    def over(self) -> bool:
        return self.violation is not None or self.executions >= self._most

    def run(self, inputs: Sequence[bytes]) -> list[bytes]:
        new = []
        for data in inputs:
            if self.over:
                break
            seen = self.check(data)
            if isinstance(seen, Seen) and seen.signature not in self._met:
                self._met.add(seen.signature)
                new.append(data)
        return new

    def check(self, data: bytes) -> Seen | Violation | None:
        if self.over:
            return None
        self.executions += 1
        seen = _checked(self._faulty, data)
        if isinstance(seen, Violation) and not isinstance(_checked(self._sound, data), Violation):
            self.violation = self.shown_by(data)
            self.data = data
        return seen

    def finish(self) -> None:
        """There is nobody to tell."""

    def shown_by(self, data: bytes) -> Violation | None:
        """What breaks in the faulty copy alone."""
        seen = _checked(self._faulty, data, thorough=True)
        if isinstance(seen, Seen) or isinstance(
            _checked(self._sound, data, thorough=True), Violation
        ):
            return None
        return seen

    def make_smaller(self) -> None:
        """Leave out of the input what its violation does not need."""
        found = self.violation
        assert found is not None
        left = MOST_CANDIDATES

        def holds(candidate: bytes) -> bool:
            nonlocal left
            left -= 1
            seen = self.shown_by(candidate)
            return seen is not None and seen.bucket == found.bucket

        self.data = smaller(self.data, holds, self.language.pieces, lambda: left <= 0)


def hunt(
    plant: Plant, *, seed: str, small: bool = False, open_target: OpenTarget = opened
) -> Found:
    """Look for a planted fault with the engine `grammar`, the same way for the same seed.

    small   make the input smaller, once there is one
    """
    faulty = open_target(Wanted(plant.target, plant=plant.name))
    sound = open_target(Wanted(plant.target))
    try:
        trials = Hunt(
            faulty,
            sound,
            seed=f"{seed}/{plant.name}",
            executions=MOST_EXECUTIONS[plant.target],
        )
        start = time.process_time()
        grammar.run(trials)
        seconds = time.process_time() - start
        if small and trials.violation is not None:
            trials.make_smaller()
        return Found(plant.name, trials.executions, seconds, trials.violation, trials.data)
    finally:
        faulty.close()
        sound.close()


def _checked(target: Target, data: bytes, *, thorough: bool = False) -> Seen | Violation:
    try:
        return target.check(data, thorough=thorough)
    except Violation as violation:
        return violation
