"""The servers that inputs are played on: an adapter that serves one application, or a URL.

Owns the application, and that there is always one to play on: a subject that ended or hangs is
started again.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlsplit

from conformance.driver import AdapterProcess, RunningApp, how_it_ended
from conformance.generate.player import Player
from conformance.protocol import AdapterError
from conformance.seen import Rejection
from conformance.spec import App, Crash, Echo, ReadBody, Route, Stream, app

APP = app(
    Route("root", "GET", "/", ReadBody()),
    Route("post", "POST", "/", ReadBody()),
    Route("echo", "GET", "/echo", ReadBody()),
    Route("echo-post", "POST", "/echo", ReadBody()),
    Route("item", "GET", "/items/{name}", ReadBody()),
    Route("item-post", "POST", "/items/{name}", ReadBody()),
    Route("unread", "POST", "/unread", Echo()),
    Route("stream", "GET", "/stream", Stream(("one ", "two ", "three"))),
    Route("crash", "GET", "/crash", Crash()),
)
"""Its handlers read the whole body and tell what they saw, but for the last three."""

_DEATH_S = 0.5


class Logged(NamedTuple):
    """How much was written on stderr."""

    size_bytes: int
    lines: int


class Server(ABC):
    """A server to play on.

    label    its name, for people
    nonce    what is in the echoes of its handlers; "" for one that has none of ours
    sid      the session of its processes; None when they are not known
    notes    what of the application it does not serve
    """

    label: str
    host: str
    port: int
    nonce: str = ""
    sid: int | None = None
    notes: tuple[str, ...] = ()

    @abstractmethod
    async def start(self) -> None:
        """Serve, again if need be, the one of before ended. Raises AdapterError."""

    async def how_it_ended(self) -> str | None:
        """How its process ended; None while it is there, or when nobody can tell."""
        return None

    def logged(self) -> Logged:
        """What it has written on stderr since it was started."""
        return Logged(0, 0)

    def forget(self) -> None:  # noqa: B027 - a server that tells nothing has nothing to forget
        """Drop what it has told."""


class UrlServer(Server):
    """A server that is running already."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme != "http" or not parts.hostname or port == 0:
            raise AdapterError(f"--url {url}: expected http://HOST:PORT")
        self.label, self.host, self.port = url, parts.hostname, port or 80

    async def start(self) -> None:
        try:
            _, writer = await asyncio.open_connection(self.host, self.port)
        except OSError as exc:
            raise AdapterError(f"nobody answers at {self.label}: {exc}") from exc
        writer.close()


class AdapterServer(Server):
    """A subject that its adapter serves. The player is on a stage, which ends it."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._running: RunningApp | None = None
        self.label = player.command.label

    async def start(self) -> None:
        if self._running is not None:
            await self._player.drop()
        served, self.notes = await serve_what_it_can(self._player, APP)
        self._running = served
        process = self._process
        self.host, self.port = served.host, served.port
        self.nonce, self.sid = process.nonce, process.pid

    async def how_it_ended(self) -> str | None:
        process = self._process
        try:
            async with asyncio.timeout(_DEATH_S):
                await process.ended.wait()
        except TimeoutError:
            return None
        return how_it_ended(process.exit_status)

    def logged(self) -> Logged:
        process = self._process
        return Logged(process.stderr_total_bytes, process.stderr_total_lines)

    def forget(self) -> None:
        if self._running is not None:
            self._running.events.clear()

    @property
    def _process(self) -> AdapterProcess:
        assert self._running is not None
        assert self._running.process is not None
        return self._running.process


async def serve_what_it_can(player: Player, wanted: App) -> tuple[RunningApp, tuple[str, ...]]:
    """An application with what an adapter can express of `wanted`, and what was left out.

    Raises AdapterError when nothing is left that is served.
    """
    notes: list[str] = []
    while True:
        served = await player.serve(wanted)
        if isinstance(served, RunningApp):
            return served, tuple(notes)
        smaller = _without(wanted, served)
        if smaller == wanted or not smaller.routes:
            raise AdapterError(
                f"{player.command.label} does not serve the application: "
                f"{served.kind}: {served.message}"
            )
        notes.append(f"{player.command.label} cannot serve {served.message}: it is left out")
        wanted = smaller


def _without(wanted: App, rejection: Rejection) -> App:
    """The application without what the adapter cannot express."""
    if rejection.kind != "unsupported":
        return wanted
    what = rejection.message.split()[0] if rejection.message else ""
    if what == ReadBody.name:
        return _changed(wanted, lambda one: replace(one, do=Echo()))
    return _changed(wanted, lambda one: None if one.do.name == what else one)


def _changed(wanted: App, change: Callable[[Route], Route | None]) -> App:
    routes = [change(route) if route.do.name in _OPTIONAL else route for route in wanted.routes]
    return replace(wanted, routes=tuple(route for route in routes if route is not None))


_OPTIONAL = (ReadBody.name, Stream.name, Crash.name)
