"""What is expected of the head of an answer: its version, fields that stand once, a date.

Owns nothing but these values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ..seen import Answer, Seen
from .answer import _OfAnswer

_FORM = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d "
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT"
)
_PATTERN = "%a, %d %b %Y %H:%M:%S GMT"
_EARLIEST = datetime(2024, 1, 1, tzinfo=UTC)
"""No clock was right that says less: it is before this was written."""


@dataclass(frozen=True)
class Version(_OfAnswer):
    wanted: str = "HTTP/1.1"

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        if answer.version != self.wanted:
            yield f"the answer says {answer.version}, expected {self.wanted}"


def version(wanted: str = "HTTP/1.1", of: str = "1", index: int = 0) -> Version:
    """The version that the status line says."""
    return Version(of, index, wanted)


@dataclass(frozen=True)
class AtMostOnce(_OfAnswer):
    names: tuple[str, ...] = ()

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        for name in self.names:
            found = answer.values(name)
            if len(found) > 1:
                yield f"header {name} comes {len(found)} times: {', '.join(map(repr, found))}"


def at_most_once(*names: str, of: str = "1", index: int = 0) -> AtMostOnce:
    """None of these fields stands there on more than one line."""
    return AtMostOnce(of, index, names)


@dataclass(frozen=True)
class Dated(_OfAnswer):
    name: str = "Date"

    def of_answer(self, answer: Answer, seen: Seen) -> Iterator[str]:
        found = answer.values(self.name)
        if len(found) != 1:
            shown = ", ".join(map(repr, found)) or "absent"
            yield f"header {self.name} is {shown}, expected one date"
            return
        problem = _problem(found[0])
        if problem is not None:
            yield f"header {self.name} is {found[0]!r}, {problem}"


def dated(name: str = "Date", of: str = "1", index: int = 0) -> Dated:
    """The field stands there once and is a date of RFC 9110 §5.6.7 that the calendar has."""
    return Dated(of, index, name)


def _problem(text: str) -> str | None:
    """What is wrong with a date, None when nothing is."""
    if not _FORM.fullmatch(text):
        return "which is not the form of RFC 9110 §5.6.7"
    try:
        date = datetime.strptime(text, _PATTERN).replace(tzinfo=UTC)
    except ValueError:
        return "which is no day or no time"
    if date.strftime("%a") != text[:3]:
        return f"which was a {date.strftime('%a')}"
    return None if date >= _EARLIEST else "which is long ago"
