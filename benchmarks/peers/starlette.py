"""The five routes on starlette, served by uvicorn with httptools."""

import argparse
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

CHUNK = bytes(64 * 1024)


async def plaintext(request: Request) -> Response:
    return PlainTextResponse("Hello, World!")


async def user(request: Request) -> Response:
    return PlainTextResponse(request.path_params["name"])


async def echo(request: Request) -> Response:
    return JSONResponse(await request.json())


async def upload(request: Request) -> Response:
    received_bytes = 0
    async for chunk in request.stream():
        received_bytes += len(chunk)
    return PlainTextResponse(str(received_bytes))


async def produce(chunks: int) -> AsyncIterator[bytes]:
    for _ in range(chunks):
        yield CHUNK


async def download(request: Request) -> Response:
    return StreamingResponse(produce(int(request.query_params["mib"]) * 16))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    options = parser.parse_args()
    app = Starlette(
        routes=[
            Route("/", plaintext),
            Route("/users/{name}", user),
            Route("/echo", echo, methods=["POST"]),
            Route("/upload", upload, methods=["POST"]),
            Route("/download", download),
        ]
    )
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
