"""What is expected of one answer: its status, headers, body, framing, and what an echo says.

Owns nothing but these values; which answer is meant they say by conversation and index.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..seen import Answer, Seen
from .base import Problem, no_answer, octets, short

_SHOWN = 200
"""Characters of a value that are shown."""


@dataclass(frozen=True)
class _OfAnswer:
    """The base of what is expected of one answer: the `index`-th of conversation `of`."""

    of: str = "1"
    index: int = 0

    def problems(self, seen: Seen, declared: Mapping[str, str]) -> Iterator[Problem]:
        conversation = seen.conversation(self.of)
        if self.index >= len(conversation.answers):
            yield Problem(no_answer(conversation, self.index), self.of)
            return
        answer = conversation.answers[self.index]
        for text in self.of_answer(answer, seen):
            yield Problem(text, self.of, (answer.start, answer.end))

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        raise NotImplementedError


@dataclass(frozen=True)
class Status(_OfAnswer):
    codes: tuple[int, ...] = (200,)
    negated: bool = False

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        if (answer.status in self.codes) is self.negated:
            wanted = " or ".join(map(str, self.codes))
            yield f"status {answer.status}, expected {'none of ' if self.negated else ''}{wanted}"


def status(*codes: int, of: str = "1", index: int = 0) -> Status:
    """The final status is one of these."""
    return Status(of, index, codes)


def not_status(*codes: int, of: str = "1", index: int = 0) -> Status:
    return Status(of, index, codes, negated=True)


def not_2xx(of: str = "1", index: int = 0) -> Status:
    return Status(of, index, tuple(range(200, 300)), negated=True)


@dataclass(frozen=True)
class Header(_OfAnswer):
    name: str = ""
    values: tuple[str, ...] | None = None
    contains: str | None = None
    matches: str | None = None
    members: frozenset[str] | None = None
    is_absent: bool = False

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        found = answer.values(self.name)
        shown = ", ".join(map(repr, found)) or "absent"
        if self.is_absent:
            if found:
                yield f"header {self.name} is {shown}, expected none"
        elif not found:
            yield f"no {self.name} header"
        elif self.values is not None and tuple(found) != self.values:
            yield f"header {self.name} is {shown}, expected {', '.join(map(repr, self.values))}"
        elif self.contains is not None and not any(self.contains in one for one in found):
            yield f"header {self.name} is {shown}, expected it to contain {self.contains!r}"
        elif self.matches is not None and not all(re.fullmatch(self.matches, one) for one in found):
            yield f"header {self.name} is {shown}, expected it to match {self.matches}"
        elif self.members is not None and list_members(found) != self.members:
            yield f"header {self.name} lists {shown}, expected {', '.join(sorted(self.members))}"


def header(
    name: str,
    *values: str,
    contains: str | None = None,
    matches: str | None = None,
    members: Iterable[str] | None = None,
    of: str = "1",
    index: int = 0,
) -> Header:
    """The header is there; with `values` it has exactly these, one a field line."""
    return Header(
        of, index, name, values or None, contains, matches,
        None if members is None else frozenset(members),
    )  # fmt: skip


def no_header(name: str, of: str = "1", index: int = 0) -> Header:
    return Header(of, index, name, is_absent=True)


def list_members(values: Sequence[str]) -> frozenset[str]:
    """The members of a comma-separated list field (RFC 9110 §5.6.1), over all its lines."""
    return frozenset(one.strip(" \t") for one in ",".join(values).split(",") if one.strip(" \t"))


@dataclass(frozen=True)
class Reason(_OfAnswer):
    wanted: str = ""

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        if answer.reason != self.wanted:
            yield f"reason phrase {answer.reason!r}, expected {self.wanted!r}"


def reason(wanted: str, of: str = "1", index: int = 0) -> Reason:
    return Reason(of, index, wanted)


@dataclass(frozen=True)
class Body(_OfAnswer):
    equals: bytes | None = None
    contains: bytes | None = None
    lacks: bytes | None = None

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        if self.equals is not None and answer.body != self.equals:
            yield f"body {short(answer.body)}, expected {short(self.equals)}"
        if self.contains is not None and self.contains not in answer.body:
            yield f"body {short(answer.body)} does not contain {self.contains!r}"
        if self.lacks is not None and self.lacks in answer.body:
            yield f"the body contains {self.lacks!r}"


def body(
    equals: bytes | str | None = None,
    *,
    contains: bytes | str | None = None,
    lacks: bytes | str | None = None,
    of: str = "1",
    index: int = 0,
) -> Body:
    return Body(of, index, octets(equals), octets(contains), octets(lacks))


@dataclass(frozen=True)
class Echoes(_OfAnswer):
    """The answer is the echo of our own process, and its members are these."""

    members: tuple[tuple[str, Any], ...] = ()

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        if answer.status != 200:
            yield f"status {answer.status}, expected 200 with an echo"
            return
        try:
            said = json.loads(answer.body)
        except ValueError:
            yield f"body {short(answer.body)} is not the JSON of an echo"
            return
        if not isinstance(said, dict) or said.get("nonce") != seen.nonce:
            yield "this is not an echo of the process that was started: its nonce is another"
            return
        for name, wanted in self.members:
            if name not in said:
                yield f"the echo has no member {name!r}"
            elif said[name] != json.loads(json.dumps(wanted)):
                yield f"the handler saw {name} {said[name]!r}, expected {wanted!r}"


def echoes(of: str = "1", index: int = 0, **members: Any) -> Echoes:
    """200 with the echo of the handler; `members` are compared with it as JSON.

    `echoes(route="r1", params={"name": "x"}, query=[["a", "1"]])`
    """
    return Echoes(of, index, tuple(sorted(members.items())))


@dataclass(frozen=True)
class SawHeader(_OfAnswer):
    """The handler saw these values of a request header."""

    name: str = ""
    values: tuple[str, ...] = ()
    joined: bool = False

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        try:
            said = json.loads(answer.body)
            pairs = [(str(name), str(value)) for name, value in said["headers"]]
        except (ValueError, TypeError, KeyError):
            yield f"body {short(answer.body)} is not the JSON of an echo"
            return
        found = [value for name, value in pairs if name.lower() == self.name.lower()]
        wanted = [", ".join(self.values)] if self.joined else list(self.values)
        if found != wanted:
            yield f"the handler saw {self.name} {found!r}, expected {wanted!r}"


def saw_header(
    name: str, *values: str, joined: bool = False, of: str = "1", index: int = 0
) -> SawHeader:
    return SawHeader(of, index, name, values, joined)


@dataclass(frozen=True)
class SawPair(_OfAnswer):
    """The handler saw these values of a cookie, or of a field of a form."""

    member: str = ""
    name: str = ""
    values: tuple[Any, ...] = ()

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        try:
            said = json.loads(answer.body)
            pairs = [(name, value) for name, value in said[self.member]]
        except (ValueError, TypeError, KeyError):
            yield f"body {short(answer.body)} is not the JSON of an echo with {self.member}"
            return
        found = [value for name, value in pairs if name == self.name]
        wanted = json.loads(json.dumps(self.values))
        if found != wanted:
            shown = _shortened(found)
            yield f"the handler saw {self.member} {self.name!r} {shown}, expected {wanted!r}"


def saw_cookie(name: str, *values: str, of: str = "1", index: int = 0) -> SawPair:
    """The handler saw these values of a cookie, in order; none: no cookie of that name."""
    return SawPair(of, index, "cookies", name, values)


def saw_field(name: str, *values: Any, of: str = "1", index: int = 0) -> SawPair:
    """The handler saw these values of a field of a form, in order; see `upload` for a file."""
    return SawPair(of, index, "form", name, values)


def upload(filename: str | None, data: bytes) -> dict[str, Any]:
    """A file as an echo tells it."""
    digest = hashlib.sha256(data).hexdigest()
    return {"filename": filename, "length": len(data), "sha256": digest}


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@dataclass(frozen=True)
class WellFramed(_OfAnswer):
    """The answer is complete and nothing is wrong with its form; what a client counts on."""

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        if answer.problem is not None:
            yield answer.problem
        elif not answer.is_complete:
            yield "the answer is cut off"


def well_framed(of: str = "1", index: int = 0) -> WellFramed:
    return WellFramed(of, index)


@dataclass(frozen=True)
class CutOff(_OfAnswer):
    """The client can tell that the answer is incomplete (RFC 9112 §8)."""

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        if answer.is_complete:
            yield "the client cannot tell that this answer is incomplete"


def cut_off(of: str = "1", index: int = 0) -> CutOff:
    return CutOff(of, index)
