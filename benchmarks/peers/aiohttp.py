"""The five routes on aiohttp."""

import argparse
import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

CHUNK = bytes(64 * 1024)


async def plaintext(request: web.Request) -> web.Response:
    return web.Response(text="Hello, World!")


async def user(request: web.Request) -> web.Response:
    return web.Response(text=request.match_info["name"])


async def echo(request: web.Request) -> web.Response:
    return web.json_response(await request.json())


async def upload(request: web.Request) -> web.Response:
    received_bytes = 0
    async for chunk in request.content.iter_any():
        received_bytes += len(chunk)
    return web.Response(text=str(received_bytes))


async def produce(chunks: int) -> AsyncIterator[bytes]:
    for _ in range(chunks):
        yield CHUNK


async def download(request: web.Request) -> web.Response:
    return web.Response(body=produce(int(request.query["mib"]) * 16))


def new_loop(kind: str) -> asyncio.AbstractEventLoop:
    if kind == "uvloop":
        import uvloop

        return uvloop.new_event_loop()
    return asyncio.new_event_loop()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    options = parser.parse_args()
    app = web.Application()
    app.router.add_get("/", plaintext)
    app.router.add_get("/users/{name}", user)
    app.router.add_post("/echo", echo)
    app.router.add_post("/upload", upload)
    app.router.add_get("/download", download)
    web.run_app(
        app,
        host="127.0.0.1",
        port=options.port,
        access_log=None,
        print=None,
        loop=new_loop(options.loop),
    )


if __name__ == "__main__":
    main()
