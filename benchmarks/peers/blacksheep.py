"""The five routes on blacksheep, served by uvicorn with httptools."""

import argparse
from collections.abc import AsyncIterator

import uvicorn
from blacksheep import Application, Request, Response, StreamedContent, json, text

CHUNK = bytes(64 * 1024)


async def plaintext() -> Response:
    return text("Hello, World!")


async def user(name: str) -> Response:
    return text(name)


async def echo(request: Request) -> Response:
    return json(await request.json())


async def upload(request: Request) -> Response:
    received_bytes = 0
    # The stub calls it a coroutine; it is an async generator.
    async for chunk in request.stream():  # type: ignore[attr-defined]
        received_bytes += len(chunk)
    return text(str(received_bytes))


async def download(request: Request) -> Response:
    chunks = int(request.query["mib"][0]) * 16

    # Blacksheep takes the generator function itself, not an iterator.
    async def produce() -> AsyncIterator[bytes]:
        for _ in range(chunks):
            yield CHUNK

    return Response(200, content=StreamedContent(b"application/octet-stream", produce))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    options = parser.parse_args()
    app = Application()
    app.router.add_get("/", plaintext)
    app.router.add_get("/users/{name}", user)
    app.router.add_post("/echo", echo)
    app.router.add_post("/upload", upload)
    app.router.add_get("/download", download)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=options.port,
        loop=options.loop,
        http="httptools",
        access_log=False,
        log_level="error",
        timeout_keep_alive=75,  # as long as aiohttp's: thousands of idle connections take seconds
    )


if __name__ == "__main__":
    main()
