"""Apps, steps and expectations as text for a reader.

Owns the wording. What it has no words for (an expectation of a later day) it shows as the literal
that a check is written with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import singledispatch
from typing import Any

from .. import expect, steps
from ..expect import Expectation
from ..spec import App
from ..steps import Step
from .octets import escape, printable

WIDTH = 92
_MOST_BYTES = 600


# -- Literals -------------------------------------------------------------------------------------


def app(application: App, width: int = WIDTH) -> str:
    """The app as the call that makes it, over several lines when it is long.

    `app(Route('r1', 'GET', '/users/{name}'))`
    """
    arguments = [literal(route) for route in application.routes]
    arguments += _keywords(
        application, [one for one in fields(application) if one.name != "routes"]
    )
    line = f"app({', '.join(arguments)})"
    if len(line) <= width:
        return line
    return "\n".join(["app(", *(f"    {argument}," for argument in arguments), ")"])


def literal(value: Any) -> str:
    """A value as Python writes it; dataclasses without the arguments that have their defaults."""
    if is_dataclass(value) and not isinstance(value, type):
        required = [one for one in fields(value) if not _has_default(one)]
        optional = [one for one in fields(value) if _has_default(one)]
        arguments = [literal(getattr(value, one.name)) for one in required]
        arguments += _keywords(value, optional)
        return f"{type(value).__name__}({', '.join(arguments)})"
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(map(literal, value)))}}}"
    if isinstance(value, str | bytes) and len(value) > _MOST_BYTES:
        return f"{value[:_MOST_BYTES]!r}... ({len(value)} in all)"
    return repr(value)


def _has_default(one: Field[Any]) -> bool:
    return one.default is not MISSING or one.default_factory is not MISSING


def _keywords(value: Any, optional: Iterable[Field[Any]]) -> list[str]:
    found = []
    for one in optional:
        given = getattr(value, one.name)
        default = one.default if one.default_factory is MISSING else one.default_factory()
        if given != default:
            found.append(f"{one.name}={literal(given)}")
    return found


# -- Steps ----------------------------------------------------------------------------------------


@singledispatch
def _step(one: object) -> str:
    return literal(one)


def step(one: Step) -> str:
    """`send GET / HTTP/1.1\\r\\n... on connection 1`"""
    return printable(_step(one))


@_step.register
def _(one: steps.Ask) -> str:
    parts = [f"ask {one.method} {one.target}"]
    parts += [f"{name}: {value}" for name, value in one.headers]
    if isinstance(one.body, tuple):
        parts.append(f"body in {len(one.body)} chunks {_clipped(b''.join(one.body))}")
    elif one.body is not None:
        parts.append(f"body {_clipped(one.body)}")
    if one.keep:
        parts.append("on the connection that the check keeps")
    if one.begin_only:
        parts.append("without waiting for the answer")
    return f"{', '.join(parts)}{_named(one.name)}"


@_step.register
def _(one: steps.Answered) -> str:
    return f"wait for the answer{_named(one.name)}"


@_step.register
def _(one: steps.Send) -> str:
    how = ""
    if one.segment_bytes is not None:
        size = one.segment_bytes
        how = ", a byte at a time" if size == 1 else f", {size} bytes at a time"
    elif one.cuts:
        how = f", cut at {', '.join(map(str, one.cuts))}"
    if one.times > 1:
        how += f", {one.times} times"
    if one.begin_only:
        how += ", without waiting until it is taken"
    return f"send {_clipped(one.data)}{how}{_on(one.on)}"


@_step.register
def _(one: steps.Drip) -> str:
    return f"send {_clipped(one.data)}, a byte every {one.every_s:g} s{_on(one.on)}"


@_step.register
def _(one: steps.Crowd) -> str:
    over = f" over {_counted(one.connections, 'connection')}"
    how = f", {one.pipelined} at a time" if one.pipelined > 1 else ""
    return f"send {_clipped(one.request)} {one.count} times{over}{how} ({one.name})"


@_step.register
def _(one: steps.Gauge) -> str:
    return f"see what the subject takes of memory and processor ({one.name})"


@_step.register
def _(one: steps.Read) -> str:
    kind = "interim answer" if one.interim else "head of an answer" if one.head_only else "answer"
    count = kind if one.answers == 1 else f"{one.answers} answers"
    return f"read {count}{'' if one.to == 'GET' else f' to {one.to}'}{_on(one.on)}"


@_step.register
def _(one: steps.ReadToEnd) -> str:
    return f"read until the other side ends the connection{_on(one.on)}"


@_step.register
def _(one: steps.Connect) -> str:
    return f"connect and send nothing{_on(one.on)}"


@_step.register
def _(one: steps.HalfClose) -> str:
    return f"end the sending side{_on(one.on)}"


@_step.register
def _(one: steps.Close) -> str:
    return f"close{_on(one.on)}"


@_step.register
def _(one: steps.Reset) -> str:
    return f"reset{_on(one.on)}"


@_step.register
def _(one: steps.Event) -> str:
    of = f" of request {one.request}" if one.request else ""
    return f"wait for the event {one.kind}{f' {one.who}' if one.who else ''}{of}"


@_step.register
def _(one: steps.Open) -> str:
    return f"open the gate {one.gate}"


@_step.register
def _(one: steps.Stop) -> str:
    return f"have the app stopped{', without waiting for its end' if one.begin_only else ''}"


@_step.register
def _(one: steps.Stopped) -> str:
    return "wait until the app has stopped"


@_step.register
def _(one: steps.Signal) -> str:
    return f"send {one.name} to the subject's process"


@_step.register
def _(one: steps.Exit) -> str:
    return "wait until the subject's process has ended"


# -- Expectations ---------------------------------------------------------------------------------


@singledispatch
def _expectation(one: object) -> str:
    return literal(one)


def expectation(one: Expectation) -> str:
    """`status 405`, `header Allow lists GET, HEAD`"""
    return printable(_expectation(one))


@_expectation.register
def _(one: expect.Status) -> str:
    if one.negated and one.codes == tuple(range(200, 300)):
        return f"no 2xx status{_where(one)}"
    codes = " or ".join(map(str, one.codes))
    return f"status {'other than ' if one.negated else ''}{codes}{_where(one)}"


@_expectation.register
def _(one: expect.Header) -> str:
    said = f"a header {one.name}"
    if one.is_absent:
        said = f"no header {one.name}"
    elif one.values is not None:
        said = f"header {one.name}: {', '.join(map(repr, one.values))}"
    elif one.contains is not None:
        said = f"header {one.name} contains {one.contains!r}"
    elif one.matches is not None:
        said = f"header {one.name} matches {one.matches}"
    elif one.members is not None:
        said = f"header {one.name} lists {', '.join(sorted(one.members)) or 'nothing'}"
    return said + _where(one)


@_expectation.register
def _(one: expect.Reason) -> str:
    return f"the reason phrase {one.wanted!r}{_where(one)}"


@_expectation.register
def _(one: expect.NoMarkup) -> str:
    return f"no element or attribute {one.name} in the page{_where(one)}"


@_expectation.register
def _(one: expect.Body) -> str:
    said = []
    if one.equals is not None:
        said.append(f"body {_clipped(one.equals)}" if one.equals else "an empty body")
    if one.contains is not None:
        said.append(f"the body contains {_clipped(one.contains)}")
    if one.lacks is not None:
        said.append(f"the body does not contain {_clipped(one.lacks)}")
    return f"{' and '.join(said)}{_where(one)}"


@_expectation.register
def _(one: expect.Echoes) -> str:
    members = ", ".join(f"{name} {value!r}" for name, value in one.members)
    return f"200 with the handler's echo{f', {members}' if members else ''}{_where(one)}"


@_expectation.register
def _(one: expect.SawHeader) -> str:
    values = [", ".join(one.values)] if one.joined else list(one.values)
    return f"the handler saw {one.name} {values!r}{_where(one)}"


@_expectation.register
def _(one: expect.SawPair) -> str:
    what = "cookie" if one.member == "cookies" else "field"
    return f"the handler saw {what} {one.name!r} {list(one.values)!r}{_where(one)}"


@_expectation.register
def _(one: expect.WellFramed) -> str:
    return f"the answer is complete and well formed{_where(one)}"


@_expectation.register
def _(one: expect.Version) -> str:
    return f"the answer says {one.wanted}{_where(one)}"


@_expectation.register
def _(one: expect.AtMostOnce) -> str:
    return f"at most one line each of {', '.join(one.names)}{_where(one)}"


@_expectation.register
def _(one: expect.Dated) -> str:
    return f"header {one.name} is one date{_where(one)}"


@_expectation.register
def _(one: expect.CutOff) -> str:
    return f"the client can tell that the answer is incomplete{_where(one)}"


@_expectation.register
def _(one: expect.Answers) -> str:
    return f"{_counted(one.count, 'answer')} and nothing else{_of(one.of)}"


@_expectation.register
def _(one: expect.Interim) -> str:
    return f"interim answers: {', '.join(map(str, one.statuses)) or 'none'}{_of(one.of)}"


@_expectation.register
def _(one: expect.Ended) -> str:
    return f"the connection is {' or '.join(sorted(end.value for end in one.ends))}{_of(one.of)}"


@_expectation.register
def _(one: expect.Refused) -> str:
    codes = " or ".join(map(str, one.codes))
    silently = " or no answer" if one.silently else ""
    return f"refused: {codes}{silently}, and the connection ends{_of(one.of)}"


@_expectation.register
def _(one: expect.Received) -> str:
    return f"{_clipped(one.lacks)} is sent nowhere{_of(one.of)}"


@_expectation.register
def _(one: expect.EventOrder) -> str:
    of = f" of request {one.request}" if one.request else ""
    others = one.kinds - {wanted.split(" ")[0] for wanted in one.wanted}
    lacks = f", and no {' or '.join(sorted(others))}" if others else ""
    return f"events{of}: {'; '.join(one.wanted) or 'none'}{lacks}"


@_expectation.register
def _(one: expect.Happened) -> str:
    of = f" of request {one.request}" if one.request else ""
    if one.times == 0:
        return f"no event {one.event}{of}"
    times = "" if one.times is None else f", {_counted(one.times, 'time')}"
    return f"event {one.event}{of}{times}{f', behind {one.after}' if one.after else ''}"


@_expectation.register
def _(one: expect.ExitStatus) -> str:
    wanted = " or ".join(map(str, one.wanted))
    return f"the process ends with {'a status other than' if one.negated else 'status'} {wanted}"


@_expectation.register
def _(one: expect.NotStarted) -> str:
    return "the app is not started: the framework refuses it, or its process ends"


@_expectation.register
def _(one: expect.CrowdServed) -> str:
    codes = " or ".join(map(str, one.codes))
    return f"every request of {one.name} gets its own answer, with status {codes}"


@_expectation.register
def _(one: expect.Grew) -> str:
    limit = f"{one.at_most_bytes / (1 << 20):g} MiB"
    return f"memory grows by {limit} at most, from {one.before} to {one.after}"


@_expectation.register
def _(one: expect.CostRatio) -> str:
    large, small = (
        " or ".join(" to ".join(pair) for pair in turns) for turns in (one.large, one.small)
    )
    return f"the least cost of {large} is at most {one.at_most:g} times that of {small}"


@_expectation.register
def _(one: expect.DescriptorsBack) -> str:
    return f"at most {one.slack} more descriptors are open at {one.after} than at {one.before}"


@_expectation.register
def _(one: expect.LogLacks) -> str:
    return f"no line of the log begins with {one.text!r}"


@_expectation.register
def _(one: expect.Either) -> str:
    return f"either {'; or '.join(_all_of(choice) for choice in one.choices)}"


@_expectation.register
def _(one: expect.ByDialect) -> str:
    choices = "; ".join(f"{value}: {_all_of(choice)}" for value, choice in one.choices)
    return f"as {one.option} is declared: {choices}"


def _all_of(choice: Sequence[Expectation]) -> str:
    return " and ".join(map(expectation, choice)) or "anything"


# -- Parts ----------------------------------------------------------------------------------------


def _clipped(data: bytes) -> str:
    if len(data) <= _MOST_BYTES:
        return escape(data)
    return f"{escape(data[:_MOST_BYTES])}... ({len(data)} bytes)"


def _named(name: str) -> str:
    return "" if name == "1" else f" (request {name})"


def _on(name: str) -> str:
    return "" if name == "1" else f" on connection {name}"


def _of(name: str) -> str:
    return "" if name == "1" else f" ({name})"


def _where(one: Any) -> str:
    return _of(one.of) if one.index == 0 else f" ({one.of}, answer {one.index + 1})"


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
