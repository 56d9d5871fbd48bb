"""The five routes on socketify, whose server is written in C++.

It brings an event loop of its own: ``--loop`` is accepted and changes nothing. Its plaintext
answer has no Content-Type and no Date, so it also moves fewer bytes.
"""

import argparse
from typing import Any

from socketify import App, AppListenOptions

CHUNK = bytes(64 * 1024)

# While a body is awaited, nothing but C++ refers to a response (0.0.31): without this the garbage
# collector takes it, and the process aborts under load.
in_flight: set[Any] = set()


def plaintext(response: Any, request: Any) -> None:
    response.end("Hello, World!")


def user(response: Any, request: Any) -> None:
    response.end(request.get_parameter(0))


async def echo(response: Any, request: Any) -> None:
    in_flight.add(response)
    document = await response.get_json()
    response.cork_end(document)
    in_flight.discard(response)


def upload(response: Any, request: Any) -> None:
    received_bytes = 0
    in_flight.add(response)

    def count(response: Any, chunk: bytes | None, is_end: bool) -> None:
        nonlocal received_bytes
        received_bytes += len(chunk or b"")
        if is_end:
            response.cork_end(str(received_bytes))
            in_flight.discard(response)

    response.on_aborted(in_flight.discard)
    response.on_data(count)


async def download(response: Any, request: Any) -> None:
    # Chunked coding has no back-pressure in socketify: the length has to be known.
    chunks = int(request.get_query("mib")) * 16
    in_flight.add(response)
    for _ in range(chunks):
        sent, done = await response.send_chunk(CHUNK, chunks * len(CHUNK))
        if done or not sent:
            break
    in_flight.discard(response)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    options = parser.parse_args()
    app = App()
    app.get("/", plaintext)
    app.get("/users/:name", user)
    app.post("/echo", echo)
    app.post("/upload", upload)
    app.get("/download", download)
    app.listen(AppListenOptions(port=options.port, host="127.0.0.1"))
    app.run()


if __name__ == "__main__":
    main()
