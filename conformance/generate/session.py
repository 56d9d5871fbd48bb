"""Scripts of raw connections to one application, step by step, each judged as it is made.

Owns the driving of the state machine and of attacks, and the steps as plain data, so that what
Hypothesis found can be played without it:

    ["open", "c1"]
    ["send", "c1", [["r1", octets], ["r2", octets]], [17]]   sent at once, cut at these places
    ["begin", "c1", "r3", octets, 20]                        only so many octets of it
    ["go-on", "c1", 5]                                       so many more, null for the rest
    ["read", "c1"]                                           until all that has to come has come
    ["half-close", "c1"]   ["reset", "c1"]   ["close", "c1"]
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..check import Source
from ..driver import RunningApp, how_it_ended
from ..protocol import AdapterError
from ..raw import RawConnection
from ..report.octets import lines
from ..seen import Conversation, Rejection
from ..spec import JsonValue, ReadBody, Route, app
from .case import Talk
from .dialogue import Dialogue, Problem
from .message import HOST, ID
from .player import Player
from .stage import Stage
from .wire import Octets, octets_from_json

Step = Sequence[JsonValue]

APP = app(
    Route("root", "GET", "/", ReadBody()),
    Route("item", "GET", "/items/{name}", ReadBody()),
    Route("read", "POST", "/", ReadBody()),
    Route("pieces", "PUT", "/pieces", ReadBody("pieces")),
    Route("hidden", "GET", "/hidden", ReadBody()),
)
"""Every handler reads the whole body and tells what it saw."""

_PLAIN = Octets(b"GET / HTTP/1.1\r\nHost: %b\r\nX-Request-Id: %b\r\n\r\n" % (HOST, ID))


@dataclass(frozen=True)
class Breach:
    """A script in which the subject did what it may not.

    steps         those up to the problem, those that follow at the end of every script left out
    conversation  of the connection that is concerned; None when it is none in particular
    octets        the request that is concerned, if there is one
    """

    problem: Problem
    steps: tuple[Step, ...]
    conversation: Conversation | None = None
    octets: Octets | None = None
    stderr: str = ""

    @property
    def sources(self) -> list[Source]:
        """The requirements that the request violates, for which it was to be refused."""
        return [] if self.octets is None else [one.source for one in self.octets.violations]

    def to_json(self) -> dict[str, JsonValue]:
        said: dict[str, JsonValue] = {
            "aspect": self.problem.aspect,
            "text": self.problem.text,
            "request": self.problem.id,
            "steps": [list(step) for step in self.steps],
            "violates": [
                {"change": one.name, "source": str(one.source), "quote": one.source.quote}
                for one in (self.octets.violations if self.octets else ())
            ],
        }
        if self.conversation is not None:
            said["connection"] = {
                "name": self.conversation.name,
                "sent_base64": base64.b64encode(self.conversation.sent).decode(),
                "received_base64": base64.b64encode(self.conversation.received).decode(),
                "end": self.conversation.end.value,
            }
        return said

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.problem.aspect}: {self.problem.text}"
        for one in self.octets.violations if self.octets else ():
            yield f"  a request {one.title}: {one.source}"
            yield f"    {one.source.quote}"
        for step in self.steps:
            yield "  " + step_text(step)
        if self.conversation is not None:
            for said, octets in (
                ("sent", self.conversation.sent),
                ("received", self.conversation.received),
            ):
                yield f"  {said} on {self.conversation.name}, {len(octets)} octets:"
                yield from ("    " + one.text for one in lines(octets) if octets)
            yield f"  the connection is {self.conversation.end.value}"


class Session:
    """One running application, the connections to it, and the models of them."""

    def __init__(self, player: Player, running: RunningApp) -> None:
        self._player = player
        self._running = running
        self._limit_s = player.deadlines.step_s
        self._connections: dict[str, RawConnection] = {}
        self._dialogues: dict[str, Dialogue] = {}
        self.steps: list[Step] = []

    @classmethod
    async def start(cls, player: Player) -> Session:
        """Have the application served. Raises AdapterError."""
        running = await player.serve(APP)
        if isinstance(running, Rejection):
            raise AdapterError(f"the subject does not serve it: {running.message}")
        return cls(player, running)

    async def take(self, step: Step) -> Breach | None:
        """Make a step. Raises ValueError for what is none, or cannot be made here."""
        self.steps.append(step)
        match step:
            case ["open", str(name)]:
                await self._open(name)
            case ["send", str(name), [*requests], [*cuts]]:
                await self._send_whole(name, requests, cuts)
            case ["begin", str(name), str(id), dict(octets), int(count)]:
                self._dialogue(name).begun = id, octets_from_json(octets)
                self._dialogue(name).sent_octets = 0
                await self._go_on(name, count)
            case ["go-on", str(name), None | int() as count]:
                await self._go_on(name, count)
            case ["read", str(name)]:
                return await self._read(name)
            case ["half-close", str(name)]:
                self._connection(name).half_close()
                self._dialogue(name).half_closed = True
            case ["reset" | "close" as how, str(name)]:
                return await self._leave(name, reset=how == "reset")
            case _:
                raise ValueError(f"no step of a script: {step!r}")
        return None

    async def finish(self) -> Breach | None:
        """What holds at the end of every script: all have their answers, what is incomplete has
        none, a new client is served, and no handler ran that should not have."""
        for name, dialogue in list(self._dialogues.items()):
            if dialogue.left:
                continue
            if dialogue.begun is not None:
                self._connection(name).half_close()
                dialogue.half_closed = True
            found = await self._read(name)
            if found is not None:
                return found
        return await self._serve_another() or await self._events()

    async def abandon(self) -> None:
        """Close what is open, and leave the application."""
        for connection in self._connections.values():
            await connection.close()
        self._player.leave(self._running)

    # -- Steps -----------------------------------------------------------------------------------

    async def _open(self, name: str) -> None:
        if name in self._connections:
            raise ValueError(f"connection {name} is there already")
        connection = self._connections[name] = RawConnection(name)
        self._dialogues[name] = Dialogue()
        await connection.open(self._running.host, self._running.port)

    async def _send_whole(
        self, name: str, requests: Sequence[JsonValue], cuts: Sequence[int]
    ) -> None:
        dialogue = self._dialogue(name)
        if dialogue.begun is not None or dialogue.half_closed:
            raise ValueError(f"no request can be sent on {name} now")
        data = b""
        for id, said in requests:
            octets = octets_from_json(said)
            dialogue.asked.append((id, octets))
            data += octets.named(id)
        self._player.requests += len(requests)
        await self._send(name, Talk((), cuts=tuple(cuts)).segments(data))

    async def _go_on(self, name: str, count: int | None) -> None:
        dialogue = self._dialogue(name)
        if dialogue.begun is None or dialogue.half_closed:
            raise ValueError(f"no request is begun on {name}")
        id, octets = dialogue.begun
        data = octets.named(id)
        start = dialogue.sent_octets
        end = len(data) if count is None else min(len(data), start + count)
        dialogue.sent_octets = end
        if end == len(data):
            dialogue.asked.append(dialogue.begun)
            dialogue.begun = None
            self._player.requests += 1
        await self._send(name, [data[start:end]])

    async def _send(self, name: str, segments: list[bytes]) -> None:
        with suppress(TimeoutError):  # reading tells
            async with asyncio.timeout(self._limit_s):
                await self._connection(name).send(segments)

    async def _read(self, name: str) -> Breach | None:
        """Wait for all that has to come, and take what came beside it."""
        connection, dialogue = self._connection(name), self._dialogue(name)
        await _receive(connection, dialogue, self._limit_s)
        return await self._judged(name, waited=True)

    async def _leave(self, name: str, *, reset: bool) -> Breach | None:
        connection = self._connection(name)
        with suppress(TimeoutError):
            async with asyncio.timeout(0):  # what is there already
                await connection.read(lambda reader: False)
        self._dialogue(name).left = True
        found = await self._judged(name, waited=False)
        await connection.close(reset=reset)
        return found

    # -- Judgement -------------------------------------------------------------------------------

    async def _judged(self, name: str, *, waited: bool) -> Breach | None:
        seen = self._connection(name).conversation()
        dialogue = self._dialogues[name]
        for problem in dialogue.problems(seen, waited=waited):
            return await self._breach(problem, seen, dialogue)
        return None

    async def _breach(
        self, problem: Problem, seen: Conversation | None, dialogue: Dialogue | None
    ) -> Breach:
        process = self._running.process
        stderr = "" if process is None else process.stderr
        how = await self._how_it_ended()
        if how is not None:
            problem = Problem("died", f"{problem.text}; {how}", problem.id)
        asked = dict(dialogue.asked) if dialogue is not None else {}
        octets = asked.get(problem.id) if problem.id is not None else None
        return Breach(problem, tuple(self.steps), seen, octets, stderr)

    async def _how_it_ended(self) -> str | None:
        """What became of the subject's process; None while it is there and hears."""
        process = self._running.process
        try:
            await self._running.sync()
        except AdapterError as exc:
            if process is not None and process.exit_status is not None:
                return f"the process ended: {how_it_ended(process.exit_status)}"
            await self._player.drop()
            return f"the process hangs: {exc}"
        return None

    async def _serve_another(self) -> Breach | None:
        connection, dialogue = RawConnection("another client"), Dialogue([("another", _PLAIN)])
        await connection.open(self._running.host, self._running.port)
        await connection.send([_PLAIN.named("another")])
        await _receive(connection, dialogue, self._limit_s)
        seen = connection.conversation()
        await connection.close()
        for problem in dialogue.problems(seen, waited=True):
            text = f"a client that comes behind all that: {problem.text}"
            return await self._breach(Problem("no longer serves", text), seen, None)
        return None

    async def _events(self) -> Breach | None:
        how = await self._how_it_ended()
        if how is not None:
            return Breach(Problem("died", how), tuple(self.steps), self._any())
        events = [(one["event"], one["request"]) for one in self._running.events]
        known = {"another"}
        for name, dialogue in self._dialogues.items():
            known.update(id for id, _ in dialogue.asked)
            known.update([dialogue.begun[0]] if dialogue.begun else [])
            for problem in dialogue.event_problems(events):
                seen = self._connection(name).conversation()
                return await self._breach(problem, seen, dialogue)
        for kind, id in events:
            if id not in known:
                text = f"a handler ran (event {kind!r}) for {id!r}, which nobody sent"
                return await self._breach(Problem("hidden request", text), self._any(), None)
        return None

    def _any(self) -> Conversation | None:
        """The conversation of the only connection."""
        if len(self._connections) != 1:
            return None
        [connection] = self._connections.values()
        return connection.conversation()

    def _connection(self, name: str) -> RawConnection:
        if name not in self._connections:
            raise ValueError(f"no connection {name}")
        return self._connections[name]

    def _dialogue(self, name: str) -> Dialogue:
        self._connection(name)
        if self._dialogues[name].left:
            raise ValueError(f"connection {name} is closed")
        return self._dialogues[name]


async def _receive(connection: RawConnection, dialogue: Dialogue, limit_s: float) -> None:
    def is_settled(_: object) -> bool:
        return dialogue.is_settled(connection.conversation())

    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            await connection.read(is_settled)


async def play(player: Player, steps: Sequence[Step]) -> Breach | None:
    """Play a script to its end, or to the first problem. Raises AdapterError, and ValueError for
    what is no script."""
    session = await Session.start(player)
    try:
        for step in steps:
            found = await session.take(step)
            if found is not None:
                return found
        return await session.finish()
    finally:
        await session.abandon()


def play_script(stage: Stage, steps: Sequence[Step]) -> Breach | None:
    """Play a script on the subject, the first on the stage; None when all is as it should be."""
    return stage.run(play(stage.players[0], steps))


def step_text(step: Step) -> str:
    """A step as a line to read."""
    match step:
        case ["send", name, [*requests], [*cuts]]:
            said = ", ".join(f"{id}={octets_from_json(one)!r}" for id, one in requests)
            return f"send {name}: {said}" + (f", cut at {cuts}" if cuts else "")
        case ["begin", name, id, octets, count]:
            return f"begin {name}: {count} octets of {id}={octets_from_json(octets)!r}"
        case ["go-on", name, count]:
            return f"go on {name}: {'the rest' if count is None else f'{count} octets more'}"
        case _:
            return " ".join(map(str, step))
