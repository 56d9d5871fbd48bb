"""A plain model of the reference's router: every registered pattern is tried by itself.

Owns what the documentation of `reference.pattern` and `reference.router` says, written down so
that it can be checked by eye. Shares no code with the reference and imports nothing of it.

    a pattern is its segments in order                                        `parsed`
    it matches a path that matches segment by segment, each one decoded       `values_of`
    of those that match, the first segment of another kind decides:
    literal > mixed (the one registered first) > {name} > tail                `Entry.rank`
    and then the method: its own > GET for HEAD > any                         `_preference`
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

LITERAL, MIXED, PARAM, TAIL = range(4)
"""The kinds of segments, the preferred ones first."""

KINDS = ("literal", "mixed", "param", "tail")

ANY = "*"

_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token: RFC 9110 §5.6.2
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f][0-9A-Fa-f])+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile(r"\\.", re.DOTALL)


class Refused(Exception):
    """The registration has to be refused."""


class NotJudged(Exception):
    """The pattern has a regular expression that the model was not told of: such a one may mean
    anything, and cost any time."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a pattern.

    kind    LITERAL, MIXED, PARAM or TAIL
    shape   the same for segments that match the same, whatever their parameters are called
    names   of the parameters
    text    of a literal, decoded
    regex   of a mixed one, with a group for each parameter: p0, p1 ...
    """

    kind: int
    shape: tuple[object, ...]
    names: tuple[str, ...] = ()
    text: str = ""
    regex: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class _Field:
    """What stands between braces."""

    name: str
    regex: str | None


Pieces = list[str | _Field]


@lru_cache(maxsize=4096)
def decoded(segment: str) -> str:
    """A segment without percent-encoding; as it was sent when it is not UTF-8 then."""
    try:
        return _strictly_decoded(segment)
    except UnicodeDecodeError:
        return segment


def _strictly_decoded(text: str) -> str:
    return _ENCODED.sub(lambda hit: bytes.fromhex(hit[0].replace("%", "")).decode(), text)


def parsed(path: str, known: Collection[str]) -> tuple[Segment, ...]:
    """The segments of a registered path, at least one.

    known   the regular expressions that are judged

    Raises Refused or NotJudged.
    """
    if not path.startswith("/") or _SURROGATE.search(path):
        raise Refused
    segments = tuple(_segment(pieces, known) for pieces in _cut(path))
    if any(segment.kind == TAIL for segment in segments[:-1]):
        raise Refused
    names = [name for segment in segments for name in segment.names]
    if len(set(names)) < len(names):
        raise Refused
    return segments


def _cut(path: str) -> list[Pieces]:
    """The pieces of each segment: texts as they are written, and what stands between braces."""
    segments: list[Pieces] = []
    position = 0
    while position < len(path):
        if path[position] == "/":
            segments.append([])
            position += 1
        elif path[position] == "{":
            end = _closing_brace(path, position)
            segments[-1].append(_field(path[position + 1 : end]))
            position = end + 1
        elif path[position] == "}":
            raise Refused
        else:
            text = re.split("[/{}]", path[position:], maxsplit=1)[0]
            segments[-1].append(text)
            position += len(text)
    return segments


def _closing_brace(path: str, opening: int) -> int:
    """Braces inside braces balance, or have a backslash before them."""
    depth = 0
    for position, character in enumerate(_ESCAPED.sub("__", path[opening:]), opening):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return position
    raise Refused


def _field(text: str) -> _Field:
    name, colon, regex = text.partition(":")
    if not name.isidentifier() or (colon and not regex):
        raise Refused
    return _Field(name, regex if colon else None)


def _segment(pieces: Pieces, known: Collection[str]) -> Segment:
    fields = [piece for piece in pieces if isinstance(piece, _Field)]
    names = tuple(field.name for field in fields)
    if not fields:
        text = decoded("".join(piece for piece in pieces if isinstance(piece, str)))
        return Segment(LITERAL, (LITERAL, text), text=text)
    if pieces == [_Field(names[0], None)]:
        return Segment(PARAM, (PARAM,), names)
    if pieces == [_Field(names[0], "path")]:
        return Segment(TAIL, (TAIL,), names)
    if any(field.regex == "path" for field in fields):
        raise Refused
    if not {field.regex for field in fields} <= {None, *known}:
        raise NotJudged
    return _mixed(pieces, names)


def _mixed(pieces: Pieces, names: tuple[str, ...]) -> Segment:
    """Text and parameters in one segment: the first takes as much as it can, then the second."""
    with suppress(UnicodeDecodeError):  # a segment is decoded as a whole or not at all
        pieces = [_strictly_decoded(piece) if isinstance(piece, str) else piece for piece in pieces]
    shape: list[object] = [MIXED]
    source = ""
    number = 0
    for piece in pieces:
        if isinstance(piece, str):
            shape.append(piece)
            source += re.escape(piece)
        else:
            shape.append((piece.regex,))
            source += f"(?P<p{number}>{piece.regex or '(?s:.+)'})"
            number += 1
    return Segment(MIXED, tuple(shape), names, regex=re.compile(source))


@lru_cache(maxsize=4096)
def _parsed_or_error(
    path: str, known: frozenset[str]
) -> tuple[Segment, ...] | type[Refused | NotJudged]:
    try:
        return parsed(path, known)
    except (Refused, NotJudged) as error:
        return type(error)


def values_of(pattern: tuple[Segment, ...], segments: list[str]) -> dict[str, str] | None:
    """The parameters of a path that is cut at its slashes and decoded; None when it is not of this
    pattern."""
    count = len(pattern)
    if len(segments) != count and (len(segments) < count or pattern[-1].kind != TAIL):
        return None
    params: dict[str, str] = {}
    for position, part in enumerate(pattern):
        segment = segments[position]
        if part.kind == LITERAL:
            if segment != part.text:
                return None
        elif part.kind == TAIL:
            params[part.names[0]] = "/".join(segments[position:])
        elif not segment:
            return None
        elif part.kind == PARAM:
            params[part.names[0]] = segment
        else:
            assert part.regex is not None
            found = part.regex.fullmatch(segment)
            values = [found[f"p{number}"] for number in range(len(part.names))] if found else []
            if not all(values) or not values:  # no match, or an expression that took nothing
                return None
            params.update(zip(part.names, values, strict=True))
    return params


class Entry(NamedTuple):
    """A registered route. `rank` is by what it is preferred: the lowest."""

    number: int
    method: str
    pattern: tuple[Segment, ...]
    rank: tuple[tuple[int, int], ...]


class Resolved(NamedTuple):
    """What a method and a path lead to: a route, by its number, or the methods that there are."""

    number: int | None
    params: Mapping[str, str]
    allowed: tuple[str, ...]


_NOTHING = Resolved(None, {}, ())


class Table:
    """A route table. Routes are numbered in the order in which they were taken, from 0."""

    def __init__(self, known: frozenset[str]) -> None:
        self.entries: list[Entry] = []
        self._known = known
        self._taken: set[tuple[str, tuple[object, ...]]] = set()
        self._first: dict[tuple[object, ...], int] = {}

    def add(self, method: str, path: str) -> Entry:
        """Register a route. Raises Refused or NotJudged, and nothing has happened then."""
        if not _METHOD.fullmatch(method):
            raise Refused
        pattern = _parsed_or_error(path, self._known)
        if isinstance(pattern, type):
            raise pattern
        shapes = tuple(segment.shape for segment in pattern)
        if (method, shapes) in self._taken:
            raise Refused
        self._taken.add((method, shapes))
        number = len(self.entries)
        rank = []
        for count, segment in enumerate(pattern, 1):
            first = self._first.setdefault(shapes[:count], number)
            # Among siblings, only mixed ones are told apart by who was registered first.
            rank.append((segment.kind, first if segment.kind == MIXED else 0))
        entry = Entry(number, method, pattern, tuple(rank))
        self.entries.append(entry)
        return entry

    def resolve(self, method: str, raw_path: str) -> Resolved:
        """What becomes of a method and a path that is still percent-encoded."""
        if method == "OPTIONS" and raw_path == "*":
            return Resolved(None, {}, _allowed({entry.method for entry in self.entries}))
        if not raw_path.startswith("/"):
            return _NOTHING
        segments = raw_path[1:].split("/")
        if "%" in raw_path:
            segments = [decoded(segment) for segment in segments]
        best: Entry | None = None
        best_params: Mapping[str, str] = {}
        methods = set()
        for entry in self.entries:
            params = values_of(entry.pattern, segments)
            if params is None:
                continue
            methods.add(entry.method)
            if _takes(entry.method, method) and (best is None or _is_better(entry, best, method)):
                best, best_params = entry, params
        if best is not None:
            return Resolved(best.number, best_params, ())
        return Resolved(None, {}, _allowed(methods)) if methods else _NOTHING


def _takes(route: str, method: str) -> bool:
    return route in (method, ANY) or (method == "HEAD" and route == "GET")


def _preference(route: str, method: str) -> int:
    return 0 if route == method else 2 if route == ANY else 1


def _is_better(one: Entry, other: Entry, method: str) -> bool:
    ranks = (one.rank, _preference(one.method, method))
    return ranks < (other.rank, _preference(other.method, method))


def _allowed(methods: set[str]) -> tuple[str, ...]:
    head = {"HEAD"} if "GET" in methods else set()
    return tuple(sorted((methods | head) - {ANY}))
