"""Adapters with a process for each app: what ends, ends; what fails to start is said to."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from conformance.driver import AdapterProcess, Command, Deadlines, RunningApp
from conformance.guard import Guard, session_members
from conformance.protocol import AdapterError
from conformance.seen import Rejection
from conformance.spec import Crash, Respond, Route, app

FORKS = str(Path(__file__).parent / "subjects" / "forks.py")
SKETCH = ["-m", "conformance.adapters.guide", "conformance.tests.subjects.sketch"]
APP = app(Route("r1", "GET", "/", Respond(body="here")))


@asynccontextmanager
async def adapter(*arguments: str) -> AsyncIterator[AdapterProcess]:
    guard = Guard()
    command = Command([sys.executable, *arguments], "forking")
    process = await AdapterProcess.start(command, guard, Deadlines())
    try:
        yield process
    finally:
        await process.quit()
        guard.close()


async def started(process: AdapterProcess) -> RunningApp:
    running = await process.start_app(APP)
    assert isinstance(running, RunningApp)
    return running


async def answer(running: RunningApp) -> bytes:
    reader, writer = await asyncio.open_connection(running.host, running.port)
    # Without an id of its own it would be taken for the request before: the sketch mixes them up.
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: test\r\n\r\n")
    try:
        return await reader.read()
    finally:
        writer.close()


async def gone(pid_fd: int) -> None:
    """Until a process has ended, which is nobody's child here."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(pid_fd, ended.set)
    try:
        async with asyncio.timeout(10):
            await ended.wait()
    finally:
        asyncio.get_running_loop().remove_reader(pid_fd)
        os.close(pid_fd)


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("raises", "RuntimeError: no serving in forks.py"),
        ("exits", "SystemExit: the configuration is none"),
        ("returns", "the process ended before it answered a request: exit status 0"),
    ],
)
async def test_an_entry_point_that_does_not_serve_is_a_rejection(mode: str, said: str) -> None:
    async with adapter(FORKS, mode) as process:
        first = await process.start_app(APP)
        second = await process.start_app(APP)
        assert first == second == Rejection("rejected", said)
        assert "is no message" in process.stderr


async def test_apps_are_served_side_by_side() -> None:
    async with adapter(*SKETCH) as process:
        first, second = await asyncio.gather(started(process), started(process))
        assert first.port != second.port
        assert (await answer(first)).endswith(b"here")
        assert (await answer(second)).endswith(b"here")
        await first.sync()
        await second.sync()
        assert [one["event"] for one in first.events] == ["enter", "leave"]
        assert len(session_members(process.pid)) == 3


async def test_an_app_that_ignores_the_signal_is_killed_and_the_reply_says_so() -> None:
    async with adapter(*SKETCH) as process:
        stubborn, other = await started(process), await started(process)
        reply = await stubborn.stop(5.0)
        assert "did not end within" in reply["error"]["message"]
        with pytest.raises(ConnectionError):
            await answer(stubborn)
        assert (await answer(other)).endswith(b"here")
        assert "error" not in await stubborn.stop(5.0), "there is nothing left to stop"


async def test_the_end_of_one_app_that_nobody_asked_for_is_the_end_of_the_adapter() -> None:
    async with adapter(*SKETCH) as process:
        await started(process)
        crashing = await process.start_app(
            app(Route("r1", "GET", "/", Crash("on purpose", kind="base")))
        )
        assert isinstance(crashing, RunningApp)
        assert await answer(crashing) == b""
        async with asyncio.timeout(10):
            await process.ended.wait()
        assert process.exit_status == 1
        assert session_members(process.pid) == []
        with pytest.raises(AdapterError, match="exit status 1"):
            await process.start_app(APP)


async def test_the_adapter_dies_of_the_signal_that_killed_its_app() -> None:
    async with adapter(*SKETCH) as process:
        await started(process)
        [child] = set(session_members(process.pid)) - {process.pid}
        os.kill(child, signal.SIGKILL)
        async with asyncio.timeout(10):
            await process.ended.wait()
        assert process.exit_status == -signal.SIGKILL


async def test_no_app_outlives_the_adapter() -> None:
    async with adapter(*SKETCH) as process:
        await started(process)
        await started(process)
        members = session_members(process.pid)
        assert len(members) == 3
        fds = [os.pidfd_open(member) for member in members]
        os.kill(process.pid, signal.SIGKILL)
        for fd in fds:
            await gone(fd)
