"""Memory: that of the reference, and of an adapter that keeps what it should pass on."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from benchmarks import asking, memory, procfs
from benchmarks.command import Refused
from benchmarks.connection import Connection
from benchmarks.memory import MIB, at_rest, idle, read_download, send_upload, streaming
from benchmarks.subjects import Subject, subject
from benchmarks.tests.small import small
from conformance.guard import session_members

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="needs the /proc of Linux"
)
Connect = Callable[[bytes], Awaitable[Connection]]
HOARDING = str(Path(__file__).with_name("hoarding_adapter.py"))
NO_PID = 2**22 + 1
"""Above the largest process id."""


@pytest.fixture
async def reference() -> Subject:
    return await subject("reference")


async def test_at_rest_is_a_value_for_each_restart(reference: Subject) -> None:
    lines: list[str] = []
    [row] = await at_rest(reference, restarts=2, progress=lines.append)
    assert (row.subject, row.scenario, row.unit, len(row.samples)) == (
        "reference", "at rest", "MiB", 2,
    )  # fmt: skip
    assert row.value > 1  # an interpreter alone is larger
    assert [line.partition(":")[0] for line in lines] == [
        "reference, restart 1 of 2",
        "reference, restart 2 of 2",
    ]


async def test_idle_connections_cost_something(reference: Subject) -> None:
    each, before = await idle(reference, 1_000, restarts=1, progress=print)
    assert each.scenario == before.scenario == "1,000 idle connections"
    assert (each.unit, before.unit) == ("bytes", "MiB")
    # The kernel gives out pages, and counts them in batches: no less than a socket object each.
    assert 100 < each.value < MIB


async def test_idle_connections_that_are_none(reference: Subject) -> None:
    with pytest.raises(Refused, match="at least one connection"):
        await idle(reference, 0, progress=print)


async def test_what_streams_does_not_grow_by_the_body(reference: Subject) -> None:
    rows = await streaming(reference, 64, restarts=1, progress=print)
    assert [(one.scenario, one.unit) for one in rows] == [
        ("upload of 64 MiB", "MiB"),
        ("download of 64 MiB", "MiB"),
    ]
    assert all(one.value < 32 for one in rows)


async def test_what_keeps_a_body_grows_by_it() -> None:
    hoarding = await subject(HOARDING)
    upload, download = await streaming(hoarding, 64, restarts=1, progress=print)
    assert upload.value > 48
    assert download.value > 48


async def test_a_body_of_nothing(reference: Subject) -> None:
    with pytest.raises(Refused, match="at least 1 MiB"):
        await streaming(reference, 0, progress=print)


@pytest.fixture
async def connected() -> AsyncIterator[Connect]:
    """Connects to a server that answers so, and reads what else comes."""
    async with AsyncExitStack() as stack:

        async def connect(octets: bytes) -> Connection:
            server = await stack.enter_async_context(small(octets, swallows=True))
            return stack.enter_context(await Connection.open(server.host, server.port))

        yield connect


class Waiting:
    """What uses no processor."""

    def cpu_s(self) -> float:
        return 1.0


async def test_an_upload_that_is_answered_before_it_was_read(connected: Connect) -> None:
    answer = b"HTTP/1.1 413 No\r\nContent-Length: 3\r\n\r\nbig"
    # More than the buffers on the way hold, so the server has answered when the last is sent.
    with pytest.raises(Refused, match=r"answered 413 b'big' after \d+ of 64 MiB"):
        await send_upload(await connected(answer), 64)


async def test_an_upload_of_one_piece_with_a_wrong_answer(connected: Connect) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlost"
    with pytest.raises(Refused, match="answered 200 b'lost'"):
        await send_upload(await connected(answer), 1)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"x" * 100, "answered 200 with 100 octets, 100 of them right"),
        (500, b"x" * MIB, "answered 500 with 1,048,576 octets"),
        (200, b"x" * (MIB - 1) + b"y", "1,048,576 octets, 1,048,575 of them right"),
    ],
)
async def test_a_wrong_download(connected: Connect, status: int, body: bytes, said: str) -> None:
    head = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    with pytest.raises(Refused, match=said):
        await read_download(Waiting(), await connected(head + body), 1, 1.0)


async def test_a_right_download(connected: Connect) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % MIB + b"x" * MIB
    await read_download(Waiting(), await connected(answer), 1, 1.0)


class Working:
    """What uses its processor up to the third look."""

    def __init__(self) -> None:
        self.looks = 0

    def cpu_s(self) -> float:
        self.looks += 1
        return min(self.looks, 3) * 0.1


async def test_a_reader_stalls_until_the_server_waits(
    connected: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_LOOK_EACH_S", 0.001)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % MIB + b"x" * MIB
    for at_most_s, looks in ((1.0, 5), (0.001, 2)):
        server = Working()
        await read_download(server, await connected(answer), 1, at_most_s)
        assert server.looks == looks


def test_this_process_has_memory() -> None:
    pid = os.getpid()
    assert 0 < procfs.rss_bytes(pid) <= procfs.peak_rss_bytes(pid) + MIB


@pytest.fixture
def session() -> Iterator[int]:
    """A session of two processes that do nothing until their input ends. The session of the tests
    may not be one: in a container it can hold what began outside, and its number is 0."""
    script = "import os, sys; os.fork(); os.write(1, b'.'); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(2) == b".."
        yield process.pid


def test_who_waits_sleeps_and_who_works_does_not(session: int) -> None:
    deadline_s = time.monotonic() + 20
    while not all(map(procfs.sleeps, session_members(session))):
        assert time.monotonic() < deadline_s, "they wait for their input, and never sleep"
    assert not procfs.sleeps(os.getpid())
    with pytest.raises(OSError, match="No such"):
        procfs.sleeps(2**22 + 1)  # above the largest process id


def test_a_session_is_the_sum_of_its_processes(session: int) -> None:
    pids = session_members(session)
    assert len(pids) == 2
    assert procfs.session_rss_bytes(session) == sum(map(procfs.rss_bytes, pids))
    assert procfs.session_peak_rss_bytes(session) == sum(map(procfs.peak_rss_bytes, pids))


def test_what_the_host_gave_to_others() -> None:
    before, now = procfs.Processors(1_000, 10), procfs.Processors(1_200, 60)
    assert now.stolen_since(before) == 0.25
    assert now.stolen_since(now) == 0.0


def test_the_processors_of_this_machine() -> None:
    begin = now = procfs.Processors.now()
    assert 0 <= begin.stolen < begin.whole
    deadline_s = time.monotonic() + 20
    while now.whole == begin.whole:
        assert time.monotonic() < deadline_s, "their time stands still"
        now = procfs.Processors.now()
    assert 0 <= now.stolen_since(begin) <= 1


def test_a_session_of_nobody() -> None:
    with pytest.raises(ProcessLookupError, match="no process of session 4194305 is left"):
        procfs.session_rss_bytes(NO_PID)


def test_one_that_ends_between_listing_and_reading(
    session: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = session_members(session)
    monkeypatch.setattr(procfs, "session_members", lambda sid: [pids[0], NO_PID, pids[1]])
    assert procfs.session_rss_bytes(session) == sum(map(procfs.rss_bytes, pids))
    procfs.session_reset_peak_rss(session)
    assert procfs.session_peak_rss_bytes(session) == sum(map(procfs.peak_rss_bytes, pids))
    monkeypatch.setattr(procfs, "session_members", lambda sid: [NO_PID])
    with pytest.raises(ProcessLookupError, match="is left"):
        procfs.session_rss_bytes(session)


def test_without_a_proc_nothing_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(procfs, "is_there", lambda: False)
    assert asking.run(argparse.Namespace(), []) == 2
    assert "/proc of Linux" in capsys.readouterr().err


def test_the_peak_counts_from_its_reset() -> None:
    pid = os.getpid()
    procfs.reset_peak_rss(pid)
    before_bytes = procfs.peak_rss_bytes(pid)
    held = bytearray(64 * MIB)
    held[::4096] = b"x" * (len(held) // 4096)  # touched, or it takes no memory
    with_it_bytes = procfs.peak_rss_bytes(pid)
    del held
    assert with_it_bytes - before_bytes > 48 * MIB
    assert procfs.peak_rss_bytes(pid) >= with_it_bytes - MIB
    procfs.reset_peak_rss(pid)
    assert procfs.peak_rss_bytes(pid) < with_it_bytes - 48 * MIB
