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

from conformance.protocol import AdapterError

from .command import Refused
from .idle import idle_connections, open_files
from .latency import KEPT, SHARE_OF_CAPACITY, percentiles_us, round_down, together
from .load import Engine, Load
from .measurement import CONFIDENCE
from .measuring import (
    Clients,
    Progress,
    Ready,
    Settings,
    clients_for,
    files_for,
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

_SLICES = 2
_LATENCY_S = 2.0


@dataclass
class _Seen:
    """What was seen of one subject under one scenario."""

    restarts: list[Restart] = field(default_factory=list)
    paced: list[Load] = field(default_factory=list)
    rates_per_s: list[float] = field(default_factory=list)
    """Those of the paced loads, as they were asked for."""
    rss_bytes: list[int] = field(default_factory=list)

    @property
    def has_kept_the_rate(self) -> bool:
        """In all restarts together: who answers less falls behind, and its latency is that."""
        due_s = sum(
            one.requests / rate for one, rate in zip(self.paced, self.rates_per_s, strict=True)
        )
        return due_s >= KEPT * sum(one.duration_s for one in self.paced)


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
        key = scenario.name, subject.label
        try:
            return await self._measure(
                subject, scenario, clients, self._seen.setdefault(key, _Seen())
            )
        except (Refused, AdapterError):
            del self._seen[key]  # no figure where a single answer was wrong
            raise

    async def _measure(
        self, subject: Subject, scenario: Scenario, clients: Clients, seen: _Seen
    ) -> float:
        async with AsyncExitStack() as stack:
            stack.enter_context(open_files(files_for(scenario, self._settings, servers=1)))
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
        wanted = self._rate_per_s or round_down(capacity_per_s * SHARE_OF_CAPACITY)
        paced = Ready(ready.server, replace(ready.job, rate_per_s=wanted))
        seen.paced.append(await load(paced, builtin, _LATENCY_S))
        seen.rates_per_s.append(wanted)

    @property
    def results(self) -> list[Absolute]:
        return [_absolute(*key, seen) for key, seen in self._seen.items() if seen.restarts]

    @property
    def notes(self) -> list[str]:
        """Who has no latency, and why."""
        return [
            f"{scenario}: {label} could not keep {statistics.median(seen.rates_per_s):,.0f} "
            "requests/s, so it has no latency here; take a lower rate"
            for (scenario, label), seen in self._seen.items()
            if not seen.has_kept_the_rate
        ]


def _absolute(scenario: str, label: str, seen: _Seen) -> Absolute:
    rates = [
        statistics.fmean(one.rate_per_s for one in restart.slices) for restart in seen.restarts
    ]
    mean, low, high, _ = t_interval(rates, CONFIDENCE)
    latency_ms: dict[str, float] = {}
    if seen.paced and seen.has_kept_the_rate:
        latencies = together(seen.paced)
        latency_ms = {f"{p:g}": us / 1e3 for p, us in percentiles_us(latencies).items()}
        latency_ms["max"] = latencies.max / 1e3
    return Absolute(
        scenario,
        label,
        rate_per_s=mean,
        rate_low=low if math.isfinite(low) else None,
        rate_high=high if math.isfinite(high) else None,
        cpu_us=statistics.median(one.cpu_us for restart in seen.restarts for one in restart.slices),
        latency_ms=latency_ms,
        latency_rate_per_s=statistics.median(seen.rates_per_s) if latency_ms else None,
        rss_bytes=int(statistics.median(seen.rss_bytes)),
        restarts=tuple(seen.restarts),
    )
