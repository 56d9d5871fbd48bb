"""What all workers of a run saw together.

Owns adding their news up. Pure: no process, no file, no clock.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from .curve import Curve
from .trials import Broken, News


@dataclass
class Tally:
    """The sums of a run.

    inputs     signature -> the smallest input of it
    once       signatures that one execution had, and no input that there was before
    broken     bucket -> its smallest violation; `at` is the execution of the first one
    hits       bucket -> how often
    coverage   the most that a worker reached, None where no engine knows
    """

    executions: int = 0
    replayed: int = 0
    accepted: int = 0
    units: int = 0
    declared: Counter[str] = field(default_factory=Counter)
    inputs: dict[str, bytes] = field(default_factory=dict)
    once: set[str] = field(default_factory=set)
    broken: dict[str, Broken] = field(default_factory=dict)
    hits: Counter[str] = field(default_factory=Counter)
    coverage: int | None = None
    curve: Curve = field(default_factory=Curve)

    def add(self, news: News) -> tuple[list[str], list[str]]:
        """Add what a worker saw; returns the signatures and the buckets whose smallest input is
        another one now."""
        self.executions += news.executions
        self.replayed += news.replayed
        self.accepted += news.accepted
        self.units += news.units
        self.declared.update(news.declared)
        self.hits.update(news.hits)
        if news.coverage is not None:
            self.coverage = max(news.coverage, self.coverage or 0)
        signatures = [
            name for name, (data, at) in news.met.items() if self._meets(name, data, new=at > 0)
        ]
        self.once.difference_update(news.again)
        buckets = [one.bucket for one in news.broken.values() if self.breaks(one)]
        self.curve.add(self.executions, len(self.inputs), len(self.broken))
        return signatures, buckets

    def _meets(self, signature: str, data: bytes, *, new: bool) -> bool:
        before = self.inputs.get(signature)
        if before is None:
            if new:
                self.once.add(signature)
        else:
            self.once.discard(signature)
        if before is not None and _order(before) <= _order(data):
            return False
        self.inputs[signature] = data
        return True

    def breaks(self, broken: Broken) -> bool:
        """Whether its input is the smallest one of the bucket now."""
        before = self.broken.get(broken.bucket)
        if before is None:
            self.broken[broken.bucket] = broken
            return True
        first = min(before.at, broken.at)
        is_smaller = _order(broken.data) < _order(before.data)
        self.broken[broken.bucket] = replace(broken if is_smaller else before, at=first)
        return is_smaller


def _order(data: bytes) -> tuple[int, bytes]:
    """Smallest first, and one of the same size the same one in every run."""
    return len(data), data
