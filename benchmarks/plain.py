"""A server of plain text that is about to be weighed: how it is started, asked and warmed up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import h11

from conformance.spec import App, Respond, Route

from .command import Refused
from .connection import Connection
from .scenarios import HELLO
from .scenarios import request as make_request
from .serving import Server, serving
from .subjects import Subject

Progress = Callable[[str], None]
"""Takes a line of what was seen."""

ROOT = Route("root", "GET", "/", Respond(200, HELLO.decode(), "text/plain"))
PLAIN = App((ROOT,), quiet=True)

_GET = make_request("GET", "/")
_WARM_UP_REQUESTS = 100


@asynccontextmanager
async def serving_app(subject: Subject, app: App, cpu: int | None) -> AsyncIterator[Server]:
    """The server; whatever fails while it is used is Refused, with the subject's name and what it
    said on stderr."""
    async with serving(subject, app, cpu=cpu) as server:
        try:
            yield server
        except Refused as exc:
            raise _refused(subject, str(exc), server) from exc
        except (OSError, h11.RemoteProtocolError) as exc:
            raise _refused(subject, f"{type(exc).__name__}: {exc}", server) from exc


async def expect_hello(server: Server) -> None:
    """One request on a connection of its own. Raises Refused for a wrong answer."""
    with await Connection.open(server.host, server.port) as connection:
        answer = await connection.exchange(_GET)
    if answer.status != 200 or answer.body != HELLO:
        raise Refused(f"answered {answer.status} {answer.body[:80]!r}, not 200 {HELLO!r}")


async def warm_up(server: Server) -> None:
    """Has the server load what it loads late."""
    for _ in range(_WARM_UP_REQUESTS):
        await expect_hello(server)


def _refused(subject: Subject, said: str, server: Server) -> Refused:
    return Refused("\n".join(filter(None, [f"{subject.label}: {said}", server.stderr_tail()])))
