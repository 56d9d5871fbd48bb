"""In what two observations of a case differ, for what matters to those who use a framework.

Owns what is compared and what is not: where one connection ends and how pages of errors look is a
framework's own affair, and judged elsewhere. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..seen import Answer
from .case import ID_FIELD, Case
from .given import Given
from .observed import Observed, Outcome, Reply

_OF_PAGES = frozenset({"cache-control", "vary"})
"""What frameworks say of their own pages of errors."""


@dataclass(frozen=True)
class Difference:
    """One thing that two subjects did differently with a case.

    aspect    what differs: "status", "params", "events"...
    request   the id of the request; None for what belongs to the application
    left, right   what each did, in words
    """

    aspect: str
    request: str | None
    left: str
    right: str

    def __str__(self) -> str:
        return f"{self.aspect}: {self.left} / {self.right}"


def differences(case: Case, left: Observed, right: Observed) -> list[Difference]:
    """All of them, those that explain others first."""
    return list(_all(case, left, right))


def _all(case: Case, left: Observed, right: Observed) -> Iterator[Difference]:
    if left.died != right.died:
        yield Difference("process", None, left.died or "lives", right.died or "lives")
        return
    served = "serves the application"
    if _kind(left.refusal) != _kind(right.refusal):
        yield Difference("refusal", None, left.refusal or served, right.refusal or served)
        return
    if left.hooks != right.hooks:
        yield Difference("hooks", None, _listed(left.hooks), _listed(right.hooks))
    if left.refusal is not None or left.died is not None:
        return
    if len(left.unasked) != len(right.unasked):
        yield Difference("answers nobody asked for", None, str(left.unasked), str(right.unasked))
    given = Given(case.app)
    for id, request in case.requests():
        one, other = left.replies[id], right.replies[id]
        for aspect, here, there in _of_replies(given, request.method, one, other):
            yield Difference(aspect, id, here, there)


def _kind(refusal: str | None) -> str:
    return "" if refusal is None else refusal.partition(":")[0]


def _of_replies(
    given: Given, method: str, left: Reply, right: Reply
) -> Iterator[tuple[str, str, str]]:
    if left.outcome is not right.outcome:
        yield "outcome", _outcome(left), _outcome(right)
        return
    if left.status != right.status:
        yield "status", str(left.status), str(right.status)
    elif (left.echo is None) != (right.echo is None):
        yield "content", _shown(_body(left)), _shown(_body(right))
    elif left.echo is not None and right.echo is not None:
        yield from _of_echoes(left.echo, right.echo)
    if left.answer is not None and right.answer is not None and left.status == right.status:
        yield from _of_answers(given, method, left, right)
    if left.events != right.events:
        yield "events", _listed(left.events), _listed(right.events)


def _of_echoes(left: Any, right: Any) -> Iterator[tuple[str, str, str]]:
    for member in ("route", "method", "params", "query", "body", "form", "cookies", "path"):
        if left.get(member) != right.get(member):
            yield member, _json(left.get(member)), _json(right.get(member))
    here, there = _by_name(left["headers"]), _by_name(right["headers"])
    if here != there:
        names = sorted(name for name in here.keys() | there if here.get(name) != there.get(name))
        yield (
            "header fields",
            _json({name: here.get(name) for name in names}),
            _json({name: there.get(name) for name in names}),
        )


def _of_answers(
    given: Given, method: str, left: Reply, right: Reply
) -> Iterator[tuple[str, str, str]]:
    one, other = left.answer, right.answer
    assert one is not None
    assert other is not None
    if method == "HEAD":
        if any(event.startswith("enter r") for event in left.events):
            yield from _of_lengths(given, one, other)
    elif left.echo is None and right.echo is None:
        yield from _of_contents(given, one, other)
    if left.echo is not None or (method != "HEAD" and given.has_typed(one.body)):
        types = given.types(one), given.types(other)
        if not _is_same_type(*types):
            yield "media type", _json(types[0]), _json(types[1])
    is_page = one.status >= 400 and (method == "HEAD" or not given.has_made(one.body))
    for name in sorted(given.header_names - (_OF_PAGES if is_page else frozenset())):
        here, there = given.values(one, name), given.values(other, name)
        if here != there:
            yield f"header {name}", _json(here), _json(there)
    if given.cookie_names:
        here, there = given.cookies_in(one), given.cookies_in(other)
        if here != there:
            yield "cookies that are set", _json(here), _json(there)
    if one.problem != other.problem:
        yield "form of the answer", one.problem or "valid", other.problem or "valid"


def _of_lengths(given: Given, one: Answer, other: Answer) -> Iterator[tuple[str, str, str]]:
    """Content-Length of the answers that a handler gave to a HEAD, where it is that of a content
    the application has: a server may leave it out (RFC 9110 §9.3.2)."""
    here, there = one.values("Content-Length"), other.values("Content-Length")
    if here and there and here != there and given.lengths & {*here, *there}:
        yield "length of the content", _json(here), _json(there)


def _of_contents(given: Given, one: Answer, other: Answer) -> Iterator[tuple[str, str, str]]:
    if one.body in given.bodies or other.body in given.bodies:
        if one.body != other.body:
            yield "content", _shown(one.body), _shown(other.body)
        return
    here, there = given.texts_in(one.body), given.texts_in(other.body)
    if here != there:
        yield "message in the page", _json(here), _json(there)


def _is_same_type(one: list[str], other: list[str]) -> bool:
    """The media types are the same, and the charsets where both name one: which texts get one by
    default is a framework's own affair."""
    if len(one) != 1 or len(other) != 1:
        return one == other
    here, there = (value.partition(";") for value in (one[0], other[0]))
    return here[0] == there[0] and (not here[2] or not there[2] or here[2] == there[2])


def _by_name(headers: list[list[str]]) -> dict[str, list[str]]:
    """The values of each name in their order: names have no case (RFC 9110 §5.1), and the order of
    fields with different names says nothing (§5.3)."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        if name.lower() != ID_FIELD.lower():
            found.setdefault(name.lower(), []).append(value)
    return found


def _outcome(reply: Reply) -> str:
    if reply.outcome is Outcome.ANSWERED:
        return f"answered with {reply.status}"
    return str(reply.outcome.value)


def _body(reply: Reply) -> bytes:
    return b"" if reply.answer is None else reply.answer.body


def _shown(body: bytes) -> str:
    return repr(body if len(body) <= 200 else body[:200] + b"...")


def _listed(events: tuple[str, ...]) -> str:
    return ", ".join(events) or "none"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
