"""The floor: an httptools protocol that answers canned bytes, with no framework at all.

What a framework costs is its distance from this. The plaintext answer carries the header fields
a real server sends, so that both move the same number of bytes; its date stands still.
"""

import argparse
import asyncio
import json
from typing import cast
from urllib.parse import parse_qs, unquote, urlsplit

import httptools

PLAINTEXT = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 13\r\n"
    b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    b"Server: trueline\r\n"
    b"\r\n"
    b"Hello, World!"
)
CHUNK = bytes(64 * 1024)


def response(content_type: bytes, body: bytes) -> bytes:
    """A complete 200 answer with the same header fields as ``PLAINTEXT``."""
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n"
        b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: trueline\r\n\r\n%b"
        % (content_type, len(body), body)
    )


class Bare(asyncio.Protocol):
    """One connection. A request that follows a running download is not waited for: no peer test
    sends one."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.target = b""
        self.pieces: list[bytes] = []
        self.received_bytes = 0
        self.writable = asyncio.Event()
        self.writable.set()
        self.download_task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.download_task is not None:
            self.download_task.cancel()

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def on_url(self, url: bytes) -> None:
        self.target = url

    def on_body(self, body: bytes) -> None:
        self.received_bytes += len(body)
        if self.target != b"/upload":
            self.pieces.append(body)

    def on_message_complete(self) -> None:
        if self.target == b"/":
            self.transport.write(PLAINTEXT)
            return
        self.answer(self.target.decode("ascii"))
        self.pieces.clear()
        self.received_bytes = 0

    def answer(self, target: str) -> None:
        """The routes that need more than canned bytes."""
        if target.startswith("/users/"):
            name = unquote(target.removeprefix("/users/"))
            self.transport.write(response(b"text/plain; charset=utf-8", name.encode()))
        elif target == "/echo":
            document = json.dumps(json.loads(b"".join(self.pieces))).encode()
            self.transport.write(response(b"application/json; charset=utf-8", document))
        elif target == "/upload":
            length = str(self.received_bytes).encode()
            self.transport.write(response(b"text/plain; charset=utf-8", length))
        elif target.startswith("/download"):
            mebibytes = int(parse_qs(urlsplit(target).query)["mib"][0])
            self.download_task = asyncio.ensure_future(self.download(mebibytes * 16))
        else:
            self.transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    async def download(self, chunks: int) -> None:
        """Writes ``chunks`` chunks of 64 KiB, waiting whenever the transport says it is full."""
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        for _ in range(chunks):
            await self.writable.wait()
            self.transport.writelines((b"%x\r\n" % len(CHUNK), CHUNK, b"\r\n"))
        self.transport.write(b"0\r\n\r\n")


async def serve(port: int) -> None:
    """Serves until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    options = parser.parse_args()
    if options.loop == "uvloop":
        import uvloop

        uvloop.run(serve(options.port))
    else:
        asyncio.run(serve(options.port))


if __name__ == "__main__":
    main()
