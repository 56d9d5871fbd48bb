"""The order of a comparison: both afresh, a probe each, slices in turns, a probe each again.

Owns that nothing is measured of a server that answers wrongly, and that A and B get the same. What
it all means is the gate's business (`statistics`): this module asks it what is wanted next.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import h11

from .command import Refused
from .connection import Connection
from .idle import SPARE_FILES, idle_connections, open_files
from .load import Engine, Job, Load
from .load.model import PLACEHOLDER
from .load.turns import Turns
from .model import Comparison, Decision, Figure, Phase, Restart, Series, Slice, Verdict
from .scenarios import COUNT_0, Scenario
from .serving import Server, serving
from .statistics.gate import Rule, Trial, planned_within
from .subjects import Subject

Progress = Callable[[str, float], None]
"""Takes a line of what was seen, and the seconds of measuring that it took."""

WARM_UP_S = 0.2
"""Specialised bytecode and caches settle well within it."""


@dataclass(frozen=True)
class Settings:
    """How it is measured.

    engine       "wrk" or "builtin"
    slice_s      length of one slice; wrk takes whole seconds
    rounds       ABBA rounds within a restart
    budget_s     about how long one comparison may take, all its phases together
    restarts     of the first phase, instead of what the budget has room for
    connections  instead of the scenario's own
    server_cpu, client_cpu   where they are pinned to; None is anywhere
    """

    engine: str
    slice_s: float
    rounds: int = 10
    budget_s: float = 60.0
    restarts: int | None = None
    connections: int | None = None
    server_cpu: int | None = 0
    client_cpu: int | None = 1


def order(number: int, rounds: int) -> str:
    """The sides in the order of their slices; every other restart begins with B."""
    return ("ABBA", "BAAB")[number % 2] * rounds


@dataclass(frozen=True)
class Clients:
    """The engines of a measurement: for its slices, and for what wrk cannot do, which is short
    loads and fixed rates."""

    slices: Engine
    builtin: Engine


@asynccontextmanager
async def clients_for(settings: Settings) -> AsyncIterator[Clients]:
    async with AsyncExitStack() as stack:
        builtin = await stack.enter_async_context(Engine("builtin", settings.client_cpu))
        if settings.engine == "builtin":
            yield Clients(builtin, builtin)
        else:
            other = await stack.enter_async_context(Engine(settings.engine, settings.client_cpu))
            yield Clients(other, builtin)


@dataclass(frozen=True)
class Ready:
    """A server that has been probed, and the job that its slices are made of."""

    server: Server
    job: Job


async def probe(server: Server, scenario: Scenario) -> bytes:
    """The body of the answer to request number 0, asked twice. Raises Refused for a wrong one."""
    bodies = []
    for _ in range(2):
        try:
            with await Connection.open(server.host, server.port) as connection:
                answer = await connection.exchange(scenario.probe)
        except (OSError, h11.RemoteProtocolError) as exc:
            raise server.refusal(f"{scenario.name}: {type(exc).__name__}: {exc}") from exc
        if answer.status != scenario.status or not scenario.accepts(answer.body):
            raise server.refusal(
                f"{scenario.name}: answered {answer.status} {answer.body[:80]!r} to "
                f"{scenario.probe[:80]!r}"
            )
        bodies.append(answer.body)
    if bodies[0] != bodies[1]:
        raise server.refusal(f"{scenario.name}: two answers to one request differ")
    return bodies[0]


def job_for(server: Server, scenario: Scenario, body: bytes, connections: int | None) -> Job:
    """What one slice does. The body is that of the probe, with the number of each request in it."""
    if PLACEHOLDER in scenario.request:
        body = body.replace(COUNT_0, PLACEHOLDER)
    return Job(
        host=server.host,
        port=server.port,
        request=scenario.request,
        status=scenario.status,
        body=body,
        pipeline=scenario.pipeline,
        connections=scenario.connections if connections is None else connections,
        new_connection=scenario.new_connection,
    )


async def make_ready(
    server: Server, scenario: Scenario, settings: Settings, clients: Clients
) -> Ready:
    """Probe a server and warm it up."""
    ready = Ready(
        server, job_for(server, scenario, await probe(server, scenario), settings.connections)
    )
    await load(ready, clients.builtin, WARM_UP_S)
    return ready


async def load(ready: Ready, engine: Engine, duration_s: float) -> Load:
    """Raises Refused, naming the server, when a single answer was wrong."""
    try:
        return await engine.drive(replace(ready.job, duration_s=duration_s))
    except Refused as refusal:
        raise ready.server.refusal(str(refusal)) from None


async def measure_slice(side: str, ready: Ready, engine: Engine, slice_s: float) -> Slice:
    before_s = ready.server.cpu_s()
    driven = await load(ready, engine, slice_s)
    used_s = ready.server.cpu_s() - before_s
    return _slice(side, ready, driven, used_s)


async def measure_slices(
    a: Ready, b: Ready, order: str, clients: Clients, settings: Settings
) -> list[Slice]:
    """Both sides in turns. Raises Refused, naming the server, when an answer was wrong."""
    sides = {"A": a, "B": b}
    if clients.slices.name == "wrk":
        return [
            await measure_slice(side, sides[side], clients.slices, settings.slice_s)
            for side in order
        ]
    turns = Turns(
        {side: ready.job for side, ready in sides.items()},
        {side: ready.server.pids() for side, ready in sides.items()},
        order,
        settings.slice_s,
    )
    try:
        taken = await clients.slices.take(turns)
    except Refused as refusal:
        side, _, said = str(refusal).partition(": ")
        raise (sides[side].server.refusal(said) if side in sides else refusal) from None
    return [_slice(one.side, sides[one.side], one.load, one.server_cpu_s) for one in taken]


def _slice(side: str, ready: Ready, load: Load, server_cpu_s: float) -> Slice:
    """Raises Refused where the processes that are watched did nothing."""
    if server_cpu_s <= 0:
        raise ready.server.refusal(
            f"answered {load.requests:,} requests without processor time: who answers is in "
            "another session than the process that was started"
        )
    return Slice(
        side, load.requests, load.duration_s, server_cpu_s, load.client_cpu_s, load.read_bytes
    )


def files_for(scenario: Scenario, settings: Settings, servers: int) -> int:
    """Open files enough for this process, which has the idle connections to so many servers, and
    for each of them, which has its own and those at work."""
    working = scenario.connections if settings.connections is None else settings.connections
    return servers * scenario.idle + working + SPARE_FILES


async def measure_restart(
    pair: tuple[Subject, Subject],
    scenario: Scenario,
    settings: Settings,
    clients: Clients,
    number: int,
) -> Restart:
    """Start both sides afresh and measure them in turns."""
    async with AsyncExitStack() as stack:
        stack.enter_context(open_files(files_for(scenario, settings, servers=2)))
        servers = await _both(stack, pair, scenario, settings.server_cpu)
        for server in servers:
            if scenario.idle:
                await stack.enter_async_context(idle_connections(server, scenario.idle))
        a, b = [await make_ready(server, scenario, settings, clients) for server in servers]
        slices = await measure_slices(a, b, order(number, settings.rounds), clients, settings)
        for ready in (a, b):
            await probe(ready.server, scenario)
    return Restart(tuple(slices))


async def _both(
    stack: AsyncExitStack, pair: tuple[Subject, Subject], scenario: Scenario, cpu: int | None
) -> Sequence[Server]:
    """Both servers, one after the other: who starts first is the same in every restart, and what
    is measured begins when both have answered."""
    return [
        await stack.enter_async_context(serving(subject, scenario, cpu=cpu)) for subject in pair
    ]


class Measuring:
    """One comparison under way."""

    def __init__(
        self, a: Subject, b: Subject, scenario: Scenario, settings: Settings, rule: Rule
    ) -> None:
        self.a, self.b = a, b
        self._scenario = scenario
        self._settings = settings
        self._rule = rule
        self._done: dict[Phase, list[Restart]] = {}
        self._count = 0

    async def run(self, progress: Progress) -> Comparison:
        """Measure until the gate has decided."""
        async with clients_for(self._settings) as clients:
            return await self._run(clients, progress)

    async def _run(self, clients: Clients, progress: Progress) -> Comparison:
        first_s = time.monotonic()
        first = await self._restart(Phase.FIRST, clients, progress)
        took_s = time.monotonic() - first_s
        planned = self._settings.restarts
        if planned is None:
            most = int(self._settings.budget_s / took_s)
            planned = max(self._rule.fewest, planned_within(self._rule, most))
        trial = Trial(self._rule, planned)
        _add(trial, Phase.FIRST, first)
        while not isinstance(wanted := trial.next(), Decision):
            for _ in range(wanted.restarts):
                _add(trial, wanted.phase, await self._restart(wanted.phase, clients, progress))
        return self._comparison(wanted)

    async def _restart(self, phase: Phase, clients: Clients, progress: Progress) -> Restart:
        pair = (self.a, self.a) if phase is Phase.ITSELF else (self.a, self.b)
        begin_s = time.monotonic()
        restart = await measure_restart(pair, self._scenario, self._settings, clients, self._count)
        self._count += 1
        self._done.setdefault(phase, []).append(restart)
        progress(self._line(phase, restart), time.monotonic() - begin_s)
        return restart

    @property
    def partial(self) -> Comparison | None:
        """What there is when it is interrupted."""
        if Phase.FIRST not in self._done:
            return None
        first = Trial(replace(self._rule, looks=()), len(self._done[Phase.FIRST]) + 1)
        for restart in self._done[Phase.FIRST]:
            _add(first, Phase.FIRST, restart)
        estimates = first.estimates(Phase.FIRST)
        return self._comparison(
            Decision(Verdict.INCONCLUSIVE, "interrupted before the plan was through", estimates)
        )

    def _comparison(self, decision: Decision) -> Comparison:
        return Comparison(
            self._scenario.name,
            self.a.label,
            self.b.label,
            tuple(Series(phase, tuple(restarts)) for phase, restarts in self._done.items()),
            decision,
        )

    def _line(self, phase: Phase, restart: Restart) -> str:
        a, b = (
            sum(one.requests for one in restart.of(side))
            / sum(one.duration_s for one in restart.of(side))
            for side in "AB"
        )
        number = len(self._done[phase])
        return (
            f"{self._scenario.name}, {self.b.label} against {self.a.label}, {phase.value} restart "
            f"{number}: {b:,.0f} and {a:,.0f} requests/s"
        )


def _add(trial: Trial, phase: Phase, restart: Restart) -> None:
    trial.add(phase, {figure: restart.log_slowdown(figure) for figure in Figure})
