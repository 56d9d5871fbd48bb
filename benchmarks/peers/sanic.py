"""The five routes on sanic, in one process."""

import argparse

from sanic import Request, Sanic
from sanic.response import HTTPResponse, json, text

CHUNK = bytes(64 * 1024)


async def plaintext(request: Request) -> HTTPResponse:
    return text("Hello, World!")


async def user(request: Request, name: str) -> HTTPResponse:
    return text(name)


async def echo(request: Request) -> HTTPResponse:
    return json(request.json)


async def upload(request: Request) -> HTTPResponse:
    received_bytes = 0
    assert request.stream is not None
    async for chunk in request.stream:  # type: ignore[attr-defined]
        received_bytes += len(chunk)
    return text(str(received_bytes))


async def download(request: Request) -> None:
    # Sanic has no response made from an iterator: this is its way to stream.
    response = await request.respond(content_type="application/octet-stream")
    for _ in range(int(request.args["mib"][0]) * 16):
        await response.send(CHUNK)
    await response.eof()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    options = parser.parse_args()
    app = Sanic("peer")
    app.config.USE_UVLOOP = options.loop == "uvloop"
    app.config.REQUEST_MAX_SIZE = 2**31  # the default of 100 MB also limits streamed bodies
    app.add_route(plaintext, "/")
    app.add_route(user, "/users/<name:str>")
    app.add_route(echo, "/echo", methods=("POST",))
    app.add_route(upload, "/upload", methods=("POST",), stream=True)
    app.add_route(download, "/download")
    app.run(host="127.0.0.1", port=options.port, access_log=False, single_process=True, motd=False)


if __name__ == "__main__":
    main()
