"""The stateful property: a state machine that opens, uses and ends connections to an application.

Owns the rules by which Hypothesis chooses what happens next. What may come back is said by the
model in `dialogue`; the steps are made, and can be made again, by `session`.

    run_state_machine_as_test(machine_for(stage), settings=settings(stateful_step_count=20))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    precondition,
    rule,
)

from ..check import Level
from ..spec import JsonValue
from .requests import CUTS
from .session import Breach, Session, Step
from .stage import Stage
from .wire import Octets, well_formed

MOST_CONNECTIONS = 4

_COUNTS = st.integers(1, 300)
_CUTS = st.one_of(st.just(()), st.just(()), CUTS)
_WAYS = st.sampled_from(("close", "reset"))


class Misbehaved(Exception):
    """Carries what the subject did that it may not."""

    def __init__(self, breach: Breach) -> None:
        super().__init__(str(breach))
        self.breach = breach


@dataclass
class _Client:
    """What the machine knows of a connection.

    has_said_all   it has ended its sending side, or said that there will be no other request
    """

    name: str
    is_begun: bool = False
    has_said_all: bool = False
    is_half_closed: bool = False
    is_gone: bool = False

    def __repr__(self) -> str:
        return self.name


class _Play:
    """A session with what its clients may still do: what a machine does, without what it draws."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._session = stage.run(Session.start(stage.players[0]))
        self._clients: list[_Client] = []
        self._requests = 0
        self._found: Breach | None = None

    @property
    def open_connections(self) -> int:
        return sum(not client.is_gone for client in self._clients)

    def open(self, sent: list[Octets], cuts: tuple[int, ...]) -> _Client:
        client = _Client(f"c{len(self._clients) + 1}")
        self._clients.append(client)
        self._take("open", client.name)
        self.send(client, sent, cuts)
        return client

    def send(self, client: _Client, sent: list[Octets], cuts: tuple[int, ...]) -> None:
        """Send them, up to one that says that it is the last: behind that a client may send no
        other (RFC 9112 §9.6)."""
        self._end_begun(client)
        named: list[JsonValue] = []
        for octets in sent:
            if not client.has_said_all:
                named.append([self._id(), octets.to_json()])
                client.has_said_all = not octets.verdict.goes_on
        if named:
            self._take("send", client.name, named, list(cuts))

    def begin(self, client: _Client, octets: Octets, count: int) -> None:
        """Send the first octets of a request, not all of them."""
        self._end_begun(client)
        if not client.has_said_all:
            id = self._id()
            count = min(count, len(octets.named(id)) - 1)
            client.is_begun = True
            client.has_said_all = not octets.verdict.goes_on
            self._take("begin", client.name, id, octets.to_json(), count)

    def read(self, client: _Client) -> None:
        self._take("read", client.name)

    def half_close(self, client: _Client) -> None:
        if not client.is_half_closed:
            client.is_half_closed = client.has_said_all = True
            self._take("half-close", client.name)

    def leave(self, client: _Client, how: str) -> None:
        client.is_gone = True
        self._take(how, client.name)

    def finish(self, played: Callable[[Sequence[Step]], None]) -> None:
        """Raises what was found on the way, too: when a subject's fault shows may be a matter of
        time, and what is drawn must not be."""
        try:
            found = self._found or self._stage.run(self._session.finish())
        finally:
            self._stage.run(self._session.abandon())
            played(self._session.steps)
        if found is not None:
            raise Misbehaved(found)

    def _id(self) -> str:
        self._requests += 1
        return f"r{self._requests}"

    def _end_begun(self, client: _Client) -> None:
        if client.is_begun and not client.is_half_closed:
            client.is_begun = False
            self._take("go-on", client.name, None)

    def _take(self, *step: JsonValue) -> None:
        if self._found is None:
            taken: Step = list(step)
            self._found = self._stage.run(self._session.take(taken))


def machine_for(
    stage: Stage,
    *,
    level: Level = Level.MUST,
    played: Callable[[Sequence[Step]], None] = lambda steps: None,
) -> type[RuleBasedStateMachine]:
    """A machine for the first subject on the stage. Requests are well-formed, with SHOULD also such
    that a server only should serve. `played` is told the steps of each run. Raises Misbehaved, and
    AdapterError."""
    requests = well_formed(level=level)
    lists = st.lists(requests, min_size=1, max_size=3)
    maybe_none = st.lists(requests, max_size=3)
    connections: Bundle[_Client] = Bundle("connections")

    class Connections(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self._play = _Play(stage)

        # Hypothesis leaves out rules at random, but not this one: every run says something.
        @initialize(target=connections, sent=maybe_none, cuts=_CUTS)
        def begin_with(self, sent: list[Octets], cuts: tuple[int, ...]) -> _Client:
            return self._play.open(sent, cuts)

        @precondition(lambda self: self._play.open_connections < MOST_CONNECTIONS)
        @rule(target=connections, sent=maybe_none)
        def open(self, sent: list[Octets]) -> _Client:
            return self._play.open(sent, ())

        @rule(client=connections, sent=lists, cuts=_CUTS)
        def send(self, client: _Client, sent: list[Octets], cuts: tuple[int, ...]) -> None:
            self._play.send(client, sent, cuts)

        @rule(client=connections, octets=requests, count=_COUNTS)
        def begin(self, client: _Client, octets: Octets, count: int) -> None:
            self._play.begin(client, octets, count)

        @rule(client=connections)
        def read(self, client: _Client) -> None:
            self._play.read(client)

        @rule(client=connections)
        def half_close(self, client: _Client) -> None:
            self._play.half_close(client)

        @rule(client=consumes(connections), how=_WAYS)
        def leave(self, client: _Client, how: str) -> None:
            self._play.leave(client, how)

        def teardown(self) -> None:
            self._play.finish(played)

    return Connections
