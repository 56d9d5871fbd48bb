"""Real clients over real sockets: aiohttp, http.client and curl, on both event loops."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import io
import json
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from reference import (
    Application,
    FileField,
    FileResponse,
    HTTPFound,
    HTTPNotFound,
    Request,
    Response,
    json_response,
    serve,
)
from reference.response import FileBody
from reference.tests.processes import DEADLINE_S, needs

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])

MIB = 1024**2


# -- The application -------------------------------------------------------------------------------


async def index(request: Request) -> Response:
    return Response("hello")


async def show_user(request: Request) -> Response:
    return json_response({"name": request.match_info["name"], "query": [*request.query.items()]})


async def delete_user(request: Request) -> Response:
    return Response(status=204)


async def echo(request: Request) -> Response:
    return Response(await request.read(), headers={"X-Type": request.content_type})


async def echo_json(request: Request) -> Response:
    return json_response({"got": await request.json()})


async def digest(request: Request) -> Response:
    """Reads the body as it comes."""
    sha, size = hashlib.sha256(), 0
    async for part in request.content:
        sha.update(part)
        size += len(part)
    return json_response([size, sha.hexdigest()])


async def form(request: Request) -> Response:
    fields = await request.post()
    return json_response(
        [
            (name, [value.filename, value.file.read().decode()])
            if isinstance(value, FileField)
            else (name, value)
            for name, value in fields.items()
        ]
    )


async def visit(request: Request) -> Response:
    count = int(request.cookies.get("visits", "0")) + 1
    response = Response(f"visit {count}")
    response.set_cookie("visits", str(count))
    return response


async def old(request: Request) -> Response:
    raise HTTPFound("/users/new?from=old")


async def stream(request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(int(request.match_info["count"])):
            yield b"%d," % number

    return Response(parts(), content_type="text/plain")


async def missing(request: Request) -> Response:
    raise HTTPNotFound(reason="no such thing")


def make_app() -> Application:
    app = Application(client_max_size=8 * MIB)
    app.get("/")(index)
    app.get("/users/{name}")(show_user)
    app.delete("/users/{name}")(delete_user)
    app.post("/echo")(echo)
    app.put("/echo")(echo)
    app.post("/json")(echo_json)
    app.post("/digest")(digest)
    app.post("/form")(form)
    app.get("/visit")(visit)
    app.get("/old")(old)
    app.get("/stream/{count}")(stream)
    app.get("/missing")(missing)
    return app


# -- One table, three clients ----------------------------------------------------------------------

Answer = tuple[int, bytes]
Ask = Callable[[int, str, str, bytes | None], Awaitable[Answer]]


async def with_aiohttp(port: int, method: str, path: str, body: bytes | None) -> Answer:
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            method, f"http://127.0.0.1:{port}{path}", data=body, allow_redirects=False
        ) as response,
    ):
        return response.status, await response.read()


async def with_http_client(port: int, method: str, path: str, body: bytes | None) -> Answer:
    def ask() -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        connection.request(method, path, body)
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer

    return await asyncio.to_thread(ask)


async def curl(*arguments: str, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return await asyncio.to_thread(
        subprocess.run,
        ["curl", "--silent", "--show-error", "--max-time", str(DEADLINE_S), *arguments],
        input=data,
        capture_output=True,
        check=False,
    )


async def with_curl(port: int, method: str, path: str, body: bytes | None) -> Answer:
    how = ["--head"] if method == "HEAD" else ["--request", method]
    if body is not None:
        how += ["--data-binary", "@-", "--header", "Content-Type:"]
    url = f"http://127.0.0.1:{port}{path}"
    ended = await curl(
        *how, "--output", "-" if method != "HEAD" else "/dev/null",
        "--write-out", "%{stderr}%{http_code}", url, data=body,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return int(ended.stderr), ended.stdout


@pytest.mark.parametrize(
    "ask", [with_aiohttp, with_http_client, pytest.param(with_curl, marks=needs("curl"))]
)
async def test_every_client_gets_the_same_answers(ask: Ask) -> None:
    jane = b'{"name": "jane doe", "query": [["a", "1"], ["a", "x y"], ["b", ""]]}'
    async with serve(make_app()) as server:
        for method, path, body, expected in [
            ("GET", "/", None, (200, b"hello")),
            ("HEAD", "/", None, (200, b"")),
            ("GET", "/users/jane%20doe?a=1&a=x+y&b=", None, (200, jane)),
            ("DELETE", "/users/jane", None, (204, b"")),
            ("POST", "/echo", b"", (200, b"")),
            ("POST", "/echo", b"\x00\xff\r\n", (200, b"\x00\xff\r\n")),
            ("PUT", "/echo", b"x" * 100_000, (200, b"x" * 100_000)),
            ("POST", "/json", b'["\xc3\xa9"]', (200, b'{"got": ["\\u00e9"]}')),
            ("POST", "/json", b"{", (400, b"the body is not valid JSON")),
            ("GET", "/old", None, (302, b"302: Found")),
            ("GET", "/stream/4", None, (200, b"0,1,2,3,")),
            ("HEAD", "/stream/4", None, (200, b"")),
            ("GET", "/stream/0", None, (200, b"")),
            ("GET", "/missing", None, (404, b"no such thing")),
            ("GET", "/nowhere", None, (404, b"Could not find /nowhere")),
            ("HEAD", "/nowhere", None, (404, b"")),
            ("PUT", "/", b"x", (405, b"PUT not allowed for /")),
        ]:
            assert (method, path, await ask(server.port, method, path, body)) == (
                method,
                path,
                expected,
            )


# -- aiohttp's client ------------------------------------------------------------------------------


async def test_forms_cookies_and_redirects() -> None:
    jar = aiohttp.CookieJar(unsafe=True)  # unsafe: take cookies from an IP address
    upload = aiohttp.FormData()
    upload.add_field("note", "ünïcode")
    upload.add_field("file", b"content", filename="a.txt")
    async with (
        serve(make_app()) as server,
        aiohttp.ClientSession(f"http://127.0.0.1:{server.port}", cookie_jar=jar) as session,
    ):
        async with session.post("/form", data={"a": "1 & 2", "b": ""}) as response:
            assert await response.json() == [["a", "1 & 2"], ["b", ""]]
        async with session.post("/form", data=upload) as response:
            assert await response.json() == [["note", "ünïcode"], ["file", ["a.txt", "content"]]]
        for count in (1, 2, 3):
            async with session.get("/visit") as response:
                assert await response.text() == f"visit {count}"
        async with session.get("/old") as response:
            assert response.url.path_qs == "/users/new?from=old"
            assert await response.json() == {"name": "new", "query": [["from", "old"]]}


async def test_streams_both_ways() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(2000):
            yield b"%d;" % number * 100

    sent = b"".join([part async for part in parts()])
    async with (
        serve(make_app()) as server,
        aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session,
    ):
        async with session.post("/digest", data=parts()) as response:
            assert await response.json() == [len(sent), hashlib.sha256(sent).hexdigest()]
        async with session.get("/stream/20000") as response:
            assert response.headers["Transfer-Encoding"] == "chunked"
            got = b"".join([part async for part in response.content.iter_any()])
            assert got == b"".join(b"%d," % number for number in range(20000))
        async with session.post("/digest", data=io.BytesIO(sent), expect100=True) as response:
            assert (await response.json())[0] == len(sent)


@pytest.mark.parametrize("size", [0, 1, 1024, 65535, 65536, 65537, MIB + 1, 5 * MIB])
async def test_bodies_of_every_size_come_back(size: int) -> None:
    body = hashlib.sha512(b"%d" % size).digest() * (size // 64 + 1)
    async with (
        serve(make_app()) as server,
        aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session,
    ):
        for _ in range(2):  # the second over the connection of the first
            async with session.post("/echo", data=io.BytesIO(body[:size])) as response:
                assert await response.read() == body[:size]
        connector = session.connector
        assert connector is not None
        assert sum(len(idle) for idle in connector._conns.values()) == 1


async def test_http_client_keeps_its_connection() -> None:
    def ask(port: int) -> tuple[list[bytes], set[int]]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        bodies, ports = [], set()
        for method, path, body in [
            ("GET", "/", None), ("POST", "/echo", b"sized"), ("GET", "/missing", None),
            ("POST", "/echo", iter([b"chu", b"nked"])), ("DELETE", "/users/a", None),
            ("GET", "/stream/2", None),
        ]:  # fmt: skip
            connection.request(method, path, body, encode_chunked=True)
            ports.add(connection.sock.getsockname()[1])
            bodies.append(connection.getresponse().read())
        connection.close()
        return bodies, ports

    async with serve(make_app()) as server:
        bodies, ports = await asyncio.to_thread(ask, server.port)
    assert bodies == [b"hello", b"sized", b"no such thing", b"chunked", b"", b"0,1,"]
    assert len(ports) == 1


async def test_two_hundred_connections_get_their_own_answers() -> None:
    everybody = asyncio.Barrier(200)
    app = Application()

    @app.get("/{nonce}")
    async def answer(request: Request) -> Response:
        await everybody.wait()  # nobody is answered before all have asked
        return Response(request.match_info["nonce"])

    async def client(port: int, number: int) -> list[bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        bodies = []
        for turn in range(3):
            nonce = f"{number:03}-{turn}"
            writer.write(f"GET /{nonce} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
            bodies.append(await reader.readexactly(5))
        writer.close()
        return bodies

    async with serve(app) as server, asyncio.timeout(DEADLINE_S):
        got = await asyncio.gather(*(client(server.port, number) for number in range(200)))
    assert got == [[f"{number:03}-{turn}".encode() for turn in range(3)] for number in range(200)]


# -- curl ------------------------------------------------------------------------------------------


@needs("curl")
async def test_curl_uploads_chunks() -> None:
    body = bytes(range(256)) * 4096
    async with serve(make_app()) as server:
        ended = await curl(
            "--data-binary", "@-", "--header", "Transfer-Encoding: chunked",
            f"http://127.0.0.1:{server.port}/digest", data=body,
        )  # fmt: skip
    assert json.loads(ended.stdout) == [len(body), hashlib.sha256(body).hexdigest()]


@needs("curl")
async def test_curl_waits_for_100_continue() -> None:
    async with serve(make_app()) as server:
        url = f"http://127.0.0.1:{server.port}"
        how = ["--verbose", "--header", "Expect: 100-continue", "--expect100-timeout", "60"]
        asked = await curl(*how, "--data-binary", "@-", f"{url}/echo", data=b"body")
        refused = await curl(*how, "--data-binary", "@-", f"{url}/nowhere", data=b"body")
    assert b"HTTP/1.1 100 Continue" in asked.stderr
    assert asked.stdout == b"body"
    assert b"HTTP/1.1 100 Continue" not in refused.stderr
    assert refused.stdout == b"Could not find /nowhere"


@needs("curl")
async def test_curl_speaks_http_1_0() -> None:
    async with serve(make_app()) as server:
        url = f"http://127.0.0.1:{server.port}"
        sized = await curl("--http1.0", "--include", f"{url}/")
        streamed = await curl("--http1.0", "--include", f"{url}/stream/3")
    assert b"Content-Length: 5\r\n" in sized.stdout
    assert sized.stdout.endswith(b"\r\n\r\nhello")
    assert b"Transfer-Encoding" not in streamed.stdout
    assert b"Connection: close\r\n" in streamed.stdout
    assert streamed.stdout.endswith(b"\r\n\r\n0,1,2,")


@needs("curl")
async def test_curl_reuses_its_connection() -> None:
    async with serve(make_app()) as server:
        url = f"http://127.0.0.1:{server.port}/stream/2"
        ended = await curl("--write-out", "[%{num_connects}]", url, url, url)
    assert ended.stdout == b"0,1,[1]0,1,[0]0,1,[0]"


# -- Files -----------------------------------------------------------------------------------------


@needs("curl")
async def test_curl_asks_for_ranges_and_conditions(tmp_path: Path) -> None:
    content = bytes(range(256)) * 8192
    file = tmp_path / "two-mebibytes.bin"
    file.write_bytes(content)
    app = Application()

    @app.get("/file")
    async def send(request: Request) -> Response:
        return FileResponse(file)

    async with serve(app) as server:
        url = f"http://127.0.0.1:{server.port}/file"
        etag_file = str(tmp_path / "etag")
        whole = await curl("--etag-save", etag_file, url)
        status = ["--write-out", "%{stderr}%{http_code}"]
        same = await curl("--etag-compare", etag_file, *status, url)
        parts = [
            await curl("--range", asked, *status, url)
            for asked in ("0-0", "1000-1999999", "-300", "2097000-", "2097152-")
        ]
    assert whole.stdout == content
    assert (same.stderr, same.stdout) == (b"304", b"")
    assert [(part.stderr, part.stdout) for part in parts[:4]] == [
        (b"206", content[:1]),
        (b"206", content[1000:2_000_000]),
        (b"206", content[-300:]),
        (b"206", content[2_097_000:]),
    ]
    assert parts[4].stderr == b"416"


class CountingFile(io.FileIO):
    """A file that knows how often Python has read it; `sendfile` never does that."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        return super().read(size)


async def test_asyncio_sends_files_without_reading_them(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789" * 100_000)
    file = CountingFile(tmp_path / "file")
    app = Application()

    @app.get("/")
    async def send(request: Request) -> Response:
        response = Response()
        response.body = FileBody(file, 5, 999_990)
        return response

    async with serve(app) as server:
        status, body = await with_aiohttp(server.port, "GET", "/", None)
    assert (status, body) == (200, (b"0123456789" * 100_000)[5:-5])
    native = isinstance(asyncio.get_running_loop(), asyncio.SelectorEventLoop)
    assert (file.reads == 0) is native
    assert file.closed
