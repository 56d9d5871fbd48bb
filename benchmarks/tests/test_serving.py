"""Servers that are measured: that they serve, what they use, and that nothing is left of them."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import peering
from benchmarks import serving as serving_module
from benchmarks.command import Refused
from benchmarks.scenarios import SCENARIOS
from benchmarks.serving import Server, serving
from benchmarks.subjects import Subject
from conformance.driver import Command
from conformance.guard import session_members
from conformance.spec import App, Echo, Respond, Route, Stream, app

PEER = Path(__file__).parent / "peer_of_tests.py"
WRONG = Path(serving_module.__file__).parent.parent / "conformance/tests/subjects/wrong.py"
MINIATURE = [sys.executable, "-m", "conformance.adapters.miniature"]
HELLO = app(Route("r1", "GET", "/", Respond(body="hello")), quiet=True)


def adapter(*argv: str, label: str = "miniature") -> Subject:
    return Subject(label, Command(argv, label), "adapter", "asyncio")


def peer(mode: str) -> Subject:
    command = Command([sys.executable, str(PEER), mode], mode)
    return Subject(f"peer:{mode}", command, "peer", "asyncio", has_choice=False)


async def ask(server: Server, path: str = "/") -> bytes:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % path.encode())
    try:
        return await reader.read()
    finally:
        writer.close()


# -- Adapters -------------------------------------------------------------------------------------


async def test_an_adapter_serves_and_is_gone_afterwards() -> None:
    async with serving(adapter(*MINIATURE), HELLO) as server:
        assert (await ask(server)).endswith(b"hello")
        assert server.cpu_s() > 0
        assert server.rss_bytes() > 1024 * 1024
        assert server.end is None
    assert session_members(server.pid) == []


async def test_two_at_once() -> None:
    async with (
        serving(adapter(*MINIATURE), HELLO) as one,
        serving(adapter(*MINIATURE), SCENARIOS["plaintext"]) as other,
    ):
        assert (await ask(one)).endswith(b"hello")
        assert (await ask(other)).endswith(b"Hello, World!")
        assert one.pid != other.pid


@pytest.mark.skipif(shutil.which("taskset") is None, reason="taskset is not installed")
async def test_bound_to_a_processor() -> None:
    cpu = min(os.sched_getaffinity(0))
    async with serving(adapter(*MINIATURE), HELLO, cpu=cpu) as server:
        for thread in os.listdir(f"/proc/{server.pid}/task"):
            assert os.sched_getaffinity(int(thread)) == {cpu}


async def test_no_such_processor() -> None:
    with pytest.raises(Refused, match="there is no processor 4711 for this process"):
        async with serving(adapter(*MINIATURE), HELLO, cpu=4711):
            pass


async def test_events_of_an_app_that_is_not_quiet_are_counted() -> None:
    noisy = app(Route("r1", "GET", "/", Echo()))
    async with serving(adapter(*MINIATURE), noisy) as server:
        before = server.events_seen
        await ask(server)
        await ask(server)
        seen = server.events_seen
        assert seen > before
        assert server.events_seen == seen


LOUD = """
from conformance.adapters.miniature import MiniatureAdapter

class Loud(MiniatureAdapter):
    def build(self, app):
        app.quiet = False
        return super().build(app)

Loud(frozenset()).main()
"""


async def test_an_adapter_that_reports_events_of_a_quiet_app_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "loud.py"
    file.write_text(LOUD)

    async def measure() -> None:
        async with serving(adapter(sys.executable, str(file), label="loud"), HELLO) as server:
            while not server.events_seen:
                await ask(server)

    with pytest.raises(Refused, match="loud: its adapter reports events although the app is quiet"):
        await measure()


async def test_an_adapter_that_does_not_start() -> None:
    with pytest.raises(Refused, match=r"(?s)exit status 1.*No module named 'nosuch'"):
        async with serving(adapter(sys.executable, str(WRONG), "exits", label="wrong"), HELLO):
            pass


async def test_an_adapter_that_cannot_serve_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from conformance.adapter import Adapter\n"
        "class Mine(Adapter):\n"
        "    name = 'mine'\n"
        "    def build(self, app): raise ValueError('it is refused')\n"
        "    def run(self, application, app, host, port): ...\n"
        "Mine().main()\n"
    )
    subject = adapter(sys.executable, str(file), label="mine")
    with pytest.raises(Refused, match="mine cannot serve stream: its adapter has no stream"):
        async with serving(subject, SCENARIOS["stream"]):
            pass
    with pytest.raises(Refused, match="refused the application: ValueError: it is refused"):
        async with serving(subject, HELLO):
            pass


# -- Peers ----------------------------------------------------------------------------------------


async def test_processor_time_of_children_and_of_threads_that_ended() -> None:
    async with serving(peer("busy"), HELLO) as server:
        assert len(session_members(server.pid)) == 2
        used_s = server.cpu_s()
        assert used_s >= 0.4
        assert server.cpu_s() >= used_s
    assert session_members(server.pid) == []
    assert server.cpu_s() >= used_s, "what was used does not vanish with the process"


async def test_a_peer_that_cannot_serve_says_so() -> None:
    command = Command([sys.executable, "-m", "benchmarks.peers.bare"], "bare")
    stream = app(Route("r1", "GET", "/", Stream(("x",), gate="g")), quiet=True)
    with pytest.raises(Refused, match="peer bare does not serve: streams that crash or wait"):
        async with serving(Subject("bare", command, "peer", "asyncio"), stream):
            pass


async def test_a_peer_that_ends_before_it_answers() -> None:
    with pytest.raises(Refused, match=r"(?s)peer:refuses ended .*exit status 1.*does not serve"):
        async with serving(peer("refuses"), HELLO):
            pass


@pytest.fixture
def shared_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port that somebody listens on and shares."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        monkeypatch.setattr(peering, "free_port", lambda: port)

        async def answers(port: int, within_s: float) -> bool:
            return listeners(port) == 2

        monkeypatch.setattr(peering, "_answers", answers)
        other.listen()
        yield port


def listeners(port: int) -> int:
    lines = Path("/proc/net/tcp").read_text().splitlines()
    return sum(f":{port:04X} 00000000:0000 0A" in line for line in lines)


async def test_a_port_that_another_server_shares(shared_port: int) -> None:
    with pytest.raises(Refused, match=f"shares port {shared_port} with another server"):
        async with serving(peer("shares"), HELLO):
            pass


async def test_a_process_of_the_session_that_ends_while_it_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await ended.wait()

    def members(sid: int) -> list[int]:
        return [ended.pid, *session_members(sid)]

    monkeypatch.setattr(serving_module, "session_members", members)
    async with serving(peer("shares"), HELLO) as server:
        assert (await ask(server)).endswith(b"ok")


async def test_a_peer_that_never_answers() -> None:
    with pytest.raises(Refused, match=r"peer:silent did not answer within 0\.5 seconds"):
        async with serving(peer("silent"), HELLO, ready_s=0.5):
            pass


# -- Ends -----------------------------------------------------------------------------------------


async def test_a_server_that_dies_while_it_is_measured() -> None:
    async def measure() -> None:
        async with serving(peer("crashes"), HELLO) as server:
            assert await ask(server, "/crash") == b""
            raise Refused("the load saw an end of file")

    with pytest.raises(Refused, match=r"(?s)ended while it was measured.*crashed on purpose"):
        await measure()


async def test_what_was_wrong_is_said_when_it_lives() -> None:
    with pytest.raises(Refused, match=r"^a wrong answer$"):
        async with serving(peer("crashes"), HELLO):
            raise Refused("a wrong answer")


@pytest.mark.parametrize("subject", [adapter(*MINIATURE), peer("busy")], ids=["adapter", "peer"])
async def test_nothing_is_left_when_the_measurement_is_interrupted(subject: Subject) -> None:
    started: asyncio.Future[Server] = asyncio.get_running_loop().create_future()

    async def measure(served: App) -> None:
        async with serving(subject, served) as server:
            started.set_result(server)
            await asyncio.Event().wait()

    task = asyncio.create_task(measure(HELLO))
    server = await started
    assert session_members(server.pid)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert session_members(server.pid) == []
