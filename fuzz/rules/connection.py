"""What a client sends on one connection, one request after the other.

Owns `read` and what it returns.
"""

from __future__ import annotations

from typing import NamedTuple

from ..reading import End, Reading, Request
from .chunks import decode
from .framing import CHUNKED, PLAIN, Framing, framing_of
from .head import Fields, Head, judge_head, match_head, split_block
from .rule import Broken, Meaning, Rule, Verdict
from .targets import judge_target


class RuledReading(NamedTuple):
    """What came of the octets of one connection.

    It ends with the first message that breaks a rule. A request whose body breaks one is among the
    requests, not whole: its handler may have been called before.

    reading  `end` is REFUSED when a rule is broken, `reason` is the id of the rule that binds most
             and `status` the best answer to it
    broken   the rules that the message breaks, as far as they are certain
    owed     so many of the requests are complete, and a server answers them unless it refuses one
    in_body  what is broken is the body of the last request
    taken    the message, as a server that takes it has to take it; None when that is open, when it
             must not take it, and when nothing is broken. What may stand for a folded line, CR or
             NUL is one SP here, none at the ends of a value
    unread   from the message that breaks a rule to the end
    behind   what stands behind that message, or behind the last request, and may be read as more
             requests; empty when nothing may; None when nobody knows where the message ends
    """

    reading: Reading
    broken: tuple[Rule, ...] = ()
    owed: int = 0
    in_body: bool = False
    taken: Request | None = None
    unread: bytes = b""
    behind: bytes | None = b""

    @property
    def in_doubt(self) -> bool:
        """A server has a choice: about the message that ends the reading, or what is behind it."""
        if self.broken and max(rule.verdict for rule in self.broken) < Verdict.MUST_REFUSE:
            return True
        return self.behind != b""


# Bound once: before 3.12 each look-up of an enumeration's member runs Python code.
_BETWEEN, _INCOMPLETE, _LAST, _REFUSED = End
_OPEN, _DEFINED, _MAY_TAKE = Meaning.OPEN, Meaning.DEFINED, Verdict.MAY_TAKE


class _Judged(NamedTuple):
    """What the octets of a head amount to, wherever they stand; `head.end` counts from their start.

    request  the request, when nothing is broken and no body follows
    rules    those that are broken;  worst  of them the first that binds most
    meaning  of a head that breaks a rule
    """

    head: Head | None
    framing: Framing | None
    request: Request | None
    rules: tuple[Rule, ...]
    worst: Rule | None
    meaning: Meaning


_KNOWN_BLOCKS: dict[bytes, tuple[Fields, Framing]] = {}
"""Field lines that were in order, below a line of HTTP/1.1 with a target in origin form."""

_KNOWN_HEADS: dict[bytes, _Judged] = {}
"""Whole heads, and beginnings of heads, that were judged lately: changed inputs share most."""

_MOST_KNOWN = 4096
_MOST_KNOWN_BYTES = 512


def read(data: bytes) -> RuledReading:
    """Read all that a client has sent."""
    requests: list[Request] = []
    pos, size = 0, len(data)
    unsure: int | None = None  # so many requests are owed, whatever follows
    while pos < size:
        octets = _octets_of_head(data, pos)
        judged = _KNOWN_HEADS.get(octets) or _remember(octets)
        head, framing, request, rules, _, _ = judged
        if rules:
            return _broken_head(data, pos, requests, unsure, judged)
        if head is None or framing is None:
            return _ended(requests, _INCOMPLETE, unsure)
        if request is not None:
            pos += head.end
            requests.append(request)
        else:
            broken = Broken()
            request, pos = _with_body(data, pos, head, framing, broken)
            requests.append(request)
            if broken.rules:
                return _broken_body(data, pos, requests, unsure, broken)
        if framing is not PLAIN:
            if unsure is None and (framing.may_close or framing.switches):
                unsure = len(requests)
            if not request.whole:
                return _ended(requests, _INCOMPLETE, unsure)
            if framing.last:
                return _ended(requests, _LAST, unsure)
        if head.method == b"CONNECT":
            # A tunnel, if it is accepted: what follows is for who is at its other end.
            return _ended(requests, _LAST, unsure)._replace(behind=data[pos:])
    return _ended(requests, _BETWEEN, unsure)


def _octets_of_head(data: bytes, pos: int) -> bytes:
    """The octets from `pos` on that a judgement of a head can depend on: those to the first empty
    line behind a line, or all."""
    start = pos
    while data.startswith(b"\r\n", start):
        start += 2
    end = data.find(b"\r\n\r\n", start)
    return data[pos : end + 4] if end >= 0 else data[pos:]


def _remember(octets: bytes) -> _Judged:
    judged = _judge(octets)
    if len(octets) <= _MOST_KNOWN_BYTES:
        if len(_KNOWN_HEADS) >= _MOST_KNOWN:
            _KNOWN_HEADS.clear()
        _KNOWN_HEADS[octets] = judged
    return judged


def _judge(octets: bytes) -> _Judged:
    broken = Broken()
    head, framing = _head(octets, broken)
    if broken.rules:
        return _Judged(head, framing, None, tuple(broken.rules), broken.worst, broken.meaning)
    request = None
    if head is not None and framing is not None and not framing.length:
        request = Request(*head[:4], b"")
    return _Judged(head, framing, request, (), None, _DEFINED)


def _head(octets: bytes, broken: Broken) -> tuple[Head | None, Framing | None]:
    match = match_head(octets)
    if match is None:
        head = judge_head(octets, 0, broken)
        return head, None if head is None or broken.open else framing_of(head, broken)
    method, origin, other, minor, block = match.groups()
    is_usual = origin is not None and minor == b"1" and method != b"CONNECT"
    if is_usual:
        known = _KNOWN_BLOCKS.get(block)
        if known is not None:
            return Head(method, origin, 1, known[0], match.end()), known[1]
    target = origin or other
    head = Head(method, target, int(minor != b"0"), split_block(block), match.end())
    if not is_usual:
        judge_target(method, target, broken)
    framing = framing_of(head, broken)
    if is_usual and not broken.rules:
        if len(_KNOWN_BLOCKS) >= _MOST_KNOWN:
            _KNOWN_BLOCKS.clear()
        _KNOWN_BLOCKS[block] = head.fields, framing
    return head, framing


def _with_body(
    data: bytes, pos: int, head: Head, framing: Framing, broken: Broken
) -> tuple[Request, int]:
    """The request whose head begins at `pos`, and where it ends."""
    method, target, minor, fields, start = head
    start += pos
    length = framing.length
    if length == CHUNKED:
        body, end, whole = decode(data, start, broken)
    else:
        body = data[start : start + length]
        end = start + len(body)
        whole = len(body) == length
    return Request(method, target, minor, fields, body, whole), end


def _owed(requests: list[Request], unsure: int | None) -> int:
    complete = len(requests)
    if requests and not requests[-1].whole:
        complete -= 1
    return complete if unsure is None else min(complete, unsure)


def _ended(requests: list[Request], end: End, unsure: int | None) -> RuledReading:
    return RuledReading(Reading(tuple(requests), end), (), _owed(requests, unsure))


def _refused(requests: list[Request], rule: Rule | None) -> Reading:
    assert rule is not None  # one is broken
    return Reading(tuple(requests), _REFUSED, rule.id, rule.status)


def _broken_body(
    data: bytes, pos: int, requests: list[Request], unsure: int | None, broken: Broken
) -> RuledReading:
    return RuledReading(
        _refused(requests, broken.worst),
        tuple(broken.rules),
        _owed(requests, unsure),
        in_body=True,
        unread=data[pos:],
        behind=None,
    )


def _broken_head(
    data: bytes, start: int, requests: list[Request], unsure: int | None, judged: _Judged
) -> RuledReading:
    head, framing, _, rules, worst, meaning = judged
    reading = _refused(requests, worst)
    taken: Request | None = None
    behind: bytes | None = None
    if head is not None and framing is not None and meaning is not _OPEN:
        within = Broken()
        request, end = _with_body(data, start, head, framing, within)
        if not within.rules:
            behind = data[end:] if request.whole and not framing.last else b""
        if meaning is _DEFINED and worst is not None and worst.verdict is _MAY_TAKE:
            taken = request
    for rule in rules:
        if rule.closes:
            behind = b""
    owed = _owed(requests, unsure)
    return RuledReading(reading, rules, owed, False, taken, data[start:], behind)
