"""What a measurement refuses, and what a subject beside nobody gets no figure for."""

from __future__ import annotations

import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from benchmarks import measuring
from benchmarks.absolute import Absolutes, _Seen
from benchmarks.command import Refused
from benchmarks.idle import SPARE_FILES
from benchmarks.load import Engine, Histogram, Job, Load
from benchmarks.measuring import Clients, Ready, Settings, measure_restart, measure_slice
from benchmarks.model import Restart, Slice
from benchmarks.scenarios import SCENARIOS
from benchmarks.serving import Server
from benchmarks.subjects import Subject
from conformance.driver import Command

SUBJECT = Subject("a", Command(["none"], "a"), "adapter", "asyncio")


@pytest.fixture
def few_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("few_files")
@pytest.mark.parametrize(("scenario", "idle"), [("plaintext", 0), ("plaintext-idle", 2_000)])
async def test_servers_may_open_a_file_for_each_connection(
    scenario: str, idle: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def serving(*args: object, **kwargs: object) -> AsyncIterator[Server]:
        raise Refused(str(resource.getrlimit(resource.RLIMIT_NOFILE)[0]))
        yield

    monkeypatch.setattr(measuring, "serving", serving)
    settings = Settings("builtin", 0.1, connections=300)
    clients = cast(Clients, None)
    with pytest.raises(Refused) as refused:
        await measure_restart((SUBJECT, SUBJECT), SCENARIOS[scenario], settings, clients, 0)
    assert int(str(refused.value)) == 2 * idle + 300 + SPARE_FILES


class Elsewhere(Server):
    """A server whose processes do nothing: others answer."""

    def cpu_s(self) -> float:
        return 1.0

    def stderr_tail(self) -> str:
        return ""


class Answered:
    """An engine whose every request was answered."""

    async def drive(self, job: Job) -> Load:
        return Load(1_000, 100_000, 1.0, 0.1)


async def test_answers_that_cost_the_server_nothing_are_no_figure() -> None:
    ready = Ready(Elsewhere(SUBJECT, 1, "127.0.0.1", 1), Job("127.0.0.1", 1, b"", 200, None))
    with pytest.raises(Refused, match="a answered 1,000 requests without processor time"):
        await measure_slice("A", ready, cast(Engine, Answered()), 0.1)


def timed(*loads: tuple[int, float]) -> Absolutes:
    """One subject, in restarts with so many requests at 500 a second in so many seconds."""
    absolutes = Absolutes([], [], Settings("builtin", 1.0), 500.0)
    seen = absolutes._seen["plaintext", "a"] = _Seen()
    for requests, duration_s in loads:
        latency = Histogram()
        for _ in range(requests):
            latency.record(0.002)
        seen.restarts.append(Restart((Slice("A", 1_000, 1.0, 0.5, 0.1, 100_000),) * 2))
        seen.paced.append(Load(requests, 0, duration_s, 0.1, latency=latency))
        seen.rates_per_s.append(500.0)
        seen.rss_bytes.append(1)
    return absolutes


def test_latency_is_that_of_all_restarts_together() -> None:
    # A stall at the end of one of them is no more than that: 4.01 s instead of 4.
    absolutes = timed((1_000, 2.03), (1_000, 1.98))
    [found] = absolutes.results
    assert found.latency_ms["50"] == pytest.approx(2.0, rel=0.01)
    assert found.latency_rate_per_s == 500
    assert absolutes.notes == []


def test_who_cannot_keep_the_rate_has_no_latency() -> None:
    absolutes = timed((1_000, 2.0), (1_000, 2.1))
    [found] = absolutes.results
    assert (found.latency_ms, found.latency_rate_per_s) == ({}, None)
    assert found.rate_per_s == 1_000
    assert absolutes.notes == [
        "plaintext: a could not keep 500 requests/s, so it has no latency here; take a lower rate"
    ]


def test_what_has_no_latency_says_nothing_of_a_rate() -> None:
    absolutes = timed()
    assert (absolutes.results, absolutes.notes) == ([], [])
