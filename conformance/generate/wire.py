"""Strategies for octets: requests from the grammar of RFC 9112, in odd spellings that are right,
and with mutations of which each makes a request that a server may not take as it stands.

    from conformance.generate.wire import malformed, well_formed
    @given(malformed())

Owns what is drawn, `Octets` and `Attack`, and their forms in JSON. The changes that requests are
made with are literals, in `spellings` and `violations`. Sends nothing.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hypothesis import strategies as st

from ..check import Level
from ..spec import JsonValue
from . import violations
from .message import HOST, ID, SERVED, Change, Message, Verdict, chunked, sized
from .requests import CUTS
from .spellings import SPELLINGS

HIDDEN_ID = "hidden"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: %b\r\nX-Request-Id: %b\r\nConnection: close\r\n\r\n" % (
    HOST,
    HIDDEN_ID.encode(),
)
"""A request that stands within the body of another and is none."""

_LINE_END = re.compile(b"\r\n")

CHANGES: dict[str, Change] = {
    one.name: one for one in (*SPELLINGS, *violations.VIOLATIONS, *violations.CUTS)
}
"""Every change by its name."""


@dataclass(frozen=True, repr=False)
class Octets:
    """One request as it is sent, and how it came to be.

    data     the octets; `@ID@` stands for the id, once
    body     what a handler reads of it where it is served
    changes  by their names, the spellings first
    """

    data: bytes
    body: bytes = b""
    changes: tuple[str, ...] = ()

    def named(self, id: str) -> bytes:
        """The octets with their id."""
        return self.data.replace(ID, id.encode(), 1)

    @cached_property
    def verdict(self) -> Verdict:
        """What a server may do with it."""
        found = SERVED
        for name in self.changes:
            found &= CHANGES[name].verdict
        return found

    @property
    def violations(self) -> list[Change]:
        """What is wrong with it, each with the requirement that it violates."""
        return [CHANGES[name] for name in self.changes if CHANGES[name].verdict.refuses]

    @property
    def is_cut(self) -> bool:
        """The client ends its sending side behind it."""
        return any(CHANGES[name].is_cut for name in self.changes)

    @property
    def is_head_whole(self) -> bool:
        return b"\r\n\r\n" in self.data.lstrip(b"\r\n")

    def __repr__(self) -> str:
        line = self.data.lstrip(b"\r\n").partition(b"\r\n")[0].decode("latin-1")
        said = f"Octets({line!r}, {len(self.data)} octets"
        if self.body:
            said += f", {len(self.body)} of them body" if self.body in self.data else ", chunked"
        return said + "".join(f", {name}" for name in self.changes) + ")"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis, too, is to print it short."""
        printer.text(repr(self))

    def to_json(self) -> dict[str, JsonValue]:
        said: dict[str, JsonValue] = {"data_base64": base64.b64encode(self.data).decode()}
        if self.body:
            said["body_base64"] = base64.b64encode(self.body).decode()
        if self.changes:
            said["changes"] = list(self.changes)
        return said


def octets_from_json(data: Mapping[str, JsonValue]) -> Octets:
    """The inverse of `Octets.to_json`. Raises KeyError, TypeError, ValueError for what is none."""
    changes = tuple(data.get("changes", ()))
    for name in changes:
        if name not in CHANGES:
            raise ValueError(f"no change of octets is named {name!r}")
    return Octets(
        base64.b64decode(data["data_base64"], validate=True),
        base64.b64decode(data.get("body_base64", ""), validate=True),
        changes,
    )


# -- Messages -------------------------------------------------------------------------------------

TARGETS = {b"GET": (b"/", b"/items/x", b"/?a=1&b=%20"), b"POST": (b"/",), b"PUT": (b"/pieces",)}
"""What the application that they are sent to has: every handler reads the body and echoes."""

CONTENTS = st.one_of(
    st.sampled_from(
        (b"hello", b"", HIDDEN, b"0\r\n\r\n" + HIDDEN, b"\r\n\r\n", b"\r\n" + HIDDEN, b"0\r\n")
    ),
    st.binary(max_size=20),
    st.sampled_from((4096, 70_000)).map(lambda size: b"y" * size),
)
"""Contents, among them such as would be requests for who mistakes where the body begins or ends."""

_GETS = st.sampled_from([Message(b"GET", target) for target in TARGETS[b"GET"]])
_PLACES = st.sampled_from(((b"POST", b"/"), (b"PUT", b"/pieces")))
_SIZED = st.builds(lambda place, content: sized(place[0], place[1], content), _PLACES, CONTENTS)
_PIECES = st.lists(CONTENTS, max_size=3).map(tuple)
_CHUNKED = st.builds(lambda place, pieces: chunked(place[0], place[1], pieces), _PLACES, _PIECES)
_BY_FRAMING = {"none": _GETS, "sized": _SIZED, "chunked": _CHUNKED}
_MESSAGES = st.one_of(_GETS, _SIZED, _CHUNKED)

_NUMBERS = st.integers(0, 41)
_SPELLED = st.lists(st.tuples(st.sampled_from(SPELLINGS), _NUMBERS), max_size=4)


def _spelled(
    message: Message, wanted: list[tuple[Change, int]], taken: frozenset[str], level: Level
) -> tuple[Message, list[str]]:
    """The message with those of the changes that fit it and each other."""
    made: list[str] = []
    for change, number in wanted:
        is_free = change.name not in made and not change.touches & taken
        if is_free and change.fits(message) and change.level in _up_to(level):
            message = change.apply(message, number)
            taken |= change.touches
            made.append(change.name)
    return message, made


def _up_to(level: Level) -> tuple[Level, ...]:
    return (Level.MUST,) if level is Level.MUST else (Level.MUST, Level.SHOULD)


@st.composite
def _well_formed(draw: st.DrawFn, level: Level, persistent: bool) -> Octets:
    taken = frozenset({"persistence"}) if persistent else frozenset()
    message, made = _spelled(draw(_MESSAGES), draw(_SPELLED), taken, level)
    return Octets(message.octets(), message.body, tuple(made))


_VIOLATIONS = {
    level: st.lists(
        st.tuples(
            st.sampled_from([one for one in violations.VIOLATIONS if one.level in _up_to(level)]),
            _NUMBERS,
        ),
        min_size=1,
        max_size=2,
    )
    for level in (Level.MUST, Level.SHOULD)
}
_FRAMINGS = {
    framings: st.sampled_from(framings)
    for framings in {one.framings for one in violations.VIOLATIONS}
}


@st.composite
def _mutated(draw: st.DrawFn, level: Level) -> Octets:
    [(first, number), *more] = draw(_VIOLATIONS[level])
    message = draw(_BY_FRAMING[draw(_FRAMINGS[first.framings])])
    wanted = [(one, other) for one, other in more if not one.touches & first.touches]
    taken = first.touches.union(*(one.touches for one, _ in wanted))
    body = message.body
    message, spelled = _spelled(message, draw(_SPELLED), taken | {"persistence"}, level)
    made = [first.name]
    message = first.apply(message, number)
    for one, other in wanted:
        # One that waits for more octets is told that there are none, and the rest is no request.
        if one.fits(message) and not one.is_cut and not first.is_cut:
            message = one.apply(message, other)
            made.append(one.name)
    return Octets(message.octets(), body, (*spelled, *made))


_ANY_PLACE = st.integers(1, 100_000)
_CUT_AT = st.sampled_from(("anywhere", "near the end", "line end"))


def _place(whole: bytes, number: int, how: str) -> int:
    """A place within the octets."""
    if how == "anywhere":
        return number % (len(whole) - 1) + 1
    if how == "near the end":
        return max(1, len(whole) - number % 20 - 1)
    ends = [found.end() for found in _LINE_END.finditer(whole) if found.end() < len(whole)]
    return ends[number % len(ends)]


@st.composite
def _cut(draw: st.DrawFn, level: Level) -> Octets:
    message, spelled = _spelled(draw(_MESSAGES), draw(_SPELLED), frozenset(), level)
    whole = message.octets()
    data = whole[: _place(whole, draw(_ANY_PLACE), draw(_CUT_AT))]
    found = Octets(data, message.body, tuple(spelled))
    if not found.is_head_whole:
        how = violations.CUT_IN_HEAD
    else:
        how = violations.CUT_IN_SIZED if message.chunks is None else violations.CUT_IN_CHUNKS
    return Octets(data, message.body, (*spelled, how.name))


_STRATEGIES = {
    (level, persistent): _well_formed(level, persistent)
    for level in (Level.MUST, Level.SHOULD)
    for persistent in (False, True)
}
_MALFORMED = {
    level: st.one_of(_mutated(level), _mutated(level), _mutated(level), _cut(level))
    for level in (Level.MUST, Level.SHOULD)
}


def well_formed(
    *, level: Level = Level.MUST, persistent: bool = False
) -> st.SearchStrategy[Octets]:
    """Requests that a server serves, however odd they look; with SHOULD also those that it only
    should. `persistent` are those behind which the connection goes on."""
    return _STRATEGIES[level, persistent]


def malformed(*, level: Level = Level.MUST) -> st.SearchStrategy[Octets]:
    """Requests that a server may not take as they stand; with SHOULD also those that it only should
    not take."""
    return _MALFORMED[level]


# -- Attacks --------------------------------------------------------------------------------------

BEHIND = Octets(
    b"GET / HTTP/1.1\r\nHost: %b\r\nX-Request-Id: %b\r\nConnection: close\r\n\r\n" % (HOST, ID),
    changes=("connection-close",),
)
"""The request behind a malformed one. It says close, so that who answers it is done."""


@dataclass(frozen=True)
class Assault:
    """What is sent at once on one connection: good requests, a malformed one, another behind it.

    `cuts` are places at which all of it is cut into segments, modulo its length.
    """

    front: tuple[Octets, ...]
    octets: Octets
    cuts: tuple[int, ...] = ()

    def steps(self, name: str) -> list[JsonValue]:
        """The assault as steps of a script on the connection of that name; see `session`."""
        parts = [(f"{name}-front{place}", one) for place, one in enumerate(self.front)]
        parts.append((f"{name}-bad", self.octets))
        if not self.octets.is_cut:
            parts.append((f"{name}-behind", BEHIND))
        sent = [[id, one.to_json()] for id, one in parts]
        steps: list[JsonValue] = [["open", name], ["send", name, sent, list(self.cuts)]]
        if self.octets.is_cut:
            steps.append(["half-close", name])
        return [*steps, ["read", name]]


@dataclass(frozen=True)
class Attack:
    """Assaults on one application, each on a connection of its own, one behind the other."""

    assaults: tuple[Assault, ...]

    def steps(self) -> list[JsonValue]:
        """The attack as steps of a script."""
        return [
            step
            for place, one in enumerate(self.assaults, start=1)
            for step in one.steps(f"c{place}")
        ]


_LEVELS = (Level.MUST, Level.SHOULD)
_FRONTS = {
    level: st.lists(well_formed(level=level, persistent=True), max_size=2).map(tuple)
    for level in _LEVELS
}
_NOBODY: st.SearchStrategy[tuple[Octets, ...]] = st.just(())
_NOW_AND_THEN = st.one_of(st.just(()), st.just(()), CUTS, st.just(tuple(range(1, 400))))
_ASSAULTS = {
    (level, alone): st.builds(
        Assault, _NOBODY if alone else _FRONTS[level], malformed(level=level), _NOW_AND_THEN
    )
    for level in _LEVELS
    for alone in (False, True)
}
_ATTACKS = {
    key: st.builds(Attack, st.lists(assaults, min_size=1, max_size=8).map(tuple))
    for key, assaults in _ASSAULTS.items()
}


def attacks(*, level: Level = Level.MUST, alone: bool = False) -> st.SearchStrategy[Attack]:
    """Malformed octets on up to eight connections, behind up to two good requests on each unless
    they are `alone`."""
    return _ATTACKS[level, alone]
