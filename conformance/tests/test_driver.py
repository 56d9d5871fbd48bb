"""Adapters that are wrong: each is an error of the adapter, in a sentence, and leaves nothing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.driver import AdapterProcess, Command, Deadlines, RunningApp, how_it_ended
from conformance.guard import Guard, session_members
from conformance.protocol import AdapterError
from conformance.seen import Rejection
from conformance.spec import Echo, Respond, Route, app

WRONG = Path(__file__).parent / "subjects" / "wrong.py"
SOON = Deadlines(hello_s=1.0, operation_s=1.0, probe_s=1.0)


def command(mode: str, advice: str = "") -> Command:
    return Command([sys.executable, str(WRONG), mode], "wrong", advice=advice)


@pytest.fixture
def guard() -> Iterator[Guard]:
    guard = Guard()
    yield guard
    guard.close()


async def failing(mode: str, guard: Guard, deadlines: Deadlines | None = None) -> str:
    """What is said of an adapter that does not even say hello rightly."""
    with pytest.raises(AdapterError) as caught:
        await AdapterProcess.start(command(mode), guard, deadlines or Deadlines())
    return str(caught.value)


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("garbage", "no JSON: 'Listening on http://localhost:8000'"),
        ("other-json", "no JSON object: '[1, 2]'"),
        (
            "exits",
            "exit status 1\n  it said on stderr: ModuleNotFoundError: No module named 'nosuch'",
        ),
        ("malformed", "malformed hello message (dialect: ['405'] is not of type 'object')"),
        ("unknown-dialect", "wrong_method is one of 405, 404, 400, not '418'"),
        ("long-line", "a line of over 1048576 bytes"),
        ("unasked", "answered what was not asked"),
        ("unknown-app", "an event of an app that is none"),
    ],
)
async def test_an_adapter_that_speaks_no_protocol(mode: str, said: str, guard: Guard) -> None:
    assert said in await failing(mode, guard)


async def test_an_adapter_that_never_answers(guard: Guard) -> None:
    assert "did not answer 'hello' within 1 seconds" in await failing("silent", guard, SOON)


async def test_an_adapter_that_reads_no_more(guard: Guard) -> None:
    soon = Deadlines(start_s=1.0, operation_s=0.5)
    process = await AdapterProcess.start(command("reads-no-more"), guard, soon)
    try:
        # Whether the first write finds out, or only that no answer comes, is the system's affair.
        with pytest.raises(AdapterError, match=r"reads no more|did not answer 'start'"):
            await process.start_app(app())
        with pytest.raises(AdapterError, match="reads no more"):
            await process.operate("sync", "a1")
    finally:
        await process.kill()


async def test_advice_stands_behind_what_was_wrong(guard: Guard) -> None:
    with pytest.raises(AdapterError, match=r"(?s)exit status 1.*pip install it"):
        await AdapterProcess.start(command("exits", "pip install it"), guard, Deadlines())


async def test_a_command_that_is_none(guard: Guard) -> None:
    with pytest.raises(AdapterError, match="cannot run '/no/such/program': No such"):
        await AdapterProcess.start(Command(["/no/such/program"], "x"), guard, Deadlines())


async def test_many_apps_at_once_and_the_end_of_all(guard: Guard) -> None:
    process = await AdapterProcess.start(command("right"), guard, Deadlines())
    apps = [await process.start_app(app(Route("r1", "GET", "/", Echo()))) for _ in range(5)]
    assert len({one.port for one in apps if isinstance(one, RunningApp)}) == 5
    first = apps[0]
    assert isinstance(first, RunningApp)
    await first.sync()
    assert await first.stop(5) == {"re": "stop", "id": first.id}
    await process.quit()
    assert process.exit_status == 0
    assert session_members(process.pid) == []


async def test_what_the_framework_prints_is_no_message(guard: Guard) -> None:
    process = await AdapterProcess.start(command("prints"), guard, Deadlines())
    running = await process.start_app(app(Route("r1", "GET", "/trigger", Respond(body="x"))))
    assert isinstance(running, RunningApp)
    await ask(running, b"/trigger")
    await running.sync()
    await process.quit()
    assert "a framework that prints to stdout" in process.stderr


async def test_what_a_subject_started_ends_with_it(guard: Guard) -> None:
    process = await AdapterProcess.start(command("leaves-a-child"), guard, Deadlines())
    running = await process.start_app(app(Route("r1", "GET", "/trigger", Respond(body="x"))))
    assert isinstance(running, RunningApp)
    await ask(running, b"/trigger")
    assert len(session_members(process.pid)) == 2
    await process.quit()
    assert session_members(process.pid) == []


async def test_stderr_is_kept_within_bounds(guard: Guard) -> None:
    process = await AdapterProcess.start(command("floods"), guard, Deadlines())
    try:
        running = await process.start_app(app(Route("r1", "GET", "/", Respond(body="x"))))
        assert isinstance(running, RunningApp)
        for _ in range(40):
            await ask(running, b"/")
        await running.sync()
    finally:
        await process.quit()
    assert process.stderr_total_bytes > 2_000_000
    assert len(process.stderr) <= 2 * 65536 + 2


def test_events_of_a_quiet_app_are_kept_within_bounds() -> None:
    quiet = RunningApp(None, "a1", "127.0.0.1", 1, is_quiet=True)
    other = RunningApp(None, "a2", "127.0.0.1", 2)
    for number in range(1500):
        for one in (quiet, other):
            one.add_event({"event": "enter", "app": one.id, "who": "r1", "request": str(number)})
    assert quiet.event_count == other.event_count == len(other.events) == 1500
    assert quiet.events[-1]["request"] == "999"


async def test_an_app_that_is_refused(guard: Guard) -> None:
    process = await AdapterProcess.start(command("right"), guard, Deadlines())
    try:
        refused = await process.start_app(app(Route("r1", "GET", "/"), Route("r2", "GET", "/")))
    finally:
        await process.quit()
    assert isinstance(refused, Rejection)
    assert refused.kind == "rejected"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "exit status 0"),
        (3, "exit status 3"),
        (-9, "killed by SIGKILL"),
        (-200, "killed by signal 200"),
    ],
)
def test_how_it_ended(status: int, words: str) -> None:
    assert how_it_ended(status) == words


async def ask(running: RunningApp, path: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(running.host, running.port)
    writer.write(b"GET %b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % path)
    data = await reader.read()
    writer.close()
    return data
