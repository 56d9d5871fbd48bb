"""The rule of a comparison: what counts as slower, and how sure one must be. Pure data."""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchmarks.model import Estimate, Figure
from benchmarks.statistics.intervals import t_interval

LARGEST = 700.0
"""The largest logarithm of a ratio whose exponential is still a number."""


@dataclass(frozen=True)
class Look:
    """A number of restarts after which the samples are judged, and how surely they must convict."""

    restarts: int
    confidence: float


@dataclass(frozen=True)
class Rule:
    """B is slower when its cost is above 1 + `margin` times the cost of A.

    `confidence` is that of the two-sided intervals. `looks` are shares of the plan, after which a
    series may end early, but not before it has `fewest` restarts; to convict there takes
    `early_confidence`. With `confirm`, fresh restarts must convict again; with `veto`, A against
    itself must not. Raises ValueError for what makes no sense.
    """

    margin: float = 0.03
    confidence: float = 0.95
    figures: tuple[Figure, ...] = (Figure.CPU, Figure.WALL)
    looks: tuple[float, ...] = (0.25, 0.5, 0.75)
    early_confidence: float = 0.998
    fewest: int = 5
    confirm: bool = True
    veto: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.margin < 100:
            raise ValueError(f"a margin is a share, 0.03 for 3 %, not {self.margin}")
        if not 0.5 <= self.confidence <= self.early_confidence < 1:
            raise ValueError(
                "confidences are shares from 0.5 to below 1, and the early one is at least the "
                f"other: not {self.confidence} and {self.early_confidence}"
            )
        if not self.figures or len(set(self.figures)) < len(self.figures):
            raise ValueError("a rule names at least one figure, and none twice")
        if not all(0 < share < 1 for share in self.looks):
            raise ValueError(f"looks are shares of the plan, between 0 and 1, not {self.looks}")
        if self.fewest < 2:
            raise ValueError(f"an interval takes two restarts at the fewest, not {self.fewest}")

    @property
    def log_margin(self) -> float:
        return math.log1p(self.margin)

    def course(self, planned: int) -> tuple[Look, ...]:
        """The looks of a first series of at most `planned` restarts, the last one at its end."""
        wanted = {max(self.fewest, math.ceil(share * planned)) for share in self.looks}
        early = [Look(one, self.early_confidence) for one in sorted(wanted) if one < planned]
        return (*early, Look(planned, self.confidence))


def estimate(
    figure: Figure, log_slowdowns: list[float], confidence: float, log_mde: float
) -> Estimate:
    """The slowdown with its interval; a bound too far for its exponential counts as infinite."""
    mean, low, high, deviation = t_interval(log_slowdowns, confidence)
    return Estimate(
        figure=figure,
        restarts=len(log_slowdowns),
        log_mean=mean,
        log_low=low if low > -LARGEST else -math.inf,
        log_high=high if high < LARGEST else math.inf,
        log_sd=deviation,
        log_mde=log_mde if log_mde < LARGEST else math.inf,
        confidence=confidence,
    )
