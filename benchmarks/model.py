"""What comparisons yield: slices, restarts, series, comparisons. Data alone; decides nothing.

A *cost* is time per request of one slice: by the clock (`wall`), or of the server's processors
(`cpu`). The *slowdown* of a restart is ln(cost of B / cost of A), the median over its slices: what
is positive says that B is slower. A restart is the sampling unit.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class Slice:
    """One short load on one side, "A" or "B". Every request in it was answered as it should be."""

    side: str
    requests: int
    duration_s: float
    server_cpu_s: float
    client_cpu_s: float
    read_bytes: int

    @property
    def rate_per_s(self) -> float:
        return self.requests / self.duration_s

    @property
    def wall_us(self) -> float:
        """Microseconds by the clock for a request."""
        return self.duration_s / self.requests * 1e6

    @property
    def cpu_us(self) -> float:
        """Microseconds of the server's processors for a request."""
        return self.server_cpu_s / self.requests * 1e6

    @property
    def server_busy(self) -> float:
        """The share of one processor that the server used; far below 1, it was not the limit."""
        return self.server_cpu_s / self.duration_s

    @property
    def client_busy(self) -> float:
        return self.client_cpu_s / self.duration_s


class Figure(Enum):
    """What is compared."""

    WALL = "wall"
    CPU = "cpu"

    def of(self, slice: Slice) -> float:
        return slice.wall_us if self is Figure.WALL else slice.cpu_us


@dataclass(frozen=True)
class Restart:
    """A pair of processes and its slices, in the order in which they ran."""

    slices: tuple[Slice, ...]

    def of(self, side: str) -> list[Slice]:
        return [one for one in self.slices if one.side == side]

    def log_slowdown(self, figure: Figure) -> float:
        """ln(cost of B / cost of A): the median over pairs, the k-th of A with the k-th of B."""
        return statistics.median(
            math.log(figure.of(b) / figure.of(a))
            for a, b in zip(self.of("A"), self.of("B"), strict=True)
        )


class Phase(Enum):
    """Why restarts were made."""

    FIRST = "first"
    CONFIRMATION = "confirmation"
    """Fresh restarts of the same pair, because the first ones said that B is slower."""
    ITSELF = "itself"
    """A against A: whether the machine tells a thing from itself at the time."""


@dataclass(frozen=True)
class Series:
    """The restarts of one phase."""

    phase: Phase
    restarts: tuple[Restart, ...]

    def log_slowdowns(self, figure: Figure) -> list[float]:
        return [one.log_slowdown(figure) for one in self.restarts]


class Verdict(Enum):
    """What a comparison ends with; `exit_status` is what the command says."""

    PASS = "pass"  # noqa: S105 - no password
    SLOWER = "slower"
    INCONCLUSIVE = "inconclusive"

    @property
    def exit_status(self) -> int:
        return {Verdict.PASS: 0, Verdict.SLOWER: 1, Verdict.INCONCLUSIVE: 3}[self]


@dataclass(frozen=True)
class Estimate:
    """A slowdown with its interval, as logarithms. All but the mean are infinite for fewer than two
    restarts. `log_mde` is the slowdown that so many restarts, spread as these are, would show
    beyond the margin nine times of ten, the confirmation included."""

    figure: Figure
    restarts: int
    log_mean: float
    log_low: float
    log_high: float
    log_sd: float
    log_mde: float
    confidence: float

    @property
    def slowdown(self) -> float:
        """Cost of B over cost of A: 1.08 is 8 % slower."""
        return math.exp(self.log_mean)

    @property
    def throughput(self) -> tuple[float, float, float]:
        """Throughput of B over that of A, and its interval, lower bound first."""
        return math.exp(-self.log_mean), math.exp(-self.log_high), math.exp(-self.log_low)

    @property
    def is_separated(self) -> bool:
        """Whether the interval excludes equality: what it does not separate must not be ranked."""
        return not self.log_low <= 0 <= self.log_high


@dataclass(frozen=True)
class Decision:
    """A verdict and the sentence that gives its reason, with the estimate of each figure."""

    verdict: Verdict
    reason: str
    estimates: Mapping[Figure, Estimate]


@dataclass(frozen=True)
class Comparison:
    """All that was measured of B against A under one scenario. `a` and `b` are labels."""

    scenario: str
    a: str
    b: str
    series: tuple[Series, ...]
    decision: Decision

    def slices(self, side: str) -> Iterator[Slice]:
        """Those of the pair; A against itself is not among them."""
        for one in self.series:
            if one.phase is not Phase.ITSELF:
                for restart in one.restarts:
                    yield from restart.of(side)
