"""What the rules let come back for an input.

Owns how their reading of it becomes places: one for each answer that may come, in their order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote_to_bytes

from conformance.check import Source, rfc

from ..reading import End, Request
from ..rules import RuledReading, most_answers, owed_answers, read, refused_at

NO_FURTHER = rfc(
    9112, "9.6", "The server MUST NOT process any further requests received on that connection."
)
OTHERWISE = rfc(9112, "9.3", "The connection will close after the current response.")

_LINE_END = re.compile(rb"\r\n?|\n")
_TRAILERS = re.compile(rb"(?:^|\n)0+[ \t]*(?:;[^\r\n]*)?\r?\n((?:[^\r\n]+\r?\n)+)")
"""Behind what looks like a last chunk."""


class Kind(Enum):
    """What the rules say of a request, and of what stands where no other is known."""

    VALID = "a valid request"
    REFUSED = "a request that must be refused"
    DOUBTFUL = "a request in doubt"  # the rules leave it to the server
    INCOMPLETE = "an incomplete request"
    NOTHING = "nothing more"
    BEHIND_THE_LAST = "what is behind the last request"  # which says that no other follows
    UNKNOWN = "what nobody can read"  # a server that goes on may see anything


@dataclass(frozen=True)
class Place:
    """What an answer in this place answers.

    request  as who takes it has to take it; None where that is not known
    rule     the id of the rule that it breaks, "" when it breaks none
    source   its requirement
    method   b"" where it is not known
    """

    kind: Kind
    request: Request | None = None
    rule: str = ""
    source: Source | None = None
    method: bytes = b""

    @property
    def words(self) -> str:
        """For buckets."""
        return f"{self.kind.value}: {self.rule}" if self.rule else self.kind.value

    @property
    def validity(self) -> str:
        """For buckets of what has little to do with the rule that is broken."""
        return self.kind.value if self.kind is Kind.VALID else "any other"


@dataclass(frozen=True)
class Expected:
    """What may come back.

    places   one for each request that may be answered
    behind   what stands behind them
    owed     the first so many of them have to be answered; behind those a server may close
    served   more requests than this cannot be served
    answers  more answers than this cannot come
    methods  of the requests in the places, and behind them as far as they can be made out
    crashes  maybe a handler is asked for that fails
    data     the octets
    """

    places: tuple[Place, ...]
    behind: Place
    owed: int
    served: int
    answers: int
    methods: tuple[str, ...]
    crashes: bool
    data: bytes

    def place(self, number: int) -> Place:
        return self.places[number] if number < len(self.places) else self.behind

    @property
    def trailers(self) -> frozenset[str]:
        """The names, in lower case, of all that may be a trailer field, of whatever request."""
        sections = [match[1] for match in _TRAILERS.finditer(self.data)]
        lines = [line for section in sections for line in section.splitlines()]
        names = (line.partition(b":")[0].strip().lower() for line in lines)
        return frozenset(name.decode("latin-1") for name in names)

    @property
    def waited(self) -> int:
        """So many answers come from most servers, or may come of a request that goes on."""
        is_head_open = bool(self.places) and self.places[-1] == Place(Kind.INCOMPLETE)
        return len(self.places) - is_head_open

    @property
    def words(self) -> str:
        """The first thing that is not in order, for signatures."""
        odd = (place for place in self.places if place.kind is not Kind.VALID)
        return next(odd, self.behind).words


def expected(data: bytes) -> Expected:
    """What may come back for these octets on a connection of their own."""
    first = ruled = read(data)
    places: list[Place] = []
    while True:
        places += _requests(ruled)
        if not ruled.broken or ruled.in_body:
            break
        places.append(_broken(ruled))
        if not ruled.behind:
            break
        ruled = read(ruled.behind)
    served = most_answers(first)
    # Behind CONNECT stand requests, unless it is accepted.
    rest = ruled.unread or ruled.behind or b""
    return Expected(
        places=tuple(places),
        behind=_behind(ruled),
        owed=owed_answers(first),
        served=served,
        answers=max(served, len(places) + len(_LINE_END.findall(rest)) + 1),
        methods=_methods(places, rest),
        crashes=b"crash" in (unquote_to_bytes(data) if b"%" in data else data).lower(),
        data=data,
    )


def _requests(ruled: RuledReading) -> list[Place]:
    """Those that were read; the last one may be incomplete, or have a body that breaks a rule."""
    requests = ruled.reading.requests
    places = [Place(Kind.VALID, one, method=one.method) for one in requests]
    if requests and not requests[-1].whole:
        method = requests[-1].method
        if ruled.in_body:
            rule = ruled.broken[0]
            places[-1] = Place(Kind.DOUBTFUL, None, rule.id, rule.source, method)
        else:
            places[-1] = Place(Kind.INCOMPLETE, requests[-1], method=method)
    elif ruled.reading.end is End.INCOMPLETE:
        places.append(Place(Kind.INCOMPLETE))
    return places


def _broken(ruled: RuledReading) -> Place:
    refused = refused_at(ruled)
    if refused is not None:
        rule = refused[1]
        return Place(Kind.REFUSED, None, rule.id, rule.source)
    rule = max(ruled.broken, key=lambda one: one.verdict)
    taken = ruled.taken
    method = taken.method if taken is not None else b""
    if taken is not None and not taken.whole and not _is_cut_short(ruled):
        taken = None
    return Place(Kind.DOUBTFUL, taken, rule.id, rule.source, method)


def _is_cut_short(ruled: RuledReading) -> bool:
    """The octets end within the request that is taken, rather than that its body breaks a rule,
    of which nobody knows what is made."""
    return ruled.behind == b"" and not any(rule.closes for rule in ruled.broken)


def _behind(ruled: RuledReading) -> Place:
    """What stands behind the last place. `behind` is "" both where nothing is left, and where no
    request behind it may be served."""
    requests = ruled.reading.requests
    if ruled.behind != b"" or (requests and requests[-1].method == b"CONNECT"):
        return Place(Kind.UNKNOWN)  # behind the head of CONNECT may be a tunnel
    if ruled.broken:
        rule = next((one for one in ruled.broken if one.closes), None)
        source = rule.source if rule is not None else None
        return Place(Kind.BEHIND_THE_LAST, None, rule.id if rule else "", source)
    if ruled.reading.end is End.LAST:
        source = OTHERWISE if requests[-1].minor == 0 else NO_FURTHER
        return Place(Kind.BEHIND_THE_LAST, source=source)
    return Place(Kind.NOTHING)


def _methods(places: list[Place], unread: bytes) -> tuple[str, ...]:
    """HEAD and CONNECT tell where an answer ends."""
    lines = [line.split(None, 1) for line in _LINE_END.split(unread) if b"HTTP/" in line]
    guessed = iter([words[0] for words in lines if words])
    methods = [place.method or next(guessed, b"GET") for place in places]
    return tuple(one.decode("latin-1") for one in (*methods, *guessed))
