"""TLS: the same answers, and how a connection ends where nothing can be half-closed."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from reference import (
    Application,
    FileResponse,
    Limits,
    Request,
    Response,
    Server,
    json_response,
    serve,
)
from reference.run import describe
from reference.tests.processes import DEADLINE_S, eventually, needs

pytestmark = [pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"]), needs("openssl")]

MIB = 1024**2
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST_GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for localhost and 127.0.0.1."""

    path: Path
    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("tls")
    path, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(path)],
        check=True, capture_output=True, timeout=DEADLINE_S,
    )  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path, key)
    return Certificate(path, server, ssl.create_default_context(cafile=path))


async def index(request: Request) -> Response:
    return Response(f"{request.scheme} {request.absolute_url}")


async def digest(request: Request) -> Response:
    sha = hashlib.sha256()
    async for part in request.content:
        sha.update(part)
    return json_response(sha.hexdigest())


async def stream(request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(64):
            yield b"%c" % number * 65536

    return Response(parts())


STREAMED = b"".join(b"%c" % number * 65536 for number in range(64))


def make_app() -> Application:
    app = Application(client_max_size=None)
    app.get("/")(index)
    app.post("/digest")(digest)
    app.get("/stream")(stream)
    return app


async def run(*command: str, data: bytes = b"") -> bytes:
    ended = await asyncio.to_thread(
        subprocess.run, command, input=data, capture_output=True, timeout=DEADLINE_S, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


async def nobody_left(server: Server) -> None:
    await eventually(lambda: not server._connections)


async def test_aiohttp_over_tls(certificate: Certificate) -> None:
    async with (
        serve(make_app(), ssl_context=certificate.server) as server,
        aiohttp.ClientSession(
            f"https://127.0.0.1:{server.port}",
            connector=aiohttp.TCPConnector(ssl=certificate.client),
        ) as session,
    ):
        assert describe(server, tls=True) == f"https://127.0.0.1:{server.port}"
        for _ in range(2):
            async with session.get("/") as response:
                assert await response.text() == f"https https://127.0.0.1:{server.port}/"
        async with session.get("/stream") as response:
            assert await response.read() == STREAMED
        async with session.post("/digest", data=iterate(STREAMED)) as response:
            assert await response.json() == hashlib.sha256(STREAMED).hexdigest()
        async with session.get("/nowhere") as response:
            assert response.status == 404
        await session.close()
        await nobody_left(server)


async def iterate(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 100_000):
        yield data[at : at + 100_000]


@needs("curl")
async def test_curl_over_tls(certificate: Certificate, tmp_path: Path) -> None:
    app = make_app()
    (tmp_path / "file").write_bytes(STREAMED)

    @app.get("/file")
    async def send(request: Request) -> Response:
        return FileResponse(tmp_path / "file")

    curl = ("curl", "--silent", "--show-error", "--cacert", str(certificate.path))
    async with serve(app, "localhost", 0, ssl_context=certificate.server) as server:
        url = f"https://localhost:{server.port}"
        assert await run(*curl, f"{url}/") == f"https {url}/".encode()
        assert await run(*curl, f"{url}/stream") == STREAMED
        assert await run(*curl, f"{url}/file") == STREAMED  # copied: sendfile knows no TLS
        assert await run(*curl, "--range", "65535-65536", f"{url}/file") == b"\0\1"
        assert await run(*curl, "--http1.0", f"{url}/stream") == STREAMED
        sent = await run(*curl, "--data-binary", "@-", f"{url}/digest", data=STREAMED)
        await nobody_left(server)
    assert sent.decode() == f'"{hashlib.sha256(STREAMED).hexdigest()}"'


async def test_openssl_over_tls(certificate: Certificate) -> None:
    async with serve(make_app(), ssl_context=certificate.server) as server:
        got = await run(
            "openssl", "s_client", "-quiet", "-verify_return_error", "-CAfile",
            str(certificate.path), "-connect", f"127.0.0.1:{server.port}", data=GET + LAST_GET,
        )  # fmt: skip
        await nobody_left(server)
    first, last = got.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert first.endswith(b"\r\n\r\nhttps https://a/")
    assert b"\r\nConnection: close\r\n" in last


async def test_refusal_is_readable_while_the_client_goes_on_sending(
    certificate: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    limits = Limits(linger_timeout_s=0.2)  # TLS cannot end one side alone: the client waits so long
    async with serve(make_app(), ssl_context=certificate.server, limits=limits) as server:
        got = await asyncio.to_thread(
            talk, certificate, server.port, b"GET / HTTP/9\r\n\r\n" + b"garbage\n" * (MIB // 8)
        )
        await nobody_left(server)
    assert got.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert not caplog.records


def talk(certificate: Certificate, port: int, data: bytes) -> bytes:
    """Send `data`, and read to the end, which TLS protects: an abrupt one raises SSLError."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as raw,
        certificate.client.wrap_socket(raw, server_hostname="localhost") as sock,
    ):
        sock.sendall(data)
        parts = []
        while part := sock.recv(65536):
            parts.append(part)
        return b"".join(parts)


async def test_end_of_input_cancels_the_handler(
    certificate: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    app = Application()
    entered, cancelled = asyncio.Event(), asyncio.Event()

    @app.get("/")
    async def wait(request: Request) -> Response:
        entered.set()
        try:
            return await asyncio.Future()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with (
        serve(app, ssl_context=certificate.server) as server,
        asyncio.timeout(DEADLINE_S),
    ):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", server.port, ssl=certificate.client, server_hostname="localhost"
        )
        writer.write(GET)
        await entered.wait()
        writer.close()  # sends close_notify, which is all that TLS has
        await cancelled.wait()
        assert await reader.read() == b""
        await nobody_left(server)
    assert not caplog.records


async def test_plain_http_on_a_tls_port_harms_nobody(certificate: Certificate) -> None:
    def talk_plainly(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as sock:
            sock.sendall(GET)
            try:
                return sock.recv(65536)
            except ConnectionResetError:
                return b""

    async with serve(make_app(), ssl_context=certificate.server) as server:
        assert b"HTTP" not in await asyncio.to_thread(talk_plainly, server.port)
        assert b"200 OK" in await asyncio.to_thread(talk, certificate, server.port, LAST_GET)
        await nobody_left(server)


async def test_a_handshake_that_ends_during_the_drain_is_told_to_go(
    certificate: Certificate,
) -> None:
    """The connection was accepted before the end began, but nobody could tell it of that yet."""
    app = Application()
    entered, gate, closing = asyncio.Event(), asyncio.Event(), asyncio.Event()

    @app.get("/")
    async def wait(request: Request) -> Response:
        entered.set()
        await gate.wait()
        return Response("late")

    async def on_shutdown(app: Application) -> None:
        closing.set()

    app.on_shutdown.append(on_shutdown)
    tls = {"ssl": certificate.client, "server_hostname": "localhost"}

    async def stop_when_asked() -> None:
        async with serve(app, ssl_context=certificate.server) as server:
            started.set_result(server.port)
            await stop.wait()

    started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    serving = asyncio.create_task(stop_when_asked())
    async with asyncio.timeout(DEADLINE_S):
        port = await started
        early = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S)
        early.setblocking(False)
        # Accepted after `early`, so that one has been accepted, too, when this is at work.
        _, working = await asyncio.open_connection("127.0.0.1", port, **tls)  # type: ignore[arg-type]
        working.write(GET)
        await entered.wait()
        stop.set()
        await closing.wait()
        reader, writer = await asyncio.open_connection(sock=early, **tls)  # type: ignore[arg-type]
        assert await reader.read() == b""
        writer.close()
        assert not serving.done()
        gate.set()
        await serving
        working.close()


@pytest.mark.asyncio(loop_factories=["asyncio"])
async def test_the_server_ends_while_a_client_says_goodbye(
    certificate: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve(make_app(), ssl_context=certificate.server) as server:
        _, writer = await asyncio.open_connection(
            "127.0.0.1", server.port, ssl=certificate.client, server_hostname="localhost"
        )
        await eventually(lambda: server._connections)
        (connection,) = server._connections
        writer.close()
        # The next turn of the event loop will tell the connection that it is lost.
        await eventually(connection._transport.is_closing)
        connection._close()
        await nobody_left(server)
    assert not caplog.records
