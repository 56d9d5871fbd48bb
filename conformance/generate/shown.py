"""Parts of a failure as text: an application in short JSON, what is sent, what came back.

Owns the words and the form of each; `present` puts them in order. Everything is printable when it
leaves here. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..report.detail import octet_line
from ..report.octets import Line, Span, escape, lines, printable
from ..report.style import MARK, paint
from ..spec import App, JsonValue
from .case import Case, Request, Talk, id_of
from .observed import Observed, Outcome, Reply

MOST_BODY_BYTES = 1000
BESIDE_BODY_BYTES = 100
"""Of the body of a request that stands beside the one that differs."""
MOST_REQUEST_WORDS = 80
MOST_PLACES = 12
MOST_COLUMNS = 240
_BEFORE_MARK = 60

_UNTOLD = {"date", "server"}
_KEYS = {
    "outcome": "status",
    "header fields": "headers",
    "cookies that are set": "header set-cookie",
    "message in the page": "content",
}


# -- Marks -----------------------------------------------------------------------------------------


def changed(left: str, right: str) -> tuple[Span, Span]:
    """The part of each text that is not in the other: all between what begins and ends both."""
    least = min(len(left), len(right))
    start = next((at for at in range(least) if left[at] != right[at]), least)
    most = least - start
    behind = next((at for at in range(most) if left[-1 - at] != right[-1 - at]), most)
    return (start, len(left) - behind), (start, len(right) - behind)


def marked(lead: str, text: str, span: Span | None, colour: bool) -> list[str]:
    """A line with a part of it marked: `^^^` under it, or in colour. One that is too long is cut to
    what is around the mark."""
    start, end = span or (0, 0)
    first = start - _BEFORE_MARK if start > _BEFORE_MARK and len(text) > MOST_COLUMNS else 0
    shown = text[first : first + MOST_COLUMNS]
    front = f"... {first} characters ... " if first else ""
    more = len(text) - first - len(shown)
    behind = f" ... {more} more characters" if more else ""
    if span is None:
        return [f"{lead}{front}{shown}{behind}"]
    start, end = start - first, min(end - first, len(shown))
    end = max(end, start + 1)  # an empty one would not show
    if colour:
        part = paint(shown[start:end] or " ", MARK, colour)
        return [f"{lead}{front}{shown[:start]}{part}{shown[end:]}{behind}"]
    under = " " * (len(lead) + len(front) + start) + "^" * (end - start)
    return [f"{lead}{front}{shown}{behind}", under]


# -- An application --------------------------------------------------------------------------------


def brief(app: App) -> dict[str, JsonValue]:
    """An application as JSON without what is empty in it; `app_from_json` reads it all the same."""
    said = app.to_json()
    said["hooks"] = {phase: hooks for phase, hooks in said["hooks"].items() if hooks}
    said["middlewares"] = [
        {name: value for name, value in one.items() if value != []} for one in said["middlewares"]
    ]
    return {
        name: value
        for name, value in said.items()
        if name == "routes" or value not in ([], {}, False)
    }


def pretty(value: JsonValue, width: int = 96, taken: int = 0) -> list[str]:
    """JSON in lines: what fits into one is on one. `taken` are columns of the first line that have
    something else."""
    line = "".join(map(_legible, json.dumps(value, ensure_ascii=False)))
    if len(line) <= width - taken or not isinstance(value, dict | list) or not value:
        return [line]
    if isinstance(value, dict):
        opening, closing = "{", "}"
        parts = [(f"{pretty(name)[0]}: ", one) for name, one in value.items()]
    else:
        opening, closing = "[", "]"
        parts = [("", one) for one in value]
    found = [opening]
    for place, (name, one) in enumerate(parts):
        first, *more = pretty(one, width - 3, len(name))
        inner = [f"{name}{first}", *more]
        if place < len(parts) - 1:
            inner[-1] += ","
        found += [f"  {each}" for each in inner]
    return [*found, closing]


def _legible(character: str) -> str:
    r"""A character of JSON, as `\u0085` where it cannot be printed."""
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if character < "\x80" else json.dumps(character)[1:-1]


# -- What is sent ----------------------------------------------------------------------------------


def sent(talk: Talk, place: int, marked_ids: set[str], colour: bool) -> list[str]:
    """The octets of all requests of a connection; those with these ids are marked."""
    shown: list[str] = []
    for number, request in enumerate(talk.requests):
        id = id_of(place, number)
        most = MOST_BODY_BYTES if id in marked_ids or not marked_ids else BESIDE_BODY_BYTES
        data, left_out = _cut(request.octets(id), most)
        marks = [(0, len(data))] if id in marked_ids and len(talk.requests) > 1 else []
        for line in lines(data, marks):
            shown += octet_line(line, ">", colour)
        if left_out:
            elision = Line(f"... {left_out} octets more ...", is_elision=True)
            shown += octet_line(elision, ">", colour)
    return shown


def _cut(octets: bytes, most_bytes: int) -> tuple[bytes, int]:
    """A message with no more than so much of its body, and how many octets that leaves out."""
    most = octets.index(b"\r\n\r\n") + 4 + most_bytes
    return octets[:most], max(0, len(octets) - most)


def talk_words(talk: Talk) -> str:
    """`2 requests, pipelined, cut at 5`"""
    count = len(talk.requests)
    parts = ["1 request" if count == 1 else f"{count} requests"]
    if count > 1:
        parts.append("pipelined" if talk.is_pipelined else "each behind the answer to the last")
    if talk.cuts:
        places = sorted(set(talk.cuts))
        more = f" and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
        at = ", ".join(map(str, places[:MOST_PLACES]))
        parts.append(f"cut into segments at {at}{more}")
    return ", ".join(parts)


def request_words(request: Request) -> str:
    words = f"{request.method} {request.target}"
    return printable(
        words if len(words) <= MOST_REQUEST_WORDS else f"{words[:MOST_REQUEST_WORDS]}..."
    )


def described(case: Case) -> list[str]:
    """A case in lines, for the comparison with a variant of it; ids of requests are left out."""
    found = pretty(brief(case.app))
    for place, talk in enumerate(case.talks):
        found.append(f"connection {place}: {talk_words(talk)}")
        for request in talk.requests:
            data, left_out = _cut(request.octets("ID"), BESIDE_BODY_BYTES)
            found += [line.text for line in lines(data)]
            found += [f"... {left_out} octets more ..."] if left_out else []
    return found


# -- What came back --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A line of what came back. `key` names what it tells, as the aspects of differences do."""

    key: str
    text: str


def keys_of(aspects: Sequence[str]) -> set[str]:
    """The keys of the rows in which these aspects are seen."""
    return {_KEYS.get(aspect, aspect) for aspect in aspects}


def rows(reply: Reply) -> list[Row]:
    """The answer and the events of a request: status line, fields, body, events."""
    events = Row("events", printable("events: " + (", ".join(reply.events) or "none")))
    return [*_answer_rows(reply), events]


def _answer_rows(reply: Reply) -> Iterator[Row]:
    answer = reply.answer
    if reply.repeated:
        yield Row("repeated", "(sent once more, as the connection was closed in front of it)")
    if answer is None:
        yield Row("status", reply.outcome.value)
        return
    status = f"{answer.version} {answer.status} {answer.reason}"
    yield Row("status", escape(status.encode("latin-1", "replace")))
    for name, value in answer.headers:
        if name.lower() not in _UNTOLD:
            field = escape(f"{name}: {value}".encode("latin-1", "replace"))
            yield Row(f"header {name.lower()}", field)
    if reply.outcome is Outcome.CUT:
        yield Row("status", f"({reply.outcome.value})")
    if answer.problem is not None:
        yield Row("form of the answer", f"({printable(answer.problem)})")
    if reply.echo is not None:
        for member, value in reply.echo.items():
            if member != "nonce" and value is not None:
                yield Row(member, printable(f"{member}: {json.dumps(value, ensure_ascii=False)}"))
        return
    for line in lines(answer.body[:MOST_BODY_BYTES]) if answer.body else ():
        yield Row("content", line.text)
    if len(answer.body) > MOST_BODY_BYTES:
        yield Row("left out", f"... {len(answer.body) - MOST_BODY_BYTES} octets more ...")


def side_by_side(
    left: list[Row], right: list[Row], keys: set[str]
) -> tuple[list[tuple[str, Span | None]], list[tuple[str, Span | None]]]:
    """The rows of both, each with the part that is marked: where it has one of these keys and is
    not the same as its counterpart, the row on the other side that has the same place among those
    with its key."""
    return _spans(left, right, keys), _spans(right, left, keys)


def _spans(own: list[Row], other: list[Row], keys: set[str]) -> list[tuple[str, Span | None]]:
    found: list[tuple[str, Span | None]] = []
    counts: dict[str, int] = {}
    for row in own:
        place = counts.get(row.key, 0)
        counts[row.key] = place + 1
        counterparts = [one.text for one in other if one.key == row.key]
        span: Span | None = None
        if row.key in keys and place >= len(counterparts):
            span = (0, len(row.text))
        elif row.key in keys and counterparts[place] != row.text:
            span = changed(row.text, counterparts[place])[0]
        found.append((row.text, span))
    return found


def observed_json(observed: Observed) -> dict[str, Any]:
    """What was observed, for other programs. Octets are strings whose characters they are."""
    return {
        "refusal": observed.refusal,
        "died": observed.died,
        "hooks": list(observed.hooks),
        "unasked": [octets.decode("latin-1") for octets in observed.unasked],
        "stderr": observed.stderr,
        "replies": {id: _reply_json(reply) for id, reply in observed.replies.items()},
    }


def _reply_json(reply: Reply) -> dict[str, Any]:
    said: dict[str, Any] = {
        "outcome": reply.outcome.value,
        "events": list(reply.events),
        "repeated": reply.repeated,
        "answer": None,
    }
    if reply.answer is not None:
        said["answer"] = {
            "status": reply.answer.status,
            "reason": reply.answer.reason,
            "headers": [list(field) for field in reply.answer.headers],
            "body": reply.answer.body.decode("latin-1"),
            "problem": reply.answer.problem,
        }
    return said
