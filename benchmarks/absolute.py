"""`bench run`: what one subject does, beside nobody. Requests per second, processor time, latency.

Owns the course of it: every restart starts all subjects one after the other, so that what the
machine does meanwhile falls on all of them. Absolute figures describe the machine as much as the
subject: what is to be compared is measured by `measuring`, in pairs.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

from .idle import SPARE_FILES, idle_connections, open_files
from .load import Engine, Histogram
from .measuring import (
    Clients,
    Progress,
    Ready,
    Settings,
    clients_for,
    load,
    make_ready,
    measure_slice,
    probe,
)
from .model import Restart
from .report.result import Absolute
from .scenarios import Scenario
from .serving import serving
from .statistics.intervals import t_interval
from .subjects import Subject

SHARE_OF_CAPACITY = 0.5
"""Of the throughput just seen, where no rate is given: at full load, latency is that of queues."""
PERCENTILES = (50.0, 90.0, 99.0, 99.9)
CONFIDENCE = 0.95
_SLICES = 2
_LATENCY_S = 2.0


@dataclass
class _Seen:
    """What was seen of one subject under one scenario."""

    restarts: list[Restart] = field(default_factory=list)
    latency: Histogram = field(default_factory=Histogram)
    rates_per_s: list[float] = field(default_factory=list)
    rss_bytes: list[int] = field(default_factory=list)


class Absolutes:
    """Subjects under scenarios. `results` is what there is so far, also after Ctrl-C."""

    def __init__(
        self,
        subjects: Sequence[Subject],
        scenarios: Sequence[Scenario],
        settings: Settings,
        rate_per_s: float | None,
    ) -> None:
        self._subjects = subjects
        self._scenarios = scenarios
        self._settings = settings
        self._rate_per_s = rate_per_s
        self._seen: dict[tuple[str, str], _Seen] = {}

    @property
    def restarts(self) -> int:
        """Of each subject under each scenario."""
        return 5 if self._settings.restarts is None else self._settings.restarts

    async def run(self, progress: Progress) -> None:
        async with clients_for(self._settings) as clients:
            await self._run(clients, progress)

    async def _run(self, clients: Clients, progress: Progress) -> None:
        for scenario in self._scenarios:
            for number in range(self.restarts):
                for subject in self._subjects:
                    begin_s = time.monotonic()
                    rate = await self._restart(subject, scenario, clients)
                    line = f"{scenario.name}, {subject.label}, restart {number + 1}: "
                    line += f"{rate:,.0f} requests/s"
                    progress(line, time.monotonic() - begin_s)

    async def _restart(self, subject: Subject, scenario: Scenario, clients: Clients) -> float:
        """One process, measured; returns its requests per second."""
        seen = self._seen.setdefault((scenario.name, subject.label), _Seen())
        async with AsyncExitStack() as stack:
            if scenario.idle:
                stack.enter_context(open_files(scenario.idle + SPARE_FILES))
            server = await stack.enter_async_context(
                serving(subject, scenario, cpu=self._settings.server_cpu)
            )
            if scenario.idle:
                await stack.enter_async_context(idle_connections(server, scenario.idle))
            ready = await make_ready(server, scenario, self._settings, clients)
            slices = [
                await measure_slice("A", ready, clients.slices, self._settings.slice_s)
                for _ in range(_SLICES)
            ]
            rate_per_s = sum(one.requests for one in slices) / sum(one.duration_s for one in slices)
            if not scenario.new_connection and scenario.pipeline == 1:
                await self._latency(ready, seen, rate_per_s, clients.builtin)
            await probe(server, scenario)
            seen.rss_bytes.append(server.rss_bytes())
        seen.restarts.append(Restart(tuple(slices)))
        return rate_per_s

    async def _latency(
        self, ready: Ready, seen: _Seen, capacity_per_s: float, builtin: Engine
    ) -> None:
        wanted = self._rate_per_s or math.floor(capacity_per_s * SHARE_OF_CAPACITY)
        paced = Ready(ready.server, replace(ready.job, rate_per_s=wanted))
        driven = await load(paced, builtin, _LATENCY_S)
        assert driven.latency is not None
        seen.rates_per_s.append(wanted)
        seen.latency.merge(driven.latency)

    @property
    def results(self) -> list[Absolute]:
        return [_absolute(*key, seen) for key, seen in self._seen.items() if seen.restarts]


def _absolute(scenario: str, label: str, seen: _Seen) -> Absolute:
    rates = [
        statistics.fmean(one.rate_per_s for one in restart.slices) for restart in seen.restarts
    ]
    mean, low, high, _ = t_interval(rates, CONFIDENCE)
    latency_ms: dict[str, float] = {}
    if seen.rates_per_s:
        latency_ms = {f"{p:g}": seen.latency.percentile(p) / 1e3 for p in PERCENTILES}
        latency_ms["max"] = seen.latency.max / 1e3
    return Absolute(
        scenario,
        label,
        rate_per_s=mean,
        rate_low=low if math.isfinite(low) else None,
        rate_high=high if math.isfinite(high) else None,
        cpu_us=statistics.median(one.cpu_us for restart in seen.restarts for one in restart.slices),
        latency_ms=latency_ms,
        latency_rate_per_s=statistics.median(seen.rates_per_s) if seen.rates_per_s else None,
        rss_bytes=int(statistics.median(seen.rss_bytes)),
        restarts=tuple(seen.restarts),
    )
