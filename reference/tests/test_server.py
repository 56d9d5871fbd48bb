"""`Server` and `serve` in the running event loop: where they listen, and how they end."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
from pathlib import Path

import pytest

import reference.server
from reference import Application, Request, Response, Server, serve
from reference.run import describe
from reference.tests.processes import DEADLINE_S, eventually, read_all

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])


def make_app(events: list[str]) -> Application:
    app = Application()

    @app.get("/")
    async def index(request: Request) -> Response:
        return Response(f"{request.remote}")

    async def startup(app: Application) -> None:
        events.append("startup")

    async def shutdown(app: Application) -> None:
        events.append("shutdown")

    async def cleanup(app: Application) -> None:
        events.append("cleanup")

    app.on_startup.append(startup)
    app.on_shutdown.append(shutdown)
    app.on_cleanup.append(cleanup)
    return app


async def ask(path: str) -> bytes:
    def talk() -> bytes:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(DEADLINE_S)
            sock.connect(path)
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return read_all(sock).rpartition(b"\r\n\r\n")[2]

    return await asyncio.to_thread(talk)


async def test_serve_listens_on_a_free_port_between_the_hooks() -> None:
    events: list[str] = []
    async with serve(make_app(events)) as server:
        assert events == ["startup"]
        (sock,) = server.sockets
        assert sock.getsockname() == ("127.0.0.1", server.port)
        assert describe(server, tls=False) == f"http://127.0.0.1:{server.port}"
        port = server.port
    assert events == ["startup", "shutdown", "cleanup"]
    assert server.sockets == []
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_two_servers_in_one_loop_have_ports_of_their_own() -> None:
    async with serve(make_app([])) as one, serve(make_app([]), "127.0.0.1", 0) as two:
        assert one.port != two.port


async def test_an_address_in_use_is_an_error_after_which_all_is_unwound() -> None:
    events: list[str] = []
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OSError, match="in use") as caught,
    ):
        async with serve(make_app(events), port=taken.getsockname()[1]):
            pytest.fail("it serves")
    assert caught.value.errno == errno.EADDRINUSE
    assert events == ["startup", "shutdown", "cleanup"]


async def test_the_body_may_raise() -> None:
    events: list[str] = []
    with pytest.raises(ZeroDivisionError):
        async with serve(make_app(events)):
            raise ZeroDivisionError
    assert events == ["startup", "shutdown", "cleanup"]


async def test_without_tcp_there_is_no_port(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    async with serve(make_app([]), path=path) as server:
        assert describe(server, tls=True) == f"unix:{path}"
        assert await ask(str(path)) == b"None"
        with pytest.raises(LookupError, match="not listening on TCP"):
            _ = server.port
    assert not path.exists()


async def test_a_path_that_another_server_has_taken_over_stays(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    async with serve(make_app([]), path=path):
        async with serve(make_app([]), path=tmp_path / "new"):
            os.rename(tmp_path / "new", path)
            taken_over = path.stat().st_ino
        assert path.stat().st_ino == taken_over  # nobody's any more: its own name was another
    assert path.stat().st_ino == taken_over


async def test_a_path_that_is_gone_is_no_error(tmp_path: Path) -> None:
    async with serve(make_app([]), path=tmp_path / "socket"):
        (tmp_path / "socket").unlink()


async def test_abstract_unix_name() -> None:
    name = f"\0trueline-{os.getpid()}"
    async with serve(make_app([]), path=name):
        assert await ask(name) == b"None"


async def test_every_kind_of_address_at_once(tmp_path: Path) -> None:
    given = socket.socket()
    given.bind(("127.0.0.1", 0))
    app = make_app([])
    async with serve(app, "::1", 0, path=tmp_path / "socket", sock=given) as server:
        assert {sock.family for sock in server.sockets} == {
            socket.AF_INET, socket.AF_INET6, socket.AF_UNIX,
        }  # fmt: skip


async def test_backlog_reaches_the_socket(tmp_path: Path) -> None:
    given = socket.socket()
    given.bind(("127.0.0.1", 0))
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(tmp_path / "socket"))
    async with serve(make_app([]), port=0, sock=[given], backlog=7) as server:
        for sock in server.sockets:
            # Of a socket that listens, tcpi_sacked is the length of its queue.
            info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
            assert struct.unpack_from("I", info, 28) == (7,)
    async with serve(make_app([]), sock=unix, backlog=7) as server:
        assert await ask(str(tmp_path / "socket")) == b"None"
    assert (tmp_path / "socket").exists()


class Stubborn:
    """A handler that goes on when it is cancelled, until its gate opens."""

    def __init__(self, events: list[str]) -> None:
        self.entered, self.gate = asyncio.Event(), asyncio.Event()
        self.events = events

    async def __call__(self, request: Request) -> Response:
        self.entered.set()
        for _ in range(10):
            try:
                await self.gate.wait()
                break
            except asyncio.CancelledError:
                self.events.append("cancelled")
        return Response()


async def test_handlers_that_do_not_end_do_not_keep_cleanup_from_running(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reference.server, "_CANCEL_TIMEOUT_S", 0.01)
    events: list[str] = []
    app, stubborn = make_app(events), Stubborn(events)
    app.get("/stubborn")(stubborn)
    async with asyncio.timeout(DEADLINE_S):
        async with serve(app, shutdown_timeout=0) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET /stubborn HTTP/1.1\r\nHost: a\r\n\r\n")
            await stubborn.entered.wait()
        stubborn.gate.set()
        assert events[:3] == ["startup", "shutdown", "cancelled"]
        assert events[-1] == "cleanup"
        assert caplog.messages == ["1 handlers did not end when they were cancelled"]
        assert await reader.read() == b""
        writer.close()
        await eventually(lambda: not server._connections)


async def test_handlers_are_cancelled_once() -> None:
    events: list[str] = []
    app, stubborn = make_app(events), Stubborn(events)
    app.get("/stubborn")(stubborn)
    async with asyncio.timeout(DEADLINE_S):
        async with serve(app) as server:
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET /stubborn HTTP/1.1\r\nHost: a\r\n\r\n")
            await stubborn.entered.wait()
            (connection,) = server._connections
            connection.abort()
            for _ in range(10):
                await asyncio.sleep(0)
            stubborn.gate.set()
        writer.close()
    assert events.count("cancelled") == 1


async def test_shutdown_hook_that_fails_is_raised_after_everything_was_done() -> None:
    events: list[str] = []
    app = make_app(events)

    async def fail(app: Application) -> None:
        raise RuntimeError("no disk")

    app.on_shutdown.append(fail)
    server = Server(app)
    await server.start(port=0)
    with pytest.raises(RuntimeError, match="no disk"):
        await server.close()
    assert events == ["startup", "shutdown", "cleanup"]
