"""What is reported of one command: its subjects, its conditions, what it measured. Data alone."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..model import Comparison, Restart, Slice, Verdict
from ..names import ACTIONS

KINDS = ACTIONS

_WORST_FIRST = (Verdict.SLOWER, Verdict.INCONCLUSIVE, Verdict.PASS)


@dataclass(frozen=True)
class SubjectInfo:
    """Who was measured. `label` is how comparisons name it; `how` is what it was asked for as, or
    how it was installed."""

    label: str
    name: str
    version: str = ""
    runtime: str = ""
    """For example "Python 3.12.7"."""
    loop: str = ""
    how: str = ""


@dataclass(frozen=True)
class Absolute:
    """What one subject did under one scenario, beside nobody. None is what was not measured.

    `rate_low` and `rate_high` bound the rate by an interval over restarts. `latency_ms` maps
    percentiles ("50", "99.9") and "max" to milliseconds at `latency_rate_per_s` requests a second.
    """

    scenario: str
    label: str
    rate_per_s: float | None = None
    rate_low: float | None = None
    rate_high: float | None = None
    cpu_us: float | None = None
    """Processor time of the server for a request."""
    latency_ms: Mapping[str, float] = field(default_factory=dict)
    latency_rate_per_s: float | None = None
    rss_bytes: int | None = None
    restarts: tuple[Restart, ...] = ()

    @property
    def slices(self) -> list[Slice]:
        return [one for restart in self.restarts for one in restart.slices]


@dataclass(frozen=True)
class Measurement:
    """Any other figure: instructions for a request, bytes for a connection, time to start.

    `spread` is the lowest and highest of what was seen; `samples` is all of it.
    """

    subject: str
    scenario: str
    name: str
    value: float
    unit: str
    spread: tuple[float, float] | None = None
    samples: tuple[float, ...] = ()
    is_smaller_better: bool = True


@dataclass(frozen=True)
class Report:
    """All that one command measured, and under what conditions.

    `settings` are the options that it ran with; "margin" among them is a fraction: 0.05 is 5 %.
    `started` is ISO 8601. Raises ValueError for a kind that is none of KINDS.
    """

    kind: str
    machine: Mapping[str, object]
    settings: Mapping[str, object]
    subjects: tuple[SubjectInfo, ...]
    comparisons: tuple[Comparison, ...] = ()
    absolutes: tuple[Absolute, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    notes: tuple[str, ...] = ()
    started: str = ""
    duration_s: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"a report is of one of {', '.join(KINDS)}, not {self.kind!r}")

    @property
    def margin(self) -> float | None:
        value = self.settings.get("margin")
        return float(value) if isinstance(value, int | float) and value > 0 else None

    @property
    def verdict(self) -> Verdict:
        """The worst of the comparisons; what compares nothing passes."""
        found = {one.decision.verdict for one in self.comparisons}
        return next((one for one in _WORST_FIRST if one in found), Verdict.PASS)

    @property
    def exit_status(self) -> int:
        return self.verdict.exit_status

    def pairs(self) -> dict[tuple[str, str], list[Comparison]]:
        """The comparisons by (A, B), in order."""
        found: dict[tuple[str, str], list[Comparison]] = {}
        for one in self.comparisons:
            found.setdefault((one.a, one.b), []).append(one)
        return found

    def title(self, label: str) -> str:
        """A label with version, loop and runtime where they are known and it does not say them."""
        info = next((one for one in self.subjects if one.label == label), None)
        if info is None:
            return label
        words = [word for word in (info.version, info.loop, info.runtime) if word]
        said = ", ".join(word for word in words if word not in label)
        return f"{label} ({said})" if said else label


def median_of(slices: Iterable[Slice], figure: str) -> float | None:
    """The median of a property of slices, such as "rate_per_s"; None where there are none."""
    values = [float(getattr(one, figure)) for one in slices]
    return statistics.median(values) if values else None
