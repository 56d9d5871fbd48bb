"""The five routes on `reference`."""

import argparse
from collections.abc import AsyncIterator

from reference import Application, Request, Response, json_response, run_app

CHUNK = bytes(64 * 1024)


async def plaintext(request: Request) -> Response:
    return Response("Hello, World!")


async def user(request: Request) -> Response:
    return Response(request.match_info["name"])


async def echo(request: Request) -> Response:
    return json_response(await request.json())


async def upload(request: Request) -> Response:
    received_bytes = 0
    async for chunk in request.content:
        received_bytes += len(chunk)
    return Response(str(received_bytes))


async def produce(chunks: int) -> AsyncIterator[bytes]:
    for _ in range(chunks):
        yield CHUNK


async def download(request: Request) -> Response:
    return Response(produce(int(request.query["mib"]) * 16))


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
    run_app(
        app,
        host="127.0.0.1",
        port=options.port,
        access_log=None,
        print=None,
        loop=options.loop,
    )


if __name__ == "__main__":
    main()
