"""The floor: an httptools protocol that answers canned bytes, with no framework at all.

What a framework costs is its distance from this. An answer carries the header fields that a real
server sends, so that both move the same number of bytes; its date stands still.
"""

from __future__ import annotations

import asyncio
import json
from typing import cast

import httptools

from .application import Application, Route, Table, application, new_loop

_SERVES = ("respond", "params", "mirror", "json", "stream")
_COMMON = b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: trueline\r\n"


def response(status: int, content_type: str, body: bytes) -> bytes:
    """A complete answer."""
    return b"HTTP/1.1 %d %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n%b\r\n%b" % (
        status,
        b"OK" if status == 200 else b"",
        content_type.encode(),
        len(body),
        _COMMON,
        body,
    )


_NOT_FOUND = response(404, "text/plain", b"not found")


class Bare(asyncio.Protocol):
    """One connection. Streams are written without waiting for the reader: they are short."""

    transport: asyncio.Transport

    def __init__(self, table: Table, canned: dict[Route, bytes]) -> None:
        self.table = table
        self.canned = canned
        self.parser = httptools.HttpRequestParser(self)
        self.target = b""
        self.pieces: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.target = url

    def on_body(self, body: bytes) -> None:
        self.pieces.append(body)

    def on_message_complete(self) -> None:
        path = self.target.partition(b"?")[0].decode("ascii")
        found = self.table.find(self.parser.get_method().decode("ascii"), path)
        if found is None:
            self.transport.write(_NOT_FOUND)
        else:
            self.transport.write(self.answer(*found))
        self.pieces.clear()
        if not self.parser.should_keep_alive():
            self.transport.close()

    def answer(self, route: Route, values: dict[str, str]) -> bytes:
        if route.does == "params":
            text = "/".join([values[name] for name in route.names])
            return response(200, "text/plain", text.encode())
        if route.does == "mirror":
            return response(200, "application/octet-stream", b"".join(self.pieces))
        if route.does == "json":
            document = json.loads(b"".join(self.pieces))
            return response(200, "application/json", json.dumps(document).encode())
        if route.does == "stream":
            head = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nTransfer-Encoding: chunked\r\n%b\r\n"
            self.transport.write(head % (route.content_type.encode(), _COMMON))
            for piece in route.pieces:
                self.transport.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            return b"0\r\n\r\n"
        return self.canned[route]


async def serve(app: Application) -> None:
    """Serves until the process is ended."""
    table = Table(app.routes)
    canned = {
        one: response(one.status, one.content_type, one.body)
        for one in app.routes
        if one.does == "respond"
    }
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Bare(table, canned), app.host, app.port)
    await server.serve_forever()


def main() -> None:
    app = application("bare", serves=_SERVES)
    new_loop(app.loop).run_until_complete(serve(app))


if __name__ == "__main__":
    main()
