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


_KNOWN_BLOCKS: dict[bytes, tuple[Fields, Framing]] = {}
"""Field lines that were in order, below a line of HTTP/1.1 with a target in origin form."""


def read(data: bytes) -> RuledReading:
    """Read all that a client has sent."""
    requests: list[Request] = []
    pos, size = 0, len(data)
    unsure: int | None = None  # so many requests are owed, whatever follows
    while pos < size:
        broken = Broken()
        head, framing = _head(data, pos, broken)
        if broken.rules:
            return _broken_head(data, pos, requests, unsure, broken, head, framing)
        if head is None or framing is None:
            return _ended(requests, End.INCOMPLETE, unsure)
        request, pos = _with_body(data, head, framing, broken)
        requests.append(request)
        if broken.rules:
            return _broken_body(data, pos, requests, unsure, broken)
        if framing is not PLAIN:
            if unsure is None and (framing.may_close or framing.switches):
                unsure = len(requests) - framing.switches
            if not request.whole:
                return _ended(requests, End.INCOMPLETE, unsure)
            if framing.last:
                return _ended(requests, End.LAST, unsure)
        if head.method == b"CONNECT":
            # A tunnel, if it is accepted: what follows is for who is at its other end.
            return _ended(requests, End.LAST, unsure)._replace(behind=data[pos:])
    return _ended(requests, End.BETWEEN, unsure)


def _head(data: bytes, pos: int, broken: Broken) -> tuple[Head | None, Framing | None]:
    match = match_head(data, pos)
    if match is None:
        head = judge_head(data, pos, broken)
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
        if len(_KNOWN_BLOCKS) >= 1024:
            _KNOWN_BLOCKS.clear()
        _KNOWN_BLOCKS[block] = head.fields, framing
    return head, framing


def _with_body(data: bytes, head: Head, framing: Framing, broken: Broken) -> tuple[Request, int]:
    """The request, and where it ends."""
    method, target, minor, fields, start = head
    length = framing.length
    if length == CHUNKED:
        body, end, whole = decode(data, start, broken)
    elif length:
        body = data[start : start + length]
        end = start + len(body)
        whole = len(body) == length
    else:
        return Request(method, target, minor, fields, b""), start
    return Request(method, target, minor, fields, body, whole), end


def _owed(requests: list[Request], unsure: int | None) -> int:
    complete = len(requests)
    if requests and not requests[-1].whole:
        complete -= 1
    return complete if unsure is None else min(complete, unsure)


def _ended(requests: list[Request], end: End, unsure: int | None) -> RuledReading:
    return RuledReading(Reading(tuple(requests), end), (), _owed(requests, unsure))


def _refused(requests: list[Request], broken: Broken) -> Reading:
    rule = broken.rules[0]
    for other in broken.rules[1:]:
        if other.verdict > rule.verdict:
            rule = other
    return Reading(tuple(requests), End.REFUSED, rule.id, rule.status)


def _broken_body(
    data: bytes, pos: int, requests: list[Request], unsure: int | None, broken: Broken
) -> RuledReading:
    return RuledReading(
        _refused(requests, broken),
        tuple(broken.rules),
        _owed(requests, unsure),
        in_body=True,
        unread=data[pos:],
        behind=None,
    )


def _broken_head(
    data: bytes,
    start: int,
    requests: list[Request],
    unsure: int | None,
    broken: Broken,
    head: Head | None,
    framing: Framing | None,
) -> RuledReading:
    reading = _refused(requests, broken)
    rules, meaning = tuple(broken.rules), broken.meaning
    taken: Request | None = None
    behind: bytes | None = None
    if head is not None and framing is not None and meaning >= Meaning.FRAMED:
        within = Broken()
        request, end = _with_body(data, head, framing, within)
        if not within.rules:
            behind = data[end:] if request.whole and not framing.last else b""
        if meaning is Meaning.DEFINED and max(one.verdict for one in rules) is Verdict.MAY_TAKE:
            taken = request
    if any(rule.closes for rule in rules):
        behind = b""
    owed = _owed(requests, unsure)
    return RuledReading(reading, rules, owed, False, taken, data[start:], behind)
