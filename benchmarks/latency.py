"""Latency percentiles at a fixed rate, measured from the moment at which a request was due.

Owns the order of such a measurement and what it makes of it. A client that waits for an answer
before it sends the next request leaves out the very requests that a slow moment would have delayed;
here requests are due at constant spacing, the same for every subject. Where a subject cannot keep
the rate, its latency is the length of the test: it is said, and no figure is shown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from .command import Refused
from .idle import SPARE_FILES, idle_connections, open_files
from .load import Engine, Histogram, Load
from .measurement import Ratio, against_first, expect_labels, measured
from .measuring import WARM_UP_S, Ready, job_for, load, probe
from .plain import Progress
from .report.result import Measurement
from .scenarios import Scenario
from .serving import serving
from .subjects import Subject

ENGINE = "builtin"  # wrk has no fixed rate
PERCENTILES = (50.0, 90.0, 99.0, 99.9)
SHARE_OF_CAPACITY = 0.5
"""Where no rate is given: near full load, latency is that of queues."""
CAPACITY_S = 1.0
KEPT = 0.99
"""Of the rate; who answers less has not kept it."""
SLICE_AT_MOST_S = 5.0
"""A server that cannot keep the rate falls behind as long as a slice lasts, and is given up when an
answer takes longer than the client's patience; a short one shows how far it got."""
FEWEST_BEYOND = 10
"""Requests beyond a percentile, without which it is the luck of a few."""


@dataclass(frozen=True)
class Run:
    """What one subject did in one restart; `percentiles_us` by percent, as far as there were enough
    requests for them."""

    requests: int
    duration_s: float
    client_cpu_s: float
    percentiles_us: Mapping[float, float]

    @property
    def rate_per_s(self) -> float:
        return self.requests / self.duration_s

    @property
    def client_busy(self) -> float:
        """The share of its processor that the client used; near 1, it was the limit."""
        return self.client_cpu_s / self.duration_s


@dataclass(frozen=True)
class Latencies:
    """What came of it, at `rate_per_s`.

    `capacities_per_s` are what subjects did in a short closed loop, when the rate was found so.
    `rows` are of those that kept the rate; `ratios` of the first of them over each other one.
    """

    scenario: str
    rate_per_s: float
    capacities_per_s: Mapping[str, float]
    rows: tuple[Measurement, ...]
    ratios: tuple[Ratio, ...]
    notes: tuple[str, ...]


async def latency(
    subjects: Sequence[Subject],
    scenario: Scenario,
    *,
    rate_per_s: float | None = None,
    share_of_capacity: float = SHARE_OF_CAPACITY,
    duration_s: float = 10.0,
    restarts: int = 5,
    connections: int | None = None,
    server_cpu: int | None = 0,
    client_cpu: int | None = 1,
    progress: Progress,
) -> Latencies:
    """Latency of each subject, for `duration_s` in each restart, in turns.

    Without a rate it is this share of the throughput of the slowest subject, found before. Raises
    Refused for a wrong answer, for requests that are pipelined, and for what is no rate.
    """
    expect_latency(scenario)
    if not 0 < share_of_capacity <= 1:
        raise Refused(f"a share of the capacity is above 0 and up to 1, not {share_of_capacity:g}")
    expect_labels([one.label for one in subjects])
    course = _Course(scenario, connections, server_cpu, client_cpu)
    capacities: dict[str, float] = {}
    with open_files((scenario.idle + course.connections) * len(subjects) + SPARE_FILES):
        if rate_per_s is None:
            for subject in subjects:
                capacities[subject.label] = await course.capacity_per_s(subject)
                said = f"{capacities[subject.label]:,.0f} requests/s at most"
                progress(f"{scenario.name}, {subject.label}: {said}")
            rate_per_s = round_down(min(capacities.values()) * share_of_capacity)
        runs: dict[str, list[Run]] = {one.label: [] for one in subjects}
        for number in range(restarts):
            done = await course.restart(subjects, number, rate_per_s, duration_s)
            for label, run in done.items():
                runs[label].append(run)
                which = f"{scenario.name}, {label}, restart {number + 1} of {restarts}"
                progress(f"{which}: {run_line(run, rate_per_s)}")
    return summarise(scenario.name, rate_per_s, capacities, runs)


def expect_latency(scenario: Scenario) -> None:
    """Raises Refused for a scenario whose requests have no latency."""
    if scenario.pipeline > 1:
        raise Refused(
            f"{scenario.name}: pipelined requests have no latency of their own; take another "
            "scenario"
        )


# -- What is done ---------------------------------------------------------------------------------


class _Course:
    """Starts subjects and drives them."""

    def __init__(
        self,
        scenario: Scenario,
        connections: int | None,
        server_cpu: int | None,
        client_cpu: int | None,
    ) -> None:
        self.connections = scenario.connections if connections is None else connections
        self._scenario = scenario
        self._server_cpu = server_cpu
        self._client_cpu = client_cpu

    async def capacity_per_s(self, subject: Subject) -> float:
        """Requests per second when each follows the answer before it."""
        async with AsyncExitStack() as stack:
            ready = await self._ready(stack, subject)
            driven = await self._drive(ready, CAPACITY_S)
        return driven.requests / driven.duration_s

    async def restart(
        self, subjects: Sequence[Subject], number: int, rate_per_s: float, duration_s: float
    ) -> dict[str, Run]:
        """All afresh, then each in turn, and each the other way round, until all had their time."""
        async with AsyncExitStack() as stack:
            ready = {one.label: await self._ready(stack, one) for one in subjects}
            loads: dict[str, list[Load]] = {label: [] for label in ready}
            rounds = math.ceil(duration_s / 2 / SLICE_AT_MOST_S)
            for label in order(list(ready), number) * rounds:
                one = ready[label]
                paced = Ready(one.server, replace(one.job, rate_per_s=rate_per_s))
                loads[label].append(await self._drive(paced, duration_s / 2 / rounds))
            for one in ready.values():
                await probe(one.server, self._scenario)
        return {label: run_of(own) for label, own in loads.items()}

    async def _ready(self, stack: AsyncExitStack, subject: Subject) -> Ready:
        """A server that answers as it should, warm, with the idle connections beside it."""
        scenario = self._scenario
        server = await stack.enter_async_context(serving(subject, scenario, cpu=self._server_cpu))
        body = await probe(server, scenario)
        if scenario.idle:
            await stack.enter_async_context(idle_connections(server, scenario.idle))
        ready = Ready(server, job_for(server, scenario, body, self.connections))
        await self._drive(ready, WARM_UP_S)
        return ready

    async def _drive(self, ready: Ready, duration_s: float) -> Load:
        async with Engine(ENGINE, self._client_cpu) as engine:
            return await load(ready, engine, duration_s)


# -- What comes of it: pure -----------------------------------------------------------------------


def order(labels: Sequence[str], number: int) -> list[str]:
    """Who is measured when: each twice, A B B A, and B A A B in every other restart."""
    forward = list(labels) if number % 2 == 0 else list(reversed(labels))
    return [*forward, *reversed(forward)]


def round_down(rate_per_s: float) -> float:
    """To two digits, which is all that a short load knows: 4,789 to 4,700."""
    if rate_per_s < 10:
        return rate_per_s
    grain = 10.0 ** (math.floor(math.log10(rate_per_s)) - 1)
    return math.floor(rate_per_s / grain) * grain


def together(loads: Sequence[Load]) -> Histogram:
    """The latencies of several loads at a rate."""
    histogram = Histogram()
    for one in loads:
        assert one.latency is not None, "a load at a rate has its latencies"
        histogram.merge(one.latency)
    return histogram


def percentiles_us(latencies: Histogram) -> dict[float, float]:
    """Microseconds by percent, as far as there were enough requests for them."""
    enough = [
        percent
        for percent in PERCENTILES
        if latencies.count * round(100 - percent, 6) >= 100 * FEWEST_BEYOND
    ]
    return {percent: latencies.percentile(percent) for percent in enough}


def run_of(loads: Sequence[Load]) -> Run:
    """The loads of one subject in one restart, together."""
    return Run(
        sum(one.requests for one in loads),
        sum(one.duration_s for one in loads),
        sum(one.client_cpu_s for one in loads),
        percentiles_us(together(loads)),
    )


def run_line(run: Run, rate_per_s: float) -> str:
    """What is said of a run while others are still to come."""
    if run.rate_per_s < KEPT * rate_per_s:
        return f"{run.rate_per_s:,.0f} of {rate_per_s:,.0f} requests/s"
    shown = [f"p{percent:g} {us / 1000:.2f} ms" for percent, us in run.percentiles_us.items()]
    return f"{rate_per_s:,.0f} requests/s kept, {', '.join(shown)}"


def summarise(
    scenario: str,
    rate_per_s: float,
    capacities_per_s: Mapping[str, float],
    runs: Mapping[str, Sequence[Run]],
) -> Latencies:
    """Percentiles over restarts, of the subjects that kept the rate in all of them.

    A percentile is shown when there were enough requests beyond it in every restart of everybody.
    """
    kept = {
        label: own
        for label, own in runs.items()
        if all(run.rate_per_s >= KEPT * rate_per_s for run in own)
    }
    enough = [
        percent
        for percent in PERCENTILES
        if all(percent in run.percentiles_us for own in kept.values() for run in own)
    ]
    name = f"{scenario} at {rate_per_s:,.0f}/s"
    rows = [
        measured(
            label, name, f"p{percent:g}", "ms", [run.percentiles_us[percent] / 1e3 for run in own]
        )
        for label, own in kept.items()
        for percent in enough
    ]
    notes = [_shortfall(name, label, own) for label, own in runs.items() if label not in kept]
    if kept and (few := [f"p{percent:g}" for percent in PERCENTILES if percent not in enough]):
        notes.append(
            f"{name}: no {', '.join(few)}, which takes {FEWEST_BEYOND} requests beyond it in each "
            "restart; give more time or a higher rate"
        )
    return Latencies(
        scenario,
        rate_per_s,
        capacities_per_s,
        tuple(rows),
        tuple(against_first(rows)),
        tuple(notes),
    )


def _shortfall(name: str, label: str, runs: Sequence[Run]) -> str:
    """What is said of who could not keep the rate, in place of a latency."""
    worst = min(runs, key=lambda run: run.rate_per_s)
    return (
        f"{name}: {label} could not keep the rate, so it has no latency here: it answered "
        f"{worst.rate_per_s:,.0f}/s in one restart of {len(runs)}, while the client used "
        f"{worst.client_busy:.0%} of a processor; take a lower rate"
    )
